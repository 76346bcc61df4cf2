"""The whole public surface of a core version, as the snapshots in crates/fapilog-package/api.

    python scripts/core_api.py                    says whether the snapshot of now is up to date
    python scripts/core_api.py --write            writes it (so does `make docs`)
    python scripts/core_api.py --release          the same, and freezes it
    python scripts/core_api.py --of PYTHON        writes the snapshot of a released core that is
                                                  installed for another interpreter

What is installed under a version that is frozen already counts as the next core, `next.json`. A
name says that it will go by `warnings.deprecated`, or its module by a dictionary `_DEPRECATED` of
advice.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]
FOLDER = _ROOT / "crates" / "fapilog-package" / "api"
_ABI = _ROOT / "crates" / "fapilog-abi" / "src" / "lib.rs"


def surface() -> dict[str, Any]:
    """The surface of the `fapilog` that this interpreter has."""
    import fapilog

    distribution = importlib.metadata.distribution("fapilog")
    plugins = importlib.import_module("fapilog.plugins")
    api_version = getattr(plugins, "API_VERSION", None)
    return {
        "core": distribution.version,
        "released": False,
        "requires_python": distribution.metadata["Requires-Python"],
        "api_version": list(api_version) if api_version else None,
        "abi_versions": _abi_versions() if api_version else [],
        "modules": {module.__name__: _names(module) for module in _modules(fapilog)},
    }


def _abi_versions() -> list[int]:
    return [int(number) for number in re.findall(r"ABI_VERSION: u32 = (\d+);", _ABI.read_text())]


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
        if found.name.startswith("_") or found.name in {"tests", "cli"}:
            continue
        try:
            module = importlib.import_module(f"{package.__name__}.{found.name}")
        except ImportError:
            continue  # one that needs what is not installed has no promise to make here
        if found.ispkg:
            yield from _modules(module)
        else:
            yield module


def _names(module: ModuleType) -> dict[str, Any]:
    listed = getattr(module, "__all__", None)
    advice = getattr(module, "_DEPRECATED", {})
    names: dict[str, Any] = {}
    for name in sorted({*(listed or ()), *(name for name in dir(module) if name[:1] != "_")}):
        value = getattr(module, name, None)
        own = str(getattr(value, "__module__", "")).startswith("fapilog")
        public = name in listed if listed is not None else own
        if not (public or own):
            continue
        entry = _item(value)
        if not public:
            entry["public"] = False
        if text := advice.get(name, getattr(value, "__deprecated__", None)):
            entry["deprecated"] = text
        names[name] = entry
    return names


def _item(value: object) -> dict[str, Any]:
    if inspect.ismodule(value):
        return {"kind": "module"}
    if inspect.isclass(value):
        return {"kind": "class", "members": _members(value)}
    return {"kind": "function" if callable(value) and hasattr(value, "__name__") else "value"}


def _members(item: type) -> list[str]:
    own = [base for base in item.__mro__ if base.__module__.startswith("fapilog")]
    names = {name for base in own for name in (*vars(base), *vars(base).get("__annotations__", ()))}
    return sorted(name for name in names if not name.startswith("_"))


def text_of(api: dict[str, Any]) -> str:
    """A snapshot as it stands in its file: one line a name, so that changes are seen one by one."""

    def dumped(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    head = [f" {dumped(key)}: {dumped(value)}," for key, value in api.items() if key != "modules"]
    modules = []
    for module, names in api["modules"].items():
        lines = [f"   {dumped(name)}: {dumped(entry)}" for name, entry in names.items()]
        modules.append(f"  {dumped(module)}: {{\n" + ",\n".join(lines) + "\n  }")
    body = ",\n".join(modules)
    return "\n".join(["{", *head, f' "modules": {{\n{body}\n }}', "}"]) + "\n"


def place(api: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
    """The file of a surface, and what belongs into it."""
    path = FOLDER / f"{api['core']}.json"
    if not path.exists() or not json.loads(path.read_text())["released"]:
        return path, api
    major, minor = api["core"].split(".")[:2]
    return FOLDER / "next.json", {**api, "core": f"{major}.{int(minor) + 1}.0.dev0"}


def problem() -> str:
    """What is wrong with the snapshot of the installed core; empty when it is up to date."""
    path, api = place(surface())
    if not path.exists() or promised(json.loads(path.read_text())) != promised(api):
        return f"{path.name} is old: python scripts/core_api.py --write"
    return ""


def promised(api: dict[str, Any]) -> dict[str, Any]:
    """A snapshot without the names that no `__all__` lists, which come and go with each import."""
    modules = {
        module: {name: entry for name, entry in names.items() if entry.get("public", True)}
        for module, names in api["modules"].items()
    }
    return {**api, "modules": modules}


def main(arguments: list[str]) -> int:
    """Check, write or print; returns the exit code."""
    match arguments:
        case ["--print"]:
            sys.stdout.write(text_of(surface()))
        case ["--of", python]:
            command = [python, "-W", "ignore", __file__, "--print"]
            api = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            api["released"] = True
            (FOLDER / f"{api['core']}.json").write_text(text_of(api))
        case ["--write"] | ["--release"]:
            path, api = place(surface())
            api["released"] = arguments == ["--release"]
            path.write_text(text_of(api))
        case []:
            if fault := problem():
                sys.stderr.write(f"{fault}\n")
                return 1
        case _:
            sys.stderr.write(__doc__ or "")
            return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
