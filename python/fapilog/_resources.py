"""What plugins of one pipeline share: connection pools, caches, clients."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


@dataclass
class _Slot(Generic[T]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    made: bool = False
    value: T | None = None


class Resources:
    """Shared things of one pipeline, by type and name; each is made once, at the first request.

    A plugin gets it in ``async def start(self, resources)``. What was made is closed when the
    pipeline ends, after all plugins have stopped, in the reverse order. Any thread may ask.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: dict[tuple[type[Any], str], _Slot[Any]] = {}
        self._closers: list[Callable[[], Awaitable[None] | None]] = []
        self._closed = False

    def get(
        self,
        kind: type[T],
        make: Callable[[], T],
        *,
        name: str = "",
        close: Callable[[T], Awaitable[None] | None] | None = None,
    ) -> T:
        """The one thing of a type and name; `make` makes it when it is not there yet.

        Args:
            kind: Its type.
            make: Makes it; must not wait for long. When it raises, the next request tries again.
            name: Tells several of one type apart.
            close: Closes it at the end: a function or coroutine function.

        Raises:
            TypeError: `make` returned something of another type.
            RuntimeError: The pipeline has ended.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError("the pipeline has ended; its resources are closed")
            slot = self._slots.setdefault((kind, name), _Slot())
        with slot.lock:
            if not slot.made:
                self._fill(slot, kind, make, close)
            return cast("T", slot.value)

    def _fill(
        self,
        slot: _Slot[T],
        kind: type[T],
        make: Callable[[], T],
        close: Callable[[T], Awaitable[None] | None] | None,
    ) -> None:
        value = make()
        if not isinstance(value, kind):
            found = type(value).__name__
            raise TypeError(f"a `{kind.__name__}` was asked for, `make` returned `{found}`")
        slot.value, slot.made = value, True
        if close is not None:
            with self._lock:
                self._closers.append(lambda: close(value))

    async def _close(self) -> list[str]:
        """Close everything, the last that was made first; gives what went wrong."""
        with self._lock:
            self._closed = True
            closers, self._closers = self._closers, []
            self._slots.clear()
        problems: list[str] = []
        for close in reversed(closers):
            try:
                ending = close()
                if inspect.isawaitable(ending):
                    await ending
            except Exception as error:  # noqa: BLE001, PERF203 - others are closed all the same
                problems.append(f"{type(error).__name__}: {error}")
        return problems
