"""`fapilog plugin docs`: the page of a plugin, and what the documentation standard misses in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import events, make_plugin

if TYPE_CHECKING:
    from .conftest import Environment

KINDS = "filter,enricher,processor,redactor,sink,alerter"

#: What is taken out of a fresh plugin, and the finding that follows.
GAPS = {
    "no-purpose": (
        "src/fapilog_told/sink.py",
        '    """Appends each record to a file as one line of JSON."""\n',
        "",
    ),
    "option-undocumented": (
        "src/fapilog_told/sink.py",
        "        path: the file",
        "        way: the",
    ),
    "error-undocumented": (
        "src/fapilog_told/sink.py",
        "            RuntimeError: the",
        "            the",
    ),
    "no-security-notes": ("README.md", "## Security", "## Others"),
    "no-example": ("README.md", "```python", "```text"),
    "example-fails": ("README.md", 'log.info("order processed", user_id=42)', "1 / 0"),
    "option-without-unit": (
        "src/fapilog_told/sink.py",
        '    path: str = "told.jsonl"',
        '    path: str = "told.jsonl"\n    depth: int = 3',
    ),
}


def test_a_fresh_plugin_of_every_kind_has_a_complete_page(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    plugin = make_plugin(command, tmp_path, "told", "--kind", KINDS)
    printed = workshop.run([command, "plugin", "docs"], folder=plugin)
    assert "wrote docs/plugin.md\nwrote docs/plugin.html\ncomplete" in printed
    page = (plugin / "docs/plugin.md").read_text()
    for kind in KINDS.split(","):
        assert f"## `told-{kind}` ({kind})" in page
    assert "| `max_length` | `int` | `1024` | the most characters" in page
    assert "| `ValueError` | `max_length` is less than 1. |" in page
    assert "## Security" in page
    html = (plugin / "docs/plugin.html").read_text()
    assert "<table>" in html
    assert "default-src 'none'" in html
    assert "<script" not in html


@pytest.mark.parametrize("gap", GAPS)
def test_what_is_missing_is_listed_and_fails(
    command: Path, workshop: Environment, tmp_path: Path, gap: str
) -> None:
    plugin = make_plugin(command, tmp_path, "told", "--kind", "sink")
    name, old, new = GAPS[gap]
    text = (plugin / name).read_text()
    assert old in text
    if gap == "option-without-unit":
        text = text.replace(
            "        path: the file", "        depth: how deep.\n        path: the file"
        )
    (plugin / name).write_text(text.replace(old, new, 1))
    words: list[str | Path] = [command, "plugin", "docs", "--check"]
    text = workshop.run(words, folder=plugin, expect=1)
    assert f"{gap}: " in text
    assert "1 missing" in text
    assert not (plugin / "docs/plugin.md").exists(), "--check writes nothing"
    (found,) = events(workshop.run([*words, "--format", "json"], folder=plugin, expect=1))
    assert [one["id"] for one in found["missing"]] == [gap]
    assert all(one["hint"] for one in found["missing"])
