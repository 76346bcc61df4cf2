"""What is published with real clients can be installed with real clients."""

from __future__ import annotations

import hashlib
import json
import tarfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.market.conftest import Market, World


def get(url: str, accept: str = "*/*") -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=20) as response:
        return response.status, response.read().decode()


def assert_importable(world: World, python: Path, expected: str = "42") -> None:
    """Imports the installed plugin and finds it by its entry point."""
    code = (
        "from importlib.metadata import entry_points as e, version\n"
        "[p] = e(group='fapilog.plugins'); assert p.load().__name__ == 'Hello', p\n"
        "import fapilog_hello; print(fapilog_hello.ANSWER)"
    )
    result = world.run(python, "-c", code)
    assert result.stdout.strip() == expected, result.stderr


def test_twine_publishes_what_pip_installs(
    world: World, market: Market, tmp_path: Path, empty_venv: Path
) -> None:
    wheel = world.build_wheel(tmp_path / "dist")
    uploaded = world.publish("twine", market, market.token(), wheel)
    assert uploaded.returncode == 0, uploaded.stdout + uploaded.stderr

    installed = world.run(
        empty_venv, "-m", "pip", "install", "--no-deps", "--no-cache-dir",
        "--index-url", market.simple, "fapilog-hello",
    )  # fmt: skip
    assert installed.returncode == 0, installed.stdout + installed.stderr
    assert_importable(world, empty_venv)
    # pip took the metadata beside the wheel, not the wheel, to decide.
    assert ".metadata" in installed.stdout


def test_uv_publishes_what_uv_installs(world: World, market: Market, tmp_path: Path) -> None:
    wheel = world.build_wheel(tmp_path / "dist")
    uploaded = world.publish("uv", market, market.token(project="fapilog-hello"), wheel)
    assert uploaded.returncode == 0, uploaded.stdout + uploaded.stderr

    uv, cache = world.tool("uv"), str(tmp_path / "uv-cache")
    made = world.run(uv, "venv", tmp_path / "uv-venv", UV_CACHE_DIR=cache)
    assert made.returncode == 0, made.stderr
    python = tmp_path / "uv-venv" / "bin" / "python"
    installed = world.run(
        uv, "pip", "install", "--python", python, "--no-deps", "--index-url", market.simple,
        "fapilog-hello", UV_CACHE_DIR=cache,
    )  # fmt: skip
    assert installed.returncode == 0, installed.stderr
    assert_importable(world, python)


def test_a_source_archive_is_published_beside_the_wheel(
    world: World, market: Market, tmp_path: Path
) -> None:
    wheel = world.build_wheel(tmp_path / "dist")
    root = tmp_path / "fapilog_hello-1.0.0"
    root.mkdir()
    (root / "PKG-INFO").write_text(
        "Metadata-Version: 2.1\nName: fapilog-hello\nVersion: 1.0.0\nRequires-Dist: fapilog>=3,<4\n"
    )
    archive = tmp_path / "dist" / "fapilog_hello-1.0.0.tar.gz"
    with tarfile.open(archive, "w:gz") as target:
        target.add(root, root.name)
    uploaded = world.publish("twine", market, market.token(), wheel, archive)
    assert uploaded.returncode == 0, uploaded.stdout + uploaded.stderr
    _, text = get(f"{market.simple}fapilog-hello/", "application/vnd.pypi.simple.v1+json")
    index = json.loads(text)
    assert {file["filename"] for file in index["files"]} == {wheel.name, archive.name}
    assert index["versions"] == ["1.0.0"]


def test_pip_download_gives_the_published_bytes(
    world: World, market: Market, tmp_path: Path, empty_venv: Path
) -> None:
    wheel = world.build_wheel(tmp_path / "dist", padding=300_000)
    assert world.publish("twine", market, market.token(), wheel).returncode == 0
    result = world.run(
        empty_venv, "-m", "pip", "download", "--no-deps", "--no-cache-dir",
        "--index-url", market.simple, "--dest", tmp_path / "got", "Fapilog_Hello==1.0.0",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "got" / wheel.name).read_bytes() == wheel.read_bytes()


