"""The plugin host: one event loop for all Python plugins of a pipeline, replaced when one of them
blocks it."""  # noqa: D205, D209

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from fapilog import _plugin_call
from fapilog._host_loop import HostBlockedError, HostLoop, described
from fapilog._kinds import takes_resources
from fapilog._plugin_call import Progress, Written, exchange, run_optional
from fapilog._plugin_run import Records, withheld
from fapilog._resources import Resources

if TYPE_CHECKING:
    from fapilog._plugin_run import PluginRun

T = TypeVar("T")

#: How long a plugin may take for one record (or batch, or its start or stop), in seconds. Looked
#: at every so many seconds, so that it may become twice as long.
TIME_LIMIT: Final = 5.0

#: After so many replaced loops a pipeline goes on without its plugins.
MOST_REPLACEMENTS: Final = 3


class PluginHost:
    """Runs plugins; every method may be called from any other thread."""

    def __init__(self, report: Callable[[str, str], None]) -> None:
        self._report = report
        self._loop = HostLoop(report)
        self._replacing = threading.Lock()
        self._left_behind: list[HostLoop] = []
        self._runs: list[PluginRun] = []
        self._resources = Resources()

    def start(self) -> None:
        """Start the thread."""
        self._loop.start()

    def is_current_thread(self) -> bool:
        """Whether the calling thread is the host's."""
        return self._loop.is_current_thread()

    def stop(self) -> None:
        """Close what plugins shared and end the thread; a plugin that blocks it is left behind."""
        self._close_resources(self._loop)
        self._loop.stop(TIME_LIMIT)

    def abandon(self) -> None:
        """At the end of the process: no plugin gets another turn, nothing is waited for."""
        for loop in (self._loop, *self._left_behind):
            loop.abandon()

    def start_plugin(self, run: PluginRun) -> None:
        """Run a plugin's ``start``, if it has one.

        Raises:
            Exception: Whatever the plugin raised; TimeoutError after the time limit.
        """
        if run.owns_plugin:
            self._call_optional(self._loop, run, run.plugin, "start")
        self._runs.append(run)

    def stop_plugin(self, run: PluginRun) -> str | None:
        """Run a plugin's ``stop``, if it has one; returns what went wrong."""
        if run in self._runs:
            self._runs.remove(run)
        if not run.owns_plugin or run.blocked:
            return None
        try:
            self._call_optional(self._loop, run, run.plugin, "stop")
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything
            return described(error)
        return None

    def check_health(self, run: PluginRun) -> str:
        """What a plugin's ``health_check`` finds wrong; empty when all is well."""
        if run.blocked:
            return ""
        try:
            answer = self._call_optional(self._loop, run, run.plugin, "health_check")
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything
            return f"its health check failed: {described(error)}"
        if isinstance(answer, str):
            return answer
        return "its health check says so" if answer is False else ""

    def exchange(self, places: Sequence[PluginRun], plugin: object) -> str | None:
        """Put another plugin in the place of one that runs; the old one stays when this fails.

        Returns:
            What went wrong when the old one was stopped.

        Raises:
            Exception: Whatever the new plugin's ``start`` raised.
        """
        loop, run, old = self._loop, places[0], places[0].plugin
        was_blocked = run.blocked
        self._call_optional(loop, run, plugin, "start")
        self._wait(loop, exchange(places, plugin))
        if was_blocked:
            return None
        try:
            self._call_optional(self._loop, run, old, "stop")
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything
            return described(error)
        return None

    def run_stages(self, stages: Sequence[PluginRun], records: Records, nested: bool) -> Records:
        """Run stages in order over a batch; a record that was taken out becomes None.

        `nested` says whether any record holds a list or dict, which a plugin could change.
        """
        progress = Progress(records, nested)
        while True:
            loop = self._loop
            work = _plugin_call.run_stages(loop, stages, progress, TIME_LIMIT, self._report)
            try:
                self._wait(loop, work)
            except HostBlockedError:
                # A list of its own: the plugin that blocks still has the other one.
                progress = Progress(
                    progress.records.copy(), progress.nested, progress.stage, progress.index
                )
                if not self._replace(loop):
                    return _without_plugins(stages, progress)
            else:
                return progress.records

    def write(self, sink: PluginRun, records: list[Any]) -> tuple[int, tuple[bool, str] | None]:
        """Hand records to a sink: how many it took, and the failure that stopped it, as
        (all the others would fail too, text)."""  # noqa: D205, D209
        if sink.blocked:
            return 0, (True, sink.blocked)
        loop, written = self._loop, Written()
        try:
            self._wait(loop, _plugin_call.write(loop, sink, records, written, TIME_LIMIT))
        except HostBlockedError as error:
            self._replace(loop)
            return written.done, (True, str(error))
        return written.done, written.failure

    def _call_optional(self, loop: HostLoop, run: PluginRun, plugin: object, name: str) -> object:
        method = getattr(plugin, name, None)
        if method is None:
            return None
        if name == "start" and takes_resources(method):
            method = partial(method, self._resources)
        return self._wait(loop, run_optional(loop, run, method, TIME_LIMIT))

    def _close_resources(self, loop: HostLoop) -> None:
        try:
            problems = self._wait(loop, _plugin_call.within(self._resources._close(), TIME_LIMIT))
        except Exception as error:  # noqa: BLE001 - too late, or a plugin blocks the loop
            problems = [described(error)]
        for problem in problems:
            self._report("resources", f"what plugins share was not closed: {problem}")

    def _wait(self, loop: HostLoop, work: Coroutine[Any, Any, T]) -> T:
        return loop.call(work, 2.5 * TIME_LIMIT)

    def _replace(self, blocked: HostLoop) -> bool:
        """Go on with a new loop, without the plugin that blocks the old one; False when that was
        done too often."""  # noqa: D205, D209
        with self._replacing:
            if self._loop is not blocked:
                return True
            if len(self._left_behind) >= MOST_REPLACEMENTS:
                self._report("plugins: blocked", f"{HostBlockedError()}; going on without plugins")
                return False
            self._give_up_culprit(blocked)
            blocked.stop_soon()
            self._left_behind.append(blocked)
            self._loop = HostLoop(self._report)
            self._loop.start()
            self._start_again()
            return True

    def _give_up_culprit(self, blocked: HostLoop) -> None:
        culprit, where = blocked.culprit()
        if culprit is None:
            self._report("plugins: blocked", f"a plugin blocks the plugin host {where}")
            return
        text = f"it blocks the plugin host {where}; it must not call blocking functions"
        for run in self._runs:
            if run.plugin is culprit.plugin:
                run.blocked = text
        self._report(
            f"blocked {culprit.name}",
            f"{culprit.kind} `{culprit.name}` is not asked any more: {text}",
        )

    def _start_again(self) -> None:
        """Start plugins in the new loop: what they made in the old one is lost with it."""
        self._resources = Resources()
        for run in self._runs:
            run.busy = asyncio.Lock()
        for run in self._runs:
            if run.blocked:
                continue
            try:
                if run.owns_plugin:
                    plugin = run.make() if run.make else run.plugin
                    for place in [place for place in self._runs if place.plugin is run.plugin]:
                        place.take(plugin)
                    self._call_optional(self._loop, run, plugin, "start")
            except Exception as error:  # noqa: BLE001 - a plugin may raise anything
                run.blocked = f"it could not be started again: {described(error)}"
                self._report(f"{run.kind} {run.name}", f"{run.kind} `{run.name}`: {run.blocked}")


def _without_plugins(stages: Sequence[PluginRun], progress: Progress) -> Records:
    """What becomes of records that no plugin can see: as if each of them had failed."""
    left = stages[progress.stage :]
    for run in left:
        run.errors += len(progress.records)
    redactors = [run.name for run in left if run.kind == "redactor"]
    if not redactors:
        return progress.records
    return [record and withheld(record, redactors[0]) for record in progress.records]
