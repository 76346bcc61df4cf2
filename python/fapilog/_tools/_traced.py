"""A pipeline in which every stage is looked at, those of the engine too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fapilog._plugin_run import PluginRun, own_copy
from fapilog._runtime import Runtime

if TYPE_CHECKING:
    from fapilog._runtime import Options, _Stage

#: Told of a tap's number and of the record that came by.
TapNote = Callable[[int, dict[str, Any]], None]


class TracedRuntime(Runtime):
    """A runtime with a tap before, between and after its stages.

    Attributes:
        order: The stages as they run: a plugin's run, or (kind, name) of what runs in the engine.
    """

    order: list[PluginRun | tuple[str, str]]

    def __init__(self, options: Options, note: TapNote) -> None:
        """Start the pipeline; `note` is called in the plugin host's thread."""
        self._note = note
        super().__init__(options)

    def _stage_specs(self, stages: Sequence[_Stage]) -> list[Any]:
        if self._host is None:  # the engine's own stages need none, but the taps do
            self._host = self._start_host()
        tapped: list[_Stage] = [self._tap(0)]
        for number, stage in enumerate(stages, 1):
            tapped += [stage, self._tap(number)]
        self.order = [stage if isinstance(stage, PluginRun) else _named(stage) for stage in stages]
        return super()._stage_specs(tapped)

    def _tap(self, number: int) -> PluginRun:
        note = self._note

        async def tap(record: dict[str, Any]) -> dict[str, Any]:
            note(number, own_copy(record))
            return record

        return PluginRun(f"tap-{number}", "processor", tap)


def _named(stage: Any) -> tuple[str, str]:  # noqa: ANN401 - what the engine is told of a stage
    first, second, _ = stage
    return (first, second) if isinstance(second, str) else ("library", first)
