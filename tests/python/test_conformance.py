"""The conformance kit: catches each wrong plugin by its number, and no right one."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import fapilog.testing
import pytest

ROOT = Path(__file__).resolve().parents[2]
WRONG = sorted((ROOT / "tests/fixtures/wrong_plugins").glob("m*.py"))


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_wrong_plugin_is_caught_by_its_number_and_no_other(path: Path) -> None:
    module = load(path)
    report = fapilog.testing.check_conformance(module.Plugin, **getattr(module, "OPTIONS", {}))
    assert [failure.number for failure in report.failures] == [path.stem[:3].upper()], str(report)
