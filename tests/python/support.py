"""The world of these tests: sinks that remember, programs, and plugin distributions."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import fapilog

#: Longest wait of a test for anything, in seconds.
PATIENCE = 20.0


class Collect:
    """A sink that remembers every record."""

    name = "collect"

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    async def write(self, record: Mapping[str, Any]) -> None:
        self.records.append(dict(record))


def logged(log: Callable[[fapilog.Logger], object], **options: Any) -> list[dict[str, Any]]:
    """The records that `log` made, as a sink plugin sees them."""
    sink = Collect()
    with fapilog.get_logger("test", sinks=[sink], level="TRACE", **options) as logger:
        log(logger)
    return sink.records


class Pass:
    """A processor that changes nothing."""

    async def process(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return record


def value_of(value: object) -> Any:
    """What a value becomes, the same straight in a file and after a plugin saw it."""
    (record,) = logged(lambda logger: logger.info("x", value=value), processors=[Pass()])
    return record["value"]


def written(path: Path) -> list[dict[str, Any]]:
    """The records in a file of JSON lines; no constant but those of JSON is accepted."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    *lines, rest = path.read_bytes().decode().split("\n")
    assert not rest, "the last line has no end"
    return [json.loads(line, parse_constant=refuse) for line in lines]


def run_program(
    code: str, *arguments: object, timeout: float = 60, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, with this interpreter, and warnings as errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env=env,
    )


def wait_until(what: str, condition: Callable[[], bool]) -> None:
    """Wait for a condition, with a limit."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.001)


def build_wheel(
    folder: Path,
    name: str,
    *,
    modules: Mapping[str, str],
    plugins: Mapping[str, str],
    requires: tuple[str, ...] = (),
    version: str = "1.0.0",
) -> Path:
    """Make a wheel of a plugin distribution, as a build backend would.

    Args:
        folder: Where to put it.
        name: Name of the distribution.
        modules: Source by module name.
        plugins: Entry points of the group ``fapilog.plugins``.
        requires: ``Requires-Dist`` lines.
        version: Its version.
    """
    stem = re.sub("[-_.]+", "_", name).lower()
    info = f"{stem}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata += [f"Requires-Dist: {line}" for line in requires]
    entries = ["[fapilog.plugins]", *(f"{key} = {value}" for key, value in plugins.items())]
    files = {f"{module}.py": source for module, source in modules.items()}
    files[f"{info}/METADATA"] = "\n".join([*metadata, ""])
    files[f"{info}/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    files[f"{info}/entry_points.txt"] = "\n".join([*entries, ""])
    record = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
    wheel = folder / f"{stem}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def install(wheels: list[Path], target: Path) -> None:
    """Install wheels with the real pip, without their dependencies and without an index."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
            *("--disable-pip-version-check", "--target", str(target), *map(str, wheels)),
        ],
        check=True,
        timeout=120,
    )
