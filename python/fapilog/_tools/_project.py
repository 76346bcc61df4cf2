"""The plugin project that a tool works on: where its code is, and what it offers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from fapilog._discovery import GROUP, found_plugins
from fapilog._names import normalised
from fapilog._tools._problem import ToolProblem


@dataclass(frozen=True)
class Entry:
    """An entry point: the name that users write, and what it stands for."""

    name: str
    value: str


@dataclass(frozen=True)
class Project:
    """A plugin's source.

    Attributes:
        folder: Where its ``pyproject.toml`` is.
        distribution: The name of its distribution.
        version: Its version.
        requires: Its requirements.
        entries: Its plugins.
        table: The whole of its ``[project]``.
    """

    folder: Path
    distribution: str
    version: str
    requires: tuple[str, ...]
    entries: tuple[Entry, ...]
    table: Mapping[str, Any]

    @property
    def roots(self) -> list[Path]:
        """Folders that its packages are in."""
        for folder in (self.folder / "src", self.folder / "python"):
            if any((folder / name).is_dir() for name in self.packages):
                return [folder]
        return [self.folder]

    @property
    def is_built(self) -> bool:
        """Whether its code is made by a compiler, so that only an installed one can be run."""
        return any((self.folder / name).is_file() for name in ("Cargo.toml", "hatch_build.py"))

    @property
    def packages(self) -> list[str]:
        """Top-level names of the packages that its plugins are in."""
        found = [entry.value.partition(":")[0].partition(".")[0] for entry in self.entries]
        return list(dict.fromkeys(found))

    def chosen(self, name: str | None) -> list[Entry]:
        """The plugin of a name, or all.

        Raises:
            ToolProblem: ``plugin-not-in-project``.
        """
        if name is None:
            return list(self.entries)
        found = [entry for entry in self.entries if normalised(entry.name) == normalised(name)]
        if not found:
            names = ", ".join(f"`{entry.name}`" for entry in self.entries)
            raise ToolProblem(
                "plugin-not-in-project",
                f"`{self.folder}` has no plugin `{name}`: expected one of {names}",
                f"name one of its plugins: --plugin {self.entries[0].name}",
            )
        return found

    def make_discoverable(self) -> None:
        """Let the core find its plugins though it may not be installed.

        An installed one stays as it is: two would be refused. Its code is taken from the source in
        any case, but for a library, which has to be built.

        Raises:
            ToolProblem: ``plugin-not-installed``.
        """
        ours = {normalised(entry.name) for entry in self.entries}
        installed = any(normalised(plugin.name) in ours for plugin in found_plugins())
        if self.is_built and not installed:
            raise ToolProblem(
                "plugin-not-installed",
                f"`{self.distribution}` is built by a compiler, and is not installed here",
                "pip install .",
            )
        if self.is_built:
            return
        for root in self.roots:
            sys.path.insert(0, str(root))
        if installed:
            return
        site = Path(mkdtemp(prefix="fapilog-tools-"))
        stem = normalised(self.distribution).replace("-", "_")
        info = site / f"{stem}-{self.version}.dist-info"
        info.mkdir()
        needs = "".join(f"Requires-Dist: {line}\n" for line in self.requires)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {self.distribution}\nVersion: {self.version}\n{needs}"
        )
        names = "".join(f"{entry.name} = {entry.value}\n" for entry in self.entries)
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{names}")
        sys.path.append(str(site))
        _remove_at_exit(site)


def find_project(start: Path) -> Project:
    """The plugin project that a folder is in.

    Raises:
        ToolProblem: ``no-plugin-project`` or ``bad-plugin-project``.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            return _read(path)
    raise ToolProblem(
        "no-plugin-project",
        f"`{start}` is in no plugin project: expected a `pyproject.toml` there or above",
        "fapilog plugin new acme",
    )


def _read(path: Path) -> Project:
    import json

    from fapilog._engine import read_toml

    try:
        table = json.loads(read_toml(path.read_text(encoding="utf-8")))["project"]
        entries = table.get("entry-points", {}).get(GROUP, {})
        project = Project(
            folder=path.parent,
            distribution=str(table["name"]),
            version=str(table.get("version", "0")),
            requires=tuple(map(str, table.get("dependencies", ()))),
            entries=tuple(Entry(name, str(value)) for name, value in entries.items()),
            table=table,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolProblem(
            "bad-plugin-project",
            f"`{path}` cannot be read: {type(error).__name__}: {error}",
            "compare it with a fresh one: fapilog plugin new acme",
        ) from None
    if not project.entries:
        raise ToolProblem(
            "bad-plugin-project",
            f'`{path}` offers no plugin: expected a table [project.entry-points."{GROUP}"]',
            f'add it: [project.entry-points."{GROUP}"] with a line such as '
            'acme = "fapilog_acme.sink:AcmeSink"',
        )
    return project


def options_for(loaded: object, options: Sequence[str]) -> dict[str, Any] | None:
    """What ``--option NAME=VALUE`` says to a plugin: those that its ``Config`` has.

    A value is JSON if it can be, else text. Returns None when nothing is said to it.
    """
    schema = getattr(loaded, "Config", None)
    places = ("__dataclass_fields__", "model_fields", "__struct_fields__")
    known = {name for place in places for name in getattr(schema, place, ())}
    given = {name: value for name, value in _pairs(options) if name in known}
    return given or None


def options_of_library(options: Sequence[str]) -> dict[str, Any] | None:
    """The same for a plugin in a library, which alone knows its options."""
    return dict(_pairs(options)) or None


def _pairs(options: Sequence[str]) -> Iterator[tuple[str, Any]]:
    import json

    for option in options:
        name, _, text = option.partition("=")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        yield name, tuple(value) if isinstance(value, list) else value


def _remove_at_exit(folder: Path) -> None:
    import atexit
    import shutil

    atexit.register(shutil.rmtree, folder, ignore_errors=True)
