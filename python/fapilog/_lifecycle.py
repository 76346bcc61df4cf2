"""The end of the process: what is still open is drained, forks are told."""

from __future__ import annotations

import sys
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from fapilog._runtime import Runtime

#: Time for everything at exit, in seconds.
EXIT_TIMEOUT: Final = 5.0

#: The part of it that is kept for closing, in seconds.
_FOR_CLOSING: Final = 1.0

_spent = 0.0
_open: dict[int, Runtime] = {}
_left_behind: weakref.WeakSet[Runtime] = weakref.WeakSet()
_hooks_installed = False
_finalizer_of = 0


def add(runtime: Runtime) -> None:
    """Remember a runtime until it is closed: one that nobody holds any more still delivers."""
    global _hooks_installed
    if not _hooks_installed:
        _install_hooks()
        _hooks_installed = True
    _install_finalizer()
    _install_signal_handler()
    _open[id(runtime)] = runtime


def remove(runtime: Runtime) -> None:
    """Forget a runtime that was closed, but for what it left running."""
    _open.pop(id(runtime), None)
    if runtime.is_stuck:
        _left_behind.add(runtime)


def open_runtimes() -> list[Runtime]:
    """Every runtime that is not closed, in the order of their start."""
    return list(_open.values())


def _install_hooks() -> None:
    import atexit
    import os
    import threading

    # Executors of concurrent.futures stop before atexit functions run. Plugins may use them, so a
    # first flush has to come earlier; the hook that CPython's own executors use is the only one.
    early = getattr(threading, "_register_atexit", None)
    if early is not None:
        import concurrent.futures.thread  # noqa: F401 - its hook must be older, to run after ours

        with suppress(RuntimeError):  # too late: threads are being joined already
            early(_flush_all)
    atexit.register(_close_all)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget_all)


def _install_finalizer() -> None:
    """Close at the end of a process of multiprocessing: a forked one runs no atexit functions."""
    global _finalizer_of
    import os

    processes = sys.modules.get("multiprocessing.process")
    if processes is None or processes.parent_process() is None or _finalizer_of == os.getpid():
        return
    from multiprocessing.util import Finalize

    _finalizer_of = os.getpid()
    Finalize(None, _close_all, exitpriority=0)


def _install_signal_handler() -> None:
    """Drain on SIGTERM where the application leaves it to the system, which ends the process."""
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        return
    with suppress(ValueError):  # a sub-interpreter has no signals
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _drain_and_end)


def _drain_and_end(number: int, _frame: FrameType | None) -> None:
    """Deliver what is on its way, then end as the signal would have ended the process."""
    import os
    import signal

    _close_all()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _flush_all() -> None:
    for runtime in open_runtimes():
        _spend(runtime.flush, EXIT_TIMEOUT - _FOR_CLOSING)


def _close_all() -> None:
    for runtime in open_runtimes():
        _spend(runtime.close, EXIT_TIMEOUT)
    left_behind = [runtime for runtime in _left_behind if runtime.is_stuck]
    if left_behind:
        from fapilog._engine import leave

        leave()
        for runtime in left_behind:
            runtime.abandon()


def _spend(run: Callable[[float], object], budget: float) -> None:
    """Run what takes a time limit, with what is left of a budget for all of them.

    All pipelines go on working meanwhile: waiting for one is time for the others, too.
    """
    global _spent
    start = time.monotonic()
    run(max(0.0, budget - _spent))
    _spent += time.monotonic() - start


def _forget_all() -> None:
    global _spent
    _spent = 0.0
    for runtime in [*_open.values(), *_left_behind]:
        runtime.forget_after_fork()
    _open.clear()
    _left_behind.clear()
