"""The snapshots of the public surface that compatibility verdicts rest on."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script that writes them."""
    spec = importlib.util.spec_from_file_location("core_api", ROOT / "scripts/core_api.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_snapshot_is_that_of_the_installed_core(script: ModuleType) -> None:
    assert script.problem() == ""


def test_every_snapshot_is_written_as_the_script_writes_it(script: ModuleType) -> None:
    for path in script.FOLDER.glob("*.json"):
        assert path.read_text() == script.text_of(json.loads(path.read_text())), path.name


def test_what_changes_after_a_release_belongs_to_the_next_core(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frozen snapshot stays as it is: plugins were judged by it."""
    monkeypatch.setattr(script, "FOLDER", tmp_path)
    api: dict[str, Any] = script.surface()
    current = tmp_path / f"{api['core']}.json"
    assert script.place(api) == (current, api)
    current.write_text(script.text_of(api | {"released": True}))
    path, following = script.place(api)
    assert path == tmp_path / "next.json"
    assert following["core"].endswith(".dev0")


def test_names_that_go_are_told_with_the_advice(script: ModuleType) -> None:
    module = ModuleType("fapilog.old")
    module.__dict__.update(
        {"__all__": ["VALUE", "made"], "VALUE": 1, "_DEPRECATED": {"VALUE": "use `NEW`"}}
    )

    def made() -> None: ...

    made.__deprecated__ = "use `make`"  # type: ignore[attr-defined]
    module.__dict__["made"] = made
    names = script._names(module)
    assert {name: entry["deprecated"] for name, entry in names.items()} == {
        "VALUE": "use `NEW`",
        "made": "use `make`",
    }
