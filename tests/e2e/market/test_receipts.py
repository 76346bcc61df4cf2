"""Receipts with the real command and installers: from switching them on to the mark at a review."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.market.people import Browser
from tests.e2e.market.test_client import GOOD, Client, client, publish
from tests.e2e.market.test_guides import commands, typed

if TYPE_CHECKING:
    from tests.e2e.market.conftest import Market, World

__all__ = ["client"]

PAGE = "/plugins/fapilog-hello/reviews"
#: Tests may run in a build service themselves; people's machines are none.
OF_BUILD_SERVICES = ("BUILD_BUILDID", "BUILD_ID", "CI", "PIP_IS_CI")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's own folder for configuration, on a machine that is no build server."""
    for name in OF_BUILD_SERVICES:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "home"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder


def keys(home: Path) -> list[Path]:
    """The files of keys."""
    return sorted(home.glob("fapilog/receipts/*"))


def reviews(market: Market) -> list[dict[str, Any]]:
    """Reviews as the API tells them."""
    address = f"{market.url}/api/v1{PAGE}"
    with urllib.request.urlopen(address, timeout=30) as answer:
        found: list[dict[str, Any]] = json.load(answer)["reviews"]
    return found


def kept(person: Browser) -> str:
    """What the person's page of receipts shows."""
    return person.get("/account/receipts").text


def reviewed(world: World, market: Market, person: Browser) -> None:
    """Writes a review and has a moderator show it: accounts of today wait."""
    answer = person.post(PAGE, stars="5", version="1.0.0", text="")
    assert answer.status == 303, answer.text
    moderator = Browser(market.url)
    moderator.sign_up("margaret")
    role = ("account", "--data", market.data, "role", "margaret", "moderator")
    assert world.run(market.binary, *role).returncode == 0
    queue = moderator.get("/moderation/reviews").text
    found = re.search(r'action="(/moderation/reviews/\w+)"', queue)
    assert found, queue
    assert moderator.post(found.group(1), state="visible").status == 303


def test_an_install_is_seen_and_the_review_says_so(
    client: Client, market: Market, world: World, tmp_path: Path, home: Path
) -> None:
    """On, install, review, update, forget: with pip and with uv."""
    wheel = publish(market, world, tmp_path / "files", code=GOOD)
    ada = Browser(market.url)
    ada.sign_up("ada")
    reviewed(world, market, ada)
    token = ada.new_token(action="receipts")
    said = client.run("receipts", "on", "--label", "laptop", FAPILOG_RECEIPTS_TOKEN=token)
    assert f"Receipts are on for ada at {market.url}." in said
    assert "Nothing else is sent" in said
    (key,) = keys(home)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert token not in key.read_text()
    assert reviews(market)[0]["verified_install"] is None

    client.run("install", "hello")
    assert "note: a receipt for fapilog-hello 1.0.0 was sent" in client.complaint
    assert reviews(market)[0]["verified_install"] == "1.0.0"
    assert "verified install</span>" in Browser(market.url).get(PAGE).text
    assert hashlib.sha256(wheel.read_bytes()).hexdigest()[:16] in kept(ada)
    assert "laptop" in kept(ada)

    # Nothing is installed, nothing is said.
    client.run("install", "hello")
    assert "receipt" not in client.complaint
    publish(market, world, tmp_path / "files", code=GOOD, version="1.1.0")
    client.run("update", CI="true")
    assert "receipt" not in client.complaint
    assert "1.1.0</th>" not in kept(ada)

    assert client.json("receipts", "show")["on"][0]["account"] == "ada"
    assert "are forgotten there" in client.run("receipts", "forget")
    assert keys(home) == []
    assert reviews(market)[0]["verified_install"] is None
    assert "None sends receipts" in kept(ada)
    assert "Nothing is kept" in kept(ada)
    client.run("receipts", "forget", expect=1)
    assert "error[receipts-off]" in client.complaint
    assert "Receipts are off" in client.run("receipts", "off")
    assert token.rsplit("_", 1)[1] not in "".join(market.log)


def test_whatever_goes_wrong_with_a_receipt_the_plugin_is_installed(
    client: Client, market: Market, world: World, tmp_path: Path, home: Path
) -> None:
    """A key that others can read, one that was removed at the marketplace, and no key at all."""
    publish(market, world, tmp_path / "files", code=GOOD)
    client.run("receipts", "on", expect=1)
    assert "error[no-receipts-token]" in client.complaint
    client.run("receipts", "on", expect=1, FAPILOG_RECEIPTS_TOKEN="fapm_x")
    assert "error[market-failed]" in client.complaint
    assert keys(home) == []
    client.run("install", "hello")
    assert "receipt" not in client.complaint

    ada = Browser(market.url)
    ada.sign_up("ada")
    client.run("receipts", "on", FAPILOG_RECEIPTS_TOKEN=ada.new_token(action="receipts"))
    (key,) = keys(home)
    key.chmod(0o644)
    client.run("remove", "hello")
    assert "installed fapilog-hello 1.0.0" in client.run("install", "hello")
    assert "note: no receipt was sent" in client.complaint
    assert "others can read" in client.complaint

    key.chmod(0o600)
    found = re.search(r'name="id" value="(\w+)"', kept(ada))
    assert found
    ada.post("/account/receipts/key", id=found.group(1))
    client.run("remove", "hello")
    assert "installed fapilog-hello 1.0.0" in client.run("install", "hello")
    assert "note: no receipt for fapilog-hello: " in client.complaint
    assert "Nothing is kept" in kept(ada)
    assert "Receipts are off" in client.run("receipts", "off")
    assert keys(home) == []


def test_a_plugin_from_elsewhere_is_nobodys_receipt(
    client: Client, market: Market, world: World, tmp_path: Path, home: Path
) -> None:
    """The same version of somebody else, from a folder that stands before the marketplace."""
    publish(market, world, tmp_path / "files", code=GOOD)
    other = world.build_wheel(tmp_path / "other", code=GOOD, requires=("fapilog>=3,<5",))
    ada = Browser(market.url)
    ada.sign_up("ada")
    client.run("receipts", "on", FAPILOG_RECEIPTS_TOKEN=ada.new_token(action="receipts"))
    client.run(
        "install", "hello",
        PIP_NO_INDEX="1", PIP_FIND_LINKS=str(other.parent),
        UV_NO_INDEX="1", UV_FIND_LINKS=str(other.parent),
    )  # fmt: skip
    assert "which file of the marketplace it is can't be told" in client.complaint
    assert "Nothing is kept" in kept(ada)
    assert len(keys(home)) == 1


def test_the_guide_is_typed_as_it_stands(market: Market, tmp_path: Path, home: Path) -> None:
    """Show, token, on."""
    ada = Browser(market.url)
    ada.sign_up("ada")
    (block,) = (one for one in commands("installing-plugins") if "receipts on" in one)
    block = block.replace("fapm_…", ada.new_token(action="receipts"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/fapilog").symlink_to(Path(os.environ["FAPILOG_CLI_BIN"]).resolve())
    path = [str(tmp_path / "bin"), os.environ["PATH"]]
    said = typed(block, tmp_path, path, FAPILOG_MARKET=market.url)
    assert "Receipts are off." in said
    assert "Receipts are on for ada" in said
    assert len(keys(home)) == 1
