"""Counting instructions with the processor's own counter, where the machine offers one (Linux)."""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import struct
import sys
from typing import Final

#: Numbers of ``perf_event_open``.
_CALLS: Final = {"x86_64": 298, "aarch64": 241}

#: ``PERF_TYPE_HARDWARE`` and ``PERF_COUNT_HW_INSTRUCTIONS``.
_HARDWARE: Final = 0
_INSTRUCTIONS: Final = 1

#: Size of the first published ``perf_event_attr``, in bytes: all that is needed is in it.
_SIZE: Final = 64

#: Flags: begin disabled, count in threads made later too, leave out kernel and hypervisor.
_FLAGS: Final = 0b1 | 0b10 | 0b100000 | 0b1000000

_ENABLE: Final = 0x2400
_DISABLE: Final = 0x2401
_RESET: Final = 0x2403


class Instructions:
    """Counts the instructions of this process; made before the threads that it counts."""

    def __init__(self) -> None:
        """Open the counter.

        Raises:
            OSError: The machine, or its owner, offers none.
        """
        number = _CALLS.get(platform.machine())
        if number is None or not sys.platform.startswith("linux"):
            raise OSError("no counter is known for this machine")
        attributes = struct.pack("IIQQQQQ", _HARDWARE, _SIZE, _INSTRUCTIONS, 0, 0, 0, _FLAGS).ljust(
            _SIZE, b"\0"
        )
        libc = ctypes.CDLL(None, use_errno=True)
        self._file = libc.syscall(number, attributes, 0, -1, -1, 0)
        if self._file < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    def start(self) -> None:
        """Count from zero."""
        fcntl.ioctl(self._file, _RESET, 0)
        fcntl.ioctl(self._file, _ENABLE, 0)

    def stop(self) -> int:
        """How many there were."""
        fcntl.ioctl(self._file, _DISABLE, 0)
        (count,) = struct.unpack("Q", os.read(self._file, 8))
        return int(count)

    def close(self) -> None:
        """Give the counter back."""
        os.close(self._file)


def counter() -> Instructions | None:
    """A counter, or None where the machine offers none."""
    try:
        return Instructions()
    except OSError:
        return None
