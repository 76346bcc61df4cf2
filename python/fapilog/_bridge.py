"""Records of :mod:`logging`, from libraries that know nothing of fapilog, in the same pipeline."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TextIO

from fapilog._async_logger import AsyncLogger
from fapilog._levels import level_number

if TYPE_CHECKING:
    from fapilog._logger import Logger

#: What every record of logging has; everything else came by ``extra=``.
_STANDARD: Final = frozenset(
    {
        *vars(logging.LogRecord("", 0, "", 0, "", (), None)),
        *("message", "asctime", "taskName"),
    }
)

#: Loggers remembered by name; applications have some hundred.
_MOST_LOGGERS: Final = 4_096


class LoggingHandler(logging.Handler):
    """Hands records of :mod:`logging` to a pipeline.

    The logger's name, the level, the text with its arguments, the exception, the stack and every
    ``extra=`` field are kept. What plugins of the same pipeline log while they work is not handed
    over, since each of those records would make the next one; it is said by the diagnostics.

    Args:
        logger: A logger of the pipeline.
        level: Least severe level that is handed over.

    Examples:
        >>> import logging, fapilog
        >>> with fapilog.get_logger("shop", sinks=["null"]) as log:
        ...     handler = fapilog.LoggingHandler(log)
        ...     logging.getLogger("library").addHandler(handler)
        ...     logging.getLogger("library").warning("slow %s", "query", extra={"took_ms": 70})
        ...     logging.getLogger("library").removeHandler(handler)
    """

    def __init__(self, logger: Logger | AsyncLogger, level: str | int = 0) -> None:
        super().__init__(level_number(level))
        self._logger = logger.sync if isinstance(logger, AsyncLogger) else logger
        self._loggers: dict[str, Logger] = {}
        self._busy = threading.local()

    def createLock(self) -> None:  # noqa: N802 - the name that logging has
        """None is needed: the pipeline takes records from any thread."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Hand over a record; never raises."""
        if self._is_ours():
            self._logger._runtime.report(
                "bridge: recursion",
                f"a plugin of this pipeline logs through logging ({record.name}); not taken",
            )
            return
        self._busy.value = True
        try:
            self._emit(record)
        except Exception as error:  # noqa: BLE001 - the application goes on
            self._logger._runtime.report(
                "bridge: failed", f"a record of logging was not taken: {type(error).__name__}"
            )
        finally:
            self._busy.value = False

    def _is_ours(self) -> bool:
        """Whether this is said by what the record would be handed to."""
        return getattr(self._busy, "value", False) or self._logger._runtime.is_host_thread()

    def _emit(self, record: logging.LogRecord) -> None:
        fields = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            fields["exc_info"] = record.exc_info
        elif record.exc_text:
            fields["exception"] = record.exc_text
        if record.stack_info:
            fields["stack"] = record.stack_info
        self._named(record.name).log(_level(record.levelno), _message(record), **fields)

    def _named(self, name: str) -> Logger:
        logger = self._loggers.get(name)
        if logger is None:
            if len(self._loggers) >= _MOST_LOGGERS:
                self._loggers.clear()
            logger = self._loggers[name] = self._logger._named(name)
        return logger


def _level(number: int) -> int:
    return min(max(int(number), 0), 255)


def _message(record: logging.LogRecord) -> str:
    """The text with its arguments; when they do not fit, both as they are."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - a wrong format is the library's fault, not a lost record
        return f"{record.msg} {record.args!r}"


def capture_logging(
    logger: Logger | AsyncLogger,
    *,
    level: str | int = "INFO",
    loggers: Sequence[str] = ("",),
    replace: bool = True,
) -> Callable[[], None]:
    """Route records of :mod:`logging` into a pipeline.

    Args:
        logger: A logger of the pipeline.
        level: Least severe level that is taken.
        loggers: Names of loggers of logging whose records, and those of loggers below them, are
            taken; the root logger by default.
        replace: Whether these loggers' other handlers are taken off.

    Returns:
        A function that puts everything back as it was.

    Examples:
        >>> import logging, fapilog
        >>> with fapilog.get_logger("shop", sinks=["null"]) as log:
        ...     undo = fapilog.capture_logging(log)
        ...     logging.getLogger("library").info("taken")
        ...     undo()
    """
    handler = LoggingHandler(logger, level)
    before: list[tuple[logging.Logger, list[logging.Handler], int, bool]] = []
    for name in loggers:
        target = logging.getLogger(name or None)
        before.append((target, target.handlers[:], target.level, target.propagate))
        if replace:
            target.handlers.clear()
            # What is taken here must not be written by handlers further up, too.
            target.propagate = False
        target.addHandler(handler)
        if target.level == logging.NOTSET or target.level > handler.level:
            target.setLevel(handler.level)

    def undo() -> None:
        for target, handlers, old_level, propagate in before:
            target.handlers[:] = handlers
            target.setLevel(old_level)
            target.propagate = propagate

    return undo


def capture_warnings(logger: Logger | AsyncLogger) -> Callable[[], None]:
    """Log what :func:`warnings.warn` shows, at WARNING, instead of writing it to standard error.

    Returns:
        A function that puts everything back as it was.
    """
    target = logger.sync if isinstance(logger, AsyncLogger) else logger
    before = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if file is not None:
            before(message, category, filename, lineno, file, line)
            return
        fields: dict[str, Any] = {"file": filename, "line": lineno}
        target.warning(str(message), category=category.__name__, **fields)

    warnings.showwarning = show

    def undo() -> None:
        if warnings.showwarning is show:
            warnings.showwarning = before

    return undo
