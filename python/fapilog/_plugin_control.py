"""``logger.plugins``: the plugins of a running pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from fapilog._errors import PluginError
from fapilog._kinds import check_kind
from fapilog._names import normalised
from fapilog._similar import similar

if TYPE_CHECKING:
    from fapilog._plugin_run import PluginRun
    from fapilog._runtime import Runtime
    from fapilog._stats import PluginStats

#: Why plugins of some kinds are always on.
_ALWAYS_ON = {
    "redactor": "secrets would go out",
    "sink": "records would be lost; exchange it instead: logger.plugins.exchange(name, plugin)",
}


class Plugins:
    """The plugins of a running pipeline, by their names in it."""

    __slots__ = ("_runtime",)

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def __iter__(self) -> Iterator[str]:
        """Their names: sinks first, then stages in the order in which they run."""
        return iter([run.name for run in self._runtime.runs])

    def __len__(self) -> int:
        return len(self._runtime.runs)

    def __getitem__(self, name: str) -> PluginStats:
        """What a plugin did so far.

        Raises:
            PluginError: ``unknown-place``.
        """
        return self._run(name).stats()

    def disable(self, name: str) -> None:
        """Switch a filter, enricher, processor or alerter off: it is asked no more.

        Raises:
            PluginError: ``unknown-place``; ``plugin-not-switchable`` for redactors and sinks.
        """
        run = self._run(name)
        if run.kind in _ALWAYS_ON:
            raise PluginError(
                "plugin-not-switchable", kind=run.kind, name=name, reason=_ALWAYS_ON[run.kind]
            )
        run.enabled = False

    def enable(self, name: str) -> None:
        """Switch it on again.

        Raises:
            PluginError: ``unknown-place``.
        """
        self._run(name).enabled = True

    def exchange(self, name: str, plugin: object) -> None:
        """Put another plugin in the place of one that runs, without losing or reordering a record.

        The new one is started first; then, between two batches, it takes over; then the old one is
        stopped.

        Args:
            name: The name of the one that runs.
            plugin: The other one: an object, a function, or the name of an installed plugin.

        Raises:
            PluginError: ``unknown-place``, ``plugin-wrong-kind``, ``plugin-in-use``,
                ``plugin-start`` when the new one cannot be started, or whatever loading it raises;
                the old one goes on then.
        """
        run = self._run(name)
        if isinstance(plugin, str):
            from fapilog.plugins import load

            plugin = load(plugin, kind=run.kind)
        check_kind(name, plugin, run.kind)
        if (getattr(plugin, "write_encoded", None) is not None) != run.takes_texts:
            reason = "one of the two takes texts (`write_encoded`) and the other one records"
            raise PluginError("plugin-wrong-kind", name=name, wanted="such sink", reason=reason)
        if plugin is run.plugin:
            raise PluginError("plugin-in-use", name=name, logger=self._runtime.name)
        self._runtime.exchange(run, plugin)

    def reset(self, name: str) -> None:
        """Count from zero, for one plugin.

        Raises:
            PluginError: ``unknown-place``.
        """
        self._run(name).reset()

    def health(self) -> dict[str, PluginStats]:
        """What every plugin did so far and how it does, its ``health_check`` included.

        Blocks for up to five seconds a plugin that has one.
        """
        found: dict[str, PluginStats] = {}
        for run in self._runtime.runs:
            stats = run.stats()
            problem = self._runtime.host.check_health(run)
            if problem:
                stats = replace(stats, health="unhealthy", reason=problem)
            found[run.name] = stats
        return found

    def __repr__(self) -> str:
        return f"<fapilog.Plugins {', '.join(self)}>"

    def _run(self, name: str) -> PluginRun:
        names = []
        for run in self._runtime.runs:
            if normalised(run.name) == normalised(name):
                return run
            names.append(run.name)
        raise PluginError("unknown-place", name=name, similar=similar(name, names))
