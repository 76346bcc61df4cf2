"""A pipeline with everything that belongs to it, from its start to its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from operator import itemgetter
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast
from weakref import ref

from fapilog import _lifecycle, _observers
from fapilog._alerts import Alerts
from fapilog._destination import Destination
from fapilog._engine import Pipeline
from fapilog._errors import ConfigurationError, PluginError
from fapilog._kinds import check_kind
from fapilog._native import NativePart
from fapilog._native_plugin import NativePlugin, check_native_kind, is_native
from fapilog._order import in_order
from fapilog._plugin_run import PluginRun
from fapilog._sinks import NAMED, SinkLike, file_path, not_writable, unknown_sink
from fapilog._stats import CloseReport, Stats, durable_stats, sink_stats, stage_stats
from fapilog._use import ATTRIBUTE, Use, use_of
from fapilog.plugins._registry import find_local

if TYPE_CHECKING:
    from fapilog._debug_socket import DebugSocket
    from fapilog._host import PluginHost
    from fapilog._plugin_uri import PluginUri
    from fapilog._policy import Policy
    from fapilog.formats import FormatSpec
    from fapilog.plugins._protocols import Kind


@dataclass(frozen=True)
class DurableOptions:
    """Crash-safe mode: the folder of its journals, and most bytes that one may take."""

    folder: Path
    bytes: int


@dataclass(frozen=True)
class Options:
    """What a pipeline is made of, checked already as far as single values go."""

    sinks: Sequence[SinkLike | Destination]
    stages: Sequence[tuple[Kind, object]]
    name: str = ""
    format: object = "json"
    levels: Mapping[str, str | int] = field(default_factory=dict)
    queue_records: int = 16_384
    queue_bytes: int = 8 * 1024 * 1024
    overflow: str = "block"
    block_seconds: float = 1.0
    sample_one_in: int = 10
    protected: Sequence[int] = ()
    durable: DurableOptions | None = None
    alerters: Sequence[object] = ()
    alert_level: int = 50
    alert_interval: float = 60.0
    policy: Policy | None = None
    debug_socket: Path | None = None


class AlerterRun(PluginRun):
    """An alerter, which hears of a message once in a while."""

    observes = True

    def __init__(self, run: PluginRun, use: Use, interval: float) -> None:
        super().__init__(run.name, "alerter", run.plugin, use, run.make)
        self.alerts = Alerts(interval)


class Runtime:
    """One running pipeline and its plugin host."""

    def __init__(self, options: Options) -> None:
        """Start a pipeline; when anything fails, nothing of it is left running.

        Raises:
            ConfigurationError: ``unknown-sink``, ``bad-sink``, ``sink-not-writable``,
                ``durable-needs-native-redactors``, ``durable-folder`` or ``debug-socket``.
            PluginError: Whatever loading or starting a plugin raises.
        """
        self._options = options
        self._closed: CloseReport | None = None
        self._pipeline: Pipeline | None = None
        self._debug_socket: DebugSocket | None = None
        self._start()
        if options.debug_socket is not None:
            self._open_debug_socket(options.debug_socket)
        _lifecycle.add(self)

    def _open_debug_socket(self, path: Path) -> None:
        """Let the records be looked at.

        Raises:
            ConfigurationError: ``debug-socket``; nothing is left running then.
        """
        from fapilog._debug_socket import DebugSocket

        try:
            self._debug_socket = DebugSocket(path, self)
        except BaseException:
            self.close(0.0)
            raise

    @property
    def name(self) -> str:
        """The name of the logger that it was made for."""
        return self._options.name

    @property
    def levels(self) -> Mapping[str, str | int]:
        """Levels of single loggers, by name."""
        return self._options.levels

    def _start(self) -> None:
        options = self._options
        stages = _resolve_stages(options.stages, options.policy)
        sinks = _resolve_sinks(options.sinks, options.policy)
        self._sinks = len(sinks)
        alerters = _alert_places(options)
        self._alerters = len(alerters)
        sinks += alerters
        sinks += [_Place(Destination(sink=run.name), run) for run in _observers.runs()]
        durable = _durable_spec(options)
        # Started in this order and stopped in the reverse one: sinks outlive the stages.
        self._plugins = [sink.target for sink in sinks if isinstance(sink.target, PluginRun)]
        self._plugins += [stage for stage in stages if isinstance(stage, PluginRun)]
        _choose_owners(self._plugins)
        _name_apart(self._plugins)
        self._own(self._plugins)
        self._host = self._start_host() if self._plugins else None
        try:
            self._pipeline = self._start_pipeline(options, stages, sinks, durable)
        except BaseException:
            self._stop_plugins(self._plugins)
            self._disown()
            raise
        self._pipeline.on_fork(_weak(self))

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
            if self._debug_socket is not None:
                self._debug_socket.close()
            if self._host is not None and not stuck:
                self._host.stop()
            _lifecycle.remove(self)
            self._disown()
            if undelivered:
                self.pipeline.report(
                    "close",
                    f"{undelivered} records were not delivered within {timeout:g} s; "
                    f"stuck: {', '.join(stuck) or 'nothing'}"
                    + (KEPT if self._options.durable else ""),
                )
        return self._closed

    @property
    def runs(self) -> Sequence[PluginRun]:
        """The plugins at work, sinks first."""
        return [run for run in self._plugins if run.kind == "alerter" or not run.observes]

    @property
    def host(self) -> PluginHost:
        """What they run in; there is one when there are plugins."""
        return cast("PluginHost", self._host)

    def exchange(self, run: PluginRun, plugin: object) -> None:
        """Put another plugin in the place of one that runs.

        Raises:
            PluginError: ``plugin-in-use`` or ``plugin-start``; the old one goes on then.
        """
        places = [place for place in self._plugins if place.plugin is run.plugin]
        old = run.plugin
        self._own([PluginRun(run.name, run.kind, plugin)])
        try:
            problem = self.host.exchange(places, plugin)
        except BaseException as error:
            _at_work.pop(id(plugin), None)
            if not isinstance(error, Exception):
                raise
            reason = f"{type(error).__name__}: {error}"
            raise PluginError("plugin-start", name=run.name, reason=reason) from error
        _at_work.pop(id(old), None)
        for place in places:
            place.make = None
        if problem:
            self._report(f"stop {run.name}", f"{run.kind} `{run.name}` did not stop: {problem}")

    def _own(self, runs: Sequence[PluginRun]) -> None:
        """Take plugins: an object is at work in one pipeline only.

        Raises:
            PluginError: ``plugin-in-use``.
        """
        for run in runs:
            owner = _at_work.get(id(run.plugin))
            other = owner() if owner is not None else None
            if run.is_shareable or other is self or other is None or other._closed is not None:
                continue
            hint = "make an instance for each logger, or share the logger: logger.child(…)"
            raise PluginError("plugin-in-use", hint=hint, name=run.name, logger=other.name)
        for run in runs:
            if not run.is_shareable:
                _at_work[id(run.plugin)] = ref(self)

    def _disown(self) -> None:
        for run in self._plugins:
            owner = _at_work.get(id(run.plugin))
            if owner is not None and owner() is self:
                del _at_work[id(run.plugin)]

    def report(self, key: str, message: str) -> None:
        """Say something in the diagnostics, at most every 10 seconds a key."""
        self.pipeline.report(key, message)

    def is_host_thread(self) -> bool:
        """Whether the calling thread is the one that plugins run in."""
        return self._host is not None and self._host.is_current_thread()

    @property
    def is_stuck(self) -> bool:
        """Whether it was closed and something of it did not end in time."""
        return self._closed is not None and bool(self._closed.stuck)

    def abandon(self) -> None:
        """At the end of the process: no plugin that is left behind gets another turn."""
        if self._host is not None:
            self._host.abandon()

    def forget_after_fork(self) -> None:
        """Called in the child process after a fork: the threads did not come along."""
        # The event loop of the host shares its selector with the parent process: closing it here,
        # as the garbage collector would, takes the parent's wake-up away.
        _of_parents.append(self._host)
        self.pipeline.forget_after_fork()

    def _revive(self) -> None:
        """Start anew in a forked process, at its first record.

        Plugins given by name are made and started anew; those given as objects are started again.
        """
        old = self.pipeline
        self._host, self._closed = None, None
        try:
            self._start()
        except Exception as error:  # noqa: BLE001 - a log call must not raise
            self._pipeline = old
            _say_not_revived(self.name, error)
            return
        old.revive(self.pipeline)
        _lifecycle.add(self)

    def stats(self) -> Stats:
        """The counts now."""
        counts = self.pipeline.counts()
        sinks = [sink_stats(sink) for sink in self.pipeline.sinks()]
        return Stats(
            submitted=counts["submitted"],
            delivered=counts["delivered"],
            filtered=counts["filtered"],
            dropped=sum(counts["dropped"].values()),
            queued=counts["queued"],
            dropped_by_reason=counts["dropped"],
            sinks=tuple(sinks[: self._sinks]),
            alerters=tuple(sinks[self._sinks : self._sinks + self._alerters]),
            stages=tuple(stage_stats(stage) for stage in self.pipeline.stages()),
            plugins=tuple(run.stats() for run in self.runs),
            durable=durable_stats(self.pipeline.durable()),
        )

    def _start_host(self) -> PluginHost:
        from fapilog._host import PluginHost

        host = PluginHost(self._report)
        host.start()
        self._host = host
        started: list[PluginRun] = []
        try:
            for run in self._plugins:
                self._start_plugin(host, run)
                started.append(run)
        except BaseException:
            self._stop_plugins(started)
            self._disown()
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
        self,
        options: Options,
        stages: Sequence[_Stage],
        sinks: Sequence[_Place],
        durable: _DurableSpec | None,
    ) -> Pipeline:
        from fapilog.enrichers import Thread

        formats: list[FormatSpec] = []
        specs = [
            place.destination.spec(self._target(place), options.format, formats) for place in sinks
        ]
        for spec, place in zip(specs, sinks, strict=True):
            spec["fallback"] = place.fallback
            spec["observes"] = isinstance(place.target, PluginRun) and place.target.observes
        try:
            return Pipeline(
                sinks=specs,
                stages=self._stage_specs(stages),
                formats=formats,
                queue_records=options.queue_records,
                queue_bytes=options.queue_bytes,
                overflow=options.overflow,
                block_seconds=options.block_seconds,
                sample_one_in=options.sample_one_in,
                protected=list(options.protected),
                capture_thread=any(isinstance(part, Thread) for _, part in options.stages),
                durable=durable,
            )
        except RuntimeError as error:
            if len(error.args) != len(("name", "reason")):
                raise
            name, reason = error.args
            raise PluginError("plugin-start", name=name, reason=reason) from None
        except OSError as error:
            if durable is not None and str(error.filename) == durable[0]:
                raise _bad_folder(durable[0], error) from error
            raise not_writable(Path(error.filename), error) from error

    def _target(self, place: _Place) -> object:
        run = place.target
        if not isinstance(run, PluginRun):
            return run
        host = cast("PluginHost", self._host)
        return (
            run.name,
            lambda records: host.write(run, records),
            lambda: host.stop_plugin(run),
            run.takes_texts,
        )

    def _stage_specs(self, stages: Sequence[_Stage]) -> list[Any]:
        """What the engine is told: adjacent plugins are one stage, one hop to the host."""
        specs: list[Any] = []
        for is_plugin, run in groupby(stages, key=lambda stage: isinstance(stage, PluginRun)):
            if is_plugin:
                specs.append(self._group(cast("list[PluginRun]", list(run))))
            else:
                specs.extend(run)
        return specs

    def _group(self, group: list[PluginRun]) -> object:
        host = cast("PluginHost", self._host)
        return (
            lambda records, nested: host.run_stages(group, records, nested),
            lambda: self._stop_stages(group),
        )

    def _stop_stages(self, group: list[PluginRun]) -> None:
        host = cast("PluginHost", self._host)
        for run in reversed(group):
            if problem := host.stop_plugin(run):
                self._report(f"stop {run.name}", f"{run.kind} `{run.name}` did not stop: {problem}")

    def _report(self, key: str, message: str) -> None:
        if self._pipeline is not None:
            self._pipeline.report(key, message)


#: What becomes of undelivered records in crash-safe mode.
KEPT: Final = "; they are in the journal, and the next start delivers them"

#: Folder, bytes, and type and options of each redactor.
_DurableSpec: TypeAlias = "tuple[str, int, list[tuple[str, str]]]"


def _durable_spec(options: Options) -> _DurableSpec | None:
    """What the engine is told of crash-safe mode.

    Raises:
        ConfigurationError: ``durable-needs-native-redactors``.
    """
    if options.durable is None:
        return None
    redactors: list[tuple[str, str]] = []
    for kind, part in options.stages:
        if kind != "redactor":
            continue
        if not isinstance(part, NativePart):
            name = part if isinstance(part, str) else type(part).__name__
            hint = "use fapilog.redactors.Fields, Patterns or AllowList, or leave out durable="
            raise ConfigurationError("durable-needs-native-redactors", hint=hint, name=name)
        redactors.append(part.spec())
    return (str(options.durable.folder), options.durable.bytes, redactors)


def _bad_folder(folder: str, error: OSError) -> ConfigurationError:
    reason = error.strerror or str(error)
    hint = "name a folder that this process may write to, on a local file system"
    return ConfigurationError("durable-folder", hint=hint, folder=folder, reason=reason)


#: Plugin hosts that a forked process must not touch.
_of_parents: list[object] = []


def _weak(runtime: Runtime) -> Callable[[], None]:
    """Revives a runtime without keeping it alive."""
    reference = ref(runtime)

    def revive() -> None:
        runtime = reference()
        if runtime is not None:
            runtime._revive()

    return revive


def _say_not_revived(name: str, error: Exception) -> None:
    from fapilog._engine import say

    say(f"logger `{name}` cannot go on in a forked process: {type(error).__name__}: {error}")


def check_parts(options: Options) -> None:
    """Find every sink, stage and plugin of some options; opens and starts nothing.

    Raises:
        ConfigurationError: ``unknown-sink``, ``bad-sink`` or ``durable-needs-native-redactors``.
        PluginError: Whatever loading a plugin raises.
    """
    _resolve_stages(options.stages, options.policy)
    _resolve_sinks(options.sinks, options.policy)
    _alert_places(options)
    _durable_spec(options)


def resolved_parts(options: Options) -> tuple[list[object], list[object]]:
    """Stages in the order in which they run, and sinks, as :func:`check_parts` finds them.

    Raises:
        ConfigurationError: As :func:`check_parts`.
        PluginError: Whatever loading a plugin raises.
    """
    stages = _resolve_stages(options.stages, options.policy)
    places = [*_resolve_sinks(options.sinks, options.policy), *_alert_places(options)]
    return list(stages), [place.target for place in places]


#: Which runtime each plugin object is at work in, by its id; it lives as long as that one.
_at_work: Final[dict[int, ref[Runtime]]] = {}


def _name_apart(plugins: Sequence[PluginRun]) -> None:
    """Names of a pipeline tell its plugins apart: ``name``, ``name-2`` and so on."""
    taken: set[str] = set()
    for run in plugins:
        name, number = run.name, 1
        while name in taken:
            number += 1
            name = f"{run.name}-{number}"
        run.name = name
        taken.add(name)


def _choose_owners(plugins: Sequence[PluginRun]) -> None:
    """An object in several places of a pipeline is started and stopped once."""
    known: set[int] = set()
    for run in plugins:
        run.owns_plugin = id(run.plugin) not in known
        known.add(id(run.plugin))


#: A plugin; the type and options of a native sink; or what the engine needs of a library.
_Target: TypeAlias = "PluginRun | tuple[str, str] | tuple[str, object, str]"


@dataclass
class _Place:
    """A destination whose sink was found: a plugin, or the type and options of a native one."""

    destination: Destination
    target: _Target
    fallback: int | None = None


def _resolve_sinks(sinks: Sequence[SinkLike | Destination], policy: Policy | None) -> list[_Place]:
    """Every sink in its place; those that are only fallbacks come last."""
    places: list[_Place] = []
    absent: list[AbsentError] = []
    for sink in sinks:
        try:
            places.append(_place(sink, policy))
        except AbsentError as error:  # noqa: PERF203 - once a sink
            absent.append(error)
    if absent and not places:
        raise absent[0]  # records would go nowhere
    for left_out in absent:
        left_out.say()
    for place in list(places):
        if place.destination.fallback is not None:
            place.fallback = len(places)
            places.append(_place(place.destination.fallback, policy))
    return places


def _alert_places(options: Options) -> list[_Place]:
    """Every alerter, as a sink that keeps nothing."""
    places: list[_Place] = []
    for part in options.alerters:
        use = use_of(part)
        try:
            run = _plugin_run(use, "alerter", options.policy)
        except AbsentError as error:
            error.say()
            continue
        alerter = AlerterRun(run, use, options.alert_interval)
        places.append(_Place(Destination(sink=run.name, minimum=options.alert_level), alerter))
    return places


def _place(sink: SinkLike | Destination, policy: Policy | None) -> _Place:
    destination = sink if isinstance(sink, Destination) else Destination(sink=sink)
    return _Place(destination, _resolve_sink(destination.sink, policy))


def _resolve_sink(sink: SinkLike, policy: Policy | None) -> _Target:
    if isinstance(sink, NativePart):
        return sink.spec()
    if isinstance(sink, str) and sink in NAMED:
        return (sink, "{}")
    if isinstance(sink, (str, PathLike)):
        path = file_path(sink)
        if path is not None:
            return ("file", json.dumps({"path": str(path)}))
    found = _found(use_of(sink), "sink", policy)
    if isinstance(found, NativePlugin):
        return (found.name, found.capsule, found.config)
    return found


#: A plugin; the kind, type and options of a native stage; or what the engine needs of a library.
_Stage: TypeAlias = "PluginRun | tuple[str, str, str] | tuple[str, object, str]"


def _resolve_stages(parts: Sequence[tuple[Kind, object]], policy: Policy | None) -> list[_Stage]:
    """Every stage, in the order in which they run.

    Raises:
        ConfigurationError: ``enricher-missing`` or ``enricher-cycle``.
    """
    stages: list[_Stage] = []
    for kind, group in groupby(parts, key=itemgetter(0)):
        uses: list[Use] = []
        found: list[_Stage] = []
        for _, part in group:
            use = use_of(part)
            try:
                found.append(_resolve_stage(use, kind, policy))
            except AbsentError as error:
                error.say()
            else:
                uses.append(use)
        if kind == "enricher":
            places = [
                (_stage_name(stage), use.priority, use.after)
                for stage, use in zip(found, (_merged(use, kind) for use in uses), strict=True)
            ]
            found = [found[index] for index in in_order(places)]
        stages.extend(found)
    return stages


def _stage_name(stage: _Stage) -> str:
    if isinstance(stage, PluginRun):
        return stage.name
    return stage[1] if isinstance(stage[1], str) else stage[0]


def _merged(use: Use, kind: Kind) -> Use:
    """A use of a local plugin by its name says what its decorator says, unless it says more."""
    if not isinstance(use.plugin, str):
        return use
    local = find_local(kind, use.plugin)
    if local is None:
        return use
    if use == Use(use.plugin):
        return local
    return replace(use, plugin=local.plugin, name=use.name or local.name)


def _resolve_stage(use: Use, kind: Kind, policy: Policy | None) -> _Stage:
    stage = use.plugin
    if isinstance(stage, NativePart):
        if stage.kind != kind:
            reason = f"it is a native {stage.kind}"
            raise PluginError("plugin-wrong-kind", name=stage.type, wanted=kind, reason=reason)
        return (kind, *stage.spec())
    found = _found(use, kind, policy)
    if isinstance(found, NativePlugin):
        return (found.name, found.capsule, found.config)
    return found


class AbsentError(PluginError):
    """A first-party plugin that is not installed, of a kind that a pipeline can do without."""

    def say(self) -> None:
        """Say once that it is left out."""
        from fapilog._absent import say_absent

        values = self.values
        say_absent(str(values["kind"]), str(values["name"]), str(values["extra"]))


#: Kinds that decide what may be seen: without one of them nothing goes on.
_NEEDED: Final = ("filter", "redactor")


def _absent(error: PluginError, kind: Kind, name: str) -> PluginError:
    """The same error, told apart when the plugin is one of an extra and can be left out."""
    from fapilog._absent import extra_of

    extra = extra_of(name.partition("://")[0])
    if extra is None:
        return error
    install = f'install "fapilog[{extra}]"'
    values = {**error.values, "extra": extra}
    made = PluginError if kind in _NEEDED else AbsentError
    return made("unknown-plugin", hint=f"install it: pip {install}, or uv pip {install}", **values)


def _plugin_run(use: Use, kind: Kind, policy: Policy | None) -> PluginRun:
    """A plugin in Python given by name or as an object, checked for its kind."""
    found = _found(use, kind, policy)
    if isinstance(found, PluginRun):
        return found
    reason = f"it is in a library, where no {kind}s can be"
    raise PluginError("plugin-wrong-kind", name=found.name, wanted=kind, reason=reason)


def _found(use: Use, kind: Kind, policy: Policy | None) -> PluginRun | NativePlugin:
    """A plugin given by name or as an object, checked for its kind."""
    from fapilog.plugins import load

    use, uri = _of_scheme(use, kind)
    local = isinstance(use.plugin, str) and find_local(kind, use.plugin) is not None
    if local:
        _refuse_installed(use.plugin)
    use = _merged(use, kind)
    use.check_for(kind)
    plugin = use.plugin
    if not isinstance(plugin, str):
        if is_native(plugin):
            native = NativePlugin(use.name, plugin, use.config)
            check_native_kind(native, kind)
            _refuse_options(use, native)
            return native
        name = use.name or _own_name(plugin)
        if isinstance(plugin, type):
            if not local and not hasattr(plugin, ATTRIBUTE):
                reason = f"it is a class; give an instance: {plugin.__name__}()"
                raise PluginError("plugin-wrong-kind", name=name, wanted=kind, reason=reason)
            from fapilog._loader import make_instance
            from fapilog.plugins._loading import make_of_uri

            make = (
                partial(make_of_uri, plugin, uri)
                if uri is not None
                else partial(make_instance, name, plugin, use.config)
            )
            return PluginRun(name, kind, make(), use, make)
        check_kind(name, plugin, kind)
        if use.config is not None or (uri is not None and uri.options):
            reason = "it takes none: it is made already"
            raise PluginError("plugin-bad-config", name=name, reason=reason)
        return PluginRun(name, kind, plugin, use)
    make = partial(load, plugin, kind=kind, config=use.config, policy=policy)
    try:
        made = make()
        name = use.name or plugin.partition("://")[0]
        if isinstance(made, NativePlugin):
            _refuse_options(use, made)
            made.name = name
            return made
        return PluginRun(name, kind, made, use, make)
    except PluginError as error:
        if error.error_id != "unknown-plugin":
            raise
        absent = _absent(error, kind, plugin)
        if kind == "sink" and absent is error:
            raise _unknown_sink(plugin) from None
        raise absent from None


def _of_scheme(use: Use, kind: Kind) -> tuple[Use, PluginUri | None]:
    """A URI whose scheme is the name of a local plugin, as that name and the URI."""
    if not isinstance(use.plugin, str) or "://" not in use.plugin:
        return use, None
    scheme = use.plugin.partition("://")[0]
    if find_local(kind, scheme) is None:
        return use, None
    from fapilog._plugin_uri import PluginUri

    return replace(use, plugin=scheme), PluginUri(use.plugin)


def _refuse_installed(name: str) -> None:
    """Refuse a name that a local and an installed plugin have, rather than choosing one."""
    from fapilog._discovery import found_plugins
    from fapilog._names import normalised

    for plugin in found_plugins():
        if normalised(plugin.name) == normalised(name):
            owners = f"this application, `{plugin.distribution}` {plugin.version}"
            hint = "register yours under another name, or give the function itself"
            raise PluginError("duplicate-plugin", hint=hint, name=name, distributions=owners)


def _refuse_options(use: Use, native: NativePlugin) -> None:
    """What is said about a plugin in a library that has no effect there."""
    for option, unset in (
        ("when", None),
        ("timeout", None),
        ("cache", None),
        ("on_failure", "say"),
    ):
        value = getattr(use, option)
        if value != unset:
            expected = f"nothing: `{native.name}` is in a library"
            raise ConfigurationError("bad-option", option=option, value=value, expected=expected)


def _own_name(plugin: object) -> str:
    for name in (getattr(plugin, "name", None), getattr(plugin, "__name__", None)):
        if isinstance(name, str) and name:
            return name
    return type(plugin).__name__


def _unknown_sink(name: str) -> ConfigurationError:
    from fapilog._discovery import found_plugins

    return unknown_sink(name, [plugin.name for plugin in found_plugins()])
