"""Names and numbers of levels, the same as in :mod:`logging`, with TRACE below DEBUG."""

from __future__ import annotations

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

#: Other names that :mod:`logging` accepts, too.
_ALIASES: Final = {"WARN": 30, "FATAL": 50}


def level_number(level: str | int) -> int:
    """The number of a level given by name (any case) or by number (0 to 255).

    Raises:
        ConfigurationError: ``bad-level``.
    """
    if isinstance(level, str):
        number = {**LEVELS, **_ALIASES}.get(level.upper())
        if number is not None:
            return number
    elif isinstance(level, int) and not isinstance(level, bool) and 0 <= level <= 255:
        return level
    expected = ", ".join(LEVELS) + " or a number from 0 to 255"
    raise ConfigurationError("bad-level", value=level, expected=expected)
