"""The command's own answers: tokens, addresses, folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.e2e.market.conftest import Market, World


def test_the_version_is_told(world: World, market_binary: Path) -> None:
    result = world.run(market_binary, "--version")
    assert (result.returncode, result.stdout) == (0, "fapilog-market 3.0.0\n")


def test_a_revoked_token_uploads_nothing_more(world: World, market: Market, tmp_path: Path) -> None:
    token = market.token(label="laptop")
    listed = world.run(market.binary, "token", "list", "--data", market.data)
    assert "laptop" in listed.stdout
    assert "valid" in listed.stdout
    assert token.rsplit("_", 1)[1] not in listed.stdout
    token_id = token.split("_")[1]
    revoked = world.run(market.binary, "token", "revoke", "--data", market.data, token_id)
    assert revoked.returncode == 0, revoked.stderr
    assert "revoked" in world.run(market.binary, "token", "list", "--data", market.data).stdout
    result = world.publish("twine", market, token, world.build_wheel(tmp_path / "dist"))
    assert result.returncode != 0
    assert "token is wrong" in result.stdout + result.stderr


def test_an_unknown_token_cannot_be_revoked(world: World, market: Market) -> None:
    result = world.run(market.binary, "token", "revoke", "--data", market.data, "nope")
    assert result.returncode == 1
    assert "`nope`" in result.stderr
    assert "hint: " in result.stderr


def test_a_second_server_on_the_same_folder_is_refused(world: World, market: Market) -> None:
    result = world.run(market.binary, "serve", "--data", market.data, "--listen", "127.0.0.1:0")
    assert result.returncode == 1
    assert "another server runs" in result.stderr
    assert "--data" in result.stderr


def test_an_address_in_use_is_refused_with_a_way_out(
    world: World, market: Market, tmp_path: Path
) -> None:
    address = market.url.removeprefix("http://")
    result = world.run(market.binary, "serve", "--data", tmp_path / "other", "--listen", address)
    assert result.returncode == 1
    assert f"`{address}`" in result.stderr
    assert "hint: " in result.stderr


def test_a_folder_that_cannot_be_made_is_refused(
    world: World, market_binary: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "data"
    result = world.run(market_binary, "serve", "--data", folder, "--listen", "127.0.0.1:0")
    assert result.returncode == 1
    assert str(folder) in result.stderr
    assert "hint: " in result.stderr


def test_options_can_come_from_the_environment(
    world: World, market_binary: Path, tmp_path: Path
) -> None:
    result = world.run(
        market_binary, "token", "create", "--label", "env",
        FAPILOG_MARKET_DATA=os.fspath(tmp_path / "env"),
    )  # fmt: skip
    assert result.returncode == 0
    assert result.stdout.startswith("fapm_")
    assert (tmp_path / "env" / "market.sqlite3").is_file()
