"""The application that a plugin is tried in: a small one of ours, or the author's own."""

from __future__ import annotations

import asyncio
import inspect
import random
import runpy
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fapilog._tools._problem import ToolProblem

if TYPE_CHECKING:
    from fapilog._logger import Logger
    from fapilog._tools._dev_native import Exchanged

#: Levels of the small application and how often each comes, in a hundred.
_LEVELS = (("debug", 15), ("info", 65), ("warning", 12), ("error", 7), ("critical", 1))

_PATHS = ("/", "/healthz", "/cart", "/orders/42", "/login", "/static/app.js")


def sample_fields(number: int, chance: random.Random) -> dict[str, Any]:
    """Fields such as services log: numbers, texts, secrets, something nested."""
    return {
        "sequence": number,
        "user_id": chance.randrange(10_000),
        "path": chance.choice(_PATHS),
        "duration_ms": round(chance.expovariate(0.05), 3),
        "email": f"user{chance.randrange(100)}@example.com",
        "password": "hunter2",
        "note": "x" * chance.choice((0, 8, 40, 300)),
        "request": {"method": "GET", "headers": {"authorization": "Bearer abc", "accept": "*/*"}},
    }


def sample_records(seed: int = 1) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Level, message and fields of one record after the other, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - sample data
    names = [name for name, _ in _LEVELS]
    weights = [weight for _, weight in _LEVELS]
    number = 0
    while True:
        (level,) = chance.choices(names, weights)
        yield level, f"request {number} served", sample_fields(number, chance)
        number += 1


def small_application(
    log: Logger | Exchanged, *, rate: float, records: int | None, ended: Callable[[], bool]
) -> None:
    """Log `rate` records a second until there were so many, or it is to end."""
    start = time.monotonic()
    for number, (level, message, fields) in enumerate(sample_records()):
        if ended() or number == records:
            return
        getattr(log, level)(message, **fields)
        ahead = start + (number + 1) / rate - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)


def run_own(text: str) -> None:
    """Run the author's application: ``module:function``, or the path of a script.

    Raises:
        ToolProblem: ``application-not-found``.
    """
    if text.endswith(".py"):
        if not Path(text).is_file():
            raise _not_found(text, "there is no such file")
        sys.argv = [text]
        runpy.run_path(text, run_name="__main__")
        return
    sys.path.insert(0, str(Path.cwd()))
    module, _, name = text.partition(":")
    try:
        found = import_module(module)
        function = getattr(found, name)
    except (ImportError, AttributeError, ValueError) as error:
        raise _not_found(text, str(error)) from error
    sys.argv = [text]
    answer = function()
    if inspect.isawaitable(answer):
        asyncio.run(_finish(answer))


async def _finish(answer: Any) -> None:  # noqa: ANN401 - any awaitable
    await answer


def _not_found(text: str, reason: str) -> ToolProblem:
    return ToolProblem(
        "application-not-found",
        f"application `{text}` cannot be run: {reason}; expected `module:function` or a script",
        "--app app.py",
    )
