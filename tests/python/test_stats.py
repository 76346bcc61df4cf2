"""Counts: they add up, whoever looks and whenever."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Mapping
from typing import Any

import fapilog
import pytest
from tests.python.support import Collect


def test_counts_add_up_in_every_sample_while_threads_log_through_failing_plugins() -> None:
    class Moody:
        async def process(self, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
            if record["number"] % 5 == 0:
                raise ValueError
            return None if record["number"] % 3 == 0 else record

    class Picky(Collect):
        async def write(self, record: Mapping[str, Any]) -> None:
            if record["number"] == 1_001:
                raise ValueError
            await super().write(record)

    samples: list[fapilog.Stats] = []
    stop = threading.Event()
    with fapilog.get_logger(
        "test", sinks=[Picky(), "null"], processors=[Moody()], queue_records=500, block_timeout=20
    ) as log:

        def watch() -> None:
            while not stop.is_set():
                samples.append(log.stats())

        def work(start: int) -> None:
            for number in range(start, start + 1_000):
                log.info("x", number=number)

        watcher = threading.Thread(target=watch)
        workers = [
            threading.Thread(target=work, args=(start,)) for start in (0, 1_000, 2_000, 3_000)
        ]
        for thread in (watcher, *workers):
            thread.start()
        for thread in workers:
            thread.join()
        assert log.flush(timeout=20)
        stop.set()
        watcher.join()
        end = log.stats()
    assert len(samples) > 10
    for stats in [*samples, end]:
        total = stats.delivered + stats.filtered + stats.dropped + stats.queued
        assert stats.submitted == total, stats
        assert stats.dropped == sum(stats.dropped_by_reason.values())
    assert (end.submitted, end.dropped, end.queued) == (4_000, 0, 0)
    # Of every 15 numbers 3, 6, 9 and 12 are taken out; 0 and the other fives fail and go on.
    assert end.filtered == sum(number % 3 == 0 and number % 5 != 0 for number in range(4_000))
    picky, null = end.sinks
    assert (picky.dropped, picky.written) == (1, end.delivered - 1)
    assert (null.dropped, null.written, null.buffered) == (0, end.delivered, 0)
    moody = next(plugin for plugin in end.plugins if plugin.kind == "processor")
    assert (moody.name, moody.records, moody.errors) == ("Moody", 4_000, 800)


def test_drop_newest_never_waits_and_counts_what_it_dropped() -> None:
    release = threading.Event()

    class Gated:
        async def process(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
            import asyncio

            await asyncio.to_thread(release.wait, 20)
            return record

    with fapilog.get_logger(
        "test", sinks=["null"], processors=[Gated()], overflow="drop_newest", queue_records=5
    ) as log:
        for _ in range(100):
            log.info("x")
        stats = log.stats()
        release.set()
    assert stats.dropped_by_reason["queue_full"] == stats.dropped == 95
    assert log.stats().delivered == 5


def test_stats_are_plain_data() -> None:
    with fapilog.get_logger("test", sinks=["null"]) as log:
        log.info("x")
        log.flush()
        stats = log.stats()
    text = json.loads(json.dumps(dataclasses.asdict(stats)))
    assert text["submitted"] == 1
    assert text["sinks"][0]["name"] == "null"
    with pytest.raises(dataclasses.FrozenInstanceError):
        stats.submitted = 2  # type: ignore[misc]
