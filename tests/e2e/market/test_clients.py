"""Every client that people publish with: what it uploads is judged, listed and installable."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.market.conftest import PLUGIN_CODE

if TYPE_CHECKING:
    from tests.e2e.market.conftest import Market, World

PEERS = Path(__file__).parent.parent / ".venv" / "bin"
JSON = "application/vnd.pypi.simple.v1+json"

FLIT_PROJECT = """
[build-system]
requires = ["flit_core>=3.2"]
build-backend = "flit_core.buildapi"

[project]
name = "fapilog-hello"
version = "1.0.0"
description = "Says hello"
requires-python = ">=3.10"
dependencies = ["fapilog>=3,<4"]

[project.entry-points."fapilog.plugins"]
hello = "fapilog_hello:Hello"
"""

POETRY_PROJECT = """
[project]
name = "fapilog-hello"
version = "1.0.0"
"""


def peer(name: str) -> Path:
    """A client in the environment of the tests' peers."""
    path = PEERS / name
    if not path.is_file():
        pytest.fail(f"{path} is missing\nhint: make {PEERS.parent}/.ready", pytrace=False)
    return path


def index(market: Market, project: str = "fapilog-hello") -> dict[str, object]:
    """A project's page."""
    request = urllib.request.Request(f"{market.simple}{project}/", headers={"Accept": JSON})
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, object] = json.load(answer)
    return found


def publish(client: str, world: World, market: Market, folder: Path, token: str) -> str:
    """Publishes one wheel with a client; returns what it printed."""
    if client in ("twine", "uv"):
        wheel = world.build_wheel(folder / "dist")
        result = world.publish(client, market, token, wheel)
    elif client == "hatch":
        wheel = world.build_wheel(folder / "dist")
        result = world.run(
            peer("hatch"), "publish", "--no-prompt", "--repo", market.legacy,
            "--user", "__token__", "--auth", token, wheel, HOME=str(folder),
        )  # fmt: skip
    elif client == "poetry":
        world.build_wheel(folder / "dist")
        (folder / "pyproject.toml").write_text(POETRY_PROJECT)
        result = world.run(
            peer("poetry"), "publish", "--no-interaction", "--repository", "market",
            "--directory", folder, HOME=str(folder), POETRY_REPOSITORIES_MARKET_URL=market.legacy,
            POETRY_HTTP_BASIC_MARKET_USERNAME="__token__", POETRY_HTTP_BASIC_MARKET_PASSWORD=token,
            PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring",
        )  # fmt: skip
    else:
        (folder / "pyproject.toml").write_text(FLIT_PROJECT)
        (folder / "fapilog_hello.py").write_text(f'"""Says hello."""\n\n\n{PLUGIN_CODE}')
        result = world.run(
            peer("flit"), "-f", folder / "pyproject.toml", "publish", "--format", "wheel",
            HOME=str(folder), FLIT_INDEX_URL=market.legacy, FLIT_USERNAME="__token__",
            FLIT_PASSWORD=token,
        )  # fmt: skip
    shown = result.stdout + result.stderr
    assert result.returncode == 0, shown
    return shown


@pytest.mark.parametrize("client", ["twine", "uv", "hatch", "poetry", "flit"])
def test_what_a_client_publishes_is_listed_when_it_says_so(
    world: World, market: Market, tmp_path: Path, client: str
) -> None:
    token = market.token(project="fapilog-hello")
    shown = publish(client, world, market, tmp_path, token)
    assert token not in shown + "".join(market.log)
    page = index(market)
    assert page["versions"] == ["1.0.0"]
    files = page["files"]
    assert isinstance(files, list)
    assert files[0]["core-metadata"]["sha256"]
