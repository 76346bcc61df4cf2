"""The door of the tools: a request in, events out."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from fapilog._tools._channel import Channel
from fapilog._tools._problem import told

#: Where the command puts its request: not among the arguments, which every user may see.
VARIABLE: Final = "FAPILOG_TOOL_REQUEST"

_TOOLS: Final = ("bench", "debug", "dev", "docs", "explain", "profile")

Run = Callable[[Mapping[str, Any], Channel], None]


def main() -> int:
    """Run the tool of the request; returns the exit code: 1 when it could not be run."""
    request: dict[str, Any] = json.loads(os.environ.pop(VARIABLE))
    channel = Channel()
    # An interrupt from the terminal and the command's own end mean the same: finish and tell.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        name = request["tool"]
        if name not in _TOOLS:
            raise ValueError(f"tool `{name}` is not known; expected one of {', '.join(_TOOLS)}")
        run: Run = import_module(f"fapilog._tools._{name}").run
        run(request, channel)
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        return 130
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
    except BaseException as error:  # noqa: BLE001 - the author's code may raise anything
        channel.send("error", told(error))
        return 1
    return 0
