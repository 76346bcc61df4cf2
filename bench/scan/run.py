"""Our scan beside bandit and guarddog, on the same wheels in one run. `make bench-scan` runs it.

With `--ours` only our findings are held against `expected.json`; with `--write` that list is
written anew, and new entries wait for their reason.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import zipfile
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import expected  # type: ignore[import-not-found] # beside this file
import page  # type: ignore[import-not-found]
import scanners  # type: ignore[import-not-found]
import wheels  # type: ignore[import-not-found]

BENCH = Path(__file__).parent
SCANNER = Path(os.environ["FAPILOG_CLI_BIN"])
#: Ours is run so often, before and after the others, and the best run counts.
ROUNDS = 3
#: At most so much of bandit's time.
PROMISE = 30


def main() -> None:
    """Compares findings and times; fails for what is not expected, and when we are too slow."""
    files = wheels.fetch(BENCH / "wheels")
    _, us = scanners.fapilog(SCANNER, files)
    if "--write" in sys.argv:
        expected.write(us)
    faults = expected.differences(us)
    if "--ours" not in sys.argv:
        faults += beside_others(files)
    for fault in faults:
        print(fault)
    print(f"{len(files)} wheels, {len(us)} findings of ours")
    if faults:
        sys.exit(f"{len(faults)} faults")


def beside_others(files: list[Path]) -> list[str]:
    """Runs all scanners, and writes the page."""
    times: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        trees = {file.stem: Path(folder) / file.stem for file in files}
        for file in files:
            zipfile.ZipFile(file).extractall(trees[file.stem])
        us = run_ours(files, times)
        peers = {}
        spent, peers["bandit"] = scanners.bandit(trees)
        times["bandit"].append(spent)
        us = run_ours(files, times)
        if shutil.which(str(scanners.TOOLS / "guarddog")):
            spent, peers["guarddog"] = scanners.guarddog(trees)
            times["guarddog"].append(spent)
    best = {name: min(each) for name, each in times.items()}
    for name, spent in best.items():
        print(f"  {name:8} {spent:8.2f} s, {spent / best['fapilog']:6.1f} times ours")
    page.write(len(files), best, us, peers)
    faults: list[str] = page.missing(peers, us)
    ratio = best["bandit"] / best["fapilog"]
    if ratio < PROMISE:
        faults.append(f"bandit needs only {ratio:.1f} times our time; promised are {PROMISE}")
    return faults


def run_ours(files: list[Path], times: dict[str, list[float]]) -> list[scanners.Found]:
    """Some runs of ours."""
    found: list[scanners.Found] = []
    for _ in range(ROUNDS):
        spent, found = scanners.fapilog(SCANNER, files)
        times["fapilog"].append(spent)
    return found


if __name__ == "__main__":
    main()
