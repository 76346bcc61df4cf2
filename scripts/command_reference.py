"""Writes what the command says of itself into its page: make docs.

The text comes from the same types as help, manual pages and completions.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs/reference/command.md"
BEGIN = "<!-- begin: written by `make docs` from `fapilog reference` -->\n"
END = "<!-- end -->\n"


def render() -> str:
    """The page with what the built command says now."""
    program = os.environ.get("FAPILOG_CLI_BIN", str(ROOT / "target/release/fapilog-cli"))
    said = subprocess.run([program, "reference"], capture_output=True, text=True, check=True).stdout
    head, _, rest = TARGET.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{said}{END}{tail}"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
