"""What a log call costs the caller, beside serialising the same nine values and doing nothing.

    make bench

One process, one thread; contestants take turns so that a slow moment of the machine meets all of
them. Medians of many short rounds, as nanoseconds a call and as ratios to `orjson.dumps`.
"""

from __future__ import annotations

import io
import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import fapilog
import orjson

ROUNDS = 40
CALLS = 5_000


def contestants(folder: Path) -> dict[str, Callable[[], object]]:
    """The calls, each with the same values."""
    log = fapilog.get_logger("shop", sinks=[folder / "fapilog.jsonl"])
    standard = logging.getLogger("bench")
    standard.setLevel(logging.INFO)
    standard.propagate = False
    standard.addHandler(logging.StreamHandler(io.StringIO()))
    return {
        "a call of a native function that does nothing": lambda: len(()),
        "fapilog, level disabled": lambda: log.debug(
            "order processed", user_id=42, sku="abc-123", name="hello world", qty=3, price=1.5
        ),
        "fapilog, to a file": lambda: log.info(
            "order processed", user_id=42, sku="abc-123", name="hello world", qty=3, price=1.5
        ),
        "orjson.dumps of the same record": lambda: orjson.dumps(
            {
                "timestamp": "2026-11-23T09:08:07.654321Z",
                "level": "INFO",
                "logger": "shop",
                "message": "order processed",
                "user_id": 42,
                "sku": "abc-123",
                "name": "hello world",
                "qty": 3,
                "price": 1.5,
            }
        ),
        "json.dumps of the same record": lambda: json.dumps(
            {
                "timestamp": "2026-11-23T09:08:07.654321Z",
                "level": "INFO",
                "logger": "shop",
                "message": "order processed",
                "user_id": 42,
                "sku": "abc-123",
                "name": "hello world",
                "qty": 3,
                "price": 1.5,
            }
        ),
        "logging, text to memory": lambda: standard.info(
            "order processed user_id=%d sku=%s name=%s qty=%d price=%f",
            42,
            "abc-123",
            "hello world",
            3,
            1.5,
        ),
    }


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        calls = contestants(Path(folder))
        times: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                start = time.perf_counter_ns()
                for _ in range(CALLS):
                    call()
                times[name].append((time.perf_counter_ns() - start) / CALLS)
        medians = {name: statistics.median(rounds) for name, rounds in times.items()}
    base = medians["orjson.dumps of the same record"]
    print(f"Python {sys.version.split()[0]}, fapilog {fapilog.__version__}")
    print(f"{ROUNDS} rounds of {CALLS} calls each, medians\n")
    print(f"{'':<48}{'ns a call':>10}{'× orjson':>10}")
    for name, median in sorted(medians.items(), key=lambda item: item[1]):
        print(f"{name:<48}{median:>10.0f}{median / base:>10.2f}")


if __name__ == "__main__":
    main()
