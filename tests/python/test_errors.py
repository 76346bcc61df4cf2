"""Errors: stable ids, one template each, and a place in the documentation."""

from __future__ import annotations

import ast
import pickle
import re
import string
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import fapilog
import pytest
from fapilog import ConfigurationError, FapilogError, PluginError
from fapilog._errors import TEMPLATES

_ROOT = Path(__file__).parents[2]


def test_every_error_is_documented_and_nothing_else() -> None:
    text = (_ROOT / "docs/reference/errors.md").read_text()
    documented = re.findall(r"^## `?([a-z-]+)`?$", text, flags=re.MULTILINE)
    assert sorted(documented) == sorted(TEMPLATES)


def test_every_id_is_raised_somewhere_and_no_other() -> None:
    used: set[str] = set()
    for path in Path(fapilog.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Name):
                first = node.args[0]
                if node.func.id.endswith("Error") and isinstance(first, ast.Constant):
                    used.add(str(first.value))
    from_gate = {"plugin-core-range", "plugin-no-core-range", "plugin-bad-requirement"}
    assert {name for name in used if re.fullmatch("[a-z]+(-[a-z]+)+", name)} | from_gate == set(
        TEMPLATES
    )


@pytest.mark.parametrize("error_id", sorted(TEMPLATES))
def test_each_template_shows_its_values_and_keeps_them_readable(error_id: str) -> None:
    names = [name for _, name, _, _ in string.Formatter().parse(TEMPLATES[error_id]) if name]
    values = {name: f"<{name}>" for name in names}
    error = FapilogError(error_id, hint="first\nsecond", **values)
    assert all(value in error.message for value in values.values())
    assert error.error_id == error_id
    assert error.values == values
    assert str(error) == f"{error.message}\nhint: first\nhint: second"
    assert FapilogError(error_id, **values).hint == ""


def test_both_kinds_are_caught_as_one() -> None:
    assert issubclass(ConfigurationError, FapilogError)
    assert issubclass(ConfigurationError, ValueError)
    assert issubclass(PluginError, FapilogError)


def test_an_error_survives_the_way_to_another_process() -> None:
    """Pickled and read again, it says the same."""
    error = ConfigurationError("bad-level", hint="a\nb", value="LOUD", expected="INFO")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is ConfigurationError
    assert (str(again), again.error_id, again.values) == (str(error), error.error_id, error.values)


def test_a_plugin_brings_templates_of_its_own() -> None:
    """A derived error has its id and values like those of the core."""

    class AcmeError(FapilogError):
        templates: ClassVar[Mapping[str, str]] = {"acme-busy": "`{host}` is busy"}

    assert str(AcmeError("acme-busy", host="h", hint="wait")) == "`h` is busy\nhint: wait"
