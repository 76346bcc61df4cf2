"""M03, M30: it neither blocks its loop nor grows."""

from __future__ import annotations

import gc
import sys
import time
import tracemalloc
from collections.abc import Generator
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any, Final

from fapilog.testing._conformance.asking import alone, open_pipeline
from fapilog.testing._conformance.check import check, in_python
from fapilog.testing._conformance.subject import Instance, NotChecked, Subject, Violation
from fapilog.testing._records import OWN_FIELDS, make_record, new_token, sample_records

#: Calls that are timed; what the machine does meanwhile slows some of them, but hardly all.
_TIMED_CALLS: Final = 5

#: Longest time that every call may hold the loop without computing: it waits for something then.
_WAITING_SECONDS: Final = 0.02

#: Longest time that every call may hold the loop at all.
_HOLDING_SECONDS: Final = 0.25

#: Records of one look at memory, how many looks, and growth in each that is none of chance.
_ROUND: Final = 500
_ROUNDS: Final = 3
_BATCH: Final = 100
_LEAK_BYTES: Final = 32
_NATIVE_LEAK_BYTES: Final = 32
_NATIVE_ROUND: Final = 20_000

#: Longest time for the records before memory is looked at, in seconds.
_WARM_UP_SECONDS: Final = 10.0


class _Timed:
    """An awaitable that measures how long each step of a coroutine holds the loop."""

    def __init__(self, coroutine: Any) -> None:  # noqa: ANN401 - any awaitable
        self._coroutine = coroutine
        self.holding = self.waiting = 0.0

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._coroutine.__await__()
        step, given = steps.send, None
        while True:
            wall, cpu = time.perf_counter(), time.thread_time()
            try:
                future = step(given)
            except StopIteration as end:
                return end.value
            finally:
                held = time.perf_counter() - wall
                self.holding = max(self.holding, held)
                self.waiting = max(self.waiting, held - (time.thread_time() - cpu))
            try:
                step, given = steps.send, (yield future)
            except BaseException as error:  # noqa: BLE001 - handed on to the coroutine
                step, given = steps.throw, error


async def _awaited(timed: _Timed) -> object:
    return await timed


@check("M03", "blocking", only_if=in_python)
def does_not_block_its_loop(subject: Subject) -> None:
    """No step of a call waits for anything, or computes for long."""
    instance = subject.make()
    records = sample_records(new_token(), _TIMED_CALLS + 1)

    async def work() -> tuple[float, float, str]:
        await instance.start()
        waiting = holding = float("inf")
        for record in records[:-1]:
            timed = _Timed(instance.call(record))
            await instance.within(_awaited(timed), subject.method_name)
            waiting, holding = min(waiting, timed.waiting), min(holding, timed.holding)
        where = ""
        if waiting > _WAITING_SECONDS:
            where = await _longest_call(instance, records[-1])
        await instance.stop()
        return waiting, holding, where

    waiting, holding, where = alone(subject, work).value
    if waiting > _WAITING_SECONDS:
        raise Violation(f"each call blocks its loop for {1000 * waiting:.0f} ms or more{where}")
    if holding > _HOLDING_SECONDS:
        raise Violation(f"each call computes on its loop for {holding:.2f} s or more")


async def _longest_call(instance: Instance, record: object) -> str:
    """Which function written in C takes longest in a call, and where it is called."""
    found, longest, begun = "", 0.0, 0.0

    def profile(frame: FrameType, event: str, function: Any) -> None:  # noqa: ANN401 - of the hook
        nonlocal found, longest, begun
        if event == "c_call":
            begun = time.perf_counter()
        elif event == "c_return" and time.perf_counter() - begun > longest:
            longest = time.perf_counter() - begun
            place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
            found = f", in `{function.__qualname__}` at {place}"

    task = instance.call(record)
    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        await task
    finally:
        sys.setprofile(before)
    return found


@check("M30", "memory")
def keeps_no_more_the_more_it_sees(subject: Subject) -> None:
    """After a warm-up, records leave nothing behind."""
    if subject.native:
        grown, limit = _native_growth(subject), _NATIVE_LEAK_BYTES
    else:
        instance = subject.make()
        grown, limit = alone(subject, lambda: _growth(instance)).value, _LEAK_BYTES
    if grown > limit:
        raise Violation(
            f"its memory grows by {grown:.0f} bytes a record, also after {subject.options.warm_up} "
            "records; what it keeps must have a bound (warm_up= says when that is reached)"
        )


async def _growth(instance: Instance) -> float:
    """The least growth of some rounds, in bytes a record."""
    await instance.start()
    end = time.monotonic() + _WARM_UP_SECONDS
    for _ in range(0, instance.subject.options.warm_up, _BATCH):
        await _feed(instance, _BATCH)
        if time.monotonic() > end:
            why = (
                f"{instance.subject.options.warm_up} records take more than {_WARM_UP_SECONDS:g} s"
            )
            raise NotChecked(f"{why}: say fewer, if that is enough, with warm_up=")
    ours = not tracemalloc.is_tracing()
    if ours:
        tracemalloc.start()
    try:
        await _feed(instance)
        sizes = [_traced_bytes()]
        for _ in range(_ROUNDS):
            await _feed(instance)
            sizes.append(_traced_bytes())
    finally:
        if ours:
            tracemalloc.stop()
    await instance.stop()
    return min(after - before for before, after in pairwise(sizes)) / _ROUND


async def _feed(instance: Instance, number: int = _ROUND) -> None:
    token = new_token()
    for start in range(0, number, _BATCH):
        await instance.ask_many(
            [
                make_record(f"record {index} of {token}", user_id=index, path=f"/{token}/{index}")
                for index in range(start, start + _BATCH)
            ]
        )


def _traced_bytes() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def _native_growth(subject: Subject) -> float:
    instance = subject.make()
    log = open_pipeline(subject, instance, "null")
    fields = {k: v for k, v in sample_records(new_token(), 1)[0].items() if k not in OWN_FIELDS}
    try:
        sizes = []
        for _ in range(_ROUNDS + 1):
            for number in range(_NATIVE_ROUND):
                log.info("x", **{**fields, "user_id": number})
            log.flush(timeout=60)
            sizes.append(_resident_bytes())
    finally:
        log.close(timeout=10)
    steps = pairwise(sizes)
    return min(after - before for before, after in steps) / _NATIVE_ROUND


def _resident_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        raise NotChecked("this system does not say how much memory a process has") from None
    import resource

    return pages * resource.getpagesize()
