"""What the API's document promises, asked of a running server by schemathesis."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.market.conftest import Market
from tests.e2e.market.test_clients import peer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.market.conftest import World

#: Cases of each operation: all of them together take seconds.
CASES = "25"
PLUGINS = ("fapilog-one", "fapilog-two", "fapilog-three")
SINK = "class Hello:\n    async def write(self, record):\n        return None\n"


@pytest.fixture
def stocked(world: World, market_binary: Path, tmp_path: Path) -> Iterator[Market]:
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
    published = world.publish("uv", market, market.token(), *wheels)
    assert published.returncode == 0, published.stderr
    yield market
    assert market.stop() == 0, "".join(market.log)


def examine(world: World, market: Market, folder: Path, *options: str, settings: str = "") -> str:
    """Runs schemathesis; what it finds wrong is the failure's text. Returns what it printed."""
    file = folder / "schemathesis.toml"
    file.write_text(settings)
    document = f"{market.url}/api/v1/openapi.json"
    ran = world.run(
        peer("schemathesis"), "--config-file", file, "run", document,
        "--phases", "examples,coverage,fuzzing", "--max-examples", CASES, "--seed", "1",
        "--warnings", "off", *options,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert not [line for line in market.log if '"ERROR"' in line]
    return ran.stdout


def cursor(market: Market, path: str) -> str:
    """A cursor that the server gave out."""
    with urllib.request.urlopen(f"{market.url}{path}", timeout=30) as answer:
        found: str = json.load(answer)["next_cursor"]
    return found


def test_nothing_that_is_asked_is_answered_against_the_document(
    world: World, stocked: Market, tmp_path: Path
) -> None:
    """Right and wrong requests of nobody: no 5xx, no status, type or body that it doesn't tell.

    Which cursors are right only the server knows; that right requests are accepted is asked below.
    """
    told = examine(world, stocked, tmp_path, "--exclude-checks", "positive_data_acceptance")
    assert "GET" not in told.partition("FAILURES")[2]


def test_right_requests_about_plugins_that_are_there_are_accepted(
    world: World, stocked: Market, tmp_path: Path
) -> None:
    """With a token, with names and cursors that exist."""
    settings = (
        f'[parameters]\n"path.name" = "{PLUGINS[0]}"\n'
        '[[operations]]\ninclude-name = "GET /api/v1/search"\n'
        f'parameters = {{ cursor = "{cursor(stocked, "/api/v1/search?limit=1")}" }}\n'
        '[[operations]]\ninclude-name = "GET /api/v1/plugins/{name}/reviews"\n'
        'parameters = { cursor = "MTox" }\n'
    )
    token = f"Authorization: Bearer {stocked.token()}"
    examine(world, stocked, tmp_path, "--mode", "positive", "-H", token, settings=settings)
