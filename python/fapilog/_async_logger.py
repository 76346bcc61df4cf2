"""The same loggers for code on an event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Generator, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from fapilog._levels import LEVELS, level_number
from fapilog._waiters import in_waiter

if TYPE_CHECKING:
    from typing_extensions import Self

    from fapilog._logger import Logger
    from fapilog._stats import CloseReport, Stats


class _Done:
    """What there is to wait for when there is room: nothing."""

    __slots__ = ()

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


_DONE: Final = _Done()


class AsyncLogger:
    """A logger whose calls never block the event loop; made by :func:`get_async_logger`.

    The record is taken when the method is called, as with :class:`Logger`; what is awaited is
    only room in the queue, when it is full and the policy is to wait. So a call whose ``await`` was
    forgotten is logged all the same, if there is room.

    Examples:
        >>> import asyncio, fapilog
        >>> async def main() -> None:
        ...     async with fapilog.get_async_logger("shop", sinks=["null"]) as log:
        ...         await log.info("paid", user_id=42)
        >>> asyncio.run(main())
    """

    __slots__ = ("_logger",)

    def __init__(self, logger: Logger) -> None:
        self._logger = logger

    @property
    def sync(self) -> Logger:
        """The logger for code that is not on an event loop, on the same pipeline."""
        return self._logger

    @property
    def name(self) -> str:
        """Name that records carry as ``logger``."""
        return self._logger.name

    @property
    def level(self) -> int:
        """Number of the least severe level that is logged."""
        return self._logger.level

    def _log(
        self,
        level: int,
        with_exception: bool,
        message: object,
        fields: dict[str, Any],
    ) -> Awaitable[None]:
        waiting = self._logger._try_log(level, with_exception, message, fields)
        if waiting is None:
            return _DONE
        return in_waiter(lambda: self._logger._submit(waiting))

    def log(self, level: str | int, message: object, /, **fields: object) -> Awaitable[None]:
        """Log at a level, given by name or number.

        Raises:
            ConfigurationError: ``bad-level``.
        """
        return self._log(level_number(level), False, message, fields)

    def trace(self, message: object, /, **fields: object) -> Awaitable[None]:
        """Log at level TRACE."""
        return self._log(LEVELS["TRACE"], False, message, fields)

    def debug(self, message: object, /, **fields: object) -> Awaitable[None]:
        """Log at level DEBUG."""
        return self._log(LEVELS["DEBUG"], False, message, fields)

    def info(self, message: object, /, **fields: object) -> Awaitable[None]:
        """Log at level INFO."""
        return self._log(LEVELS["INFO"], False, message, fields)

    def warning(self, message: object, /, **fields: object) -> Awaitable[None]:
        """Log at level WARNING."""
        return self._log(LEVELS["WARNING"], False, message, fields)

    def error(self, message: object, /, **fields: object) -> Awaitable[None]:
        """Log at level ERROR."""
        return self._log(LEVELS["ERROR"], False, message, fields)

    def critical(self, message: object, /, **fields: object) -> Awaitable[None]:
        """Log at level CRITICAL."""
        return self._log(LEVELS["CRITICAL"], False, message, fields)

    def exception(self, message: object, /, **fields: object) -> Awaitable[None]:
        """Log at level ERROR, with the exception being handled."""
        return self._log(LEVELS["ERROR"], True, message, fields)

    @classmethod
    def _add_level(cls, name: str, number: int) -> None:
        def log(self: AsyncLogger, message: object, /, **fields: object) -> Awaitable[None]:
            return self._log(number, False, message, fields)

        log.__name__ = name
        log.__doc__ = f"Log at level {name.upper()}."
        setattr(cls, name, log)

    def bind(self, /, **fields: Any) -> Self:  # noqa: ANN401 - any value is accepted
        """See :meth:`Logger.bind`."""
        return type(self)(self._logger.bind(**fields))

    def unbind(self, /, *names: str) -> Self:
        """See :meth:`Logger.unbind`."""
        return type(self)(self._logger.unbind(*names))

    def try_unbind(self, /, *names: str) -> Self:
        """See :meth:`Logger.try_unbind`."""
        return type(self)(self._logger.try_unbind(*names))

    @contextmanager
    def bound(self, /, **fields: Any) -> Iterator[Self]:  # noqa: ANN401 - any value is accepted
        """See :meth:`Logger.bound`."""
        yield self.bind(**fields)

    def child(self, suffix: str) -> Self:
        """See :meth:`Logger.child`."""
        return type(self)(self._logger.child(suffix))

    def set_level(self, level: str | int) -> None:
        """See :meth:`Logger.set_level`."""
        self._logger.set_level(level)

    def is_enabled_for(self, level: str | int) -> bool:
        """See :meth:`Logger.is_enabled_for`."""
        return self._logger.is_enabled_for(level)

    isEnabledFor = is_enabled_for  # noqa: N815 - the name that logging has

    def stats(self) -> Stats:
        """See :meth:`Logger.stats`."""
        return self._logger.stats()

    async def flush(self, *, timeout: float = 5.0) -> bool:
        """See :meth:`Logger.flush`."""
        return await self._logger.aflush(timeout=timeout)

    async def close(self, *, timeout: float = 5.0) -> CloseReport:
        """See :meth:`Logger.close`."""
        return await self._logger.aclose(timeout=timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<fapilog.AsyncLogger {self.name!r} level={self.level}>"
