"""The installed plugin in a real pipeline."""

import json
from pathlib import Path

import fapilog
import pytest
from fapilog.plugins import Use
from fapilog.testing import conformance

# Every number of the plugin contract that such a plugin can violate is a test of its own.
test_conformance = conformance("healthz", config={"path": "/up"})


def paths(folder: Path, part: str | Use) -> list[object]:
    path = folder / "out.jsonl"
    with fapilog.get_logger("shop", sinks=[path], filters=[part]) as log:
        for name in ("/healthz", "/up", "/orders", 7):
            log.info("request", path=name)
        log.bind(path="/orders").info("bound and given", path="/healthz")
        log.info("none")
    return [json.loads(line).get("path") for line in path.read_text().splitlines()]


def test_records_of_health_checks_are_dropped(tmp_path: Path) -> None:
    assert paths(tmp_path, "healthz") == ["/up", "/orders", 7, None]


def test_the_path_is_configured(tmp_path: Path) -> None:
    found = paths(tmp_path, Use("healthz", config={"path": "/up"}))
    assert found == ["/healthz", "/orders", 7, "/healthz", None]


@pytest.mark.parametrize(
    "config",
    [
        {"paht": "/up"},
        {"path": 5},
        {"path": ""},
        {"path": 'a"b'},
        {"path": "x" * 300},
        {"path": "é"},
    ],
)
def test_any_other_configuration_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(fapilog.PluginError, match="expected nothing, or"):
        fapilog.get_logger("shop", sinks=["null"], filters=[Use("healthz", config=config)])
