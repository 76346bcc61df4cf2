"""What a stage changed in a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def difference(before: Mapping[str, Any], after: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Changes from one record to the next: ``path``, and ``before`` or ``after`` or both.

    A path has dots between names; lists are compared as a whole. None means that the record was
    taken out, which is no change of a field.
    """
    if after is None:
        return []
    return list(_changes("", before, after))


def _changes(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a generator
    for name in (*before, *(name for name in after if name not in before)):
        place = f"{path}.{name}" if path else str(name)
        if name not in after:
            yield {"path": place, "before": before[name]}
        elif name not in before:
            yield {"path": place, "after": after[name]}
        elif isinstance(before[name], Mapping) and isinstance(after[name], Mapping):
            yield from _changes(place, before[name], after[name])
        elif type(before[name]) is not type(after[name]) or before[name] != after[name]:
            yield {"path": place, "before": before[name], "after": after[name]}
