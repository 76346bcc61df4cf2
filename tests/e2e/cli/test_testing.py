"""`fapilog plugin test`: real environments, made by uv and by pip, from the built wheel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

_PROJECT = """
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "fapilog-tiny"
version = "1.0.0"
requires-python = ">=3.10"
dependencies = ["fapilog>=3.0,<4.0"]
optional-dependencies.test = ["pytest>=8"]

[project.entry-points."fapilog.plugins"]
tiny-tag = "fapilog_tiny:Tag"
tiny-lines = "fapilog_tiny:Lines"

[tool.fapilog.test.tiny-lines]
config = { path = "{folder}/out" }
"""

_PLUGINS = """
class Tag:
    async def enrich(self, record):
        RECORD
        return {"tag": "tea"}


class Lines:
    class Config:
        def __init__(self, path):
            self.path = path

    def __init__(self, config):
        self.path = config.path

    async def write(self, record):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(repr(record))


def unreached():
    return 1
"""

_TESTS = """
from fapilog.testing import conformance
from fapilog_tiny import Tag

test_conformance = conformance(Tag)


def test_it_adds_a_tag(pipeline):
    shop = pipeline(enrichers=[Tag()])
    shop.log.info("x")
    assert shop.records[0]["tag"] == "tea"
"""


def tiny(folder: Path, *, step: str = "pass") -> Path:
    """A project with two plugins, and tests of one of them."""
    project = folder / "tiny"
    package = project / "src/fapilog_tiny"
    package.mkdir(parents=True)
    (project / "tests").mkdir()
    (project / "pyproject.toml").write_text(_PROJECT)
    (package / "__init__.py").write_text(textwrap.dedent(_PLUGINS).replace("RECORD", step))
    (project / "tests/test_tag.py").write_text(_TESTS)
    return project


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """Everything that a tiny project needs, so that no index has to be asked."""
    folder = tmp_path_factory.mktemp("wheelhouse")
    needed = ["hatchling", "editables", "pytest>=8", "coverage>=7", "pip"]
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "-d", str(folder), *needed],
        check=True,
        timeout=300,
    )
    shutil.copy2(wheel, folder)
    return folder


class Author:
    """Types `fapilog plugin test` where uv is on the PATH, or where it is not."""

    def __init__(self, command: Path, programs: Path, *, uv: bool) -> None:
        self.command = command
        programs.mkdir()
        (programs / "python3").symlink_to(sys.executable)
        version = "{}.{}".format(*sys.version_info)
        self.python = version
        (programs / f"python{version}").symlink_to(sys.executable)
        if uv:
            (programs / "uv").symlink_to(Path(sys.executable).parent / "uv")
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PYTHON", "VIRTUAL_ENV", "FAPILOG_", "PYTEST"))
        }
        path = f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin"
        self.environment = {**kept, "PATH": path, "UV_LINK_MODE": "copy"}

    def type(self, folder: Path, *words: str | Path, expect: int) -> str:
        ended = subprocess.run(
            [self.command, "plugin", "test", *words],
            cwd=folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert ended.returncode == expect, ended.stdout + ended.stderr
        return ended.stdout + (ended.stderr if expect == 2 else "")

    def json(self, folder: Path, *words: str | Path, expect: int) -> dict[str, Any]:
        printed = self.type(folder, "--format", "json", *words, expect=expect)
        report: dict[str, Any] = json.loads(printed)
        assert report["form"] == "fapilog-plugin-test/1"
        return report


@pytest.fixture
def tester(command: Path, tmp_path: Path) -> Author:
    return Author(command, tmp_path / "programs", uv=True)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("uv", [True, False], ids=["uv", "pip"])
def test_a_project_is_tested_without_an_index(
    command: Path, wheelhouse: Path, tmp_path: Path, *, uv: bool
) -> None:
    """Tests, coverage and reports; what has no test is examined; what is absent is said."""
    tester = Author(command, tmp_path / "programs", uv=uv)
    project, junit = tiny(tmp_path), tmp_path / "junit.xml"
    words: list[str | Path] = ["--offline", "--find-links", wheelhouse, "--coverage"]
    report = tester.json(
        project, *words, "--core", "3.0,9.9", "--python", f"{tester.python},2.6",
        "--junit", junit, expect=1,
    )  # fmt: skip
    here, old, *others = report["environments"]
    assert (here["status"], here["core"]) == ("passed", "3.0.0"), here
    assert here["python"].startswith(f"{tester.python}.")
    assert here["tests"]["passed"] > 10
    assert here["tests"]["failed"] == here["tests"]["errors"] == here["tests"]["skipped"] == 0
    kinds = {one["plugin"]: (one["kind"], one["passed"]) for one in here["conformance"]}
    assert kinds == {"Tag": ("enricher", True), "tiny-lines": ("sink", True)}
    assert 30 < here["coverage"] < 100
    assert (old["status"], old["core"]) == ("absent", "9.9")
    assert "`fapilog==9.9.*` can't be installed" in old["reason"]
    assert [other["status"] for other in others] == ["absent", "absent"]
    assert "no interpreter `python2.6`" in others[0]["reason"]

    suites = ET.parse(junit).getroot()  # written by the command
    names = [suite.get("name", "") for suite in suites]
    assert f"python {here['python']}, fapilog 3.0.0" in names
    assert len([name for name in names if name.startswith("conformance: ")]) == 4
    assert len(suites.findall(".//failure")) == 3

    ready = next((project / ".fapilog/test").glob("*core3.0-*/ready"))
    made = ready.stat().st_mtime_ns
    begun = time.monotonic()
    words += ["--core", "3.0", "--python", tester.python]
    assert tester.json(project, *words, expect=0)["passed"]
    again = time.monotonic() - begun
    assert ready.stat().st_mtime_ns == made, f"made anew, in {again:.1f} s"
    (project / "uv.lock").write_text("changed")
    assert tester.json(project, *words, "--", "-k", "adds_a_tag", expect=0)["passed"]
    assert not ready.exists()
    ignored = (project / ".fapilog/.gitignore").read_text()
    assert ignored == "*\n"


@pytest.mark.timeout(300)
def test_what_a_plugin_does_wrong_is_named(
    tester: Author, wheelhouse: Path, tmp_path: Path
) -> None:
    project = tiny(tmp_path, step='record["tag"] = 1')
    words: list[str | Path] = ["--offline", "--find-links", wheelhouse]
    printed = tester.type(project, *words, expect=1)
    assert "Tag M23 mutation: it changed the record that it was given: tag" in printed
    assert "failed  python" in printed
    # What the tests do not look at is examined all the same.
    (project / "tests/test_tag.py").write_text("def test_nothing(): pass\n")
    report = tester.json(project, *words, expect=1)
    (here,) = report["environments"]
    assert here["tests"]["passed"] == 1
    (tag,) = [one for one in here["conformance"] if one["plugin"] == "tiny-tag"]
    assert [one["number"] for one in tag["results"] if one["status"] == "failed"] == ["M23"]
    # A plugin that hangs costs its time limit.
    (project / "tests/test_tag.py").write_text(
        "import threading\ndef test_hangs(): threading.Event().wait()\n"
    )
    report = tester.json(project, *words, "--timeout", "3", expect=1)
    assert "the tests took longer than 3 s" in report["environments"][0]["reason"]


def test_a_folder_without_a_project_is_typed_wrongly(tester: Author, tmp_path: Path) -> None:
    printed = tester.type(tmp_path, expect=2)
    assert "error[project-not-found]" in printed
    assert "hint" in printed


@pytest.mark.timeout(600)
def test_a_scaffold_of_all_kinds_passes(tester: Author, wheel: Path, tmp_path: Path) -> None:
    """From the index, as an author has it; only the core is from its wheel."""
    kinds = "filter,enricher,processor,redactor,sink,alerter"
    subprocess.run(
        [tester.command, "plugin", "new", "many", "--kind", kinds],
        cwd=tmp_path,
        check=True,
        timeout=60,
        capture_output=True,
    )
    report = tester.json(
        tmp_path, "fapilog-many", "--find-links", wheel.parent, "--coverage", expect=0
    )
    (here,) = report["environments"]
    # Its own tests examine the classes, the command what the entry points name.
    assert {one["kind"] for one in here["conformance"]} == set(kinds.split(","))
    assert all(one["passed"] for one in here["conformance"])
    assert {result["status"] for one in here["conformance"] for result in one["results"]} == {
        "passed"
    }
    assert here["coverage"] > 80
