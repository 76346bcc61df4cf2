"""``fapilog plugin profile``: where a plugin spends time and memory under a stated load."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fapilog import _lifecycle
from fapilog._get_logger import get_logger
from fapilog._tools._advice import advice
from fapilog._tools._application import sample_fields
from fapilog._tools._bench import working_folder
from fapilog._tools._calls import Calls, Recorder
from fapilog._tools._native_stage import stage_of, times_of
from fapilog._tools._sampler import Function, Sampler
from fapilog._tools._statistics import quantile
from fapilog._tools._subject import Subject, subjects
from fapilog._tools._tracer import Seen, Tracer

if TYPE_CHECKING:
    from fapilog._logger import Logger
    from fapilog._plugin_run import PluginRun
    from fapilog._tools._channel import Channel

#: Most records whose calls are recorded one by one, and most seconds for that.
_RECORDED: Final = 2_000
_RECORDED_SECONDS: Final = 5.0

#: Functions in the table.
_FUNCTIONS: Final = 25

#: Stacks of a flame graph; what is rarer is left out.
_STACKS: Final = 2_000


def run(request: Mapping[str, Any], channel: Channel) -> None:
    """Profile every plugin of the request and send what was found.

    Raises:
        ToolProblem: What the project lacks.
    """
    _, measured = subjects(request)
    with working_folder():
        for subject in measured:
            profile = _NativeProfile if subject.is_native else _Profile
            channel.send("profile", profile(subject, request, channel).found())


class _Profile:
    """One plugin under load."""

    def __init__(self, subject: Subject, request: Mapping[str, Any], channel: Channel) -> None:
        self._subject = subject
        self._records = int(request["records"])
        self._rate = float(request.get("rate") or 0)
        self._channel = channel
        self._home = _home(subject)
        chance = random.Random(1)  # noqa: S311 - sample data
        self._fields = [sample_fields(number, chance) for number in range(256)]
        #: Seconds for one record, as far as is known.
        self._each = 0.0

    def found(self) -> dict[str, Any]:
        """Everything that was found."""
        self._progress(0, "times")
        seconds, stages = self._timed()
        self._progress(1, "stacks")
        with Sampler() as sampler:
            self._log(self._records, [])
        self._progress(2, "calls")
        records = min(self._records, _RECORDED, max(20, round(_RECORDED_SECONDS / self._each)))
        with Recorder(self._is_theirs) as recorder:
            self._log(records, [])
        self._progress(3, "done")
        stacks: Counter[tuple[Function, ...]] = Counter()
        for stack, count in sampler.stacks.items():
            if theirs := self._from_theirs(stack):
                stacks[theirs] += count
        return {
            **self._about(seconds),
            "stages": stages,
            "samples": sum(stacks.values()),
            "functions": self._functions(stacks, recorder.calls, records),
            "stacks": [
                {"frames": [self._label(one) for one in stack], "samples": count}
                for stack, count in stacks.most_common(_STACKS)
            ],
            "advice": advice(recorder.calls, records, is_sink=self._subject.kind == "sink"),
        }

    def _about(self, seconds: float) -> dict[str, Any]:
        return {
            "plugin": self._subject.name,
            "kind": self._subject.kind,
            "distribution": self._subject.distribution,
            "version": self._subject.version,
            "load": {
                "records": self._records,
                "rate": self._rate,
                "seconds": round(seconds, 6),
                "records_per_second": round(self._records / seconds, 1),
            },
        }

    def _progress(self, done: int, doing: str) -> None:
        values = {"plugin": self._subject.name, "done": done, "total": 3, "doing": doing}
        self._channel.send("progress", values)

    def _timed(self) -> tuple[float, list[dict[str, Any]]]:
        seen: list[Seen] = []
        start = time.perf_counter()
        self._log(self._records, seen)
        took = time.perf_counter() - start
        self._each = took / self._records
        times = sorted(one.seconds for one in seen)
        total = sum(times)
        return took, [
            {
                "stage": self._subject.name,
                "kind": self._subject.kind,
                "records": len(times),
                "errors": sum(one.error is not None for one in seen),
                "seconds": round(total, 6),
                "share": round(total / took, 4),
                "mean_us": round(1e6 * total / max(1, len(times)), 3),
                "p50_us": round(1e6 * quantile(times, 0.5), 3),
                "p99_us": round(1e6 * quantile(times, 0.99), 3),
            }
        ]

    def _log(self, records: int, seen: list[Seen]) -> Logger:
        """Log so many records through the plugin; `seen` gets what it did with each.

        Returns:
            The logger, closed: its counts can still be asked for.
        """
        tracer = Tracer(seen.append)
        parts: dict[str, Any] = {
            "sinks": ["null"],
            f"{self._subject.kind}s": [self._subject.make()],
        }
        if self._subject.kind == "alerter":
            parts |= {"alert_level": "TRACE", "alert_interval": 0.0}
        log = get_logger("profile", level="TRACE", block_timeout=300, **parts)
        for one in self._runs():
            tracer.attach(one)
        start = time.monotonic()
        for number in range(records):
            log.info(f"request {number} served", **self._fields[number & 255])
            ahead = start + (number + 1) / self._rate - time.monotonic() if self._rate else 0
            if ahead > 0:
                time.sleep(ahead)
        log.flush(timeout=300)
        log.close(timeout=10)
        return log

    def _runs(self) -> Sequence[PluginRun]:
        return _lifecycle.open_runtimes()[-1].runs

    def _is_theirs(self, file: str) -> bool:
        return file.startswith(self._home)

    def _from_theirs(self, stack: tuple[Function, ...]) -> tuple[Function, ...]:
        """A stack from the first of the author's functions on; empty when there is none."""
        for index, (_, file, _) in enumerate(stack):
            if self._is_theirs(file):
                return stack[index:]
        return ()

    def _functions(
        self, stacks: Mapping[tuple[Function, ...], int], calls: Calls, records: int
    ) -> list[dict[str, Any]]:
        own: Counter[Function] = Counter()
        total: Counter[Function] = Counter()
        for stack, count in stacks.items():
            own[stack[-1]] += count
            for function in set(stack):
                total[function] += count
        samples = max(1, sum(stacks.values()))
        names = {*total, *(one for one in calls.functions if self._is_theirs(one[1]))}
        known = {one: called for one, called in calls.functions.items() if one in names}
        ordered = sorted(names, key=lambda one: (-own[one], -total[one], one))
        rows = []
        for one in ordered[:_FUNCTIONS]:
            called = known.get(one)
            rows.append(
                {
                    "function": one[0],
                    "file": one[1],
                    "line": one[2],
                    "yours": self._is_theirs(one[1]),
                    "own": round(own[one] / samples, 4),
                    "total": round(total[one] / samples, 4),
                    "calls_per_record": round(called.calls / records, 3) if called else 0,
                    "kept_bytes_per_call": round(called.kept_bytes / called.calls) if called else 0,
                }
            )
        return rows

    def _label(self, function: Function) -> str:
        name, file, line = function
        return f"{name} ({Path(file).name}:{line})"


