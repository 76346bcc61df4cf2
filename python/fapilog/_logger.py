"""Loggers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from fapilog._engine import LoggerCore
from fapilog._levels import effective_level, level_number
from fapilog._settings import seconds_from
from fapilog._stats import CloseReport, Stats
from fapilog._waiters import in_thread

if TYPE_CHECKING:
    from typing_extensions import Self

    from fapilog._plugin_control import Plugins
    from fapilog._runtime import Runtime


R = TypeVar("R")


class Logger(LoggerCore):
    """Writes records to a pipeline; made by :func:`get_logger`, :meth:`bind` and :meth:`child`.

    ``trace``, ``debug``, ``info``, ``warning``, ``error`` and ``critical`` take a message and
    fields by keyword, and return None; ``log`` takes a level first. Any value is accepted, nothing
    about a value raises; what JSON has no form for becomes text. ``exception`` logs at ERROR with
    the exception being handled in a field of that name; the others do so with ``exc_info=True`` or
    ``exc_info=error``.

    Fields named ``timestamp``, ``level``, ``logger`` or ``message`` get an underscore appended.
    """

    __slots__ = ("_runtime",)

    _runtime: Runtime

    def __new__(cls, *_args: object, **_kwargs: object) -> Self:
        """Refuse to be called: a logger needs a pipeline."""
        raise TypeError("make loggers with fapilog.get_logger(name) or logger.bind(…)")

    @classmethod
    def _make(
        cls,
        runtime: Runtime,
        name: str,
        level: int | None,
        parent: Logger | None = None,
        fields: dict[str, Any] | None = None,
        without: list[str] | None = None,
    ) -> Self:
        logger = super().__new__(cls, runtime.pipeline, name, level, parent, fields, without)
        logger._runtime = runtime
        return logger

    @classmethod
    def _add_level(cls, name: str, number: int) -> None:
        def log(self: Logger, message: object, /, **fields: object) -> None:
            self.log(number, message, **fields)

        log.__name__ = name
        log.__doc__ = f"Log at level {name.upper()}."
        setattr(cls, name, log)

    def bind(self, /, **fields: Any) -> Self:  # noqa: ANN401 - any value is accepted
        """A logger that adds `fields` to every record, on the same pipeline, with the same level.

        Values are encoded now; later changes of a value are not seen. A field of a call replaces a
        bound one of the same name.
        """
        return type(self)._make(self._runtime, self.name, None, self, fields)

    def unbind(self, /, *names: str) -> Self:
        """A logger without some bound fields.

        Raises:
            KeyError: One of them is not bound.
        """
        missing = [name for name in names if name not in self._bound_names]
        if missing:
            raise KeyError(*missing)
        return self.try_unbind(*names)

    def try_unbind(self, /, *names: str) -> Self:
        """A logger without some bound fields; names that are not bound are ignored."""
        return type(self)._make(self._runtime, self.name, None, self, None, list(names))

    @contextmanager
    def bound(self, /, **fields: Any) -> Iterator[Self]:  # noqa: ANN401 - any value is accepted
        """For a ``with`` block, a logger that adds `fields`."""
        yield self.bind(**fields)

    def child(self, suffix: str) -> Self:
        """The logger below this one: ``shop`` has the child ``shop.db``.

        It has the same pipeline and bound fields. Its level is the one that ``levels`` of
        :func:`get_logger` sets for it, or else this logger's, also when that changes.
        """
        return self._named(f"{self.name}.{suffix}")

    def _named(self, name: str) -> Self:
        level = effective_level(name, self._runtime.levels)
        if name.startswith(f"{self.name}.") and level == effective_level(
            self.name, self._runtime.levels
        ):
            level = None
        return type(self)._make(self._runtime, name, level, self)

    def set_level(self, level: str | int) -> None:
        """Change the least severe level that is logged, at once, for every logger that shares it.

        Loggers share the level of the one they were bound from, and of the one they are a child
        of unless ``levels`` sets another.

        Raises:
            ConfigurationError: ``bad-level``.
        """
        self._set_level(level_number(level))

    def is_enabled_for(self, level: str | int) -> bool:
        """Whether a record of that level would be logged.

        Raises:
            ConfigurationError: ``bad-level``.
        """
        return level_number(level) >= self.level

    isEnabledFor = is_enabled_for  # noqa: N815 - the name that logging has

    @property
    def plugins(self) -> Plugins:
        """The plugins of this logger's pipeline: switch, exchange, and ask how they do."""
        from fapilog._plugin_control import Plugins

        return Plugins(self._runtime)

    def stats(self) -> Stats:
        """Where the records of this logger's pipeline went, up to now."""
        return self._runtime.stats()

    def flush(self, *, timeout: float = 5.0) -> bool:
        """Wait until every record logged so far has been delivered, filtered or dropped.

        Args:
            timeout: Longest wait, in seconds.

        Returns:
            False when the time ran out first.
        """
        return self._runtime.flush(_seconds("timeout", timeout))

    def close(self, *, timeout: float = 5.0) -> CloseReport:
        """Deliver what is on its way and end the pipeline, for every logger on it.

        Later records are dropped and counted. Closing twice is harmless. At the end of the process
        every open pipeline is closed by itself.

        Args:
            timeout: Longest wait, in seconds; what is stuck then is left behind and reported.
        """
        return self._runtime.close(_seconds("timeout", timeout))

    async def aflush(self, *, timeout: float = 5.0) -> bool:
        """As :meth:`flush`, without blocking the event loop."""
        return await in_thread(lambda: self.flush(timeout=timeout))

    async def aclose(self, *, timeout: float = 5.0) -> CloseReport:
        """As :meth:`close`, without blocking the event loop."""
        return await in_thread(lambda: self.close(timeout=timeout))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<fapilog.Logger {self.name!r} level={self.level}>"


def _seconds(option: str, number: float) -> float:
    return seconds_from(option, number)
