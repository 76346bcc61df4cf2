"""A record's way through a pipeline, step by step, as events tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fapilog._tools._difference import difference
from fapilog._tools._place import place_of

if TYPE_CHECKING:
    from fapilog._tools._tracer import Seen


def step(
    stage: str,
    kind: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any] | None,
    seconds: float,
    error: BaseException | None = None,
) -> dict[str, Any]:
    """What one stage did with one record: ``outcome`` and ``changes``, ``us``, ``error``."""
    changes = difference(before, after)
    return {
        "stage": stage,
        "kind": kind,
        "outcome": _outcome(kind, after, changes, error),
        "changes": changes,
        "us": round(1e6 * seconds, 3),
        "error": None
        if error is None
        else {"message": f"{type(error).__name__}: {error}", "place": place_of(error)},
    }


def step_of(seen: Seen) -> dict[str, Any]:
    """The step of what a plugin was seen to do."""
    return step(seen.run.name, seen.run.kind, seen.before, seen.after, seen.seconds, seen.error)


def _outcome(
    kind: str,
    after: Mapping[str, Any] | None,
    changes: list[dict[str, Any]],
    error: BaseException | None,
) -> str:
    if error is not None:
        return "failed, withheld" if kind == "redactor" else "failed"
    if kind in ("sink", "alerter"):
        return "written" if kind == "sink" else "alerted"
    if after is None:
        return "taken out"
    return "changed" if changes else "unchanged"
