"""Pull-through of another index: of the marketplace's own kind, and of one that knows HTML only."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.market.conftest import Market
from tests.e2e.market.test_clients import peer

if TYPE_CHECKING:
    from tests.e2e.market.conftest import World

JSON = "application/vnd.pypi.simple.v1+json"
LIMIT_S = 30.0


def get(url: str, accept: str = JSON) -> tuple[int, str]:
    """Status and text of an answer."""
    request = urllib.request.Request(url, headers={"Accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def download(market: Market, project: str, dest: Path, world: World, python: Path) -> int:
    """Downloads a project with the real pip; returns its exit code."""
    result = world.run(
        python, "-m", "pip", "download", "--no-deps", "--no-cache-dir",
        "--index-url", market.simple, "--dest", dest, project,
    )  # fmt: skip
    return result.returncode


def test_what_is_not_here_comes_from_upstream_and_goes_on_when_that_is_gone(
    world: World, market: Market, tmp_path: Path, empty_venv: Path
) -> None:
    token = market.token()
    for name, version in (("fapilog-far", "1.0.0"), ("fapilog-here", "9.0.0"), ("secret", "1.0.0")):
        wheel = world.build_wheel(
            tmp_path / "up", name=name, version=version, entry_points=None, padding=1000
        )
        assert world.publish("uv", market, token, wheel).returncode == 0
    options = ("--upstream", market.simple, "--upstream-allow", "fapilog-*,nowhere")
    near = Market(market.binary, tmp_path / "near", options=options)
    near.start()
    try:
        wheel = world.build_wheel(
            tmp_path / "near-dist", name="fapilog-here", version="1.0.0", entry_points=None
        )
        assert world.publish("uv", near, near.token(), wheel).returncode == 0
        # A name that is here is never answered from outside, however much newer that is.
        status, page = get(f"{near.simple}fapilog-here/")
        assert (status, json.loads(page)["versions"]) == (200, ["1.0.0"])
        assert get(f"{near.simple}secret/")[0] == 404
        assert get(f"{near.simple}nowhere/")[0] == 404
        status, page = get(f"{near.simple}fapilog-far/")
        assert status == 200
        # Our own page: nothing in it leads to the other index.
        assert market.url not in page + get(f"{near.simple}fapilog-far/", "text/html")[1]
        assert json.loads(page)["files"][0]["core-metadata"]["sha256"]
        assert download(near, "fapilog-far", tmp_path / "got", world, empty_venv) == 0
        wheel_name = "fapilog_far-1.0.0-py3-none-any.whl"
        expected = (tmp_path / "up" / wheel_name).read_bytes()
        assert (tmp_path / "got" / wheel_name).read_bytes() == expected
        market.stop()
        # What was kept goes on being answered; what was not is told as such.
        assert download(near, "fapilog-far", tmp_path / "again", world, empty_venv) == 0
        status, text = get(f"{near.simple}fapilog-unknown/")
        assert (status, json.loads(text)["error"]["id"]) == (502, "upstream")
        # A name that is published here later hides the other one at once.
        wheel = world.build_wheel(
            tmp_path / "near-dist", name="fapilog-far", version="0.1.0", entry_points=None
        )
        assert world.publish("uv", near, near.token(), wheel).returncode == 0
        assert json.loads(get(f"{near.simple}fapilog-far/")[1])["versions"] == ["0.1.0"]
        upstream_file = json.loads(page)["files"][0]["url"].removeprefix("../..")
        assert get(near.url + upstream_file, "*/*")[0] == 404
    finally:
        assert near.stop() == 0


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_an_index_that_knows_html_only_is_understood_and_its_bytes_are_compared(
    world: World, market_binary: Path, tmp_path: Path, empty_venv: Path
) -> None:
    folder = tmp_path / "packages"
    wheel = world.build_wheel(folder, name="plain", entry_points=None, padding=1000)
    port = free_port()
    upstream = world.start(
        peer("pypi-server"), "run", "--port", str(port), "--interface", "127.0.0.1", "--backend",
        "simple-dir", "--hash-algo", "sha256", folder,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + LIMIT_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "pypiserver did not start"
                time.sleep(0.05)
        options = ("--upstream", f"http://127.0.0.1:{port}/simple/")
        near = Market(market_binary, tmp_path / "near", options=options)
        near.start()
        try:
            status, page = get(f"{near.simple}plain/")
            assert status == 200
            assert re.fullmatch(r"[0-9a-f]{64}", json.loads(page)["files"][0]["hashes"]["sha256"])
            # Somebody changes the file behind its page: it is not handed out, and not kept.
            original = wheel.read_bytes()
            wheel.write_bytes(original[:-1] + b"x")
            address = near.url + json.loads(page)["files"][0]["url"].removeprefix("../..")
            status, text = get(address, "*/*")
            assert (status, json.loads(text)["error"]["id"]) == (502, "upstream-digest")
            assert near.stored() == []
            wheel.write_bytes(original)
            assert download(near, "plain", tmp_path / "got", world, empty_venv) == 0
            shutil.rmtree(folder)
            assert download(near, "plain", tmp_path / "again", world, empty_venv) == 0
        finally:
            assert near.stop() == 0
    finally:
        upstream.terminate()
        try:
            upstream.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            upstream.kill()
            upstream.communicate()
