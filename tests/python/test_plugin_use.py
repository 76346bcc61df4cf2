"""How a pipeline uses plugins: functions, decorators, order, conditions, time limits, caches."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import fapilog
import pytest
from fapilog import ConfigurationError, PluginError, _conditions, _plugin_run, plugins
from fapilog._kinds import METHODS
from fapilog.plugins import Cache, Use, When
from tests.python.support import Collect, logged

Record = Mapping[str, Any]


@pytest.fixture(autouse=True)
def nothing_registered() -> Iterator[None]:
    """Forget what a test registered."""
    yield
    for kind in METHODS:
        for name in plugins.registered(kind):
            plugins.unregister(kind, name)


def adds(name: str, seen: list[list[str]] | None = None) -> Any:
    """An enricher that adds a field and notes which were there."""

    async def enrich(record: Record) -> dict[str, Any]:
        if seen is not None:
            seen.append([key for key in record if key in ("a", "b", "c")])
        return {name: name}

    enrich.__name__ = name
    return enrich


def one(**options: Any) -> dict[str, Any]:
    (record,) = logged(lambda log: log.info("x", path="/admin/users", method="get"), **options)
    return record


def test_functions_are_plugins_of_every_kind() -> None:
    written: list[str] = []

    async def not_debug(record: Record) -> Record | None:
        return None if record["level"] == "DEBUG" else record

    def blocking_host(record: Record) -> dict[str, str]:
        time.sleep(0.001)  # runs in a thread: the loop goes on
        return {"host": threading.current_thread().name}

    def shout(record: Record) -> dict[str, Any]:
        return {**record, "message": record["message"].upper()}

    async def hide(record: Record) -> dict[str, Any]:
        return {**record, "secret": "***"}

    def keep(record: Record) -> None:
        written.append(f"{record['message']} {record['secret']} {record['host']}")

    with fapilog.get_logger(
        "t",
        level="DEBUG",
        sinks=[keep],
        filters=[not_debug],
        enrichers=[blocking_host],
        processors=[shout],
        redactors=[hide],
    ) as log:
        log.debug("left out")
        log.info("hello", secret="s")
        log.info("again", secret="s")
        log.flush()
        names = list(log.plugins)
    assert written == ["HELLO *** fapilog-waiter", "AGAIN *** fapilog-waiter"]
    assert names == ["keep", "not_debug", "blocking_host", "shout", "hide"]


@pytest.mark.parametrize("kind", ["processors", "redactors"])
def test_a_plain_function_that_raises_or_hangs_fails_as_its_kind_does(
    kind: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fapilog._host, "TIME_LIMIT", 0.1)
    release = threading.Event()

    def odd(record: Record) -> dict[str, Any]:
        if record["n"] == 1:
            raise ValueError("one")
        if record["n"] == 3:
            release.wait(20)
        return {**record, "seen": True}

    def log_all(log: fapilog.Logger) -> None:
        for n in range(6):
            log.info("x", n=n)
            log.flush()

    records = logged(log_all, **{kind: [odd]})
    release.set()
    seen = [record.get("seen", False) for record in records]
    assert seen == [True, False, True, False, False, False]
    kept = [record.get("n") for record in records]
    assert kept == ([0, 1, 2, 3, 4, 5] if kind == "processors" else [0, None, 2, None, None, None])
    errors = capfd.readouterr().err
    # What a redactor raises may quote what it was to hide.
    assert f"`odd` failed: ValueError{': one' if kind == 'processors' else ''}\n" in errors
    assert "`odd` is given up: it took longer than 0.1 s" in errors


@pytest.mark.parametrize(
    ("plugin", "reason"),
    [
        (lambda: None, "expected `async def <lambda>(record)`, found `def <lambda>()`"),
        (lambda one, two: None, "found `def <lambda>(one, two)`"),
    ],
)
def test_a_function_of_the_wrong_shape_is_refused_at_once(plugin: Any, reason: str) -> None:
    with pytest.raises(PluginError) as caught:
        fapilog.get_logger("t", sinks=["null"], enrichers=[plugin])
    assert caught.value.error_id == "plugin-wrong-kind"
    assert reason in caught.value.message


def test_a_decorated_name_stays_what_it_was_and_is_known() -> None:
    @plugins.enricher(priority=5)
    async def tenant(record: Record) -> dict[str, str]:
        return {"tenant": "acme"}

    @plugins.enricher
    def region(record: Record) -> dict[str, str]:
        return {"region": "eu"}

    @plugins.sink("memory")
    class Memory(Collect):
        name = "memory"

    assert asyncio.run(tenant({})) == {"tenant": "acme"}
    assert region({}) == {"region": "eu"}
    assert isinstance(Memory(), Collect)
    assert plugins.registered("enricher") == ["tenant", "region"]
    assert plugins.registered("sink") == ["memory"]
    assert one(enrichers=["Tenant", region])["tenant"] == "acme"
    first = fapilog.get_logger("a", sinks=["memory"])
    second = fapilog.get_logger("b", sinks=[Use("memory", name="mine")])
    first.info("one")
    first.close()
    second.close()
    assert (first.stats().sinks[0].written, second.stats().sinks[0].written) == (1, 0)
    assert list(second.plugins) == ["mine"]


def test_registration_refuses_duplicates_shapes_and_empty_names() -> None:
    plugins.processor("twice")(lambda record: record)
    with pytest.raises(PluginError, match="a local processor named `TWICE` is registered already"):
        plugins.processor("TWICE")(lambda record: record)
    with pytest.raises(ConfigurationError, match="option `name` is `''`"):
        plugins.processor("")(lambda record: record)
    with pytest.raises(PluginError, match="is no sink"):
        plugins.sink("none")(object)
    with pytest.raises(PluginError, match="no enricher plugin is named `gone`"):
        plugins.unregister("enricher", "gone")


def test_enrichers_run_by_priority_and_then_as_listed() -> None:
    seen: list[list[str]] = []
    enrichers = [Use(adds("a", seen), priority=200), adds("b", seen), Use(adds("c", seen))]
    record = one(enrichers=enrichers)
    assert [key for key in record if key in "abc"] == ["b", "c", "a"]
    assert seen == [[], ["b"], ["b", "c"]]


def test_a_dependency_beats_a_priority() -> None:
    seen: list[list[str]] = []
    enrichers = [Use(adds("a", seen), priority=10, after=["B"]), Use(adds("b", seen), priority=200)]
    one(enrichers=enrichers)
    assert seen == [[], ["b"]]


def test_a_cycle_and_a_missing_dependency_are_errors_at_once() -> None:
    cycle = [Use(adds("a"), after=["b"]), Use(adds("b"), after=["c"]), Use(adds("c"), after=["a"])]
    with pytest.raises(ConfigurationError, match="wait for each other: a -> b -> c -> a"):
        fapilog.get_logger("t", sinks=["null"], enrichers=cycle)
    with pytest.raises(
        ConfigurationError, match="`a` runs after `bb`, which is not there"
    ) as caught:
        fapilog.get_logger("t", sinks=["null"], enrichers=[Use(adds("a"), after=["bb"]), adds("b")])
    assert caught.value.error_id == "enricher-missing"


def test_native_enrichers_take_part_in_the_order() -> None:
    seen: list[list[str]] = []
    host = fapilog.enrichers.Host()
    record = one(enrichers=[Use(host, priority=1), adds("a", seen)])
    assert "hostname" in record or "host" in record


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (When(level="WARNING"), False),
        (When(level="info"), True),
        (When(environments=["prod"]), True),
        (When(environments=["test", "dev"]), False),
        (When(features=["new"]), True),
        (When(features=["new", "old"]), False),
        (When(hours=(22, 6)), True),
        (When(hours=(6, 22)), False),
        (When(hours=(3, 4)), True),
        (When(methods=["GET"]), True),
        (When(methods=["post"]), False),
        (When(paths=["/admin/*"]), True),
        (When(paths=["/public/*"]), False),
        (When(roles=["admin"]), False),
        (When(predicate=lambda record: record["message"] == "x"), True),
        (lambda record: record["nothing"], False),
        (When(level="INFO", methods=["PUT"]), False),
    ],
)
def test_conditions(
    when: When | Callable[[Record], bool], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Three(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls(2026, 1, 1, 3)

    monkeypatch.setattr(_conditions, "datetime", Three)
    monkeypatch.setenv("FAPILOG_ENVIRONMENT", "prod")
    monkeypatch.setenv("FEATURE_NEW", "on")
    assert ("a" in one(enrichers=[Use(adds("a"), when=when)])) is expected


def test_roles() -> None:
    (record,) = logged(
        lambda log: log.info("x", user_roles=["staff", "admin"]),
        enrichers=[Use(adds("a"), when=When(roles=["admin"]))],
    )
    assert record["a"] == "a"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Use(adds("a"), timeout=0),
        lambda: Use(adds("a"), timeout=301),
        lambda: Use(adds("a"), priority=1.5),  # type: ignore[arg-type]
        lambda: Use(adds("a"), after="b"),
        lambda: Use(adds("a"), when="b"),  # type: ignore[arg-type]
        lambda: Use(Use(adds("a"))),
        lambda: Use(adds("a"), name=" "),
        lambda: Cache(key=[]),
        lambda: Cache(key=["a"], seconds=0),
        lambda: Cache(key=["a"], size=0),
        lambda: When(hours=(1, 24)),
        lambda: When(level="LOUD"),
        lambda: When(paths="/a"),
        lambda: When(predicate="yes"),  # type: ignore[arg-type]
        lambda: logged(len, processors=[Use(adds("a"), cache=Cache(key=["a"]))]),  # type: ignore[arg-type]
        lambda: logged(len, redactors=[Use(adds("a"), when=When(level="INFO"))]),  # type: ignore[arg-type]
    ],
)
def test_what_has_no_meaning_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ConfigurationError):
        make()


def test_a_slow_enricher_with_a_time_limit_leaves_the_record_alone_and_its_breaker_opens(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_plugin_run, "BREAKER_SECONDS", 0.3)
    asked = 0
    slow = True

    async def lookup(record: Record) -> dict[str, int]:
        nonlocal asked
        asked += 1
        if slow:
            await asyncio.sleep(10)
        return {"found": 1}

    sink = Collect()
    with fapilog.get_logger("t", sinks=[sink], enrichers=[Use(lookup, timeout=0.01)]) as log:
        for _ in range(30):
            log.info("x")
        log.flush()
        stats = log.plugins["lookup"]
        assert (asked, stats.records, stats.errors, stats.skipped) == (10, 10, 10, 20)
        assert (stats.health, len(sink.records)) == ("unhealthy", 30)
        assert "left alone" in stats.reason
        slow = False
        time.sleep(0.35)
        log.info("again")
        log.flush()
        assert sink.records[-1]["found"] == 1
        log.info("and again")
        log.flush()
        assert asked == 12
    errors = capfd.readouterr().err
    assert "enricher `lookup` failed: TimeoutError: it took longer than 0.01 s" in errors


def test_a_filter_that_fails_is_asked_about_every_record() -> None:
    asked = 0

    async def picky(record: Record) -> Record | None:
        nonlocal asked
        asked += 1
        if record["n"] < 50:
            raise ValueError("no")
        return None

    def log_all(log: fapilog.Logger) -> None:
        for n in range(60):
            log.info("x", n=n)

    assert len(logged(log_all, filters=[picky])) == 50
    assert asked == 60


def test_answers_are_kept_by_key_for_a_while() -> None:
    asked: list[int] = []

    async def user(record: Record) -> dict[str, Any]:
        asked.append(record["user_id"])
        return {"user": {"name": f"user {record['user_id']}"}}

    async def spoil(record: Record) -> Record:
        record["user"]["name"] = "spoilt"
        return record

    sink = Collect()
    use = Use(user, cache=Cache(key=["user_id"], seconds=0.2, size=2))
    with fapilog.get_logger("t", sinks=[sink], enrichers=[use], processors=[spoil]) as log:
        for number in (1, 1, 2, 1, 3, 2):
            log.info("x", user_id=number)
        log.flush()
        assert asked == [1, 2, 3, 2]  # 2 was used least recently when 3 came
        time.sleep(0.25)
        log.info("x", user_id=2)
        log.flush()
    assert asked == [1, 2, 3, 2, 2]
    assert {record["user"]["name"] for record in sink.records} == {"spoilt"}
