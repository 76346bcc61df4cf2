"""Our scan beside bandit and guarddog, on the same wheels in one run.

Each tool reads the same files; findings are compared by file and line. `make bench-scan` runs it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import wheels  # type: ignore[import-not-found] # beside this file

BENCH = Path(__file__).parent
TOOLS = BENCH / ".venv" / "bin"
SCANNER = Path(os.environ["FAPILOG_CLI_BIN"])
ROUNDS = 3
LIMIT_S = 600
#: Places are compared with this many lines of tolerance: tools point at different parts of a call.
NEAR_LINES = 2

Place = tuple[str, str, int]


def timed(
    command: list[str], *, env: dict[str, str] | None = None
) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Runs a command; gives its wall time in seconds and what it said."""
    start = time.perf_counter()
    result = subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT_S, check=False, env=env
    )
    return time.perf_counter() - start, result


def ours(files: list[Path]) -> tuple[float, dict[Place, str]]:
    """Scans each wheel, a process and a confined child for each."""
    total, found = 0.0, {}
    for file in files:
        spent, result = timed([str(SCANNER), "plugin", "scan", str(file), "--format", "json"])
        total += spent
        for finding in json.loads(result.stdout)["reports"][0]["findings"]:
            line = finding.get("place", {}).get("line", 0)
            found[file.stem, finding.get("file", ""), line] = finding["rule"]
    return total, found


def bandit(trees: dict[str, Path]) -> tuple[float, dict[Place, str]]:
    """One process for all wheels, which is the way that is fastest for it."""
    folders = [str(tree) for tree in trees.values()]
    spent, result = timed([str(TOOLS / "bandit"), "-q", "-r", "-f", "json", *folders])
    found = {}
    for issue in json.loads(result.stdout)["results"]:
        path = Path(issue["filename"])
        name = next(name for name, tree in trees.items() if path.is_relative_to(tree))
        place = (name, str(path.relative_to(trees[name])), issue["line_number"])
        found[place] = (
            f"{issue['test_id']} {issue['test_name']} ({issue['issue_severity'].lower()})"
        )
    return spent, found


def guarddog(trees: dict[str, Path]) -> tuple[float, dict[Place, str]]:
    """A process for each package; its metadata rules need the network and find nothing here."""
    total, found = 0.0, {}
    for name, tree in trees.items():
        command = [str(TOOLS / "guarddog"), "pypi", "scan", str(tree), "--output-format", "json"]
        spent, result = timed(command, env={**os.environ, "NO_COLOR": "1"})
        total += spent
        start = result.stdout.find("{")
        report = json.loads(result.stdout[start:]) if start >= 0 else {}
        for rule, hits in report.get("results", {}).items():
            for hit in hits if isinstance(hits, list) else []:
                path, _, line = str(hit.get("location", "")).rpartition(":")
                found[name, path, int(line) if line.isdigit() else 0] = rule
    return total, found


def without(left: dict[Place, str], right: dict[Place, str]) -> Counter[str]:
    """What `left` has and `right` has not, counted by rule."""
    known = {(name, path, line) for name, path, line in right}
    near = range(-NEAR_LINES, NEAR_LINES + 1)
    return Counter(
        rule
        for (name, path, line), rule in left.items()
        if not any((name, path, line + offset) in known for offset in near)
    )


def main() -> None:
    """Prints times, ratios and differences; fails when we are slower than promised."""
    files = wheels.fetch(BENCH / "wheels")
    with tempfile.TemporaryDirectory() as folder:
        trees = {file.stem: Path(folder) / file.stem for file in files}
        for file in files:
            zipfile.ZipFile(file).extractall(trees[file.stem])
        times: dict[str, list[float]] = {"fapilog": [], "bandit": []}
        for _ in range(ROUNDS):
            spent, us = ours(files)
            times["fapilog"].append(spent)
            spent, them = bandit(trees)
            times["bandit"].append(spent)
        best = {name: min(all_times) for name, all_times in times.items()}
        ratio = best["bandit"] / best["fapilog"]
        print(f"{len(files)} wheels, best of {ROUNDS} interleaved runs")
        print(f"  fapilog  {best['fapilog']:8.2f} s   {len(us)} findings")
        print(
            f"  bandit   {best['bandit']:8.2f} s   {len(them)} findings, {ratio:.0f} times our time"
        )
        show("bandit has, we have not", without(them, us))
        show("we have, bandit has not", without(us, them))
        if shutil.which(str(TOOLS / "guarddog")):
            spent, dogs = guarddog(trees)
            print(f"  guarddog {spent:8.2f} s   {len(dogs)} findings, one run")
            show("guarddog has, we have not", without(dogs, us))
            show("we have, guarddog has not", without(us, dogs))
    if ratio < 30:
        sys.exit(f"bandit needs only {ratio:.1f} times our time; promised are 30")


def show(title: str, counted: Counter[str]) -> None:
    """Prints a difference, the most frequent rule first."""
    print(f"\n{title}: {counted.total()}")
    for rule, count in counted.most_common():
        print(f"  {count:4}  {rule}")


if __name__ == "__main__":
    main()
