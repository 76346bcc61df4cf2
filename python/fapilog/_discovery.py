"""Finding installed plugins: installing makes a plugin discoverable, configuration makes it run."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Final

#: The entry-point group of plugins.
GROUP: Final = "fapilog.plugins"


@dataclass(frozen=True)
class FoundPlugin:
    """One entry point, nothing imported yet.

    Attributes:
        name: The entry point's name.
        value: What it names, ``package.module:Class``.
        distribution: Name of the distribution that declares it.
        version: Version of that distribution.
        requires: Its ``Requires-Dist`` lines.
        entry_point: The entry point itself.
    """

    name: str
    value: str
    distribution: str
    version: str
    requires: tuple[str, ...]
    entry_point: EntryPoint


def normalised(name: str) -> str:
    """A plugin's name for comparison: case, ``-``, ``_`` and ``.`` make no difference."""
    return name.lower().replace("_", "-").replace(".", "-")


def found_plugins() -> list[FoundPlugin]:
    """Every installed plugin, by name and distribution."""
    found = [_found(entry_point) for entry_point in entry_points(group=GROUP)]
    return sorted(found, key=lambda plugin: (normalised(plugin.name), plugin.distribution))


def _found(entry_point: EntryPoint) -> FoundPlugin:
    distribution = entry_point.dist
    return FoundPlugin(
        name=entry_point.name,
        value=entry_point.value,
        distribution=distribution.name if distribution else "(unknown)",
        version=distribution.version if distribution else "(unknown)",
        requires=tuple((distribution.requires if distribution else None) or ()),
        entry_point=entry_point,
    )
