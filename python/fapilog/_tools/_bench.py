"""``fapilog plugin bench``: a plugin in the standard harness, beside the no-op and others.

What is measured and how is said in ``docs/specs/bench-report.md``.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import platform
import random
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from fapilog._engine import __version__
from fapilog._get_logger import get_logger
from fapilog._tools import _exact
from fapilog._tools._application import sample_fields
from fapilog._tools._instructions import Instructions, counter
from fapilog._tools._problem import ToolProblem
from fapilog._tools._statistics import interval, quantile
from fapilog._tools._subject import Subject, baseline, installed, subjects
from fapilog.plugins._protocols import Alert

if TYPE_CHECKING:
    from fapilog._tools._channel import Channel

SCHEMA: Final = "fapilog-bench/1"

#: Calls that single times are taken of, and those whose memory is measured.
_CALLS: Final = 5_000
_MEMORY_CALLS: Final = 1_000

#: Seconds that a plugin may take for one round: one that is slower gets fewer records.
_ROUND_SECONDS: Final = 1.0

Fields = dict[str, Any]


def run(request: Mapping[str, Any], channel: Channel) -> None:
    """Measure every plugin of the request and send its report.

    Raises:
        ToolProblem: ``plugin-not-comparable``, or what finding the plugins raises.
    """
    if request.get("exact") and not _exact.offered():
        raise ToolProblem(
            "valgrind-not-found",
            "instructions and allocations cannot be counted: `valgrind` is not on the PATH",
            "install valgrind, or leave out --exact",
        )
    _, measured = subjects(request)
    against = [one for name in request.get("against", ()) for one in installed(name)]
    kinds = {subject.kind for subject in measured}
    for other in against:
        if other.kind not in kinds:
            raise ToolProblem(
                "plugin-not-comparable",
                f"plugin `{other.name}` is a {other.kind}: expected a {' or '.join(sorted(kinds))}",
                "leave it out, or name a plugin of the same kind with --against",
            )
    with working_folder(), _one_core() as core:
        for subject in measured:
            others = [one for one in against if one.kind == subject.kind]
            bench = _Bench(subject, others, request, channel, core)
            report = bench.report()
            # What is signed are bytes: sorted names, no spaces, ASCII, whole numbers only.
            canonical = json.dumps(report, sort_keys=True, separators=(",", ":"))
            channel.send("report", {"report": report, "canonical": canonical})


class _Bench:
    """One plugin beside its no-op and others of its kind."""

    def __init__(
        self,
        subject: Subject,
        others: Sequence[Subject],
        request: Mapping[str, Any],
        channel: Channel,
        core: int | None,
    ) -> None:
        batches = hasattr(subject.make(), "write_batch")
        self._contestants = {
            "baseline": baseline(subject.kind, batches=batches),
            "subject": subject,
            **{f"other-{number}": other for number, other in enumerate(others, 1)},
        }
        self._subject = subject
        self._channel = channel
        self._core = core
        self._rounds = int(request["rounds"])
        chance = random.Random(1)  # noqa: S311 - sample data
        self._fields = [sample_fields(number, chance) for number in range(256)]
        self._records = int(request["records"])
        self._request = request
        self._exact = bool(request.get("exact")) and not subject.is_native

    def report(self) -> dict[str, Any]:
        """Measure; the report as it is published."""
        instructions = counter()
        rounds: dict[str, list[_Round]] = {role: [] for role in self._contestants}
        self._fit_records(instructions)
        order = list(self._contestants)
        for number in range(self._rounds):
            # Each goes first as often as any other, so that warming up and throttling hit all.
            for role in order[number % len(order) :] + order[: number % len(order)]:
                rounds[role].append(self._round(self._contestants[role], instructions))
            self._progress(number + 1)
        contestants = [
            self._contestant(role, rounds[role], rounds["baseline"]) for role in self._contestants
        ]
        if instructions is not None:
            instructions.close()
        return {
            "schema": SCHEMA,
            "created_at": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "subject": {
                "plugin": self._subject.name,
                "kind": self._subject.kind,
                "distribution": self._subject.distribution,
                "version": self._subject.version,
                "source_sha256": self._subject.digest,
            },
            "environment": _environment(self._core),
            "settings": {
                "records": self._records,
                "rounds": self._rounds,
                "calls": _CALLS,
                "memory_calls": _MEMORY_CALLS,
            },
            "contestants": contestants,
        }

    def _fit_records(self, instructions: Instructions | None) -> None:
        """Warm everything up, and see how many records fit into a round."""
        wanted, self._records = self._records, min(self._records, 500)
        slowest = max(
            self._round(contestant, instructions).wall_ns
            for contestant in self._contestants.values()
        )
        fitting = int(_ROUND_SECONDS * 1e9 / max(slowest, 1))
        self._records = max(100, min(wanted, fitting))

    def _progress(self, done: int) -> None:
        self._channel.send(
            "progress",
            {"plugin": self._subject.name, "done": done, "total": self._rounds + 1},
        )

    def _round(self, contestant: Subject, instructions: Instructions | None) -> _Round:
        parts: dict[str, Any] = {"sinks": ["null"], f"{contestant.kind}s": [contestant.make()]}
        if contestant.kind == "alerter":
            parts |= {"alert_level": "TRACE", "alert_interval": 0.0}
        log = get_logger("bench", level="TRACE", block_timeout=300, **parts)
        messages = [f"request {number} served" for number in range(256)]
        gc.collect()
        if instructions is not None:
            instructions.start()
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        for number in range(self._records):
            log.info(messages[number & 255], **self._fields[number & 255])
        log.flush(timeout=300)
        wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
        counted = instructions.stop() if instructions is not None else 0
        log.close(timeout=10)
        each = self._records
        return _Round(wall / each, cpu / each, counted / each)

    def _contestant(
        self, role: str, rounds: Sequence[_Round], against: Sequence[_Round]
    ) -> dict[str, Any]:
        contestant = self._contestants[role]
        wall = [one.wall_ns for one in rounds]
        found: dict[str, Any] = {
            "role": role.partition("-")[0],
            "plugin": contestant.name,
            "distribution": contestant.distribution,
            "version": contestant.version,
            "ns_per_record": {**interval(wall), "samples": [round(one) for one in wall]},
            "cpu_ns_per_record": interval([one.cpu_ns for one in rounds]),
            "records_per_second": round(1e9 / interval(wall)["median"]),
            "instructions_per_record": (
                interval([one.instructions for one in rounds]) if rounds[0].instructions else None
            ),
            "overhead_ns": None,
            "exact": _exact.counted(contestant, self._request) if self._exact else None,
            **self._calls(contestant),
        }
        if role != "baseline":
            found["overhead_ns"] = interval(
                [one.wall_ns - base.wall_ns for one, base in zip(rounds, against, strict=True)]
            )
        return found

    def _calls(self, contestant: Subject) -> dict[str, Any]:
        """Times and memory of single calls, without a pipeline around them."""
        if contestant.is_native:
            # It is called by the engine only, a batch at a time.
            return {"call_ns": None, "memory": None}
        plugin = contestant.make()
        records = as_records(contestant, self._fields)
        return asyncio.run(_measured_calls(contestant, plugin, records))


class _Round:
    """What one record took in one round."""

    def __init__(self, wall_ns: float, cpu_ns: float, instructions: float) -> None:
        self.wall_ns = wall_ns
        self.cpu_ns = cpu_ns
        self.instructions = instructions


def as_records(contestant: Subject, fields: Sequence[Fields]) -> list[Any]:
    """What a plugin of the contestant's kind is given, for some fields."""
    head = {
        "timestamp": "2026-01-01T00:00:00.000000Z",
        "level": "INFO",
        "logger": "bench",
        "message": "request served",
    }
    records = [{**head, **one} for one in fields]
    if contestant.kind == "alerter":
        return [Alert(f"request {number}", record) for number, record in enumerate(records)]
    return records


