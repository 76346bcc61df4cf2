"""One abi3 wheel on every supported interpreter that this machine has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SUPPORTED = ("3.10", "3.11", "3.12", "3.13")

PROGRAM = """
import json, pathlib, sys
import fapilog

class Shout:
    async def process(self, record):
        return {**record, "message": record["message"].upper()}

path = pathlib.Path(sys.argv[1])
log = fapilog.get_logger("shop", processors=[Shout()], sinks=[path])
for number in range(5000):
    log.info("hello", number=number, nested={"a": [1, 2.5, None, "ü"]})
try:
    1 / 0
except ZeroDivisionError:
    log.exception("failed")
report = log.close()
assert report.undelivered == 0, report
records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
assert [record.get("number") for record in records] == [*range(5000), None]
assert records[0]["message"] == "HELLO" and records[-1]["exception"]["type"] == "ZeroDivisionError"
"""


def interpreter(version: str) -> str | None:
    """A working interpreter of that version: on the path, or where pyenv keeps them."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [f"python{version}", *map(str, pyenv.glob(f"{version}.*/bin/python"))]
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates:
        try:
            answer = subprocess.run(
                [candidate, "-c", question], capture_output=True, text=True, timeout=30, check=False
            )
        except OSError:
            continue
        if answer.stdout.strip() == version:
            return candidate
    return None


@pytest.mark.parametrize("version", SUPPORTED)
def test_the_wheel_works_there(version: str, tmp_path: Path) -> None:
    """Install the wheel, log through a plugin, read everything back."""
    python = sys.executable if sys.version.startswith(f"{version}.") else interpreter(version)
    if python is None:
        pytest.skip(f"this machine has no Python {version}")
    made: list[str | Path] = [python, "-m", "venv", "--without-pip", tmp_path / "venv"]
    subprocess.run(made, check=True, timeout=60)
    there = tmp_path / "venv" / "bin" / "python"
    install: list[str | Path] = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--link-mode",
        "copy",
        "--no-deps",
    ]
    wheel = os.environ["FAPILOG_WHEEL"]
    subprocess.run([*install, "--quiet", "--python", there, wheel], check=True, timeout=60)
    command: list[str | Path] = [there, "-W", "error", "-c", PROGRAM, tmp_path / "out.jsonl"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
