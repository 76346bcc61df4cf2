"""Moderators and owners on a running server: what clients get, and the mail that owners get."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.market.conftest import Market
from tests.e2e.market.people import Browser, Postman
from tests.e2e.market.test_interrupted_uploads import wait_until

if TYPE_CHECKING:
    from email.message import EmailMessage

    from tests.e2e.market.conftest import World

JSON = "application/vnd.pypi.simple.v1+json"
MANAGE = "/manage/fapilog-hello"
MODERATE = "/moderation/projects/fapilog-hello"
SINK = "class Hello:\n    async def write(self, record):\n        return None\n"


@pytest.fixture
def postman() -> Iterator[Postman]:
    """A mail server."""
    with Postman() as running:
        yield running


@pytest.fixture
def mailing(market_binary: Path, tmp_path: Path, postman: Postman) -> Iterator[Market]:
    """A server that sends mail."""
    options = ("--mail-server", postman.url, "--mail-from", "market@example.org")
    server = Market(market_binary, tmp_path / "data", options=options)
    server.start()
    yield server
    if server.process is not None:
        assert server.stop() == 0, "".join(server.log)


def message(postman: Postman, recipient: str, subject: str) -> EmailMessage:
    """A message, when it has come."""

    def found() -> list[EmailMessage]:
        with postman.arrived:
            return [
                one
                for one in postman.messages
                if one["to"] == recipient and subject in one["subject"]
            ]

    wait_until(lambda: bool(found()))
    return found()[0]


def owner_of_two_releases(
    world: World, market: Market, postman: Postman, folder: Path
) -> tuple[Browser, str]:
    """Ada, whose address is verified, and her token."""
    ada = Browser(market.url)
    ada.sign_up("ada", "ada@example.org")
    assert "done=verified" in ada.get(postman.link("ada@example.org", "/verify-email")).location
    token = ada.new_token()
    wheels = [
        world.build_wheel(folder / "dist", version=version, code=SINK)
        for version in ("1.0.0", "1.1.0")
    ]
    assert world.publish("uv", market, token, *wheels).returncode == 0
    return ada, token


def page(market: Market) -> dict[str, object]:
    """The project's page of the index."""
    request = urllib.request.Request(f"{market.simple}fapilog-hello/", headers={"Accept": JSON})
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, object] = json.load(answer)
    return found


def test_a_quarantined_release_is_installed_by_nobody_until_it_is_restored_and_its_owner_hears(
    world: World, mailing: Market, postman: Postman, tmp_path: Path, empty_venv: Path
) -> None:
    ada, _ = owner_of_two_releases(world, mailing, postman, tmp_path)
    margaret = Browser(mailing.url)
    margaret.sign_up("margaret")
    account = (mailing.binary, "account", "--data", mailing.data)
    assert world.run(*account, "role", "margaret", "moderator").returncode == 0

    def install(version: str) -> bool:
        pip = (empty_venv, "-m", "pip", "install", "--no-deps", "--no-cache-dir")
        index = ("--index-url", mailing.simple, f"fapilog-hello=={version}")
        uv = (world.tool("uv"), "pip", "install", "--no-deps", "--no-cache", "--reinstall")
        by_pip = world.run(*pip, *index).returncode == 0
        by_uv = world.run(*uv, "--python", empty_venv, *index).returncode == 0
        assert by_pip == by_uv
        return by_pip

    reason = "opens a socket, we are looking into it"
    done = margaret.post(f"{MODERATE}/release", act="quarantine", version="1.1.0", reason=reason)
    assert done.location == f"{MODERATE}?done=saved", done.text
    assert not install("1.1.0")
    assert install("1.0.0")
    note = message(postman, "ada@example.org", "fapilog-hello 1.1.0 was quarantined")
    assert reason in note.get_content()
    assert f"{mailing.url}{MANAGE}" in note.get_content()
    assert reason in ada.get(MANAGE).text
    # The command does the same as the page, and its owner hears of that, too.
    mailing.run(
        "admin", "release", "restore", "fapilog-hello", "1.1.0", "--reason", "the proxy check"
    )
    assert install("1.1.0")
    note = message(postman, "ada@example.org", "fapilog-hello 1.1.0 was restored")
    assert "the proxy check" in note.get_content()
    log = json.loads(ada.get(f"{MANAGE}/audit", Accept="application/json").text)
    told = [(event["actor"], event["action"]) for event in log["events"][:2]]
    assert told == [("operator", "release restored"), ("user:margaret", "release quarantined")]


def test_an_owner_archives_a_project_which_takes_no_uploads_then(
    world: World, mailing: Market, postman: Postman, tmp_path: Path
) -> None:
    ada, token = owner_of_two_releases(world, mailing, postman, tmp_path)
    done = ada.post(f"{MANAGE}/status", status="archived", reason="part of the core since 3.1")
    assert done.location == f"{MANAGE}?done=saved", done.text
    status = {"status": "archived", "reason": "part of the core since 3.1"}
    assert page(mailing)["project-status"] == status
    newer = world.build_wheel(tmp_path / "dist", version="1.2.0", code=SINK)
    refused = world.publish("uv", mailing, token, newer)
    assert refused.returncode != 0
    assert "archived and takes no uploads" in refused.stderr
    ada.post(f"{MANAGE}/status", status="active", reason="")
    assert world.publish("uv", mailing, token, newer).returncode == 0
    # Nobody writes to her about what she did herself.
    assert [one for one in postman.messages if "status" in one["subject"]] == []
