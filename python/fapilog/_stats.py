"""What became of records, as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

#: The engine's bound of what took longest.
_NO_BOUND: Final = 2**64 - 1


@dataclass(frozen=True)
class Latency:
    """How long something took, as a histogram.

    Attributes:
        count: How often it was measured.
        total: The sum, in seconds.
        buckets: How many took at most so many seconds, but more than the bound before; bounds
            double, the last is infinite, empty buckets are left out.
    """

    count: int = 0
    total: float = 0.0
    buckets: tuple[tuple[float, int], ...] = ()

    @property
    def mean(self) -> float:
        """The mean, in seconds; 0 when nothing was measured."""
        return self.total / self.count if self.count else 0.0


class Histogram:
    """Counts how long something took; one thread adds, any may look."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._total = 0.0

    def add(self, seconds: float) -> None:
        """Count one measurement."""
        bound = int(seconds * 1e6).bit_length()
        self._counts[bound] = self._counts.get(bound, 0) + 1
        self._total += seconds

    def snapshot(self) -> Latency:
        """The counts now."""
        counts = sorted(self._counts.copy().items())
        buckets = tuple((2**bound / 1e6, count) for bound, count in counts)
        return Latency(sum(count for _, count in counts), self._total, buckets)


@dataclass(frozen=True)
class SinkStats:
    """Counts of one sink.

    Attributes:
        name: The sink's name.
        written: Records that it took.
        dropped: Records that it will not get: given up after retries, skipped while its circuit
            breaker is open, or its buffer was full.
        errors: Failed attempts.
        buffered: Records waiting for it.
        diverted: Records that its fallback got instead.
        spooled: Records that wait for it in its spool, those of earlier processes included.
        broken: Whether its circuit is open: it keeps failing and is left alone for a while.
        latency: How long its calls took.
    """

    name: str
    written: int
    dropped: int
    errors: int
    buffered: int
    diverted: int = 0
    spooled: int = 0
    broken: bool = False
    latency: Latency = field(default_factory=Latency, compare=False)


@dataclass(frozen=True)
class StageStats:
    """Counts of one stage of the engine; adjacent plugins written in Python are one stage.

    Attributes:
        name: The stage's name.
        records: Records that it was given.
        filtered: Records that it took out on purpose.
        lost: Records that it lost.
        errors: Batches on which something went wrong.
        latency: How long it took for a batch.
    """

    name: str
    records: int
    filtered: int
    lost: int
    errors: int
    latency: Latency = field(default_factory=Latency, compare=False)


@dataclass(frozen=True)
class PluginStats:
    """Counts of one plugin in the plugin host.

    Attributes:
        name: The plugin's name.
        kind: ``filter``, ``enricher``, ``processor``, ``redactor``, ``sink`` or ``alerter``.
        records: Records that it was given.
        errors: Records on which it failed, time limits included.
        skipped: Records about which it was not asked, because it had failed too often or blocks
            its event loop; they went on as if it had failed.
        health: ``healthy``, ``degraded`` (some of its last records failed, or it takes more than
            100 ms for one) or ``unhealthy`` (more than 10 % of them failed, or it is left alone).
        reason: Why it is not healthy.
        enabled: Whether it is switched on.
        latency: How long it took for a batch.
    """

    name: str
    kind: str
    records: int
    errors: int
    skipped: int = 0
    health: Literal["healthy", "degraded", "unhealthy"] = "healthy"
    reason: str = ""
    enabled: bool = True
    latency: Latency = field(default_factory=Latency, compare=False)


@dataclass(frozen=True)
class DurableStats:
    """Counts of crash-safe mode.

    Attributes:
        recovered: Records that earlier processes had left; they are among ``submitted``.
        unprotected: Records that were accepted but found no room in the journal: they would be
            lost if the process were killed.
        bytes: Bytes of the journal's files.
    """

    recovered: int
    unprotected: int
    bytes: int


@dataclass(frozen=True)
class Stats:
    """Where every record went: ``submitted == delivered + filtered + dropped + queued``.

    Attributes:
        submitted: Records handed to the pipeline.
        delivered: Records that at least one sink took.
        filtered: Records that a plugin took out on purpose.
        dropped: Records lost, for whatever reason.
        queued: Records on their way.
        dropped_by_reason: The parts of ``dropped``: ``queue_full``, ``closed``, ``too_large``,
            ``stage_failed``, ``sink_failed``, ``evicted``, ``overflow_sampled``.
        sinks: Counts of each sink, in the order in which they were given.
        plugins: Counts of each plugin written in Python.
        stages: Counts of each stage of the engine, in order.
        durable: Counts of crash-safe mode; None without it.
        alerters: Counts of each alerter, as of a sink; what they took is not delivered by that.
    """

    submitted: int
    delivered: int
    filtered: int
    dropped: int
    queued: int
    dropped_by_reason: Mapping[str, int] = field(default_factory=dict)
    sinks: tuple[SinkStats, ...] = ()
    plugins: tuple[PluginStats, ...] = ()
    stages: tuple[StageStats, ...] = ()
    durable: DurableStats | None = None
    alerters: tuple[SinkStats, ...] = ()


@dataclass(frozen=True)
class CloseReport:
    """What closing a logger left behind.

    Attributes:
        undelivered: Records that were not delivered within the time limit; 0 when all is well.
        stuck: Names of the parts that did not end within the time limit.
    """

    undelivered: int
    stuck: tuple[str, ...] = ()


def sink_stats(counts: Mapping[str, Any]) -> SinkStats:
    """A sink's counts as the engine gives them."""
    return SinkStats(**{**counts, "latency": _latency(counts["latency"])})


def stage_stats(counts: Mapping[str, Any]) -> StageStats:
    """A stage's counts as the engine gives them."""
    return StageStats(**{**counts, "latency": _latency(counts["latency"])})


def durable_stats(counts: Mapping[str, int] | None) -> DurableStats | None:
    """The counts of crash-safe mode as the engine gives them."""
    return None if counts is None else DurableStats(**counts)


def _latency(counts: Mapping[str, Any]) -> Latency:
    buckets = tuple(
        (float("inf") if micros == _NO_BOUND else micros / 1e6, count)
        for micros, count in counts["buckets"]
    )
    return Latency(counts["count"], counts["total_ns"] / 1e9, buckets)
