"""``fapilog plugin lock``: write down what the installed plugins consist of."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from fapilog._errors import FapilogError, PluginError
from fapilog._policy import LOCK

_EXAMPLES = """\
examples:
  fapilog plugin lock
  fapilog plugin lock acme --output deploy/fapilog-plugins.lock
then, in fapilog.toml:
  policy = { require = "hash" }
"""


def main(words: Sequence[str]) -> int:
    """Run the command; returns its exit code: 0 fine, 1 something is wrong, 2 mistyped."""
    parser = argparse.ArgumentParser(
        prog="fapilog plugin lock",
        description='Write the lock that policy.require = "hash" holds plugins against.',
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="plugins; all installed ones")
    parser.add_argument("--output", type=Path, default=Path(LOCK), help=f"the file; {LOCK}")
    arguments = parser.parse_args(words)
    try:
        for line in _lock(arguments.names, arguments.output):
            sys.stdout.write(f"{line}\n")
    except FapilogError as error:
        sys.stderr.write(f"error[{error.error_id}]: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"error: {arguments.output} cannot be written: {error.strerror}\n")
        return 1
    sys.stdout.write(f"written: {arguments.output}\n")
    return 0


def _lock(names: Sequence[str], path: Path) -> list[str]:
    from fapilog._discovery import found_plugins
    from fapilog._loader import refuse_duplicates, unknown
    from fapilog._lock import write
    from fapilog._names import normalised

    found = found_plugins()
    for plugin in found:
        refuse_duplicates([one for one in found if normalised(one.name) == normalised(plugin.name)])
    wanted = {normalised(name) for name in names}
    known = {normalised(plugin.name) for plugin in found}
    for name in names:
        if normalised(name) not in known:
            raise unknown(name, "sink", found)
    chosen = [plugin for plugin in found if not wanted or normalised(plugin.name) in wanted]
    if not chosen:
        raise PluginError("unknown-plugin", kind="installed", name="*", similar="")
    return write(chosen, path)
