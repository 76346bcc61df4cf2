"""The wheels of popular packages on which the scanner is tried, from the package index."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LIST = Path(__file__).with_name("wheels.txt")


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
    if len(list(folder.glob("*.whl"))) < len(pins()):
        # One interpreter and platform, so that everybody gets the same files.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary", ":all:", "--python-version", "3.11", "--implementation", "cp"]
        command += ["--platform", "manylinux2014_x86_64", "--dest", str(folder), *pins()]
        subprocess.run(command, check=True, timeout=300)
    return sorted(folder.glob("*.whl"))
