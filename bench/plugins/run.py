"""What plugins cost: stages, discovery, the gate. All in one run, as differences and ratios.

make bench-plugins
"""

from __future__ import annotations

import asyncio
import importlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import fapilog
from fapilog._discovery import GROUP, found_plugins
from fapilog._gate import admit
from fapilog.plugins import NativeLibrary, include_folder

EVENTS = 500_000
PLUGINS = 200
ROUNDS = 9


async def no_op(record: dict[str, Any]) -> dict[str, Any]:
    """The plugin that is measured."""
    return record


def rate(folder: Path, **parts: Any) -> float:  # noqa: ANN401 - options of get_logger
    """Microseconds per event until all are in the file."""
    path = folder / "out.jsonl"
    path.unlink(missing_ok=True)
    log = fapilog.get_logger("shop", sinks=[path], block_timeout=60, **parts)
    start = time.perf_counter()
    for number in range(EVENTS):
        log.info("order processed", user_id=number, sku="abc-123", title="hello", qty=3, price=1.5)
    log.close(timeout=120)
    took = time.perf_counter() - start
    assert log.stats().delivered == EVENTS
    return 1e6 * took / EVENTS


def plain_await() -> float:
    """Microseconds to await the same coroutine over the same dicts, with a copy of each."""
    record = {
        "timestamp": "2026-11-24T09:08:07.654321Z",
        "level": "INFO",
        "logger": "shop",
        "message": "order processed",
        "user_id": 42,
        "sku": "abc-123",
        "title": "hello",
        "qty": 3,
        "price": 1.5,
    }
    records = [record.copy() for _ in range(512)]

    async def run() -> float:
        start = time.perf_counter()
        for _ in range(EVENTS // 512):
            for index, one in enumerate(records):
                records[index] = await no_op(one.copy())
        return 1e6 * (time.perf_counter() - start) / (EVENTS // 512 * 512)

    return asyncio.run(run())


def make_distributions(folder: Path) -> None:
    """Metadata of installed plugins."""
    for number in range(PLUGINS):
        info = folder / f"fapilog_bench{number}-1.0.dist-info"
        info.mkdir()
        marker = '; python_version >= "3.8"' if number % 2 else ""
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: fapilog-bench{number}\nVersion: 1.0\n"
            f"Requires-Dist: fapilog<4.0,>=3.0{marker}\nRequires-Dist: httpx>=0.27\n"
        )
        (info / "entry_points.txt").write_text(
            f"[fapilog.plugins]\nbench{number} = bench{number}:Plugin\n"
        )


def compiled(folder: Path, process: str) -> NativeLibrary:
    """A processor in C of `stages.c`."""
    library = folder / f"{process}.so"
    source = Path(__file__).with_name("stages.c")
    flags = ["-std=c11", "-O2", "-shared", "-fPIC", f"-DPROCESS={process}"]
    command = ["cc", *flags, "-I", str(include_folder()), str(source), "-o", str(library)]
    subprocess.run(command, check=True)
    return NativeLibrary(library)


def fresh(run: Callable[[], object]) -> float:
    """Milliseconds, nothing of it cached."""
    importlib.invalidate_caches()
    start = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - start)


def say(figure: str, value: float, unit: str, limit: float | None = None) -> None:
    """Print one figure, and whether it is as it should be."""
    verdict = ""
    if limit is not None:
        verdict = f"(<= {limit:g}: {'reached' if value <= limit else 'NOT REACHED'})"
    sys.stdout.write(f"{figure:<66}{value:9.3f} {unit} {verdict}\n")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        found: dict[str, list[float]] = {}
        contestants: dict[str, dict[str, Any]] = {
            "none": {},
            "engine": {"filters": [fapilog.filters.Level(minimum=0)]},
            "nothing": {"processors": [compiled(folder, "nothing")]},
            "rewrite": {"processors": [compiled(folder, "rewrite")]},
            "async": {"processors": [no_op]},
        }
        for _ in range(ROUNDS):
            # In another order each time: what runs first finds another machine than what runs last.
            for name, parts in random.sample(list(contestants.items()), len(contestants)):
                found.setdefault(name, []).append(rate(folder, **parts))
            found.setdefault("await", []).append(plain_await())
        middle = {name: statistics.median(runs) for name, runs in found.items()}
        say("an event without plugins", middle["none"], "us")
        for name, figure, limit in (
            ("engine", "a stage of the engine's own", 0.03),
            ("nothing", "a no-op native plugin", 0.03),
            ("rewrite", "a native plugin that rewrites a field of every record", 0.10),
        ):
            # Each beside the run without plugins of the same round: the machine changes its speed.
            ratios = [one / none for one, none in zip(found[name], found["none"], strict=True)]
            say(f"{figure} costs", 1 - 1 / statistics.median(ratios), "of events/s", limit)
        say("a no-op `async def process` adds", middle["async"] - middle["none"], "us", 2)
        say("  the limit: copying a dict and awaiting the coroutine", middle["await"], "us")
        site = folder / "site"
        site.mkdir()
        make_distributions(site)
        sys.path.insert(0, str(site))
        pairs = [
            (fresh(lambda: entry_points(group=GROUP)), fresh(found_plugins)) for _ in range(21)
        ]
        say(f"entry_points() with {PLUGINS} plugins", statistics.median(p[0] for p in pairs), "ms")
        added = statistics.median(p[1] - p[0] for p in pairs)
        say("  finding them all adds", added, "ms", 2)
        plugins = found_plugins()
        gate = [fresh(lambda: [admit(plugin) for plugin in plugins]) for _ in range(11)]
        say("the gate, per plugin", statistics.median(gate) / len(plugins), "ms", 0.2)


if __name__ == "__main__":
    main()
