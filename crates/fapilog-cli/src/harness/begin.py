"""Starts the tools of the core that is installed here, or says that there is none."""

import sys

# `-c` puts the working folder on the path: nothing lying about there is to be imported.
sys.path[:] = [folder for folder in sys.path if folder != ""]

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
