"""An upload that is cut off leaves nothing behind, however it is cut off."""

from __future__ import annotations

import base64
import hashlib
import socket
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tests.e2e.market.conftest import Market, World


WAIT_LIMIT_S = 20.0


def wait_until(condition: Callable[[], bool]) -> None:
    """Waits for a condition, and fails after a limit."""
    deadline = time.monotonic() + WAIT_LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


def upload_body(wheel: Path, *, cut: int = 0) -> bytes:
    """A whole upload form, the wheel or source archive in it shortened by `cut` bytes."""
    content = wheel.read_bytes()
    content = content[: len(content) - cut]
    fields = {
        ":action": "file_upload",
        "protocol_version": "1",
        "name": "fapilog-hello",
        "version": wheel.name.removesuffix(".tar.gz").split("-")[1],
        "filetype": "sdist" if wheel.name.endswith(".tar.gz") else "bdist_wheel",
        "sha256_digest": hashlib.sha256(content).hexdigest(),
    }
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--edge\r\nContent-Disposition: form-data; name="content"; filename="{wheel.name}"'
    return b"".join([*parts, head.encode(), b"\r\n\r\n", content, b"\r\n--edge--\r\n"])


def connect(market: Market, token: str, length: int) -> socket.socket:
    """Opens a connection and sends the head of an upload."""
    address = urlsplit(market.url)
    connection = socket.create_connection(
        (address.hostname, address.port or 0), timeout=WAIT_LIMIT_S
    )
    secret = base64.b64encode(f"__token__:{token}".encode()).decode()
    connection.sendall(
        f"POST /legacy/ HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Basic {secret}\r\n"
        f"Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: {length}\r\n"
        "Connection: close\r\n\r\n".encode()
    )
    return connection


def read_answer(connection: socket.socket) -> str:
    """Reads until the server closes."""
    with connection.makefile("rb") as stream:
        return stream.read().decode()


def rows(market: Market) -> int:
    """How many files, releases and projects the database knows."""
    path = market.data / "market.sqlite3"
    with closing(sqlite3.connect(path, timeout=WAIT_LIMIT_S)) as database:
        counts = [
            database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("files", "releases", "projects")
        ]
    return sum(counts)


def test_a_truncated_wheel_is_refused_and_leaves_nothing(
    world: World, market: Market, tmp_path: Path
) -> None:
    wheel = world.build_wheel(tmp_path / "dist", padding=50_000)
    body = upload_body(wheel, cut=1_000)
    with connect(market, market.token(), len(body)) as connection:
        connection.sendall(body)
        answer = read_answer(connection)
    assert answer.startswith("HTTP/1.1 400 the archive is truncated"), answer
    assert "archive-truncated" in answer
    assert "hint:" in answer
    assert (market.stored(), rows(market)) == ([], 0)


def test_a_client_that_hangs_up_leaves_nothing(
    world: World, market: Market, tmp_path: Path
) -> None:
    wheel = world.build_wheel(tmp_path / "dist", padding=500_000)
    body = upload_body(wheel)
    with connect(market, market.token(), len(body)) as connection:
        connection.sendall(body[: len(body) // 2])
        wait_until(lambda: len(market.stored()) == 1)
    wait_until(lambda: market.stored() == [])
    assert rows(market) == 0


def test_a_server_killed_during_an_upload_has_nothing_of_it_after_a_restart(
    world: World, market: Market, tmp_path: Path
) -> None:
    token = market.token()
    wheel = world.build_wheel(tmp_path / "dist", padding=2_000_000)
    body = upload_body(wheel)
    with connect(market, token, len(body)) as connection:
        connection.sendall(body[: len(body) // 2])
        wait_until(lambda: len(market.stored()) == 1)
        market.kill()
    assert len(market.stored()) == 1
    market.start()
    assert (market.stored(), rows(market)) == ([], 0)
    assert world.publish("twine", market, token, wheel).returncode == 0
    assert market.stored() == [wheel.name, f"{wheel.name}.metadata"]


def test_a_server_told_to_stop_finishes_the_upload_that_is_running(
    world: World, market: Market, tmp_path: Path
) -> None:
    wheel = world.build_wheel(tmp_path / "dist", padding=500_000)
    body = upload_body(wheel)
    process = market.process
    assert process is not None
    with connect(market, market.token(), len(body)) as connection:
        connection.sendall(body[: len(body) // 2])
        wait_until(lambda: len(market.stored()) == 1)
        process.terminate()
        wait_until(lambda: any('"stopping"' in line for line in market.log))
        connection.sendall(body[len(body) // 2 :])
        answer = read_answer(connection)
    assert answer.startswith("HTTP/1.1 200"), answer
    assert market.stop() == 0
    assert market.stored() == [wheel.name, f"{wheel.name}.metadata"]
