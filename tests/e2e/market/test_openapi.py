"""What the API's document promises, asked of a running server by schemathesis."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.market.conftest import Market
from tests.e2e.market.people import Browser
from tests.e2e.market.test_clients import peer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.market.conftest import World

#: Cases of each operation: all of them together take seconds.
CASES = "25"
PLUGINS = ("fapilog-one", "fapilog-two", "fapilog-three")
SINK = "class Hello:\n    async def write(self, record):\n        return None\n"


@dataclass
class Stocked:
    """A marketplace and who owns everything in it."""

    market: Market
    owner: Browser


@pytest.fixture
def stocked(world: World, market_binary: Path, tmp_path: Path) -> Iterator[Stocked]:
    """A marketplace with plugins that answers as often as it is asked."""
    market = Market(market_binary, tmp_path / "data", options=("--no-rate-limits",))
    market.start()
    wheels = [
        world.build_wheel(
            tmp_path / "dist",
            name=name,
            entry_points=f"[fapilog.plugins]\n{name[8:]} = {name.replace('-', '_')}:Hello\n",
            code=SINK,
        )
        for name in PLUGINS
    ]
    ada = Browser(market.url)
    ada.sign_up("ada")
    published = world.publish("uv", market, ada.new_token(), *wheels)
    assert published.returncode == 0, published.stderr
    yield Stocked(market, ada)
    assert market.stop() == 0, "".join(market.log)


def examine(world: World, market: Market, folder: Path, *options: str, settings: str = "") -> None:
    """Runs schemathesis; what it finds wrong is the failure's text."""
    file = folder / "schemathesis.toml"
    # Each run begins anew: nothing is left in the working folder.
    file.write_text(f"[cache]\nenabled = false\n{settings}")
    document = f"{market.url}/api/v1/openapi.json"
    ran = world.run(
        peer("schemathesis"), "--config-file", file, "run", document,
        "--phases", "examples,coverage,fuzzing", "--max-examples", CASES, "--seed", "1",
        "--warnings", "off", *options,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert not [line for line in market.log if '"ERROR"' in line]


def cursor(market: Market, path: str) -> str:
    """A cursor that the server gave out."""
    with urllib.request.urlopen(f"{market.url}{path}", timeout=30) as answer:
        found: str = json.load(answer)["next_cursor"]
    return found


def test_nothing_that_is_asked_is_answered_against_the_document(
    world: World, stocked: Stocked, tmp_path: Path
) -> None:
    """Right and wrong requests of nobody: no 5xx, no status, type or body that it doesn't tell.

    Which cursors are right only the server knows; that right requests are accepted is asked below.
    """
    examine(world, stocked.market, tmp_path, "--exclude-checks", "positive_data_acceptance")


def test_right_requests_about_plugins_that_are_there_are_accepted(
    world: World, stocked: Stocked, tmp_path: Path
) -> None:
    """With a token, with names and cursors that exist."""
    market = stocked.market
    settings = (
        f'[parameters]\n"path.name" = "{PLUGINS[0]}"\n'
        '[[operations]]\ninclude-name = "GET /api/v1/search"\n'
        f'parameters = {{ cursor = "{cursor(market, "/api/v1/search?limit=1")}" }}\n'
        '[[operations]]\ninclude-name = "GET /api/v1/plugins/{name}/reviews"\n'
        'parameters = { cursor = "MTox" }\n'
    )
    token = f"Authorization: Bearer {stocked.owner.new_token()}"
    options = ("--mode", "positive", "-H", token, "--include-tag", "catalogue")
    examine(world, market, tmp_path, *options, settings=settings)


def test_an_owners_token_for_webhooks_meets_no_surprise(
    world: World, stocked: Stocked, tmp_path: Path
) -> None:
    """Right and wrong requests that get past the guard; which addresses are good is not asked."""
    stocked.owner.post("/organisations", name="acme")
    token = stocked.owner.new_token(action="webhooks")
    settings = f'[parameters]\n"path.project" = "{PLUGINS[0]}"\n"path.organisation" = "acme"\n'
    options = ("-H", f"Authorization: Bearer {token}", "--include-tag", "webhooks")
    less = ("--exclude-checks", "positive_data_acceptance,ignored_auth")
    examine(world, stocked.market, tmp_path, *options, *less, settings=settings)


def test_a_token_for_receipts_meets_no_surprise(
    world: World, stocked: Stocked, tmp_path: Path
) -> None:
    """Keys are added until there are too many; no statement is signed by one of them."""
    token = stocked.owner.new_token(action="receipts")
    options = ("-H", f"Authorization: Bearer {token}", "--include-tag", "receipts")
    less = ("--exclude-checks", "positive_data_acceptance,ignored_auth")
    examine(world, stocked.market, tmp_path, *options, *less)
