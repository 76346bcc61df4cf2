"""What fapilog-package says, asked through its example `verdicts`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Tests import their support modules by their full names.
sys.path.insert(0, str(ROOT))


class Verdicts:
    """A running `verdicts`; questions are asked in batches."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answers, in order: each has `ok` or `error`, and `micros`."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        answers = []
        # Small batches: neither side may fill a pipe that the other doesn't read.
        for start in range(0, len(questions), 50):
            batch = questions[start : start + 50]
            stdin.write("".join(json.dumps(question) + "\n" for question in batch))
            stdin.flush()
            answers += [json.loads(stdout.readline()) for _ in batch]
        return answers

    def peak_bytes(self) -> int:
        """The most memory that the process had so far."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024


@pytest.fixture(scope="session")
def verdicts_program() -> Path:
    """The program, built with the selection of `make test-rust`, which made it already."""
    if given := os.environ.get("FAPILOG_VERDICTS_BIN"):
        return Path(given)
    selection = ["--workspace", "--locked", "--quiet", "--example", "verdicts"]
    subprocess.run(["cargo", "build", *selection], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/examples/verdicts"


@pytest.fixture
def verdicts(verdicts_program: Path) -> Iterator[Verdicts]:
    """A program of each test's own."""
    pipe = subprocess.PIPE
    with subprocess.Popen([verdicts_program], stdin=pipe, stdout=pipe, text=True) as process:
        yield Verdicts(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0
