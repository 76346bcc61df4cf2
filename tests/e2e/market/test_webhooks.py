"""Webhooks by the real server: a receiver that checks signatures as the guide says."""

from __future__ import annotations

import http.server
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.e2e.market.conftest import Market
from tests.e2e.market.people import LIMIT_S, Browser

if TYPE_CHECKING:
    from tests.e2e.market.conftest import World

GUIDE = Path(__file__).resolve().parents[3] / "docs/guides/webhooks.md"
SINK = "class Hello:\n    async def write(self, record):\n        return None\n"


@dataclass
class Receiver:
    """What was sent, each time its event, signature and body."""

    url: str
    received: list[tuple[str, str, bytes]] = field(default_factory=list)

    def wait(self, event: str) -> tuple[str, bytes]:
        """Signature and body of an event, when it has come."""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            for name, signature, body in self.received:
                if name == event:
                    return signature, body
            threading.Event().wait(0.05)
        raise TimeoutError(f"{event} did not come: {self.received}")


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A server on this machine."""
    kept = Receiver("")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signature = self.headers["Fapilog-Signature"]
            kept.received.append((self.headers["Fapilog-Event"], signature, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/hook?key=in-the-address"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def is_genuine() -> Any:
    """The function that the guide gives to receivers."""
    found = re.search(r"^```python\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(found.group(1), names)
    return names["is_genuine"]


def test_a_receiver_is_told_and_the_guides_check_holds(
    world: World, market_binary: Path, tmp_path: Path
) -> None:
    market = Market(market_binary, tmp_path / "data", options=("--allow-private-addresses",))
    market.environment["FAPILOG_MARKET_LOG"] = "trace"
    market.start()
    with receiver() as told:
        ada = Browser(market.url)
        ada.sign_up("ada")
        token = ada.new_token()
        wheel = world.build_wheel(tmp_path / "dist", code=SINK)
        assert world.publish("uv", market, token, wheel).returncode == 0
        base = "/manage/fapilog-hello/webhooks"
        page = ada.post(base, address=told.url, published="on").text
        secret = re.findall(r"<pre>(fapw_\w+)</pre>", page)[0]
        webhook = re.findall(rf'href="({base}/\w+)"', page)[0]
        ada.post(webhook, act="test")
        told.wait("test")
        newer = world.build_wheel(tmp_path / "dist", version="2.0.0", code=SINK)
        assert world.publish("uv", market, token, newer).returncode == 0
        signature, body = told.wait("published")
        genuine = is_genuine()
        assert b'"version":"2.0.0"' in body
        assert genuine(secret, signature, body)
        assert not genuine(secret, signature, body + b" ")
        assert not genuine(secret, re.sub(r"t=\d+", "t=1", signature), body)
    assert market.stop() == 0
    log = "".join(market.log)
    assert secret not in log
    assert "in-the-address" not in log
