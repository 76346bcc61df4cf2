"""The plugin host: one thread with one event loop for all Python plugins of a pipeline."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from fapilog._plugin_run import PluginRun, Records, withheld

T = TypeVar("T")

#: How long a plugin may take for one record (or batch, or its start or stop), in seconds.
TIME_LIMIT: Final = 5.0

#: Longest text of a plugin's error that goes into diagnostics, in characters.
_ERROR_TEXT: Final = 500


class HostBlockedError(RuntimeError):
    """A plugin blocks the host's event loop."""


class PluginHost:
    """Runs plugins; every method may be called from any other thread."""

    def __init__(self, report: Callable[[str, str], None]) -> None:
        self._report = report
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_loop, name="fapilog-plugins", daemon=True)
        self._stages: list[PluginRun] = []
        #: Grows with every record, so that a watcher sees whether plugins move.
        self._progress = 0
        self._blocked: Future[Any] | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a plugin that blocks it is left behind."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(TIME_LIMIT)

    def start_plugin(self, run: PluginRun) -> None:
        """Run a plugin's ``start``, if it has one.

        Raises:
            Exception: Whatever the plugin raised; TimeoutError after the time limit.
        """
        self._call_optional(run, "start")

    def stop_plugin(self, run: PluginRun) -> str | None:
        """Run a plugin's ``stop``, if it has one; returns what went wrong."""
        try:
            self._call_optional(run, "stop")
        except Exception as error:
            return _described(error)
        return None

    def use_stages(self, stages: list[PluginRun]) -> None:
        """Set the plugins that :meth:`run_stages` runs, in order."""
        self._stages = stages

    def run_stages(self, records: Records) -> Records:
        """Run all stages over a batch; a record that was taken out becomes None."""
        if self._blocked is not None and not self._blocked.done():
            return self._without_plugins(records)
        try:
            return self._call(self._run_stages(records))
        except HostBlockedError as error:
            self._report("plugins: blocked", str(error))
            return self._without_plugins(records)

    def write(
        self, sink: PluginRun, records: list[dict[str, Any]]
    ) -> tuple[int, tuple[bool, str] | None]:
        """Hand records to a sink: how many it took, and the failure that stopped it, as
        (all the others would fail too, text)."""  # noqa: D205, D209
        try:
            return self._call(self._write(sink, records))
        except HostBlockedError as error:
            return 0, (True, str(error))

    async def _run_stages(self, records: Records) -> Records:
        watch = _Watch(self._loop, lambda: self._progress)
        try:
            for run in self._stages:
                await self._run_stage(run, records, watch)
        finally:
            watch.end()
        return records

    async def _run_stage(self, run: PluginRun, records: Records, watch: _Watch) -> None:
        method, accept = run.method, run.accept
        for index, record in enumerate(records):
            if record is None:
                continue
            self._progress += 1
            run.records += 1
            try:
                records[index] = accept(record, await method(record.copy()))
            except asyncio.CancelledError:
                watch.expect_timeout()
                self._failed(run, f"it took longer than {TIME_LIMIT:g} s")
                records[index] = run.after_failure(record)
            except Exception as error:
                self._failed(run, _described(error))
                records[index] = run.after_failure(record)

    async def _write(
        self, sink: PluginRun, records: list[dict[str, Any]]
    ) -> tuple[int, tuple[bool, str] | None]:
        write_batch = getattr(sink.plugin, "write_batch", None)
        watch = _Watch(self._loop, lambda: self._progress)
        done = 0
        try:
            if write_batch is not None:
                self._progress += 1
                await write_batch(records)
                done = len(records)
            else:
                for record in records:
                    self._progress += 1
                    await sink.method(record)
                    done += 1
        except asyncio.CancelledError:
            watch.expect_timeout()
            sink.errors += 1
            return done, (True, f"it took longer than {TIME_LIMIT:g} s")
        except Exception as error:
            sink.errors += 1
            return done, (write_batch is not None, _described(error))
        finally:
            sink.records += done
            watch.end()
        return done, None

    def _failed(self, run: PluginRun, reason: str) -> None:
        run.errors += 1
        self._report(f"{run.kind} {run.name}", f"{run.kind} `{run.name}` failed: {reason}")

    def _without_plugins(self, records: Records) -> Records:
        """What becomes of records that no plugin can see: as if each of them had failed."""
        for run in self._stages:
            run.errors += len(records)
        redactors = [run.name for run in self._stages if run.kind == "redactor"]
        if not redactors:
            return records
        return [record and withheld(record, redactors[0]) for record in records]

    def _call_optional(self, run: PluginRun, name: str) -> None:
        method = getattr(run.plugin, name, None)
        if method is not None:
            self._call(asyncio.wait_for(method(), TIME_LIMIT))

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the host's loop and wait for it, as long as plugins move.

        Raises:
            HostBlockedError: No plugin moved for more than twice the time limit: the limit inside
                the loop cannot work because a plugin blocks the loop itself.
        """
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        while True:
            before = self._progress
            try:
                return future.result(2.5 * TIME_LIMIT)
            except TimeoutError:
                if future.done():
                    raise
                if self._progress == before:
                    self._blocked = future
                    raise HostBlockedError(
                        "a plugin blocks the plugin host; it must not call blocking functions"
                    ) from None

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()


class _Watch:
    """Cancels the task that made it when nothing moves for the time limit: one timer a batch
    rather than one a record."""  # noqa: D205, D209

    def __init__(self, loop: asyncio.AbstractEventLoop, progress: Callable[[], int]) -> None:
        self._loop = loop
        self._progress = progress
        self._seen = progress()
        self._task = asyncio.current_task()
        self._fired = False
        self._timer = loop.call_later(TIME_LIMIT, self._check)

    def _check(self) -> None:
        now = self._progress()
        if now == self._seen and self._task is not None:
            self._fired = True
            self._task.cancel()
        self._seen = now
        self._timer = self._loop.call_later(TIME_LIMIT, self._check)

    def expect_timeout(self) -> None:
        """Called on a cancellation: goes on if it was this watch, re-raises if it was not."""
        if not self._fired:
            raise
        self._fired = False
        if sys.version_info >= (3, 11) and self._task is not None:
            self._task.uncancel()

    def end(self) -> None:
        self._timer.cancel()


def _described(error: BaseException) -> str:
    text = f"{type(error).__name__}: {error}"
    return text if len(text) <= _ERROR_TEXT else text[:_ERROR_TEXT] + "…"
