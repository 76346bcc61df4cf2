"""A backup that was restored answers every request as the original does."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.market.conftest import Market

if TYPE_CHECKING:
    from tests.e2e.market.conftest import Postgres, World

JSON = "application/vnd.pypi.simple.v1+json"


def fetch(url: str, accept: str = "*/*") -> bytes:
    """The body of an answer."""
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=30) as answer:
        body: bytes = answer.read()
    return body


def everything(market: Market) -> dict[str, bytes]:
    """All pages of the index and all files, by path."""
    found = {"/simple/": fetch(market.simple, JSON)}
    for project in json.loads(found["/simple/"])["projects"]:
        path = f"/simple/{project['name']}/"
        for accept in (JSON, "text/html"):
            found[f"{path} {accept}"] = fetch(market.url + path, accept)
        for file in json.loads(found[f"{path} {JSON}"])["files"]:
            address = file["url"].removeprefix("../..")
            for name in (address, f"{address}.metadata"):
                found[name] = fetch(market.url + name)
    return found


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
def test_a_backup_taken_while_the_server_runs_is_restored_into_either_database(
    world: World, market: Market, postgres: Postgres, tmp_path: Path, target: str
) -> None:
    token = market.token()
    for version in ("1.0.0", "1.1.0"):
        wheel = world.build_wheel(tmp_path / "dist", version=version, padding=1000)
        assert world.publish("uv", market, token, wheel).returncode == 0
    market.run("admin", "release", "yank", "fapilog-hello", "1.1.0", "--reason", "it's broken")
    printed = market.run("backup", str(tmp_path / "backup"))
    assert "and 2 files backed up" in printed
    place = ("--database", postgres.new_database()) if target == "postgres" else ()
    restored = Market(market.binary, tmp_path / "restored", place=place)
    assert "and 2 files restored" in restored.run("restore", str(tmp_path / "backup"))
    restored.start()
    try:
        original = everything(market)
        assert len(original) == 1 + 2 + 4
        assert everything(restored) == original
        # Tokens are restored, too.
        wheel = world.build_wheel(tmp_path / "dist", version="1.2.0")
        assert world.publish("uv", restored, token, wheel).returncode == 0
    finally:
        assert restored.stop() == 0
    again = world.run(*restored.command("restore", str(tmp_path / "backup")))
    assert again.returncode == 1
    assert "has projects already" in again.stderr
    # A second backup of the same state has the same rows.
    market.run("backup", str(tmp_path / "second"))
    first, second = (
        json.loads((tmp_path / n / "manifest.json").read_text()) for n in ("backup", "second")
    )
    assert first["tables"] == second["tables"]


def test_a_backup_that_was_changed_is_refused_whole(
    world: World, market: Market, tmp_path: Path
) -> None:
    wheel = world.build_wheel(tmp_path / "dist", padding=1000)
    assert world.publish("uv", market, market.token(), wheel).returncode == 0
    market.run("backup", str(tmp_path / "backup"))
    (file,) = (tmp_path / "backup" / "files").rglob("*.whl")
    file.write_bytes(file.read_bytes() + b"x")
    restored = Market(market.binary, tmp_path / "restored")
    result = world.run(*restored.command("restore", str(tmp_path / "backup")))
    assert result.returncode == 1
    assert "is not what it was" in result.stderr
    restored.start()
    try:
        assert json.loads(fetch(restored.simple, JSON))["projects"] == []
        assert restored.stored() == []
    finally:
        assert restored.stop() == 0
