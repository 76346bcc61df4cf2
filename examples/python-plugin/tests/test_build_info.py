"""The installed plugin in a real pipeline."""

import json
from importlib.metadata import version
from pathlib import Path

import fapilog
import pytest
from fapilog.plugins import Use
from fapilog.testing import conformance

# Every number of the plugin contract that such a plugin can violate is a test of its own.
test_conformance = conformance("build-info", config={"distribution": "fapilog"})


def test_the_build_is_in_every_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMIT", "abc123")
    path = tmp_path / "out.jsonl"
    part = Use("build-info", config={"distribution": "fapilog-build-info"})
    with fapilog.get_logger("shop", sinks=[path], enrichers=[part]) as log:
        log.info("x")
        log.info("y", build="given")
    first, second = [json.loads(line)["build"] for line in path.read_text().splitlines()]
    assert first == {"version": version("fapilog-build-info"), "commit": "abc123"}
    assert second == "given"


def test_nothing_is_added_when_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GIT_COMMIT", raising=False)
    path = tmp_path / "out.jsonl"
    with fapilog.get_logger("shop", sinks=[path], enrichers=["build_info"]) as log:
        log.info("x")
    assert "build" not in json.loads(path.read_text())


def test_a_distribution_that_is_not_installed_is_an_error_at_once() -> None:
    part = Use("build-info", config={"distribution": "no-such-thing"})
    with pytest.raises(fapilog.PluginError, match="`no-such-thing` is not installed"):
        fapilog.get_logger("shop", sinks=["null"], enrichers=[part])
