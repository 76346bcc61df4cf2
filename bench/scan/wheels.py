"""The wheels of popular packages on which the scanner is tried, from the package index."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LIST = Path(__file__).with_name("wheels.txt")
#: One interpreter and few platforms, so that everybody gets the same files.
CHOICE = ["--python-version", "3.11", "--implementation", "cp"]
PLATFORMS = ["manylinux2014_x86_64", "manylinux_2_28_x86_64"]


def pins() -> list[str]:
    """The pinned requirements, in order."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def fetch(folder: Path) -> list[Path]:
    """Downloads each wheel that is not in `folder` yet, and gives back all, sorted.

    Raises:
        subprocess.CalledProcessError: pip cannot get one of them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {identity(*pin.split("==")) for pin in pins()}
    there = {identity(*file.name.split("-")[:2]): file for file in folder.glob("*.whl")}
    if not wanted <= there.keys():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary", ":all:", *CHOICE]
        command += [word for name in PLATFORMS for word in ("--platform", name)]
        command += ["--dest", str(folder), *pins()]
        subprocess.run(command, check=True, timeout=600)
        there = {identity(*file.name.split("-")[:2]): file for file in folder.glob("*.whl")}
    return sorted(file for key, file in there.items() if key in wanted)


def identity(name: str, version: str) -> tuple[str, str]:
    """Project and version, whatever the spelling of the name."""
    return name.lower().replace("_", "-").replace(".", "-"), version
