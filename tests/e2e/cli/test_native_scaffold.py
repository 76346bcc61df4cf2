"""Fresh plugins in Rust and C are right as they are: built, tested, typed and linted unedited."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import make_plugin
from .test_dev import Development

if TYPE_CHECKING:
    from .conftest import Environment

ROOT = Path(__file__).parents[3]

KINDS = ["filter", "enricher", "processor", "redactor", "sink"]

#: Where the dependencies of all Rust plugins are compiled once.
TARGET = {"CARGO_TARGET_DIR": str(ROOT / "target" / "examples")}


@pytest.fixture(scope="module")
def sdk(workshop: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Configuration of cargo that takes the SDK from its packages, as if they were published."""
    folder = tmp_path_factory.mktemp("sdk")
    package = ["cargo", "package", "--quiet", "--no-verify", "--allow-dirty", "--locked"]
    crates = ["fapilog-abi", "fapilog-sdk"]
    words = [word for crate in crates for word in ("-p", crate)]
    workshop.run([*package, *words], folder=ROOT, extra=TARGET, limit=300)
    lines = ["[patch.crates-io]"]
    for crate in crates:
        (packed,) = (ROOT / "target/examples/package").glob(f"{crate}-*.crate")
        with tarfile.open(packed) as archive:
            archive.extractall(folder)
        lines.append(f"{crate} = {{ path = {json.dumps(str(folder / packed.stem))} }}")
    (folder / "config.toml").write_text("\n".join([*lines, ""]))
    return folder / "config.toml"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", ["c", "rust"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_fresh_library_passes_its_own_checks(
    command: Path,
    workshop: Environment,
    sdk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    kind: str,
) -> None:
    name = f"{language}-{kind}"
    plugin = make_plugin(command, tmp_path, name, "--kind", kind, "--lang", language)
    if language == "rust":
        (plugin / ".cargo").mkdir()
        shutil.copy(sdk, plugin / ".cargo")
        workshop.run(["cargo", "fmt", "--check"], folder=plugin)
        test = ["cargo", "test", "--release", "--quiet"]
        assert "2 passed" in workshop.run(test, folder=plugin, extra=TARGET, limit=300)
    monkeypatch.setenv("CARGO_TARGET_DIR", TARGET["CARGO_TARGET_DIR"])
    workshop.install("--no-deps", "--no-build-isolation", str(plugin))
    workshop.run(["ruff", "check", "."], folder=plugin)
    workshop.run(["ruff", "format", "--check", "."], folder=plugin)
    workshop.run(["mypy"], folder=plugin)
    result = workshop.run(["pytest"], folder=plugin)
    passed = re.search(r"(\d+) passed in", result)
    assert passed is not None, result
    assert int(passed[1]) >= 6, "its own tests, and the contract's"
    workshop.run([command, "plugin", "docs", "--check"], folder=plugin)
    if kind == "filter":
        bench: list[str | Path] = [command, "plugin", "bench", "--rounds", "3", "--records", "500"]
        text = workshop.run(bench, folder=plugin)
        assert name in text
        profiled = workshop.run([command, "plugin", "profile", "--records", "500"], folder=plugin)
        assert "p99" in profiled
        assert "perf record" in profiled, "its functions can't be seen"


@pytest.mark.timeout(300)
def test_a_library_is_built_on_each_save_and_no_record_is_lost(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    """Without being installed: `dev` builds by the project's own backend."""
    plugin = make_plugin(command, tmp_path, "swift", "--kind", "processor", "--lang", "c")
    source = plugin / "src/plugin.c"
    right = source.read_text()
    running = Development(command, workshop, plugin, "--rate", "200")
    try:
        running.begun()
        for version in range(3):
            source.write_text(f"{right}\n/* {version} */\n")
            assert running.next("passed")["ms"] > 0
        source.write_text(right.replace("static int read_option", "static oops read_option"))
        failed = next(one for one in running.events() if one["event"] == "reload")
        assert not failed["ok"]
        assert "oops" in failed["error"]
        assert failed["place"]["file"] == str(source)
        assert "static oops read_option" in failed["place"]["source"]
        last = running.end()
    finally:
        running.process.kill()
        running.process.communicate()
    assert (last["reloads"], last["failed_reloads"]) == (3, 1)
    assert last["submitted"] == last["delivered"] > 0
    assert last["dropped"] == last["queued"] == 0
    (counted,) = last["plugins"]
    assert counted["records"] == last["submitted"], "each record went through some build"
    assert counted["errors"] == 0


def test_ones_own_application_cannot_exchange_a_library(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    plugin = make_plugin(command, tmp_path, "stiff", "--kind", "filter", "--lang", "c")
    words: list[str | Path] = [command, "plugin", "dev", "--app", "app.py"]
    refused = workshop.run(words, folder=plugin, expect=1)
    assert "error[plugin-in-library]" in refused
    assert "hint: leave out --app" in refused


def test_what_a_library_cannot_be_is_refused(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    for kinds, reason in (("alerter", "written in Python"), ("sink,filter", "one kind, not 2")):
        words: list[str | Path] = [
            command,
            "plugin",
            "new",
            "no",
            "--kind",
            kinds,
            "--lang",
            "rust",
        ]
        refused = workshop.run(words, folder=tmp_path, expect=2)
        assert "error[wrong-language]" in refused
        assert reason in refused
    assert list(tmp_path.iterdir()) == []
