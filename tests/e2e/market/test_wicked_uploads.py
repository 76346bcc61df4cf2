"""Wicked archives by the real twine and the real uv: refused with a reason that people can read,
installable by nobody, and gone from the disk."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.market import wicked
from tests.e2e.market.conftest import Market
from tests.e2e.market.test_interrupted_uploads import rows, upload_body, wait_until
from tests.e2e.market.test_killed import post

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.market.conftest import World
    from tests.e2e.market.wicked import Wicked

#: Clients look into archives themselves and refuse some before they send anything: what they say.
OF_CLIENTS = re.compile("InvalidDistribution|BadZipFile|Failed to read|Metadata")


@pytest.fixture
def unlimited(market_binary: Path, tmp_path: Path) -> Iterator[Market]:
    """A server that is asked more often in a minute than people do."""
    server = Market(market_binary, tmp_path / "data", options=("--no-rate-limits",))
    server.start()
    yield server
    assert server.stop() == 0, "".join(server.log)


@dataclass
class Sent:
    """What a client made of a file."""

    #: Whether it says that the file was uploaded.
    uploaded: bool
    #: What it printed, as one line.
    shown: str
    #: Id and reason that the server refused it with; nothing when it was never sent.
    refusal: tuple[str, str] | None

    def is_refused_with(self, wanted: str) -> bool:
        """Whether the server refused it so, and people can read why."""
        if self.uploaded or self.refusal is None:
            return False
        reason = one_line(self.refusal[1])
        # What twine shows comes in the status line, which is ASCII.
        plain = reason.encode("ascii", "replace").decode()
        return is_refusal(self.refusal, wanted) and (reason in self.shown or plain in self.shown)


def is_refusal(refusal: tuple[str, str], wanted: str) -> bool:
    """Whether a file was refused with an id, or rejected by a rule."""
    return refusal[0] == wanted or (refusal[0] == "rejected" and f"[{wanted}]" in refusal[1])


def one_line(text: str) -> str:
    """Without the boxes and ends of lines with which terminals break words."""
    return re.sub(r"[│\s]+", " ", text).strip()


def refusals(market: Market) -> list[tuple[str, str]]:
    """Id and reason of every upload that the server has refused."""
    said = [json.loads(line)["fields"] for line in market.log if "upload refused" in line]
    return [(fields["id"], fields["reason"]) for fields in said]


def send(client: str, world: World, market: Market, one: Wicked, folder: Path, token: str) -> Sent:
    """Uploads a file with a client."""
    before = len(refusals(market))
    result = world.publish(client, market, token, one.write(folder))
    shown = one_line(result.stdout + result.stderr)
    if result.returncode != 0 and not OF_CLIENTS.search(shown):
        # The line in the log is on its way.
        wait_until(lambda: len(refusals(market)) > before)
    refused = refusals(market)[before:]
    return Sent(result.returncode == 0, shown, refused[-1] if refused else None)


def send_as_it_is(market: Market, file: Path, token: str) -> tuple[int, tuple[str, str]]:
    """Uploads a file without a client that looks into it; returns status, id and reason."""
    before = len(refusals(market))
    status = post(market.url, token, upload_body(file))
    wait_until(lambda: len(refusals(market)) > before)
    return status, refusals(market)[-1]


def assert_nothing_came_of_it(market: Market) -> None:
    """No rows, no bytes, no page."""
    assert rows(market) == 0
    assert market.stored() == []
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{market.simple}{wicked.NAME}/", timeout=30)
    with caught.value as answer:
        assert answer.code == 404


def assert_not_installable(world: World, market: Market, python: Path) -> None:
    """Neither pip nor uv gets anything."""
    index = ("--index-url", market.simple, wicked.NAME)
    pip = world.run(python, "-m", "pip", "install", "--no-deps", *index)
    assert pip.returncode != 0
    assert "No matching distribution" in pip.stderr
    uv = world.run(
        world.tool("uv"), "pip", "install", "--no-deps", "--no-cache", "--python", python, *index
    )
    assert uv.returncode != 0
    assert "was not found" in uv.stderr


def test_archives_that_are_wrong_are_refused_with_their_reason(
    world: World, unlimited: Market, tmp_path: Path, empty_venv: Path
) -> None:
    token = unlimited.token()
    wrong: list[str] = []
    reached = {"twine": 0, "uv": 0}
    titles = set()
    for number, one in enumerate(wicked.archives()):
        titles.add(one.title)
        folder = tmp_path / f"dist-{number}"
        for client in reached:
            sent = send(client, world, unlimited, one, folder, token)
            if sent.is_refused_with(one.refusal_of_form):
                reached[client] += 1
            elif sent.uploaded or sent.refusal is not None:
                wrong.append(f"{client}, {one.title}, {one.refusal}: {sent}")
        # A client that looks into archives itself may not send it; others do.
        status, refusal = send_as_it_is(unlimited, folder / one.filename, token)
        if status != 400 or not is_refusal(refusal, one.refusal):
            wrong.append(f"{one.title}, {one.refusal}: {status} {refusal}")
    assert not wrong, "\n".join(wrong)
    # Neither client is so careful that the server's answers were not seen.
    assert reached["uv"] > 25, reached
    assert reached["twine"] > 25, reached
    assert len(titles) > 40
    assert_nothing_came_of_it(unlimited)
    assert_not_installable(world, unlimited, empty_venv)


def test_harmful_code_in_right_wheels_is_rejected_by_its_rule(
    world: World, unlimited: Market, tmp_path: Path, empty_venv: Path
) -> None:
    """Everything that the labelled corpus has of rules on security."""
    token = unlimited.token()
    wrong: list[str] = []
    count = 0
    for number, one in enumerate(wicked.harmful()):
        count += 1
        # Some of them by the slower client are enough to see what it shows.
        for client in ("uv",) if number % 5 else ("uv", "twine"):
            folder = tmp_path / f"dist-{number}"
            sent = send(client, world, unlimited, one, folder, token)
            if not sent.is_refused_with(one.refusal):
                wrong.append(f"{client}, {one.title}: {sent}")
    assert not wrong, "\n".join(wrong)
    assert count > 25
    assert_nothing_came_of_it(unlimited)
    assert_not_installable(world, unlimited, empty_venv)
    # The name is still free for what is right.
    right = world.build_wheel(tmp_path / "right")
    assert world.publish("uv", unlimited, token, right).returncode == 0


def test_what_is_rejected_after_the_client_was_told_to_wait_is_told_and_gone(
    world: World, market_binary: Path, tmp_path: Path, empty_venv: Path
) -> None:
    """Nobody works here at first, so that the upload waits: accepted, and rejected later."""
    server = Market(market_binary, tmp_path / "data", options=("--workers", "0"))
    server.start()
    token = server.token()
    one = next(wicked.harmful())
    result = world.publish("uv", server, token, one.write(tmp_path / "dist"))
    assert result.returncode == 0, result.stderr
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{server.simple}{wicked.NAME}/", timeout=30)
    caught.value.close()
    assert_not_installable(world, server, empty_venv)
    assert server.stop() == 0
    server.options = ()
    server.start()
    shown = ""

    def rejected() -> bool:
        nonlocal shown
        shown = server.run("admin", "uploads", wicked.NAME)
        return "rejected" in shown and not server.stored()

    wait_until(rejected)
    # With its reason below it.
    assert re.search(r"^    \S", shown, re.MULTILINE), shown
    assert_nothing_came_of_it(server)
    assert server.stop() == 0
