"""The console script: it becomes the native command, or says in one line how to get it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import distribution, version
from pathlib import Path

import fapilog
import pytest
from fapilog import _launcher

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in program is a shell script")

_SHOW = """\
#!/bin/sh
echo "$0 python=$FAPILOG_PYTHON"
for word in "$@"; do echo "<$word>"; done
exit 7
"""


class Environment:
    """A virtual environment with the core and without the native command."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, symlinks=True)
        self.python = folder / "bin" / "python"
        (packages,) = folder.glob("lib/python*/site-packages")
        core = {
            Path(fapilog.__file__).parents[1],
            Path(str(distribution("fapilog").locate_file(""))),
        }
        (packages / "core.pth").write_text("".join(f"{path}\n" for path in core))

    def run(
        self, *words: str, path: str = "/nonexistent", folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the launcher in a process of its own, with nothing but `path` on the PATH."""
        return subprocess.run(
            [self.python, "-m", "fapilog", *words],
            env={"PATH": path},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Make the environment once for all tests of this file."""
    return Environment(tmp_path_factory.mktemp("environment") / "venv")


def make_program(folder: Path, text: str = _SHOW) -> Path:
    """Put a stand-in for the native command into a folder."""
    program = folder / "fapilog-cli"
    program.write_text(text)
    program.chmod(0o755)
    return program


def test_without_the_command_one_line_says_how_to_get_it(environment: Environment) -> None:
    result = environment.run("doctor")
    assert result.returncode == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert 'pip install "fapilog[cli]"' in line
    assert 'uv add "fapilog[cli]"' in line


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_without_the_command_the_cores_version_is_still_told(
    environment: Environment, word: str
) -> None:
    result = environment.run(word)
    assert result.returncode == 0
    assert result.stdout == f"fapilog {version('fapilog')}\n"
    assert len(result.stderr.splitlines()) == 1


def test_the_command_gets_every_word_and_the_interpreter_and_its_exit_code_counts(
    environment: Environment, tmp_path: Path
) -> None:
    program = make_program(tmp_path)
    result = environment.run("plugin", "new", "a b", "", "--x=$HOME", path=str(tmp_path))
    assert result.returncode == 7
    first, *words = result.stdout.splitlines()
    assert first == f"{program} python={environment.python}"
    assert words == ["<plugin>", "<new>", "<a b>", "<>", "<--x=$HOME>"]


def test_the_launcher_becomes_the_command_instead_of_waiting_for_it(
    environment: Environment, tmp_path: Path
) -> None:
    make_program(tmp_path, "#!/bin/sh\necho $$\n")
    with subprocess.Popen(
        [environment.python, "-m", "fapilog"],
        env={"PATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        output, _ = process.communicate(timeout=60)
    assert int(output) == process.pid


def test_a_program_in_a_relative_folder_of_the_path_is_not_run(
    environment: Environment, tmp_path: Path
) -> None:
    make_program(tmp_path)
    for path in (".", ""):
        result = environment.run("doctor", path=path, folder=tmp_path)
        assert result.returncode == 2
        assert "not installed" in result.stderr


def test_a_command_that_can_not_be_started_is_an_error_and_no_traceback(
    environment: Environment, tmp_path: Path
) -> None:
    make_program(tmp_path, "#!/nonexistent/interpreter\n")
    result = environment.run("doctor", path=str(tmp_path))
    assert result.returncode == 2
    error, hint = result.stderr.splitlines()
    assert error.startswith("error[command-not-started]: can't start `")
    assert hint.startswith("hint: ")


def test_the_scripts_folder_counts_more_than_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts, elsewhere = tmp_path / "scripts", tmp_path / "elsewhere"
    for folder in (scripts, elsewhere):
        folder.mkdir()
        make_program(folder)
    monkeypatch.setenv("PATH", str(elsewhere))
    monkeypatch.setattr(sysconfig, "get_path", lambda *_: str(scripts))
    assert _launcher.find_program() == scripts / "fapilog-cli"


def test_a_target_folder_brings_its_own_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "fapilog" / "_launcher.py"
    (tmp_path / "bin").mkdir()
    program = make_program(tmp_path / "bin")
    monkeypatch.setattr(_launcher, "__file__", str(module))
    monkeypatch.setattr(sysconfig, "get_path", lambda *_: str(tmp_path / "nothing"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing" / "python"))
    monkeypatch.setenv("PATH", "")
    assert _launcher.find_program() == program
