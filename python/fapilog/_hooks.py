"""Exceptions that nobody handles."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fapilog._async_logger import AsyncLogger

if TYPE_CHECKING:
    import asyncio
    from types import TracebackType

    from fapilog._logger import Logger


def capture_exceptions(
    logger: Logger | AsyncLogger, *, loop: asyncio.AbstractEventLoop | None = None
) -> Callable[[], None]:
    """Log exceptions that nobody handles: at CRITICAL in the main thread, at ERROR elsewhere.

    The hooks of before (``sys.excepthook``, ``threading.excepthook``, ``sys.unraisablehook``, and
    the exception handler of `loop`) are called, too. ``KeyboardInterrupt`` and ``SystemExit`` are
    nobody's mistake and not logged.

    Returns:
        A function that puts everything back as it was.
    """
    target = logger.sync if isinstance(logger, AsyncLogger) else logger
    undos = [_main_thread(target), _other_threads(target), _unraisable(target)]
    if loop is not None:
        undos.append(_event_loop(target, loop))

    def undo() -> None:
        for one in undos:
            one()

    return undo


def _is_mistake(error: object) -> bool:
    return error is not None and not isinstance(error, (KeyboardInterrupt, SystemExit))


def _main_thread(logger: Logger) -> Callable[[], None]:
    before = sys.excepthook

    def hook(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        if _is_mistake(error):
            logger.critical("unhandled exception", exc_info=(kind, error, traceback))
            logger.flush()
        before(kind, error, traceback)

    sys.excepthook = hook

    def undo() -> None:
        if sys.excepthook is hook:
            sys.excepthook = before

    return undo


def _other_threads(logger: Logger) -> Callable[[], None]:
    before = threading.excepthook

    def hook(args: threading.ExceptHookArgs) -> None:
        if _is_mistake(args.exc_value):
            name = args.thread.name if args.thread is not None else None
            logger.error("unhandled exception", exc_info=args.exc_value, thread=name)
        before(args)

    threading.excepthook = hook

    def undo() -> None:
        if threading.excepthook is hook:
            threading.excepthook = before

    return undo


def _unraisable(logger: Logger) -> Callable[[], None]:
    before = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if _is_mistake(unraisable.exc_value):
            message = unraisable.err_msg or "exception ignored"
            logger.error(message, exc_info=unraisable.exc_value)
        before(unraisable)

    sys.unraisablehook = hook

    def undo() -> None:
        if sys.unraisablehook is hook:
            sys.unraisablehook = before

    return undo


def _event_loop(logger: Logger, loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
    before = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is None or _is_mistake(error):
            logger.error(context.get("message") or "unhandled exception", exc_info=error)
        if before is None:
            loop.default_exception_handler(context)
        else:
            before(loop, context)

    loop.set_exception_handler(handle)

    def undo() -> None:
        if loop.get_exception_handler() is handle:
            loop.set_exception_handler(before)

    return undo
