"""The plugin contract, number by number: see docs/specs/plugin-contract.md."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib.util
import json
import re
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import fapilog
import pytest
from fapilog import ConfigurationError, PluginError, _host, plugins
from fapilog._kinds import METHODS
from fapilog.plugins import Alert, Configured, Policy, Resources, Use
from tests.python.support import Collect, build_wheel, install, logged

Record = Mapping[str, Any]
ROOT = Path(__file__).resolve().parents[2]


def plugin(kind: str, work: Callable[[dict[str, Any]], Any]) -> Any:
    """A plugin of a kind that does some work."""

    async def method(self: object, record: dict[str, Any]) -> Any:
        return work(record)

    return type("Plugin", (), {METHODS[kind]: method, "name": "it"})()  # type: ignore[index]


def fail(record: Record) -> Any:
    raise ValueError("no")


def one(**parts: Any) -> dict[str, Any]:
    records = logged(lambda log: log.info("x", a=1), **parts)
    assert len(records) == 1
    return records[0]


def test_every_number_of_the_contract_has_a_test_and_no_other() -> None:
    page = (ROOT / "docs/specs/plugin-contract.md").read_text()
    numbers = re.findall(r"^- \*\*M(\d\d)\*\*", page, re.MULTILINE)
    tests = {name[6:8] for name in globals() if re.match(r"test_m\d\d_", name)}
    # What a plugin must do is checked by the kit: test_conformance.py has a wrong one for each.
    tests |= {path.stem[1:3] for path in (ROOT / "tests/fixtures/wrong_plugins").glob("m*.py")}
    assert numbers == sorted(tests)
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize(
    ("option", "bad", "named"),
    [
        ("processors", object(), "it has no method `process`; expected `async def process("),
        ("filters", type("F", (), {"filter": lambda self, record: record})(), "no coroutine"),
        ("enrichers", lambda: None, "found `def <lambda>()`"),
        ("redactors", Collect(), "it has no method `redact`"),
        ("sinks", plugin("filter", fail), "it has no method `write`"),
        ("alerters", plugin("filter", fail), "it has no method `alert`"),
    ],
)
def test_m01_the_shape_is_checked_at_once(option: str, bad: Any, named: str) -> None:
    parts = {"sinks": ["null"], option: [bad]}
    with pytest.raises(PluginError, match=re.escape(named)) as caught:
        fapilog.get_logger("t", **parts)  # type: ignore[arg-type]
    assert caught.value.error_id == "plugin-wrong-kind"


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [("filter", True), ("processor", 1), ("enricher", None), ("redactor", None)],
)
def test_m02_a_wrong_answer_is_a_failure(
    kind: str, wrong: object, capfd: pytest.CaptureFixture[str]
) -> None:
    record = one(**{f"{kind}s": [plugin(kind, lambda _: wrong)]})
    assert record.get("a") == (None if kind == "redactor" else 1)
    assert f"returned `{type(wrong).__name__}`, expected" in capfd.readouterr().err


def test_m03_a_plugin_that_blocks_is_gone_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_host, "TIME_LIMIT", 0.05)
    release = threading.Event()
    blocking = plugin("processor", lambda record: release.wait(20) and record)
    tags = plugin("processor", lambda record: {**record, "tag": 1})
    tags.__class__.name = "tags"
    records = logged(lambda log: log.info("x"), processors=[blocking, Use(tags, name="tags")])
    release.set()
    assert [record["tag"] for record in records] == [1]


def test_m04_a_record_is_a_copy() -> None:
    def spoil(record: dict[str, Any]) -> dict[str, Any]:
        record["nested"]["a"] = record["b"] = 2
        return {}

    sinks = [Collect(), Collect()]

    class Spoils(Collect):
        async def write(self, record: Mapping[str, Any]) -> None:
            spoil(record)  # type: ignore[arg-type]

    parts = {"enrichers": [plugin("enricher", spoil)], "sinks": [Spoils(), *sinks]}
    with fapilog.get_logger("t", **parts) as log:  # type: ignore[arg-type]
        log.info("x", nested={"a": 1})
    for sink in sinks:
        assert sink.records[0]["nested"] == {"a": 1}
        assert "b" not in sink.records[0]


def test_m05_an_object_is_in_one_pipeline() -> None:
    shared = plugin("processor", lambda record: record)
    with (
        fapilog.get_logger("one", sinks=["null"], processors=[shared]),
        pytest.raises(PluginError, match="at work in the pipeline of logger `one`"),
    ):
        fapilog.get_logger("two", sinks=["null"], processors=[shared])


class Steps:
    """Notes its start and stop."""

    def __init__(self, name: str, calls: list[str], *, fails: bool = False) -> None:
        self.name, self.calls, self.fails = name, calls, fails

    async def start(self) -> None:
        self.calls.append(f"+{self.name}")
        if self.fails:
            raise OSError("no")

    async def stop(self) -> None:
        self.calls.append(f"-{self.name}")

    async def process(self, record: Record) -> Record:
        return record

    async def write(self, record: Record) -> None:
        pass


def test_m06_start_and_stop() -> None:
    calls: list[str] = []
    log = fapilog.get_logger("t", sinks=[Steps("s", calls)], processors=[Steps("p", calls)])
    log.close()
    assert calls == ["+s", "+p", "-p", "-s"]
    calls.clear()
    with pytest.raises(PluginError, match="could not be started"):
        fapilog.get_logger(
            "t", sinks=[Steps("s", calls)], processors=[Steps("bad", calls, fails=True)]
        )
    assert calls == ["+s", "+bad", "-s"]


def test_m07_a_filter_that_fails_keeps() -> None:
    assert one(filters=[plugin("filter", fail)])["a"] == 1


def test_m08_an_enricher_adds_and_never_replaces() -> None:
    assert one(enrichers=[plugin("enricher", fail)])["a"] == 1
    record = one(enrichers=[plugin("enricher", lambda _: {"a": 2, "message": "y", "b": 3})])
    assert (record["a"], record["message"], record["b"]) == (1, "x", 3)


def test_m09_a_processor_that_fails_changes_nothing() -> None:
    assert one(processors=[plugin("processor", fail)])["a"] == 1


def test_m10_a_redactor_that_fails_withholds(capfd: pytest.CaptureFixture[str]) -> None:
    def quotes(record: Record) -> Any:
        raise ValueError(f"cannot hide {record['a']} in hunter2")

    one(redactors=[plugin("redactor", quotes)])
    assert "redactor `it` failed: ValueError\n" in capfd.readouterr().err
    record = one(redactors=[plugin("redactor", fail)])
    assert set(record) == {"timestamp", "level", "logger", "message"}
    assert record["message"] == "[withheld: redactor it failed]"


def test_m11_a_sink_that_fails_is_alone() -> None:
    attempts = 0

    class Failing:
        async def write(self, record: Record) -> None:
            nonlocal attempts
            attempts += 1
            raise OSError("no")

    assert len(logged(lambda log: log.info("x"))) == 1
    healthy = Collect()
    with fapilog.get_logger("t", sinks=[Failing(), healthy]) as log:
        log.info("x")
    assert (attempts, len(healthy.records)) == (3, 1)


def test_m12_an_alerter_costs_no_record() -> None:
    async def tell(alert: Alert) -> None:
        raise OSError("no")

    def log_all(log: fapilog.Logger) -> None:
        for _ in range(100):
            log.critical("x")

    records = logged(log_all, alerters=[tell])
    assert len(records) == 100


def test_m13_stages_run_in_order() -> None:
    seen: list[str] = []

    def note(kind: str) -> Any:
        def work(record: dict[str, Any]) -> dict[str, Any]:
            seen.append(f"{kind} {record.get('by', '')}")
            return {"by_enricher": 1} if kind == "enricher" else {**record, "by": kind}

        return plugin(kind, work)

    one(
        redactors=[note("redactor")],
        processors=[note("processor")],
        enrichers=[note("enricher")],
        filters=[note("filter")],
    )
    assert seen == ["filter ", "enricher filter", "processor filter", "redactor processor"]


def test_m14_failures_are_counted_and_said(capfd: pytest.CaptureFixture[str]) -> None:
    with fapilog.get_logger("t", sinks=["null"], filters=[plugin("filter", fail)]) as log:
        for _ in range(20):
            log.info("x")
        log.flush()
        (stats,) = log.stats().plugins
    assert (stats.records, stats.errors) == (20, 20)
    assert capfd.readouterr().err.count("filter `it` failed: ValueError: no") == 1


def test_m15_a_time_limit_cancels() -> None:
    cancelled = threading.Event()

    async def slow(record: Record) -> Record:
        try:
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return {**record, "late": True}

    record = one(processors=[Use(slow, timeout=0.02)])
    assert "late" not in record
    assert cancelled.is_set()


def test_m16_an_exchange_is_between_two_records() -> None:
    sink = Collect()
    first = plugin("processor", lambda record: {**record, "n": 1})
    second = plugin("processor", lambda record: {**record, "n": 2})
    with fapilog.get_logger("t", sinks=[sink], processors=[first]) as log:
        log.info("a")
        log.flush()
        log.plugins.exchange("it", second)
        log.info("b")
        with pytest.raises(PluginError, match="could not be started"):
            log.plugins.exchange("it", Steps("bad", [], fails=True))
        log.info("c")
    assert [(record["message"], record["n"]) for record in sink.records] == [
        *(("a", 1), ("b", 2), ("c", 2)),
    ]


# --- loading: real wheels, installed by pip ------------------------------------------------------


def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **sources: tuple[str, str]) -> None:
    """Install distributions `fapilog-NAME`, each with a plugin of that name: (source, range)."""
    made = [
        build_wheel(
            tmp_path,
            f"fapilog-{name}",
            modules={f"{name}_module": source},
            plugins={name.partition("_")[0]: f"{name}_module:Plugin"},
            requires=(wanted,) if wanted else (),
        )
        for name, (source, wanted) in sources.items()
    ]
    install(made, tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))


_PLUGIN = """
from dataclasses import dataclass
class Plugin:
    @dataclass
    class Config:
        limit: int = 1
        def __post_init__(self):
            if self.limit < 0:
                raise ValueError("limit must not be negative")
    def __init__(self, config):
        self.config = config
    async def process(self, record):
        return record
