"""Who hears every record of the pipelines that start meanwhile: the testing kit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from fapilog._plugin_run import PluginRun

Observer: TypeAlias = "Callable[[Mapping[str, Any]], Awaitable[None]]"

_observers: Final[list[Observer]] = []


def add(observer: Observer) -> Callable[[], None]:
    """Hear pipelines from their start on, if that comes later; returns what ends it."""
    _observers.append(observer)
    return lambda: _observers.remove(observer)


def runs() -> list[PluginRun]:
    """A sink for each observer; it counts nowhere."""
    from fapilog._plugin_run import PluginRun

    made = []
    for number, observer in enumerate(_observers, 1):

        async def observe(record: Mapping[str, Any], observer: Observer = observer) -> None:
            await observer(record)

        run = PluginRun(f"observer-{number}", "sink", observe)
        run.observes = True
        made.append(run)
    return made
