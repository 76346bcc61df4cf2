"""One thread with one event loop, and the watch over both."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, TypeVar

from fapilog._engine import Waiter

if TYPE_CHECKING:
    from fapilog._plugin_run import PluginRun

T = TypeVar("T")

#: How long what plugins left running may take to end when it is cancelled, in seconds.
_CANCEL_LIMIT: Final = 1.0

#: Longest text of a plugin's error that goes into diagnostics, in characters.
_ERROR_TEXT: Final = 500


class HostBlockedError(RuntimeError):
    """A plugin blocks the host's event loop."""

    def __init__(self) -> None:
        super().__init__("a plugin blocks the plugin host; it must not call blocking functions")


class HostLoop:
    """Runs coroutines; every method may be called from any other thread."""

    def __init__(self, report: Callable[[str, str], None]) -> None:
        self._report = report
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_loop, name="fapilog-plugins", daemon=True)
        #: Grows with every record, so that a caller sees whether plugins move.
        self.progress = 0
        #: Which plugin a task is at work for.
        self.running: dict[asyncio.Task[Any] | None, PluginRun] = {}
        self._blocked: Future[Any] | None = None
        #: No plugin is to be given another record here.
        self.stopping = False
        self._abandoned = False

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def is_current_thread(self) -> bool:
        """Whether the calling thread is this one."""
        return threading.current_thread() is self._thread

    def stop(self, limit: float) -> None:
        """End the thread; a plugin that blocks it is left behind."""
        if self.stop_soon():
            self._thread.join(limit)

    def abandon(self) -> None:
        """No plugin gets another turn, nothing is waited for."""
        self._abandoned = True
        self.stop_soon()

    def stop_soon(self) -> bool:
        """End the thread when its plugins let it; False when it has ended."""
        self.stopping = True
        if not self._thread.is_alive():
            return False
        try:
            self._loop.call_soon_threadsafe(self._loop.stop)
        except RuntimeError:  # closed in this moment
            return False
        return True

    def call(self, coroutine: Coroutine[Any, Any, T], patience: float) -> T:
        """Run a coroutine on the loop and wait for it, as long as plugins move.

        Raises:
            HostBlockedError: No plugin moved for `patience` seconds: the limits inside of the loop
                cannot work because a plugin blocks the loop itself.
        """
        if self._blocked is not None and not self._blocked.done():
            coroutine.close()
            raise HostBlockedError
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError:  # the loop is closed
            coroutine.close()
            raise
        waiter = Waiter()
        future.add_done_callback(waiter.done)
        while True:
            before = self.progress
            if waiter.wait(patience):
                return future.result()
            if self.progress == before:
                self._blocked = future
                raise HostBlockedError

    def culprit(self) -> tuple[PluginRun | None, str]:
        """The plugin that blocks the loop, as far as can be told, and where its code stands."""
        task = asyncio.current_task(self._loop)
        frame = sys._current_frames().get(self._thread.ident or 0)
        where = ""
        if frame is not None:
            code = frame.f_code
            where = f"in `{code.co_name}`, {code.co_filename}:{frame.f_lineno}"
        return self.running.get(task), where

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        while not self.stopping:
            self._run_until_stopped()
        if not self._abandoned:
            self._end_loop()

    def _run_until_stopped(self) -> None:
        try:
            self._loop.run_forever()
        except BaseException as error:  # noqa: BLE001 - SystemExit of a task that a plugin made
            self._report("plugins: task", f"a task of a plugin raised {described(error)}")

    def _end_loop(self) -> None:
        """Cancel what plugins left running, and close the loop."""
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.wait(left, timeout=_CANCEL_LIMIT))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()


def described(error: BaseException) -> str:
    """An error in one bounded text."""
    text = f"{type(error).__name__}: {error}"
    return text if len(text) <= _ERROR_TEXT else text[:_ERROR_TEXT] + "…"
