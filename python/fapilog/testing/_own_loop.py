"""An event loop of its own, in a thread of its own, as a plugin has it in a pipeline."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

#: How long threads that a plugin made may take to end after it has stopped, in seconds.
_THREAD_GRACE: Final = 1.0

#: How long tasks that are cancelled may take to end, in seconds.
_CANCEL_GRACE: Final = 1.0


class StuckError(AssertionError):
    """What ran in an event loop did not end, and cannot be ended."""


@dataclass
class Ended(Generic[T]):
    """What ran in a loop, after its end.

    Attributes:
        value: What it returned.
        left_tasks: Tasks that it made and that were still there, as texts.
        known: Threads that there were before.
    """

    value: T
    left_tasks: tuple[str, ...]
    known: set[threading.Thread]

    def left_running(self) -> list[str]:
        """Tasks and threads that it made and that are still there; waits a little for threads."""
        return [*self.left_tasks, *_left_threads(self.known)]


def run_alone(
    work: Callable[[], Coroutine[Any, Any, T]],
    limit: float,
    steps: Callable[[], int] = lambda: 0,
) -> Ended[T]:
    """Run a coroutine in a new loop in a new thread, and wait for it.

    Args:
        work: Makes the coroutine; called in the thread.
        limit: Longest time without a step, in seconds. A thread that does not end is left behind.
        steps: How many steps the work has made.

    Raises:
        StuckError: It did not end, since something in it blocks.
        BaseException: Whatever it raised.
    """
    before = set(threading.enumerate())
    runner = _Runner(work)
    thread = threading.Thread(target=runner.run, name="fapilog-testing", daemon=True)
    thread.start()
    while True:
        seen = steps()
        thread.join(limit)
        if not thread.is_alive():
            break
        if steps() == seen:
            raise StuckError(f"it blocks its event loop{_where(thread)}")
    if runner.error is not None:
        raise runner.error
    return Ended(runner.value, runner.left_tasks, before)


class _Runner(Generic[T]):
    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._work = work
        self.value: Any = None
        self.error: BaseException | None = None
        self.left_tasks: tuple[str, ...] = ()

    def run(self) -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            self.value = loop.run_until_complete(self._main())
        except BaseException as error:  # noqa: BLE001 - told to who waits
            self.error = error
        finally:
            loop.close()

    async def _main(self) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await self._work()
        finally:
            for _ in range(3):  # what ends by itself in these turns was not left running
                await asyncio.sleep(0)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            self.left_tasks = tuple(f"task `{_task_name(task)}`" for task in left)
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left, timeout=_CANCEL_GRACE)
            await loop.shutdown_asyncgens()
            await loop.shutdown_default_executor()


def _task_name(task: asyncio.Task[Any]) -> str:
    coroutine = task.get_coro()
    return getattr(coroutine, "__qualname__", None) or task.get_name()


def _left_threads(known: set[threading.Thread]) -> list[str]:
    end = time.monotonic() + _THREAD_GRACE
    left = []
    for thread in set(threading.enumerate()) - known:
        if isinstance(thread, threading._DummyThread) or thread.name.startswith("fapilog-"):
            continue
        thread.join(max(0.0, end - time.monotonic()))
        if thread.is_alive():
            left.append(f"thread `{thread.name}`")
    return left


def _where(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(thread.ident or 0)
    if frame is None:
        return ""
    code = frame.f_code
    return f" in `{code.co_name}`, {code.co_filename}:{frame.f_lineno}"
