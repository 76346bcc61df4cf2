"""Plugins and calls that must type-check; nothing here is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fapilog
from fapilog import plugin_api
from fapilog.plugins import (
    Alert,
    Alerter,
    Cache,
    Configured,
    Enricher,
    Filter,
    NativeLibrary,
    Policy,
    Processor,
    Record,
    Redactor,
    Resources,
    Sink,
    Use,
    When,
    alerter,
    enricher,
    load,
)
from fapilog.testing import (
    Failing,
    Flaky,
    Pipeline,
    Recording,
    assert_logged,
    check_conformance,
)
from typing_extensions import assert_type


class KeepsErrors:
    async def filter(self, record: Record) -> Record | None:
        return record if record["level"] == "ERROR" else None


class AddsHost:
    async def enrich(self, record: Record) -> dict[str, str]:
        return {"host": "h1"}


class Renames:
    """Takes more than it must and promises more than it must."""

    async def process(self, record: Mapping[str, Any]) -> dict[str, Any]:
        return dict(record)


class Hides:
    async def redact(self, record: Record) -> Record:
        return {key: value for key, value in record.items() if key != "password"}


class Sends:
    @dataclass
    class Config:
        url: str = "https://localhost"

    def __init__(self, config: Config) -> None:
        self.config = config

    async def start(self) -> None: ...

    async def write(self, record: Record) -> None: ...

    async def write_batch(self, records: Sequence[Record]) -> None: ...

    async def stop(self) -> None: ...


class Calls:
    async def alert(self, alert: Alert) -> None:
        assert_type(alert.title, str)


keeps: Filter = KeepsErrors()
adds: Enricher = AddsHost()
renames: Processor = Renames()
hides: Redactor = Hides()
sends: Sink = Sends(Sends.Config())
calls: Alerter = Calls()
same: plugin_api.Sink = sends


def application() -> None:
    log = fapilog.get_logger(
        "shop",
        level="DEBUG",
        sinks=["stdout", Path("app.jsonl"), sends],
        filters=["acme", keeps],
        enrichers=[adds],
        processors=(renames, load("acme", kind="processor", config={"word": "x"})),
        redactors=[hides],
        overflow="drop_newest",
        queue_records=100,
    )
    assert_type(log, fapilog.Logger)
    assert_type(log.bind(user_id=1), fapilog.Logger)
    assert_type(log.info("paid", user_id=42, exc_info=True), None)
    assert_type(log.stats().sinks[0].written, int)
    assert_type(log.flush(timeout=1), bool)
    with log as same_log:
        assert_type(same_log, fapilog.Logger)
    assert_type(log.close().stuck, tuple[str, ...])
    assert_type(fapilog.debug_plugins(), list[fapilog.PluginReport])


@enricher(priority=10, after=["geo"], when=When(level="INFO"), cache=Cache(key=["user_id"]))
async def tenant(record: Record) -> dict[str, str]:
    return {"tenant": "acme"}


@alerter
def page(alert: Alert) -> None: ...


async def keep(record: Record) -> Record | None:
    return record


def hide(record: Record) -> Record:
    return {}


class Shares:
    async def start(self, resources: Resources) -> None:
        assert_type(resources.get(dict, dict), dict[Any, Any])

    async def enrich(self, record: Record) -> Mapping[str, int]:
        return {"n": 1}


async def decorated_names_stay() -> None:
    assert_type(await tenant({}), dict[str, str])
    page(Alert(title="x", record={}))


def functions_and_uses() -> None:
    log = fapilog.get_logger(
        "shop",
        sinks=[Use("acme", config={"batch": 1}), sends],
        filters=[keep, NativeLibrary("libacme.so")],
        enrichers=[tenant, Use("geo", timeout=0.1), Shares()],
        redactors=[hide],
        alerters=[page, calls],
        policy=Policy(allow=["acme-*"]),
    )
    log.plugins.exchange("tenant", tenant)
    assert_type(log.plugins["tenant"].errors, int)
    assert_type(list(log.plugins), list[str])


def the_testing_kit_is_typed() -> None:
    report = check_conformance(Shares, config={"n": 1}, skip={"M30": "keeps"})
    assert_type(report.passed, bool)
    assert_type(report.failures[0].number, str)
    with Pipeline(enrichers=[Shares()]) as pipeline:
        assert_type(pipeline.log, fapilog.Logger)
        assert_type(assert_logged(pipeline.records, "x"), Mapping[str, Any])
    fapilog.get_logger("shop", sinks=[Recording(), Flaky(2)], filters=[Failing(rate=0.5)])


@dataclass(frozen=True)
class PostsConfig:
    url: str


class Posts(Configured[PostsConfig]):
    async def write(self, record: Record) -> None:
        assert_type(self.config, PostsConfig)
        assert_type(self.config.url, str)


posts: Sink = Posts(PostsConfig("https://localhost"))
