"""What the engine counts for a plugin in a library: it is a stage, or a sink."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fapilog._stats import Latency

if TYPE_CHECKING:
    from fapilog._logger import Logger


class Stage(NamedTuple):
    """Counts of one plugin. Its times are those of a batch, or of a call of a sink."""

    records: int
    errors: int
    latency: Latency


def stage_of(log: Logger, name: str) -> Stage:
    """The counts of a plugin in a pipeline; nothing when it has none of that name."""
    stats = log.stats()
    for stage in stats.stages:
        if stage.name == name:
            return Stage(stage.records, stage.errors, stage.latency)
    for sink in (*stats.sinks, *stats.alerters):
        if sink.name == name:
            return Stage(sink.written, sink.errors, sink.latency)
    return Stage(0, 0, Latency())


def times_of(latency: Latency) -> tuple[float, float]:
    """Bounds in seconds that half, and 99 of a hundred, of the times are not above."""
    return _quantile(latency, 0.5), _quantile(latency, 0.99)


def _quantile(latency: Latency, share: float) -> float:
    wanted, seen = share * latency.count, 0
    for bound, count in latency.buckets:
        seen += count
        if count and seen >= wanted:
            return bound if bound != float("inf") else latency.mean
    return 0.0
