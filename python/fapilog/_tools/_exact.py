"""Instructions and allocations of a call, counted by valgrind; both are the same in every run.

The same calls are made twice, so many and more, in processes of their own: the difference is what
the calls cost, without the interpreter's start.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from fapilog._tools._subject import Subject

_PROGRAM: Final = "valgrind"

#: Calls of the first run, and how many more the second makes.
_FIRST: Final = 50
_MORE: Final = 500

#: Seconds for one run: valgrind slows a program some fifty times.
_LIMIT: Final = 300

_VARIABLE: Final = "FAPILOG_TOOL_EXACT"
_CODE: Final = (
    "import sys; sys.path[:] = [one for one in sys.path if one]; "
    "from fapilog._tools._exact import call; call()"
)

_COUNTERS: Final = {
    "instructions_per_call": (
        ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"],
        re.compile(r"I\s+refs:\s+([\d,]+)"),
    ),
    "allocations_per_call": (
        ["--tool=memcheck", "--leak-check=no", "--undef-value-errors=no"],
        re.compile(r"total heap usage: ([\d,]+) allocs"),
    ),
}


def offered() -> bool:
    """Whether the machine has valgrind."""
    return shutil.which(_PROGRAM) is not None


def counted(subject: Subject, request: Mapping[str, Any]) -> dict[str, int] | None:
    """Instructions and allocations of one call; None when valgrind cannot tell."""
    asked = {
        "folder": request["folder"],
        "plugin": subject.name,
        "kind": subject.kind,
        "options": list(request.get("options", ())),
    }
    found: dict[str, int] = {}
    for name, (words, pattern) in _COUNTERS.items():
        counts = [
            _count(words, pattern, {**asked, "calls": calls}) for calls in (_FIRST, _FIRST + _MORE)
        ]
        if counts[0] is None or counts[1] is None:
            return None
        found[name] = round((counts[1] - counts[0]) / _MORE)
    return found


def _count(words: list[str], pattern: re.Pattern[str], asked: Mapping[str, Any]) -> int | None:
    environment = {
        **os.environ,
        _VARIABLE: json.dumps(asked),
        "PYTHONMALLOC": "malloc",
        "PYTHONHASHSEED": "0",
    }
    with tempfile.TemporaryDirectory(prefix="fapilog-bench-") as folder:
        try:
            ended = subprocess.run(
                [_PROGRAM, *words, sys.executable, "-c", _CODE],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_LIMIT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    found = pattern.search(ended.stderr)
    return int(found[1].replace(",", "")) if found and ended.returncode == 0 else None


def call() -> None:
    """Make the calls; what valgrind counts."""
    from fapilog._tools._application import sample_fields
    from fapilog._tools._bench import as_records
    from fapilog._tools._subject import baseline, installed, subjects

    asked = json.loads(os.environ.pop(_VARIABLE))
    if asked["plugin"] == "no-op":
        subject = baseline(asked["kind"], batches=False)
    elif Path(asked["folder"]).is_dir() and asked["folder"]:
        subject = subjects(asked)[1][0]
    else:
        subject = installed(asked["plugin"])[0]
    chance = random.Random(1)  # noqa: S311 - sample data
    records = as_records(subject, [sample_fields(number, chance) for number in range(64)])

    async def calls() -> None:
        from fapilog._tools._bench import started

        plugin = subject.make()
        await started(plugin)
        method = subject.method(plugin)
        for number in range(asked["calls"]):
            await method(records[number % len(records)])
        stop = getattr(plugin, "stop", None)
        if stop is not None:
            await stop()

    asyncio.run(calls())
