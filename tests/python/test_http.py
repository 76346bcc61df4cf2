"""The HTTP sink against a real server: every record exactly once, and counts that add up."""

from __future__ import annotations

import base64
import gzip
import json
import pickle
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, time
from typing import Any

import fapilog
import pytest
from fapilog import ConfigurationError
from fapilog.sinks import Destination, Http, Secret
from tests.python.network_peers import Certificates, make_certificates
from tests.python.support import PATIENCE, Collect

#: A status, or what a handler does instead of answering.
Step = int | tuple[int, dict[str, str], bytes] | Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        step = self.server.take(self, body)
        if callable(step):
            step(self)
            return
        status, headers, text = step if isinstance(step, tuple) else (step, {}, b"")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Answers as scripted, then always with 200; remembers every request."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[Step] = []
        self.judge: Callable[[list[Any]], Step] | None = None
        self.requests: list[tuple[dict[str, str], bytes, Step, float]] = []
        self.released = threading.Event()
        self.lock = threading.Lock()
        self.scheme = "http"

    def take(self, handler: Handler, body: bytes) -> Step:
        with self.lock:
            step = self.script.pop(0) if self.script else 200
            if self.judge is not None:
                step = self.judge([json.loads(line) for line in body.splitlines()])
            headers = {name.lower(): value for name, value in handler.headers.items()}
            self.requests.append((headers, body, step, monotonic()))
            return step

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.server_port}/in"

    def accepted(self) -> list[Any]:
        """The numbers in the requests that got a 2xx."""
        bodies = [body for _, body, step, _ in self.requests if step == 200]
        return [json.loads(line)["n"] for body in bodies for line in body.splitlines()]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    thread.join(PATIENCE)
    server.server_close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def sent(sink: Http, count: int = 5, **options: Any) -> fapilog.Logger:
    """A closed logger that sent so many records, next to a healthy sink that got them all."""
    healthy = Collect()
    log = fapilog.get_logger("shop", sinks=[Destination(sink=sink, **options), healthy])
    with log:
        for n in range(count):
            log.info("sent", n=n)
    assert [record["n"] for record in healthy.records] == list(range(count))
    counts = log.stats().sinks[0]
    assert counts.written + counts.dropped + counts.diverted == count
    assert counts.buffered == 0
    return log


def http(server: Server, **options: Any) -> Http:
    return Http(url=server.url, **{"batch_delay": 5.0, "first_delay": 0.01, **options})


def test_a_batch_is_one_request(server: Server) -> None:
    log = sent(http(server))
    (headers, body, _, _) = server.requests[0]
    assert len(server.requests) == 1
    assert headers["content-type"] == "application/x-ndjson"
    assert headers["user-agent"].startswith("fapilog/")
    assert [json.loads(line)["n"] for line in body.splitlines()] == [0, 1, 2, 3, 4]
    assert log.stats().sinks[0].name == f"http://localhost:{server.server_port}"


def test_a_batch_can_be_a_json_array_in_gzip(server: Server) -> None:
    sent(http(server, shape="array", compression="gzip"))
    headers, body, _, _ = server.requests[0]
    assert (headers["content-encoding"], headers["content-type"]) == ("gzip", "application/json")
    assert [record["n"] for record in json.loads(gzip.decompress(body))] == [0, 1, 2, 3, 4]


def test_a_batch_can_be_in_zstd(server: Server) -> None:
    sent(http(server, compression="zstd"))
    headers, body, _, _ = server.requests[0]
    assert headers["content-encoding"] == "zstd"
    assert body.startswith(b"\x28\xb5\x2f\xfd")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_passing_failure_is_tried_again_under_the_same_key(server: Server, status: int) -> None:
    server.script = [status, status]
    log = sent(http(server))
    assert server.accepted() == [0, 1, 2, 3, 4]
    assert len({headers["idempotency-key"] for headers, *_ in server.requests}) == 1
    assert log.stats().sinks[0].errors == 2


def test_each_batch_has_a_key_of_its_own(server: Server) -> None:
    sent(http(server, batch_records=1))
    keys = {headers["idempotency-key"] for headers, *_ in server.requests}
    assert len(keys) == len(server.requests) == 5


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_says_when_to_come_back(server: Server, status: int) -> None:
    server.script = [(status, {"Retry-After": "1"}, b"")]
    sent(http(server))
    first, second = (at for *_, at in server.requests)
    assert second - first >= 0.95
    assert server.accepted() == [0, 1, 2, 3, 4]


def test_a_server_may_say_it_as_a_date(server: Server) -> None:
    server.script = [(503, {"Retry-After": formatdate(time() + 2, usegmt=True)}, b"")]
    sent(http(server))
    first, second = (at for *_, at in server.requests)
    assert second - first >= 0.9


def test_a_server_cannot_ask_for_longer_than_the_policy_allows(server: Server) -> None:
    server.script = [(429, {"Retry-After": "999999999999999999999"}, b"")]
    log = sent(http(server), longest_delay=1.0)
    assert log.stats().sinks[0].dropped == 5


def test_a_body_that_is_too_large_goes_in_halves(server: Server) -> None:
    server.judge = lambda records: 413 if len(records) > 3 else 200
    log = sent(http(server), 10)
    assert server.accepted() == list(range(10))
    assert log.stats().sinks[0].written == 10


def test_of_records_that_are_each_too_large_only_those_are_lost(server: Server) -> None:
    server.judge = lambda records: 413 if any(record["n"] == 6 for record in records) else 200
    log = sent(http(server), 10)
    assert sorted(server.accepted()) == [n for n in range(10) if n != 6]
    assert log.stats().sinks[0].dropped == 1


