"""The ABI that native plugins are compiled against, as a committed snapshot.

    python scripts/native_abi.py           says what changed, and which version step that needs
    python scripts/native_abi.py --write   takes the ABI of now, when the version allows it

The version is that of the crate `fapilog-abi`; its first number is `ABI_VERSION`, which the host
compares. Removing, moving or changing anything needs a new first number, and with it a new name of
the exported function; adding a constant, a function, or a field at the end of a struct a new second
one.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from plugin_api import verdict

ROOT = Path(__file__).resolve().parents[1]
CRATE = ROOT / "crates" / "fapilog-abi"
SNAPSHOT = ROOT / "docs" / "specs" / "native-abi.json"
HEADERS = ("fapilog_plugin.h", "fapilog_record.h")

_DEFINE = re.compile(r"^#define (FAPILOG_\w+) (\S+)$", re.MULTILINE)
_ENUM = re.compile(r"^enum \{(.*?)\};", re.MULTILINE | re.DOTALL)
_STRUCT = re.compile(r"^typedef struct (\w+) \{(.*?)^\} \1;", re.MULTILINE | re.DOTALL)
_FUNCTION = re.compile(r"^(?:static inline )?([\w ]+[ *])(\w+)\(([^;{]*)\)(?: \{|;)", re.MULTILINE)


def surface() -> dict[str, Any]:
    """Every name of the headers, and what can be relied on of it."""
    text = "\n".join((CRATE / "include" / name).read_text() for name in HEADERS)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    names: dict[str, Any] = dict(_DEFINE.findall(text))
    for inside in _ENUM.findall(text):
        for entry in filter(None, (part.strip() for part in inside.split(","))):
            name, number = entry.split(" = ")
            names[name] = number
    for name, inside in _STRUCT.findall(text):
        fields = [_spaced(field) for field in inside.split(";") if field.strip()]
        names[name] = {_field(field): f"{at}: {field}" for at, field in enumerate(fields)}
    for kind, name, arguments in _FUNCTION.findall(text):
        names[name] = f"{_spaced(kind)}({_spaced(arguments)})"
    manifest = (CRATE / "Cargo.toml").read_text()
    version = re.search(r'^version = "(\d+)\.(\d+)\.\d+"$', manifest, re.MULTILINE)
    assert version is not None
    major, minor = map(int, version.groups())
    assert names["FAPILOG_ABI_VERSION"] == f"{major}u", "the crate's first number is the ABI's"
    assert f"fapilog_plugin_v{major}" in names, "the exported name has the ABI's number"
    return {"api_version": [major, minor], "names": names}


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _field(field: str) -> str:
    pointer = re.search(r"\(\*(\w+)\)", field)
    return pointer[1] if pointer else re.split(r"[ *]", field)[-1]


def main() -> int:
    """Check or write; returns the exit code."""
    new = surface()
    old = json.loads(SNAPSHOT.read_text()) if SNAPSHOT.exists() else new
    problem = verdict(old, new, named="version of fapilog-abi")
    if not problem and "--write" in sys.argv[1:]:
        SNAPSHOT.write_text(json.dumps(new, indent=2, ensure_ascii=False) + "\n")
    elif not problem and old != new:
        problem = "the snapshot is old: python scripts/native_abi.py --write"
    sys.stderr.write(f"{problem}\n" if problem else "")
    return 1 if problem else 0


if __name__ == "__main__":
    raise SystemExit(main())
