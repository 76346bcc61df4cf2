"""M27, M28: instances keep apart, in one thread and in several."""

from __future__ import annotations

import threading
from typing import Any, Final

from fapilog.testing._conformance.answers import samples
from fapilog.testing._conformance.asking import (
    alone,
    answers_of,
    difference,
    need_deterministic,
    piped,
    used,
)
from fapilog.testing._conformance.check import check
from fapilog.testing._conformance.subject import NotChecked, PluginFailure, Subject, Violation
from fapilog.testing._records import MARKER, new_token, sample_records

_INSTANCES: Final = 4
_RECORDS_EACH: Final = 20


@check("M27", "isolation")
def shares_nothing_with_others_of_its_class(subject: Subject) -> None:
    """Another instance that saw the same records, and has stopped, makes no difference."""
    need_deterministic(subject)
    given = samples(subject)
    if subject.native:
        wanted = answers_of(subject, given)
        found = answers_of(subject, given)
    else:
        wanted = answers_of(subject, given)
        one, other = subject.make(), subject.make()

        async def work() -> list[Any]:
            await one.start()
            await used(other, given)
            try:
                return [await one.ask(record) for record in given]
            except PluginFailure as error:
                raise Violation(f"after another instance has stopped, {error}") from error
            finally:
                await one.stop()

        found = alone(subject, work).value
    if text := difference(subject, wanted, found):
        raise Violation(f"another instance of it makes a difference: {text}")


@check("M28", "concurrency")
def works_in_several_threads_at_once(subject: Subject) -> None:
    """Each pipeline has a thread of its own; what instances share meets there."""
    lots = [sample_records(new_token(), _RECORDS_EACH) for _ in range(_INSTANCES)]
    wanted = [answers_of(subject, lot) for lot in lots]
    found: list[Any] = [None] * _INSTANCES
    errors: list[BaseException] = []
    gate = threading.Barrier(_INSTANCES)
    instances = [subject.make() for _ in lots] if not subject.native else []

    def run(number: int) -> None:
        try:
            gate.wait()
            if subject.native:
                found[number] = _native_answers(subject, lots[number])
            else:
                instance = instances[number]
                found[number] = alone(subject, lambda: used(instance, lots[number])).value
        except BaseException as error:  # noqa: BLE001 - told below
            errors.append(error)

    threads = [
        threading.Thread(target=run, args=(number,), name=f"fapilog-testing-{number}")
        for number in range(_INSTANCES)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise Violation(f"with {_INSTANCES} instances at work, {errors[0]}") from errors[0]
    if not subject.options.deterministic:
        raise NotChecked("deterministic=False: that none failed is all that can be said")
    for one, other in zip(wanted, found, strict=True):
        if text := difference(subject, one, other):
            raise Violation(f"with {_INSTANCES} instances at work, one makes a difference: {text}")


def _native_answers(subject: Subject, records: list[dict[str, Any]]) -> list[Any]:
    outcome = piped(subject, records)
    by_marker = {record.get(MARKER): record for record in outcome.records}
    return [by_marker.get(record[MARKER]) for record in records]
