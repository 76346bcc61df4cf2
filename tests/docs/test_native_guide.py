"""The guide to native plugins: its two plugins are built from the page, and run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from fapilog.plugins import include_folder
from tests.docs.test_snippets import BLOCK, ROOT

GUIDE = ROOT / "docs" / "guides" / "native-plugin.md"
FILES = {name.strip(): code for _, name, code in BLOCK.findall(GUIDE.read_text()) if name.strip()}


def run(command: Sequence[str | Path], folder: Path) -> str:
    """Run a command, which must succeed; what it printed."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target" / "examples")}
    ended = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the files of the page."""
    assert sorted(FILES) == ["Cargo.toml", "sequence.c", "src/lib.rs", "try.py"]
    for name, code in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(code)
    return tmp_path


def test_the_plugin_in_rust_works(project: Path) -> None:
    crates = {name: ROOT / "crates" / name for name in ("fapilog-abi", "fapilog-sdk")}
    lines = [f"{name} = {{ path = {json.dumps(str(path))} }}" for name, path in crates.items()]
    (project / ".cargo").mkdir()
    (project / ".cargo" / "config.toml").write_text("\n".join(["[patch.crates-io]", *lines, ""]))
    assert "test result: ok. 1 passed" in run(["cargo", "test", "--release", "--quiet"], project)
    run(["cargo", "build", "--release", "--quiet"], project)
    library = ROOT / "target/examples/release/libacme_seq.so"
    run([sys.executable, "-W", "error", "try.py", library], project)


def test_the_plugin_in_c_works(project: Path) -> None:
    flags = ["-std=c11", "-O2", "-Wall", "-Werror", "-shared", "-fPIC"]
    run(["cc", *flags, "-I", include_folder(), "sequence.c", "-o", "sequence.so"], project)
    run([sys.executable, "-W", "error", "try.py", "./sequence.so"], project)
