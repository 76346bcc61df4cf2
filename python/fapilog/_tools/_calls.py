"""Every call that plugins make: how often, what memory it leaves, what makes it slow."""

from __future__ import annotations

import resource
import threading
import time
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any, Final

from fapilog._tools._sampler import Function, function_of

#: A call in C that waits longer than this without working holds up the event loop, in seconds.
_BLOCKS: Final = 0.001

#: Where the event loop itself waits.
_LOOPS: Final = ("/asyncio/", "/selectors.py")

#: Calls of the interpreter that are waited for in the event loop and connect, by their names.
_CONNECTS: Final = {"connect", "connect_ex", "create_connection", "open_connection", "sock_connect"}

_TASKS: Final = {"create_task", "ensure_future"}


@dataclass
class Called:
    """What is known of one function.

    Attributes:
        calls: How often it was called.
        kept_bytes: Memory that was there after its calls and not before, those it made included.
    """

    calls: int = 0
    kept_bytes: int = 0


@dataclass
class Calls:
    """What was called.

    Attributes:
        functions: Every function written in Python.
        tasks: Lines of the author that make tasks, and how often they did.
        connections: Lines of the author that connect, or open files.
        copies: Lines of the author that copy deeply, or write JSON and read it again.
        blocked: Lines of the author that wait in the event loop: how often, and seconds.
    """

    functions: dict[Function, Called] = field(default_factory=lambda: defaultdict(Called))
    tasks: Counter[Function] = field(default_factory=Counter)
    connections: Counter[Function] = field(default_factory=Counter)
    files: Counter[Function] = field(default_factory=Counter)
    copies: Counter[Function] = field(default_factory=Counter)
    dumps: Counter[Function] = field(default_factory=Counter)
    loads: Counter[Function] = field(default_factory=Counter)
    blocked: dict[Function, list[float]] = field(default_factory=lambda: defaultdict(list))


class Recorder:
    """Records the calls of threads that are started while it is at work."""

    def __init__(self, is_theirs: Callable[[str], bool]) -> None:
        """Prepare.

        Args:
            is_theirs: Whether a file is the author's.
        """
        self.calls = Calls()
        self._is_theirs = is_theirs
        self._stacks = threading.local()
        self._theirs: dict[CodeType, bool] = {}

    def __enter__(self) -> Recorder:
        """Begin."""
        tracemalloc.start()
        threading.setprofile(self._event)
        return self

    def __exit__(self, *_: object) -> None:
        """End; threads that still run are recorded on."""
        threading.setprofile(None)
        tracemalloc.stop()

    def _event(self, frame: FrameType, event: str, argument: Any) -> None:  # noqa: ANN401 - of the interpreter
        stack: list[Any] = self._stacks.__dict__.setdefault("entered", [])
        if event == "call":
            self._called(frame, stack)
        elif event == "return":
            self._returned(frame, stack)
        elif event == "c_call":
            stack.append((None, time.perf_counter(), time.thread_time(), _waits()))
        elif stack and stack[-1][0] is None:
            _, wall, cpu, waits = stack.pop()
            waited = time.perf_counter() - wall - (time.thread_time() - cpu)
            self._c_returned(frame, argument, waited if _waits() > waits else 0.0)

    def _called(self, frame: FrameType, stack: list[Any]) -> None:
        stack.append((frame, tracemalloc.get_traced_memory()[0]))
        code = frame.f_code
        name, file = code.co_name, code.co_filename
        if name in _TASKS and "/asyncio/" in file:
            self._count(self.calls.tasks, frame.f_back, "/asyncio/")
        elif name == "deepcopy" and file.endswith("/copy.py"):
            self._count(self.calls.copies, frame.f_back, "/copy.py")
        elif name == "dumps" and file.endswith("/json/__init__.py"):
            self._count(self.calls.dumps, frame.f_back)
        elif name == "loads" and file.endswith("/json/__init__.py"):
            self._count(self.calls.loads, frame.f_back)

    def _returned(self, frame: FrameType, stack: list[Any]) -> None:
        while stack:
            entered = stack.pop()
            if entered[0] is frame:
                known = self.calls.functions[function_of(frame)]
                known.calls += 1
                known.kept_bytes += tracemalloc.get_traced_memory()[0] - entered[1]
                return

    def _c_returned(self, frame: FrameType, called: Any, waited: float) -> None:  # noqa: ANN401
        name = getattr(called, "__name__", "")
        if name in _CONNECTS:
            self._count(self.calls.connections, frame, everywhere=True)
        elif name == "open" and getattr(called, "__module__", "") in ("io", "_io"):
            self._count(self.calls.files, frame, everywhere=True)
        if waited < _BLOCKS or threading.current_thread().name != "fapilog-plugins":
            return
        if any(part in frame.f_code.co_filename for part in _LOOPS):
            return
        line = self._author_line(frame)
        if line is not None:
            self.calls.blocked[line].append(waited)

    def _count(
        self,
        counter: Counter[Function],
        frame: FrameType | None,
        inside: str = "",
        *,
        everywhere: bool = False,
    ) -> None:
        """Count a line of the author; calls within a library's own file are one."""
        if frame is not None and inside and inside in frame.f_code.co_filename:
            return
        if frame is not None and not everywhere and not self._is_author(frame.f_code):
            return
        line = self._author_line(frame)
        if line is not None:
            counter[line] += 1

    def _author_line(self, frame: FrameType | None) -> Function | None:
        while frame is not None:
            if self._is_author(frame.f_code):
                code = frame.f_code
                return getattr(code, "co_qualname", code.co_name), code.co_filename, frame.f_lineno
            frame = frame.f_back
        return None

    def _is_author(self, code: CodeType) -> bool:
        found = self._theirs.get(code)
        if found is None:
            found = self._theirs[code] = self._is_theirs(code.co_filename)
        return found


def _waits() -> int:
    """How often this thread gave up the processor by itself.

    One that is only interrupted, on a busy machine, waits for nothing.
    """
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
