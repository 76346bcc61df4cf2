"""Where plugins spend their time: the stacks of their threads, looked at again and again."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from types import FrameType
from typing import Final

#: Seconds between two looks.
_INTERVAL: Final = 0.001

#: Longest time for which another thread keeps the interpreter from the sampler, in seconds.
_SWITCH: Final = 0.0005

#: Frames kept of a stack, from its root.
_DEEPEST: Final = 80

#: Where a thread waits for work.
_IDLE: Final = (
    ("selectors.py", "select"),
    ("concurrent/futures/thread.py", "_worker"),
    ("threading.py", "wait"),
)

#: Frames below the plugin's own, which say nothing about it.
_BELOW: Final = (
    "/threading.py",
    "/asyncio/",
    "/concurrent/futures/thread.py",
    "<frozen",
    "<string>",
)

#: A function: its name, file and first line.
Function = tuple[str, str, int]


class Sampler:
    """Counts stacks of the plugin host's thread and those that plugins start."""

    def __init__(self) -> None:
        self.stacks: Counter[tuple[Function, ...]] = Counter()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._look_again, name="fapilog-sampler")
        self._others = {threading.get_ident()}
        self._before = sys.getswitchinterval()

    def __enter__(self) -> Sampler:
        """Begin."""
        sys.setswitchinterval(_SWITCH)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._ending.set()
        self._thread.join()
        sys.setswitchinterval(self._before)

    def _look_again(self) -> None:
        self._others.add(threading.get_ident())
        while not self._ending.is_set():
            for thread, frame in sys._current_frames().items():
                if thread not in self._others and not _is_idle(frame):
                    stack = _stack(frame)
                    if stack:
                        self.stacks[stack] += 1
            time.sleep(_INTERVAL)


def function_of(frame: FrameType) -> Function:
    """The function that a frame is of."""
    code = frame.f_code
    return getattr(code, "co_qualname", code.co_name), code.co_filename, code.co_firstlineno


def _is_idle(frame: FrameType) -> bool:
    code = frame.f_code
    return any(code.co_name == name and code.co_filename.endswith(file) for file, name in _IDLE)


def _stack(frame: FrameType | None) -> tuple[Function, ...]:
    found: list[Function] = []
    while frame is not None:
        found.append(function_of(frame))
        frame = frame.f_back
    found.reverse()
    first = 0
    while first < len(found) and any(part in found[first][1] for part in _BELOW):
        first += 1
    return tuple(found[first : first + _DEEPEST])
