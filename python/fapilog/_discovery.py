"""Finding installed plugins: installing makes a plugin discoverable, configuration makes it run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from fapilog._names import normalised

#: The entry-point group of plugins.
GROUP: Final = "fapilog.plugins"


class FoundPlugin:
    """One entry point, nothing imported yet; metadata is read when it is asked for.

    Attributes:
        name: The entry point's name.
        value: What it names, ``package.module:Class``.
        entry_point: The entry point itself.
    """

    def __init__(self, entry_point: EntryPoint) -> None:
        self.name = entry_point.name
        self.value = entry_point.value
        self.entry_point = entry_point

    @cached_property
    def distribution(self) -> str:
        """Name of the distribution that declares it."""
        found = self.entry_point.dist
        return _text(lambda: found.name if found else None)

    @cached_property
    def version(self) -> str:
        """Version of that distribution."""
        found = self.entry_point.dist
        return _text(lambda: found.version if found else None)

    @cached_property
    def requires(self) -> tuple[str, ...]:
        """Its ``Requires-Dist`` lines."""
        found = self.entry_point.dist
        return _lines(lambda: found.requires if found else None)


def found_plugins() -> list[FoundPlugin]:
    """Every installed plugin, by name."""
    found = [FoundPlugin(entry_point) for entry_point in entry_points(group=GROUP)]
    return sorted(found, key=lambda plugin: normalised(plugin.name))


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
