"""What an application logs, whoever made its loggers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fapilog import _lifecycle, _observers
from fapilog.testing._stand_ins import Recording


class Captured:
    """What loggers that were made meanwhile have logged."""

    def __init__(self) -> None:
        self._sink = Recording(name="captured")

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records until now, after redaction; waits for what is on its way.

        Raises:
            AssertionError: It does not come out within 10 seconds.
        """
        for runtime in _lifecycle.open_runtimes():
            if not runtime.flush(10.0):
                raise AssertionError(f"records of `{runtime.name}` are still on their way")
        return list(self._sink.records)

    @property
    def messages(self) -> list[str]:
        """Messages of the records until now."""
        return [record["message"] for record in self.records]

    def at(self, level: str) -> list[dict[str, Any]]:
        """The records of one level."""
        return [record for record in self.records if record["level"] == level.upper()]

    def clear(self) -> None:
        """Forget the records until now."""
        del self._sink.records[: len(self.records)]


@contextmanager
def capture() -> Iterator[Captured]:
    """Hear what every logger logs that is made inside of the block, beside its sinks.

    Loggers that were made before are not heard: make them where the application starts, and not
    when its modules are imported. Levels, filters and redactors hold as they are.

    Examples:
        >>> import fapilog
        >>> from fapilog.testing import capture
        >>> with capture() as captured:
        ...     with fapilog.get_logger("shop", sinks=["null"]) as log:
        ...         log.info("paid", user_id=42)
        ...     captured.messages
        ['paid']
    """
    captured = Captured()
    remove = _observers.add(captured._sink.write)
    try:
        yield captured
    finally:
        remove()
