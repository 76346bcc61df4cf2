"""The native command, and virtual environments to use it in.

`FAPILOG_CLI_BIN` names the built command, `FAPILOG_WHEEL` the built wheel of the core.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

_TOOLS = [
    "build",
    "editables",
    "hatchling",
    "mypy",
    "pip",
    "pre-commit",
    "pytest",
    "ruff",
    "twine",
]
"""What a scaffold's `dev` extra names, and what builds it without another environment."""


def _named_by(variable: str) -> Path:
    path = os.environ.get(variable)
    assert path, f"set {variable} to the built file that these tests are about"
    assert Path(path).is_file(), f"{variable}: `{path}` is no file"
    return Path(path).resolve()


class Environment:
    """A virtual environment, as somebody has it who activated it."""

    def __init__(self, folder: Path, *, wheel: Path) -> None:
        venv.create(folder, symlinks=True)
        self.folder = folder
        self.scripts = folder / "bin"
        self.wheel = wheel
        self.install(str(wheel))

    def install(self, *words: str) -> None:
        """Install with uv, which is part of the project's development tools."""
        # Copies: a test that damages an installed file must not damage uv's cache through a link.
        command = [sys.executable, "-m", "uv", "pip", "install", "-q", "--link-mode", "copy"]
        self.run([*command, "--python", str(self.scripts / "python"), *words], limit=300)

    def variables(self) -> dict[str, str]:
        """The environment of somebody who activated it."""
        search = f"{self.scripts}{os.pathsep}{os.environ['PATH']}"
        variables = {**os.environ, "PATH": search, "VIRTUAL_ENV": str(self.folder)}
        for variable in ("PYTHONPATH", "PYTHONHOME", "FAPILOG_PYTHON"):
            variables.pop(variable, None)
        return variables

    def run(
        self,
        command: Sequence[str | Path],
        *,
        folder: Path | None = None,
        expect: int = 0,
        extra: Mapping[str, str] | None = None,
        limit: float = 120,
    ) -> str:
        """Run a command and return what it printed; its exit code must be the expected one."""
        ended = subprocess.run(
            command,
            cwd=folder,
            env={**self.variables(), **(extra or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit,
            check=False,
        )
        assert ended.returncode == expect, f"{command}\n{ended.stdout}"
        return ended.stdout


@pytest.fixture(scope="session")
def command() -> Path:
    """The built command."""
    return _named_by("FAPILOG_CLI_BIN")


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The built wheel of the core."""
    return _named_by("FAPILOG_WHEEL")


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    """An environment with the core and a plugin author's tools, shared by all tests."""
    environment = Environment(tmp_path_factory.mktemp("workshop") / "venv", wheel=wheel)
    environment.install(*_TOOLS)
    return environment


@pytest.fixture
def user(tmp_path: Path, wheel: Path, command: Path) -> Environment:
    """An environment of its own with the core and the command, and nothing else."""
    environment = Environment(tmp_path / "venv", wheel=wheel)
    shutil.copy2(command, environment.scripts / "fapilog-cli")
    return environment


def make_plugin(command: Path, folder: Path, name: str, *words: str) -> Path:
    """A fresh plugin in a folder; returns its own folder."""
    subprocess.run(
        [command, "plugin", "new", name, "--dir", folder, *words],
        capture_output=True,
        timeout=60,
        check=True,
    )
    return folder / f"fapilog-{name}"


def events(printed: str) -> list[dict[str, Any]]:
    """What a tool said with `--format json`: one object a line."""
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
