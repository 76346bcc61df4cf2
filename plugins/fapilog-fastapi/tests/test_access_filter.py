"""The filter `fastapi` against the plugin contract, and in a real pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fapilog
from fapilog import plugins
from fapilog.testing import conformance

from fapilog_fastapi import AccessFilter


def kept(tmp_path: Path, **config: Any) -> list[tuple[str, str, int]]:
    """Return what remains of a day at a service."""
    output = tmp_path / "out.jsonl"
    access_filter = plugins.load("fastapi", kind="filter", config=config)
    with fapilog.get_logger("shop", filters=[access_filter], sinks=[output.as_uri()]) as log:
        log.info("request", path="/health", status=200)
        log.info("request", path="/health", status=404)
        log.error("request", path="/health", status=200)
        log.info("request", path="/orders", status=200)
        log.info("checked", path="/health", status=200)
    records = [json.loads(line) for line in output.read_text().splitlines()]
    return [(record["message"], record["path"], record["status"]) for record in records]


# Every number of the plugin contract that a filter can violate.
test_conformance = conformance(
    AccessFilter,
    config={"exclude_paths": ("/health",)},
    records=[
        {"message": "request", "path": "/health", "status": 200},
        {"message": "request", "path": "/health", "status": 503},
        {"message": "request", "path": ["/health"], "status": "200"},
        {"message": ["request"], "path": "/health", "status": None},
    ],
)


def test_only_good_answers_of_the_named_paths_are_dropped(tmp_path: Path) -> None:
    assert kept(tmp_path, exclude_paths=("/health",)) == [
        ("request", "/health", 404),
        ("request", "/health", 200),
        ("request", "/orders", 200),
        ("checked", "/health", 200),
    ]


def test_errors_can_be_dropped_too(tmp_path: Path) -> None:
    assert kept(tmp_path, exclude_paths=("/health",), keep_errors=False) == [
        ("request", "/orders", 200),
        ("checked", "/health", 200),
    ]


def test_without_paths_everything_is_kept(tmp_path: Path) -> None:
    assert len(kept(tmp_path)) == 5
