"""The six kinds of plugins, as Protocols.

All methods are coroutines and run on the pipeline's own event loop, never on the application's;
they must not block it. Besides its one working method a plugin may have ``async start()`` and
``async stop()``: each runs once, before the first record and after the last one.

A plugin class with an attribute ``Config`` (a dataclass) is made as ``PluginClass(config)`` with
an instance of it, any other as ``PluginClass()``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

#: A record as plugins see it: one flat mapping with ``timestamp`` (RFC 3339 text in UTC with
#: microseconds), ``level``, ``logger`` and ``message``, then context and fields. It is a dict of
#: the plugin's own; return a new one rather than changing what you were given.
Record: TypeAlias = Mapping[str, Any]

#: The name of a kind.
Kind: TypeAlias = Literal["filter", "enricher", "processor", "redactor", "sink", "alerter"]


@runtime_checkable
class Filter(Protocol):
    """Decides whether a record goes on.

    When it raises, the record is kept and the failure counted.
    """

    async def filter(self, record: Record) -> Record | None:
        """Return the record to keep it, None to take it out."""
        ...


@runtime_checkable
class Enricher(Protocol):
    """Adds fields to a record.

    When it raises, nothing is added and the failure counted. A field that is there already stays.
    """

    async def enrich(self, record: Record) -> Mapping[str, Any]:
        """Return the fields to add."""
        ...


@runtime_checkable
class Processor(Protocol):
    """Changes a record.

    When it raises, the record goes on as it was and the failure is counted.
    """

    async def process(self, record: Record) -> Record | None:
        """Return the record to go on with, None to take it out."""
        ...


@runtime_checkable
class Redactor(Protocol):
    """Takes secrets out of a record, after every other plugin that changes it.

    When it raises, it fails closed: message and fields are withheld, and the failure is counted.
    """

    async def redact(self, record: Record) -> Record:
        """Return the record without its secrets."""
        ...


@runtime_checkable
class Sink(Protocol):
    """Takes records to where they are kept.

    When it raises, the record is tried again (3 times in all), then given up and counted; a sink
    that keeps failing is left alone for some seconds. It may also have
    ``async write_batch(records)``, which is then called instead, with up to 512 records, or
    ``async write_encoded(lines)``, which comes before both and is given the text of each record in
    the sink's format, as bytes with a line feed; when these raise, the whole batch is tried again.
    """

    async def write(self, record: Record) -> None:
        """Take one record."""
        ...


@dataclass(frozen=True)
class Alert:
    """Something that people should hear of.

    Attributes:
        title: One line: the message of the record.
        record: The record that it is about, without its secrets.
        suppressed: How often the same message came since the alert before, untold.
    """

    title: str
    record: Record
    suppressed: int = 0


@runtime_checkable
class Alerter(Protocol):
    """Tells people of severe records, beside the sinks.

    When it raises, the alert is tried again as a sink's record is, then given up and counted; the
    record goes its way, whatever an alerter does.
    """

    async def alert(self, alert: Alert) -> None:
        """Tell people about one alert."""
        ...
