"""M15, M24, M25, M31: its life from start to stop, and what may come between."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from typing import Any, Final

from fapilog.testing._conformance.answers import samples
from fapilog.testing._conformance.asking import alone, piped, used
from fapilog.testing._conformance.check import check, in_python
from fapilog.testing._conformance.subject import Instance, PluginFailure, Subject, Violation
from fapilog.testing._records import new_token, sample_records

#: A call is cancelled at its first waits, up to so many.
_CANCELLED_WAITS: Final = 3


@check("M15", "cancellation", only_if=in_python)
def ends_when_it_is_cancelled(subject: Subject) -> None:
    """A call that is cancelled ends with that, and the next one works."""
    instance = subject.make()
    token = new_token()
    records = sample_records(token, _CANCELLED_WAITS + 2)

    async def work() -> None:
        await instance.start()
        await instance.ask(records[-2])
        for wait in range(1, _CANCELLED_WAITS + 1):
            if not await _cancel_at(instance, records[wait - 1], wait):
                break
        try:
            await instance.ask(records[-1])
        except PluginFailure as error:
            raise Violation(f"after a call was cancelled, {error}") from error
        await instance.stop()

    alone(subject, work)


async def _cancel_at(instance: Instance, record: object, wait: int) -> bool:
    """Cancel a call at its so-manieth wait; False when it did not wait so often."""
    subject = instance.subject
    subject.steps += 1
    task = asyncio.ensure_future(instance.call(record))
    for _ in range(wait):
        await asyncio.sleep(0)
    if task.done():
        task.exception()
        return False
    task.cancel()
    await asyncio.wait({task}, timeout=subject.options.time_limit)
    if not task.done():
        raise Violation(f"its `{subject.method_name}` goes on after it was cancelled")
    if not task.cancelled() and task.exception() is None:
        raise Violation(f"its `{subject.method_name}` swallows its cancellation and returns")
    return True


@check("M24", "lifecycle")
def starts_and_stops(subject: Subject) -> None:
    """Made without a loop; started and stopped without a record; nothing of it stays."""
    if subject.native:
        piped(subject, [])
        return
    before = set(threading.enumerate())
    instance = subject.make()
    made = [thread.name for thread in set(threading.enumerate()) - before]
    if made:
        raise Violation(f"making it starts the thread `{made[0]}`; `start` is the place for that")
    ended = [alone(subject, lambda: used(instance, []))]
    busy = subject.make()
    ended.append(alone(subject, lambda: used(busy, samples(subject))))
    for one in ended:
        if left := one.left_running():
            raise Violation(f"after its stop it left running: {', '.join(left)}")


@check("M25", "restart")
def can_be_started_again(subject: Subject) -> None:
    """In another loop: after its stop, as after a fork, and without, as when a loop is replaced."""
    if subject.native:
        for _ in range(2):
            piped(subject, samples(subject))
        return
    instance = subject.make()
    alone(subject, lambda: used(instance, samples(subject)))
    try:
        alone(subject, lambda: used(instance, samples(subject)))
    except PluginFailure as error:
        raise Violation(f"started again after its stop, {error}") from error
    lost = subject.make()
    with warnings.catch_warnings():
        # Nobody closes what it had opened in the loop that was lost.
        warnings.simplefilter("ignore", ResourceWarning)
        alone(subject, lambda: _without_stop(lost, samples(subject)))
        try:
            alone(subject, lambda: used(lost, samples(subject)))
        except PluginFailure as error:
            raise Violation(f"started again because its loop was lost, {error}") from error
        gc.collect()


async def _without_stop(instance: Instance, records: list[dict[str, Any]]) -> None:
    await instance.start()
    for record in records:
        await instance.ask(record)


@check("M31", "time-limits")
def keeps_to_its_time_limit(subject: Subject) -> None:
    """For its start, for each record, and for its stop."""
    if subject.native:
        piped(subject, samples(subject))
        return
    instance = subject.make()
    alone(subject, lambda: used(instance, samples(subject)))
