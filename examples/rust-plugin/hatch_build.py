"""Builds the library and puts it into the wheel, which serves every Python of this platform."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags

LIBRARY = {"win32": "fapilog_iban.dll", "darwin": "libfapilog_iban.dylib"}


class BuildLibrary(BuildHookInterface):  # type: ignore[type-arg]
    """Runs `cargo build`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build; the source archive has the sources only."""
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        target = Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
        command = ["cargo", "build", "--release", "--quiet", "--target-dir", str(target)]
        subprocess.run(command, cwd=root, check=True)
        library = target / "release" / LIBRARY.get(sys.platform, "libfapilog_iban.so")
        build_data["force_include"][str(library)] = "fapilog_iban/libfapilog_iban.so"
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{next(platform_tags())}"