def test_a_refusal_of_a_part_loses_exactly_that_part(server: Server) -> None:
    def judge(records: list[Any]) -> int:
        if len(records) > 2:
            return 413
        return 400 if records[0]["n"] == 0 else 200

    server.judge = judge
    log = sent(http(server), 8)
    counts = log.stats().sinks[0]
    assert len(server.accepted()) == counts.written == 6
    assert counts.dropped == 2


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 422])
def test_a_refusal_is_counted_and_said_without_secrets(
    server: Server, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = b"no entry for Bearer hunter2-token\n" + b"x" * 100_000
    server.script = [(status, {"Location": server.url}, answer)]
    log = sent(http(server, bearer="hunter2-token"))
    said = capfd.readouterr().err
    assert f"status {status}: no entry for **** xxx" in said
    assert "hunter2" not in said
    assert len(said) < 1000
    assert len(server.requests) == 1, "it is neither tried again nor redirected"
    assert log.stats().sinks[0].dropped == 5


def test_credentials_and_headers_reach_the_server_and_nobody_else(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("from-file\n")
    monkeypatch.setenv("SHOP_KEY", "from-env")
    sink = http(server, bearer=f"file:{tmp_path}/token", headers={"X-Key": "env:SHOP_KEY"})
    assert "from-" not in repr(sink)
    sent(sink)
    headers = server.requests[0][0]
    assert (headers["authorization"], headers["x-key"]) == ("Bearer from-file", "from-env")
    sent(http(server, basic=("shop", Secret("pass"))))
    pair = base64.b64encode(b"shop:pass").decode()
    assert server.requests[1][0]["authorization"] == f"Basic {pair}"


def test_a_secret_shows_nothing_and_survives_pickling() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert pickle.loads(pickle.dumps(secret)) == secret
    assert secret.reveal() == "hunter2"


def reset(handler: Handler) -> None:
    """Break the connection off with a reset."""
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.close_connection = True
    handler.connection.close()


def stall(handler: Handler) -> None:
    """Never answer."""
    handler.server.released.wait(PATIENCE)
    handler.close_connection = True


def endless(handler: Handler) -> None:
    """Answer with a body that has no end."""
    handler.wfile.write(b"HTTP/1.1 400 No\r\nContent-Length: 999999999999\r\n\r\n")
    while not handler.server.released.is_set():
        handler.wfile.write(b"x" * 65536)


def garbage(handler: Handler) -> None:
    """Answer with what is no HTTP."""
    handler.wfile.write(b"\x00\xff no http \r\n\r\n")
    handler.close_connection = True


@pytest.mark.parametrize("step", [reset, stall, garbage])
def test_a_peer_that_misbehaves_gets_the_same_batch_again(
    server: Server, step: Callable[[Handler], None]
) -> None:
    server.script = [step]
    log = sent(http(server, timeout=0.5))
    assert server.accepted() == [0, 1, 2, 3, 4]
    assert log.stats().sinks[0].written == 5
    assert len({headers["idempotency-key"] for headers, *_ in server.requests}) == 1


def test_an_endless_answer_ends(server: Server) -> None:
    server.script = [endless]
    log = sent(http(server, timeout=5.0))
    assert log.stats().sinks[0].dropped == 5


def test_nobody_listening_costs_only_this_sink(server: Server) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        log = sent(Http(url=url, first_delay=0.001, attempts=3))
    counts = log.stats().sinks[0]
    assert (counts.dropped, counts.written) == (5, 0)


def test_what_one_server_does_not_take_goes_to_the_fallback(server: Server) -> None:
    server.script = [404]
    fallback = Collect()
    log = sent(http(server), fallback=fallback)
    assert [record["n"] for record in fallback.records] == [0, 1, 2, 3, 4]
    assert log.stats().sinks[0].diverted == 5


def use_tls(server: Server, certificates: Certificates, *, client: bool = False) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.server_key)
    if client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificates.authority)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.scheme = "https"


def test_tls_trusts_the_given_authority(server: Server, certificates: Certificates) -> None:
    use_tls(server, certificates)
    sent(http(server, ca_file=certificates.authority))
    assert server.accepted() == [0, 1, 2, 3, 4]


def test_tls_trusts_nobody_else(server: Server, certificates: Certificates) -> None:
    use_tls(server, certificates)
    log = sent(http(server, attempts=1))
    assert (server.requests, log.stats().sinks[0].dropped) == ([], 5)


def test_tls_shows_a_client_certificate(server: Server, certificates: Certificates) -> None:
    use_tls(server, certificates, client=True)
    sent(
        http(
            server,
            ca_file=certificates.authority,
            client_certificate=certificates.client,
            client_key=certificates.client_key,
        )
    )
    assert server.accepted() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "options",
    [
        {"url": "ftp://host/"},
        {"url": "https://user:hunter2@host/"},
        {"url": "https://host:hunter2/"},
        {"method": "GET"},
        {"shape": "xml"},
        {"compression": "brotli"},
        {"bearer": ""},
        {"bearer": "hunter2\r\nX-Evil: 1"},
        {"bearer": "hunter2", "basic": ("user", "hunter2")},
        {"basic": "user:hunter2"},
        {"headers": {"bad name": "hunter2"}},
        {"headers": {"Content-Length": "1"}},
        {"bearer": "env:FAPILOG_TEST_NOT_SET"},
        {"bearer": "file:/nowhere/token"},
        {"timeout": 0},
        {"attempts": 0},
        {"batch_delay": -1},
        {"ca_file": "/nowhere/ca.pem"},
        {"client_key": "/nowhere/key.pem"},
    ],
)
def test_a_bad_option_is_named_without_secrets(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Http(**{"url": "https://host/in", **options}).spec()
    assert caught.value.error_id == "bad-option"
    assert "`http." in str(caught.value)
    assert "hunter2" not in str(caught.value)
