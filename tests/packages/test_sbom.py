"""Bills of materials, against the official schemas and validators."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
from tests.packages.conftest import Verdicts
from tests.packages.test_like_installers import by_pip, by_uv
from tests.packages.wheels import INFO, METADATA, NAME, files, wheel

LINES = """Summary: Sends records
License-Expression: mit OR apache-2.0
Requires-Dist: fapilog>=3.0,<4.0
Requires-Dist: httpx==0.27.0
Requires-Dist: httpx==0.27.0; python_version < '3.11'
Requires-Dist: orjson>=3; extra == 'fast'
Provides-Extra: fast
Project-URL: Source, https://example.org/acme
Project-URL: Odd, https://example.org/<not an address>
"""


@pytest.fixture
def bills(verdicts: Verdicts, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A wheel with both bills in it, and what was found there."""
    given, made = tmp_path / "given.whl", tmp_path / NAME
    metadata = METADATA.replace("2.3", "2.4") + LINES
    given.write_bytes(wheel(files(**{f"{INFO}/METADATA": metadata})))
    question = {"kind": "sbom", "path": str(given), "filename": NAME, "out": str(made)}
    answer = verdicts.ask([question])[0]
    return made, answer["ok"]


def test_cyclonedx_is_valid_and_complete(bills: tuple[Path, dict[str, Any]]) -> None:
    text = Path(f"{bills[0]}.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    subject = bill["metadata"]["component"]
    assert subject["purl"] == "pkg:pypi/fapilog-acme@1.0"
    assert subject["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    assert {one["name"]: one["scope"] for one in bill["components"]} == {
        "fapilog": "required",
        "httpx": "required",
        "orjson": "optional",
    }


def test_spdx_is_valid_and_complete(bills: tuple[Path, dict[str, Any]]) -> None:
    document = parse_file(f"{bills[0]}.spdx.json")
    assert validate_full_spdx_document(document, "SPDX-2.3") == []
    assert document.packages[0].name == "fapilog-acme"
    with zipfile.ZipFile(bills[0]) as archive:
        for file in document.files:
            data = archive.read(file.name.removeprefix("./"))
            sums = {checksum.algorithm.name: checksum.value for checksum in file.checksums}
            assert sums["SHA256"] == hashlib.sha256(data).hexdigest()


def test_a_wheel_with_bills_is_a_right_wheel(
    bills: tuple[Path, dict[str, Any]], verdicts: Verdicts, tmp_path: Path
) -> None:
    made, found = bills
    assert found["repeatable"], "the same input gave other bytes"
    assert found["found"] == {
        'CycloneDx("1.6")': ["fapilog", "httpx", "httpx", "orjson"],
        'Spdx("SPDX-2.3")': ["fapilog", "httpx", "httpx", "orjson"],
    }
    answer = verdicts.ask([{"kind": "package", "path": str(made), "filename": NAME}])[0]
    assert f"{INFO}/sboms/acme.cdx.json" in answer["ok"]
    assert by_pip(made, tmp_path / "pip")
    assert by_uv(made, tmp_path / "uv")
    for target in ("pip", "uv"):
        assert (tmp_path / target / INFO / "sboms/acme.spdx.json").exists()
