"""A small application: logs a shop's events through an installed plugin and reports what it cost.

Usage: python app.py OUTPUT.jsonl COUNT
Prints one JSON object: counts, seconds, and the first lines of the file.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import fapilog
from events import events
from fapilog.plugins import Record, load


class WithoutHealthChecks:
    """A filter: requests of the load balancer are of no interest to anybody."""

    async def filter(self, record: Record) -> Record | None:
        """Take out requests to `/healthz`."""
        return None if record.get("request", {}).get("path") == "/healthz" else record


def main(output: Path, count: int) -> None:
    """Log `count` events to `output` and print what became of them."""
    prepared = list(events(count))  # making them is not what is measured
    log = fapilog.get_logger(
        "shop",
        filters=[WithoutHealthChecks()],
        processors=[load("acme-processor", kind="processor", config={"max_length": 200})],
        sinks=[load("acme-sink", kind="sink", config={"path": str(output)})],
        block_timeout=60,  # a demonstration would rather wait than lose a record
    ).bind(service="web", region="eu-1")

    start = time.perf_counter()
    for event in prepared:
        getattr(log, event.level)(event.message, exc_info=event.error, **event.fields)
    called = time.perf_counter()
    left = log.close(timeout=60)
    written = time.perf_counter()

    lines = output.read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]  # every line must be whole
    summary = {
        "stats": asdict(log.stats()),
        "undelivered": left.undelivered,
        "lines": len(records),
        "exceptions": sum("exception" in record for record in records),
        "call_seconds": called - start,
        "total_seconds": written - start,
        "first_lines": lines[:3],
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
