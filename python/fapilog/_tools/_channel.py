"""How events reach the command: one JSON object a line, on what was the standard output."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping
from typing import Any


class Channel:
    """Sends events; any thread may."""

    def __init__(self) -> None:
        """Take the standard output: what plugins print goes to standard error from now on."""
        sys.stdout.flush()
        self._file = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def send(self, event: str, values: Mapping[str, Any] | None = None) -> None:
        """Send one event.

        Raises:
            BrokenPipeError: Nobody listens any more.
        """
        line = json.dumps({"event": event, **(values or {})}, default=_text, ensure_ascii=False)
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()


def _text(value: object) -> str:
    """What JSON has no form for: as text, whatever its ``repr`` does."""
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - a value of the author's
        return f"<{type(value).__name__}>"
