"""The plugin host: one thread with one event loop for all Python plugins of a pipeline."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from fapilog._engine import Waiter
from fapilog._plugin_run import PluginRun, Records, own_copy, withheld

T = TypeVar("T")

#: How long a plugin may take for one record (or batch, or its start or stop), in seconds. Looked
#: at every so many seconds, so that it may become twice as long.
TIME_LIMIT: Final = 5.0

#: How long what plugins left running may take to end when it is cancelled, in seconds.
_CANCEL_LIMIT: Final = 1.0

#: Longest text of a plugin's error that goes into diagnostics, in characters.
_ERROR_TEXT: Final = 500


class HostBlockedError(RuntimeError):
    """A plugin blocks the host's event loop."""

    def __init__(self) -> None:
        super().__init__("a plugin blocks the plugin host; it must not call blocking functions")


class PluginHost:
    """Runs plugins; every method may be called from any other thread."""

    def __init__(self, report: Callable[[str, str], None]) -> None:
        self._report = report
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_loop, name="fapilog-plugins", daemon=True)
        #: Grows with every record, so that a caller sees whether plugins move.
        self._progress = 0
        self._blocked: Future[Any] | None = None
        self._stopping = False
        self._abandoned = False

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def is_current_thread(self) -> bool:
        """Whether the calling thread is the host's."""
        return threading.current_thread() is self._thread

    def stop(self) -> None:
        """End the thread; a plugin that blocks it is left behind."""
        if self._stop_loop():
            self._thread.join(TIME_LIMIT)

    def abandon(self) -> None:
        """At the end of the process: no plugin gets another turn, nothing is waited for."""
        self._abandoned = True
        self._stop_loop()

    def _stop_loop(self) -> bool:
        self._stopping = True
        if not self._thread.is_alive():
            return False
        try:
            self._loop.call_soon_threadsafe(self._loop.stop)
        except RuntimeError:  # closed in this moment
            return False
        return True

    def start_plugin(self, run: PluginRun) -> None:
        """Run a plugin's ``start``, if it has one.

        Raises:
            Exception: Whatever the plugin raised; TimeoutError after the time limit.
        """
        if run.owns_plugin:
            self._call_optional(run, "start")

    def stop_plugin(self, run: PluginRun) -> str | None:
        """Run a plugin's ``stop``, if it has one; returns what went wrong."""
        if not run.owns_plugin:
            return None
        try:
            self._call_optional(run, "stop")
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything
            return _described(error)
        return None

    def run_stages(
        self,
        stages: Sequence[PluginRun],
        records: Records,
        nested: bool,
    ) -> Records:
        """Run stages in order over a batch; a record that was taken out becomes None.

        `nested` says whether any record holds a list or dict, which a plugin could change.
        """
        try:
            return self._call(self._run_stages(stages, records, nested))
        except HostBlockedError as error:
            self._report("plugins: blocked", str(error))
            return _without_plugins(stages, records)

    def write(
        self, sink: PluginRun, records: list[dict[str, Any]]
    ) -> tuple[int, tuple[bool, str] | None]:
        """Hand records to a sink: how many it took, and the failure that stopped it, as
        (all the others would fail too, text)."""  # noqa: D205, D209
        try:
            return self._call(self._write(sink, records))
        except HostBlockedError as error:
            return 0, (True, str(error))

    async def _run_stages(
        self,
        stages: Sequence[PluginRun],
        records: Records,
        nested: bool,
    ) -> Records:
        watch = _Watch(self._loop)
        try:
            for run in stages:
                await self._run_stage(run, records, watch, own_copy if nested else dict.copy)
                # What a plugin returned may hold anything.
                nested = True
        finally:
            watch.end()
        return records

    async def _run_stage(
        self,
        run: PluginRun,
        records: Records,
        watch: _Watch,
        copy: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> None:
        method, accept = run.method, run.accept
        late = False
        for index, record in enumerate(records):
            if record is None:
                continue
            if late:
                # One limit a batch: a plugin that hangs must not hold it up for each record.
                run.errors += 1
                records[index] = run.after_failure(record)
                continue
            self._moved(watch)
            run.records += 1
            try:
                records[index] = accept(record, await method(copy(record)))
            except BaseException as error:  # noqa: BLE001 - a plugin's SystemExit must not end the host
                late = watch.fired
                self._failed(run, watch.reason(error))
                records[index] = run.after_failure(record)

    async def _write(
        self, sink: PluginRun, records: list[dict[str, Any]]
    ) -> tuple[int, tuple[bool, str] | None]:
        write_batch = getattr(sink.plugin, "write_batch", None)
        watch = _Watch(self._loop)
        done = 0
        try:
            if write_batch is not None:
                self._moved(watch)
                await write_batch(records)
                done = len(records)
            else:
                for record in records:
                    self._moved(watch)
                    await sink.method(record)
                    done += 1
        except BaseException as error:  # noqa: BLE001 - a plugin's SystemExit must not end the host
            sink.errors += 1
            whole = watch.fired or write_batch is not None
            return done, (whole, watch.reason(error))
        finally:
            sink.records += done
            watch.end()
        return done, None

    def _moved(self, watch: _Watch) -> None:
        self._progress += 1
        watch.step()

    def _failed(self, run: PluginRun, reason: str) -> None:
        run.errors += 1
        self._report(f"{run.kind} {run.name}", f"{run.kind} `{run.name}` failed: {reason}")

    def _call_optional(self, run: PluginRun, name: str) -> None:
        method = getattr(run.plugin, name, None)
        if method is not None:
            self._call(self._run_optional(method))

    async def _run_optional(self, method: Callable[[], Coroutine[Any, Any, object]]) -> None:
        watch = _Watch(self._loop)
        self._progress += 1
        try:
            await method()
        except Exception:
            raise
        except BaseException as error:
            if watch.fired:
                raise TimeoutError(watch.reason(error)) from None
            raise RuntimeError(watch.reason(error)) from error
        finally:
            watch.end()

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the host's loop and wait for it, as long as plugins move.

        Raises:
            HostBlockedError: No plugin moved for more than twice the time limit: the limit inside
                the loop cannot work because a plugin blocks the loop itself.
        """
        if self._blocked is not None and not self._blocked.done():
            coroutine.close()
            raise HostBlockedError
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        waiter = Waiter()
        future.add_done_callback(waiter.done)
        while True:
            before = self._progress
            if waiter.wait(2.5 * TIME_LIMIT):
                return future.result()
            if self._progress == before:
                self._blocked = future
                raise HostBlockedError

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        while not self._stopping:
            self._run_until_stopped()
        if not self._abandoned:
            self._end_loop()

    def _run_until_stopped(self) -> None:
        try:
            self._loop.run_forever()
        except BaseException as error:  # noqa: BLE001 - SystemExit of a task that a plugin made
            text = f"a task of a plugin raised {_described(error)}"
            self._report("plugins: task", text)

    def _end_loop(self) -> None:
        """Cancel what plugins left running, and close the loop."""
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.wait(left, timeout=_CANCEL_LIMIT))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()


class _Watch:
    """Cancels the task that made it when it took no step for the time limit: one timer a batch
    rather than one a record."""  # noqa: D205, D209

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        #: The task was cancelled for taking too long.
        self.fired = False
        self._loop = loop
        self._steps = 0
        self._seen = 0
        self._task = asyncio.current_task()
        self._timer = loop.call_later(TIME_LIMIT, self._check)

    def step(self) -> None:
        """The task has begun another record."""
        self._steps += 1
        if self.fired:  # the plugin did not let the cancellation through
            self._forgive()

    def _forgive(self) -> None:
        self.fired = False
        if sys.version_info >= (3, 11) and self._task is not None:
            self._task.uncancel()

    def _check(self) -> None:
        if self._steps == self._seen and self._task is not None:
            self.fired = True
            self._task.cancel()
        self._seen = self._steps
        self._timer = self._loop.call_later(TIME_LIMIT, self._check)

    def reason(self, error: BaseException) -> str:
        """What went wrong, for diagnostics; takes the cancellation back.

        Raises:
            GeneratorExit: The task itself is thrown away.
        """
        if isinstance(error, GeneratorExit):
            raise error
        if not self.fired:
            return _described(error)
        self._forgive()
        return f"it took longer than {TIME_LIMIT:g} s"

    def end(self) -> None:
        self._timer.cancel()


def _without_plugins(stages: Sequence[PluginRun], records: Records) -> Records:
    """What becomes of records that no plugin can see: as if each of them had failed."""
    for run in stages:
        run.errors += len(records)
    redactors = [run.name for run in stages if run.kind == "redactor"]
    if not redactors:
        # A list of its own: the plugin that blocks still has the other one.
        return records.copy()
    return [record and withheld(record, redactors[0]) for record in records]


def _described(error: BaseException) -> str:
    text = f"{type(error).__name__}: {error}"
    return text if len(text) <= _ERROR_TEXT else text[:_ERROR_TEXT] + "…"
