"""The scanners that are compared: what each finds in the same wheels, and how long it takes."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

TOOLS = Path(__file__).parent / ".venv" / "bin"
LIMIT_S = 600


class Found(NamedTuple):
    """One finding; line 0 is a whole file, an empty file the whole package."""

    wheel: str
    file: str
    line: int
    rule: str
    severity: str
    message: str


def timed(
    command: list[str], *, env: dict[str, str] | None = None
) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Runs a command; gives its wall time in seconds and what it said."""
    start = time.perf_counter()
    result = subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT_S, check=False, env=env
    )
    return time.perf_counter() - start, result


def fapilog(scanner: Path, wheels: list[Path]) -> tuple[float, list[Found]]:
    """One command for all wheels, a confined child for each."""
    command = [str(scanner), "plugin", "scan", "--format", "json", *map(str, wheels)]
    spent, result = timed(command)
    found = []
    for file, report in zip(wheels, json.loads(result.stdout)["reports"], strict=True):
        found += [ours(file.stem, finding) for finding in report["findings"]]
    return spent, found


def ours(wheel: str, finding: dict[str, Any]) -> Found:
    """A finding of the report."""
    line = (finding.get("place") or {}).get("line", 0)
    file = finding.get("file") or ""
    return Found(wheel, file, line, finding["rule"], finding["severity"], finding["message"])


def bandit(trees: dict[str, Path]) -> tuple[float, list[Found]]:
    """One process for all wheels, which is the way that is fastest for it."""
    folders = [str(tree) for tree in trees.values()]
    spent, result = timed([str(TOOLS / "bandit"), "-q", "-r", "-f", "json", *folders])
    found = []
    for issue in json.loads(result.stdout)["results"]:
        path = Path(issue["filename"])
        name = next(name for name, tree in trees.items() if path.is_relative_to(tree))
        place = (name, str(path.relative_to(trees[name])), issue["line_number"])
        # Blacklisted calls and imports have one name for all of them.
        rule = f"{issue['test_id']} {issue['test_name']}"
        severity = issue["issue_severity"].lower()
        found.append(Found(*place, rule, severity, issue["issue_text"]))
    return spent, found


def guarddog(trees: dict[str, Path]) -> tuple[float, list[Found]]:
    """A process for each package; its metadata rules need the network and find nothing here."""
    total, found = 0.0, []
    for name, tree in trees.items():
        command = [str(TOOLS / "guarddog"), "pypi", "scan", str(tree), "--output-format", "json"]
        spent, result = timed(command, env={**os.environ, "NO_COLOR": "1"})
        total += spent
        start = result.stdout.find("{")
        report = json.loads(result.stdout[start:]) if start >= 0 else {}
        for rule, hits in report.get("results", {}).items():
            for hit in hits if isinstance(hits, list) else []:
                path, _, line = str(hit.get("location", "")).rpartition(":")
                number = int(line) if line.isdigit() else 0
                found.append(Found(name, path, number, rule, "", str(hit.get("message", ""))))
    return total, found
