"""``fapilog plugin dev``: an application with the plugin in it, exchanged on every save."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fapilog import _lifecycle
from fapilog._errors import FapilogError
from fapilog._get_logger import get_logger
from fapilog._plugin_control import Plugins
from fapilog._tools import _dev_native
from fapilog._tools._application import run_own, small_application
from fapilog._tools._difference import difference
from fapilog._tools._fresh import Files, FreshPackages
from fapilog._tools._parts import project_parts
from fapilog._tools._place import place_of
from fapilog._tools._problem import ToolProblem
from fapilog._tools._project import Project, find_project
from fapilog._tools._tracer import Seen, Tracer

if TYPE_CHECKING:
    from fapilog._plugin_run import PluginRun
    from fapilog._runtime import Runtime
    from fapilog._tools._channel import Channel

#: Seconds between two looks at the files; a change is taken up at the second look that shows it.
_LOOK: Final = 0.02

#: Seconds between two reports of the counters.
_REPORT: Final = 0.25

#: Last records that are shown of each plugin.
_LAST: Final = 3

#: Times that p50 and p99 are taken of.
_TIMES: Final = 2048


def run(request: Mapping[str, Any], channel: Channel) -> None:
    """Run until the application ends, or an interrupt.

    Raises:
        ToolProblem: What the project or the application lacks.
    """
    project = find_project(Path(request["folder"]))
    if project.is_built:
        if request.get("app"):
            raise in_library(project.entries[0].name)
        _dev_native.run(request, project, channel)
        return
    fresh = FreshPackages(project.packages, project.roots)
    project.make_discoverable()
    sys.dont_write_bytecode = True
    session = _Session(project, fresh, channel)
    session.watch_new_pipelines()
    watching = threading.Thread(target=session.watch, name="fapilog-dev", daemon=True)
    channel.send("begin", {"project": project.distribution, "folder": str(project.folder)})
    try:
        if request.get("app"):
            watching.start()
            run_own(request["app"])
        else:
            parts = {"sinks": ["null"], **project_parts(request, project)}
            log = get_logger("dev", level="DEBUG", block_timeout=60, **parts)
            if not log.plugins:
                raise in_library(project.entries[0].name)
            watching.start()
            small_application(
                log,
                rate=float(request["rate"]),
                records=request.get("records"),
                ended=lambda: session.ended,
            )
    except KeyboardInterrupt:
        pass
    finally:
        session.end()
        watching.join(timeout=5)


def in_library(name: str) -> ToolProblem:
    """The answer for a plugin that is no Python, in an application that is not ours."""
    return ToolProblem(
        "plugin-in-library",
        f"plugin `{name}` is in a library: what is loaded once cannot be loaded anew",
        "leave out --app: the small application exchanges a whole pipeline",
    )


class _Session:
    """The pipelines with the plugin, what is known of them, and the exchange."""

    def __init__(self, project: Project, fresh: FreshPackages, channel: Channel) -> None:
        self._project = project
        self._fresh = fresh
        self._channel = channel
        self._tracer = Tracer(self._note)
        self._files = Files(project.roots)
        self._lock = threading.Lock()
        #: Every pipeline that there was: an application may have closed it before the end.
        self._runtimes: list[Runtime] = []
        #: How each plugin is made anew, by the place that it runs in.
        self._makers: dict[int, Callable[[], object]] = {}
        self._last: dict[str, deque[dict[str, Any]]] = {}
        self._times: dict[str, deque[float]] = {}
        self._waiting: tuple[float, set[int]] | None = None
        self._failures: deque[dict[str, Any]] = deque(maxlen=_LAST)
        #: Held during a reload, so that the last counters are those of whole ones.
        self._reloading = threading.Lock()
        self._reloads = 0
        self._failed_reloads = 0
        self._ending = threading.Event()

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self._ending.is_set()

    def watch_new_pipelines(self) -> None:
        """Watch the plugins of every pipeline that is made from now on."""
        add = _lifecycle.add

        def added(runtime: Runtime) -> None:
            add(runtime)
            self._runtimes.append(runtime)
            for one in runtime.runs:
                if self._is_ours(one):
                    self._makers[id(one)] = one.make or partial(self._made_again, one)
                    self._tracer.attach(one)

        _lifecycle.add = added

    def watch(self) -> None:
        """Look at the files and report the counters until it is over."""
        try:
            self._watch()
        except BrokenPipeError:  # nobody looks on any more
            self._ending.set()

    def _watch(self) -> None:
        reported = 0.0
        while not self._ending.wait(_LOOK):
            saved = self._files.changed()
            if saved is not None:
                with self._reloading:
                    self._reload(saved)
            if time.monotonic() - reported >= _REPORT:
                reported = time.monotonic()
                self._channel.send("status", self._status())

    def end(self) -> None:
        """Close every pipeline and report the last counters."""
        # A record may have passed through new code before its exchange was over.
        if self._reloading.acquire(timeout=10.0):
            self._reloading.release()
        for runtime in _lifecycle.open_runtimes():
            runtime.flush(10.0)
        self._ending.set()
        for runtime in _lifecycle.open_runtimes():
            runtime.close(5.0)
        self._channel.send("end", self._status())

    def _is_ours(self, run: PluginRun) -> bool:
        owner = run.plugin if callable(run.plugin) else type(run.plugin)
        return self._fresh.owns(getattr(owner, "__module__", ""))

    def _made_again(self, run: PluginRun) -> object:
        """A plugin that the application made itself: of the same name in the module as it is now.

        Raises:
            ToolProblem: ``plugin-not-made-again``.
        """
        from dataclasses import asdict, fields, is_dataclass
        from importlib import import_module

        old = run.plugin
        owner = old if run.is_shareable else type(old)
        found = getattr(import_module(owner.__module__), owner.__qualname__, None)  # type: ignore[attr-defined]
        if run.is_shareable and found is not None:
            return found
        config = getattr(old, "config", getattr(old, "_config", None))
        schema = getattr(found, "Config", None)
        if isinstance(found, type) and is_dataclass(config) and is_dataclass(schema):
            # An option may have come or gone with this save.
            known = {one.name for one in fields(schema)}
            given = asdict(config).items()  # type: ignore[arg-type]
            return found(schema(**{name: value for name, value in given if name in known}))  # type: ignore[operator]
        if isinstance(found, type) and config is None:
            return found()
        raise ToolProblem(
            "plugin-not-made-again",
            f"plugin `{run.name}` was made by the application and cannot be made again: expected "
            "its configuration, a dataclass, in `config` or `_config`",
            f'name it instead of making it: {run.kind}s=["{run.name}"]',
        )

    def _reload(self, saved: float) -> None:
        places = [
            (runtime, one)
            for runtime in _lifecycle.open_runtimes()
            for one in runtime.runs
            if id(one) in self._makers
        ]
        exchanged: list[tuple[Runtime, PluginRun]] = []
        try:
            with self._fresh.anew():
                made = {id(one): self._makers[id(one)]() for _, one in places}
                # Known before the exchange: the next record may come at once.
                with self._lock:
                    self._waiting = (saved, {id(plugin) for plugin in made.values()})
                for runtime, one in places:
                    Plugins(runtime).exchange(one.name, made[id(one)])
                    exchanged.append((runtime, one))
        except Exception as error:  # noqa: BLE001 - the author's code may raise anything
            self._failed_reloads += 1
            with self._lock:
                self._waiting = None
            self._channel.send("reload", {"ok": False, **self._described(error)})
            # All or none: what was exchanged already is made anew of the old code.
            for runtime, one in exchanged:
                Plugins(runtime).exchange(one.name, self._makers[id(one)]())
            return
        self._reloads += 1
        exchanged_ms = 1e3 * (time.time() - saved)
        self._channel.send("reload", {"ok": True, "exchanged_ms": round(exchanged_ms, 3)})

    def _described(self, error: BaseException) -> dict[str, Any]:
        cause = error.__cause__ if isinstance(error, FapilogError) and error.__cause__ else error
        text = f"{type(cause).__name__}: {cause}"
        if isinstance(cause, SyntaxError):
            text = f"{type(cause).__name__}: {cause.msg}"
        return {
            "error": error.message if isinstance(error, ToolProblem) else text,
            "place": place_of(cause, self._project.folder),
        }

    def _note(self, seen: Seen) -> None:
        name = seen.run.name
        with self._lock:
            self._times.setdefault(name, deque(maxlen=_TIMES)).append(seen.seconds)
            waiting = self._waiting
            if waiting is not None and id(seen.plugin) in waiting[1]:
                self._waiting = None
            else:
                waiting = None
            last = self._last.setdefault(name, deque(maxlen=_LAST))
            shown: dict[str, Any] = {"before": seen.before, "seconds": seen.seconds}
            if seen.run.kind not in ("sink", "alerter"):
                shown["after"] = seen.after
                shown["difference"] = difference(seen.before, seen.after)
            if seen.error is not None:
                shown["failure"] = self._described(seen.error)
                self._failures.append({"plugin": name, **shown["failure"]})
            last.append(shown)
        if waiting is not None:
            self._channel.send("passed", {"ms": round(1e3 * (time.time() - waiting[0]), 3)})

    def _status(self) -> dict[str, Any]:
        counts = {"submitted": 0, "delivered": 0, "filtered": 0, "dropped": 0, "queued": 0}
        plugins: list[dict[str, Any]] = []
        for runtime in list(self._runtimes):
            stats = runtime.stats()
            for name in counts:
                counts[name] += getattr(stats, name)
            ours = [one for one in runtime.runs if id(one) in self._makers]
            plugins += map(self._plugin_status, ours)
        return {
            **counts,
            "reloads": self._reloads,
            "failed_reloads": self._failed_reloads,
            "plugins": plugins,
            "failures": list(self._failures),
        }

    def _plugin_status(self, run: PluginRun) -> dict[str, Any]:
        with self._lock:
            times = sorted(self._times.get(run.name, ()))
            last = list(self._last.get(run.name, ()))
        return {
            "name": run.name,
            "kind": run.kind,
            "records": run.records,
            "errors": run.errors,
            "p50_us": round(1e6 * times[len(times) // 2], 3) if times else 0,
            "p99_us": round(1e6 * times[len(times) * 99 // 100], 3) if times else 0,
            "health": run.health()[0],
            "last": last,
        }