"""
_RANGE = "fapilog>=3.0,<4.0"


def test_m17_nothing_runs_for_being_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels(tmp_path, monkeypatch, quiet=("raise SystemExit('imported')", _RANGE))
    fapilog.get_logger("t", sinks=["null"]).close()
    assert "quiet_module" not in sys.modules
    with pytest.raises(PluginError, match="SystemExit: imported"):
        fapilog.plugins.load("quiet", kind="processor")


@pytest.mark.parametrize(
    ("wanted", "error_id"),
    [("fapilog>=9", "plugin-core-range"), ("", "plugin-no-core-range")],
)
def test_m18_the_range_is_asked_before_the_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str, error_id: str
) -> None:
    wheels(tmp_path, monkeypatch, ranged=("raise SystemExit", wanted))
    with pytest.raises(PluginError) as caught:
        fapilog.plugins.load("ranged", kind="processor")
    assert caught.value.error_id == error_id


@pytest.mark.parametrize(
    ("version", "fine"),
    [("(1, 0)", True), ("(1, 99)", False), ("(2, 0)", False), ("(0, 9)", False), ("'new'", False)],
)
def test_m19_the_version_of_the_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, fine: bool
) -> None:
    monkeypatch.delitem(sys.modules, "versioned_module", raising=False)
    source = f"{_PLUGIN}\n    API_VERSION = {version}\n"
    wheels(tmp_path, monkeypatch, versioned=(source, _RANGE))
    if fine:
        fapilog.plugins.load("versioned", kind="processor")
        return
    with pytest.raises(PluginError, match=r"of the plugin API, found 1\.\d+") as caught:
        fapilog.plugins.load("versioned", kind="processor")
    assert caught.value.error_id == "plugin-api-version"


def test_m20_a_name_belongs_to_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheels(tmp_path, monkeypatch, twice=(_PLUGIN, _RANGE), twice_b=(_PLUGIN, _RANGE))
    with pytest.raises(PluginError, match=r"`fapilog-twice` 1.0.0, `fapilog-twice_b` 1.0.0"):
        fapilog.plugins.load("TWICE", kind="processor")


def test_m21_the_policy_is_asked_before_the_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels(tmp_path, monkeypatch, denied=("raise SystemExit", _RANGE))
    for name in ("denied", "Denied", "DENIED://host"):
        with pytest.raises(PluginError) as caught:
            fapilog.plugins.load(name, kind="processor", policy=Policy(deny=["denied"]))
        assert caught.value.error_id == "plugin-denied"


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"limit": -1}, "ValueError: limit must not be negative"),
        ({"limt": 1}, "unexpected keyword argument 'limt'"),
        (object(), "expected `Config` or a mapping of its fields, found `object`"),
    ],
)
def test_m22_configuration_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: Any, named: str
) -> None:
    wheels(tmp_path, monkeypatch, configured=(_PLUGIN, _RANGE))
    with pytest.raises(PluginError, match=re.escape(named)) as caught:
        fapilog.plugins.load("configured", kind="processor", config=config)
    assert "plugin `configured`" in caught.value.message


# --- what plugins share, and the surface ----------------------------------------------------------


class Pool:
    """A thing to share."""

    made = 0

    def __init__(self) -> None:
        type(self).made += 1


def test_shared_things_are_made_once_and_closed_in_reverse() -> None:
    closed: list[str] = []
    Pool.made = 0

    class Shares(Steps):
        pool: Pool
        text: str

        async def start(self, resources: Resources) -> None:  # type: ignore[override]
            async def close(pool: Pool) -> None:
                closed.append("pool")

            self.pool = resources.get(Pool, Pool, close=close)
            self.text = resources.get(str, lambda: "a", close=closed.append)
            assert resources.get(str, lambda: "b", name="other") == "b"
            with pytest.raises(TypeError, match="a `int` was asked for, `make` returned `str`"):
                resources.get(int, lambda: "1")  # type: ignore[arg-type, return-value]

        async def stop(self) -> None:
            closed.append(f"-{self.name}")

    parts = [Shares("one", []), Shares("two", [])]
    other = Shares("other", [])
    with (
        fapilog.get_logger("t", sinks=["null"], processors=parts),
        fapilog.get_logger("u", sinks=["null"], processors=[other]),
    ):
        assert parts[0].pool is parts[1].pool is not other.pool
    assert closed == [*("-other", "a", "pool"), *("-two", "-one", "a", "pool")]
    assert Pool.made == 2


def test_shared_things_are_made_once_under_fifty_threads() -> None:
    Pool.made = 0
    resources, barrier = Resources(), threading.Barrier(50)
    found: list[Pool] = []

    def ask() -> None:
        barrier.wait()
        found.append(resources.get(Pool, Pool))

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Pool.made == 1
    assert len(found) == 50
    assert set(map(id, found)) == {id(found[0])}
    with pytest.raises(ZeroDivisionError):
        resources.get(int, lambda: 1 // 0)
    assert resources.get(int, lambda: 5) == 5


def test_the_surface_is_the_committed_one() -> None:
    spec = importlib.util.spec_from_file_location("plugin_api", ROOT / "scripts/plugin_api.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    old, new = json.loads(script.SNAPSHOT.read_text()), script.surface()
    assert script.verdict(old, new) == ""
    assert old == new, "python scripts/plugin_api.py --write"
    added = {**new, "names": {**new["names"], "fapilog.plugins.More": {}}}
    removed = {**new, "names": {**new["names"]}}
    del removed["names"]["fapilog.plugins.Sink"]
    assert "a new minor:\n  added: fapilog.plugins.More" in script.verdict(new, added)
    assert "a new major:\n  removed: fapilog.plugins.Sink" in script.verdict(new, removed)
    for version, surface, fine in (
        ([1, 99], added, True),
        ([2, 0], added, True),
        ([1, 99], removed, False),
        ([2, 0], removed, True),
    ):
        assert (script.verdict(new, {**surface, "api_version": version}) == "") is fine
    with pytest.raises(ConfigurationError):
        Use("x", timeout=-1)


def test_a_base_class_generic_over_the_configuration_says_what_it_is_made_of() -> None:
    @dataclasses.dataclass(frozen=True)
    class Options:
        host: str = "h"

    class Adds(Configured[Options]):
        async def enrich(self, record: Mapping[str, Any]) -> dict[str, Any]:
            return {"host": self.config.host}

    class More(Adds): ...

    assert Adds.Config is Options is More.Config
    plugins.enricher("adds-host")(More)
    try:
        (record,) = logged(
            lambda log: log.info("x"), enrichers=[Use("adds-host", config={"host": "h1"})]
        )
    finally:
        plugins.unregister("enricher", "adds-host")
    assert record["host"] == "h1"
    with pytest.raises(TypeError, match="takes a class, defined before"):

        class Late(Configured["Options"]): ...
