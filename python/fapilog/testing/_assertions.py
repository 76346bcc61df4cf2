"""Assertions about records and counts, with messages that show what was there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fapilog._stats import Stats

#: Records that a message shows.
_SHOWN = 10


def assert_logged(
    records: Sequence[Mapping[str, Any]], message: str | None = None, **fields: object
) -> Mapping[str, Any]:
    """One record has this message and these fields; gives it.

    Args:
        records: Where to look.
        message: Its message; None for any.
        fields: Values that it must have; others are not looked at.

    Raises:
        AssertionError: None has them, or more than one.

    Examples:
        >>> from fapilog.testing import assert_logged, make_record
        >>> assert_logged([make_record("paid", user_id=42)], "paid", user_id=42)["level"]
        'INFO'
    """
    found = matching(records, message, **fields)
    if len(found) != 1:
        wanted = _wanted(message, fields)
        raise AssertionError(f"{len(found)} records have {wanted}, expected one\n{_list(records)}")
    return found[0]


def assert_not_logged(
    records: Sequence[Mapping[str, Any]], message: str | None = None, **fields: object
) -> None:
    """No record has this message and these fields.

    Raises:
        AssertionError: Some have them.
    """
    found = matching(records, message, **fields)
    if found:
        wanted = _wanted(message, fields)
        raise AssertionError(f"{len(found)} records have {wanted}, expected none\n{_list(found)}")


def matching(
    records: Iterable[Mapping[str, Any]], message: str | None = None, **fields: object
) -> list[Mapping[str, Any]]:
    """The records with a message and fields."""
    wanted = dict(fields) if message is None else {"message": message, **fields}
    missing = object()
    return [
        record
        for record in records
        if all(record.get(name, missing) == value for name, value in wanted.items())
    ]


def assert_no_secret(where: object, *secrets: object) -> None:
    """No secret is in a record, a list of them, a text, or the bytes of a file.

    Raises:
        AssertionError: One is; its value is not in the message.
    """
    text = where.decode(errors="replace") if isinstance(where, (bytes, bytearray)) else repr(where)
    for number, secret in enumerate(secrets, 1):
        if str(secret) in text:
            raise AssertionError(f"secret {number} of {len(secrets)} can be read")


def assert_counts(stats: Stats, **counts: int) -> None:
    """Every record is accounted for, and the named counts are so.

    Args:
        stats: What ``logger.stats()`` gave.
        counts: ``submitted``, ``delivered``, ``filtered``, ``dropped``, ``queued``.

    Raises:
        AssertionError: They don't add up, or another count is there.
    """
    parts = stats.delivered + stats.filtered + stats.dropped + stats.queued
    if stats.submitted != parts:
        raise AssertionError(f"submitted {stats.submitted} records, accounted for {parts}: {stats}")
    for name, value in counts.items():
        if getattr(stats, name) != value:
            raise AssertionError(f"{name} is {getattr(stats, name)}, expected {value}: {stats}")


def assert_healthy(stats: Stats) -> None:
    """No plugin failed, was skipped, or is unhealthy.

    Raises:
        AssertionError: One did; says which, and why.
    """
    for plugin in stats.plugins:
        if plugin.errors or plugin.skipped or plugin.health == "unhealthy":
            counts = f"{plugin.errors} errors, {plugin.skipped} skipped"
            reason = f": {plugin.reason}" if plugin.reason else ""
            raise AssertionError(
                f"{plugin.kind} `{plugin.name}` is {plugin.health}, {counts}{reason}"
            )


def _wanted(message: str | None, fields: Mapping[str, object]) -> str:
    wanted = [] if message is None else [f"message={message!r}"]
    return ", ".join([*wanted, *(f"{name}={value!r}" for name, value in fields.items())])


def _list(records: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"  {dict(record)}" for record in records[:_SHOWN]]
    more = len(records) - len(lines)
    return "\n".join(["records:", *lines, *([f"  and {more} more"] if more else [])])
