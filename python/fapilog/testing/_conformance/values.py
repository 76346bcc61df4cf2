"""M26, M34: any record, and no secret."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from fapilog.testing._conformance.answers import samples
from fapilog.testing._conformance.asking import alone, piped
from fapilog.testing._conformance.check import check
from fapilog.testing._conformance.subject import Instance, PluginFailure, Subject, Violation
from fapilog.testing._records import MARKER, make_record, new_token, odd_fields, odd_records

_DEEP: Final = 12


@check("M26", "odd-values")
def takes_any_record(subject: Subject) -> None:
    """No value that a record may have makes it fail."""
    ordinary = samples(subject)
    # A sink gets what the engine made of a record: values of JSON only.
    odd = odd_records(of_plugins=subject.changes_records)
    given = {**{f"sample {n + 1}": record for n, record in enumerate(ordinary)}, **odd}
    if subject.native:
        _native_takes(subject)
        return
    instance = subject.make()
    failed = alone(subject, lambda: _failed(instance, given)).value
    if failed:
        what, reason = next(iter(failed.items()))
        more = f" (and on {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise Violation(f"{what}: {reason}{more}")


async def _failed(instance: Instance, given: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    await instance.start()
    failed: dict[str, str] = {}
    for what, record in given.items():
        try:
            await instance.ask(record)
        except PluginFailure as error:  # noqa: PERF203 - each is tried
            if error.number != "M26":
                raise
            failed[what] = str(error)
    if instance.batch_method and not failed:
        try:
            await instance.ask_many(list(given.values()))
        except PluginFailure as error:
            if error.number != "M26":
                raise
            failed["all of them at once"] = str(error)
    await instance.stop()
    return failed


def _native_takes(subject: Subject) -> None:
    given = [make_record(**fields) for fields in odd_fields().values()]
    outcome = piped(subject, given)
    if outcome.errors:
        raise Violation(f"it failed on {outcome.errors} of {len(given)} records with odd values")


def _has_secrets(subject: Subject) -> str:
    if subject.options.secrets:
        return ""
    return 'say what it must hide: secrets={"password": "hunter2"}'


@check("M34", "secrets", kinds=("redactor",), only_if=_has_secrets)
def hides_at_every_depth(subject: Subject) -> None:
    """Whatever stands beside and around a secret, it is in no answer."""
    for where, record in _hiding_places(subject).items():
        for text in _answers(subject, record):
            for name, secret in subject.options.secrets.items():
                if str(secret) in text:
                    raise Violation(f"the secret `{name}` is still there {where}")


def _hiding_places(subject: Subject) -> dict[str, dict[str, Any]]:
    secrets = dict(subject.options.secrets)
    deep: Any = secrets
    for level in range(_DEEP):
        deep = [deep] if level % 2 else {"in": deep}
    places: dict[str, dict[str, Any]] = {
        "in a field": secrets,
        "in a map": {"request": {"headers": secrets}},
        "in a list of maps": {"requests": [{"id": 1}, secrets]},
        f"{_DEEP} levels down": {"deep": deep},
        "beside odd values": {"odd": {"nan": float("nan"), "none": None, **secrets, "x": [[]]}},
    }
    if not subject.native:
        values: dict[Any, Any] = {"raw": b"\xff", "total": Decimal(1), "object": object(), 5: 6}
        places["beside values of other plugins"] = {"odd": {**values, **secrets}}
        places["in a tuple"] = {"pair": ("a", secrets)}
    token = new_token()
    return {
        where: make_record(**{MARKER: f"{token}.{number}"}, **copy.deepcopy(fields))
        for number, (where, fields) in enumerate(places.items())
    }


def _answers(subject: Subject, record: dict[str, Any]) -> list[str]:
    """Answers as texts; one that raises is withheld by the core, which hides as well."""
    if subject.native:
        return [shown_whole(one) for one in piped(subject, [record]).records]
    instance = subject.make()

    async def work() -> list[str]:
        await instance.start()
        try:
            return [shown_whole(await instance.ask(record))]
        except PluginFailure as error:
            if error.number != "M26":
                raise
            return []
        finally:
            await instance.stop()

    return alone(subject, work).value


def shown_whole(value: object) -> str:
    """A value with everything in it."""
    return repr(value)
