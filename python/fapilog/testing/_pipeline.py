"""A real pipeline whose end is a list."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

import fapilog
from fapilog.testing._stand_ins import Recording

if TYPE_CHECKING:
    from typing_extensions import Self

    from fapilog._stats import Stats
    from fapilog.plugins import Record
    from fapilog.testing._clock import FrozenClock


class _Stamp:
    """Gives records the time of a clock, before anybody else sees them."""

    name = "frozen-clock"

    def __init__(self, clock: FrozenClock) -> None:
        self._clock = clock

    async def filter(self, record: Record) -> Record | None:
        return {**record, "timestamp": self._clock.timestamp}


class Pipeline:
    """A logger with everything that comes out of it.

    Args:
        name: Name of the logger.
        clock: Gives records its time.
        options: What :func:`fapilog.get_logger` takes. Sinks that are named here come after the one
            that records; the level is TRACE as usual.

    Attributes:
        log: The logger.

    Examples:
        >>> from fapilog.testing import Pipeline
        >>> class Upper:
        ...     async def process(self, record):
        ...         return {**record, "message": record["message"].upper()}
        >>> with Pipeline(processors=[Upper()]) as pipeline:
        ...     pipeline.log.info("paid", user_id=42)
        ...     pipeline.messages
        ['PAID']
    """

    log: fapilog.Logger

    def __init__(
        self,
        name: str = "test",
        *,
        clock: FrozenClock | None = None,
        **options: Any,  # noqa: ANN401 - those of get_logger
    ) -> None:
        self._sink = Recording(name="recorded")
        options.setdefault("level", "TRACE")
        options["sinks"] = [self._sink, *options.get("sinks", ())]
        if clock is not None:
            options["filters"] = [_Stamp(clock), *options.get("filters", ())]
            clock._watch(self)
        self.log = fapilog.get_logger(name, **options)

    @property
    def records(self) -> list[dict[str, Any]]:
        """What came out until now; waits for what is on its way.

        Raises:
            AssertionError: It does not come out within 10 seconds.
        """
        self.flush()
        return list(self._sink.records)

    @property
    def messages(self) -> list[str]:
        """Messages of what came out until now."""
        return [record["message"] for record in self.records]

    @property
    def stats(self) -> Stats:
        """The counts now; nothing is on its way."""
        self.flush()
        return self.log.stats()

    def clear(self) -> None:
        """Forget what came out until now."""
        self.flush()
        self._sink.records.clear()

    def flush(self, *, limit: float = 10.0) -> None:
        """Wait for what is on its way.

        Raises:
            AssertionError: It does not come out within `limit` seconds.
        """
        if not self.log.flush(timeout=limit):
            raise AssertionError(f"records are still on their way after {limit:g} s")

    def close(self, *, limit: float = 10.0) -> None:
        """End the pipeline.

        Raises:
            AssertionError: It does not end within `limit` seconds, or records are left.
        """
        report = self.log.close(timeout=limit)
        if report.undelivered or report.stuck:
            raise AssertionError(f"the pipeline did not end well: {report}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.log.close(timeout=1.0)
