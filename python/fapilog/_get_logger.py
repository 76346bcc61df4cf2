"""Making loggers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Literal

from fapilog._errors import ConfigurationError
from fapilog._levels import effective_level, level_number
from fapilog._logger import Logger
from fapilog._settings import Settings, resolve

if TYPE_CHECKING:
    from fapilog._native import NativePart
    from fapilog._parts import (
        AlerterPart,
        EnricherPart,
        FilterPart,
        ProcessorPart,
        RedactorPart,
        SinkPart,
    )
    from fapilog.plugins import Policy, Record


def get_logger(
    name: str,
    *,
    preset: str | None = None,
    config: str | PathLike[str] | None = None,
    level: str | int | None = None,
    levels: Mapping[str, str | int] | None = None,
    sinks: Sequence[SinkPart] | None = None,
    format: str | NativePart | Callable[[Record], str] | None = None,  # noqa: A002 - the field's term
    filters: Sequence[FilterPart] | None = None,
    enrichers: Sequence[EnricherPart] | None = None,
    processors: Sequence[ProcessorPart] | None = None,
    redactors: Sequence[RedactorPart] | None = None,
    alerters: Sequence[AlerterPart] | None = None,
    alert_level: str | int | None = None,
    alert_interval: float | None = None,
    policy: Policy | Mapping[str, object] | None = None,
    overflow: Literal["block", "drop_newest", "drop_oldest", "sample"] | None = None,
    block_timeout: float | None = None,
    sample_one_in: int | None = None,
    protected: Sequence[str | int] | None = None,
    queue_records: int | None = None,
    queue_bytes: int | None = None,
    durable: Literal["mmap"] | None = None,
    durable_folder: str | PathLike[str] | None = None,
    durable_bytes: int | None = None,
    debug_socket: str | PathLike[str] | None = None,
) -> Logger:
    """Make a logger with a pipeline of its own.

    Each call starts a new pipeline with its threads: make one in the beginning, and further
    loggers from it with :meth:`Logger.bind` and :meth:`Logger.child`.

    What is not given here is looked for in the environment (``FAPILOG_LEVEL``, ``FAPILOG_SINKS``,
    …), in the file that `config` or ``FAPILOG_CONFIG`` names, in the preset, and is else as said
    below.

    Args:
        name: The field ``logger`` of its records.
        preset: ``"dev"``, ``"production"``, ``"serverless"``, ``"hardened"`` or ``"minimal"``.
        config: A ``fapilog.toml``, or a ``pyproject.toml`` with ``[tool.fapilog]``. No file is read
            unless it is named.
        level: Least severe level that is logged, by name or number; INFO.
        levels: The same for single loggers and those below them, by name.
        sinks: Where records go; standard output. ``"stdout"``, ``"stderr"``, ``"null"``, a file as
            ``"file:///var/log/app.jsonl"`` or a path, one of :mod:`fapilog.sinks`, the name of a
            sink plugin, a plugin, or a :class:`fapilog.sinks.Destination` with all that is to be
            said about one.
        format: Text form for sinks that have none of their own; ``"json"``. ``"pretty"``,
            ``"logfmt"``, ``"ecs"``, ``"auto"`` (pretty on a terminal, else JSON), one of
            :mod:`fapilog.formats`, or a function of a record.
        filters: Parts that take records out: plugins (by name, as a URI, an object or a function,
            or a :class:`fapilog.plugins.Use` with all that is to be said about one), and those of
            :mod:`fapilog.filters`; run in this order, first.
        enrichers: Parts that add fields; run next.
        processors: Parts that change records; run next.
        redactors: Parts that take secrets out; run last.
        alerters: Parts that tell people of severe records, beside the sinks.
        alert_level: Least severe level that they hear of; CRITICAL.
        alert_interval: Seconds in which they hear of one message once; 60.
        policy: Which installed plugins may run: a :class:`fapilog.plugins.Policy` or a mapping of
            its fields.
        overflow: When the queue is full: ``"block"`` (as usual) waits for room up to
            `block_timeout`, then drops; ``"drop_newest"`` drops at once; ``"drop_oldest"`` drops
            what has waited longest; ``"sample"`` takes one record in `sample_one_in` from a half
            full queue on. What is dropped is counted.
        block_timeout: Longest wait of one call, in seconds; 1. When one has waited in vain, others
            don't until there is room.
        sample_one_in: See `overflow`; 10.
        protected: Levels whose records are not sampled and never dropped for others: with a policy
            that drops, others that wait make room for them, and if there are none, the call waits
            up to `block_timeout`.
        queue_records: Records that may be on their way to the sinks' own buffers; 16,384.
        queue_bytes: Their size in bytes; 8 MiB.
        durable: ``"mmap"``: what was logged is in a memory-mapped file of `durable_folder` before
            the call returns. A process that is killed loses nothing of it; the next logger with the
            same folder delivers it. Redactors run before anything is stored and must be those of
            :mod:`fapilog.redactors`.
        durable_folder: A folder on a local file system; made when it is not there.
        durable_bytes: Most bytes that one logger keeps in it; 256 MiB. What finds no room is
            delivered all the same, without this protection, and counted.
        debug_socket: Path of a local socket, open to this user only, through which
            ``fapilog plugin debug --socket PATH`` shows records and what plugins do with them. They
            are seen as they are before redaction. Costs nothing until somebody looks.

    Raises:
        ConfigurationError: ``bad-level``, ``bad-option``, ``bad-setting``, ``unknown-setting``,
            ``bad-config-file``, ``no-sink``, ``bad-sink``, ``unknown-sink``,
            ``sink-not-writable``, ``durable-folder``, ``durable-needs-native-redactors``,
            ``debug-socket``, ``enricher-missing`` or ``enricher-cycle``.
        PluginError: What :func:`fapilog.plugins.load` raises, ``plugin-in-use`` or
            ``plugin-start``.
    """
    arguments = {
        "level": level,
        "levels": levels,
        "sinks": sinks,
        "format": format,
        "filters": filters,
        "enrichers": enrichers,
        "processors": processors,
        "redactors": redactors,
        "alerters": alerters,
        "alert_level": alert_level,
        "alert_interval": alert_interval,
        "policy": policy,
        "overflow": overflow,
        "block_timeout": block_timeout,
        "sample_one_in": sample_one_in,
        "protected": protected,
        "queue_records": queue_records,
        "queue_bytes": queue_bytes,
        "durable": durable,
        "durable_folder": durable_folder,
        "durable_bytes": durable_bytes,
        "debug_socket": debug_socket,
    }
    _check_name(name)
    return make_logger(name, resolve(arguments, preset=preset, config=config).settings)


def make_logger(name: str, settings: Settings) -> Logger:
    """A logger with a pipeline as the settings say."""
    from fapilog._runtime import Runtime

    level = effective_level(name, settings.levels)
    number = level_number(settings.level) if level is None else level
    return Logger._make(Runtime(settings.runtime_options(name)), name, number)


def _check_name(name: object) -> None:
    if not isinstance(name, str):
        found, expected = type(name).__name__, "text"
    elif name.encode(errors="replace").decode() != name:
        found, expected = ascii(name), "text without lone surrogates"
    else:
        return
    raise ConfigurationError("bad-option", option="name", value=found, expected=expected)
