"""The conformance kit's two doors: a test in one line, and a report without a test runner."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fapilog
from fapilog._errors import PluginError
from fapilog.testing._conformance.check import Check, all_checks
from fapilog.testing._conformance.report import CheckResult, ConformanceReport
from fapilog.testing._conformance.subject import (
    TIME_LIMIT,
    WARM_UP,
    NotChecked,
    Options,
    PluginFailure,
    Subject,
    Violation,
)
from fapilog.testing._needs import need

if TYPE_CHECKING:
    from fapilog.plugins import Kind


def conformance(
    plugin: object,
    *,
    kind: Kind | None = None,
    config: object = None,
    received: Callable[[Path], Sequence[Any]] | None = None,
    broken_config: object = None,
    secrets: Mapping[str, object] | None = None,
    records: Sequence[Mapping[str, Any]] = (),
    deterministic: bool = True,
    warm_up: int = WARM_UP,
    time_limit: float = TIME_LIMIT,
    skip: Mapping[str, str] | None = None,
) -> Callable[..., None]:
    """The whole suite for a plugin, as a test of pytest.

    ``test_conformance = fapilog.testing.conformance(Acme)`` is all. Each number of the contract is
    a test of its own, such as ``test_conformance[M23-mutation]``. Numbers for which there is
    nothing to check in this plugin are not among them.

    Args:
        plugin: The plugin's class; a function; a library; or the name of an installed plugin.
        kind: Its kind; needed only for a function, and for a class of more than one.
        config: An instance of its ``Config``, a mapping of its fields, or a function that makes
            one: it is given an empty folder, another one for each instance.
        received: What arrived at a sink's destination, as records or their JSON texts, in order;
            a function of the instance's folder. Without it nobody can see whether all records
            arrive, once and in order.
        broken_config: As `config`, with a destination that cannot be reached.
        secrets: Fields with values that a redactor must hide.
        records: Fields of records that this plugin is about; the kit's own are added.
        deterministic: Whether the same record gets the same answer; False for samplers.
        warm_up: Records until what it keeps has its final size.
        time_limit: Longest time for one record, and for a start and a stop, in seconds.
        skip: Numbers that are not checked, and why: ``{"M30": "it is a list on purpose"}``.

    Raises:
        ImportError: pytest is not installed.

    Examples:
        >>> import fapilog.testing
        >>> class Tag:
        ...     async def enrich(self, record):
        ...         return {"tag": "tea"}
        >>> test_conformance = fapilog.testing.conformance(Tag)
    """
    pytest = need("pytest")
    options = Options(
        kind, config, received, broken_config, secrets or {}, records, deterministic, warm_up,
        time_limit, skip or {},
    )  # fmt: skip
    chosen = _chosen(plugin, options)

    def test_conformance(check: Check) -> None:
        __tracebackhide__ = True
        try:
            subject = Subject(plugin, options)
        except PluginError as error:
            pytest.fail(f"M01: {error.message}", pytrace=False)
        try:
            result = _examined(check, subject)
        finally:
            subject.close()
        _notes.append((subject.name, subject.kind, result))
        if result.status == "failed":
            pytest.fail(f"{check.number}: {result.reason}", pytrace=False)
        if result.status == "not-checked":
            pytest.skip(f"{check.number}: {result.reason}")

    checks = [one for one, why in chosen if not why]
    ids = [one.id for one in checks]
    marked: Callable[..., None] = pytest.mark.parametrize("check", checks, ids=ids)(
        test_conformance
    )
    return marked


def check_conformance(
    plugin: object,
    *,
    kind: Kind | None = None,
    config: object = None,
    received: Callable[[Path], Sequence[Any]] | None = None,
    broken_config: object = None,
    secrets: Mapping[str, object] | None = None,
    records: Sequence[Mapping[str, Any]] = (),
    deterministic: bool = True,
    warm_up: int = WARM_UP,
    time_limit: float = TIME_LIMIT,
    skip: Mapping[str, str] | None = None,
) -> ConformanceReport:
    """Examine a plugin without pytest; takes what :func:`conformance` takes.

    Returns:
        What was found: also for a plugin that is none.

    Examples:
        >>> import fapilog.testing
        >>> class Tag:
        ...     async def enrich(self, record):
        ...         record["tag"] = "tea"
        ...         return {}
        >>> report = fapilog.testing.check_conformance(Tag)
        >>> [failure.number for failure in report.failures]
        ['M23']
    """
    options = Options(
        kind, config, received, broken_config, secrets or {}, records, deterministic, warm_up,
        time_limit, skip or {},
    )  # fmt: skip
    version = fapilog.__version__
    try:
        subject = Subject(plugin, options)
    except PluginError as error:
        number, name = _REFUSALS.get(error.error_id, ("M01", "shape"))
        failed = CheckResult(number, name, "failed", error.message)
        shown = plugin if isinstance(plugin, str) else getattr(plugin, "__name__", repr(plugin))
        return ConformanceReport(str(shown), kind or "", version, (failed,))
    try:
        results = _all_examined(subject)
    finally:
        subject.close()
    return ConformanceReport(subject.name, subject.kind, version, _told_once(results))


def _all_examined(subject: Subject) -> list[CheckResult]:
    """Every check, by number; those that would take for ever are left out."""
    results: list[CheckResult] = []
    slow = ""
    for one, why in sorted(_for_subject(subject), key=lambda pair: _place(pair[0].number)):
        if not why and slow and one.number not in _QUICK:
            results.append(CheckResult(one.number, one.name, "not-checked", slow))
            continue
        result = (
            CheckResult(one.number, one.name, "not-checked", why)
            if why
            else _examined(one, subject)
        )
        results.append(result)
        seen_elsewhere = result.reason.startswith(_SEE)
        if one.number in _FIRST and result.status == "failed" and not seen_elsewhere:
            slow = slow or f"{_SEE}{one.number}: {result.reason}"
    return sorted(results, key=lambda result: result.number)


def _place(number: str) -> int:
    return _FIRST.index(number) if number in _FIRST else len(_FIRST)


#: Which number says that a plugin must not be refused for it.
_REFUSALS = {
    "plugin-core-range": ("M18", "range"),
    "plugin-no-core-range": ("M18", "range"),
    "plugin-bad-requirement": ("M18", "range"),
    "plugin-api-version": ("M19", "api-version"),
    "duplicate-plugin": ("M20", "names"),
}

#: Who holds up others is found first; then only what takes no time is checked.
_FIRST = ("M31", "M03")
_QUICK = ("M01", "M18", "M19", "M22")

#: How a reason begins that belongs to another number.
_SEE = "could not be checked, see "

#: What tests of :func:`conformance` found in this process, for the report of the pytest plugin.
_notes: list[tuple[str, str, CheckResult]] = []


def noted_reports() -> list[ConformanceReport]:
    """What tests found in this process, a report for each plugin."""
    found: dict[tuple[str, str], list[CheckResult]] = {}
    for name, kind, result in _notes:
        found.setdefault((name, kind), []).append(result)
    return [
        ConformanceReport(name, kind, fapilog.__version__, tuple(results))
        for (name, kind), results in found.items()
    ]


def _chosen(plugin: object, options: Options) -> list[tuple[Check, str]]:
    """The checks of a plugin; of what is none, the one that says so."""
    try:
        subject = Subject(plugin, options)
    except PluginError:
        return [(one, "") for one in all_checks() if one.number == "M01"]
    try:
        return _for_subject(subject)
    finally:
        subject.close()


def _for_subject(subject: Subject) -> list[tuple[Check, str]]:
    """The checks of its kind, and why they are not made."""
    skip = subject.options.skip
    numbers = {one.number for one in all_checks()}
    unknown = sorted(set(skip) - numbers)
    if unknown:
        raise ValueError(f"skip= names {', '.join(unknown)}, which the kit does not check")
    return [
        (one, skip.get(one.number, "") or one.only_if(subject))
        for one in all_checks()
        if subject.kind in one.kinds
    ]


def _told_once(results: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
    """What failed under its own number is, under others, only the reason why they saw nothing."""
    failed = {one.number for one in results if one.status == "failed" and _SEE not in one.reason}
    return tuple(
        replace(one, status="not-checked")
        if one.reason.startswith(_SEE) and one.reason[len(_SEE) :].partition(":")[0] in failed
        else one
        for one in results
    )


def _examined(check: Check, subject: Subject) -> CheckResult:
    begun = time.perf_counter()

    def result(status: Any, reason: object = "") -> CheckResult:  # noqa: ANN401 - a literal
        seconds = round(time.perf_counter() - begun, 3)
        return CheckResult(check.number, check.name, status, str(reason), seconds)

    try:
        check.run(subject)
    except Violation as violation:
        return result("failed", violation)
    except NotChecked as reason:
        return result("not-checked", reason)
    except PluginFailure as failure:
        if failure.number == check.number:
            return result("failed", failure)
        return result("failed", f"{_SEE}{failure.number}: {failure}")
    except PluginError as error:
        return result("failed", error.message)
    return result("passed")
