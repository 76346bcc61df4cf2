"""Loggers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from fapilog._engine import LoggerCore
from fapilog._errors import ConfigurationError
from fapilog._levels import effective_level, level_number
from fapilog._stats import CloseReport, Stats

if TYPE_CHECKING:
    from typing_extensions import Self

    from fapilog._destination import Destination
    from fapilog._native import NativePart
    from fapilog._runtime import Runtime
    from fapilog._sinks import SinkLike
    from fapilog.plugins import Enricher, Filter, Kind, Processor, Record, Redactor


R = TypeVar("R")

#: Largest bound of a queue: no memory is as large, and the engine can count so far.
_MOST: Final = 2**32 - 1


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
        return await _in_thread(lambda: self.flush(timeout=timeout))

    async def aclose(self, *, timeout: float = 5.0) -> CloseReport:
        """As :meth:`close`, without blocking the event loop."""
        return await _in_thread(lambda: self.close(timeout=timeout))

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


async def _in_thread(run: Callable[[], R]) -> R:
    """Run what waits in a thread of its own: the loop's executor may be busy or shut down."""
    import asyncio
    import threading

    loop = asyncio.get_running_loop()
    future: asyncio.Future[R] = loop.create_future()

    def settle(set_result: Callable[[Any], None], value: object) -> None:
        def settle_in_loop() -> None:
            if not future.done():
                set_result(value)

        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle_in_loop)

    def work() -> None:
        try:
            result = run()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            settle(future.set_exception, error)
        else:
            settle(future.set_result, result)

    threading.Thread(target=work, name="fapilog-waiter", daemon=True).start()
    return await future


def get_logger(
    name: str,
    *,
    level: str | int = "INFO",
    levels: Mapping[str, str | int] | None = None,
    sinks: Sequence[SinkLike | Destination] = ("stdout",),
    format: str | NativePart | Callable[[Record], str] = "json",  # noqa: A002 - the field's term
    filters: Sequence[str | Filter | NativePart] = (),
    enrichers: Sequence[str | Enricher | NativePart] = (),
    processors: Sequence[str | Processor | NativePart] = (),
    redactors: Sequence[str | Redactor | NativePart] = (),
    overflow: Literal["block", "drop_newest", "drop_oldest", "sample"] = "block",
    block_timeout: float = 1.0,
    sample_one_in: int = 10,
    protected: Sequence[str | int] = (),
    queue_records: int = 16_384,
    queue_bytes: int = 8 * 1024 * 1024,
) -> Logger:
    """Make a logger with a pipeline of its own.

    Each call starts a new pipeline with its threads: make one in the beginning, and further
    loggers from it with :meth:`Logger.bind`.

    Args:
        name: The field ``logger`` of its records.
        level: Least severe level that is logged, by name or number.
        levels: The same for single loggers and those below them, by name.
        sinks: Where records go: ``"stdout"``, ``"stderr"``, ``"null"``, a file as
            ``"file:///var/log/app.jsonl"`` or a path, the name of a sink plugin, a plugin, or a
            :class:`fapilog.sinks.Destination` with all that is to be said about one.
        format: Text form for sinks that have none of their own: ``"json"``, ``"pretty"``,
            ``"logfmt"``, ``"ecs"``, ``"auto"`` (pretty on a terminal, else JSON), one of
            :mod:`fapilog.formats`, or a function of a record.
        filters: Plugins that take records out, by name or as instances; run in this order, first.
        enrichers: Plugins that add fields; run next.
        processors: Plugins that change records; run next.
        redactors: Plugins that take secrets out; run last.
        overflow: When the queue is full: ``"block"`` waits for room up to `block_timeout`, then
            drops; ``"drop_newest"`` drops at once; ``"drop_oldest"`` drops what has waited
            longest; ``"sample"`` takes one record in `sample_one_in` from a half full queue on.
            What is dropped is counted.
        block_timeout: Longest wait of one call, in seconds. When one has waited in vain, others
            don't until there is room.
        sample_one_in: See `overflow`.
        protected: Levels whose records are not sampled and never dropped for others: with a policy
            that drops, others that wait make room for them, and if there are none, the call waits
            up to `block_timeout`.
        queue_records: Records that may be on their way to the sinks' own buffers.
        queue_bytes: Their size in bytes.

    Raises:
        ConfigurationError: ``bad-level``, ``bad-option``, ``no-sink``, ``bad-sink``,
            ``unknown-sink`` or ``sink-not-writable``.
        PluginError: What :func:`fapilog.plugins.load` raises, or ``plugin-start``.
    """
    from fapilog._runtime import Options, Runtime

    if not isinstance(name, str):
        raise _bad_option("name", type(name).__name__, "text")
    if name.encode(errors="replace").decode() != name:
        raise _bad_option("name", ascii(name), "text without lone surrogates")
    if overflow not in ("block", "drop_newest", "drop_oldest", "sample"):
        expected = '"block", "drop_newest", "drop_oldest" or "sample"'
        raise _bad_option("overflow", overflow, expected)
    levels = _levels_of(levels)
    number = effective_level(name, levels)
    if number is None:
        number = level_number(level)
    stages: list[tuple[Kind, object]] = [
        *(("filter", plugin) for plugin in _plugins("filters", filters)),
        *(("enricher", plugin) for plugin in _plugins("enrichers", enrichers)),
        *(("processor", plugin) for plugin in _plugins("processors", processors)),
        *(("redactor", plugin) for plugin in _plugins("redactors", redactors)),
    ]
    if not _plugins("sinks", sinks):
        hint = 'name at least one: sinks=["stdout"], or sinks=["null"] to measure the rest'
        raise ConfigurationError("no-sink", hint=hint, name=name)
    options = Options(
        sinks=sinks,
        stages=stages,
        name=name,
        format=_checked_format(format),
        levels=levels,
        queue_records=_at_least_one("queue_records", queue_records),
        queue_bytes=_at_least_one("queue_bytes", queue_bytes),
        overflow=overflow,
        block_seconds=_seconds("block_timeout", block_timeout),
        sample_one_in=_at_least_one("sample_one_in", sample_one_in),
        protected=[level_number(level) for level in _plugins("protected", protected)],  # type: ignore[arg-type]
    )
    return Logger._make(Runtime(options), name, number)


def _checked_format(given: object) -> object:
    from fapilog.formats import format_of

    format_of(given)
    return given


def _levels_of(levels: Mapping[str, str | int] | None) -> Mapping[str, str | int]:
    if levels is None:
        return {}
    if not isinstance(levels, Mapping):
        raise _bad_option("levels", type(levels).__name__, 'levels by name: {"shop.db": "DEBUG"}')
    for level in levels.values():
        level_number(level)
    return dict(levels)


def _plugins(option: str, plugins: object) -> Sequence[object]:
    if isinstance(plugins, str) or not isinstance(plugins, Sequence):
        from fapilog._sinks import shown

        found = shown(plugins) if isinstance(plugins, str) else type(plugins).__name__
        raise _bad_option(option, found, f'a list, such as {option}=["name"]')
    return plugins


def _at_least_one(option: str, number: int) -> int:
    if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= _MOST:
        return number
    raise _bad_option(option, number, f"a whole number from 1 to {_MOST}")


def _seconds(option: str, number: float) -> float:
    if isinstance(number, (int, float)) and not isinstance(number, bool) and 0 <= number < 1e9:
        return float(number)
    raise _bad_option(option, number, "a number of seconds of at least 0")


def _bad_option(option: str, value: object, expected: str) -> ConfigurationError:
    return ConfigurationError("bad-option", option=option, value=value, expected=expected)
