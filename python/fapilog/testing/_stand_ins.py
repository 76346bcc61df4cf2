"""Stand-ins: plugins of every kind at once, each with a behaviour that tests need."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fapilog.plugins import Alert, Record


class Recording:
    """Keeps what it is given and changes nothing; may stand in any list of ``get_logger``.

    Attributes:
        name: Its name in the pipeline.
        records: The records that it was given, in order; of alerts theirs.
        alerts: The alerts that it was given.
        starts: How often it was started.
        stops: How often it was stopped.

    Examples:
        >>> import fapilog
        >>> from fapilog.testing import Recording
        >>> sink = Recording()
        >>> with fapilog.get_logger("shop", sinks=[sink]) as log:
        ...     log.info("paid", user_id=42)
        >>> sink.records[0]["user_id"]
        42
    """

    def __init__(self, *, name: str = "recording") -> None:
        self.name = name
        self.records: list[dict[str, Any]] = []
        self.alerts: list[Alert] = []
        self.starts = 0
        self.stops = 0

    async def start(self) -> None:
        """Count the start."""
        self.starts += 1

    async def stop(self) -> None:
        """Count the stop."""
        self.stops += 1

    async def _before(self, record: Record) -> None:
        """What it does to be what it is."""

    async def _take(self, record: Record) -> None:
        await self._before(record)
        self.records.append(dict(record))

    async def filter(self, record: Record) -> Record | None:
        """Keep the record."""
        await self._take(record)
        return record

    async def enrich(self, record: Record) -> Mapping[str, Any]:
        """Add nothing."""
        await self._take(record)
        return {}

    async def process(self, record: Record) -> Record | None:
        """Change nothing."""
        await self._take(record)
        return record

    async def redact(self, record: Record) -> Record:
        """Hide nothing."""
        await self._take(record)
        return record

    async def write(self, record: Record) -> None:
        """Take the record."""
        await self._take(record)

    async def alert(self, alert: Alert) -> None:
        """Take the alert."""
        await self._take(alert.record)
        self.alerts.append(alert)


class Failing(Recording):
    """Fails on some records, the same ones in each run.

    Args:
        rate: Share of calls that fail, from 0 to 1.
        seed: Chooses which.
        error: Makes the error of a failing call; as usual an OSError.
        name: Its name in the pipeline.
    """

    def __init__(
        self,
        *,
        rate: float = 1.0,
        seed: int = 0,
        error: Callable[[], BaseException] | None = None,
        name: str = "failing",
    ) -> None:
        if not 0 <= rate <= 1:
            raise ValueError(f"rate is `{rate}`, expected a share from 0 to 1")
        super().__init__(name=name)
        self.failures = 0
        self._rate = rate
        self._random = random.Random(seed)  # noqa: S311 - chance that can be repeated
        self._error = error or (lambda: OSError("the destination cannot be reached"))

    async def _before(self, record: Record) -> None:
        if self._random.random() < self._rate:
            self.failures += 1
            raise self._error()


class Flaky(Recording):
    """Fails so many times, then works: what retries are for.

    Args:
        failures: Calls that fail from now on; may be set again at any time.
        error: Makes the error of a failing call; as usual an OSError.
        name: Its name in the pipeline.
    """

    def __init__(
        self,
        failures: int = 1,
        *,
        error: Callable[[], BaseException] | None = None,
        name: str = "flaky",
    ) -> None:
        super().__init__(name=name)
        self.failures = failures
        self._error = error or (lambda: OSError("the destination cannot be reached"))

    async def _before(self, record: Record) -> None:
        if self.failures > 0:
            self.failures -= 1
            raise self._error()


class Slow(Recording):
    """Takes its time for each record, and lets others work meanwhile.

    Args:
        seconds: Time for one record.
        name: Its name in the pipeline.
    """

    def __init__(self, seconds: float, *, name: str = "slow") -> None:
        super().__init__(name=name)
        self.seconds = seconds

    async def _before(self, record: Record) -> None:
        await asyncio.sleep(self.seconds)


class Hanging(Recording):
    """Waits until it is cancelled.

    Attributes:
        cancelled: How often it was.
    """

    def __init__(self, *, name: str = "hanging") -> None:
        super().__init__(name=name)
        self.cancelled = 0

    async def _before(self, record: Record) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


class Batching(Recording):
    """A sink that takes batches; as any other kind it takes single records.

    Args:
        most: Records that it takes at once; more are an error.
        name: Its name in the pipeline.

    Attributes:
        batches: The batches that it was given.
    """

    def __init__(self, *, most: int = 512, name: str = "batching") -> None:
        super().__init__(name=name)
        self.most = most
        self.batches: list[list[dict[str, Any]]] = []

    async def write_batch(self, records: Sequence[Record]) -> None:
        """Take a batch."""
        if len(records) > self.most:
            raise ValueError(f"a batch of {len(records)} records, at most {self.most} are taken")
        for record in records:
            await self._take(record)
        self.batches.append([dict(record) for record in records])
