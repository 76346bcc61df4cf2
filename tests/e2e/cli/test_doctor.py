"""`fapilog doctor` in real environments, healthy and not, started the way that people start it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conftest import Environment


def test_a_healthy_environment_has_no_problem(user: Environment) -> None:
    user.install("pip")
    findings = examine(user)
    assert {finding["status"] for finding in findings} == {"ok"}
    by_id = {finding["id"]: finding for finding in findings}
    assert by_id["core-installed"]["detail"] == "fapilog 3.0.0"
    assert str(user.scripts) in by_id["python-version"]["detail"]
    text = user.run(["fapilog", "doctor"])
    assert "0 problems, 0 warnings" in text
    assert "\x1b" not in text, "no colour outside of a terminal"


def test_settings_files_and_extras_are_examined(user: Environment, tmp_path: Path) -> None:
    """Each with what repairs it: a wrong setting, an absent extra, a file in a foreign place."""
    user.install("pip")
    good = tmp_path / "logs" / "shop.jsonl"
    found = {
        finding["id"]: finding for finding in examine(user, {"FAPILOG_SINKS": f"file://{good}"})
    }
    assert found["settings-usable"]["status"] == "ok"
    assert str(good) in found["log-files-writable"]["detail"]
    assert not good.parent.exists(), "nothing is made"
    (tmp_path / "file").touch()
    for name, value, fault, hint in [
        ("FAPILOG_LEVL", "INFO", "settings-usable", ""),
        ("FAPILOG_SINKS", f"file://{tmp_path}/file/x.jsonl", "log-files-writable", "folder"),
        ("FAPILOG_ENRICHERS", "fastapi", "extras-installed", 'pip install "fapilog[fastapi]"'),
    ]:
        faults = [f for f in examine(user, {name: value}, expect=1) if f["status"] != "ok"]
        assert [one["id"] for one in faults] == [fault], faults
        assert hint in faults[0]["hints"][0]


def test_the_doctor_examines_the_environment_whose_command_was_typed(user: Environment) -> None:
    outside = {"PATH": "/usr/bin:/bin", "VIRTUAL_ENV": "/nonexistent"}
    report = user.run([user.scripts / "fapilog", "doctor", "--format", "json"], extra=outside)
    interpreter = json.loads(report)["interpreter"]
    assert interpreter["chosen_by"] == "FAPILOG_PYTHON"
    assert Path(interpreter["path"]).parent == user.scripts


def test_the_module_is_the_same_as_the_console_script(user: Environment) -> None:
    script = user.run(["fapilog", "plugin", "new", "--help"])
    assert user.run(["python", "-m", "fapilog", "plugin", "new", "--help"]) == script
    assert script.startswith("Make a new plugin")
    assert user.run(["fapilog", "--version"]) == "fapilog 3.0.0\n"


def test_each_bad_plugin_is_a_problem_with_what_repairs_it(
    user: Environment, workshop: Environment, command: Path, tmp_path: Path
) -> None:
    for name, change in [
        ("good", None),
        ("future", ("pyproject.toml", '"fapilog>=3.0,<4.0"', '"fapilog>=9.0"')),
        ("anyrange", ("pyproject.toml", '"fapilog>=3.0,<4.0"', "")),
        (
            "broken",
            ("src/fapilog_broken/sink.py", "import json\n", "import nothing_of_that_name\n"),
        ),
    ]:
        workshop.run([command, "plugin", "new", name, "--kind", "sink"], folder=tmp_path)
        plugin = tmp_path / f"fapilog-{name}"
        if change is not None:
            path, old, new = change
            text = (plugin / path).read_text()
            assert old in text
            (plugin / path).write_text(text.replace(old, new))
        workshop.run(["python", "-m", "build", "-w", "--no-isolation"], folder=plugin)
        (wheel,) = (plugin / "dist").glob("*.whl")
        user.install("--no-deps", str(wheel))
    found = {
        finding["subject"]: finding
        for finding in examine(user, expect=1)
        if finding["id"] == "plugin-loads"
    }
    assert found["plugin good"]["status"] == "ok"
    for name, words in [
        ("future", ["refused", ">=9.0", "3.0.0"]),
        ("anyrange", ["refused", "Requires-Dist"]),
        ("broken", ["broken", "nothing_of_that_name"]),
    ]:
        finding = found[f"plugin {name}"]
        assert finding["status"] == "problem"
        for word in [f"fapilog-{name}", *words]:
            assert word in finding["detail"]
        assert any(f"fapilog-{name}" in hint for hint in finding["hints"]), finding
    assert "3 problems" in user.run(["fapilog", "doctor"], expect=1)


def test_a_plugin_that_prints_while_it_is_imported_does_not_spoil_the_report(
    user: Environment, workshop: Environment, command: Path, tmp_path: Path
) -> None:
    workshop.run([command, "plugin", "new", "noisy", "--kind", "sink"], folder=tmp_path)
    plugin = tmp_path / "fapilog-noisy"
    with (plugin / "src/fapilog_noisy/sink.py").open("a") as file:
        file.write('\nprint("{}")\nimport os\nos.write(1, b"{}")\n')
    workshop.run(["python", "-m", "build", "-w", "--no-isolation"], folder=plugin)
    (wheel,) = (plugin / "dist").glob("*.whl")
    user.install("--no-deps", str(wheel))
    user.install("pip")
    assert {finding["status"] for finding in examine(user)} == {"ok"}


def test_without_the_core_the_doctor_says_how_to_install_it(
    user: Environment, command: Path
) -> None:
    user.run([user.scripts / "python", "-c", REMOVE_CORE])
    report = json.loads(user.run([command, "doctor", "--format", "json"], expect=1))
    (problem,) = [finding for finding in report["findings"] if finding["status"] == "problem"]
    assert problem["id"] == "core-installed"
    assert problem["hints"] == ["pip install fapilog", "uv add fapilog"]
    assert report["interpreter"]["chosen_by"] == "VIRTUAL_ENV"


def test_a_damaged_engine_is_a_problem(user: Environment) -> None:
    (engine,) = user.folder.glob("lib/python*/site-packages/fapilog/_engine*.so")
    engine.write_bytes(b"not a shared object")
    # The console script is part of the damaged package, and still starts.
    report = json.loads(user.run(["fapilog", "doctor", "--format", "json"], expect=1))
    (problem,) = [finding for finding in report["findings"] if finding["status"] == "problem"]
    assert problem["id"] == "extension-loads"


def test_the_working_folder_is_not_imported_from(user: Environment, tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    for module in ("json", "os", "tempfile", "fapilog"):
        (folder / f"{module}.py").write_text("raise SystemExit('imported from here')\n")
    examine(user, folder=folder)


REMOVE_CORE = """
import importlib.metadata, pathlib
for file in importlib.metadata.files("fapilog"):
    pathlib.Path(file.locate()).unlink(missing_ok=True)
"""


def examine(
    user: Environment,
    settings: dict[str, str] | None = None,
    *,
    folder: Path | None = None,
    expect: int = 0,
) -> list[dict[str, Any]]:
    """Return what the doctor finds, started by the console script."""
    words = ["fapilog", "doctor", "--format", "json"]
    findings: list[dict[str, Any]] = json.loads(
        user.run(words, folder=folder, expect=expect, extra=settings)
    )["findings"]
    for finding in findings:
        assert (finding["status"] == "ok") == (finding["hints"] == []), finding
    return findings
