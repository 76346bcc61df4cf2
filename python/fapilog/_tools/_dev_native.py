"""``fapilog plugin dev`` for a plugin in a library: built on every save, and swapped when it is.

What is loaded stays loaded, so a new build goes under a path of its own, and the application gets a
new pipeline with it; the old one is flushed and closed when no record goes into it any more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from fapilog._get_logger import get_logger
from fapilog._kinds import usable_kinds
from fapilog._tools._application import small_application
from fapilog._tools._built import BuildError, build
from fapilog._tools._fresh import Files
from fapilog._tools._native_stage import stage_of, times_of
from fapilog._tools._project import Project, options_of_library
from fapilog._use import Use

if TYPE_CHECKING:
    from fapilog._logger import Logger
    from fapilog._tools._channel import Channel
    from fapilog.plugins._protocols import Kind

#: Seconds between two looks at the files.
_LOOK: Final = 0.02

#: Seconds between two reports of the counters.
_REPORT: Final = 0.25

#: What a build may be made of.
_SOURCES: Final = ("*.rs", "*.c", "*.h", "*.cc", "*.cpp", "*.hpp", "*.py", "*.toml")

_COUNTS: Final = ("submitted", "delivered", "filtered", "dropped", "queued")


def run(request: Mapping[str, Any], project: Project, channel: Channel) -> None:
    """Run until so many records were logged, or an interrupt.

    Raises:
        ToolProblem: ``plugin-not-built``, when not even the first build succeeds.
    """
    with TemporaryDirectory(prefix="fapilog-dev-") as folder:
        session = Exchanged(request, project, channel, Path(folder))
        begin = {"project": project.distribution, "folder": str(project.folder)}
        try:
            session.start()
        except BuildError as failure:
            raise failure.problem(project.distribution) from None
        channel.send("begin", begin)
        watching = threading.Thread(target=session.watch, name="fapilog-dev", daemon=True)
        watching.start()
        try:
            small_application(
                session,
                rate=float(request["rate"]),
                records=request.get("records"),
                ended=lambda: session.ended,
            )
        except KeyboardInterrupt:
            pass
        finally:
            session.end()
            watching.join(timeout=5)


class Exchanged:
    """The pipeline with the newest build that works; logs like a logger, into whichever that is."""

    def __init__(
        self, request: Mapping[str, Any], project: Project, channel: Channel, folder: Path
    ) -> None:
        self._request = request
        self._project = project
        self._channel = channel
        self._folder = folder
        self._files = Files([project.folder], _SOURCES, skip=("target", "dist", "build"))
        #: Held while a record is logged, and while pipelines are exchanged.
        self._lock = threading.Lock()
        self._log: Logger
        self._names: list[tuple[str, Kind]] = []
        self._before = dict.fromkeys(_COUNTS, 0)
        self._records = {"records": 0, "errors": 0}
        self._builds = 0
        self._reloads = 0
        self._failed_reloads = 0
        self._ending = threading.Event()

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self._ending.is_set()

    def __getattr__(self, level: str) -> Callable[..., None]:
        """Log a record through the pipeline that there is now."""

        def log(message: str, **fields: object) -> None:
            with self._lock:
                getattr(self._log, level)(message, **fields)

        return log

    def start(self) -> None:
        """Build and make the first pipeline.

        Raises:
            BuildError: The build fails.
        """
        self._log, self._names = self._made()

    def watch(self) -> None:
        """Look at the files and report the counters until it is over."""
        reported = 0.0
        try:
            while not self._ending.wait(_LOOK):
                saved = self._files.changed()
                if saved is not None:
                    self._reload(saved)
                if time.monotonic() - reported >= _REPORT:
                    reported = time.monotonic()
                    self._channel.send("status", self._status())
        except BrokenPipeError:  # nobody looks on any more
            self._ending.set()

    def end(self) -> None:
        """Close the pipeline and report the last counters."""
        self._ending.set()
        with self._lock:
            self._log.flush(timeout=10)
            self._log.close(timeout=5)
        self._channel.send("end", self._status())

    def _made(self) -> tuple[Logger, list[tuple[str, Kind]]]:
        self._builds += 1
        built = build(self._project, self._folder / str(self._builds))
        parts: dict[str, Any] = {"sinks": ["null"]}
        names = []
        for entry in self._project.chosen(self._request.get("plugin")):
            loaded = built.loaded(entry)
            kind = usable_kinds(entry.name, loaded)[0]
            config = options_of_library(self._request.get("options", ()))
            parts.setdefault(f"{kind}s", []).append(Use(loaded, name=entry.name, config=config))
            names.append((entry.name, kind))
        return get_logger("dev", level="DEBUG", block_timeout=60, **parts), names

    def _reload(self, saved: float) -> None:
        try:
            made, names = self._made()
        except Exception as error:  # noqa: BLE001 - whatever keeps it from being built or loaded
            self._failed_reloads += 1
            told: dict[str, Any] = {"error": f"{type(error).__name__}: {error}", "place": None}
            if isinstance(error, BuildError):
                told.update(error=error.reason, place=error.place)
            self._channel.send("reload", {"ok": False, **told})
            return
        with self._lock:
            old, self._log, old_names, self._names = self._log, made, self._names, names
        self._reloads += 1
        ms = 1e3 * (time.time() - saved)
        self._channel.send("reload", {"ok": True, "exchanged_ms": round(ms, 3)})
        old.flush(timeout=60)
        old.close(timeout=10)
        self._keep(old, old_names)
        while not self._ending.wait(0.001):
            if made.stats().submitted and any(stage_of(made, name).records for name, _ in names):
                ms = 1e3 * (time.time() - saved)
                self._channel.send("passed", {"ms": round(ms, 3)})
                return

    def _keep(self, old: Logger, names: list[tuple[str, Kind]]) -> None:
        stats = old.stats()
        for count in _COUNTS:
            self._before[count] += getattr(stats, count)
        for name, _ in names:
            stage = stage_of(old, name)
            self._records["records"] += stage.records
            self._records["errors"] += stage.errors

    def _status(self) -> dict[str, Any]:
        stats = self._log.stats()
        counts = {name: self._before[name] + getattr(stats, name) for name in _COUNTS}
        plugins = []
        for name, kind in self._names:
            stage = stage_of(self._log, name)
            p50, p99 = times_of(stage.latency)
            plugins.append(
                {
                    "name": name,
                    "kind": kind,
                    "records": self._records["records"] + stage.records,
                    "errors": self._records["errors"] + stage.errors,
                    "p50_us": round(1e6 * p50, 3),
                    "p99_us": round(1e6 * p99, 3),
                    "health": "healthy" if not stage.errors else "degraded",
                    "last": [],
                }
            )
        return {
            **counts,
            "reloads": self._reloads,
            "failed_reloads": self._failed_reloads,
            "plugins": plugins,
            "failures": [],
        }
