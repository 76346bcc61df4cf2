"""The three ways to install that the README names, from a marketplace with the real wheels."""

from __future__ import annotations

import html
import os
import sys
import urllib.request
import venv
from pathlib import Path

import pytest

from .conftest import Market, World

DIST = Path(__file__).resolve().parents[3] / "dist"


@pytest.fixture
def stocked(market: Market, world: World) -> Market:
    """A marketplace with the first-party wheels of this checkout and a community plugin."""
    wheels = [wheel for wheel in sorted(DIST.glob("*.whl")) if "market" not in wheel.name]
    assert len(wheels) >= 3, "run `make build` first"
    community = world.build_wheel(market.data.parent / "made", name="fapilog-splunk")
    result = world.publish("twine", market, market.token(), *wheels, community)
    assert result.returncode == 0, result.stdout + result.stderr
    return market


def names(world: World, python: Path) -> set[str]:
    listed = world.run(python, "-m", "pip", "list", "--format", "freeze")
    return {line.split("==")[0] for line in listed.stdout.splitlines()} - {"pip", "setuptools"}


def test_core_only_brings_nothing_else(stocked: Market, world: World, empty_venv: Path) -> None:
    """`pip install fapilog` installs one distribution, which works and says how to get more."""
    installed = world.run(
        empty_venv, "-m", "pip", "install", "--index-url", stocked.simple, "fapilog"
    )
    assert installed.returncode == 0, installed.stderr
    assert names(world, empty_venv) == {"fapilog"}
    logged = world.run(empty_venv, "-c", "import fapilog; fapilog.get_logger('a').info('hello')")
    assert logged.returncode == 0, logged.stderr
    assert '"message":"hello"' in logged.stdout
    command = world.run(empty_venv.with_name("fapilog"), "doctor")
    assert command.returncode == 2
    assert 'pip install "fapilog[cli]"' in command.stderr


def test_the_cli_extra_brings_the_native_command(
    stocked: Market, world: World, empty_venv: Path
) -> None:
    """With `fapilog[cli]` the console script runs the native command at once."""
    index = ("--index-url", stocked.simple)
    installed = world.run(empty_venv, "-m", "pip", "install", *index, "fapilog[cli]")
    assert installed.returncode == 0, installed.stderr
    assert names(world, empty_venv) == {"fapilog", "fapilog-cli"}
    script = empty_venv.with_name("fapilog")
    assert world.run(script, "--version").stdout == "fapilog 3.0.0\n"
    helped = world.run(empty_venv, "-m", "fapilog", "plugin", "new", "--help")
    assert helped.returncode == 0
    assert "fapilog plugin new" in helped.stdout


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_the_fastapi_extra_brings_plugin_and_framework(
    stocked: Market, world: World, tmp_path: Path, installer: str
) -> None:
    """`fapilog[fastapi]` from this index, the framework itself from the ordinary one."""
    python = tmp_path / "extra" / "bin" / "python"
    # The ordinary index is whatever this machine is set up with.
    settings = {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "UV_"))}
    settings.pop("PIP_FIND_LINKS", None)
    settings.pop("PIP_CONFIG_FILE", None)
    if installer == "pip":
        venv.create(tmp_path / "extra", with_pip=True)
        command: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "--extra-index-url",
            stocked.simple,
        ]
    else:
        world.run(world.tool("uv"), "venv", "--python", sys.executable, tmp_path / "extra")
        command = [
            world.tool("uv"),
            "pip",
            "install",
            "--python",
            python,
            "--index",
            stocked.simple,
        ]
    settings["PIP_CONFIG_FILE"] = os.environ.get("PIP_CONFIG_FILE", "")
    installed = world.run(*command, "fapilog[fastapi]", **settings)
    assert installed.returncode == 0, installed.stderr
    check = (
        "import fapilog, fapilog_fastapi, fastapi\n"
        "report, = fapilog.debug_plugins()\n"
        "assert report.status == 'ready' and report.name == 'fastapi', report\n"
    )
    checked = world.run(python, "-c", check)
    assert checked.returncode == 0, checked.stderr


def test_a_community_plugin_is_a_distribution_of_its_own(
    stocked: Market, world: World, empty_venv: Path
) -> None:
    """`pip install fapilog-splunk` brings the core along and is discovered."""
    index = ("--index-url", stocked.simple)
    installed = world.run(empty_venv, "-m", "pip", "install", *index, "fapilog-splunk")
    assert installed.returncode == 0, installed.stderr
    assert names(world, empty_venv) == {"fapilog", "fapilog-splunk"}
    found = world.run(empty_venv, "-c", "import fapilog; print(fapilog.debug_plugins()[0].name)")
    assert found.stdout.endswith("hello\n")


def test_the_front_page_names_the_three_ways(stocked: Market) -> None:
    """Core, extra and community plugin, for pip and for uv, as in the README."""
    with urllib.request.urlopen(stocked.url, timeout=30) as answer:
        page = html.unescape(answer.read().decode())
    for what in ("fapilog", '"fapilog[fastapi]"', "fapilog-splunk"):
        assert f">pip install {what}<" in page
        assert f">uv pip install {what}<" in page
