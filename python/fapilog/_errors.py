"""Errors: each has a stable id, a template here, and an entry in ``docs/reference/errors.md``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

#: Every error id and its message. A test holds the documentation against this list.
TEMPLATES: Final = {
    "bad-config-file": "configuration file `{path}` cannot be read: {reason}",
    "bad-level": "level `{value}` is not known; expected {expected}",
    "bad-option": "option `{option}` is `{value}`; expected {expected}",
    "bad-setting": "setting `{name}` from {origin} cannot be used: {reason}",
    "bad-sink": "`{value}` is no sink: {reason}",
    "debug-socket": "the debug socket `{path}` cannot be opened: {reason}",
    "duplicate-plugin": "plugin `{name}` is offered by more than one distribution: {distributions}",
    "durable-folder": "crash-safe mode cannot use the folder `{folder}`: {reason}",
    "durable-needs-native-redactors": (
        "redactor `{name}` is a plugin and cannot run before a record is stored, as "
        "crash-safe mode needs"
    ),
    "enricher-cycle": "enrichers wait for each other: {names}",
    "enricher-missing": "enricher `{name}` runs after `{needed}`, which is not there{similar}",
    "no-sink": "logger `{name}` has no sink, its records would go nowhere",
    "plugin-abi": "plugin `{name}` cannot be loaded from its library: {reason}",
    "plugin-api-version": (
        "plugin `{name}` of `{distribution}` {version} is written for version {wanted} of the "
        "plugin API, found {found}"
    ),
    "plugin-bad-config": "plugin `{name}` does not accept its configuration: {reason}",
    "plugin-broken": "plugin `{name}` of `{distribution}` {version} cannot be loaded: {reason}",
    "plugin-core-range": (
        "plugin `{name}` of `{distribution}` {version} wants `fapilog{wanted}`, "
        "found fapilog {found}"
    ),
    "plugin-bad-requirement": (
        "plugin `{name}` of `{distribution}` {version} declares a requirement that cannot be "
        "read: {reason}; found fapilog {found}"
    ),
    "plugin-no-core-range": (
        "plugin `{name}` of `{distribution}` {version} does not say which versions of fapilog it "
        "works with: its metadata has no `Requires-Dist: fapilog` with a range; "
        "found fapilog {found}"
    ),
    "plugin-denied": "plugin `{name}` of `{distribution}` {version} may not run: {reason}",
    "plugin-in-use": "plugin `{name}` is at work in the pipeline of logger `{logger}` already",
    "plugin-not-locked": (
        "plugin `{name}` of `{distribution}` {version} is not what was locked: {reason}"
    ),
    "plugin-not-switchable": "{kind} `{name}` cannot be switched off: {reason}",
    "plugin-registered": "a local {kind} named `{name}` is registered already",
    "plugin-start": "plugin `{name}` could not be started: {reason}",
    "plugin-wrong-kind": "plugin `{name}` is no {wanted}: {reason}",
    "sink-not-writable": "sink `{sink}` cannot be written: {reason}",
    "unknown-place": "the pipeline has no plugin named `{name}`{similar}",
    "unknown-plugin": "no {kind} plugin is named `{name}`{similar}",
    "unknown-setting": "no setting of {origin} is named `{name}`{similar}",
    "unknown-sink": "no sink is named `{name}`{similar}",
}


class FapilogError(Exception):
    """Base of all errors that fapilog raises; plugins may derive theirs and bring templates.

    Attributes:
        templates: Error ids of this class and their messages, with `{names}` for values.
        error_id: Stable id in kebab case, the key of ``docs/reference/errors.md``.
        message: What failed, with which value, and what was expected. No secrets.
        hint: How to repair it, often a command to paste; empty when there is nothing to say.
        values: The values in the message, by name.
    """

    templates: ClassVar[Mapping[str, str]] = TEMPLATES

    error_id: str
    message: str
    hint: str
    values: Mapping[str, object]

    def __init__(self, error_id: str, *, hint: str = "", **values: object) -> None:
        self.error_id = error_id
        self.message = self.templates[error_id].format_map(values)
        self.hint = hint
        self.values = values
        super().__init__(self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process boundaries, as those of worker pools do.
        return type(self).__new__, (type(self), self.message), self.__dict__

    def __str__(self) -> str:
        if not self.hint:
            return self.message
        hints = "\n".join(f"hint: {line}" for line in self.hint.splitlines())
        return f"{self.message}\n{hints}"


class ConfigurationError(FapilogError, ValueError):
    """An argument has a value that cannot be used."""


class PluginError(FapilogError):
    """A plugin cannot be found, loaded, configured or started."""
