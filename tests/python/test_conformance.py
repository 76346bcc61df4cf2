"""The conformance kit: catches each wrong plugin by its number, and no right one."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fapilog import enrichers, filters, processors, redactors
from fapilog.plugins import NativeLibrary
from fapilog.testing import ConformanceReport, check_conformance
from tests.python.support import build_wheel, install
from tests.python.test_native_plugins import compile_plugin

ROOT = Path(__file__).resolve().parents[2]
WRONG = sorted((ROOT / "tests/fixtures/wrong_plugins").glob("m*.py"))


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_wrong_plugin_is_caught_by_its_number_and_no_other(path: Path) -> None:
    module = load(path)
    # A short warm-up: there are many of them, and only one that keeps records.
    options = {"warm_up": 500, **getattr(module, "OPTIONS", {})}
    report = check_conformance(module.Plugin, **options)
    assert [failure.number for failure in report.failures] == [path.stem[:3].upper()], str(report)


def numbers(report: ConformanceReport, status: str) -> set[str]:
    return {result.number for result in report.results if result.status == status}


# --- libraries -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [("every_second", "filter"), ("append", "processor"), ("enrich", "enricher")],
)
def test_a_library_is_examined_through_pipelines(name: str, kind: str, tmp_path: Path) -> None:
    library = NativeLibrary(compile_plugin(tmp_path, name))
    # Which records the filter drops depends on where it is in its counting.
    report = check_conformance(library, deterministic=name != "every_second")
    assert (report.kind, report.passed) == (kind, True), str(report)
    assert numbers(report, "passed") >= {"M01", "M22", "M24", "M25", "M26", "M30", "M31", "M33"}
    assert {"M03", "M15", "M23"} <= numbers(report, "not-checked")


@pytest.mark.parametrize(
    ("name", "options", "number"),
    [
        ("fails", {}, "M26"),
        ("unstarted", {}, "M24"),
        ("leaks", {}, "M26"),
        ("hides", {"secrets": {"password": "hunter2"}}, "M34"),
        ("later", {}, "M01"),
        ("none", {}, "M01"),
    ],
)
def test_a_wrong_library_is_caught(
    name: str, options: dict[str, Any], number: str, tmp_path: Path
) -> None:
    report = check_conformance(NativeLibrary(compile_plugin(tmp_path, name)), **options)
    assert number in {failure.number for failure in report.failures}, str(report)


SECRETS = {"password": "hunter2", "card": "4111 1111 1111 1111"}


@pytest.mark.parametrize(
    "part",
    [
        filters.Level(minimum="INFO"),
        filters.Match(field="path", pattern="[02468]$"),
        enrichers.Static(values={"service": "shop"}),
        enrichers.Host(),
        enrichers.Process(),
        enrichers.Runtime(),
        processors.Rename(fields={"user_id": "user"}),
        processors.DropFields(paths=["items"]),
        processors.Truncate(max_bytes=64),
        processors.Flatten(),
        redactors.Fields(paths=["password", "card"]),
    ],
    ids=lambda part: f"{part.kind}-{part.type}",
)
def test_the_engines_own_parts_pass(part: Any) -> None:
    secrets = SECRETS if part.kind == "redactor" else None
    report = check_conformance(part, secrets=secrets)
    assert report.passed, str(report)
    assert numbers(report, "passed") >= {"M24", "M26", "M27", "M28", "M29", "M30", "M33"}
    if part.kind == "redactor":
        assert "M34" in numbers(report, "passed")


# --- by name -------------------------------------------------------------------------------------

_TAG = """
class Plugin:
    async def enrich(self, record):
        return {"tag": "tea"}
"""


@pytest.mark.parametrize(
    ("requires", "failed"),
    [(("fapilog>=3.0,<4.0",), set()), ((), {"M18"}), (("fapilog>=9",), {"M18"})],
)
def test_an_installed_plugin_is_examined_with_its_distribution(
    requires: tuple[str, ...], failed: set[str], tmp_path: Path
) -> None:
    """From the command line, in a process of its own; the exit code says how it went."""
    wheel = build_wheel(
        tmp_path,
        "fapilog-tag",
        modules={"tag_module": _TAG},
        plugins={"tag": "tag_module:Plugin"},
        requires=requires,
    )
    install([wheel], tmp_path / "site")
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from fapilog.testing.__main__ import "
    code += "main; sys.exit(main(sys.argv[1:]))"
    site = str(tmp_path / "site")
    ended = subprocess.run(
        [sys.executable, "-c", code, site, "tag", "--format", "json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == (1 if failed else 0), ended.stderr
    (report,) = json.loads(ended.stdout)
    assert {one["number"] for one in report["results"] if one["status"] == "failed"} == failed


# --- what authors say ----------------------------------------------------------------------------


def test_what_is_skipped_has_a_reason_and_a_number_that_is_checked() -> None:
    class Keeps:
        def __init__(self) -> None:
            self.records: list[Any] = []

        async def write(self, record: Any) -> None:
            self.records.append(record)

    assert [failure.number for failure in check_conformance(Keeps).failures] == ["M30"]
    report = check_conformance(Keeps, skip={"M30": "it is a list on purpose"})
    assert report.passed
    (skipped,) = [result for result in report.results if result.number == "M30"]
    assert (skipped.status, skipped.reason) == ("not-checked", "it is a list on purpose")
    with pytest.raises(ValueError, match="names M07, which the kit does not check"):
        check_conformance(Keeps, skip={"M07": "no"})


def test_functions_are_examined_too() -> None:
    async def shout(record: Any) -> Any:
        return {**record, "message": str(record["message"]).upper()}

    def blocks(record: Any) -> Any:
        return {**record, "seen": True}

    for function in (shout, blocks):
        report = check_conformance(function, kind="processor")
        assert report.passed, str(report)
    with pytest.raises(ValueError, match="is a function: say kind="):
        check_conformance(shout)


def test_samplers_are_not_asked_for_the_same_answer_twice() -> None:
    import random

    class Sampler:
        async def filter(self, record: Any) -> Any:
            return record if random.random() < 0.5 else None

    assert {one.number for one in check_conformance(Sampler).failures} <= {"M27", "M28", "M29"}
    assert check_conformance(Sampler).failures
    assert check_conformance(Sampler, deterministic=False).passed


def test_a_report_reads_well() -> None:
    module = load(ROOT / "tests/fixtures/wrong_plugins/m23_changes_the_record.py")
    report = check_conformance(module.Plugin)
    assert "M23  mutation       failed: it changed the record that it was given: tag" in str(report)
    made = report.as_dict()
    assert (made["form"], made["passed"], made["kind"]) == (
        *("fapilog-conformance/1", False),
        "enricher",
    )
    json.dumps(made)
    with pytest.raises(AssertionError, match="M23"):
        report.raise_for_failures()
