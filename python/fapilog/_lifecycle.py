"""The end of the process: what is still open is drained, forks are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fapilog._runtime import Runtime

#: Time for everything at exit, in seconds.
EXIT_TIMEOUT: Final = 5.0

_open: dict[int, Runtime] = {}
_hooks_installed = False


def add(runtime: Runtime) -> None:
    """Remember a runtime until it is closed: one that nobody holds any more still delivers."""
    global _hooks_installed
    if not _hooks_installed:
        _install_hooks()
        _hooks_installed = True
    _open[id(runtime)] = runtime


def remove(runtime: Runtime) -> None:
    """Forget a runtime that was closed."""
    _open.pop(id(runtime), None)


def _install_hooks() -> None:
    import atexit
    import os
    import threading

    # Executors of concurrent.futures stop before atexit functions run. Plugins may use them, so a
    # first flush has to come earlier; the hook that CPython's own executors use is the only one.
    early = getattr(threading, "_register_atexit", None)
    if early is not None:
        import concurrent.futures.thread  # noqa: F401 - its hook must be older, to run after ours

        early(_flush_all)
    atexit.register(_close_all)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget_all)


def _flush_all() -> None:
    for runtime in list(_open.values()):
        runtime.flush(EXIT_TIMEOUT)


def _close_all() -> None:
    for runtime in list(_open.values()):
        runtime.close(EXIT_TIMEOUT)


def _forget_all() -> None:
    for runtime in list(_open.values()):
        runtime.forget_after_fork()
    _open.clear()
