"""What a check is, and which there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fapilog._kinds import METHODS

if TYPE_CHECKING:
    from fapilog.testing._conformance.subject import Subject

#: Kinds from which records come back.
STAGES: Final = ("filter", "enricher", "processor", "redactor")
ALL: Final = tuple(METHODS)


@dataclass(frozen=True)
class Check:
    """One number of the contract, and how it is checked.

    Attributes:
        number: The number.
        name: Its name in test ids.
        kinds: Kinds for which there is something to check.
        run: Raises :class:`Violation` or :class:`NotChecked`.
        only_if: Why there is nothing to check in a plugin of such a kind; empty when there is.
    """

    number: str
    name: str
    kinds: tuple[str, ...]
    run: Callable[[Subject], None]
    only_if: Callable[[Subject], str]

    @property
    def id(self) -> str:
        """Number and name."""
        return f"{self.number}-{self.name}"


_CHECKS: Final[list[Check]] = []


def check(
    number: str,
    name: str,
    *,
    kinds: tuple[str, ...] = ALL,
    only_if: Callable[[Subject], str] = lambda _: "",
) -> Callable[[Callable[[Subject], None]], Callable[[Subject], None]]:
    """Make a function the check of a number."""

    def add(run: Callable[[Subject], None]) -> Callable[[Subject], None]:
        _CHECKS.append(Check(number, name, kinds, run, only_if))
        return run

    return add


def all_checks() -> list[Check]:
    """Every check, by number."""
    from fapilog.testing._conformance import (  # noqa: F401 - they add themselves
        answers,
        apart,
        delivery,
        life,
        pace,
        shape,
        values,
    )

    return sorted(_CHECKS, key=lambda one: one.number)


def in_python(subject: Subject) -> str:
    """Why it has no coroutines to look at."""
    return (
        ""
        if subject.waits
        else "it is no coroutine: in a library, in the engine, or a plain function"
    )


def not_native(subject: Subject) -> str:
    """Why it cannot be called directly."""
    return "it is in a library, or in the engine" if subject.native else ""
