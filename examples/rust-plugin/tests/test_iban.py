"""The installed plugin in a real pipeline."""

import json
from pathlib import Path

import fapilog
import pytest
from fapilog.plugins import Use
from fapilog.testing import conformance

# Every number of the plugin contract that such a plugin can violate is a test of its own.
test_conformance = conformance("iban", secrets={"account": "DE89370400440532013000"})


def test_account_numbers_never_reach_the_file(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with fapilog.get_logger("shop", sinks=[path], redactors=["iban"]) as log:
        log.info("paid to DE89370400440532013000", to=["GB82 WEST 1234 5698 7654 32"])
    record = json.loads(path.read_text())
    assert record["message"] == "paid to DE****3000"
    assert record["to"] == ["GB****5432"]


def test_an_unknown_option_is_an_error_when_the_logger_is_made() -> None:
    with pytest.raises(fapilog.PluginError, match="unknown field `maks`"):
        fapilog.get_logger("shop", sinks=["null"], redactors=[Use("iban", config={"maks": "x"})])