class _NativeProfile(_Profile):
    """A plugin in a library: the engine times the stage, and nobody sees into it from here."""

    def found(self) -> dict[str, Any]:
        """Everything that was found."""
        self._progress(0, "times")
        start = time.perf_counter()
        log = self._log(self._records, [])
        seconds = time.perf_counter() - start
        self._progress(3, "done")
        stage = stage_of(log, self._subject.name)
        half, most = times_of(stage.latency)
        return {
            **self._about(seconds),
            "stages": [
                {
                    "stage": self._subject.name,
                    "kind": self._subject.kind,
                    "records": stage.records,
                    "errors": stage.errors,
                    "seconds": round(stage.latency.total, 6),
                    "share": round(stage.latency.total / seconds, 4),
                    "mean_us": round(1e6 * stage.latency.total / max(1, stage.records), 3),
                    "p50_us": round(1e6 * half, 3),
                    "p99_us": round(1e6 * most, 3),
                }
            ],
            "samples": 0,
            "functions": [],
            "stacks": [],
            "advice": [],
            "note": "the plugin is in a library: p50 and p99 are those of a batch, and its "
            "functions are seen by a profiler of the system: perf record -g fapilog plugin bench",
        }


def _home(subject: Subject) -> str:
    """The folder of the plugin's package; its file, when it is a module by itself."""
    import sys

    made = subject.make()
    owner = made if not hasattr(type(made), "__module__") or callable(made) else type(made)
    module = getattr(owner, "__module__", "").partition(".")[0]
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    path = Path(file)
    return f"{path.parent}/" if path.name == "__init__.py" else file
