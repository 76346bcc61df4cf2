"""Values that are only made when they are logged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fapilog._engine import use_lazy


class Lazy:
    """A value that a function makes when, and only when, a record needs it."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __call__(self) -> Any:  # noqa: ANN401 - any value is accepted
        """The value."""
        return self._make()


use_lazy(Lazy)


def lazy(make: Callable[[], Any]) -> Lazy:
    """A field or message that is made by calling `make` when its level is enabled.

    A ``lambda`` as a value does the same without this; other functions are logged as text, so that
    no callback is called by accident. What `make` raises becomes a text that says so.

    Examples:
        >>> import fapilog
        >>> with fapilog.get_logger("shop", sinks=["null"]) as log:
        ...     log.debug("not even asked", rows=fapilog.lazy(lambda: 1 / 0))
    """
    return Lazy(make)
