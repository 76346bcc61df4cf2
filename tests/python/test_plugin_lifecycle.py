"""The start and stop of plugins: once each, in order, and undone when one fails."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import fapilog
import pytest
from fapilog import PluginError

Record = Mapping[str, Any]


class Lifecycle:
    """Notes what is called, for each of several plugins in one list."""

    def __init__(self, name: str, calls: list[str], *, failing: bool = False) -> None:
        self.name, self.calls, self.failing = name, calls, failing

    async def start(self) -> None:
        self.calls.append(f"start {self.name}")
        if self.failing:
            raise OSError("no connection")

    async def stop(self) -> None:
        self.calls.append(f"stop {self.name}")

    async def process(self, record: Record) -> Record:
        self.calls.append(f"process {self.name}")
        return record

    async def write(self, record: Record) -> None:
        self.calls.append(f"write {self.name}")


def test_start_and_stop_run_once_around_all_records_and_sinks_outlive_stages() -> None:
    calls: list[str] = []
    log = fapilog.get_logger(
        "test",
        sinks=[Lifecycle("sink", calls)],
        processors=[Lifecycle("p1", calls), Lifecycle("p2", calls)],
    )
    log.info("x")
    log.flush()
    log.close()
    log.close()
    assert calls == [
        *("start sink", "start p1", "start p2"),
        *("process p1", "process p2", "write sink"),
        *("stop p2", "stop p1", "stop sink"),
    ]


def test_an_object_in_two_places_is_started_and_stopped_once() -> None:
    calls: list[str] = []
    both = Lifecycle("both", calls)
    with fapilog.get_logger("test", sinks=[both], processors=[both]) as log:
        log.info("x")
        log.flush()
    assert calls == ["start both", "process both", "write both", "stop both"]


@pytest.mark.parametrize("raised", [OSError("no connection"), SystemExit(3)])
def test_a_start_that_fails_is_undone_and_leaves_nothing_running(raised: BaseException) -> None:
    calls: list[str] = []

    class Failing(Lifecycle):
        async def start(self) -> None:
            raise raised

    before = threading.active_count()
    with pytest.raises(PluginError, match="plugin `bad` could not be started") as caught:
        fapilog.get_logger(
            "test",
            sinks=[Lifecycle("sink", calls)],
            processors=[Lifecycle("p", calls), Failing("bad", calls), Lifecycle("late", calls)],
        )
    assert caught.value.error_id == "plugin-start"
    assert calls == ["start sink", "start p", "stop p", "stop sink"]
    assert threading.active_count() == before


def test_a_stop_that_fails_is_said_and_stops_nothing_else(
    capfd: pytest.CaptureFixture[str],
) -> None:
    calls: list[str] = []

    class Failing(Lifecycle):
        async def stop(self) -> None:
            raise OSError("lost connection")

    log = fapilog.get_logger(
        "test",
        sinks=[Failing("s", calls), Lifecycle("other", calls)],
        processors=[Lifecycle("p", calls), Failing("bad", calls)],
    )
    assert log.close() == fapilog.CloseReport(0)
    assert {"stop p", "stop other"} <= set(calls)
    errors = capfd.readouterr().err
    assert "processor `bad` did not stop: OSError: lost connection" in errors
    assert "sink `s`: close failed: OSError: lost connection" in errors
