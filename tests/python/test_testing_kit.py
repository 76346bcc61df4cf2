"""`fapilog.testing`: stand-ins, assertions, fixtures, clock, helpers, measurements."""

from __future__ import annotations

import asyncio
import datetime
import doctest
import importlib
import json
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import fapilog
import fapilog.testing as kit
import pytest
from fapilog.plugins import Record
from fapilog.testing import asgi, strategies
from fastapi import FastAPI, Request
from hypothesis import HealthCheck, given, settings
from tests.python.support import build_wheel, install, run_program

KINDS = ["filter", "enricher", "processor", "redactor", "sink", "alerter"]
LISTS = [f"{kind}s" for kind in KINDS]


def three(plugin: object, option: str, **options: Any) -> kit.Pipeline:
    """A pipeline with a plugin in one of its lists, through which three records went."""
    if option == "alerters":
        options["alert_level"] = "TRACE"
    options[option] = [plugin]
    pipeline = kit.Pipeline(**options)
    for number in range(3):
        pipeline.log.info(f"record {number}", number=number)
    pipeline.flush()
    return pipeline


# --- stand-ins -----------------------------------------------------------------------------------


@pytest.mark.parametrize("option", LISTS)
def test_a_recording_stand_in_is_a_plugin_of_every_kind(option: str) -> None:
    stand_in = kit.Recording()
    with three(stand_in, option) as pipeline:
        assert pipeline.messages == ["record 0", "record 1", "record 2"]
    assert [record["number"] for record in stand_in.records] == [0, 1, 2]
    assert (stand_in.starts, stand_in.stops) == (1, 1)
    assert len(stand_in.alerts) == (3 if option == "alerters" else 0)


@pytest.mark.parametrize("option", ["filters", "enrichers", "processors"])
def test_a_failing_stand_in_fails_on_the_same_records_each_time(option: str) -> None:
    seen = []
    for _ in range(2):
        stand_in = kit.Failing(rate=0.5, seed=3)
        with three(stand_in, option) as pipeline:
            assert pipeline.stats.plugins[-1].errors == stand_in.failures
        seen.append([record["number"] for record in stand_in.records])
    assert seen[0] == seen[1]
    assert 0 < len(seen[0]) < 3
    with pytest.raises(ValueError, match="share from 0 to 1"):
        kit.Failing(rate=2)


def test_a_flaky_sink_gets_everything_in_the_end() -> None:
    sink = kit.Flaky(2)
    with three(sink, "sinks") as pipeline:
        assert pipeline.stats.sinks[1].errors == 2
    assert [record["number"] for record in sink.records] == [0, 1, 2]


def test_a_slow_stand_in_lets_others_work() -> None:
    async def both() -> float:
        one, other = kit.Slow(0.05), kit.Slow(0.05)
        begun = time.perf_counter()
        await asyncio.gather(one.write({}), other.write({}))
        return time.perf_counter() - begun

    assert kit.run(both) >= 0.05


def test_a_hanging_stand_in_is_cancelled_by_its_time_limit() -> None:
    hanging = kit.Hanging()
    use = fapilog.plugins.Use(hanging, timeout=0.01)
    with three(use, "processors") as pipeline:
        assert pipeline.stats.plugins[-1].errors == 3
    assert hanging.cancelled == 3


def test_a_batching_stand_in_keeps_batches_apart_and_refuses_large_ones() -> None:
    sink = kit.Batching(most=2)
    with kit.HostedPlugin(sink, kind="sink") as hosted:
        hosted.write_batch([kit.make_record("a"), kit.make_record("b")])
        with pytest.raises(ValueError, match="a batch of 3 records, at most 2"):
            hosted.write_batch([kit.make_record()] * 3)
    assert [[one["message"] for one in batch] for batch in sink.batches] == [["a", "b"]]


# --- assertions ----------------------------------------------------------------------------------


