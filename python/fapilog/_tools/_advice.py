"""What makes a plugin slow, said from what was seen of it."""

from __future__ import annotations

import linecache
from collections.abc import Iterator, Mapping
from typing import Any, Final

from fapilog._tools._calls import Calls
from fapilog._tools._sampler import Function

#: A pattern counts when it comes with at least this share of the records: batches are far below,
#: and so is a busy machine, which interrupts anybody, also the thread that holds the interpreter's
#: lock.
_PER_RECORD: Final = 0.5

_TEXTS: Final = {
    "connection-per-record": (
        "a connection is made for nearly every record",
        "make it once in `start`, keep it, close it in `stop`",
    ),
    "file-per-record": (
        "a file is opened for nearly every record",
        "open it once in `start`, keep it, close it in `stop`",
    ),
    "blocking-call": (
        "it waits inside of the event loop, where all plugins of a pipeline wait with it",
        "await an asynchronous client, or hand the call to `asyncio.to_thread` once a batch",
    ),
    "needless-copy": (
        "nearly every record is copied deeply",
        "make a new mapping of what changes: `{**record, name: value}`; the record is yours anyway",
    ),
    "task-per-record": (
        "a task is made for nearly every record",
        "await the work itself; a sink takes many records at once in `write_batch`",
    ),
}


def advice(calls: Calls, records: int, *, is_sink: bool) -> list[dict[str, Any]]:
    """What to change first: ``id``, ``what``, ``instead``, ``place``, ``per_record``."""
    least = max(1.0, _PER_RECORD * records)
    found = [
        *_often("connection-per-record", calls.connections, least, records),
        *_often("file-per-record", calls.files, least, records),
        *_often("needless-copy", calls.copies, least, records),
        *_often("task-per-record", calls.tasks, least, records),
    ]
    if not is_sink:
        # A sink has to write JSON; others that write and read it copy a record the long way round.
        both = {
            line: count
            for line, count in calls.loads.items()
            if any(line[1] == dumped[1] for dumped in calls.dumps)
        }
        found += _often("needless-copy", both, least, records)
    for line, waits in calls.blocked.items():
        if len(waits) >= max(3.0, least):
            seen = _said("blocking-call", line, len(waits) / records)
            found.append({**seen, "waited_ms": round(1e3 * sum(waits) / len(waits), 3)})
    return found


def _often(
    name: str, lines: Mapping[Function, int], least: float, records: int
) -> Iterator[dict[str, Any]]:
    for line, count in lines.items():
        if count >= least:
            yield _said(name, line, count / records)


def _said(name: str, line: Function, per_record: float) -> dict[str, Any]:
    what, instead = _TEXTS[name]
    function, file, number = line
    return {
        "id": name,
        "what": what,
        "instead": instead,
        "per_record": round(per_record, 3),
        "place": {
            "file": file,
            "line": number,
            "function": function,
            "source": linecache.getline(file, number).strip(),
        },
    }
