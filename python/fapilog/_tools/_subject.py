"""A plugin that is measured, and the no-op of its kind that it is measured beside."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fapilog._discovery import FoundPlugin, found_plugins
from fapilog._gate import admit
from fapilog._kinds import METHODS, usable_kinds
from fapilog._loader import find, import_plugin, make_instance
from fapilog._names import normalised
from fapilog._native_plugin import is_native
from fapilog._tools._problem import ToolProblem
from fapilog._tools._project import Project, find_project, options_for, options_of_library
from fapilog._use import Use

if TYPE_CHECKING:
    from fapilog.plugins._protocols import Alert, Kind, Record


@dataclass(frozen=True)
class Subject:
    """A plugin that can be made as often as it is measured.

    Attributes:
        name: Its name; ``no-op`` for the baseline.
        kind: What it works as.
        distribution: The distribution that it is of.
        version: That distribution's version.
        make: Makes an instance; of a library, what stands for one in a pipeline.
        is_native: Whether it is in a library.
        digest: SHA-256 of its source files in order of their names; empty for what is installed.
    """

    name: str
    kind: Kind
    distribution: str
    version: str
    make: Callable[[], object]
    digest: str = ""
    is_native: bool = False

    def method(self, plugin: object) -> Callable[[Any], Any]:
        """The working method of an instance."""
        found: Callable[[Any], Any] | None = getattr(plugin, METHODS[self.kind], None)
        # A plugin may be a function.
        return cast("Callable[[Any], Any]", plugin) if found is None else found


def subjects(request: Mapping[str, Any]) -> tuple[Project | None, list[Subject]]:
    """The plugins that a request is about: those of the project it was made in, or installed ones.

    Raises:
        ToolProblem: What the project lacks, or ``plugin-not-installed``.
        PluginError: What finding and importing a plugin raises.
    """
    wanted, options = request.get("plugin"), request.get("options", ())
    try:
        project = find_project(Path(request["folder"]))
        entries = project.chosen(wanted)
    except ToolProblem:
        if wanted is None:
            raise
        return None, installed(wanted, options)
    project.make_discoverable()
    digest = _digest(project)
    return project, [
        _subject(find(entry.name, kind="processor"), options, digest, project) for entry in entries
    ]


def installed(name: str, options: Sequence[str] = ()) -> list[Subject]:
    """Installed plugins by the name of one, or by that of their distribution.

    Raises:
        ToolProblem: ``plugin-not-installed``.
    """
    wanted = normalised(name)
    found = [
        plugin
        for plugin in found_plugins()
        if wanted in (normalised(plugin.name), normalised(plugin.distribution))
    ]
    if not found:
        raise ToolProblem(
            "plugin-not-installed",
            f"no plugin or distribution `{name}` is installed here",
            f'pip install "{name}"',
        )
    return [_subject(plugin, options, "", None) for plugin in found]


def _subject(
    plugin: FoundPlugin, options: Sequence[str], digest: str, project: Project | None
) -> Subject:
    admit(plugin)
    loaded = import_plugin(plugin)
    native = is_native(loaded)
    config = options_of_library(options) if native else options_for(loaded, options)

    def make() -> object:
        if native:
            return Use(loaded, name=plugin.name, config=config)
        return make_instance(plugin.name, loaded, config)

    return Subject(
        name=plugin.name,
        kind=usable_kinds(plugin.name, loaded)[0],
        distribution=project.distribution if project else plugin.distribution,
        version=project.version if project else plugin.version,
        make=make,
        digest=digest,
        is_native=native,
    )


def _digest(project: Project) -> str:
    found = hashlib.sha256()
    for root in project.roots:
        for package in project.packages:
            for path in sorted((root / package).rglob("*")):
                if path.is_file() and path.suffix != ".pyc":
                    found.update(f"{path.relative_to(root)}\0".encode())
                    found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def baseline(kind: Kind, *, batches: bool) -> Subject:
    """The no-op of a kind: what the harness itself costs.

    Args:
        kind: The kind.
        batches: Whether a sink takes batches, as the one that it is compared with does.
    """
    made = _BatchSink if kind == "sink" and batches else _NO_OPS[kind]
    return Subject("no-op", kind, "fapilog", "", made)


class _Filter:
    async def filter(self, record: Record) -> Record | None:
        return record


class _Enricher:
    async def enrich(self, record: Record) -> Mapping[str, Any]:
        return {}


class _Processor:
    async def process(self, record: Record) -> Record | None:
        return record


class _Redactor:
    async def redact(self, record: Record) -> Record:
        return record


class _Sink:
    async def write(self, record: Record) -> None:
        pass


class _BatchSink(_Sink):
    async def write_batch(self, records: Sequence[Record]) -> None:
        pass


class _Alerter:
    async def alert(self, alert: Alert) -> None:
        pass


_NO_OPS: dict[str, type] = {
    "filter": _Filter,
    "enricher": _Enricher,
    "processor": _Processor,
    "redactor": _Redactor,
    "sink": _Sink,
    "alerter": _Alerter,
}
