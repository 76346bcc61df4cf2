"""M29, M32, M33 of sinks: what arrives, and what is said when it does not."""

from __future__ import annotations

import copy
from typing import Any, Final

from fapilog.testing._conformance.asking import (
    Outcome,
    alone,
    difference,
    need_deterministic,
    piped,
    plain,
    shown,
)
from fapilog.testing._conformance.check import STAGES, check
from fapilog.testing._conformance.subject import (
    Instance,
    PluginFailure,
    Subject,
    Violation,
)
from fapilog.testing._records import MARKER, new_token, sample_records

#: Records of one run: more than one batch of most sinks.
_RECORDS: Final = 50

#: Fields in which the same record of two runs differs.
_OF_A_RUN: Final = (MARKER, "timestamp", "message", "path")


def _says_what_arrived(subject: Subject) -> str:
    if subject.kind != "sink" or subject.options.received is not None:
        return ""
    return "say what arrived: received=lambda folder: [records]"


@check("M29", "batches", kinds=(*STAGES, "sink"), only_if=_says_what_arrived)
def does_the_same_one_by_one_and_in_batches(subject: Subject) -> None:
    """How records are cut into batches makes no difference."""
    if subject.kind == "sink":
        singly, together = (
            _arrived(subject, one_by_one=one_by_one)[1] for one_by_one in (True, False)
        )
        if len(singly) != len(together):
            counts = f"{len(singly)} one by one, {len(together)} in batches"
            raise Violation(f"of {_RECORDS} records arrived {counts}")
        for one, other in zip(singly, together, strict=True):
            if text := _unlike(one, other):
                raise Violation(f"a record that came in a batch is another one: {text}")
        return
    need_deterministic(subject)
    token = new_token()
    answers: list[list[Any]] = []
    for one_by_one in (True, False):
        # The same records for both: their text is a part of what a plugin may decide by.
        records = sample_records(token, _RECORDS)
        outcome = piped(subject, records, one_by_one=one_by_one)
        found = {record.get(MARKER): record for record in outcome.records}
        answers.append([found.get(record[MARKER]) for record in records])
    if text := difference(subject, *answers):
        raise Violation(f"one by one and then in batches: {text}")


def _unlike(one: dict[str, Any], other: dict[str, Any]) -> str:
    for key in {**one, **other}:
        if key in _OF_A_RUN:
            continue
        if plain(one.get(key)) != plain(other.get(key)):
            return f"`{key}` is {shown(one.get(key))}, then {shown(other.get(key))}"
    return ""


def _arrived(subject: Subject, *, one_by_one: bool) -> tuple[Outcome, list[dict[str, Any]]]:
    token = new_token()
    outcome = piped(subject, sample_records(token, _RECORDS), one_by_one=one_by_one)
    arrived = [
        record
        for record in outcome.instance.received()
        if str(record.get(MARKER, "")).startswith(f"{token}.")
    ]
    return outcome, arrived


@check("M33", "order", kinds=("sink",), only_if=_says_what_arrived)
def delivers_each_record_once_and_in_order(subject: Subject) -> None:
    """What was written before the stop is there after it."""
    _, arrived = _arrived(subject, one_by_one=False)
    numbers = [int(str(record[MARKER]).rpartition(".")[2]) for record in arrived]
    if len(numbers) < _RECORDS and len(set(numbers)) == len(numbers):
        raise Violation(f"{len(numbers)} of {_RECORDS} records arrived")
    if len(set(numbers)) != len(numbers):
        raise Violation(f"{len(numbers) - len(set(numbers))} records arrived more than once")
    if numbers != sorted(numbers):
        raise Violation(f"records arrived in another order: {shown(numbers)}")


def _says_what_breaks(subject: Subject) -> str:
    if subject.options.broken_config is not None:
        return ""
    return "give a configuration whose destination cannot be reached: broken_config="


@check("M32", "errors", kinds=("sink", "alerter"), only_if=_says_what_breaks)
def says_when_it_could_not_deliver(subject: Subject) -> None:
    """Its start or its write raises: what was not taken must not count as delivered."""
    if subject.native:
        _native_says(subject)
        return
    try:
        instance = subject.make(subject.options.broken_config)
    except PluginFailure:
        return
    records = sample_records(new_token(), 3)
    try:
        alone(subject, lambda: _deliver(instance, records))
    except PluginFailure as error:
        if error.number in ("M24", "M26"):
            return
        raise
    raise Violation("its destination cannot be reached, and neither start nor write raised")


async def _deliver(instance: Instance, records: list[dict[str, Any]]) -> None:
    await instance.start()
    try:
        await instance.ask_many(copy.deepcopy(records))
        for record in records:
            await instance.ask(record)
    finally:
        await instance.stop()


def _native_says(subject: Subject) -> None:
    broken: Any = subject.options.broken_config
    options = copy.copy(subject.options)
    object.__setattr__(options, "config", broken)
    other = Subject(subject.plugin, options)
    try:
        outcome = piped(other, sample_records(new_token(), 3))
    except PluginFailure:
        return
    finally:
        other.close()
    if outcome.errors == 0:
        raise Violation("its destination cannot be reached, and it reports no failure")