def test_assertions_hold_and_show_what_was_there() -> None:
    records = [kit.make_record("a", n=1), kit.make_record("b", n=1), kit.make_record("b", n=2)]
    assert kit.assert_logged(records, "b", n=2)["n"] == 2
    assert kit.matching(records, n=1) == records[:2]
    kit.assert_not_logged(records, "c")
    with pytest.raises(AssertionError, match=r"2 records have message='b', expected one\nrecords:"):
        kit.assert_logged(records, "b")
    with pytest.raises(AssertionError, match="0 records have n=3, expected one"):
        kit.assert_logged(records, n=3)
    with pytest.raises(AssertionError, match="1 records have message='a', expected none"):
        kit.assert_not_logged(records, "a")


@pytest.mark.parametrize(
    "where", [{"a": ["x hunter2 y"]}, "hunter2", b"\xffhunter2", [("hunter2",)]]
)
def test_a_secret_is_found_anywhere_and_not_told(where: object) -> None:
    kit.assert_no_secret(where, "another")
    with pytest.raises(AssertionError) as caught:
        kit.assert_no_secret(where, "another", "hunter2")
    assert str(caught.value) == "secret 2 of 2 can be read"


def test_counts_and_health_are_asserted() -> None:
    with three(kit.Recording(), "filters") as pipeline:
        kit.assert_counts(pipeline.stats, submitted=3, delivered=3, dropped=0)
        kit.assert_healthy(pipeline.stats)
        with pytest.raises(AssertionError, match="filtered is 0, expected 1"):
            kit.assert_counts(pipeline.stats, filtered=1)
    with (
        three(kit.Failing(), "filters") as pipeline,
        pytest.raises(AssertionError, match="filter `failing` is unhealthy, 3 errors"),
    ):
        kit.assert_healthy(pipeline.stats)


# --- looking at plugins --------------------------------------------------------------------------


@dataclass(frozen=True)
class AcmeConfig:
    host: str = "localhost"
    port: int = 9
    password: str = ""
    batch: int = 1

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise ValueError(f"batch is {self.batch} with {self.password}")


class Acme:
    Config = AcmeConfig

    def __init__(self, config: AcmeConfig) -> None:
        self.config = config

    async def write(self, record: Record) -> None:
        pass


def test_what_keeps_a_class_from_being_a_plugin_is_said() -> None:
    assert kit.interface_problems(Acme) == []
    assert kit.interface_problems(Acme, "sink") == []
    assert "no method `filter`" in kit.interface_problems(Acme, "filter")[0]
    assert "none of the methods" in kit.interface_problems(object())[0]


def test_a_uri_is_made_and_read_back() -> None:
    uri = kit.plugin_uri("acme", host="::1", port=7, password="a/b @c", batch=5)
    assert uri == "acme://:a%2Fb%20%40c@[::1]:7?batch=5"
    assert kit.config_of_uri(Acme, uri) == AcmeConfig("::1", 7, "a/b @c", 5)
    assert kit.config_of_uri(Acme, "acme://") == AcmeConfig()
    assert kit.plugin_uri("acme", path="/a b", on=True) == "acme:///a%20b?on=true"
    with pytest.raises(fapilog.PluginError) as caught:
        kit.config_of_uri(Acme, kit.plugin_uri("acme", password="s3cret", batch=0))
    assert "batch is 0" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    with pytest.raises(fapilog.PluginError, match="no option `bath`"):
        kit.config_of_uri(Acme, "acme://h?bath=1")


# --- pipeline, capture, host, clock: by their fixtures -------------------------------------------


