"""Threads that wait, so that event loops need not."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    import asyncio

R = TypeVar("R")

#: Threads that wait for room in queues, for all loggers of the process. When one has waited in
#: vain, the others need not: a few are enough for any number of tasks.
_MOST: Final = 8


#: A thread without work ends after so many seconds.
_LINGER: Final = 0.5


class _Waiters:
    """A few threads of the daemon kind: an executor's would hold up the end of the process."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self._lock = threading.Lock()
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._threads = 0

    def add(self, work: Callable[[], None]) -> None:
        with self._lock:
            self._work.put(work)
            if self._threads >= _MOST:
                return
            self._threads += 1
        start_thread(self._run)

    def _run(self) -> None:
        while True:
            try:
                work = self._work.get(timeout=_LINGER)
            except Empty:
                with self._lock:
                    # Work that came in this moment saw this thread as one that would take it.
                    if self._work.empty():
                        self._threads -= 1
                        return
                continue
            work()


_waiters: _Waiters | None = None


def start_thread(run: Callable[[], None]) -> None:
    """Run something in a thread of its own that the end of the process does not wait for."""
    threading.Thread(target=run, name="fapilog-waiter", daemon=True).start()


def in_waiter(run: Callable[[], R]) -> asyncio.Future[R]:
    """Run something short-lived in one of a few threads; what it gives is awaited."""
    global _waiters
    if _waiters is None or _waiters.process != os.getpid():  # threads do not survive a fork
        _waiters = _Waiters()
    return _settled_by(run, _waiters.add)


def in_thread(run: Callable[[], R]) -> asyncio.Future[R]:
    """Run something in a thread of its own; what it gives is awaited."""
    return _settled_by(run, start_thread)


def _settled_by(
    run: Callable[[], R], start: Callable[[Callable[[], None]], None]
) -> asyncio.Future[R]:
    import asyncio

    loop = asyncio.get_running_loop()
    future: asyncio.Future[R] = loop.create_future()

    def settle(set_result: Callable[[Any], None], value: object) -> None:
        def settle_in_loop() -> None:
            if not future.done():
                set_result(value)

        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle_in_loop)

    def work() -> None:
        try:
            result = run()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            settle(future.set_exception, error)
        else:
            settle(future.set_result, result)

    start(work)
    return future