def test_installers_take_the_newest_version_at_once(
    world: World, market: Market, tmp_path: Path, empty_venv: Path
) -> None:
    token = market.token()
    for version, answer in (("1.9.0", 9), ("1.10.0", 10)):
        wheel = world.build_wheel(tmp_path / "dist", version=version, answer=answer)
        assert world.publish("uv", market, token, wheel).returncode == 0
        installed = world.run(
            empty_venv, "-m", "pip", "install", "--no-deps", "--upgrade",
            "--index-url", market.simple, "fapilog-hello",
        )  # fmt: skip
        assert installed.returncode == 0, installed.stderr
        assert_importable(world, empty_venv, str(answer))


def test_the_pages_show_the_published_plugin(world: World, market: Market, tmp_path: Path) -> None:
    wheel = world.build_wheel(tmp_path / "dist")
    assert world.publish("twine", market, market.token(), wheel).returncode == 0
    _, front = get(f"{market.url}/")
    for text in (
        "pip install fapilog<",
        "pip install &#34;fapilog[fastapi]&#34;",
        "pip install fapilog-splunk",
        "uv pip install fapilog<",
        "fapilog-hello",
        "Says hello",
    ):
        assert text in front, text
    _, page = get(f"{market.url}/plugins/fapilog-hello/")
    for text in (
        f"pip install --index-url {market.simple} fapilog-hello",
        hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "fapilog&#62;=3,&#60;4",
        "fapilog_hello:Hello",
        "Says <em>hello</em>.",
    ):
        assert text in page, text


def test_a_restart_keeps_everything(
    world: World, market: Market, tmp_path: Path, empty_venv: Path
) -> None:
    token = market.token()
    assert (
        world.publish("twine", market, token, world.build_wheel(tmp_path / "dist")).returncode == 0
    )
    before = market.stored()
    assert market.stop() == 0
    market.start()
    assert market.stored() == before
    again = world.build_wheel(tmp_path / "next", version="1.1.0")
    assert world.publish("twine", market, token, again).returncode == 0
    installed = world.run(
        empty_venv, "-m", "pip", "install", "--no-deps", "--no-cache-dir",
        "--index-url", market.simple, "fapilog-hello==1.0.0",
    )  # fmt: skip
    assert installed.returncode == 0, installed.stderr


def test_uploading_the_same_file_again_succeeds(
    world: World, market: Market, tmp_path: Path
) -> None:
    wheel, token = world.build_wheel(tmp_path / "dist"), market.token()
    for client in ("twine", "uv", "twine"):
        result = world.publish(client, market, token, wheel)
        assert result.returncode == 0, result.stdout + result.stderr
    assert market.stored() == [wheel.name, f"{wheel.name}.metadata"]


@pytest.mark.parametrize("client", ["twine", "uv"])
def test_clients_show_why_an_upload_was_refused(
    world: World, market: Market, tmp_path: Path, client: str
) -> None:
    token = market.token()
    wheel = world.build_wheel(tmp_path / "dist")
    assert world.publish("twine", market, token, wheel).returncode == 0
    other_bytes = world.build_wheel(tmp_path / "other", answer=43)
    no_range = world.build_wheel(tmp_path / "none", version="2.0.0", requires=())
    wrong_name = world.build_wheel(tmp_path / "name", name="hello-plugin", version="1.0.0")
    hostile = world.build_wheel(tmp_path / "hostile", version="4.0.0")
    with zipfile.ZipFile(hostile, "a") as archive:
        archive.writestr("../evil.py", "")
    before = market.stored()
    for file, used, expected in (
        (other_bytes, token, "File already exists"),
        (no_range, token, "for which cores"),
        (wrong_name, token, "must begin with"),
        (hostile, token, "`../evil.py` is not allowed"),
        (wheel, token[:-1] + ("0" if token[-1] != "0" else "1"), "token is wrong"),
        (wheel, market.token(project="fapilog-other"), "may upload to"),
    ):
        result = world.publish(client, market, used, file)
        shown = result.stdout + result.stderr
        assert result.returncode != 0, shown
        assert expected in shown, shown
        assert token not in "".join(market.log)
    assert market.stored() == before
    with pytest.raises(urllib.error.HTTPError) as missing:
        get(f"{market.simple}hello-plugin/")
    with missing.value as answer:
        assert answer.code == 404
