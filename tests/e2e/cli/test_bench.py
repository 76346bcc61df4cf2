"""`fapilog plugin bench`: figures beside the no-op and others, and the report that is published."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import events, make_plugin

if TYPE_CHECKING:
    from .conftest import Environment

KINDS = ["filter", "enricher", "processor", "redactor", "sink", "alerter"]

QUICK = ["--rounds", "3", "--records", "300"]


def by_role(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["role"]: one for one in report["contestants"]}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_measured_beside_one_that_does_nothing(
    command: Path, workshop: Environment, tmp_path: Path, kind: str
) -> None:
    plugin = make_plugin(command, tmp_path, "timed", "--kind", kind)
    words: list[str | Path] = [
        command,
        "plugin",
        "bench",
        *QUICK,
        "--report",
        "bench.json",
        "--plot",
        "bench.svg",
    ]
    text = workshop.run(words, folder=plugin)
    assert "no-op" in text
    assert "\x1b" not in text
    report = json.loads((plugin / "bench.json").read_text())
    roles = by_role(report)
    assert list(roles) == ["baseline", "subject"]
    subject = roles["subject"]
    assert subject["plugin"] == report["subject"]["plugin"] == "timed"
    time = subject["ns_per_record"]
    assert 0 < time["low"] <= time["median"] <= time["high"]
    assert len(time["samples"]) == report["settings"]["rounds"] == 3
    assert subject["call_ns"]["p50"] <= subject["call_ns"]["p99"] <= subject["call_ns"]["most"]
    assert subject["memory"]["peak_bytes_per_call"] > 0
    assert roles["baseline"]["overhead_ns"] is None
    assert subject["overhead_ns"]["low"] <= subject["overhead_ns"]["high"]
    assert sorted(plugin.glob("*.jsonl")) == [], "what a plugin writes is not left behind"
    svg = ElementTree.parse(plugin / "bench.svg").getroot()
    assert len(list(svg.iter("{http://www.w3.org/2000/svg}rect"))) == 3


SLOW = """
from fapilog.plugins import Record

class SlowedProcessor:
    async def process(self, record: Record) -> Record:
        total = sum(range(20_000))
        return {**record, "total": total, "kept": _KEPT.append(bytearray(1000))}

_KEPT: list[bytearray] = []
"""


def test_a_plugin_that_is_slow_and_keeps_memory_is_told_from_one_that_is_not(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    plugin = make_plugin(command, tmp_path, "slowed", "--kind", "processor")
    (plugin / "src/fapilog_slowed/processor.py").write_text(SLOW)
    printed = workshop.run([command, "plugin", "bench", *QUICK, "--format", "json"], folder=plugin)
    (event,) = [event for event in events(printed) if event["event"] == "report"]
    roles = by_role(event["report"])
    assert roles["subject"]["overhead_ns"]["low"] > 50_000
    assert roles["subject"]["ns_per_record"]["low"] > 3 * roles["baseline"]["ns_per_record"]["high"]
    assert roles["subject"]["call_ns"]["p50"] > 50_000
    assert roles["subject"]["memory"]["kept_bytes_per_1000_calls"] > 1_000_000
    assert roles["baseline"]["memory"]["kept_bytes_per_1000_calls"] < 10_000


def test_another_plugin_is_measured_in_the_same_rounds(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    other = make_plugin(command, tmp_path, "rival", "--kind", "filter")
    workshop.install("--no-deps", "--no-build-isolation", "-e", str(other))
    plugin = make_plugin(command, tmp_path, "timed", "--kind", "filter")
    words: list[str | Path] = [
        command,
        "plugin",
        "bench",
        *QUICK,
        "--against",
        "fapilog-rival",
        "--format",
        "json",
    ]
    (event,) = [e for e in events(workshop.run(words, folder=plugin)) if e["event"] == "report"]
    rival = by_role(event["report"])["other"]
    assert (rival["plugin"], rival["distribution"]) == ("rival", "fapilog-rival")
    assert rival["overhead_ns"] is not None
    sink = make_plugin(command, tmp_path, "mismatched", "--kind", "sink")
    refused = workshop.run(words, folder=sink, expect=1)
    assert "error[plugin-not-comparable]" in refused


def test_the_report_is_canonical_and_has_the_documented_schema(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    plugin = make_plugin(command, tmp_path, "timed")
    workshop.run([command, "plugin", "bench", *QUICK, "--report", "bench.json"], folder=plugin)
    root = Path(__file__).parents[3]
    schema = json.loads((root / "docs/specs/bench-report.json").read_text())
    for name in ("timed-processor", "timed-sink"):
        text = (plugin / f"bench-{name}.json").read_text()
        report = json.loads(text, parse_float=pytest.fail)
        assert text == json.dumps(report, sort_keys=True, separators=(",", ":"))
        check(report, schema, "report")


def check(value: Any, schema: dict[str, Any], where: str) -> None:
    """The part of JSON Schema that the report's uses: types, enums, required and no other names."""
    assert set(schema) <= {
        "$schema", "title", "description", "type", "enum", "required", "properties",
        "additionalProperties", "items", "minItems",
    }, where  # fmt: skip
    if "enum" in schema:
        assert value in schema["enum"], where
        return
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    of = {"object": dict, "array": list, "string": str, "integer": int, "null": type(None)}
    assert type(value) in [of[name] for name in types], where
    if isinstance(value, dict):
        assert set(value) == set(schema["required"]) == set(schema["properties"]), where
        for name, inner in value.items():
            check(inner, schema["properties"][name], f"{where}.{name}")
    if isinstance(value, list):
        assert len(value) >= schema.get("minItems", 0), where
        for inner in value:
            check(inner, schema["items"], f"{where}[]")
