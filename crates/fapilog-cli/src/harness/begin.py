"""Starts the tools of the core that is installed here, or says that there is none."""

import sys

# `-c` puts the working folder on the path: nothing lying about there is to be imported.
sys.path[:] = [folder for folder in sys.path if folder != ""]


def end_with_the_command() -> None:
    """Ends when the command is killed: an application that is run would go on for ever."""
    import ctypes
    import os
    import signal

    parent_death_signal = 1  # PR_SET_PDEATHSIG of prctl(2)
    ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGTERM)
    if os.getppid() == 1:
        raise SystemExit("the command has ended")


if sys.platform == "linux":
    end_with_the_command()

try:
    from fapilog._tools import main
except ImportError as error:
    import json

    text = f"`{sys.executable}` cannot import the tools of fapilog: {error}"
    hint = 'pip install "fapilog>=3.0"'
    event = {"event": "error", "id": "tools-not-installed", "message": text, "hint": hint}
    sys.stdout.write(json.dumps(event) + "\n")
    raise SystemExit(1) from None

raise SystemExit(main())
