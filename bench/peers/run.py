"""fapilog beside its peers: one JSON line per event into a file, all contestants in one run.

    make bench-peers

Contestants take turns in processes of their own, round by round, so that a slow moment of the
machine meets all of them. Medians of the rounds; a table, and `bench/peers/result.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from contestant import CONTESTANTS

HERE = Path(__file__).parent

#: Events of a run: slow contestants get fewer.
EVENTS = {
    "loguru": 20_000,
    "logging + json": 20_000,
    "logging + queue": 20_000,
    # Fewer than the queue holds: it is never full.
    "fapilog, sink sleeps 10 ms": 10_000,
}
MOST_EVENTS = 200_000

#: Longest run of one contestant, in seconds; the slowest takes about five.
PATIENCE = 60


def measure(name: str, threads: int, folder: Path) -> dict[str, Any] | None:
    """One run of one contestant; `None` when it fails."""
    path = folder / "out.log"
    path.unlink(missing_ok=True)
    events = EVENTS.get(name, MOST_EVENTS)
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, HERE / "contestant.py", name, path, str(events), str(threads)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        sys.stderr.write(f"{name}, {threads} threads: hung for {PATIENCE} s, left out\n")
        return None
    if done.returncode != 0:
        sys.stderr.write(f"{name}: {done.stderr.strip().splitlines()[-1:]}\n")
        return None
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def compile_nothing(folder: Path) -> None:
    """Make the native function that does nothing."""
    include = f"-I{sysconfig.get_path('include')}"
    target = folder / f"nothing{sysconfig.get_config_var('EXT_SUFFIX')}"
    command = ["cc", "-O2", "-shared", "-fPIC", include, HERE / "nothing.c", "-o", target]
    subprocess.run(command, check=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        compile_nothing(Path(folder))
        for threads, title in ((1, "1 thread"), (4, "4 threads"), (0, "asyncio")):
            runs: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTESTANTS}
            for _ in range(arguments.rounds):
                for name in list(runs):
                    run = measure(name, threads, Path(folder))
                    if run is None:
                        del runs[name]
                    else:
                        runs[name].append(run)
            results[title] = {
                name: {key: statistics.median(run[key] for run in found) for key in found[0]}
                for name, found in runs.items()
                if found
            }
            show(title, results[title])
    (HERE / "result.json").write_text(json.dumps(results, indent=2) + "\n")


def show(title: str, table: dict[str, Any]) -> None:
    """Print one table; ratios are to `orjson.dumps` of the same record."""
    base = table["orjson.dumps"]["ns_per_call"]
    print(f"\n{title}")
    head = ("ns/call", "x orjson", "p50", "p99", "p99.9", "p99.99", "events/s", "CPU/event", "MiB")
    print(f"{'':<26}" + "".join(f"{text:>10}" for text in head) + f"{'lost':>7}")
    for name, row in sorted(table.items(), key=lambda item: item[1]["ns_per_call"]):
        numbers = (
            f"{row['ns_per_call']:.0f}",
            f"{row['ns_per_call'] / base:.2f}",
            *(f"{row[key]:.0f}" for key in ("p50", "p99", "p99.9", "p99.99")),
            f"{row['events_per_second']:.0f}",
            f"{row['cpu_ns_per_event']:.0f}",
            f"{row['rss_mib']:.0f}",
        )
        print(f"{name:<26}" + "".join(f"{text:>10}" for text in numbers) + f"{row['lost']:>7.0f}")


if __name__ == "__main__":
    main()
