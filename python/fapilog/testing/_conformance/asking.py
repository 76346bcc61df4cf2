"""Asking plugins about records: alone in a loop of their own, or in a real pipeline."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import fapilog
from fapilog.testing._conformance.subject import Instance, NotChecked, PluginFailure, Subject
from fapilog.testing._own_loop import Ended, StuckError, run_alone
from fapilog.testing._records import MARKER, OWN_FIELDS

T = TypeVar("T")

#: A loop that makes no step for so many times the plugin's time limit is blocked.
_PATIENCE: Final = 2.0

#: Fields in which two runs differ by nature.
_VARYING: Final = ("timestamp",)


def alone(subject: Subject, work: Callable[[], Coroutine[Any, Any, T]]) -> Ended[T]:
    """Run a coroutine in a loop of its own.

    Raises:
        PluginFailure: The plugin blocks it.
    """
    limit = _PATIENCE * subject.options.time_limit
    try:
        return run_alone(work, limit, lambda: subject.steps)
    except StuckError as error:
        raise PluginFailure("M03" if subject.waits else "M31", str(error)) from None


async def used(instance: Instance, records: Sequence[Mapping[str, Any]]) -> list[Any]:
    """What an instance says to records, each a copy, from its start to its stop."""
    await instance.start()
    try:
        return [await instance.ask(copy.deepcopy(record)) for record in records]
    finally:
        await instance.stop()


def answers_of(subject: Subject, records: Sequence[Mapping[str, Any]]) -> list[Any]:
    """What a new instance says to records: None, or a mapping."""
    if subject.native:
        outcome = piped(subject, records)
        by_marker = {record.get(MARKER): record for record in outcome.records}
        return [by_marker.get(record[MARKER]) for record in records]
    instance = subject.make()
    return alone(subject, lambda: used(instance, records)).value


@dataclass
class Outcome:
    """What became of records in a pipeline.

    Attributes:
        instance: The plugin that was in it.
        records: What came out of it, for kinds from which records come back.
        errors: Records on which the plugin failed.
        stats: The counts at the end.
    """

    instance: Instance
    records: list[dict[str, Any]]
    errors: int
    stats: fapilog.Stats | None = field(default=None, repr=False)


class _Collect:
    """Remembers what comes out of a pipeline."""

    name = "conformance"

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    async def write(self, record: Mapping[str, Any]) -> None:
        self.records.append(dict(record))


def piped(
    subject: Subject, records: Sequence[Mapping[str, Any]], *, one_by_one: bool = False
) -> Outcome:
    """Log records through a pipeline with a new instance.

    Raises:
        PluginFailure: The plugin could not be started, or did not end.
    """
    instance = subject.make()
    collect = _Collect()
    limit = subject.options.time_limit
    log = open_pipeline(subject, instance, collect)
    try:
        for record in records:
            fields = {key: value for key, value in record.items() if key not in OWN_FIELDS}
            log.info(record.get("message", ""), **fields)
            if one_by_one:
                log.flush(timeout=limit)
        flushed = log.flush(timeout=2 * limit)
        stats = log.stats()
    finally:
        report = log.close(timeout=2 * limit)
    if report.stuck or not flushed:
        raise PluginFailure("M31", f"a pipeline with it does not end within {2 * limit:g} s")
    return Outcome(instance, collect.records, _errors(subject, stats), stats)


def open_pipeline(subject: Subject, instance: Instance, sink: object) -> fapilog.Logger:
    """A logger with the plugin in its place.

    Raises:
        PluginFailure: It could not be started.
    """
    parts: dict[str, Any] = {"sinks": [sink]}
    if subject.kind == "alerter":
        parts |= {"alerters": [instance.plugin], "alert_level": "TRACE"}
    else:
        parts[f"{subject.kind}s"] = [instance.plugin]
    try:
        return fapilog.get_logger("conformance", level="TRACE", overflow="block", **parts)
    except fapilog.PluginError as error:
        number = {"plugin-bad-config": "M22", "plugin-start": "M24"}.get(error.error_id, "M01")
        raise PluginFailure(number, error.message) from error


def _errors(subject: Subject, stats: fapilog.Stats) -> int:
    if subject.kind == "sink":
        return stats.sinks[0].errors
    if subject.native:
        return sum(stage.errors for stage in stats.stages)
    return sum(run.errors for run in stats.plugins if run.kind == subject.kind)


def difference(subject: Subject, wanted: Sequence[Any], found: Sequence[Any]) -> str:
    """In what answers to the same records differ; empty when they do not."""
    for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
        if subject.kind in ("sink", "alerter"):
            continue
        if (one is None) != (other is None):
            kept, dropped = "keeps it", "takes it out"
            first, second = (dropped, kept) if one is None else (kept, dropped)
            return f"record {number + 1}: it {first}, then it {second}"
        if not isinstance(one, Mapping) or not isinstance(other, Mapping):
            continue  # M02 says so
        if set(one) != set(other):
            names = sorted(map(str, set(one) ^ set(other)))
            return f"record {number + 1}: only one of two answers has {', '.join(names)}"
        if subject.exact:
            for key in one:
                if key not in _VARYING and plain(one[key]) != plain(other[key]):
                    values = f"{shown(one[key])}, then {shown(other[key])}"
                    return f"record {number + 1}: `{key}` is {values}"
    return ""


def plain(value: object) -> str:
    """A value as text, the same for equal values."""
    return json.dumps(value, default=repr, skipkeys=True, sort_keys=False)


def shown(value: object) -> str:
    """A value in a message."""
    text = ascii(value)
    return text if len(text) <= 100 else f"{text[:100]}…"


def need_deterministic(subject: Subject) -> None:
    """Answers can be compared only if the same record gets the same one.

    Raises:
        NotChecked: The author says that it does not.
    """
    if not subject.options.deterministic:
        raise NotChecked("deterministic=False: answers cannot be compared")
