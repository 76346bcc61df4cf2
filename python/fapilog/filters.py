"""Filters of the engine: they take records out on purpose, counted as ``filtered``.

Examples:
    >>> import fapilog
    >>> from fapilog import filters
    >>> log = fapilog.get_logger("shop", sinks=["null"], filters=[filters.Sampling(rate=0.1)])
    >>> log.close().undelivered
    0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal

from fapilog._levels import level_number
from fapilog._native import NativePart

#: Longest window, in seconds: about three years.
_LONGEST: Final = 1e8

#: Most keys that a filter may remember.
_MOST_KEYS: Final = 10_000_000


class _Filter(NativePart):
    kind: ClassVar[str] = "filter"

    def _check_share(self, option: str, value: object) -> None:
        fits = _is_number(value) and 0 <= value <= 1  # type: ignore[operator]
        self._check(option, fits, "a number from 0 to 1")

    def _check_window(self, value: object) -> None:
        fits = _is_number(value) and 0 < value <= _LONGEST  # type: ignore[operator]
        self._check("window", fits, f"seconds, more than 0 and at most {_LONGEST:g}")

    def _check_keys(self, keys: object, most: object) -> None:
        self._check_names("keys", keys)
        fits = isinstance(most, int) and not isinstance(most, bool) and 1 <= most <= _MOST_KEYS
        self._check("max_keys", fits, f"a whole number from 1 to {_MOST_KEYS}")


@dataclass(frozen=True, kw_only=True)
class Level(_Filter):
    """Keeps records of a least level, which may differ by logger.

    Attributes:
        minimum: Least severe level that is kept.
        loggers: The same for some loggers and those below them; the longest name counts.
    """

    type: ClassVar[str] = "level"

    minimum: str | int = 0
    loggers: Mapping[str, str | int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-level``.
        """
        self.options()

    def options(self) -> dict[str, Any]:
        """The options as values of JSON."""
        loggers = {name: level_number(level) for name, level in self.loggers.items()}
        return {"minimum": level_number(self.minimum), "loggers": loggers}


@dataclass(frozen=True, kw_only=True)
class Sampling(_Filter):
    """Keeps a share of the records.

    Attributes:
        rate: The share, from 0 to 1.
        levels: Other shares for some levels.
        seed: The same seed keeps the same records of the same sequence, and the same traces in
            every process.
        trace_key: A field whose value decides: all records of one value are kept, or none. Records
            without it are sampled one by one.
        protected: Levels that are never sampled.
    """

    type: ClassVar[str] = "sampling"

    rate: float
    levels: Mapping[str | int, float] = field(default_factory=dict)
    seed: int = 0
    trace_key: str | None = None
    protected: Sequence[str | int] = ("ERROR", "CRITICAL")

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option`` or ``bad-level``.
        """
        self._check_share("rate", self.rate)
        for share in self.levels.values():
            self._check_share("levels", share)
        fits = isinstance(self.seed, int) and 0 <= self.seed < 2**64
        self._check("seed", fits, "a whole number from 0 to 2**64 - 1")
        self.options()

    def options(self) -> dict[str, Any]:
        """The options as values of JSON."""
        return {
            **super().options(),
            "levels": {str(level_number(level)): rate for level, rate in self.levels.items()},
            "protected": [level_number(level) for level in self.protected],
        }


@dataclass(frozen=True, kw_only=True)
class RateLimit(_Filter):
    """Keeps so many records a second for each key, by the records' own times.

    Attributes:
        per_second: Records a second that are kept in the long run.
        burst: Records that are kept at once after a quiet time; as `per_second` when None, at
            least 1.
        keys: Fields whose values make the key; without any there is one limit for all.
        max_keys: Keys remembered; those not seen for longest are forgotten, and begin anew.
        mode: What happens to records over the limit: ``"drop"`` takes all of them out,
            ``"sample"`` keeps one in ten.
        protected: Levels without a limit.
    """

    type: ClassVar[str] = "rate_limit"

    per_second: float
    burst: float | None = None
    keys: Sequence[str] = ()
    max_keys: int = 10_000
    mode: Literal["drop", "sample"] = "drop"
    protected: Sequence[str | int] = ()

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option`` or ``bad-level``.
        """
        fits = _is_number(self.per_second) and 0 < self.per_second <= 1e9
        self._check("per_second", fits, "a number of records, more than 0")
        fits = self.burst is None or (_is_number(self.burst) and 1 <= self.burst <= 1e9)
        self._check("burst", fits, "a number of records, at least 1")
        self._check("mode", self.mode in ("drop", "sample"), '"drop" or "sample"')
        self._check_keys(self.keys, self.max_keys)
        self.options()

    def options(self) -> dict[str, Any]:
        """The options as values of JSON."""
        return {
            "per_second": self.per_second,
            "burst": max(1.0, self.per_second) if self.burst is None else self.burst,
            "keys": list(self.keys),
            "max_keys": self.max_keys,
            "one_in": 10 if self.mode == "sample" else 0,
            "protected": [level_number(level) for level in self.protected],
        }


@dataclass(frozen=True, kw_only=True)
class Deduplicate(_Filter):
    """Keeps the first of equal records in a window of time.

    The first one after the window has the field ``suppressed``: how many were taken out. What no
    record could tell of is told by the diagnostics at the end.

    Attributes:
        window: Length of the window, in seconds of the records' own times.
        keys: Fields that make records equal.
        max_keys: Keys remembered; those not seen for longest are forgotten.
    """

    type: ClassVar[str] = "deduplicate"

    window: float = 60.0
    keys: Sequence[str] = ("level", "logger", "message")
    max_keys: int = 10_000

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        self._check_window(self.window)
        self._check_keys(self.keys, self.max_keys)


@dataclass(frozen=True, kw_only=True)
class FirstOccurrence(_Filter):
    """Keeps a record when none with the same key came for a while.

    Attributes:
        window: How long that is, in seconds of the records' own times; every record with the key
            begins it anew.
        keys: Fields that make the key.
        max_keys: Keys remembered; those not seen for longest are forgotten.
    """

    type: ClassVar[str] = "first_occurrence"

    window: float = 60.0
    keys: Sequence[str] = ("level", "logger", "message")
    max_keys: int = 10_000

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        self._check_window(self.window)
        self._check_keys(self.keys, self.max_keys)


@dataclass(frozen=True, kw_only=True)
class Match(_Filter):
    """Keeps, or takes out, records in whose field a pattern is found.

    Attributes:
        field: A field at the top of the record; ``message``, ``logger`` and ``level`` too.
        pattern: A regular expression (of Rust's ``regex`` crate: without back references and
            look-around, in linear time), found anywhere in the text or number.
        keep: Whether records with it are kept; else they are taken out.
    """

    type: ClassVar[str] = "match"

    field: str
    pattern: str
    keep: bool = True

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        self._check_pattern("pattern", self.pattern)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


__all__ = ["Deduplicate", "FirstOccurrence", "Level", "Match", "RateLimit", "Sampling"]
