"""Records for tests: ordinary ones, and those that nobody thought of."""

from __future__ import annotations

import datetime
import decimal
import math
import uuid
from collections.abc import Mapping
from itertools import count
from typing import Any, Final

#: Fields that every record has.
OWN_FIELDS: Final = ("timestamp", "level", "logger", "message")

_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

#: The field by which the kit knows a record again.
MARKER: Final = "conformance"

#: Nesting, items and text length up to which the engine takes values as they are.
_DEEPEST: Final = 16
_MOST_ITEMS: Final = 1000
_LONGEST_TEXT: Final = 64 * 1024

_numbers = count(1)


def make_record(message: str = "something happened", **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """A record as plugins see it.

    Args:
        message: Its message.
        fields: More fields; ``timestamp``, ``level`` (``INFO``) and ``logger`` (``test``) may be
            among them.

    Examples:
        >>> from fapilog.testing import make_record
        >>> make_record("paid", level="ERROR", user_id=42)["user_id"]
        42
    """
    own = {"timestamp": "2026-01-02T03:04:05.000006Z", "level": "INFO", "logger": "test"}
    return {**own, "message": message, **fields}


def new_token() -> str:
    """A text that no record had before."""
    return f"token-{next(_numbers)}"


def sample_records(token: str, number: int) -> list[dict[str, Any]]:
    """So many ordinary records, each with a marker of its own and none like another."""
    return [
        make_record(
            f"record {index} of {token}",
            level=_LEVELS[index % len(_LEVELS)],
            **{MARKER: f"{token}.{index}"},
            user_id=index,
            path=f"/orders/{token}/{index}",
            status=200 + index % 300,
            amount=index / 4,
            paid=index % 2 == 0,
            coupon=None,
            items=[f"tea {index}", {"name": "mug", "sizes": [1, 2]}],
            customer={"name": f"customer {index}", "address": {"city": "Köln", "lines": ["a"]}},
        )
        for index in range(number)
    ]


def odd_fields() -> dict[str, dict[str, Any]]:
    """Fields that an application may log, by what is odd about them."""
    return {
        "no fields": {},
        "an empty name": {"": 1},
        "names with spaces, dots and quotes": {"a b": 1, "a.b": 2, 'a"b': 3, "a\nb": 4},
        "names of methods and dunders": {"items": 1, "get": 2, "__class__": 3, "keys": None},
        "a long name": {"n" * 1000: 1},
        "empty values": {"text": "", "list": [], "map": {}, "nothing": None},
        "text in many scripts": {"text": "żółć 日本語 العربية עברית हिन्दी ไทย"},
        "emoji and combining characters": {"text": "👩‍👩‍👧‍👦 e\u0301 🇩🇪 \u200d\ufe0f"},
        "text written from right to left": {"text": "\u202eabc\u202c \u2066x\u2069"},
        "control characters": {"text": "\x00\x01\x1b[31m\r\n\t\x7f\x85\u2028\u2029"},
        "the end of Unicode": {"text": "\U0010ffff\ufffe\uffff\ufeff"},
        "text that looks like JSON": {"text": '{"level":"ERROR"}\n{"forged":true}'},
        "text that looks like markup": {"text": "<script>alert(1)</script>%s{0}${x}"},
        "long text": {"text": "ä" * (_LONGEST_TEXT // 2)},
        "numbers at their bounds": {
            "large": 2**63,
            "larger": 2**200,
            "negative": -(2**63),
            "tiny": 5e-324,
            "huge": 1.7976931348623157e308,
            "zero": -0.0,
        },
        "numbers that are none": {"a": math.nan, "b": math.inf, "c": -math.inf},
        "true and false": {"yes": True, "no": False},
        "deep nesting": {"deep": _nested(_DEEPEST - 1)},
        "many items": {"items": list(range(_MOST_ITEMS)), "map": dict.fromkeys(_names(), 0)},
        "mixed lists": {"mixed": [None, True, 1, 1.5, "x", [], {}, [[[]]], {"a": [{"b": None}]}]},
        "numbers as text": {"user_id": "42", "status": "200", "path": 17},
        "an exception": {
            "exception": {
                "type": "ValueError",
                "module": "builtins",
                "message": "no",
                "frames": [{"file": "a.py", "line": 1, "function": "f"}],
            }
        },
    }


def python_fields() -> dict[str, dict[str, Any]]:
    """Fields that only another plugin before this one may have put in, by what is odd."""
    return {
        "lone surrogates": {"text": "a\ud800b\udfff", "\udc80": 1},
        "bytes": {"raw": b"\xff\x00", "array": bytearray(b"x")},
        "sets and tuples": {"set": {1, 2}, "tuple": (1, (2, 3)), "frozen": frozenset("a")},
        "dates and times": {
            "date": datetime.date(2026, 1, 2),
            "time": datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc),
            "span": datetime.timedelta(seconds=1),
        },
        "numbers of the library": {"total": decimal.Decimal("19.99"), "complex": 1 + 2j},
        "other objects": {"id": uuid.UUID(int=1), "object": object(), "type": int},
        "keys that are no text": {"map": {1: "a", None: "b", (1, 2): "c"}},
    }


def odd_records(*, of_plugins: bool = True) -> dict[str, dict[str, Any]]:
    """Records with odd values, by what is odd about them.

    Args:
        of_plugins: Whether also those that only another plugin may have made, with values that are
            not of JSON.
    """
    fields = {**odd_fields(), **(python_fields() if of_plugins else {})}
    made = {what: {**make_record(), **values} for what, values in fields.items()}
    made["an empty message"] = make_record("")
    made["a message of many lines"] = make_record("a\nb\r\nc\u2028d")
    made["a level and logger of one's own"] = make_record(level="AUDIT", logger="ä.b c")
    return made


def _nested(depth: int) -> Mapping[str, Any] | list[Any]:
    value: Mapping[str, Any] | list[Any] = {"end": 1}
    for level in range(depth - 1):
        value = [value] if level % 2 else {"in": value}
    return value


def _names() -> list[str]:
    return [f"key {number}" for number in range(_MOST_ITEMS)]
