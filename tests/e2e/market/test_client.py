"""The command as a client of a running marketplace, with real pip and real uv."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.market.conftest import CLIENT_LIMIT_S, Market, World, clean_environment

#: A plugin that works, and one that cannot be imported.
GOOD = "class Hello:\n    async def process(self, record):\n        return record\n"
BROKEN = (
    f"{GOOD}\n\ndef _library():\n    raise ImportError('libsplunk is missing')\n\n\n"
    "LIBRARY = _library()\n"
)


def _named_by(variable: str) -> Path:
    path = os.environ.get(variable)
    assert path, f"set {variable} to the built file that these tests are about"
    return Path(path).resolve()


@dataclass
class Client:
    """The command in a virtual environment that pip or uv made."""

    folder: Path
    market: Market

    def run(self, *words: str, expect: int = 0, **extra: str) -> str:
        """Types `fapilog plugin …`; gives what was printed to standard output."""
        environment = clean_environment() | {
            "VIRTUAL_ENV": str(self.folder),
            "FAPILOG_MARKET": self.market.url,
            "PIP_INDEX_URL": self.market.simple,
            "UV_DEFAULT_INDEX": self.market.simple,
            "UV_LINK_MODE": "copy",
            "UV_NO_CACHE": "1",
            "PIP_NO_CACHE_DIR": "1",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        ended = subprocess.run(
            [_named_by("FAPILOG_CLI_BIN"), "plugin", *words],
            capture_output=True,
            text=True,
            timeout=CLIENT_LIMIT_S,
            check=False,
            env=environment | extra,
            cwd=self.folder,
        )
        assert ended.returncode == expect, f"{words}\n{ended.stdout}\n{ended.stderr}"
        self.complaint = ended.stderr
        return ended.stdout

    def json(self, *words: str, expect: int = 0) -> Any:
        """The same as data."""
        return json.loads(self.run(*words, "--format", "json", expect=expect))

    def installed(self) -> dict[str, str]:
        """Versions of plugin distributions."""
        found = self.json("list")
        return {one["distribution"]: one["version"] for one in found["plugins"]}


@pytest.fixture(params=["pip", "uv"])
def client(request: pytest.FixtureRequest, market: Market, world: World, tmp_path: Path) -> Client:
    """An environment with the core, made and used by pip or by uv."""
    folder, core = tmp_path / "venv", _named_by("FAPILOG_WHEEL")
    uv = world.tool("uv")
    if request.param == "uv":
        made = world.run(uv, "venv", "--python", sys.executable, folder)
    else:
        made = world.run(sys.executable, "-m", "venv", folder)
    assert made.returncode == 0, made.stderr
    python = folder / "bin/python"
    if request.param == "uv":
        added = world.run(uv, "pip", "install", "--offline", "--python", python, core)
    else:
        added = world.run(python, "-m", "pip", "install", "--no-index", core)
    assert added.returncode == 0, added.stderr
    return Client(folder, market)


def publish(market: Market, world: World, folder: Path, **options: Any) -> Path:
    """Builds and uploads a plugin."""
    wheel = world.build_wheel(folder, **options)
    sent = world.publish("uv", market, market.token(), wheel)
    assert sent.returncode == 0, sent.stderr
    return wheel


def test_search_and_info_show_what_was_published(
    client: Client, market: Market, world: World, tmp_path: Path
) -> None:
    publish(market, world, tmp_path / "files", code=GOOD)
    assert "fapilog-hello" in client.run("search", "hello")
    assert client.json("search", "hello", "--compatible")["results"][0]["version"] == "1.0.0"
    assert "No plugin was found" in client.run("search", "zebra", expect=1)
    shown = client.run("info", "hello")
    assert "Says hello" in shown
    assert ">=3" in shown
    client.run("info", "zebra", expect=1)
    assert "error[plugin-unknown]" in client.complaint
    assert "fapilog plugin search zebra" in client.complaint


def test_a_plugin_is_installed_updated_and_removed(
    client: Client, market: Market, world: World, tmp_path: Path
) -> None:
    publish(market, world, tmp_path / "files", code=GOOD)
    command = client.run("install", "hello", "--dry-run").strip()
    assert command.endswith(" fapilog-hello==1.0.0")
    assert client.installed() == {}
    assert "installed fapilog-hello 1.0.0" in client.run("install", "hello")
    assert client.installed() == {"fapilog-hello": "1.0.0"}
    assert client.run("outdated") == "All are up to date.\n"

    publish(market, world, tmp_path / "files", code=GOOD, version="1.1.0")
    publish(
        market, world, tmp_path / "files", code=GOOD, version="2.0.0", requires=("fapilog>=3.9,<4",)
    )
    behind = client.json("outdated", expect=1)
    assert [(one["installed"], one["newest"]) for one in behind] == [("1.0.0", "1.1.0")]
    said = client.run("update")
    assert "1.1.0 is taken, not 2.0.0: it is for fapilog" in said
    assert client.installed() == {"fapilog-hello": "1.1.0"}
    assert client.run("update") == "All are up to date.\n"

    client.run("remove", "hello")
    assert client.installed() == {}
    client.run("remove", "hello", expect=1)
    assert "error[plugin-not-installed]" in client.complaint


def test_what_no_marketplace_has_judged_is_taken_only_on_ones_own(
    client: Client, market: Market, world: World, tmp_path: Path
) -> None:
    market.stop()
    market.options = ("--scan-level", "off")
    market.start()
    publish(market, world, tmp_path / "files", code=GOOD)
    client.run("install", "hello", expect=1)
    assert "has not judged it" in client.complaint
    client.run("install", "hello", "--allow-unscanned")
    assert client.installed() == {"fapilog-hello": "1.0.0"}


def test_what_breaks_the_environment_is_taken_back(
    client: Client, market: Market, world: World, tmp_path: Path
) -> None:
    publish(market, world, tmp_path / "files", code=GOOD)
    publish(market, world, tmp_path / "files", code=BROKEN, version="1.1.0")
    client.run("install", "hello", expect=1)
    assert "error[rolled-back]" in client.complaint
    assert "libsplunk is missing" in client.complaint
    assert client.installed() == {}
    client.run("install", "hello==1.0.0")
    client.run("update", expect=1)
    assert "error[rolled-back]" in client.complaint
    assert client.installed() == {"fapilog-hello": "1.0.0"}


def test_what_does_not_go_with_the_core_is_refused_before_anything_is_touched(
    client: Client, market: Market, world: World, tmp_path: Path
) -> None:
    publish(market, world, tmp_path / "files", code=GOOD, requires=("fapilog>=4",))
    client.run("install", "hello", expect=1)
    assert "error[plugin-refused]" in client.complaint
    assert "it is for fapilog >=4, and 3.0.0 is installed" in client.complaint
    assert client.installed() == {}


def test_a_constraint_that_forbids_it_is_honoured(
    client: Client, market: Market, world: World, tmp_path: Path
) -> None:
    publish(market, world, tmp_path / "files", code=GOOD)
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("fapilog-hello<1\n")
    client.run("install", "hello", "--constraint", str(constraints), expect=1)
    assert "error[command-failed]" in client.complaint
    assert client.installed() == {}


def test_files_are_published_with_a_token_that_nobody_sees(
    client: Client, market: Market, world: World, tmp_path: Path
) -> None:
    wheel = world.build_wheel(tmp_path / "files", code=GOOD)
    address = ("publish", str(wheel), "--index", market.legacy)
    client.run(*address, expect=1)
    assert "error[no-publish-token]" in client.complaint
    token = market.token()
    assert wheel.name in client.run(*address, FAPILOG_PUBLISH_TOKEN=token)
    again = client.run(*address, FAPILOG_PUBLISH_TOKEN=token)
    assert token not in again + client.complaint
    assert "fapilog-hello" in client.run("search", "hello")
    client.run(*address, expect=1, FAPILOG_PUBLISH_TOKEN="fpm_wrong")
    assert "fpm_wrong" not in client.complaint

    wheel.write_bytes(wheel.read_bytes()[:-10])
    client.run(*address, expect=1, FAPILOG_PUBLISH_TOKEN=token)
    assert "is refused" in client.complaint


def test_what_is_no_marketplace_is_said(client: Client, market: Market) -> None:
    client.run("search", "x", "--market", f"{market.url}/simple", expect=1)
    assert "error[market-failed]" in client.complaint
    client.run("search", "x", "--market", "http://ann:s3cret@127.0.0.1:1", expect=1)
    assert "s3cret" not in client.complaint
    client.run("search", "x", FAPILOG_MARKET="", PIP_INDEX_URL="", UV_DEFAULT_INDEX="", expect=1)
    assert "error[no-market]" in client.complaint


def test_a_new_plugin_is_built_with_a_bill_of_materials_and_published(
    client: Client, market: Market, tmp_path: Path
) -> None:
    client.run("new", "acme", "--kind", "processor", "--dir", str(tmp_path))
    built = json.loads(
        client.run(
            "build",
            str(tmp_path / "fapilog-acme"),
            "--format",
            "json",
            FAPILOG_PYTHON=sys.executable,
            UV_NO_BUILD_ISOLATION="1",
        )
    )
    wheel = next(Path(one["file"]) for one in built if one["sbom"])
    with zipfile.ZipFile(wheel) as archive:
        bill = next(name for name in archive.namelist() if ".dist-info/sboms/" in name)
        document = json.loads(archive.read(bill))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["metadata"]["component"]["name"] == "fapilog-acme"
    files = [one["file"] for one in built]
    token = market.token()
    client.run("publish", *files, "--index", market.legacy, FAPILOG_PUBLISH_TOKEN=token)
    assert "fapilog-acme" in client.run("search", "acme")
    assert "installed fapilog-acme" in client.run("install", "acme")
