"""`make demo ONCE=1`, as CI runs it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(400)
def test_the_demo_runs_to_its_end_and_its_figures_add_up() -> None:
    """It publishes, installs, logs 100,000 events and shows what became of them."""
    command: list[str | Path] = [sys.executable, ROOT / "examples" / "demo" / "run.py", "--once"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=380, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    counts = dict(re.findall(r"^  (\w+) +([\d,]+)$", result.stdout, re.MULTILINE))
    count = {name: int(number.replace(",", "")) for name, number in counts.items()}
    assert count["submitted"] == 100_000 == count["delivered"] + count["filtered"]
    assert count["dropped"] == count["queued"] == 0
    with (ROOT / ".demo" / "shop.jsonl").open(encoding="utf-8") as lines:
        assert sum(1 for _ in lines) == count["delivered"]
    assert "/plugins/fapilog-acme/" in result.stdout
