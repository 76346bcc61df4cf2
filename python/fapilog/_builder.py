"""A logger put together step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

from fapilog import filters as _filters
from fapilog import processors as _processors
from fapilog import redactors as _redactors
from fapilog import sinks as _sinks
from fapilog._async_logger import AsyncLogger
from fapilog._destination import Destination
from fapilog._get_logger import get_logger

if TYPE_CHECKING:
    from typing_extensions import Self

    from fapilog._logger import Logger


class LoggerBuilder:
    """Makes a logger from calls that can be chained; the same settings as :func:`get_logger`.

    Calls that add something may be repeated; of the others the last one counts.

    Examples:
        >>> import fapilog
        >>> log = (
        ...     fapilog.LoggerBuilder("shop")
        ...     .with_level("DEBUG")
        ...     .add_sink("null")
        ...     .with_sampling(rate=0.5, trace_key="trace_id")
        ...     .with_redaction(preset="pci", fields=["session"])
        ...     .with_context(service="shop")
        ...     .build()
        ... )
        >>> log.close().undelivered
        0
    """

    def __init__(self, name: str = "app") -> None:
        self._name = name
        self._options: dict[str, Any] = {}
        self._lists: dict[str, list[Any]] = {}
        self._context: dict[str, Any] = {}

    def with_name(self, name: str) -> Self:
        """Name that records carry as ``logger``."""
        self._name = name
        return self

    def with_preset(self, preset: str) -> Self:
        """Settings to begin with."""
        return self._set(preset=preset)

    def with_config(self, path: str | PathLike[str]) -> Self:
        """A file with settings."""
        return self._set(config=path)

    def with_level(self, level: str | int) -> Self:
        """Least severe level that is logged."""
        return self._set(level=level)

    def with_levels(self, levels: Mapping[str, str | int]) -> Self:
        """The same for single loggers."""
        return self._set(levels=dict(levels))

    def with_format(self, format: Any) -> Self:  # noqa: A002, ANN401 - see get_logger
        """Text form for sinks that have none of their own."""
        return self._set(format=format)

    def add_sink(self, sink: Any, **place: Any) -> Self:  # noqa: ANN401 - see Destination
        """A sink; with options of :class:`fapilog.sinks.Destination`."""
        return self._add("sinks", Destination(sink=sink, **place) if place else sink)

    def add_stdout(self, *, format: Any = None) -> Self:  # noqa: A002, ANN401 - see get_logger
        """Standard output."""
        return self.add_sink("stdout", **({} if format is None else {"format": format}))

    def add_stdout_pretty(self) -> Self:
        """Standard output, for people."""
        return self.add_stdout(format="pretty")

    def add_file(self, path: str | PathLike[str], **options: Any) -> Self:  # noqa: ANN401
        """A file; options of :class:`fapilog.sinks.File`."""
        return self.add_sink(_sinks.File(path, **options))

    def add_http(self, url: str, **options: Any) -> Self:  # noqa: ANN401
        """An HTTP endpoint; options of :class:`fapilog.sinks.Http`."""
        return self.add_sink(_sinks.Http(url=url, **options))

    def add_syslog(self, address: str, **options: Any) -> Self:  # noqa: ANN401
        """A syslog server; options of :class:`fapilog.sinks.Syslog`."""
        return self.add_sink(_sinks.Syslog(address=address, **options))

    def with_filters(self, *parts: Any) -> Self:  # noqa: ANN401 - see get_logger
        """Parts that take records out."""
        return self._add("filters", *parts)

    def with_sampling(self, rate: float, **options: Any) -> Self:  # noqa: ANN401
        """A share of the records; options of :class:`fapilog.filters.Sampling`."""
        return self.with_filters(_filters.Sampling(rate=rate, **options))

    def with_trace_sampling(self, rate: float = 0.1, *, trace_key: str = "trace_id") -> Self:
        """A share of the traces."""
        return self.with_sampling(rate, trace_key=trace_key)

    def with_rate_limit(self, per_second: float, **options: Any) -> Self:  # noqa: ANN401
        """So many records a second; options of :class:`fapilog.filters.RateLimit`."""
        return self.with_filters(_filters.RateLimit(per_second=per_second, **options))

    def with_first_occurrence(self, **options: Any) -> Self:  # noqa: ANN401
        """What was not seen for a while; options of :class:`fapilog.filters.FirstOccurrence`."""
        return self.with_filters(_filters.FirstOccurrence(**options))

    def with_deduplication(self, **options: Any) -> Self:  # noqa: ANN401
        """The first of equal records; options of :class:`fapilog.filters.Deduplicate`."""
        return self.with_filters(_filters.Deduplicate(**options))

    def with_enrichers(self, *parts: Any) -> Self:  # noqa: ANN401 - see get_logger
        """Parts that add fields."""
        return self._add("enrichers", *parts)

    def with_processors(self, *parts: Any) -> Self:  # noqa: ANN401 - see get_logger
        """Parts that change records."""
        return self._add("processors", *parts)

    def with_size_guard(self, **options: Any) -> Self:  # noqa: ANN401
        """Bounds for records; options of :class:`fapilog.processors.SizeGuard`."""
        return self.with_processors(_processors.SizeGuard(**options))

    def with_redactors(self, *parts: Any) -> Self:  # noqa: ANN401 - see get_logger
        """Parts that take secrets out."""
        return self._add("redactors", *parts)

    def with_alerters(
        self,
        *parts: Any,  # noqa: ANN401 - see get_logger
        level: str | int | None = None,
        interval: float | None = None,
    ) -> Self:
        """Tell people of records from a level on, of each message once in so many seconds."""
        self._add("alerters", *parts)
        return self._set(alert_level=level, alert_interval=interval)

    def with_plugin_policy(
        self,
        *,
        allow: Sequence[str] | None = None,
        deny: Sequence[str] = (),
        require: Literal["hash"] | None = None,
        lock: str | PathLike[str] | None = None,
    ) -> Self:
        """Which installed plugins may run; see :class:`fapilog.plugins.Policy`."""
        where = {} if lock is None else {"lock": lock}
        policy: dict[str, Any] = {"allow": allow, "deny": deny, "require": require, **where}
        return self._set(policy=policy)

    def with_redaction(
        self,
        *,
        preset: str | None = None,
        fields: Sequence[str] = (),
        patterns: Sequence[str] = (),
        mask: str = "***",
    ) -> Self:
        """Hide secrets: those of a preset, fields by path, and own regular expressions."""
        if preset is not None:
            self.with_redactors(*_redactors.preset(preset))
        if fields:
            self.with_redactors(_redactors.Fields(paths=fields, mask=mask))
        if patterns:
            self.with_redactors(_redactors.Patterns(known=(), custom=patterns, mask=mask))
        return self

    def with_context(self, **fields: Any) -> Self:  # noqa: ANN401 - any value is accepted
        """Fields of every record."""
        self._context.update(fields)
        return self

    def with_overflow(
        self,
        policy: Literal["block", "drop_newest", "drop_oldest", "sample"],
        *,
        block_timeout: float | None = None,
        sample_one_in: int | None = None,
    ) -> Self:
        """What happens when the queue is full."""
        return self._set(overflow=policy, block_timeout=block_timeout, sample_one_in=sample_one_in)

    def with_backpressure(self, *, wait_ms: float = 50, drop_on_full: bool = True) -> Self:
        """A full queue makes calls wait, in milliseconds; without `drop_on_full` a minute."""
        seconds = wait_ms / 1000 if drop_on_full else 60.0
        return self.with_overflow("block", block_timeout=seconds)

    def with_protected_levels(self, *levels: str | int) -> Self:
        """Levels that are never dropped for others."""
        return self._set(protected=list(levels))

    def with_queue(self, *, records: int | None = None, bytes: int | None = None) -> Self:  # noqa: A002 - the unit
        """Bounds of the queue."""
        return self._set(queue_records=records, queue_bytes=bytes)

    def with_queue_size(self, records: int) -> Self:
        """Records that may wait in the queue."""
        return self.with_queue(records=records)

    def with_crash_safety(
        self,
        folder: str | PathLike[str],
        *,
        bytes: int | None = None,  # noqa: A002 - the unit
    ) -> Self:
        """What was logged outlives a killed process, in at most so many bytes of a folder."""
        return self._set(durable="mmap", durable_folder=folder, durable_bytes=bytes)

    def with_debug_socket(self, path: str | PathLike[str]) -> Self:
        """Records can be looked at through a local socket."""
        return self._set(debug_socket=path)

    def build(self) -> Logger:
        """The logger.

        Raises:
            ConfigurationError: See :func:`get_logger`.
            PluginError: See :func:`get_logger`.
        """
        options: dict[str, Any] = {**self._options, **self._lists}
        logger = get_logger(self._name, **options)
        return logger.bind(**self._context) if self._context else logger

    def build_async(self) -> AsyncLogger:
        """The logger for an event loop."""
        return AsyncLogger(self.build())

    def _set(self, **options: Any) -> Self:  # noqa: ANN401 - see get_logger
        self._options.update({name: value for name, value in options.items() if value is not None})
        return self

    def _add(self, option: str, *parts: Any) -> Self:  # noqa: ANN401 - see get_logger
        self._lists.setdefault(option, []).extend(parts)
        return self
