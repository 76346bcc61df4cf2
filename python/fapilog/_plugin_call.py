"""Coroutines that put plugins to work on a batch, inside of the host's loop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final, TypeVar

from fapilog._host_loop import HostLoop, described
from fapilog._plugin_run import PluginRun, Records, own_copy
from fapilog._waiters import in_thread

T = TypeVar("T")

#: Says what went wrong: a key, and a text.
Report = Callable[[str, str], None]


@dataclass
class Progress:
    """How far a batch has come, for whoever has to go on with it.

    Attributes:
        records: The records as the stages before left them; one that was taken out is None.
        nested: Whether any record holds a list or dict, which a plugin could change.
        stage: The stage that is at work.
        index: The record that it is at.
    """

    records: Records
    nested: bool
    stage: int = 0
    index: int = 0


async def run_stages(
    host: HostLoop, stages: Sequence[PluginRun], progress: Progress, limit: float, report: Report
) -> None:
    """Run stages in order over a batch, from where it has come to."""
    watch = Watch(host, limit)
    try:
        while progress.stage < len(stages):
            run = stages[progress.stage]
            watch.works_for(run)
            async with run.busy:
                start, first = perf_counter(), progress.index
                work = _run_in_thread if run.is_blocking else _run_stage
                await work(run, progress, watch, report)
                run.took(len(progress.records) - first, perf_counter() - start)
            # What a plugin returned may hold anything.
            progress.nested = True
            progress.stage, progress.index = progress.stage + 1, 0
    finally:
        watch.end()


async def _run_stage(run: PluginRun, progress: Progress, watch: Watch, report: Report) -> None:
    copy = own_copy if progress.nested else dict.copy
    records = progress.records
    plain = run.timeout is None and run.when is None and run.cache is None and run.enabled
    host, late = watch.host, False
    for index in range(progress.index, len(records)):
        record = records[index]
        if record is None or (not plain and run.skips(record)):
            continue
        progress.index = index
        if late or run.blocked or (run.closed_until and run.is_open()):
            # One limit a batch: a plugin that hangs must not hold it up for each record.
            records[index] = _unasked(run, record, late)
            continue
        # `watch.step()` without the call.
        host.progress += 1
        watch.steps += 1
        if host.stopping or watch.fired:
            watch.look_up()
        run.records += 1
        try:
            answer = run.method(copy(record)) if plain else _answer(run, copy(record))
            result = await answer
            # Most return a dict, which most kinds may: no call to find that out.
            records[index] = (
                result
                if type(result) is dict and run.may_return_any
                else run.accept(record, result)
            )
            run.failures = 0
        except BaseException as error:  # noqa: BLE001 - a plugin's SystemExit must not end the host
            late = watch.fired
            _failed(run, watch.reason(error), report)
            records[index] = run.after_failure(record)


def _unasked(run: PluginRun, record: dict[str, Any], late: bool) -> dict[str, Any]:
    if late:
        run.errors += 1
    else:
        run.skipped += 1
    return run.after_failure(record)


async def _answer(run: PluginRun, record: dict[str, Any]) -> object:
    """What a plugin with a time limit or a cache of its own says to a record."""
    key = run.cache.key(record) if run.cache else None
    if run.cache and key is not None:
        kept = run.cache.get(key)
        if kept is not None:
            return own_copy(dict(kept))
    answer = run.method(record)
    result = await (answer if run.timeout is None else within(answer, run.timeout))
    if run.cache and key is not None and isinstance(result, dict):
        run.cache.put(key, own_copy(result))
    return result


async def within(answer: Awaitable[T], seconds: float) -> T:
    """Wait for something no longer than so many seconds.

    Raises:
        TimeoutError: It took longer, and was cancelled.
    """
    task, fired = asyncio.current_task(), False

    def fire() -> None:
        nonlocal fired
        fired = True
        if task is not None:
            task.cancel()

    timer = asyncio.get_running_loop().call_later(seconds, fire)
    try:
        return await answer
    except asyncio.CancelledError:
        if not fired:
            raise
        if sys.version_info >= (3, 11) and task is not None:
            task.uncancel()
        raise TimeoutError(f"it took longer than {seconds:g} s") from None
    finally:
        timer.cancel()


async def _run_in_thread(run: PluginRun, progress: Progress, watch: Watch, report: Report) -> None:
    """A plain function may block: it gets the whole batch in a thread of its own."""
    copy = own_copy if progress.nested else dict.copy
    records = progress.records
    asked: list[tuple[int, dict[str, Any]]] = []
    for index in range(progress.index, len(records)):
        record = records[index]
        if record is None or run.skips(record):
            continue
        if run.blocked or run.is_open():
            records[index] = _unasked(run, record, late=False)
        else:
            asked.append((index, copy(record)))
    answers: list[tuple[object, BaseException | None]] = []

    def work() -> None:
        for _, record in asked:
            watch.step()
            try:
                answers.append((run.method(record), None))
            except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
                answers.append((None, error))

    reason = ""
    if asked:
        try:
            await in_thread(work)
        except BaseException as error:  # noqa: BLE001 - the time limit
            reason = watch.reason(error)
            # The thread cannot be ended: it is left behind, and not asked for more.
            run.blocked = f"{reason} in its thread, which is left behind"
            report(f"blocked {run.name}", f"{run.kind} `{run.name}` is given up: {reason}")
    done = answers.copy()
    for number, (index, _) in enumerate(asked):
        record = records[index]
        assert record is not None  # noqa: S101 - chosen above
        run.records += 1
        try:
            answer, raised = done[number] if number < len(done) else (None, TimeoutError(reason))
            if raised is not None:
                raise raised
            records[index] = run.accept(record, answer)
            run.failures = 0
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
            _failed(run, described(error), report)
            records[index] = run.after_failure(record)


#: How failures begin whose text is fapilog's own.
_OWN_TEXTS: Final = ("it took longer than ", "TypeError: returned `")


def _failed(run: PluginRun, reason: str, report: Report) -> None:
    run.failed()
    if run.on_failure == "count":
        return
    if run.kind == "redactor" and not reason.startswith(_OWN_TEXTS):
        # What a redactor raises may quote what it was to hide.
        reason = reason.partition(":")[0]
    report(f"{run.kind} {run.name}", f"{run.kind} `{run.name}` failed: {reason}")


@dataclass
class Written:
    """How many records a sink took, and the failure that stopped it, as (all the others would fail
    too, text)."""  # noqa: D205, D209

    done: int = 0
    failure: tuple[bool, str] | None = None


async def write(
    host: HostLoop, sink: PluginRun, records: list[Any], written: Written, limit: float
) -> None:
    """Hand records, or their texts, to a sink."""
    watch = Watch(host, limit)
    watch.works_for(sink)
    write_batch = sink.optional("write_encoded") or sink.optional("write_batch")
    start = perf_counter()
    try:
        async with sink.busy:
            if sink.is_blocking:
                await in_thread(lambda: _write_each(sink, records, written, watch))
            elif write_batch is not None:
                watch.step()
                answer = write_batch(records)
                await (answer if sink.timeout is None else within(answer, sink.timeout))
                written.done = len(records)
            else:
                for record in records:
                    watch.step()
                    given = told(sink, record)
                    if given is None:
                        written.done += 1
                        continue
                    answer = sink.method(given)
                    await (answer if sink.timeout is None else within(answer, sink.timeout))
                    written.done += 1
        sink.failures = 0
    except BaseException as error:  # noqa: BLE001 - a plugin's SystemExit must not end the host
        sink.failed()
        whole = watch.fired or write_batch is not None
        if watch.fired and sink.is_blocking:
            # The thread cannot be ended: it is left behind, and not asked for more.
            sink.blocked = "it hangs in its thread, which is left behind"
        written.failure = (whole, watch.reason(error))
    finally:
        sink.records += written.done
        sink.took(max(1, written.done), perf_counter() - start)
        watch.end()


def told(sink: PluginRun, record: dict[str, Any]) -> Any:  # noqa: ANN401 - what its kind takes
    """What a sink or alerter is given for a record; None for nothing."""
    if sink.alerts is None:
        return record
    return sink.alerts.alert_for(record) if sink.enabled else None


def _write_each(
    sink: PluginRun, records: list[dict[str, Any]], written: Written, watch: Watch
) -> None:
    for record in records:
        watch.step()
        given = told(sink, record)
        if given is not None:
            sink.method(given)
        written.done += 1


async def run_optional(
    host: HostLoop, run: PluginRun, method: Callable[[], Coroutine[Any, Any, T]], limit: float
) -> T:
    """Run ``start``, ``stop`` or ``health_check`` of a plugin.

    Raises:
        Exception: Whatever the plugin raised; TimeoutError after the time limit.
    """
    watch = Watch(host, limit)
    watch.works_for(run)
    watch.step()
    try:
        return await method()
    except Exception:
        raise
    except BaseException as error:
        if watch.fired:
            raise TimeoutError(watch.reason(error)) from None
        raise RuntimeError(watch.reason(error)) from error
    finally:
        watch.end()


async def exchange(places: Sequence[PluginRun], plugin: object) -> None:
    """Put another plugin into its places, between two batches."""
    async with AsyncExitStack() as stack:
        for place in places:
            await stack.enter_async_context(place.busy)
        for place in places:
            place.take(plugin)


class Watch:
    """Cancels the task that made it when it took no step for the time limit: one timer a batch
    rather than one a record."""  # noqa: D205, D209

    def __init__(self, host: HostLoop, limit: float) -> None:
        #: The task was cancelled for taking too long.
        self.fired = False
        self.host = host
        self._limit = limit
        self.steps = 0
        self._seen = 0
        self._task = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(limit, self._check)

    def works_for(self, run: PluginRun) -> None:
        """The task is at work for a plugin from now on."""
        self.host.running[self._task] = run

    def step(self) -> None:
        """The task has begun another record.

        Raises:
            CancelledError: The loop was replaced: others go on with the batch.
        """
        self.host.progress += 1
        self.steps += 1
        if self.host.stopping or self.fired:
            self.look_up()

    def look_up(self) -> None:
        """Something was said to the task while it was at work.

        Raises:
            CancelledError: The loop was replaced: others go on with the batch.
        """
        if self.host.stopping:
            raise asyncio.CancelledError
        self._forgive()  # the plugin did not let the cancellation through

    def _forgive(self) -> None:
        self.fired = False
        if sys.version_info >= (3, 11) and self._task is not None:
            self._task.uncancel()

    def _check(self) -> None:
        if self.steps == self._seen and self._task is not None:
            self.fired = True
            self._task.cancel()
        self._seen = self.steps
        self._timer = self._loop.call_later(self._limit, self._check)

    def reason(self, error: BaseException) -> str:
        """What went wrong, for diagnostics; takes the cancellation back.

        Raises:
            GeneratorExit: The task itself is thrown away.
            CancelledError: The loop was replaced.
        """
        if isinstance(error, GeneratorExit) or self.host.stopping:
            raise error
        if not self.fired:
            return described(error)
        self._forgive()
        return f"it took longer than {self._limit:g} s"

    def end(self) -> None:
        """The task is done."""
        self._timer.cancel()
        self.host.running.pop(self._task, None)
