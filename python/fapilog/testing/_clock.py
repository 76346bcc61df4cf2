"""A clock that stands still until a test moves it."""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Callable
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

if TYPE_CHECKING:
    from typing_extensions import Self

    from fapilog.testing._pipeline import Pipeline

#: Where a clock stands that nobody set: 2026-01-02T03:04:05Z.
_START: Final = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)

#: Whose time goes on: what waits for threads, sockets and tests, and fapilog's own limits.
_REAL: Final = (
    *("asyncio", "concurrent", "selectors", "threading", "multiprocessing", "queue"),
    *("_pytest", "pytest", "pytest_timeout", "pluggy", "fapilog", "logging"),
)

_REAL_FUNCTIONS: Final[dict[str, Callable[[], float]]] = {
    name: getattr(time, name) for name in ("time", "time_ns", "monotonic", "monotonic_ns")
}


class FrozenClock:
    """Stops the time for code that asks ``time.time()`` or ``time.monotonic()``.

    Records of a :class:`Pipeline` that is given this clock bear its time, too. Event loops,
    threads and fapilog's own time limits go on as ever. Code that imported a function by name, or
    asks ``datetime.datetime.now()``, keeps the real time unless its module is given to
    :meth:`freeze`.

    Args:
        at: Where it stands; in UTC unless it says otherwise. 2026-01-02T03:04:05Z.

    Examples:
        >>> from fapilog.testing import FrozenClock
        >>> with FrozenClock() as clock:
        ...     clock.advance(90)
        ...     clock.timestamp
        '2026-01-02T03:05:35.000000Z'
    """

    def __init__(self, at: datetime.datetime = _START) -> None:
        self._now = at if at.tzinfo else at.replace(tzinfo=datetime.timezone.utc)
        self._elapsed_ns = 0
        self._began_ns = int(_REAL_FUNCTIONS["monotonic_ns"]())
        self._undo: list[Callable[[], None]] = []
        self._pipelines: WeakSet[Pipeline] = WeakSet()

    @property
    def now(self) -> datetime.datetime:
        """Where it stands."""
        return self._now + datetime.timedelta(microseconds=self._elapsed_ns // 1000)

    @property
    def timestamp(self) -> str:
        """The same as records have it: RFC 3339 in UTC with microseconds."""
        utc = self.now.astimezone(datetime.timezone.utc)
        return utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def advance(self, seconds: float) -> None:
        """Move it on; records that were logged before keep their time.

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError(f"seconds is `{seconds}`, expected 0 or more: time does not go back")
        for pipeline in list(self._pipelines):
            pipeline.flush()
        self._elapsed_ns += round(seconds * 1e9)

    def freeze(self, module: ModuleType) -> None:
        """Also stop what a module imported by name: functions of ``time``, ``datetime``."""
        stopped = {
            real: self._function(name, always=True) for name, real in _REAL_FUNCTIONS.items()
        }
        for name, value in list(vars(module).items()):
            if value is datetime.datetime:
                self._set(module, name, self._datetime())
            elif value is datetime:
                self._set(module, name, self._datetime_module())
            elif callable(value) and value in stopped:
                self._set(module, name, stopped[value])

    def __enter__(self) -> Self:
        for name in _REAL_FUNCTIONS:
            self._set(time, name, self._function(name, always=False))
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        while self._undo:
            self._undo.pop()()

    def _watch(self, pipeline: Pipeline) -> None:
        self._pipelines.add(pipeline)

    def _set(self, module: ModuleType, name: str, value: object) -> None:
        before = getattr(module, name)
        setattr(module, name, value)
        self._undo.append(lambda: setattr(module, name, before))

    def _function(self, name: str, *, always: bool) -> Callable[[], float]:
        real = _REAL_FUNCTIONS[name]
        in_ns, wall = name.endswith("_ns"), name.startswith("time")

        def frozen() -> float:
            if not always:
                caller = sys._getframe(1).f_globals.get("__name__", "")
                if str(caller).partition(".")[0] in _REAL:
                    return real()
            start_ns = round(self._now.timestamp() * 1e6) * 1000 if wall else self._began_ns
            now_ns = start_ns + self._elapsed_ns
            return now_ns if in_ns else now_ns / 1e9

        return frozen

    def _datetime(self) -> type[datetime.datetime]:
        clock = self

        class Frozen(datetime.datetime):
            @classmethod
            def now(cls, tz: datetime.tzinfo | None = None) -> Any:  # noqa: ANN401 - as typed there
                zone = tz or clock.now.astimezone().tzinfo
                found = clock.now.astimezone(zone)
                return found if tz else found.replace(tzinfo=None)

            @classmethod
            def utcnow(cls) -> Any:  # noqa: ANN401 - as typed there
                return clock.now.astimezone(datetime.timezone.utc).replace(tzinfo=None)

        Frozen.__name__ = Frozen.__qualname__ = "datetime"
        return Frozen

    def _datetime_module(self) -> ModuleType:
        module = ModuleType("datetime")
        vars(module).update(vars(datetime))
        vars(module)["datetime"] = self._datetime()
        return module
