"""Which installed plugins may run at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from fapilog._errors import ConfigurationError, PluginError
from fapilog._names import normalised

if TYPE_CHECKING:
    from fapilog._discovery import FoundPlugin

#: The lock file where none is named.
LOCK: Final = "fapilog-plugins.lock"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Which installed plugins may run. What the application brings itself is not asked about.

    Names are those of plugins or of their distributions, in any spelling; ``*`` stands for any
    letters: ``acme-*``.

    Attributes:
        allow: Only these; None allows all.
        deny: Never these, whatever `allow` says.
        require: ``"hash"``: only what is as it was when ``fapilog plugin lock`` wrote the lock.
        lock: The lock file.
    """

    allow: Sequence[str] | None = None
    deny: Sequence[str] = ()
    require: Literal["hash"] | None = None
    lock: str | PathLike[str] = LOCK

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        for option in ("allow", "deny"):
            names = getattr(self, option)
            if names is None and option == "allow":
                continue
            if (
                isinstance(names, str)
                or not isinstance(names, Sequence)
                or not all(isinstance(name, str) and name.strip() for name in names)
            ):
                raise _bad(f"policy.{option}", names, 'a list of names, such as ["acme-*"]')
        if self.require not in (None, "hash"):
            raise _bad("policy.require", self.require, '"hash"')
        if not isinstance(self.lock, (str, PathLike)) or not str(self.lock):
            raise _bad("policy.lock", self.lock, "the path of a lock file")

    def check(self, plugin: FoundPlugin) -> None:
        """Check an installed plugin, before anything of it is imported.

        Raises:
            PluginError: ``plugin-denied``, or ``plugin-not-locked`` with what is not as it was.
        """
        names = (normalised(plugin.name), normalised(plugin.distribution))
        denying = _matching(self.deny, names)
        if denying is not None:
            raise _denied(plugin, f"the policy denies `{denying}`")
        if self.allow is not None and _matching(self.allow, names) is None:
            allowed = ", ".join(self.allow) or "nothing"
            raise _denied(plugin, f"the policy allows only {allowed}")
        if self.require == "hash":
            from fapilog._lock import verify

            verify(plugin, Path(self.lock))


def policy_from(value: object) -> Policy:
    """A policy from what stands in settings: a policy, or a table.

    Raises:
        ConfigurationError: ``bad-option`` or ``unknown-setting``.
    """
    if isinstance(value, Policy):
        return value
    if not isinstance(value, dict):
        raise _bad("policy", type(value).__name__, "Policy(…) or a table")
    known = ("allow", "deny", "require", "lock")
    for name in value:
        if name not in known:
            from fapilog._similar import similar

            raise ConfigurationError(
                "unknown-setting", name=name, origin="policy", similar=similar(name, known)
            )
    return Policy(**value)


def _matching(patterns: Sequence[str], names: Sequence[str]) -> str | None:
    for pattern in patterns:
        if any(fnmatchcase(name, _pattern(pattern)) for name in names):
            return pattern
    return None


def _pattern(pattern: str) -> str:
    return "*".join(normalised(part) for part in pattern.split("*"))


def _denied(plugin: FoundPlugin, reason: str) -> PluginError:
    return PluginError(
        "plugin-denied",
        hint=f'to run it, change the policy: policy = {{ allow = ["{plugin.name}"] }}',
        name=plugin.name,
        distribution=plugin.distribution,
        version=plugin.version,
        reason=reason,
    )


def _bad(option: str, value: object, expected: str) -> ConfigurationError:
    return ConfigurationError("bad-option", option=option, value=value, expected=expected)
