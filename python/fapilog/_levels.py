"""Names and numbers of levels, the same as in :mod:`logging`, with TRACE below DEBUG."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fapilog._errors import ConfigurationError

LEVELS: Final = {
    "TRACE": 5,
    "DEBUG": 10,
    "INFO": 20,
    "WARNING": 30,
    "ERROR": 40,
    "CRITICAL": 50,
}

#: Names and numbers that :func:`register_level` added.
_registered: dict[str, int] = {}

#: Other names that :mod:`logging` accepts, too.
_ALIASES: Final = {"WARN": 30, "FATAL": 50}


def level_number(level: str | int) -> int:
    """The number of a level given by name (any case) or by number (0 to 255).

    Raises:
        ConfigurationError: ``bad-level``.
    """
    if isinstance(level, str):
        number = {**LEVELS, **_ALIASES, **_registered}.get(level.upper())
        if number is not None:
            return number
    elif isinstance(level, int) and not isinstance(level, bool) and 0 <= level <= 255:
        return level
    expected = ", ".join([*LEVELS, *_registered]) + " or a number from 0 to 255"
    raise ConfigurationError("bad-level", value=level, expected=expected)


def register_level(name: str, number: int) -> None:
    """Name a level, for the whole process and for good; the same again is harmless.

    Records of that number carry the name, and every logger gets a method of it in lower case; for
    type checkers there is ``log.log("AUDIT", …)``.

    Args:
        name: 1 to 32 letters, digits and underscores; records carry it in upper case.
        number: From 0 to 255, for its place among the others.

    Raises:
        ConfigurationError: ``bad-level`` when the name or the number is taken or cannot be.

    Examples:
        >>> import fapilog
        >>> fapilog.register_level("AUDIT", 60)
        >>> with fapilog.get_logger("shop", sinks=["null"]) as log:
        ...     log.log("AUDIT", "role changed", user_id=42)
        ...     log.audit("role changed", user_id=42)
    """
    from fapilog._async_logger import AsyncLogger
    from fapilog._engine import register_level as register
    from fapilog._logger import Logger

    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= 255:
        raise ConfigurationError("bad-level", value=number, expected="a number from 0 to 255")
    if not isinstance(name, str):
        raise ConfigurationError("bad-level", value=type(name).__name__, expected="a name")
    method = name.lower()
    known = name.upper() in LEVELS or name.upper() in _registered
    if not known and (hasattr(Logger, method) or hasattr(AsyncLogger, method)):
        raise ConfigurationError("bad-level", value=name, expected="no name of a logger's method")
    fault = register(number, name)
    if fault is not None:
        raise ConfigurationError("bad-level", value=name, expected=f"another name; {fault}")
    if name.upper() not in LEVELS:
        _registered[name.upper()] = number
        Logger._add_level(method, number)
        AsyncLogger._add_level(method, number)


def effective_level(name: str, levels: Mapping[str, str | int]) -> int | None:
    """The level that is set for a logger or for the nearest one above it; None when there is none.

    Raises:
        ConfigurationError: ``bad-level``.
    """
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        level = levels.get(".".join(parts[:length]))
        if level is not None:
            return level_number(level)
    return None
