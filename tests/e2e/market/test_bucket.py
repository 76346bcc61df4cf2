"""Files in a bucket of an S3-compatible store, which is a real server process."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.market.conftest import Market
from tests.e2e.market.test_clients import index, peer
from tests.e2e.market.test_pull_through import free_port

if TYPE_CHECKING:
    from tests.e2e.market.conftest import World

LIMIT_S = 30.0
KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "AWS_REGION": "us-east-1"}


@pytest.fixture
def bucket(world: World) -> Iterator[str]:
    """The address of a store with an empty bucket `plugins`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = world.start(peer("moto_server"), "-H", "127.0.0.1", "-p", str(port))
    try:
        deadline = time.monotonic() + LIMIT_S
        while True:
            try:
                request = urllib.request.Request(f"{url}/plugins", method="PUT")
                urllib.request.urlopen(request, timeout=30).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "the store did not start"
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.communicate(timeout=20)


def names(bucket: str) -> list[str]:
    """The names of everything in the bucket."""
    with urllib.request.urlopen(f"{bucket}/plugins?list-type=2", timeout=30) as answer:
        text = answer.read().decode()
    return sorted(part.split("</Key>")[0].split("/")[-1] for part in text.split("<Key>")[1:])


def test_files_in_a_bucket_are_published_fetched_in_parts_and_backed_up(
    world: World, market_binary: Path, bucket: str, tmp_path: Path, empty_venv: Path
) -> None:
    place = ("--storage", "s3://plugins/market")
    environment = KEYS | {"AWS_ENDPOINT_URL": bucket}
    market = Market(market_binary, tmp_path / "data", place=place, environment=environment)
    market.start()
    try:
        token = market.token()
        small = world.build_wheel(tmp_path / "dist", padding=1000)
        # More than what is sent in one piece.
        large = world.build_wheel(tmp_path / "dist", version="2.0.0", padding=18_000_000)
        for wheel in (small, large, small):
            result = world.publish("twine", market, token, wheel)
            assert result.returncode == 0, result.stdout + result.stderr
        assert names(bucket) == sorted(
            name for wheel in (small, large) for name in (wheel.name, f"{wheel.name}.metadata")
        )
        assert list((tmp_path / "data").rglob("*.whl")) == []
        files = index(market)["files"]
        assert isinstance(files, list)
        address = market.url + files[1]["url"].removeprefix("../..")
        request = urllib.request.Request(address, headers={"Range": "bytes=5-9"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert (answer.status, answer.read()) == (206, large.read_bytes()[5:10])
        installed = world.run(
            empty_venv, "-m", "pip", "install", "--no-deps", "--no-cache-dir",
            "--index-url", market.simple, "fapilog-hello==2.0.0",
        )  # fmt: skip
        assert installed.returncode == 0, installed.stdout + installed.stderr
        market.run("backup", str(tmp_path / "backup"))
        manifest = json.loads((tmp_path / "backup" / "manifest.json").read_text())
        assert manifest["files"] == 2
        assert "key" not in "".join(line for line in market.log if "AWS" in line)
    finally:
        assert market.stop() == 0