def test_the_fixtures_work_where_fapilog_is_installed(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        textwrap.dedent("""
        import time
        import fapilog
        import pytest
        from fapilog.testing import Recording, make_record

        def application():
            with fapilog.get_logger("shop", sinks=["null"], level="INFO") as log:
                log.debug("nothing")
                log.info("paid", user_id=42)
                log.error("late")
            return log.stats()

        def test_captured(captured):
            stats = application()
            assert captured.messages == ["paid", "late"]
            assert captured.at("error")[0]["logger"] == "shop"
            assert len(stats.sinks) == 1 and stats.plugins == () and stats.alerters == ()
            assert stats.delivered == 2
            captured.clear()
            assert captured.records == []

        def test_pipeline(pipeline):
            one = pipeline(processors=[Recording()])
            two = pipeline("two")
            one.log.info("a")
            assert (one.messages, two.messages) == (["a"], [])
            one.clear()
            assert one.records == []

        def test_plugin_host(plugin_host):
            stand_in = Recording()
            assert plugin_host(stand_in, kind="enricher").ask(make_record()) == {}
            assert (stand_in.starts, stand_in.stops) == (1, 0)

        def test_frozen_clock(frozen_clock, pipeline):
            shop = pipeline()
            before = time.time(), time.monotonic()
            shop.log.info("a")
            frozen_clock.advance(1.5)
            shop.log.info("b")
            assert [r["timestamp"][-10:] for r in shop.records] == ["05.000000Z", "06.500000Z"]
            assert (time.time() - before[0], time.monotonic() - before[1]) == (1.5, 1.5)

        def test_conformance_needs_nothing_more():
            pass

        class Tag:
            async def enrich(self, record):
                return {"tag": 1}

        from fapilog.testing import conformance
        test_tag = conformance(Tag)
        """)
    )
    report = tmp_path / "report.json"
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"),
            *("--fapilog-report", str(report), str(tmp_path)),
        ],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=tmp_path,
    )
    assert ended.returncode == 0, ended.stdout
    (found,) = json.loads(report.read_text())
    assert (found["plugin"], found["kind"], found["passed"]) == ("Tag", "enricher", True)
    assert {result["status"] for result in found["results"]} == {"passed"}
    assert "M23" in {result["number"] for result in found["results"]}


