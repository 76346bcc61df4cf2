"""Other ways to get a logger: for an event loop, and for a block of code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Literal, TypedDict

from fapilog._async_logger import AsyncLogger
from fapilog._logger import Logger, get_logger

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fapilog._destination import Destination
    from fapilog._native import NativePart
    from fapilog._sinks import SinkLike
    from fapilog.plugins import Enricher, Filter, Processor, Record, Redactor


class LoggerOptions(TypedDict, total=False):
    """The options of :func:`get_logger`, by name."""

    level: str | int
    levels: Mapping[str, str | int] | None
    sinks: Sequence[SinkLike | Destination]
    format: str | NativePart | Callable[[Record], str]
    filters: Sequence[str | Filter | NativePart]
    enrichers: Sequence[str | Enricher | NativePart]
    processors: Sequence[str | Processor | NativePart]
    redactors: Sequence[str | Redactor | NativePart]
    overflow: Literal["block", "drop_newest", "drop_oldest", "sample"]
    block_timeout: float
    sample_one_in: int
    protected: Sequence[str | int]
    queue_records: int
    queue_bytes: int


def get_async_logger(name: str, **options: Unpack[LoggerOptions]) -> AsyncLogger:
    """Make a logger whose calls never block an event loop; options as of :func:`get_logger`.

    Raises:
        ConfigurationError: See :func:`get_logger`.
        PluginError: See :func:`get_logger`.
    """
    return AsyncLogger(get_logger(name, **options))


@contextmanager
def runtime(name: str = "app", **options: Unpack[LoggerOptions]) -> Iterator[Logger]:
    """A logger for a ``with`` block, closed at its end; options as of :func:`get_logger`.

    Examples:
        >>> import fapilog
        >>> with fapilog.runtime("job", sinks=["null"]) as log:
        ...     log.info("begun")
    """
    with get_logger(name, **options) as logger:
        yield logger


@asynccontextmanager
async def runtime_async(
    name: str = "app", **options: Unpack[LoggerOptions]
) -> AsyncIterator[AsyncLogger]:
    """The same for an ``async with`` block."""
    async with get_async_logger(name, **options) as logger:
        yield logger
