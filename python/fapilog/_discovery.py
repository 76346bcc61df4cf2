"""Finding installed plugins: installing makes a plugin discoverable, configuration makes it run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from fapilog._names import normalised

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


def found_plugins() -> list[FoundPlugin]:
    """Every installed plugin, by name and distribution."""
    found = [_found(entry_point) for entry_point in entry_points(group=GROUP)]
    return sorted(found, key=lambda plugin: (normalised(plugin.name), plugin.distribution))


def _found(entry_point: EntryPoint) -> FoundPlugin:
    distribution = entry_point.dist
    return FoundPlugin(
        name=entry_point.name,
        value=entry_point.value,
        distribution=_text(lambda: distribution.name if distribution else None),
        version=_text(lambda: distribution.version if distribution else None),
        requires=_lines(lambda: distribution.requires if distribution else None),
        entry_point=entry_point,
    )


def _text(read: Callable[[], str | None]) -> str:
    """A field of the metadata. A distribution may be damaged in any way: that must not keep others
    from being found."""  # noqa: D205, D209
    try:
        return str(read() or "(unknown)")
    except Exception:  # noqa: BLE001 - see above
        return "(unknown)"


def _lines(read: Callable[[], Iterable[str] | None]) -> tuple[str, ...]:
    try:
        return tuple(read() or ())
    except Exception:  # noqa: BLE001 - see `_text`; the gate then finds no range
        return ()
