"""A sink with everything that is said about its place in a pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Final

from fapilog._errors import ConfigurationError
from fapilog._levels import level_number
from fapilog._native import NativePart
from fapilog.formats import FormatSpec, format_of, spec_for

if TYPE_CHECKING:
    from fapilog._sinks import SinkLike

#: The limits of a destination that must be whole numbers of at least 1.
_COUNTS: Final = (
    "buffer_records",
    "buffer_bytes",
    "batch_records",
    "batch_bytes",
    "attempts",
    "breaker_failures",
    "spool_bytes",
)

#: … and those that are seconds.
_SECONDS: Final = ("batch_delay", "first_delay", "longest_delay", "breaker_open")


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A sink, which records it gets, in which form, and what happens when it fails.

    Attributes:
        sink: What may stand in ``sinks=``, but for another destination.
        format: Text form, by name (``"json"``, ``"pretty"``, ``"logfmt"``, ``"ecs"``, ``"auto"``),
            as one of :mod:`fapilog.formats`, or a function of a record; the logger's when None.
            Plugins written in Python take records and have no use for it.
        minimum: Records of this level or more severe ones.
        maximum: Records of this level or less severe ones.
        loggers: Records of these loggers and of those below them (``shop`` is above ``shop.db``).
        fields: Records whose fields have these values (or one of several in a list), compared as
            text.
        fallback: Gets the records that this sink is given up for, and nothing else.
        buffer_records: Records that may wait for the sink; 16,384 when None.
        buffer_bytes: Their bytes; 16 MiB when None.
        batch_records: Most records that it is given at once; 512 when None.
        batch_bytes: No further records once there are so many bytes; 256 KiB when None.
        batch_delay: How long the first record of a batch waits for others, in seconds; 0 when None.
        attempts: How often a record is tried; 3 when None.
        first_delay: Seconds before the second attempt, doubling after that; 0.05 when None.
        longest_delay: Longest such wait, also when a peer asks for more; 30 when None.
        breaker_failures: Records given up in a row before the sink is left alone; 5 when None.
        breaker_open: For how many seconds it is; 5 when None.
        spool: A folder where records wait on disk that the sink would lose, over restarts, until it
            works again; its fallback gets only what finds no room there.
        spool_bytes: Most bytes there, for this sink and process; 256 MiB when None.
    """

    sink: SinkLike
    format: str | NativePart | Callable[[Any], str] | None = None
    minimum: str | int | None = None
    maximum: str | int | None = None
    loggers: Sequence[str] = ()
    fields: Mapping[str, object] = field(default_factory=dict)
    fallback: SinkLike | Destination | None = None
    buffer_records: int | None = None
    buffer_bytes: int | None = None
    batch_records: int | None = None
    batch_bytes: int | None = None
    batch_delay: float | None = None
    attempts: int | None = None
    first_delay: float | None = None
    longest_delay: float | None = None
    breaker_failures: int | None = None
    breaker_open: float | None = None
    spool: str | PathLike[str] | None = None
    spool_bytes: int | None = None

    def __post_init__(self) -> None:
        """Check every option.

        Raises:
            ConfigurationError: ``bad-level`` or ``bad-option``.
        """
        for level in (self.minimum, self.maximum):
            if level is not None:
                level_number(level)
        for option in _COUNTS:
            self._check(option, _is_count, "a whole number of at least 1")
        for option in _SECONDS:
            self._check(option, _is_seconds, "a number of seconds of at least 0")
        self._check("spool", _is_folder, "the path of a folder")
        if self.format is not None:
            format_of(self.format)
        if isinstance(self.loggers, str):
            raise _bad_option("loggers", self.loggers, 'a list, such as ["shop", "web"]')
        if isinstance(self.sink, Destination):
            raise _bad_option("sink", "a destination", "a sink")
        if isinstance(self.fallback, Destination) and self.fallback.fallback is not None:
            raise _bad_option("fallback", "a sink with a fallback", "one without")

    def _check(self, option: str, fits: Any, expected: str) -> None:  # noqa: ANN401 - a predicate
        value = getattr(self, option)
        if value is not None and not fits(value):
            raise _bad_option(option, value, expected)

    def spec(
        self, target: object, default_format: object, formats: list[FormatSpec]
    ) -> dict[str, Any]:
        """What the engine is told; `formats` gets the sink's format when it is not there yet."""
        chosen = default_format if self.format is None else self.format
        limits = {option: self._limit(option) for option in (*_COUNTS, *_SECONDS)}
        return {
            **limits,
            "target": target,
            "format": _number(spec_for(chosen, self.sink), formats),
            "minimum": None if self.minimum is None else level_number(self.minimum),
            "maximum": None if self.maximum is None else level_number(self.maximum),
            "loggers": list(self.loggers),
            "fields": {key: _texts(value) for key, value in self.fields.items()},
            "spool": None if self.spool is None else fspath(self.spool),
            "fallback": None,
        }

    def _limit(self, option: str) -> object:
        """What was said here, else what a sink of the engine itself prefers, else None."""
        value = getattr(self, option)
        if value is None and isinstance(self.sink, NativePart):
            return getattr(self.sink, option, None)
        return value


def _number(spec: FormatSpec, formats: list[FormatSpec]) -> int:
    if spec not in formats:
        formats.append(spec)
    return formats.index(spec)


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
    return [_text(one) for one in values]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 2**48


def _is_folder(value: object) -> bool:
    return isinstance(value, (str, PathLike)) and bool(str(value))


def _is_seconds(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e9


def _bad_option(option: str, value: object, expected: str) -> ConfigurationError:
    return ConfigurationError("bad-option", option=option, value=value, expected=expected)
