"""What a plugin costs, as a ratio to the same pipeline with a plugin that does nothing."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fapilog.testing._conformance.asking import open_pipeline
from fapilog.testing._conformance.subject import Options, Subject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fapilog.plugins import Kind, Record

#: Records of one round, and rounds: some tenths of a second in all.
_RECORDS: Final = 2000
_ROUNDS: Final = 7


@dataclass(frozen=True)
class Cost:
    """What a plugin costs beside one that does nothing, measured in turns.

    Attributes:
        ratio: Time with the plugin by time with the other one: the median of all rounds.
        ratios: That of each round.
        plugin_ns: Time for one record with the plugin, in ns: the median. It says more about the
            machine than about the plugin.
        baseline_ns: The same with the one that does nothing.
    """

    ratio: float
    ratios: tuple[float, ...]
    plugin_ns: float
    baseline_ns: float


class Idle:
    """A plugin of every kind that does nothing: the baseline."""

    name = "idle"

    async def filter(self, record: Record) -> Record | None:
        """Keep the record."""
        return record

    async def enrich(self, record: Record) -> Mapping[str, Any]:
        """Add nothing."""
        return {}

    async def process(self, record: Record) -> Record | None:
        """Change nothing."""
        return record

    async def redact(self, record: Record) -> Record:
        """Hide nothing."""
        return record

    async def write(self, record: Record) -> None:
        """Take it nowhere."""

    async def alert(self, alert: object) -> None:
        """Tell nobody."""


def measure_cost(
    plugin: object,
    *,
    kind: Kind | None = None,
    config: object = None,
    against: object = Idle,
    fields: Mapping[str, object] | None = None,
    records: int = _RECORDS,
    rounds: int = _ROUNDS,
) -> Cost:
    """Measure a plugin beside another one, in turns and in one run.

    Args:
        plugin: Its class, a function or a library, as :func:`conformance` takes it.
        kind: Its kind, where it is not clear.
        config: As for :func:`conformance`.
        against: The class of the other one; as usual one that does nothing.
        fields: Fields of the records; as usual three.
        records: Records of one round.
        rounds: How often both are measured.
    """
    subject = Subject(plugin, Options(kind=kind, config=config))
    other = Subject(against, Options(kind=subject.kind))
    given = dict(fields or {"user_id": 42, "path": "/orders", "total": 19.99})
    pairs: list[tuple[float, float]] = []
    try:
        for number in range(rounds + 1):
            # Who comes first takes turns; the first round only warms up.
            order = (subject, other) if number % 2 else (other, subject)
            took = {id(one): _nanoseconds(one, records, given) for one in order}
            pairs.append((took[id(subject)], took[id(other)]))
    finally:
        subject.close()
        other.close()
    pairs = pairs[1:]
    ratios = tuple(own / idle for own, idle in pairs)
    return Cost(
        statistics.median(ratios),
        ratios,
        statistics.median(own for own, _ in pairs),
        statistics.median(idle for _, idle in pairs),
    )


def assert_cost(
    plugin: object,
    *,
    at_most: float,
    kind: Kind | None = None,
    config: object = None,
    against: object = Idle,
    fields: Mapping[str, object] | None = None,
) -> Cost:
    """A pipeline with the plugin takes at most so many times as long as one with a plugin that
    does nothing; takes what :func:`measure_cost` takes.

    Raises:
        AssertionError: It takes longer, in three measurements one after the other.
    """  # noqa: D205
    found: list[Cost] = []
    for _ in range(3):
        cost = measure_cost(plugin, kind=kind, config=config, against=against, fields=fields)
        if cost.ratio <= at_most:
            return cost
        found.append(cost)
    ratios = ", ".join(f"{cost.ratio:.2f}" for cost in found)
    raise AssertionError(f"it takes {ratios} times as long as the baseline, at most {at_most:g}")


def _nanoseconds(subject: Subject, records: int, fields: Mapping[str, object]) -> float:
    """Time for one record, from the first call until all are through."""
    instance = subject.make()
    log = open_pipeline(subject, instance, "null")
    try:
        begun = time.perf_counter_ns()
        for _ in range(records):
            log.info("order processed", **fields)
        if not log.flush(timeout=60):
            raise AssertionError("records are still on their way after 60 s")
        return (time.perf_counter_ns() - begun) / records
    finally:
        log.close()
