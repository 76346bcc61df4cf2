"""What became of records, as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    """

    name: str
    written: int
    dropped: int
    errors: int
    buffered: int


@dataclass(frozen=True)
class PluginStats:
    """Counts of one plugin in the plugin host.

    Attributes:
        name: The plugin's name.
        kind: ``filter``, ``enricher``, ``processor``, ``redactor`` or ``sink``.
        records: Records that it was given.
        errors: Records on which it failed, time limits included.
    """

    name: str
    kind: str
    records: int
    errors: int


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
            ``stage_failed``, ``sink_failed``.
        sinks: Counts of each sink, in the order in which they were given.
        plugins: Counts of each plugin written in Python.
    """

    submitted: int
    delivered: int
    filtered: int
    dropped: int
    queued: int
    dropped_by_reason: Mapping[str, int] = field(default_factory=dict)
    sinks: tuple[SinkStats, ...] = ()
    plugins: tuple[PluginStats, ...] = ()


@dataclass(frozen=True)
class CloseReport:
    """What closing a logger left behind.

    Attributes:
        undelivered: Records that were not delivered within the time limit; 0 when all is well.
        stuck: Names of the parts that did not end within the time limit.
    """

    undelivered: int
    stuck: tuple[str, ...] = ()
