"""When a plugin is asked: conditions on the environment, the record and the hour."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Final

from fapilog._errors import ConfigurationError
from fapilog._levels import level_number

#: Texts of a variable that switch a feature on.
_ON: Final = ("1", "true", "yes", "on")

#: The variable that names the environment.
ENVIRONMENT: Final = "FAPILOG_ENVIRONMENT"

Predicate = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, kw_only=True)
class When:
    """Conditions that must all hold for a plugin to be asked about a record; none holds always.

    A condition that raises does not hold.

    Attributes:
        environments: Names of environments, compared with the variable ``FAPILOG_ENVIRONMENT``
            when the logger is made.
        level: Least severe level of the record, by name or number.
        features: Feature flags that are all on: the variable ``FEATURE_<NAME>`` is ``1``,
            ``true``, ``yes`` or ``on`` when the logger is made.
        hours: From and to hour of the local clock, ``(9, 17)``; ``(22, 6)`` goes over midnight.
        methods: Values of the record's field ``method``, in any case.
        paths: Patterns (``/admin/*``) of its field ``path``.
        roles: One of these is in its field ``user_roles``.
        predicate: A function of the record; must not block.
    """

    environments: Sequence[str] = ()
    level: str | int | None = None
    features: Sequence[str] = ()
    hours: tuple[int, int] | None = None
    methods: Sequence[str] = ()
    paths: Sequence[str] = ()
    roles: Sequence[str] = ()
    predicate: Predicate | None = None

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ConfigurationError: ``bad-option`` or ``bad-level``.
        """
        for option in ("environments", "features", "methods", "paths", "roles"):
            texts = getattr(self, option)
            if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
                raise _bad_option(option, texts, f'a list, such as {option}=["name"]')
        if self.level is not None:
            level_number(self.level)
        if self.hours is not None and not _are_hours(self.hours):
            raise _bad_option("hours", self.hours, "two hours from 0 to 23, such as (22, 6)")
        if self.predicate is not None and not callable(self.predicate):
            raise _bad_option("predicate", self.predicate, "a function of a record")

    def compiled(self) -> Predicate | None:
        """One function that tells whether all of it holds; None when it always does."""
        tests = list(self._tests())
        if not tests:
            return None

        def holds(record: Mapping[str, Any]) -> bool:
            try:
                return all(test(record) for test in tests)
            except Exception:  # noqa: BLE001 - documented: what raises does not hold
                return False

        return holds

    def _tests(self) -> list[Predicate]:
        tests: list[Predicate] = []
        if self.environments and os.environ.get(ENVIRONMENT, "") not in self.environments:
            tests.append(lambda _record: False)
        if not all(_is_on(feature) for feature in self.features):
            tests.append(lambda _record: False)
        if self.level is not None:
            least = level_number(self.level)
            tests.append(lambda record: level_number(record["level"]) >= least)
        if self.hours is not None:
            start, end = self.hours
            tests.append(lambda _record: _is_between(datetime.now().hour, start, end))
        if self.methods:
            methods = {method.upper() for method in self.methods}
            tests.append(lambda record: str(record["method"]).upper() in methods)
        if self.paths:
            paths = tuple(self.paths)
            tests.append(
                lambda record: any(fnmatchcase(str(record["path"]), pattern) for pattern in paths)
            )
        if self.roles:
            roles = set(self.roles)
            tests.append(lambda record: not roles.isdisjoint(record["user_roles"]))
        if self.predicate is not None:
            tests.append(self.predicate)
        return tests


def compiled(when: When | Predicate | None) -> Predicate | None:
    """The function of a condition; None when it always holds."""
    if when is None:
        return None
    return (when if isinstance(when, When) else When(predicate=when)).compiled()


def _is_on(feature: str) -> bool:
    return os.environ.get(f"FEATURE_{feature.upper()}", "").lower() in _ON


def _are_hours(hours: object) -> bool:
    if not isinstance(hours, (tuple, list)) or len(hours) != len(("from", "to")):
        return False
    return all(isinstance(hour, int) and 0 <= hour <= 23 for hour in hours)


def _is_between(hour: int, start: int, end: int) -> bool:
    return start <= hour < end if start <= end else hour >= start or hour < end


def _bad_option(option: str, value: object, expected: str) -> ConfigurationError:
    return ConfigurationError("bad-option", option=option, value=value, expected=expected)
