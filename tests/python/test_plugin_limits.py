"""Plugins that hang or block: what they cost, and what becomes of the records."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from typing import Any

import fapilog
import pytest
from fapilog import PluginError, _host
from tests.python.support import PATIENCE, Collect, logged, wait_until

Record = Mapping[str, Any]


@pytest.fixture
def short_limit(monkeypatch: pytest.MonkeyPatch) -> float:
    """Make the time limit of plugins short."""
    monkeypatch.setattr(_host, "TIME_LIMIT", 0.1)
    return 0.1


def log_times(logger: fapilog.Logger, count: int) -> None:
    for number in range(count):
        logger.info("x", number=number)


def test_a_stage_that_hangs_costs_one_limit_a_batch_and_the_record_goes_on(
    short_limit: float, capfd: pytest.CaptureFixture[str]
) -> None:
    class Hanging:
        async def process(self, record: Record) -> Record:
            await asyncio.Event().wait()
            return record

    start = time.monotonic()
    records = logged(
        lambda logger: log_times(logger, 200),
        processors=[Hanging()],
    )
    assert len(records) == 200
    assert time.monotonic() - start < 20 * short_limit
    assert "processor `Hanging` failed: it took longer than 0.1 s" in capfd.readouterr().err


def test_a_redactor_that_hangs_withholds(short_limit: float) -> None:
    class Hanging:
        async def redact(self, record: Record) -> Record:
            await asyncio.Event().wait()
            return record

    records = logged(lambda logger: log_times(logger, 20), redactors=[Hanging()])
    assert len(records) == 20
    assert all("number" not in record for record in records)


def test_a_hanging_sink_is_cut_off_although_others_move(short_limit: float) -> None:
    class Hanging:
        async def write(self, record: Record) -> None:
            await asyncio.Event().wait()

    stop = threading.Event()
    log = fapilog.get_logger("test", sinks=[Hanging(), Collect()])

    def keep_busy() -> None:
        while not stop.is_set():
            log.info("busy")
            log.flush(timeout=0.001)

    busy = threading.Thread(target=keep_busy)
    busy.start()
    wait_until("the hanging sink is cut off", lambda: log.stats().sinks[0].errors >= 1)
    stop.set()
    busy.join()
    log.close()


def test_a_slow_but_moving_stage_is_not_cut_off(short_limit: float) -> None:
    class Slow:
        async def process(self, record: Record) -> Record:
            await asyncio.sleep(short_limit / 4)
            return {**record, "seen": True}

    records = logged(lambda logger: log_times(logger, 20), processors=[Slow()])
    assert [record["seen"] for record in records] == [True] * 20


def test_a_plugin_that_blocks_the_loop_is_gone_around(
    short_limit: float, capfd: pytest.CaptureFixture[str]
) -> None:
    release = threading.Event()

    class Blocking:
        async def process(self, record: Record) -> Record:
            release.wait(PATIENCE)
            return record

    lines: list[str] = []
    log = fapilog.get_logger("test", sinks=["stdout"], processors=[Blocking()])
    log.info("first")
    assert log.flush(timeout=PATIENCE)
    log.info("second")
    assert log.flush(timeout=PATIENCE)
    release.set()
    assert log.close().undelivered == 0
    captured = capfd.readouterr()
    lines = captured.out.splitlines()
    assert ['"first"' in lines[0], '"second"' in lines[1], len(lines)] == [True, True, 2]
    assert "must not call blocking functions" in captured.err


def test_a_blocked_redactor_withholds(
    short_limit: float, capfd: pytest.CaptureFixture[str]
) -> None:
    release = threading.Event()

    class Blocking:
        async def redact(self, record: Record) -> Record:
            release.wait(PATIENCE)
            return record

    log = fapilog.get_logger("test", sinks=["stdout"], redactors=[Blocking()])
    log.info("first", secret="s3cret")
    assert log.flush(timeout=PATIENCE)
    release.set()
    log.close()
    assert "s3cret" not in capfd.readouterr().out


def test_a_start_that_hangs_fails_after_the_limit(short_limit: float) -> None:
    class Hanging(Collect):
        async def start(self) -> None:
            await asyncio.Event().wait()

    with pytest.raises(PluginError, match="it took longer than"):
        fapilog.get_logger("test", sinks=[Hanging()])
