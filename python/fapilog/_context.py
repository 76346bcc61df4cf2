"""Fields that every record of a task or thread gets, through :mod:`contextvars`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token, copy_context
from functools import wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from fapilog._engine import ContextFields, use_context

if TYPE_CHECKING:
    from typing_extensions import ParamSpec

    P = ParamSpec("P")
R = TypeVar("R")

_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})

#: What the engine reads at each call: the fields, encoded when they were bound.
_fields: Final[ContextVar[ContextFields | None]] = ContextVar("fapilog_fields", default=None)

#: The same as they were given.
_values: Final[ContextVar[Mapping[str, Any]]] = ContextVar("fapilog_values", default=_EMPTY)

use_context(_fields.get)


class ContextToken:
    """What was bound before; given back by :func:`bind_context`."""

    __slots__ = ("_fields", "_values")

    def __init__(
        self, fields: Token[ContextFields | None], values: Token[Mapping[str, Any]]
    ) -> None:
        self._fields = fields
        self._values = values

    def reset(self) -> None:
        """Bind again what was bound before; in the same task or thread, once.

        Raises:
            ValueError: Another task or thread made it.
            RuntimeError: It was used before.
        """
        _fields.reset(self._fields)
        _values.reset(self._values)


def bind_context(**fields: Any) -> ContextToken:  # noqa: ANN401 - any value is accepted
    """Add fields to every record, of any logger, in the current task or thread.

    Tasks that are created later, and :func:`asyncio.to_thread`, get a copy; for plain threads and
    executors see :func:`preserve_context`. Values are encoded now. A field of a call or of a
    logger's own replaces one of the same name: call over context over bound.

    Returns:
        A token whose ``reset()`` takes the change back.

    Examples:
        >>> import fapilog
        >>> token = fapilog.bind_context(request_id="r-1")
        >>> dict(fapilog.get_context())
        {'request_id': 'r-1'}
        >>> token.reset()
        >>> dict(fapilog.get_context())
        {}
    """
    return _replace({**_values.get(), **fields}, fields, [])


def unbind_context(*names: str) -> ContextToken:
    """Take fields out of the current context; names that are not bound are ignored."""
    left = {name: value for name, value in _values.get().items() if name not in names}
    return _replace(left, {}, list(names))


def clear_context() -> ContextToken:
    """Take every field out of the current context."""
    return _replace({}, {}, list(_values.get()))


def get_context() -> Mapping[str, Any]:
    """The fields of the current context, as they were bound; not to be changed."""
    return MappingProxyType(dict(_values.get()))


@contextmanager
def context(**fields: Any) -> Iterator[None]:  # noqa: ANN401 - any value is accepted
    """Add fields to every record inside of a ``with`` block; see :func:`bind_context`."""
    token = bind_context(**fields)
    try:
        yield
    finally:
        token.reset()


def preserve_context(function: Callable[P, R]) -> Callable[P, R]:
    """A function that runs in the context of now, for plain threads and executors.

    Examples:
        >>> import threading, fapilog
        >>> with fapilog.context(request_id="r-1"):
        ...     work = fapilog.preserve_context(lambda: print(dict(fapilog.get_context())))
        >>> thread = threading.Thread(target=work)
        >>> thread.start()
        {'request_id': 'r-1'}
        >>> thread.join()
    """
    taken = copy_context()

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        # A copy each time: a context cannot be entered by two threads at once.
        return taken.copy().run(function, *args, **kwargs)

    return run


def _replace(values: Mapping[str, Any], fields: dict[str, Any], without: list[str]) -> ContextToken:
    made = ContextFields(_fields.get(), fields, without)
    return ContextToken(_fields.set(made), _values.set(MappingProxyType(dict(values))))
