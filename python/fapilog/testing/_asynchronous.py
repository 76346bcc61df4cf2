"""Waiting in tests: with a limit, for a condition, and never for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from fapilog.testing._own_loop import run_alone

T = TypeVar("T")

#: Between two looks at a condition, in seconds.
_PAUSE: Final = 0.001


def run(work: Callable[[], Coroutine[Any, Any, T]], *, limit: float = 10.0) -> T:
    """Run a coroutine in a loop and thread of its own, and look after it.

    Args:
        work: Makes the coroutine.
        limit: Longest time, in seconds.

    Raises:
        AssertionError: It took longer, blocks its loop, or left tasks or threads running.
        BaseException: Whatever it raised.

    Examples:
        >>> from fapilog.testing import run
        >>> async def answer():
        ...     return 42
        >>> run(answer)
        42
    """

    async def limited() -> T:
        try:
            return await asyncio.wait_for(work(), limit)
        except asyncio.TimeoutError:
            raise AssertionError(f"it took longer than {limit:g} s") from None

    ended = run_alone(limited, limit + 5.0)
    if left := ended.left_running():
        raise AssertionError(f"it left running: {', '.join(left)}")
    return ended.value


def eventually(
    condition: Callable[[], object], what: str = "the condition", *, limit: float = 10.0
) -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: It does not hold within `limit` seconds.
    """
    end = time.perf_counter() + limit
    while not condition():
        if time.perf_counter() > end:
            raise AssertionError(f"waited {limit:g} s in vain for {what}")
        time.sleep(_PAUSE)


async def aeventually(
    condition: Callable[[], object], what: str = "the condition", *, limit: float = 10.0
) -> None:
    """As :func:`eventually`; other tasks go on meanwhile.

    Raises:
        AssertionError: It does not hold within `limit` seconds.
    """
    end = time.perf_counter() + limit
    while not condition():
        if time.perf_counter() > end:
            raise AssertionError(f"waited {limit:g} s in vain for {what}")
        await asyncio.sleep(_PAUSE)
