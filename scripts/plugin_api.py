"""The public surface that plugins are written against, as a committed snapshot.

    python scripts/plugin_api.py           says what changed, and which version step that needs
    python scripts/plugin_api.py --write   takes the surface of now, when the version allows it

Removing or changing a name needs a new major version of `API_VERSION`, adding one a new minor.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fapilog.plugin_api
import fapilog.plugins

SNAPSHOT = Path(__file__).resolve().parents[1] / "docs" / "specs" / "plugin-api.json"


def surface() -> dict[str, Any]:
    """Every public name and what can be relied on of it."""
    names: dict[str, Any] = {}
    for module in (fapilog.plugins, fapilog.plugin_api):
        for name in sorted(module.__all__):
            names[f"{module.__name__}.{name}"] = _shape(getattr(module, name))
    return {"api_version": list(fapilog.plugins.API_VERSION), "names": names}


def _shape(item: object) -> dict[str, str] | str:
    if inspect.isclass(item):
        members = {
            name: _signature(member)
            for name, member in inspect.getmembers(item, inspect.isfunction)
            if not name.startswith("_")
        }
        if dataclasses.is_dataclass(item):
            for field in dataclasses.fields(item):
                optional = field.default is not dataclasses.MISSING
                members[field.name] = f"{field.type}{' = …' if optional else ''}"
        return members
    return _signature(item) if inspect.isfunction(item) else str(item).replace("typing.", "")


def _signature(function: Callable[..., object]) -> str:
    return (
        f"{'async ' if inspect.iscoroutinefunction(function) else ''}{inspect.signature(function)}"
    )


def needed_step(old: dict[str, Any], new: dict[str, Any]) -> tuple[str, list[str]]:
    """`major`, `minor` or nothing, and the changes that ask for it."""
    before, after = _flat(old["names"]), _flat(new["names"])
    major = [f"removed: {name}" for name in before if name not in after]
    major += [
        f"changed: {name}: {before[name]} -> {after[name]}"
        for name in before
        if name in after and before[name] != after[name] and not name.endswith(".API_VERSION")
    ]
    minor = [f"added: {name}" for name in after if name not in before]
    return ("major", major) if major else ("minor", minor) if minor else ("", [])


def _flat(names: dict[str, Any]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, shape in names.items():
        flat[name] = shape if isinstance(shape, str) else ""
        if isinstance(shape, dict):
            flat.update({f"{name}.{member}": text for member, text in shape.items()})
    return flat


def verdict(old: dict[str, Any], new: dict[str, Any], named: str = "API_VERSION") -> str:
    """What is wrong with the declared version; empty when it fits the changes."""
    step, changes = needed_step(old, new)
    (major, minor), (new_major, new_minor) = old["api_version"], new["api_version"]
    fits = {
        "": True,
        "minor": new_major > major or (new_major == major and new_minor > minor),
        "major": new_major > major,
    }[step]
    if fits:
        return ""
    listed = "\n".join(f"  {change}" for change in changes)
    return f"{named} is {new_major}.{new_minor}; these changes need a new {step}:\n{listed}"


def main() -> int:
    """Check or write; returns the exit code."""
    new = surface()
    if "--write" in sys.argv[1:]:
        if SNAPSHOT.exists() and (problem := verdict(json.loads(SNAPSHOT.read_text()), new)):
            sys.stderr.write(f"{problem}\n")
            return 1
        SNAPSHOT.write_text(json.dumps(new, indent=2, ensure_ascii=False) + "\n")
        return 0
    old = json.loads(SNAPSHOT.read_text())
    problem = verdict(old, new)
    if not problem and old != new:
        problem = "the snapshot is old: python scripts/plugin_api.py --write"
    sys.stderr.write(f"{problem}\n" if problem else "")
    return 1 if problem else 0


if __name__ == "__main__":
    raise SystemExit(main())