def test_an_unused_pytest_plugin_imports_next_to_nothing() -> None:
    code = (
        "import sys, pytest, fapilog._pytest_plugin\n"
        "print(sorted(name for name in sys.modules if name.startswith('fapilog')))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.strip() == "['fapilog', 'fapilog._pytest_plugin']"


def test_what_needs_another_package_says_so() -> None:
    code = (
        "import sys; sys.modules['hypothesis'] = sys.modules['pytest'] = None\n"
        "import fapilog.testing as kit\n"
        "class Tag:\n"
        "    async def enrich(self, record): return {}\n"
        "for use in (kit.strategies.records, lambda: kit.conformance(Tag)):\n"
        "    try: use()\n"
        "    except ImportError as error: print(error)\n"
        "assert kit.check_conformance(Tag).passed\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.splitlines() == [
        f"this part of fapilog.testing needs {name}: pip install {name}, or uv add --dev {name}"
        for name in ("hypothesis", "pytest")
    ]


def test_a_pipeline_that_does_not_end_well_is_an_error() -> None:
    code = """
import threading
from fapilog.testing import Pipeline

def stuck(record):
    threading.Event().wait()

pipeline = Pipeline(sinks=[stuck])
pipeline.log.info("x")
try:
    pipeline.close(limit=0.05)
except AssertionError as error:
    print(error)
"""
    ended = run_program(code)
    assert ended.stdout.startswith("the pipeline did not end well: CloseReport(undelivered=1"), (
        ended
    )


def test_a_clock_also_stops_modules_that_took_names() -> None:
    module = ModuleType("acme")
    exec(  # a plugin's module
        "import datetime as dt\nfrom datetime import datetime\nfrom time import monotonic, time",
        vars(module),
    )
    at = datetime.datetime(2030, 5, 6, 7, 8, 9, tzinfo=datetime.timezone.utc)
    with kit.FrozenClock(at) as clock:
        clock.freeze(module)
        acme: Any = module
        assert acme.datetime.now(datetime.timezone.utc) == at
        assert acme.dt.datetime.utcnow() == at.replace(tzinfo=None)
        before = acme.monotonic()
        clock.advance(60)
        assert acme.monotonic() - before == 60
        assert acme.time() == at.timestamp() + 60
        assert clock.timestamp == "2030-05-06T07:09:09.000000Z"
        with pytest.raises(ValueError, match="time does not go back"):
            clock.advance(-1)

        async def waits() -> str:
            await asyncio.sleep(0.001)
            return "loops go on"

        assert kit.run(waits) == "loops go on"
    assert acme.datetime is datetime.datetime
    assert abs(time.time() - datetime.datetime.now().timestamp()) < 60


# --- waiting, asking applications ----------------------------------------------------------------


def test_a_coroutine_is_run_and_looked_after() -> None:
    async def forgets() -> None:
        task = asyncio.ensure_future(asyncio.sleep(60))
        await asyncio.sleep(0)
        assert not task.done()

    async def hangs() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(AssertionError, match="left running: task `sleep`"):
        kit.run(forgets)
    with pytest.raises(AssertionError, match=r"longer than 0\.01 s"):
        kit.run(hangs, limit=0.01)


def test_conditions_are_waited_for() -> None:
    ready = threading.Event()
    timer = threading.Timer(0.01, ready.set)
    timer.start()
    kit.eventually(ready.is_set, "the timer")
    timer.join()
    with pytest.raises(AssertionError, match=r"0\.01 s in vain for the end"):
        kit.eventually(lambda: False, "the end", limit=0.01)

    async def both() -> None:
        later: list[int] = []
        asyncio.get_running_loop().call_later(0.001, later.append, 1)
        await kit.aeventually(lambda: later)
        with pytest.raises(AssertionError, match="in vain"):
            await kit.aeventually(lambda: False, limit=0.01)

    kit.run(both)


def test_an_asgi_application_is_asked_without_a_server() -> None:
    steps: list[str] = []

    async def life(app: object) -> Any:
        steps.append("up")
        yield
        steps.append("down")

    app = FastAPI(lifespan=asynccontextmanager(life))

    @app.post("/echo/{name}")
    async def echo(name: str, request: Request, times: int = 1) -> dict[str, Any]:
        body = (await request.body()).decode()
        return {"name": name, "body": body * times, "agent": request.headers["user-agent"]}

    @app.get("/fails")
    async def fails() -> None:
        raise LookupError("no")

    async def talk() -> None:
        async with asgi.lifespan(app):
            answer = await asgi.request(
                app,
                "/echo/a%20b?times=2",
                method="POST",
                headers={"User-Agent": "kit"},
                body=b"x",
            )
            assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
            assert answer.json() == {"name": "a b", "body": "xx", "agent": "kit"}
            missing = await asgi.requests(app, "/a", "/b")
            assert [one.status for one in missing] == [404, 404]
            assert "Not Found" in missing[0].text
            with pytest.raises(LookupError):
                await asgi.request(app, "/fails")

    kit.run(talk)
    assert steps == ["up", "down"]


def test_an_application_that_does_not_answer_or_start_is_an_error() -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.failed", "message": "no database"})

    async def talk() -> None:
        with pytest.raises(AssertionError, match="did not answer GET /"):
            await asgi.request(silent, "/")
        with pytest.raises(AssertionError, match="the startup failed: no database"):
            async with asgi.lifespan(silent):
                pass

    kit.run(talk)


# --- records and costs ---------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(fields=strategies.fields())
def test_whatever_an_application_logs_reaches_a_sink(fields: dict[str, Any]) -> None:
    with kit.Pipeline(processors=[kit.Recording()]) as pipeline:
        pipeline.log.info("x", **{key: value for key, value in fields.items() if key != "self"})
        assert len(pipeline.records) == 1


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(record=strategies.records())
def test_generated_records_are_records(record: dict[str, Any]) -> None:
    assert set(record) >= {"timestamp", "level", "logger", "message"}
    assert len(record["timestamp"]) == 27
    json.dumps(record).encode()


def test_odd_records_have_the_fields_of_a_record() -> None:
    odd = kit.odd_records()
    assert len(odd) > 20
    assert "lone surrogates" not in kit.odd_records(of_plugins=False)
    assert all(set(record) >= {"timestamp", "level", "message"} for record in odd.values())


class Works:
    """A processor that is busy for a while."""

    async def process(self, record: Record) -> Mapping[str, Any]:
        return {**record, "sum": sum(range(3000))}


def test_a_cost_is_a_ratio_to_a_plugin_that_does_nothing() -> None:
    cost = kit.measure_cost(Works, records=500, rounds=3)
    assert len(cost.ratios) == 3
    assert cost.ratio > 1.5
    assert cost.plugin_ns > cost.baseline_ns > 0
    assert kit.assert_cost(kit.Recording, kind="filter", at_most=20).ratio < 20
    with pytest.raises(AssertionError, match=r"times as long as the baseline, at most 1"):
        kit.assert_cost(Works, at_most=1.0)


def test_a_hosted_plugin_raises_what_it_raises() -> None:
    async def fails(record: Record) -> Record:
        raise LookupError(record["message"])

    with (
        kit.HostedPlugin(fails, kind="processor") as hosted,
        pytest.raises(LookupError, match="paid"),
    ):
        hosted.ask(kit.make_record("paid"))
    hanging = kit.Hanging()
    with (
        kit.HostedPlugin(hanging, kind="sink", limit=0.02) as hosted,
        pytest.raises(TimeoutError, match=r"`write` took longer than 0\.02 s"),
    ):
        hosted.ask_all([kit.make_record()])
    assert hanging.cancelled == 1

    class Broken:
        async def start(self) -> None:
            raise OSError("no network")

        async def write(self, record: Record) -> None:
            pass

    with pytest.raises(OSError, match="no network"):
        kit.HostedPlugin(Broken())


MODULES = sorted(Path(str(kit.__file__)).parent.glob("_[a-z]*.py"))


@pytest.mark.parametrize("name", [path.stem for path in MODULES])
def test_the_examples_of_docstrings_hold(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(f"fapilog.testing.{name}"))
    assert failed == 0


def test_an_author_has_all_that_earlier_versions_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scenario 25: stand-ins, validator, URIs, diagnosis, edge cases, stress, latency, pipeline."""
    before = {kind: fapilog.plugins.registered(kind) for kind in get_args(fapilog.plugins.Kind)}

    class Kept(kit.Recording):
        Config = AcmeConfig

        def __init__(self, config: AcmeConfig) -> None:
            super().__init__(name="kept")
            self.config = config

    assert kit.interface_problems(Kept, "sink") == []
    config = kit.config_of_uri(Kept, kit.plugin_uri("kept", host="logs", batch=7))
    assert (config.host, config.batch) == ("logs", 7)
    keeps = {"M30": "a stand-in keeps what it is given"}
    report = kit.check_conformance(Kept, kind="sink", config=config, skip=keeps)
    assert report.passed, str(report)

    kept, failing = Kept(config), kit.Failing(rate=0.1, seed=1)
    with kit.Pipeline(sinks=[kept], processors=[failing]) as pipeline:
        for number in range(2000):
            pipeline.log.info("order processed", number=number)
        kit.assert_counts(pipeline.stats, submitted=2000, delivered=2000)
        by_name = {plugin.name: plugin for plugin in pipeline.stats.plugins}
        assert by_name["kept"].latency.count > 0
        assert by_name["failing"].errors == failing.failures > 100
        assert pipeline.log.plugins.health()["failing"].health != "healthy"
    assert [record["number"] for record in kept.records] == list(range(2000))

    source = "class Plugin:\n    async def write(self, record): ...\n"
    wheel = build_wheel(
        tmp_path,
        "fapilog-later",
        modules={"later_module": source},
        plugins={"later": "later_module:Plugin"},
        requires=("fapilog>=9",),
    )
    install([wheel], tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    with pytest.raises(fapilog.PluginError, match=r"wants `fapilog>=9`, found fapilog 3") as caught:
        fapilog.plugins.load("later", kind="sink")
    assert "pip install" in caught.value.hint
    after = {kind: fapilog.plugins.registered(kind) for kind in get_args(fapilog.plugins.Kind)}
    assert after == before
