"""Asks an interpreter what is installed beside it; prints one JSON object.

Run as `python -c`, with the environment that an application would have.
"""
# ruff: noqa: BLE001 - whatever fails is an answer, not the end of the questions
# ruff: noqa: E402 - the path must be safe before anything is imported

import sys

# `-c` puts the working folder on the path: nothing lying about there is to be imported.
sys.path[:] = [folder for folder in sys.path if folder != ""]

import hashlib
import json
import os
import re
from importlib.metadata import distributions
from pathlib import Path


def uv_made_it() -> bool:
    """Tell whether uv made this virtual environment."""
    try:
        lines = (Path(sys.prefix) / "pyvenv.cfg").read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return False
    return any(line.partition("=")[0].strip() == "uv" for line in lines)


def origin(distribution: object) -> "str | None":
    """Return the address a distribution came from, if it came from no index."""
    try:
        text = distribution.read_text("direct_url.json")  # type: ignore[attr-defined]
        found = json.loads(text) if text else {}
    except Exception:
        return None
    url = found.get("url")
    if not isinstance(url, str):
        return None
    editable = (found.get("dir_info") or {}).get("editable")
    return ("-e " if editable else "") + url


def wheel(distribution: object) -> "dict | None":
    """Return what an installer left of the wheel: its tags, and the digest of its METADATA."""
    try:
        text = distribution.read_text("WHEEL") or ""  # type: ignore[attr-defined]
        tags = re.findall(r"^Tag:\s*(\S+)", text, re.MULTILINE)
        files = distribution.files or []  # type: ignore[attr-defined]
        (one,) = (f for f in files if f.name == "METADATA" and f.parent.suffix == ".dist-info")
        content = one.locate().read_bytes()
    except Exception:
        return None
    return {"metadata_sha256": hashlib.sha256(content).hexdigest(), "tags": tags}


def installed() -> list:
    """Return every distribution, the first of each name, as imports see them."""
    found: dict = {}
    for one in distributions():
        name = one.metadata["Name"]
        if not name:
            continue
        normal = re.sub(r"[-_.]+", "-", name).lower()
        if normal in found:
            continue
        plugins = [e.name for e in one.entry_points if e.group == "fapilog.plugins"]
        requires = one.requires or []
        found[normal] = {
            "name": normal,
            "version": one.version,
            "installer": (one.read_text("INSTALLER") or "").strip(),
            "origin": origin(one),
            "plugins": plugins,
            "requires": [line for line in requires if "extra ==" not in line],
            "wheel": wheel(one) if plugins else None,
        }
    return sorted(found.values(), key=lambda one: one["name"])


def reports() -> "tuple[list, str | None]":
    """Return what the core says of each plugin, or why it says nothing."""
    try:
        import io

        import fapilog

        found = fapilog.debug_plugins(file=io.StringIO())
        return [report.as_dict() for report in found], None
    except BaseException as error:
        text = " ".join(str(error).split())
        return [], f"{type(error).__name__}: {text}"[:1000]


# What plugins print while they are imported must not get into the answer.
channel = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
plugins, problem = reports()
answer = {
    "python": ".".join(map(str, sys.version_info[:3])),
    "uv_made_it": uv_made_it(),
    "distributions": installed(),
    "plugins": plugins,
    "problem": problem,
}
channel.write(json.dumps(answer))
channel.flush()
# Exit handlers of what was imported have no part in this.
os._exit(0)
