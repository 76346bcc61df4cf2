"""A pipeline with everything that belongs to it, from its start to its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fapilog import _lifecycle
from fapilog._engine import Pipeline
from fapilog._errors import ConfigurationError, PluginError
from fapilog._kinds import check_kind
from fapilog._sinks import NAMED, SinkLike, file_path, not_writable, unknown_sink
from fapilog._stats import CloseReport, SinkStats, Stats

if TYPE_CHECKING:
    from fapilog._host import PluginHost
    from fapilog._plugin_run import PluginRun
    from fapilog.plugins._protocols import Kind


@dataclass(frozen=True)
class Options:
    """What a pipeline is made of, checked already as far as single values go."""

    sinks: Sequence[SinkLike]
    stages: Sequence[tuple[Kind, object]]
    queue_records: int
    queue_bytes: int
    block_seconds: float | None


class Runtime:
    """One running pipeline and its plugin host."""

    def __init__(self, options: Options) -> None:
        """Start a pipeline; when anything fails, nothing of it is left running.

        Raises:
            ConfigurationError: ``unknown-sink``, ``bad-sink`` or ``sink-not-writable``.
            PluginError: Whatever loading or starting a plugin raises.
        """
        self._closed: CloseReport | None = None
        self._pipeline: Pipeline | None = None
        stages = [_plugin_run(plugin, kind) for kind, plugin in options.stages]
        sinks = [_resolve_sink(sink) for sink in options.sinks]
        # Started in this order and stopped in the reverse one: sinks outlive the stages.
        self._plugins = [sink for sink in sinks if not isinstance(sink, (str, Path))] + stages
        _choose_owners(self._plugins)
        self._host = self._start_host(stages) if self._plugins else None
        try:
            self._pipeline = self._start_pipeline(options, sinks, bool(stages))
        except BaseException:
            self._stop_plugins(self._plugins)
            raise
        _lifecycle.add(self)

    @property
    def pipeline(self) -> Pipeline:
        """The engine's pipeline."""
        return cast("Pipeline", self._pipeline)

    def flush(self, timeout: float) -> bool:
        """Wait until every record accepted so far is settled; False when time ran out."""
        return self.pipeline.flush(timeout)

    def close(self, timeout: float) -> CloseReport:
        """End the pipeline; a second call returns what the first one found."""
        if self._closed is None:
            undelivered, stages_stuck, sinks_stuck = self.pipeline.close(timeout)
            stuck = ("plugins", *sinks_stuck) if stages_stuck else tuple(sinks_stuck)
            self._closed = CloseReport(undelivered, stuck)
            if self._host is not None and not stuck:
                self._host.stop()
            _lifecycle.remove(self)
            if undelivered:
                self.pipeline.report(
                    "close",
                    f"{undelivered} records were not delivered within {timeout:g} s; "
                    f"stuck: {', '.join(stuck) or 'nothing'}",
                )
        return self._closed

    @property
    def is_stuck(self) -> bool:
        """Whether it was closed and something of it did not end in time."""
        return self._closed is not None and bool(self._closed.stuck)

    def abandon(self) -> None:
        """At the end of the process: no plugin that is left behind gets another turn."""
        if self._host is not None:
            self._host.abandon()

    def forget_after_fork(self) -> None:
        """Called in the child process after a fork."""
        self._closed = CloseReport(0)
        self.pipeline.forget_after_fork()

    def stats(self) -> Stats:
        """The counts now."""
        counts = self.pipeline.counts()
        return Stats(
            submitted=counts["submitted"],
            delivered=counts["delivered"],
            filtered=counts["filtered"],
            dropped=sum(counts["dropped"].values()),
            queued=counts["queued"],
            dropped_by_reason=counts["dropped"],
            sinks=tuple(SinkStats(*sink) for sink in self.pipeline.sinks()),
            plugins=tuple(run.stats() for run in self._plugins),
        )

    def _start_host(self, stages: list[PluginRun]) -> PluginHost:
        from fapilog._host import PluginHost

        host = PluginHost(self._report)
        host.use_stages(stages)
        host.start()
        self._host = host
        started: list[PluginRun] = []
        try:
            for run in self._plugins:
                self._start_plugin(host, run)
                started.append(run)
        except BaseException:
            self._stop_plugins(started)
            raise
        return host

    def _start_plugin(self, host: PluginHost, run: PluginRun) -> None:
        try:
            host.start_plugin(run)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise PluginError("plugin-start", name=run.name, reason=reason) from error

    def _stop_plugins(self, started: Sequence[PluginRun]) -> None:
        """Undo a start that failed half-way."""
        if self._host is not None:
            for run in reversed(started):
                self._host.stop_plugin(run)
            self._host.stop()

    def _start_pipeline(
        self, options: Options, sinks: Sequence[str | Path | PluginRun], has_stages: bool
    ) -> Pipeline:
        stages = None
        if has_stages and self._host is not None:
            stages = (self._host.run_stages, self._stop_stages)
        specs: list[Any] = [self._sink_spec(sink) for sink in sinks]
        try:
            return Pipeline(
                sinks=specs,
                stages=stages,
                queue_records=options.queue_records,
                queue_bytes=options.queue_bytes,
                block_seconds=options.block_seconds,
            )
        except OSError as error:
            raise not_writable(Path(error.filename), error) from error

    def _sink_spec(self, sink: str | Path | PluginRun) -> object:
        if isinstance(sink, str):
            return sink
        if isinstance(sink, Path):
            return (sink,)
        host = cast("PluginHost", self._host)
        return (
            sink.name,
            lambda records: host.write(sink, records),
            lambda: host.stop_plugin(sink),
        )

    def _stop_stages(self) -> None:
        host = cast("PluginHost", self._host)
        for run in reversed(self._plugins):
            if run.kind != "sink" and (problem := host.stop_plugin(run)):
                self._report(f"stop {run.name}", f"{run.kind} `{run.name}` did not stop: {problem}")

    def _report(self, key: str, message: str) -> None:
        if self._pipeline is not None:
            self._pipeline.report(key, message)


def _choose_owners(plugins: Sequence[PluginRun]) -> None:
    """An object in several places of a pipeline is started and stopped once."""
    known: set[int] = set()
    for run in plugins:
        run.owns_plugin = id(run.plugin) not in known
        known.add(id(run.plugin))


def _resolve_sink(sink: SinkLike) -> str | Path | PluginRun:
    if isinstance(sink, str) and sink in NAMED:
        return sink
    if isinstance(sink, (str, PathLike)):
        path = file_path(sink)
        if path is not None:
            return path
    return _plugin_run(sink, "sink")


def _plugin_run(plugin: object, kind: Kind) -> PluginRun:
    """A plugin given by name or as an instance, checked for its kind."""
    from fapilog._plugin_run import PluginRun
    from fapilog.plugins import load

    if not isinstance(plugin, str):
        name = getattr(plugin, "name", None)
        name = name if isinstance(name, str) else type(plugin).__name__
        if isinstance(plugin, type):
            reason = f"it is a class; give an instance: {plugin.__name__}()"
            raise PluginError("plugin-wrong-kind", name=plugin.__name__, wanted=kind, reason=reason)
        check_kind(name, plugin, kind)
        return PluginRun(name, kind, plugin)
    try:
        return PluginRun(plugin, kind, load(plugin, kind=kind))
    except PluginError as error:
        if kind == "sink" and error.error_id == "unknown-plugin":
            raise _unknown_sink(plugin) from None
        raise


def _unknown_sink(name: str) -> ConfigurationError:
    from fapilog._discovery import found_plugins

    return unknown_sink(name, [plugin.name for plugin in found_plugins()])
