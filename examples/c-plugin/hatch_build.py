"""Compiles the library and puts it into the wheel, which serves every Python of this platform."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from fapilog.plugins import include_folder
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags


class BuildLibrary(BuildHookInterface):  # type: ignore[type-arg]
    """Runs the C compiler, with the headers that the installed fapilog has."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; the source archive has the sources only."""
        if self.target_name != "wheel":
            return
        self.folder = tempfile.TemporaryDirectory()
        library = Path(self.folder.name) / "libfapilog_healthz.so"
        source = Path(self.root) / "src" / "healthz.c"
        compiler = [*shlex.split(os.environ.get("CC", "cc")), "-std=c11", "-O2", "-Wall", "-Wextra"]
        flags = [*shlex.split(os.environ.get("CFLAGS", "")), "-shared", "-fPIC"]
        command = [*compiler, *flags, "-I", include_folder(), source, "-o", library]
        subprocess.run(command, check=True)
        build_data["force_include"][str(library)] = "fapilog_healthz/libfapilog_healthz.so"
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{next(platform_tags())}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Leave nothing behind."""
        if self.target_name == "wheel":
            self.folder.cleanup()
