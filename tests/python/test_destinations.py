"""Destinations: routes, fallbacks, batches; and the counts of all of it as Prometheus text."""

from __future__ import annotations

import json
import re
from pathlib import Path

import fapilog
import pytest
from fapilog import ConfigurationError
from fapilog.plugins import Record
from fapilog.sinks import Destination
from tests.python.support import Collect


class Broken:
    """A sink that takes nothing."""

    async def write(self, record: Record) -> None:
        raise ConnectionError("peer is gone")


def messages(sink: Collect) -> list[object]:
    return [record["message"] for record in sink.records]


def test_each_destination_gets_the_records_that_it_asks_for() -> None:
    errors, shop, tenant, everything = Collect(), Collect(), Collect(), Collect()
    log = fapilog.get_logger(
        "shop",
        sinks=[
            Destination(sink=errors, minimum="ERROR"),
            Destination(sink=shop, loggers=["web"], maximum="INFO"),
            Destination(sink=tenant, fields={"tenant": ["acme", 7], "live": True}),
            everything,
        ],
    )
    with log:
        log.info("one")
        log.error("two", tenant="acme", live=True)
        log.info("three", tenant=7, live=True)
        log.info("four", tenant=7, live=False)
    assert messages(errors) == ["two"]
    assert messages(shop) == []
    assert messages(tenant) == ["two", "three"]
    assert messages(everything) == ["one", "two", "three", "four"]


def test_what_no_destination_asks_for_is_filtered_and_said(
    capfd: pytest.CaptureFixture[str],
) -> None:
    sink = Collect()
    with fapilog.get_logger("shop", sinks=[Destination(sink=sink, minimum="ERROR")]) as log:
        log.info("nobody wants it")
        log.error("wanted")
        log.flush()
        stats = log.stats()
    assert (stats.filtered, stats.delivered) == (1, 1)
    assert "records match no sink's route" in capfd.readouterr().err


def test_a_fallback_gets_what_its_sink_fails_on_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "rescued.jsonl"
    sinks = [Destination(sink=Broken(), fallback=path, attempts=1, breaker_failures=1)]
    with fapilog.get_logger("shop", sinks=sinks) as log:
        for number in range(100):
            log.info("x", number=number)
        log.flush()
        broken, rescue = log.stats().sinks
        assert log.stats().delivered == 100
    numbers = [json.loads(line)["number"] for line in path.read_text().splitlines()]
    assert numbers == list(range(100))
    assert (broken.diverted, broken.dropped, broken.broken) == (100, 0, True)
    assert (rescue.written, rescue.dropped) == (100, 0)


def test_a_batch_waits_for_others_and_a_flush_does_not() -> None:
    sizes: list[int] = []

    class Batched:
        async def write(self, record: Record) -> None:
            raise AssertionError

        async def write_batch(self, records: list[dict[str, object]]) -> None:
            sizes.append(len(records))

    sinks = [Destination(sink=Batched(), batch_records=10, batch_delay=600)]
    with fapilog.get_logger("shop", sinks=sinks) as log:
        for _ in range(25):
            log.info("x")
        assert log.flush()
    assert sum(sizes) == 25
    assert max(sizes) == 10


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"minimum": "LOUD"}, "level `LOUD`"),
        ({"attempts": 0}, "option `attempts` is `0`"),
        ({"batch_delay": -1}, "option `batch_delay` is `-1`"),
        ({"buffer_bytes": True}, "option `buffer_bytes` is `True`"),
        ({"loggers": "shop"}, "option `loggers` is `shop`"),
        (
            {"fallback": Destination(sink="null", fallback="stderr")},
            "option `fallback` is `a sink with a fallback`",
        ),
    ],
)
def test_what_a_destination_cannot_mean_is_refused_at_once(
    options: dict[str, object], named: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(named)):
        Destination(sink="null", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("overflow", ["drop_newest", "drop_oldest", "sample", "block"])
def test_counts_add_up_whatever_the_policy(overflow: str) -> None:
    sink = Collect()
    with fapilog.get_logger(
        "shop",
        sinks=[sink],
        overflow=overflow,  # type: ignore[arg-type]
        queue_records=50,
        block_timeout=5,
        protected=["ERROR"],
    ) as log:
        for number in range(5_000):
            (log.error if number % 100 == 0 else log.info)("x", number=number)
        log.flush()
        stats = log.stats()
    assert stats.submitted == 5_000
    assert stats.submitted == stats.delivered + stats.dropped
    assert len(sink.records) == stats.delivered
    errors = [record["number"] for record in sink.records if record["level"] == "ERROR"]
    assert errors == list(range(0, 5_000, 100)), "protected records are never dropped"


def test_prometheus_text_says_the_same_as_the_counts() -> None:
    sinks: list[str | Destination] = ["null", Destination(sink=Broken(), attempts=1)]
    with fapilog.get_logger('sh"op\\', sinks=sinks) as log:
        for _ in range(10):
            log.info("x")
        log.flush()
        stats = log.stats()
        text = fapilog.prometheus_text()
    label = 'logger="sh\\"op\\\\"'
    assert f"fapilog_delivered_total{{{label}}} {stats.delivered}\n" in text
    assert f'fapilog_dropped_total{{{label},reason="queue_full"}} 0\n' in text
    for number, sink in enumerate(stats.sinks):
        labels = f'{label},sink="{sink.name}",number="{number}"'
        assert f"fapilog_sink_dropped_total{{{labels}}} {sink.dropped}\n" in text
        assert f"fapilog_sink_seconds_count{{{labels}}} {sink.latency.count}\n" in text
    for line in text.splitlines():
        assert re.fullmatch(r"# (HELP|TYPE) .+|[a-z_]+\{.*\} [0-9.e+-]+", line), line


def test_prometheus_text_names_loggers_of_the_same_name_apart() -> None:
    with fapilog.get_logger("a", sinks=["null"]), fapilog.get_logger("a", sinks=["null"]):
        text = fapilog.prometheus_text()
    assert 'fapilog_queued{logger="a"} 0\n' in text
    assert 'fapilog_queued{logger="a#2"} 0\n' in text
