"""Sizes and durations as people write them."""

from __future__ import annotations

import re
from typing import Final

from fapilog._errors import ConfigurationError

_NUMBER: Final = re.compile(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*([A-Za-z]*)\s*")

_SIZES: Final = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}

_DURATIONS: Final = {
    "": 1.0,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "ms": 0.001,
    "m": 60.0,
    "min": 60.0,
    "minute": 60.0,
    "minutes": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
    "hours": 3600.0,
    "hourly": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
    "days": 86400.0,
    "daily": 86400.0,
    "w": 604800.0,
    "week": 604800.0,
    "weeks": 604800.0,
    "weekly": 604800.0,
}

#: Largest size and duration: no disk and no process is as large or as old.
_MOST: Final = 2**53


def bytes_of(option: str, value: int | str) -> int:
    """A number of bytes, from a whole number or a text such as ``"100 MB"`` or ``"64KiB"``.

    Raises:
        ConfigurationError: ``bad-option``.
    """
    number: float | None = None
    if isinstance(value, str):
        found = _NUMBER.fullmatch(value)
        factor = _SIZES.get(found[2].lower()) if found else None
        number = float(found[1]) * factor if found and factor else None
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    if number is None or not 1 <= number <= _MOST:
        expected = 'a number of bytes, or a text such as "100 MB" or "64 KiB"'
        raise ConfigurationError("bad-option", option=option, value=value, expected=expected)
    return int(number)


def seconds_of(option: str, value: float | str) -> float:
    """A number of seconds, from a number or a text such as ``"90 s"``, ``"1h"`` or ``"daily"``.

    Raises:
        ConfigurationError: ``bad-option``.
    """
    number: float | None = None
    if isinstance(value, str):
        text = value if value[:1].isdigit() else f"1{value}"
        found = _NUMBER.fullmatch(text)
        factor = _DURATIONS.get(found[2].lower()) if found else None
        number = float(found[1]) * factor if found and factor else None
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
    if number is None or not 0 < number <= _MOST:
        expected = 'a number of seconds, or a text such as "30 s", "1h" or "7 days"'
        raise ConfigurationError("bad-option", option=option, value=value, expected=expected)
    return number
