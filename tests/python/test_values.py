"""Any value is accepted: what it becomes, its bounds, and that nothing raises."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import math
import pathlib
import types
import uuid
from collections import ChainMap, OrderedDict, UserDict, deque, namedtuple
from pathlib import Path
from typing import Any

import fapilog
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.python.support import logged, value_of, written


class Colour(enum.Enum):
    RED = "red"


class Number(enum.IntEnum):
    ONE = 1


class Text(str):
    def __str__(self) -> str:
        return "not this"


class Int(int):
    def __str__(self) -> str:
        return "not this"


class Float(float):
    def __repr__(self) -> str:
        return "not this"


@dataclasses.dataclass
class Point:
    x: int
    y: object


@dataclasses.dataclass
class Half:
    there: int
    missing: int = dataclasses.field(init=False)


class Plain:
    def __str__(self) -> str:
        return "plain"


class AnswersToEveryName:
    def __getattr__(self, name: str) -> AnswersToEveryName:
        return self

    def __str__(self) -> str:
        return "proxy"


Pair = namedtuple("Pair", "a b")
_MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (-(2**63), -(2**63)),
        (2**63, 2**63),
        (-(10**400), -(10**400)),
        (1.5, 1.5),
        ("ä\ud800€", "ä\\ud800€"),
        ("", ""),
        (b"abc\xff", "abc\\xff"),
        (bytearray(b"abc"), "abc"),
        (memoryview(b"abc"), "abc"),
        (_MOMENT, "2026-01-02T03:04:05.000006+00:00"),
        (_MOMENT.date(), "2026-01-02"),
        (_MOMENT.time(), "03:04:05.000006"),
        (datetime.timedelta(seconds=1), "0:00:01"),
        (Colour.RED, "red"),
        (Number.ONE, 1),
        (Text("text"), "text"),
        (Int(5), 5),
        (Float(2.5), 2.5),
        (Point(1, Point(2, [3])), {"x": 1, "y": {"x": 2, "y": [3]}}),
        (Half(1), {"there": 1, "missing": "[unprintable Half: AttributeError]"}),
        (Point, f"<class '{__name__}.Point'>"),
        ((1, (2,)), [1, [2]]),
        (Pair(1, 2), [1, 2]),
        ({7}, [7]),
        (frozenset([7]), [7]),
        (deque([1, 2]), [1, 2]),
        (range(3), [0, 1, 2]),
        (OrderedDict(a=1), {"a": 1}),
        (UserDict(a=1), {"a": 1}),
        (ChainMap({"a": 1}), {"a": 1}),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        ({1: "a", None: "b", (2, 3): "c"}, {"1": "a", "None": "b", "(2, 3)": "c"}),
        (decimal.Decimal("1.10"), "1.10"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (pathlib.PurePosixPath("/a/b"), "/a/b"),
        (Plain(), "plain"),
        (AnswersToEveryName(), "proxy"),
        (1 + 2j, "(1+2j)"),
        (..., "Ellipsis"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_kind_of_value_has_its_form(value: object, expected: object) -> None:
    found = value_of(value)
    assert found == expected
    assert type(found) is type(expected)


def test_numbers_that_json_has_no_form_for_are_text_in_a_file_and_numbers_for_plugins(
    tmp_path: Path,
) -> None:
    values = [math.nan, math.inf, -math.inf]
    path = tmp_path / "app.jsonl"
    with fapilog.get_logger("test", sinks=[path]) as log:
        log.info("x", values=values)
    assert written(path)[0]["values"] == ["NaN", "Infinity", "-Infinity"]
    assert list(map(repr, value_of(values))) == ["nan", "inf", "-inf"]


def test_an_exception_as_a_value_is_structured() -> None:
    found = value_of(ValueError("x"))
    assert found == {"type": "ValueError", "module": "builtins", "message": "x", "frames": []}


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=5)
    ),
    max_leaves=30,
)
_KEYS = st.text("abcdefghij_é", min_size=1, max_size=8)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=st.lists(st.dictionaries(_KEYS, _JSON, max_size=4), min_size=1, max_size=20))
def test_any_nested_json_comes_back_from_a_file_as_it_was(
    batch: list[dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "app.jsonl"
    path.unlink(missing_ok=True)
    with fapilog.get_logger("test", sinks=[path]) as log:
        for fields in batch:
            log.info("x", fields=fields, **{f"f_{key}": value for key, value in fields.items()})
    for record, fields in zip(written(path), batch, strict=True):
        assert record["fields"] == fields
        assert {key: record[f"f_{key}"] for key in fields} == fields


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=st.dictionaries(_KEYS, _JSON, max_size=4))
def test_a_plugin_sees_the_same_values_as_the_file(fields: dict[str, Any]) -> None:
    assert value_of(fields) == fields


class Hostile:
    """Raises, or gives something unexpected, wherever it is asked."""

    def __init__(self, error: BaseException | None) -> None:
        object.__setattr__(self, "error", error)

    def _answer(self, *_arguments: object) -> Any:
        error = object.__getattribute__(self, "error")
        if error is not None:
            raise error
        return self

    __str__ = __repr__ = __len__ = __iter__ = __getitem__ = __getattr__ = _answer
    __bool__ = __hash__ = __eq__ = __instancecheck__ = __int__ = __float__ = _answer


def _hostile_class(base: type, *methods: str) -> type:
    def fail(*_arguments: object) -> Any:
        raise RuntimeError("hostile")

    return type(f"Hostile{base.__name__}", (base,), dict.fromkeys(methods, fail))


_HOSTILE_BASES: list[type] = [dict, list, tuple, set, frozenset, str, int, float, bytes, bytearray]
_HOSTILE_METHODS = ["__iter__", "__len__", "__str__", "__repr__", "__getitem__", "__hash__"]
_ANYTHING = st.one_of(
    st.builds(Hostile, st.sampled_from([None, ValueError("x"), RecursionError(), MemoryError()])),
    st.builds(
        lambda base, methods: _hostile_class(base, *methods)(),
        st.sampled_from(_HOSTILE_BASES),
        st.lists(st.sampled_from(_HOSTILE_METHODS), unique=True),
    ),
    st.binary(),
    st.decimals(),
    st.datetimes(),
    st.complex_numbers(),
    st.text(st.characters()),
    st.from_type(type),
)


@settings(max_examples=200, deadline=None)
@given(values=st.lists(_ANYTHING, max_size=5), key=st.text())
def test_no_object_ever_raises_or_loses_its_record(values: list[object], key: str) -> None:
    def log(logger: fapilog.Logger) -> None:
        logger.info("x", value=values, **({} if key == "exc_info" else {key: values}))
        logger.bind(value=values).info("y", nested={"a": (values, {"b": values})})
        for value in values:
            logger.info(value, value=value)

    assert len(logged(log)) == 2 + len(values)
