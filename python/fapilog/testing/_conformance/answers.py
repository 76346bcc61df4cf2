"""M02, M23, M33, M35: what it says to records."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fapilog.testing._conformance.asking import alone, answers_of, plain, shown
from fapilog.testing._conformance.check import STAGES, check, not_native
from fapilog.testing._conformance.subject import Instance, Subject, Violation, encoded
from fapilog.testing._records import MARKER, OWN_FIELDS, make_record, new_token, sample_records

_SAMPLES: Final = 12


def samples(subject: Subject) -> list[dict[str, Any]]:
    """Ordinary records that nobody saw before, and those of the author."""
    made = sample_records(new_token(), _SAMPLES)
    return [*made, *({**make_record(), **record} for record in subject.options.records)]


@check("M02", "answers", kinds=STAGES, only_if=not_native)
def answers_as_its_kind_must(subject: Subject) -> None:
    """Mappings, or None where that is allowed."""
    given = samples(subject)
    for record, answer in zip(given, answers_of(subject, given), strict=True):
        may_drop = subject.kind in ("filter", "processor")
        if answer is None and may_drop:
            continue
        if not isinstance(answer, Mapping):
            expected = "a mapping or None" if may_drop else "a mapping"
            raise Violation(f"it returned `{type(answer).__name__}`, expected {expected}")
        if subject.kind == "filter" and plain(dict(answer)) != plain(record):
            raise Violation("it returned another record than it was given; a filter keeps or drops")


@check("M23", "mutation", only_if=not_native)
def changes_nothing_that_it_was_given(subject: Subject) -> None:
    """Neither at once nor later."""
    given = samples(subject)
    before = copy.deepcopy(given)
    batch: list[Any] = samples(subject)
    batch_before = copy.deepcopy(batch)
    instance = subject.make()

    async def work() -> list[tuple[object, str]]:
        await instance.start()
        answers: list[tuple[object, str]] = []
        for record in given:
            answer = await instance.ask(record)
            answers.append((answer, plain(answer)))
        if instance.batch_method:
            await _hand_over(instance, batch)
        await instance.stop()
        return answers

    answers = alone(subject, work).value
    for now, then in ((given, before), (batch, batch_before)):
        if len(now) != len(then):
            raise Violation("it changed the list of records that it was given")
        for record, original in zip(now, then, strict=True):
            if plain(record) != plain(original):
                names = [key for key in {**original, **record} if _differs(key, record, original)]
                raise Violation(f"it changed the record that it was given: {', '.join(names)}")
    for answer, text in answers:
        if subject.changes_records and plain(answer) != text:
            raise Violation("it changed an answer after it had given it")


async def _hand_over(instance: Instance, batch: list[Any]) -> None:
    """Give the very list, and not a copy of it."""
    if instance.batch_method == "write_encoded":
        batch[:] = [encoded(record) for record in batch]
        lines = list(batch)
        await instance.plugin.write_encoded(batch)
        if batch != lines:
            raise Violation("it changed the list of lines that it was given")
        batch.clear()
        return
    await instance.plugin.write_batch(batch)


def _differs(key: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return key not in one or key not in other or plain(one[key]) != plain(other[key])


@check("M33", "order", kinds=STAGES)
def answers_about_the_record_that_it_was_given(subject: Subject) -> None:
    """No answer has the marker of another record."""
    given = samples(subject)[:_SAMPLES]
    markers = [record[MARKER] for record in given]
    for marker, answer in zip(markers, answers_of(subject, given), strict=True):
        others = [other for other in _texts(answer) if other in markers and other != marker]
        if others:
            raise Violation(f"asked about {shown(marker)}, it answered about {shown(others[0])}")


def _texts(value: object) -> Sequence[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, (list, tuple)):
        return [text for inner in value for text in _texts(inner)]
    return []


@check("M35", "own-fields", kinds=("enricher", "processor", "redactor"))
def leaves_the_fields_that_every_record_has(subject: Subject) -> None:
    """Names are text, and the fields that everybody relies on are still there."""
    given = samples(subject)
    for answer in answers_of(subject, given):
        if not isinstance(answer, Mapping):
            continue
        for key in answer:
            if not isinstance(key, str):
                raise Violation(f"it returned a field whose name is {shown(key)}, expected text")
        if subject.kind == "enricher":
            continue
        missing = [name for name in OWN_FIELDS if name not in answer]
        if missing:
            raise Violation(f"it took out {', '.join(missing)}, which every record has")
