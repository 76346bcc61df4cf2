"""`fapilog plugin check` and `scan` on what people have: scaffolds, projects, wheels of others."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]
import pytest

if TYPE_CHECKING:
    from .conftest import Environment

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "bench/scan"))
import expected  # type: ignore[import-not-found] # noqa: E402 # from the folder above
import scanners  # type: ignore[import-not-found] # noqa: E402
import wheels  # type: ignore[import-not-found] # noqa: E402


def judge(command: Path, *words: str | Path, code: int | None = None) -> str:
    """Types a command, and gives what it prints."""
    words_typed: list[str | Path] = [command, "plugin", *words]
    result = subprocess.run(words_typed, capture_output=True, text=True, timeout=60, check=False)
    assert code is None or result.returncode == code, result.stdout + result.stderr
    return result.stdout


def report(command: Path, *words: str | Path) -> dict[str, Any]:
    """The JSON form."""
    parsed: dict[str, Any] = json.loads(judge(command, *words, "--format", "json"))
    return parsed


@pytest.fixture(scope="session")
def real_wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Popular packages from the index."""
    fetched: list[Path] = wheels.fetch(tmp_path_factory.mktemp("wheels"))
    return fetched


def test_every_finding_in_popular_packages_is_expected_and_explained(
    command: Path, real_wheels: list[Path]
) -> None:
    """One command for all: `bench/scan/expected.json` has each finding, with the reason."""
    _, found = scanners.fapilog(command, real_wheels)
    assert len(real_wheels) >= 100
    assert expected.differences(found) == []
    assert "attack-pattern" not in {one.rule for one in found}


def test_several_packages_are_judged_at_once_and_told_in_order(
    command: Path, real_wheels: list[Path]
) -> None:
    few = [wheel for wheel in real_wheels if wheel.stat().st_size < 50_000][:8]
    judged = report(command, "scan", *few)["reports"]
    assert [one["artifact"]["filename"] for one in judged] == [wheel.name for wheel in few]
    assert all(all(one["confinement"].values()) for one in judged)


def test_withdrawn_requirements_are_found_in_a_mirror(
    command: Path, real_wheels: list[Path], tmp_path: Path
) -> None:
    """With its age; and what is no mirror is refused."""
    wheel = next(wheel for wheel in real_wheels if wheel.name.startswith("requests-"))
    mirror = tmp_path / "simple"
    (mirror / "idna").mkdir(parents=True)
    page = {"name": "idna", "files": [{"filename": "idna-3.20-py3-none-any.whl", "yanked": "bad"}]}
    (mirror / "idna/index.v1_json").write_text(json.dumps(page))
    [judged] = report(command, "scan", wheel, "--index-export", mirror)["reports"]
    [hit] = [one for one in judged["findings"] if one["rule"] == "yanked-requirement"]
    assert "every version of `idna`" in hit["message"]
    assert "0 days old" in hit["message"]
    assert judged["verdicts"]["community"]["outcome"] == "fail"
    (mirror / "idna/index.v1_json").write_text("{}")
    words: list[str | Path] = [command, "plugin", "scan", wheel, "--index-export", mirror]
    result = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1
    assert "error[index-export-format]" in result.stderr


def test_a_fresh_scaffold_passes_its_own_check(
    workshop: Environment, tmp_path: Path, command: Path
) -> None:
    """What `fapilog plugin new` makes is verified at once, wheel and source archive."""
    kinds = "filter,enricher,processor,redactor,sink,alerter"
    judge(command, "new", "acme", "--kind", kinds, "--dir", tmp_path, code=0)
    project = tmp_path / "fapilog-acme"
    workshop.run(["python", "-m", "build", "--no-isolation", project])
    text = judge(command, "check", project, "--level", "verified", "--verbose", code=0)
    assert text.count("passes at level verified") == 2, text


def test_a_project_without_artifacts_is_built(
    workshop: Environment, tmp_path: Path, command: Path
) -> None:
    """With the build frontend of the caller, and nothing is left in the project."""
    judge(command, "new", "acme", "--dir", tmp_path, code=0)
    project = tmp_path / "fapilog-acme"
    text = workshop.run([command, "plugin", "check", project])
    assert text.count("fapilog-acme 0.1.0: 0 errors") == 2, text
    assert not (project / "dist").exists()


def test_sarif_is_valid(command: Path, real_wheels: list[Path]) -> None:
    schema = json.loads(
        (ROOT / "tests/fixtures/sarif/sarif-2.1.0.json").read_text(encoding="utf-8")
    )
    results = 0
    for wheel in real_wheels[:5]:
        log = json.loads(judge(command, "check", wheel, "--format", "sarif"))
        jsonschema.validate(log, schema)
        results += len(log["runs"][0]["results"])
    assert results > 10


def test_the_words_of_the_docs_are_the_ids_of_the_rules(
    command: Path, real_wheels: list[Path]
) -> None:
    """Every rule in SARIF's list has its page."""
    log = json.loads(judge(command, "check", real_wheels[0], "--format", "sarif"))
    ids = {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    pages = {page.stem for page in (ROOT / "docs/reference/rules").glob("*.md")} - {"README"}
    assert ids == pages


def test_no_colour_and_no_control_characters_outside_of_a_terminal(
    command: Path, real_wheels: list[Path]
) -> None:
    text = judge(command, "check", real_wheels[0])
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)


def test_yara_rules_of_the_operator_are_applied(
    command: Path, real_wheels: list[Path], tmp_path: Path
) -> None:
    """By the system's own program, on the files within the archive."""
    rules = tmp_path / "own.yar"
    rules.write_text('rule mentions_chardet { strings: $a = "chardet" condition: $a }\n')
    wheel = next(wheel for wheel in real_wheels if wheel.name.startswith("requests-"))
    [judged] = report(command, "scan", wheel, "--yara", rules)["reports"]
    hits = [finding for finding in judged["findings"] if finding["rule"] == "yara-match"]
    assert "requests/compat.py" in {hit["file"] for hit in hits}
    assert judged["verdicts"]["community"]["outcome"] == "fail"
    rules.write_text("rule broken {")
    result = subprocess.run(
        [command, "plugin", "scan", wheel, "--yara", rules],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert "error[yara-failed]" in result.stderr