async def _measured_calls(
    contestant: Subject, plugin: object, records: Sequence[Any]
) -> dict[str, Any]:
    stop = getattr(plugin, "stop", None)
    await started(plugin)
    method = contestant.method(plugin)
    times: list[int] = []
    deadline = time.monotonic() + _ROUND_SECONDS
    for record in _again(records, _CALLS):
        given = record.copy() if isinstance(record, dict) else record
        before = time.perf_counter_ns()
        answer = method(given)
        if answer is not None:
            await answer
        times.append(time.perf_counter_ns() - before)
        if time.monotonic() > deadline:
            break
    memory = await _measured_memory(method, records)
    if stop is not None:
        await stop()
    times.sort()
    return {
        "call_ns": {
            "calls": len(times),
            "p50": round(quantile(times, 0.5)),
            "p99": round(quantile(times, 0.99)),
            "most": times[-1],
        },
        "memory": memory,
    }


async def started(plugin: object) -> None:
    """Run a plugin's ``start``, if it has one."""
    from fapilog._kinds import takes_resources
    from fapilog._resources import Resources

    start = getattr(plugin, "start", None)
    if start is not None:
        await (start(Resources()) if takes_resources(start) else start())


async def _measured_memory(method: Any, records: Sequence[Any]) -> dict[str, int]:  # noqa: ANN401
    """Bytes that a call needs at most, and what is left of many calls."""
    deadline = time.monotonic() + _ROUND_SECONDS
    gc.collect()
    tracemalloc.start()
    try:
        # What a first call keeps for good (caches, compiled patterns) is not a leak.
        for record in _again(records, 64):
            await method(record)
        gc.collect()
        first, blocks, peaks, calls = (
            tracemalloc.get_traced_memory()[0],
            sys.getallocatedblocks(),
            0,
            0,
        )
        for record in _again(records, _MEMORY_CALLS):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            await method(record)
            peaks += max(0, tracemalloc.get_traced_memory()[1] - before)
            calls += 1
            if time.monotonic() > deadline:
                break
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] - first
        kept_blocks = sys.getallocatedblocks() - blocks
    finally:
        tracemalloc.stop()
    return {
        "peak_bytes_per_call": round(peaks / calls),
        "kept_bytes_per_1000_calls": max(0, round(1000 * kept / calls)),
        "kept_blocks_per_1000_calls": max(0, round(1000 * kept_blocks / calls)),
    }


def _again(records: Sequence[Any], count: int) -> Iterator[Any]:
    def forever() -> Iterator[Any]:
        while True:
            yield from records

    return islice(forever(), count)


def _environment(core: int | None) -> dict[str, Any]:
    return {
        "fapilog": __version__,
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "processor": _processor(),
        "processors": os.cpu_count() or 0,
        "pinned_to": core,
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 - no file of ours
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()


@contextmanager
def working_folder() -> Iterator[None]:
    """A folder that goes with what plugins write into it."""
    before = os.getcwd()  # noqa: PTH109 - to go back to as it was
    with tempfile.TemporaryDirectory(prefix="fapilog-bench-") as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


@contextmanager
def _one_core() -> Iterator[int | None]:
    """All threads on one core, so that a round is the sum of what it costs; None where that cannot
    be had."""  # noqa: D205, D209
    if not hasattr(os, "sched_setaffinity"):
        yield None
        return
    before = os.sched_getaffinity(0)
    core = max(before)
    os.sched_setaffinity(0, {core})
    try:
        yield core
    finally:
        os.sched_setaffinity(0, before)
