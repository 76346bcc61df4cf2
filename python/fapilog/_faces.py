"""Other ways to get a logger: for an event loop, and for a block of code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from os import PathLike
from typing import TYPE_CHECKING, Literal, TypedDict

from fapilog._async_logger import AsyncLogger
from fapilog._get_logger import get_logger
from fapilog._logger import Logger

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fapilog._native import NativePart
    from fapilog._parts import (
        AlerterPart,
        EnricherPart,
        FilterPart,
        ProcessorPart,
        RedactorPart,
        SinkPart,
    )
    from fapilog.plugins import Policy, Record


class LoggerOptions(TypedDict, total=False):
    """The options of :func:`get_logger`, by name."""

    preset: str | None
    config: str | PathLike[str] | None
    level: str | int | None
    levels: Mapping[str, str | int] | None
    sinks: Sequence[SinkPart] | None
    format: str | NativePart | Callable[[Record], str] | None
    filters: Sequence[FilterPart] | None
    enrichers: Sequence[EnricherPart] | None
    processors: Sequence[ProcessorPart] | None
    redactors: Sequence[RedactorPart] | None
    alerters: Sequence[AlerterPart] | None
    alert_level: str | int | None
    alert_interval: float | None
    policy: Policy | Mapping[str, object] | None
    overflow: Literal["block", "drop_newest", "drop_oldest", "sample"] | None
    block_timeout: float | None
    sample_one_in: int | None
    protected: Sequence[str | int] | None
    queue_records: int | None
    queue_bytes: int | None
    durable: Literal["mmap"] | None
    durable_folder: str | PathLike[str] | None
    durable_bytes: int | None
    debug_socket: str | PathLike[str] | None


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
