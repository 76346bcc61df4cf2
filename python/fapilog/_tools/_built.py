"""Builds a project whose code is made by a compiler, and loads what was built."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from fapilog._tools._problem import ToolProblem
from fapilog._tools._project import Entry, Project

#: Seconds that a build may take: the first one of a plugin in Rust compiles its dependencies.
_LIMIT: Final = 900

#: The build backend in a process of its own, as PEP 517 has it; the wheel's name comes last.
_BACKEND: Final = """
import importlib, json, sys
backend, paths, folder = json.loads(sys.argv[1])
sys.path[:0] = paths
module, _, rest = backend.partition(":")
found = importlib.import_module(module)
for name in filter(None, rest.split(".")):
    found = getattr(found, name)
print(found.build_wheel(folder))
"""

#: Where compilers say that something is wrong: `--> file:line:column`, `file:line:column: error: `.
_PLACES: Final = (
    re.compile(r"^\s*--> (?P<file>[^:\n]+):(?P<line>\d+):\d+", re.MULTILINE),
    re.compile(r"^(?P<file>[^:\n]+):(?P<line>\d+):\d+: (?:fatal )?error: ", re.MULTILINE),
)
_REASON: Final = re.compile(r"^.*?\berror(?:\[\w+\])?: (?P<reason>.+)$", re.MULTILINE)


class BuildError(Exception):
    """The build fails.

    Attributes:
        reason: What the compiler says first, or the last line of all.
        place: Where in the source, as tools tell it; None when nobody said.
    """

    def __init__(self, said: str, folder: Path) -> None:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        found = _REASON.search(said)
        last = lines[-1] if lines else "it says nothing"
        self.reason = found["reason"].strip() if found else last
        self.place = _place(said, folder)
        super().__init__(self.reason)

    def problem(self, distribution: str) -> ToolProblem:
        """The same for people who wait for the first build."""
        return ToolProblem(
            "plugin-not-built",
            f"`{distribution}` cannot be built: {self.reason}",
            'install what it is built with: pip install ".[dev]"',
        )


@dataclass(frozen=True)
class Build:
    """What was built, unpacked in a folder of its own."""

    folder: Path
    packages: tuple[str, ...]

    def loaded(self, entry: Entry) -> object:
        """What stands at an entry point of this very build."""
        for name in [name for name in sys.modules if name.partition(".")[0] in self.packages]:
            del sys.modules[name]
        sys.path.insert(0, str(self.folder))
        try:
            module, _, rest = entry.value.partition(":")
            found: Any = import_module(module)
            for name in rest.split("."):
                found = getattr(found, name)
        finally:
            sys.path.remove(str(self.folder))
        return found


def build(project: Project, folder: Path) -> Build:
    """Build a wheel by the project's own backend, with what this environment has.

    Raises:
        BuildError: The backend or the compiler fails.
    """
    folder.mkdir(parents=True)
    backend, paths = _backend(project)
    told = json.dumps([backend, paths, str(folder)])
    try:
        ended = subprocess.run(
            [sys.executable, "-c", _BACKEND, told],
            cwd=project.folder,
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BuildError(f"error: it took longer than {_LIMIT} s", project.folder) from None
    if ended.returncode != 0:
        raise BuildError(ended.stderr or ended.stdout, project.folder)
    wheel = folder / ended.stdout.strip().splitlines()[-1]
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    wheel.unlink()
    return Build(folder, tuple(project.packages))


def _backend(project: Project) -> tuple[str, list[str]]:
    from fapilog._engine import read_toml

    text = (project.folder / "pyproject.toml").read_text(encoding="utf-8")
    table = json.loads(read_toml(text)).get("build-system", {})
    paths = [str(project.folder / path) for path in table.get("backend-path", ())]
    return str(table.get("build-backend", "setuptools.build_meta:__legacy__")), paths


def _place(said: str, folder: Path) -> dict[str, Any] | None:
    for pattern in _PLACES:
        found = pattern.search(said)
        if found is None:
            continue
        file, line = folder / found["file"], int(found["line"])
        try:
            source = file.read_text(encoding="utf-8").splitlines()[line - 1].strip()
        except (OSError, IndexError, UnicodeDecodeError):
            source = ""
        return {"file": str(file), "line": line, "function": "", "source": source}
    return None
