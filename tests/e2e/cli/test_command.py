"""What all verbs have in common: help, manual pages, completions, formats, exit codes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import make_plugin

if TYPE_CHECKING:
    from .conftest import Environment

VERBS = ["new", "dev", "debug", "explain", "profile", "bench", "docs"]


def said(command: Path, *words: str | Path, expect: int = 0) -> str:
    ended = subprocess.run(
        [command, *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == expect, ended.stderr
    return ended.stdout


def test_every_verb_has_help_with_examples_and_exit_codes(command: Path) -> None:
    for verb in VERBS:
        text = said(command, "plugin", verb, "--help")
        assert f"Examples:\n  fapilog plugin {verb}" in text
        assert "Exit codes: 0 " in text
        assert "--format <FORMAT>" in text


def test_every_command_has_a_manual_page_that_man_can_show(command: Path, tmp_path: Path) -> None:
    said(command, "man", "--dir", tmp_path / "man")
    pages = {page.stem for page in (tmp_path / "man").iterdir()}
    assert {"fapilog", "fapilog-doctor", "fapilog-plugin"} <= pages
    assert {f"fapilog-plugin-{verb}" for verb in VERBS} <= pages
    assert "fapilog-reference" not in pages, "it is for the documentation"
    page = (tmp_path / "man/fapilog-plugin-bench.1").read_text()
    assert ".TH" in page
    assert "\\-\\-against" in page
    assert said(command, "man").startswith(".ie")


def test_bash_completes_verbs_and_options(command: Path, tmp_path: Path) -> None:
    script = tmp_path / "completions"
    script.write_text(said(command, "completions", "bash"))
    program = f"""
source {script}
complete_words() {{
  COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
  _fapilog fapilog "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
  echo "${{COMPREPLY[@]}}"
}}
complete_words fapilog plugin ""
complete_words fapilog plugin bench --ag
complete_words fapilog plugin new --kind s
"""
    ended = subprocess.run(
        ["bash", "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    verbs, option, kind = ended.stdout.splitlines()
    assert set(VERBS) <= set(verbs.split())
    assert option == "--against"
    assert kind == "sink"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_completions(command: Path, shell: str) -> None:
    text = said(command, "completions", shell)
    assert all(verb in text for verb in VERBS)


def test_what_is_typed_wrongly_ends_with_2_and_prints_nothing(command: Path) -> None:
    for words in (
        ["plugin", "bench", "--rounds", "0"],
        ["plugin", "dev", "--option", "no-value"],
        ["plugin", "dev", "--app", "app.py", "--rate", "5"],
        ["plugin", "debug", "--sinks"],
        ["plugin", "new"],
        ["completions", "tcsh"],
    ):
        assert said(command, *words, expect=2) == ""


def test_an_environment_without_fapilog_is_told_from_one_without_python(
    command: Path, tmp_path: Path
) -> None:
    subprocess.run(["python3", "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    for variables, error in (
        ({"FAPILOG_PYTHON": str(tmp_path / "bare/bin/python")}, "error[tools-not-installed]"),
        ({"FAPILOG_PYTHON": "/nonexistent"}, "error[interpreter-not-started]"),
        ({"PATH": "/nonexistent"}, "error[no-interpreter]"),
    ):
        ended = subprocess.run(
            [command, "plugin", "bench"],
            env=variables,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 1
        assert error in ended.stderr
        assert "\nhint: " in ended.stderr


def test_a_request_with_a_secret_is_not_among_the_arguments_of_a_process(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    plugin = make_plugin(command, tmp_path, "spied", "--kind", "processor")
    source = plugin / "src/fapilog_spied/processor.py"
    code = (
        "import json, os, pathlib\n"
        "seen = pathlib.Path('/proc/self/cmdline').read_text() + json.dumps(dict(os.environ))\n"
        "pathlib.Path('seen.txt').write_text(seen)\n"
    )
    source.write_text(
        source.read_text().replace("import annotations\n", f"import annotations\n{code}")
    )
    words: list[str | Path] = [
        command,
        "plugin",
        "explain",
        "--option",
        "mask=hunter2",
        "--format",
        "json",
    ]
    for line in workshop.run(words, folder=plugin).splitlines():
        json.loads(line)
    assert "hunter2" not in (plugin / "seen.txt").read_text()
