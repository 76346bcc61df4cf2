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
    "fapilog, Python sink sleeps 10 ms": 15_000,
    # About 4,000 a second.
    "fapilog 0.18.1": 5_000,
}
MOST_EVENTS = 200_000

#: The environment of the earlier release, which has the same name.
OLD_PYTHON = HERE / ".venv-0.18/bin/python"

#: Longest run of one contestant, in seconds; the slowest takes about five.
PATIENCE = 60


def measure(name: str, threads: int, folder: Path) -> dict[str, Any] | None:
    """One run of one contestant; `None` when it fails."""
    path = folder / "out.log"
    path.unlink(missing_ok=True)
    events = EVENTS.get(name, MOST_EVENTS)
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    python = OLD_PYTHON if name == "fapilog 0.18.1" else sys.executable
    command = [python, HERE / "contestant.py", name, path, str(events), str(threads)]
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


def compile_parts(folder: Path) -> None:
    """Make the native function that does nothing, and the native sink that sleeps."""
    include = f"-I{sysconfig.get_path('include')}"
    abi = f"-I{HERE.parents[1] / 'crates/fapilog-abi/include'}"
    targets = {"nothing.c": f"nothing{sysconfig.get_config_var('EXT_SUFFIX')}"}
    targets["sleeping_sink.c"] = "sleeping_sink.so"
    for source, target in targets.items():
        command = ["cc", "-O2", "-shared", "-fPIC", include, abi, HERE / source]
        subprocess.run([*command, "-o", folder / target], check=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        compile_parts(Path(folder))
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
    show_targets(results["1 thread"])
    show_imports()
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


#: Figure, contestant, base, column, whether it must be at most (else at least), factor.
TARGETS = (
    ("call", "fapilog", "orjson.dumps", "ns_per_call", True, 0.6),
    ("call", "structlog + orjson", "fapilog", "ns_per_call", False, 25),
    ("call", "logust", "fapilog", "ns_per_call", False, 15),
    ("disabled call", "fapilog, disabled", "nothing", "ns_per_call", True, 1.3),
    ("events/s", "fapilog", "structlog + orjson", "events_per_second", False, 20),
    ("events/s", "fapilog", "logust", "events_per_second", False, 10),
    ("events/s", "fapilog", "fapilog 0.18.1", "events_per_second", False, 300),
    ("CPU/event", "fapilog", "orjson.dumps", "cpu_ns_per_event", True, 1.3),
    ("native stage", "fapilog + native stage", "fapilog", "events_per_second", False, 0.97),
    ("card redaction", "fapilog + card redaction", "fapilog", "events_per_second", False, 0.8),
)


def show_targets(table: dict[str, Any]) -> None:
    """Say which targets are reached."""
    print()
    for figure, name, base, column, at_most, factor in TARGETS:
        if name not in table or base not in table:
            continue
        ratio = table[name][column] / table[base][column]
        reached = ratio <= factor if at_most else ratio >= factor
        sign, verdict = "<=" if at_most else ">=", "reached" if reached else "NOT REACHED"
        print(f"{figure}: {name} / {base} = {ratio:.2f} ({sign} {factor:g}: {verdict})")
    slow = table.get("fapilog, sink sleeps 10 ms")
    if slow:
        ratio = slow["p99.99"] / slow["p50"]
        verdict = "reached" if ratio <= 20 else "NOT REACHED"
        print(f"p99.99 with a sleeping sink / its median = {ratio:.0f} (<= 20: {verdict})")
        busy = table["busy for 250 ns"]
        floor = busy["p99.99"] / busy["p50"]
        print(f"  of a call that only takes its time, on this machine: {floor:.0f}")
    if "fapilog + async stage" in table:
        rate = table["fapilog + async stage"]["events_per_second"]
        extra = 1e6 / rate - 1e6 / table["fapilog"]["events_per_second"]
        verdict = "reached" if extra <= 2 else "NOT REACHED"
        print(f"async stage: {extra:.2f} us per record (<= 2: {verdict})")


def show_imports(rounds: int = 15) -> None:
    """What importing costs, in a process of its own each time."""

    def cost(module: str) -> float:
        code = (
            "import time; start = time.perf_counter()\n"
            f"import {module}\n"
            "print(time.perf_counter() - start)"
        )
        command = [sys.executable, "-c", code]
        runs = (subprocess.run(command, capture_output=True, check=True) for _ in range(rounds))
        return 1000 * statistics.median(float(run.stdout) for run in runs)

    logging, fapilog = cost("logging"), cost("fapilog")
    limit = 1.5 * logging + 5
    verdict = "reached" if fapilog <= limit else "NOT REACHED"
    print(f"import: fapilog {fapilog:.1f} ms, logging {logging:.1f} ms (<= {limit:.1f}: {verdict})")


if __name__ == "__main__":
    main()
