"""Records for hypothesis: what an application may log, and what a plugin may see."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Final

from fapilog.testing._needs import need

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

LEVELS: Final = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

#: Containers inside each other; the engine's own bound is 16.
_DEEPEST: Final = 16


def _strategies() -> Any:  # noqa: ANN401 - a module
    need("hypothesis")
    return need("hypothesis.strategies")


def texts(*, surrogates: bool = True) -> SearchStrategy[str]:
    """Any text: all scripts, control characters, and lone surrogates.

    Args:
        surrogates: Whether there may be lone surrogates, which no plugin sees of an application's
            text: the engine writes their numbers.

    Raises:
        ImportError: hypothesis is not installed.
    """
    st = _strategies()
    hidden = () if surrogates else ("Cs",)
    odd = ["", "\x00", "\r\n", "\x1b[0m", "\u202e", "👩‍👩‍👧", "e\u0301", "\U0010ffff"]
    found: SearchStrategy[str] = st.one_of(
        st.text(st.characters(exclude_categories=hidden)), st.sampled_from(odd)
    )
    return found


def json_values() -> SearchStrategy[Any]:
    """Values as plugins see them: those of JSON, NaN and the infinities, nested and large."""
    st = _strategies()
    names = texts(surrogates=False)
    scalars = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([2**63, -(2**63) - 1, 10**400]),
        st.floats(),
        names,
    )
    nested = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=5),
        max_leaves=20,
    )
    found: SearchStrategy[Any] = st.one_of(nested, st.integers(1, _DEEPEST).map(_deep))
    return found


def values() -> SearchStrategy[Any]:
    """Values as applications log them: also bytes, sets, dates, and objects of any class."""
    st = _strategies()
    mixed = st.one_of(
        json_values(),
        st.binary(max_size=50),
        st.frozensets(st.integers(), max_size=5),
        st.decimals(),
        st.fractions(),
        st.uuids(),
        st.datetimes(timezones=st.just(datetime.timezone.utc) | st.none()),
        st.timedeltas(),
        st.complex_numbers(),
        st.builds(object),
        texts(),
    )
    found: SearchStrategy[Any] = st.one_of(
        mixed, st.lists(mixed, max_size=4), st.tuples(mixed, mixed)
    )
    return found


def fields() -> SearchStrategy[dict[str, Any]]:
    """Keyword arguments of a log call: ``log.info("x", **fields)``."""
    st = _strategies()
    found: SearchStrategy[dict[str, Any]] = st.dictionaries(texts(), values(), max_size=6)
    return found


def records() -> SearchStrategy[dict[str, Any]]:
    """Records as plugins see them: the fields that each has, and any others."""
    st = _strategies()
    own = st.fixed_dictionaries(
        {
            "timestamp": st.datetimes(min_value=datetime.datetime(1970, 1, 1)).map(
                lambda when: when.strftime("%Y-%m-%dT%H:%M:%S.%fZ").zfill(27)
            ),
            "level": st.sampled_from(LEVELS),
            "logger": texts(surrogates=False),
            "message": texts(surrogates=False),
        }
    )
    names = texts(surrogates=False)
    others = st.dictionaries(names, json_values(), max_size=6)
    found: SearchStrategy[dict[str, Any]] = st.builds(
        lambda first, more: {**more, **first}, own, others
    )
    return found


def _deep(depth: int) -> Any:  # noqa: ANN401 - any JSON
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"in": value}
    return value
