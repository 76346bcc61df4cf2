"""The console script `fapilog`: finds the native command `fapilog-cli` and becomes it.

The core has no mandatory dependencies, so the command is a distribution of its own; this module is
the little that the core knows of it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

_PROGRAM = "fapilog-cli.exe" if os.name == "nt" else "fapilog-cli"
_USAGE = 2
"""Exit code of a command that can't be carried out as it was typed."""

_HINT = (
    "hint: the command fapilog is not installed here; get it with "
    '`pip install "fapilog[cli]"` or `uv add "fapilog[cli]"`'
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the native command with the arguments, those of this process by default.

    On POSIX this process becomes the command and the function does not return. The command learns
    from the environment variable `FAPILOG_PYTHON` which interpreter it belongs to.

    Returns:
        The command's exit code; 2 when it is not installed, after one line on standard error that
        says how to get it.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["config"]:
        # The settings and their plugins live in this interpreter, not in the native command.
        from fapilog._config_command import main as config

        return config(words[1:])
    if words[:2] == ["plugin", "lock"]:
        # So do the installed plugins.
        from fapilog._lock_command import main as lock

        return lock(words[2:])
    program = find_program()
    if program is None:
        return _without_program(words)
    environment = dict(os.environ)
    if sys.executable:
        environment["FAPILOG_PYTHON"] = sys.executable
    try:
        return _become(program, words, environment)
    except OSError as error:
        reason = error.strerror or str(error)
        sys.stderr.write(
            f"error[command-not-started]: can't start `{program}`: {reason}\n"
            'hint: pip install --force-reinstall "fapilog[cli]"\n'
        )
        return _USAGE


def find_program() -> Path | None:
    """Return the path of the native command that belongs to this interpreter, or `None`."""
    for folder in _folders():
        candidate = folder / _PROGRAM
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    return None


def _folders() -> Iterator[Path]:
    """Yield where installers put programs, the most specific place first."""
    import sysconfig

    yield Path(sysconfig.get_path("scripts"))
    yield Path(sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user")))
    if sys.executable:
        yield Path(sys.executable).parent
    # `pip install --target DIR` puts the package into DIR and programs into DIR/bin.
    yield Path(__file__).absolute().parents[1] / "bin"
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        folder = Path(entry)
        # A relative entry would run whatever lies in the working folder.
        if folder.is_absolute():
            yield folder


def _become(program: Path, words: list[str], environment: dict[str, str]) -> int:
    if os.name != "nt":
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(program, ["fapilog", *words], environment)  # noqa: S606 - our own program, no shell
    # Windows has no exec: a parent would take the new process for ended at once.
    import subprocess

    try:
        return subprocess.call([program, *words], env=environment)
    except KeyboardInterrupt:
        # The command got the interrupt too and has said what there is to say.
        return 130


def _without_program(words: list[str]) -> int:
    if words in (["--version"], ["-V"]):
        from importlib.metadata import version

        sys.stdout.write(f"fapilog {version('fapilog')}\n")
        sys.stderr.write(f"{_HINT}\n")
        return 0
    sys.stderr.write(f"{_HINT}\n")
    return _USAGE
