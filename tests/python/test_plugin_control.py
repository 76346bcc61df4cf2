"""A running pipeline's plugins: health, switching, exchange, replaced hosts, ownership."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from typing import Any

import fapilog
import pytest
from fapilog import PluginError, _host
from tests.python.support import Collect, Pass, logged, wait_until

Record = Mapping[str, Any]


class Tags:
    """A processor that writes its tag into each record, and notes its start and stop."""

    def __init__(self, tag: str, calls: list[str] | None = None) -> None:
        self.name, self.tag, self.calls = "tags", tag, [] if calls is None else calls

    async def start(self) -> None:
        self.calls.append(f"start {self.tag}")

    async def stop(self) -> None:
        self.calls.append(f"stop {self.tag}")

    async def process(self, record: Record) -> Record:
        await asyncio.sleep(0)
        return {**record, "tag": self.tag}


def test_health_comes_from_the_last_records() -> None:
    class Flaky:
        name = "flaky"
        bad = 0

        async def process(self, record: Record) -> Record:
            if record["n"] < self.bad:
                raise ValueError("bad")
            return record

    flaky = Flaky()
    with fapilog.get_logger("t", sinks=["null"], processors=[flaky]) as log:

        def run() -> Any:
            for n in range(100):
                log.info("x", n=n)
            log.flush()
            return log.plugins["flaky"]

        assert run().health == "healthy"
        flaky.bad = 1
        assert (run().health, log.plugins["flaky"].errors) == ("degraded", 1)
        flaky.bad = 9
        log.plugins.reset("flaky")
        run()
        flaky.bad = 30
        stats = run()
        assert stats.health == "unhealthy"
        assert "of its last records failed" in stats.reason or "left alone" in stats.reason
        flaky.bad = 0
        for _ in range(20):
            stats = run()
        assert stats.latency.count > 0
        assert stats.latency.mean > 0


def test_a_slow_plugin_is_degraded() -> None:
    async def slow(record: Record) -> Record:
        await asyncio.sleep(0.11)
        return record

    with fapilog.get_logger("t", sinks=["null"], processors=[slow]) as log:
        log.info("x")
        log.flush()
        stats = log.plugins["slow"]
    assert stats.health == "degraded"
    assert stats.reason.startswith("it takes 11")


def test_health_checks_are_asked() -> None:
    class Checked(Pass):
        def __init__(self, name: str, answer: object) -> None:
            self.name, self.answer = name, answer

        async def health_check(self) -> object:
            if isinstance(self.answer, BaseException):
                raise self.answer
            return self.answer

    parts = [
        Checked("well", True),
        Checked("ill", False),
        Checked("says", "no disk"),
        Checked("raises", OSError("gone")),
        Pass(),
    ]
    with fapilog.get_logger("t", sinks=["null"], processors=parts) as log:
        found = log.plugins.health()
    assert {name: (one.health, one.reason) for name, one in found.items()} == {
        "well": ("healthy", ""),
        "ill": ("unhealthy", "its health check says so"),
        "says": ("unhealthy", "no disk"),
        "raises": ("unhealthy", "its health check failed: OSError: gone"),
        "Pass": ("healthy", ""),
    }


def test_plugins_are_switched_off_and_on() -> None:
    sink = Collect()

    async def hide(record: Record) -> Record:
        return record

    with fapilog.get_logger("t", sinks=[sink], processors=[Tags("a")], redactors=[hide]) as log:
        for switch in (log.plugins.disable, log.plugins.enable):
            switch("Tags")
            log.info("x")
            log.flush()
        for name in ("hide", "collect"):
            with pytest.raises(PluginError, match="cannot be switched off") as caught:
                log.plugins.disable(name)
            assert caught.value.error_id == "plugin-not-switchable"
        with pytest.raises(PluginError, match="no plugin named `tag`; did you mean `tags`"):
            log.plugins.disable("tag")
        assert log.plugins["tags"].enabled
    assert [record.get("tag") for record in sink.records] == [None, "a"]


def test_exchange_loses_repeats_and_reorders_nothing() -> None:
    calls: list[str] = []
    sink, stop = Collect(), threading.Event()
    log = fapilog.get_logger("t", sinks=[sink], processors=[Tags("0", calls)])
    sent = 0

    def busy() -> None:
        nonlocal sent
        while not stop.is_set():
            log.info("x", n=sent)
            sent += 1

    thread = threading.Thread(target=busy)
    thread.start()
    for number in range(1, 21):
        log.plugins.exchange("tags", Tags(str(number), calls))
    stop.set()
    thread.join()
    log.close()
    assert [record["n"] for record in sink.records] == list(range(sent))
    tags = [int(record["tag"]) for record in sink.records]
    assert tags == sorted(tags)
    expected = ["start 0"]
    for number in range(20):
        expected += [f"start {number + 1}", f"stop {number}"]
    assert calls == [*expected, "stop 20"]
    assert log.stats().submitted == log.stats().delivered == sent


def test_a_sink_is_exchanged_too() -> None:
    first, second = Collect(), Collect()
    with fapilog.get_logger("t", sinks=[first]) as log:
        log.info("one")
        log.flush()
        log.plugins.exchange("collect", second)
        log.info("two")
    assert [record["message"] for record in first.records] == ["one"]
    assert [record["message"] for record in second.records] == ["two"]


def test_an_exchange_that_fails_leaves_the_old_one_at_work() -> None:
    class Failing(Tags):
        async def start(self) -> None:
            raise OSError("no connection")

    class WrongShape:
        def process(self, record: Record) -> Record:
            return record

    sink, calls = Collect(), list[str]()
    with fapilog.get_logger("t", sinks=[sink], processors=[Tags("old", calls)]) as log:
        with pytest.raises(PluginError, match="`tags` could not be started: OSError") as caught:
            log.plugins.exchange("tags", Failing("new"))
        assert caught.value.error_id == "plugin-start"
        with pytest.raises(PluginError, match="no coroutine function"):
            log.plugins.exchange("tags", WrongShape())
        log.info("x")
    assert sink.records[0]["tag"] == "old"
    assert calls == ["start old", "stop old"]


def test_an_object_is_at_work_in_one_pipeline_only() -> None:
    tags = Tags("a")
    first = fapilog.get_logger("first", sinks=["null"], processors=[tags])
    with pytest.raises(PluginError, match="`tags` is at work in the pipeline of logger `first`"):
        fapilog.get_logger("second", sinks=["null"], processors=[tags])
    first.close()
    fapilog.get_logger("second", sinks=["null"], processors=[tags]).close()
    with pytest.raises(PluginError):
        fapilog.get_logger("bad", sinks=["null"], processors=[Tags("b"), "no-such-plugin"])


class Blocks:
    """A processor that blocks its event loop until it is let go."""

    name = "blocks"

    def __init__(self) -> None:
        self.release = threading.Event()

    async def process(self, record: Record) -> Record:
        if record.get("block"):
            self.release.wait(20)
        return {**record, "seen": True}


def test_a_plugin_that_blocks_is_named_and_the_others_go_on_in_another_loop(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_host, "TIME_LIMIT", 0.1)
    calls: list[str] = []
    blocks, sink = Blocks(), Collect()
    log = fapilog.get_logger("t", sinks=[sink], processors=[Tags("a", calls), blocks])
    log.info("before")
    log.flush()
    for number in range(5):
        log.info("x", block=number == 2, n=number)
    assert log.flush(timeout=20)
    log.info("after")
    assert log.flush(timeout=20)
    records = sink.records
    assert [record["message"] for record in records] == ["before", *["x"] * 5, "after"]
    assert {record["tag"] for record in records} == {"a"}
    assert [record.get("seen", False) for record in records] == [
        *(True, True, True),
        *(False, False, False, False),
    ]
    stats = log.plugins["blocks"]
    assert stats.health == "unhealthy"
    assert "blocks the plugin host in `wait`" in stats.reason
    assert calls == ["start a", "start a"]  # in each loop once
    log.plugins.exchange("blocks", Blocks())
    log.info("mended")
    log.flush()
    assert sink.records[-1]["seen"]
    blocks.release.set()
    assert log.close().stuck == ()
    assert log.stats().submitted == log.stats().delivered == 8
    assert "processor `blocks` is not asked any more" in capfd.readouterr().err


def test_a_redactor_that_blocks_withholds_from_then_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_host, "TIME_LIMIT", 0.1)
    release = threading.Event()

    async def stuck(record: Record) -> Record:
        release.wait(20)
        return record

    def log_both(log: fapilog.Logger) -> None:
        log.info("x", secret="s")
        log.flush(timeout=20)
        log.info("x", secret="s")

    records = logged(log_both, redactors=[stuck])
    release.set()
    assert [record["message"] for record in records] == ["[withheld: redactor stuck failed]"] * 2
    assert all("secret" not in record for record in records)


def test_a_sink_that_blocks_costs_the_others_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_host, "TIME_LIMIT", 0.1)
    release = threading.Event()

    class Stuck:
        name = "stuck"

        async def write(self, record: Record) -> None:
            release.wait(20)

    healthy = Collect()
    log = fapilog.get_logger("t", sinks=[Stuck(), healthy], processors=[Pass()])
    for number in range(300):
        log.info("x", n=number)
    wait_until("the healthy sink has all", lambda: len(healthy.records) == 300)
    assert [record["n"] for record in healthy.records] == list(range(300))
    release.set()
    log.close()
    stats = log.stats()
    assert stats.submitted == stats.delivered == 300
    stuck = {sink.name: sink for sink in stats.sinks}["stuck"]
    assert stuck.written + stuck.dropped == 300


def test_a_start_that_is_slow_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_host, "TIME_LIMIT", 0.1)

    class Slow(Tags):
        async def start(self) -> None:
            await asyncio.sleep(20)

    began = time.monotonic()
    with pytest.raises(PluginError, match="took longer"):
        fapilog.get_logger("t", sinks=["null"], processors=[Slow("a")])
    assert time.monotonic() - began < 5


def test_metrics_tell_of_plugins_and_alerters() -> None:
    async def odd(record: Record) -> Record:
        raise ValueError("odd")

    async def page(alert: fapilog.plugins.Alert) -> None:
        pass

    with fapilog.get_logger("metered", sinks=["null"], processors=[odd], alerters=[page]) as log:
        for _ in range(30):
            log.critical("x")
        log.flush()
        text = fapilog.prometheus_text()
    labels = '{logger="metered",plugin="odd",number="1"}'
    for line in (
        f"fapilog_plugin_records_total{labels} 10",
        f"fapilog_plugin_errors_total{labels} 10",
        f"fapilog_plugin_skipped_total{labels} 20",
        f"fapilog_plugin_unhealthy{labels} 1.0",
        'fapilog_alerter_written_total{logger="metered",alerter="page",number="0"} 30',
    ):
        assert line in text.splitlines()
    assert 'fapilog_plugin_seconds_count{logger="metered",plugin="odd"' in text


def test_a_plain_sink_that_hangs_leaves_one_thread_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_host, "TIME_LIMIT", 0.1)
    release = threading.Event()
    before = threading.active_count()

    def hangs(record: Record) -> None:
        release.wait(20)

    healthy = Collect()
    log = fapilog.get_logger("t", sinks=[hangs, healthy])
    for _ in range(20):
        log.info("x")
        log.flush(timeout=0.2)
    wait_until("it is given up", lambda: log.plugins["hangs"].health == "unhealthy")
    # Its one thread, and that of the host.
    assert threading.active_count() - before <= 2
    assert len(healthy.records) == 20
    release.set()
    log.close()
    assert log.plugins["hangs"].reason == "it hangs in its thread, which is left behind"
