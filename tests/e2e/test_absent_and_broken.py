"""The table of fallbacks: real wheels in a real virtual environment, a program for each row."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.python.support import build_wheel

_PLUGIN = """
class Adds:
    async def enrich(self, record):
        return {"added": 1}

    async def process(self, record):
        return record

    async def filter(self, record):
        return record

    async def redact(self, record):
        return record

    async def write(self, record):
        pass

    async def alert(self, alert):
        pass
"""

KINDS = ("filters", "enrichers", "processors", "redactors", "sinks", "alerters")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the core, and a plugin for every way to be wrong."""
    folder = tmp_path_factory.mktemp("absent")
    wheels = [
        build_wheel(
            folder,
            f"fapilog-{name}",
            modules={f"plugin_{name}": source},
            plugins={name: f"plugin_{name}:{attribute}"},
            requires=requires,
        )
        for name, source, attribute, requires in (
            ("fine", _PLUGIN, "Adds", ("fapilog>=3.0,<4.0",)),
            ("broken", "import no_such_module\n", "Adds", ("fapilog>=3.0,<4.0",)),
            ("nameless", _PLUGIN, "Addz", ("fapilog>=3.0,<4.0",)),
            ("exits", "raise SystemExit(3)\n", "Adds", ("fapilog>=3.0,<4.0",)),
            ("old", f"raise SystemExit(4)\n{_PLUGIN}", "Adds", ("fapilog>=2.0,<3.0",)),
            ("rangeless", f"raise SystemExit(5)\n{_PLUGIN}", "Adds", ()),
        )
    ]
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    there = folder / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "uv", "pip", "install", "-q", "--link-mode", "copy"]
    subprocess.run(
        [*install, "--no-deps", "--python", there, os.environ["FAPILOG_WHEEL"], *wheels],
        check=True,
        timeout=120,
    )
    return there


def run(python: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        [python, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )


_LOG = """
import sys, fapilog
kind, name = sys.argv[1:]
options = {"sinks": ["stdout"]}
options[kind] = [*options.get(kind, []), name]
try:
    with fapilog.get_logger("t", **options) as log:
        log.info("x")
except (fapilog.PluginError, fapilog.ConfigurationError) as error:
    print(error.error_id, error)
    sys.exit(9)
"""


@pytest.mark.parametrize("kind", KINDS)
def test_a_plugin_that_is_there_works(python: Path, kind: str) -> None:
    ended = run(python, _LOG, kind, "fine")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["message"] == "x"


@pytest.mark.parametrize("kind", KINDS)
def test_one_of_an_extra_that_is_absent_is_left_out_or_fails_closed(
    python: Path, kind: str
) -> None:
    ended = run(python, _LOG, kind, "fastapi")
    if kind in ("filters", "redactors"):
        assert ended.returncode == 9
        assert ended.stdout.startswith("unknown-plugin ")
        assert 'pip install "fapilog[fastapi]"' in ended.stdout
        assert '"message"' not in ended.stdout
    else:
        assert ended.returncode == 0, ended.stdout
        assert json.loads(ended.stdout)["message"] == "x"
        assert ended.stderr.count("is not installed and is left out") == 1
        assert 'pip install "fapilog[fastapi]"' in ended.stderr


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "error_id", "says"),
    [
        ("broken", "plugin-broken", "No module named 'no_such_module'"),
        ("nameless", "plugin-broken", "Addz"),
        ("exits", "plugin-broken", "SystemExit: 3"),
        ("old", "plugin-core-range", "fapilog"),
        ("rangeless", "plugin-no-core-range", "fapilog"),
    ],
)
def test_one_that_is_there_and_cannot_run_is_an_error_of_every_kind(
    python: Path, kind: str, name: str, error_id: str, says: str
) -> None:
    ended = run(python, _LOG, kind, name)
    assert ended.returncode == 9, ended.stderr
    assert ended.stdout.startswith(f"{error_id} ")
    assert says in ended.stdout
    assert f"fapilog-{name}" in ended.stdout
    # The command that repairs it, for both tools.
    assert "pip install" in ended.stdout
    assert "uv pip install" in ended.stdout


def test_the_report_says_the_same_of_each(python: Path) -> None:
    code = (
        "import json, fapilog\n"
        "reports = fapilog.debug_plugins()\n"
        "print(json.dumps([[one.name, one.status] for one in reports]))\n"
    )
    ended = run(python, code)
    assert ended.returncode == 0, ended.stderr
    table, _, last = ended.stdout.rstrip("\n").rpartition("\n")
    found = dict(json.loads(last))
    assert found == {
        "fine": "ready",
        "broken": "broken",
        "nameless": "broken",
        "exits": "broken",
        "old": "refused",
        "rangeless": "refused",
    }
    assert all(name in table for name in found)
