"""M01, M18, M19, M22: what it looks like before it runs."""

from __future__ import annotations

import inspect

from fapilog._api_version import API_VERSION
from fapilog._errors import PluginError
from fapilog._loader import load_class
from fapilog.testing._conformance.check import check
from fapilog.testing._conformance.subject import PluginFailure, Subject, Violation

_NO_OPTION = "no_such_option_of_this_plugin"


@check("M01", "shape")
def has_the_shape_of_its_kind(subject: Subject) -> None:
    """That the subject could be made is the proof; instances may still differ from their class."""
    from fapilog._kinds import check_kind

    if subject.native:
        return
    try:
        check_kind(subject.name, subject.make().plugin, subject.kind)
    except PluginError as error:
        raise Violation(error.message) from None


def _named(subject: Subject) -> str:
    return "" if subject.entry_point else "it was not given by the name of its entry point"


@check("M18", "range", only_if=_named)
def declares_its_range(subject: Subject) -> None:
    """Found by its name, it passes the gate."""
    load_class(subject.entry_point or "", kind=subject.kind)


def _states_a_version(subject: Subject) -> str:
    stated = getattr(subject.plugin, "API_VERSION", None)
    return "it states no `API_VERSION`" if stated is None else ""


@check("M19", "api-version", only_if=_states_a_version)
def states_a_version_of_the_api(subject: Subject) -> None:
    """What it states is two numbers that this core has."""
    stated = getattr(subject.plugin, "API_VERSION", None)
    try:
        major, minor = (int(part) for part in stated or ())
    except (TypeError, ValueError):
        raise Violation(f"its `API_VERSION` is {stated!r}, expected two numbers") from None
    if major != API_VERSION[0] or minor > API_VERSION[1]:
        raise Violation(f"it is written for {major}.{minor} of the plugin API, not {API_VERSION}")


@check("M22", "configuration")
def checks_its_configuration(subject: Subject) -> None:
    """It is made with what the author gave, and not with an option that it does not have."""
    subject.make()
    if not inspect.isclass(subject.plugin) or getattr(subject.plugin, "Config", None) is None:
        return
    try:
        subject.make({_NO_OPTION: 1})
    except PluginFailure:
        return
    raise Violation("its `Config` accepts an option that it does not have, so typing errors pass")
