"""The third-party plugins under `examples/`: built as strangers build them, each on its own.

The Rust one is compiled against the packaged SDK (what `cargo publish` would upload), the C one
against the headers of the installed `fapilog` wheel; all three wheels are installed beside it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ("rust-plugin", "c-plugin", "python-plugin")

PROGRAM = """
import json, pathlib, sys
import fapilog
from fapilog.plugins import Policy, Use

reports = {report.name: report for report in fapilog.debug_plugins()}
assert {name: report.status for name, report in reports.items()} == {
    "iban": "ready", "healthz": "ready", "build-info": "ready"}, reports
assert [reports[name].kinds for name in ("iban", "healthz", "build-info")] == [
    ("redactor",), ("filter",), ("enricher",)]
path = pathlib.Path(sys.argv[1])
with fapilog.get_logger(
    "shop",
    sinks=[path],
    filters=["healthz"],
    enrichers=[Use("build-info", config={"distribution": "fapilog"})],
    redactors=["iban"],
    policy=Policy(allow=["fapilog-*"]),
) as log:
    for number in range(3000):
        log.info("paid to DE89370400440532013000", path=("/healthz", "/pay")[number % 2], n=number)
    log.flush()
    stats = log.stats()
assert (stats.submitted, stats.delivered, stats.filtered) == (3000, 1500, 1500), stats
records = [json.loads(line) for line in path.read_text().splitlines()]
assert [record["n"] for record in records] == list(range(1, 3000, 2))
assert {record["message"] for record in records} == {"paid to DE****3000"}
assert {tuple(record["build"]) for record in records} == {("version",)}
for name in ("iban", "healthz"):
    try:
        fapilog.get_logger("x", sinks=["null"], **{reports[name].kinds[0] + "s": [name]},
                           policy=Policy(deny=["fapilog-" + name]))
    except fapilog.PluginError as error:
        assert error.error_id == "plugin-denied", error
    else:
        raise AssertionError(name)
"""


def run(command: Sequence[str | Path], folder: Path, limit: float = 300) -> str:
    """Run a command, which must succeed; what it printed."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target" / "examples")}
    for variable in ("PYTHONPATH", "VIRTUAL_ENV", "RUSTFLAGS"):
        environment.pop(variable, None)
    ended = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=limit,
        check=False,
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}"
    return ended.stdout


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three projects, copied out of the repository, and cargo's view of the packaged SDK."""
    folder = tmp_path_factory.mktemp("examples")
    for name in PLUGINS:
        ignored = shutil.ignore_patterns("target", "dist", "__pycache__")
        shutil.copytree(ROOT / "examples" / name, folder / name, ignore=ignored)
    package = ["cargo", "package", "--quiet", "--no-verify", "--allow-dirty", "--locked"]
    run([*package, "-p", "fapilog-abi", "-p", "fapilog-sdk"], ROOT)
    lines = ["[patch.crates-io]"]
    for crate in ("fapilog-abi", "fapilog-sdk"):
        (packed,) = (ROOT / "target/examples/package").glob(f"{crate}-*.crate")
        with tarfile.open(packed) as archive:
            archive.extractall(folder / "crates", filter="data")
        unpacked = folder / "crates" / packed.stem
        lines.append(f"{crate} = {{ path = {json.dumps(str(unpacked))} }}")
    (folder / ".cargo").mkdir()
    (folder / ".cargo" / "config.toml").write_text("\n".join([*lines, ""]))
    return folder


@pytest.fixture(scope="module")
def wheels(workshop: Path) -> dict[str, Path]:
    """The wheel of each project."""
    built = {}
    for name in PLUGINS:
        out = workshop / "dist" / name
        build = [sys.executable, "-m", "uv", "build", "--wheel", "--no-build-isolation", "-q"]
        run([*build, "--python", sys.executable, "--out-dir", out, workshop / name], workshop)
        (built[name],) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the core and the three plugins."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    run([sys.executable, "-m", "venv", "--without-pip", folder], ROOT)
    there = folder / "bin" / "python"
    install: list[str | Path] = [sys.executable, "-m", "uv", "pip", "install", "-q"]
    install += ["--link-mode", "copy", "--python", there, os.environ["FAPILOG_WHEEL"]]
    # The plugins' range of `fapilog` is held by the resolver, too.
    run([*install, *wheels.values()], ROOT)
    run([*install[:-1], "pytest"], ROOT)
    return there


def test_one_wheel_serves_every_python(wheels: dict[str, Path]) -> None:
    for name in ("rust-plugin", "c-plugin"):
        tags = wheels[name].stem.split("-")[-3:]
        assert tags[:2] == ["py3", "none"]
        assert tags[2] != "any"
    assert wheels["python-plugin"].stem.endswith("py3-none-any")


def test_the_three_work_together_through_the_gate(python: Path, tmp_path: Path) -> None:
    run([python, "-W", "error", "-c", PROGRAM, tmp_path / "out.jsonl"], tmp_path)


@pytest.mark.parametrize("name", PLUGINS)
def test_its_own_tests_pass(name: str, workshop: Path, python: Path) -> None:
    printed = run([python, "-m", "pytest", "-q", "-p", "no:cacheprovider"], workshop / name)
    assert " passed" in printed
    assert "skipped" not in printed


def test_the_tests_in_rust_pass(workshop: Path) -> None:
    printed = run(["cargo", "test", "--release", "--quiet"], workshop / "rust-plugin")
    assert "test result: ok. 3 passed" in printed


@pytest.mark.parametrize("name", PLUGINS)
def test_the_example_of_its_readme_runs(name: str, workshop: Path, python: Path) -> None:
    readme = (workshop / name / "README.md").read_text()
    (code,) = [block.split("```")[0] for block in readme.split("```python\n")[1:]]
    run([python, "-W", "error", "-c", code], workshop)


def test_a_compiler_that_is_told_everything_finds_nothing(workshop: Path, python: Path) -> None:
    """The header and the C plugin, with every warning, as C and as C++."""
    where = "import fapilog.plugins as p; print(p.include_folder())"
    include = run([python, "-c", where], workshop).strip()
    source = workshop / "c-plugin" / "src" / "healthz.c"
    strict = ["-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wno-sign-conversion", "-Wshadow"]
    run(["cc", "-std=c11", *strict, "-fsyntax-only", "-I", include, source], workshop)
    header = Path(include) / "fapilog_record.h"
    run(["c++", "-std=c++17", "-Wall", "-Werror", "-fsyntax-only", "-xc++", header], workshop)
