"""What `fapilog plugin new` makes is right as it is: its own checks pass without an edit."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Environment

KINDS = ["filter", "enricher", "processor", "redactor", "sink", "alerter"]


def make(command: Path, folder: Path, *words: str) -> str:
    """Type `fapilog plugin new` in a folder and return what it printed."""
    ended = subprocess.run(
        [command, "plugin", "new", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        *[(f"one-{kind}", [kind]) for kind in KINDS],
        ("acme", []),
        ("everything", KINDS),
        ("x" * 64, KINDS),
    ],
    ids=[*KINDS, "default", "all-kinds", "longest-name"],
)
def test_a_fresh_plugin_passes_its_own_checks(
    command: Path, workshop: Environment, tmp_path: Path, name: str, kinds: list[str]
) -> None:
    make(command, tmp_path, name, *[word for kind in kinds for word in ("--kind", kind)])
    plugin = tmp_path / f"fapilog-{name}"
    workshop.install("--no-deps", "--no-build-isolation", "-e", str(plugin))
    workshop.run(["ruff", "check", "."], folder=plugin)
    workshop.run(["ruff", "format", "--check", "."], folder=plugin)
    workshop.run(["mypy"], folder=plugin)
    result = workshop.run(["pytest"], folder=plugin)
    tests = len(list((plugin / "tests").glob("test_*.py"))) - 1
    assert tests == (len(kinds) or 2)
    assert (plugin / "tests/test_conformance.py").is_file()
    passed = re.search(r"(\d+) passed in", result)
    assert passed is not None, result
    assert int(passed[1]) >= 10 * tests, "its own tests, and the contract's"
    assert "skipped" not in result


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_its_readme_runs(
    command: Path, workshop: Environment, tmp_path: Path, kind: str
) -> None:
    make(command, tmp_path, f"readme-{kind}", "--kind", kind)
    plugin = tmp_path / f"fapilog-readme-{kind}"
    workshop.install("--no-deps", "--no-build-isolation", "-e", str(plugin))
    (example,) = re.findall(r"```python\n(.*?)```", (plugin / "README.md").read_text(), re.DOTALL)
    workshop.run(["python", "-c", example], folder=tmp_path)
    if kind == "sink":
        assert "order processed" in (tmp_path / "readme-sink.jsonl").read_text()


def test_its_hooks_pass_and_fetch_nothing(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    make(command, tmp_path, "hooked")
    plugin = tmp_path / "fapilog-hooked"
    workshop.install("--no-deps", "--no-build-isolation", "-e", str(plugin))
    # No way out: a hook that wanted to fetch something would fail.
    extra = {
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "GIT_CONFIG_GLOBAL": "/dev/null",
    }
    workshop.run(["git", "init", "-q"], folder=plugin, extra=extra)
    workshop.run(["git", "add", "-A"], folder=plugin, extra=extra)
    result = workshop.run(["pre-commit", "run", "--all-files"], folder=plugin, extra=extra)
    assert result.count("Passed") == 3, result


def workflow_steps(plugin: Path, name: str) -> list[str]:
    """The commands of a workflow, without what only its service can fill in."""
    text = (plugin / f".github/workflows/{name}.yml").read_text()
    steps = re.findall(r"run: (fapilog plugin .*)", text)
    return [re.sub(r"\${{[^}]*}} ?", "", step) for step in steps]


@pytest.mark.parametrize("name", ["ci", "release"])
def test_the_steps_of_its_workflows_pass_here(
    command: Path, workshop: Environment, tmp_path: Path, name: str
) -> None:
    make(command, tmp_path, "worked", "--kind", "filter")
    plugin = tmp_path / "fapilog-worked"
    workshop.install("--no-deps", "--no-build-isolation", "-e", str(plugin))
    (plugin / "report").mkdir()
    steps = workflow_steps(plugin, name)
    verbs = [step.split()[2] for step in steps]
    assert (
        verbs
        == {
            "ci": ["test", "build", "check", "docs", "bench"],
            "release": ["test", "build", "check", "publish"],
        }[name]
    )
    for verb, step in zip(verbs, steps, strict=True):
        words = step.replace("fapilog", str(command), 1)
        if verb == "test":
            # The matrix is made by the service; test_testing.py runs it.
            known = workshop.run([command, "plugin", "test", "--help"])
            assert all(word in known for word in step.split() if word.startswith("--"))
            continue
        if verb == "publish":
            words += " --dry-run"
        if verb == "bench":
            words = words.replace("--rounds 5", "--rounds 3")
        index = {"FAPILOG_INDEX": "http://127.0.0.1:9/legacy/"}
        workshop.run(["sh", "-c", words], folder=plugin, extra=index)
    (wheel,) = (plugin / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert any("/sboms/" in name for name in archive.namelist()), "build adds an SBOM"


def test_it_builds_into_a_wheel_that_an_index_and_the_core_accept(
    command: Path, workshop: Environment, user: Environment, tmp_path: Path
) -> None:
    make(command, tmp_path, "built", "--author", 'Zoë "Z" <zoe@example.com>')
    plugin = tmp_path / "fapilog-built"
    workshop.run(["python", "-m", "build", "--no-isolation"], folder=plugin)
    dist = plugin / "dist"
    workshop.run(["python", "-m", "twine", "check", "--strict", *sorted(dist.iterdir())])
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        metadata = Parser().parsestr(archive.read(name).decode())
        assert "fapilog_built/py.typed" in archive.namelist()
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "fapilog<4.0,>=3.0" in metadata.get_all("Requires-Dist", [])
    assert "zoe@example.com" in metadata["Author-email"]
    user.install("--no-deps", str(wheel))
    report = user.run(["python", "-c", "import fapilog; fapilog.debug_plugins()"])
    assert re.search(r"built-processor +ready", report), report
    assert re.search(r"built-sink +ready", report), report


# It installs every tool from the index, like the person who pastes the steps.
@pytest.mark.timeout(600)
def test_the_printed_next_steps_work_when_pasted(
    command: Path, wheel: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "it's here"
    folder.mkdir()
    printed = make(command, tmp_path, "pasted", "--dir", str(folder))
    steps = printed.split("Next steps")[1].split("README.md says")[0]
    environment = {**os.environ}
    environment.pop("VIRTUAL_ENV", None)
    # The interpreter that these tests run on, and not that of their virtual environment.
    search = [str(Path(sys.base_prefix) / "bin"), environment["PATH"]]
    # The core comes from its wheel, as if it were in the index already.
    links = [environment.get("PIP_FIND_LINKS", ""), wheel.parent.as_uri()]
    environment |= {"PATH": os.pathsep.join(search), "PIP_FIND_LINKS": " ".join(links).strip()}
    ended = subprocess.run(
        ["bash", "-e"],
        input=steps,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    assert re.search(r"\d+ passed", ended.stdout), ended.stdout
    assert re.search(r"pasted-processor +ready", ended.stdout), ended.stdout
    assert re.search(r"pasted-sink +ready", ended.stdout), ended.stdout


def test_a_first_party_plugin_misses_libraries_with_a_hint(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    make(command, tmp_path, "wired", "--kind", "sink", "--first-party")
    plugin = tmp_path / "fapilog-wired"
    workshop.install("--no-deps", "--no-build-isolation", "-e", str(plugin))
    workshop.run(["ruff", "check", "."], folder=plugin)
    workshop.run(["ruff", "format", "--check", "."], folder=plugin)
    workshop.run(["mypy"], folder=plugin)
    workshop.run(["pytest", "tests/test_extra.py"], folder=plugin)
    wiring = (plugin / "FIRST_PARTY.md").read_text()
    assert 'wired = ["fapilog-wired>=0.1,<1.0"]' in wiring


def test_the_result_can_be_had_as_json(command: Path, tmp_path: Path) -> None:
    made = json.loads(make(command, tmp_path, "told", "--format", "json"))
    assert made["distribution"] == made["folder"] == "fapilog-told"
    assert [plugin["entry"] for plugin in made["plugins"]] == ["told-processor", "told-sink"]
    found = {
        str(path.relative_to(tmp_path / "fapilog-told"))
        for path in (tmp_path / "fapilog-told").rglob("*")
        if path.is_file()
    }
    assert set(made["files"]) == found


def test_ones_own_templates_take_the_place_of_all_others(command: Path, tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    (templates / "src/{module}").mkdir(parents=True)
    (templates / "pyproject.toml.jinja").write_text('name = "{{ distribution }}"\n')
    (templates / "src/{module}/{kind}.py.jinja").write_text("# {{ class }}, {{ entry }}\n")
    (templates / "as-it-is.txt").write_text("{{ not rendered }}\n")
    (templates / "link").symlink_to("/etc/passwd")
    words = ["own", "--kind", "sink,filter", "--template", str(templates)]
    make(command, tmp_path, *words)
    plugin = tmp_path / "fapilog-own"
    files = {
        str(path.relative_to(plugin)): path.read_text()
        for path in plugin.rglob("*")
        if path.is_file()
    }
    assert files == {
        "pyproject.toml": 'name = "fapilog-own"\n',
        "src/fapilog_own/filter.py": "# OwnFilter, own-filter\n",
        "src/fapilog_own/sink.py": "# OwnSink, own-sink\n",
        "as-it-is.txt": "{{ not rendered }}\n",
    }
    (templates / "broken.txt.jinja").write_text("{{ no_such_name }}")
    refused = refuse(command, tmp_path, "worse", "--template", str(templates))
    assert "error[broken-template]: template `broken.txt` can't be rendered" in refused
    assert not (tmp_path / "fapilog-worse").exists()
    refused = refuse(command, tmp_path, "none", "--template", str(tmp_path / "nowhere"))
    assert "error[bad-templates]" in refused


def refuse(command: Path, folder: Path, *words: str) -> str:
    """Type `fapilog plugin new` in a folder and return what it complained."""
    ended = subprocess.run(
        [command, "plugin", "new", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode in (1, 2), ended.stdout
    return ended.stderr


def test_at_a_terminal_it_asks_for_what_was_not_given(command: Path, tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    asked = subprocess.Popen(
        [command, "plugin", "new"], cwd=tmp_path, stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    seen = b""

    def wait_for(text: bytes) -> None:
        nonlocal seen
        while text not in seen:
            seen += os.read(controller, 1024)
        seen = seen.partition(text)[2]

    wait_for(b"Name of the plugin?")
    os.write(controller, b"my plugin!\n")
    wait_for(b"such as `my-plugin`")
    os.write(controller, b"asked\n")
    wait_for(b"What does it do")
    os.write(controller, b"sink, nonsense\n")
    wait_for(b"`nonsense` is no kind")
    os.write(controller, b"sink\n")
    wait_for(b"fapilog_asked.sink:AskedSink")
    wait_for(b"how to check")
    assert asked.wait(timeout=30) == 0
    os.close(controller)
    assert (tmp_path / "fapilog-asked/src/fapilog_asked/sink.py").is_file()
