"""The stub of the extension says what the extension has, and the types say what is meant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


def run_module(*words: str, folder: Path = _ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_the_stub_matches_the_extension(tmp_path: Path) -> None:
    config = tmp_path / "mypy.ini"
    config.write_text("[mypy]\nstrict = true\n")
    result = run_module(
        "mypy.stubtest",
        "fapilog._engine",
        "--ignore-disjoint-bases",
        "--mypy-config-file",
        str(config),
        folder=tmp_path,
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("folder", ["python/fapilog", "tests/typing", "tests/python"])
def test_everything_type_checks_strictly(folder: str) -> None:
    result = run_module("mypy", "--strict", folder)
    assert result.returncode == 0, result.stdout + result.stderr
