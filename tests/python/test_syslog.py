"""The syslog sink against a real rsyslog, and against peers that misbehave."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fapilog
import pytest
from fapilog import ConfigurationError
from fapilog.sinks import Destination, Syslog
from tests.python.network_peers import Certificates, Rsyslog, free_port, make_certificates
from tests.python.support import PATIENCE, Collect, wait_until


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def rsyslog(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Rsyslog]:
    server = Rsyslog(tmp_path_factory.mktemp("rsyslog"), certificates)
    yield server
    server.close()


def address(server: Rsyslog, transport: str) -> str:
    if transport == "unix":
        return f"unix://{server.socket}"
    return f"{transport}://localhost:{getattr(server, transport)}"


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls", "unix"])
def test_a_server_gets_every_record_once_with_all_its_parts(
    rsyslog: Rsyslog, certificates: Certificates, transport: str
) -> None:
    sink = Syslog(
        address=address(rsyslog, transport),
        facility="local3",
        app_name=f"shop-{transport}",
        host_name="here",
        structured_id="fields@32473",
        ca_file=certificates.authority,
    )
    log = fapilog.get_logger("shop.db", sinks=[sink])
    with log:
        for n in range(50):
            log.warning("paid", n=n, note='a "quoted" ] text\\ with ä\nand a line feed')
    messages = rsyslog.messages(f"shop-{transport}", 50)
    records = [json.loads(message["text"].strip()) for message in messages]
    assert [record["n"] for record in records] == list(range(50))
    assert records[0]["note"] == 'a "quoted" ] text\\ with ä\nand a line feed'
    first = messages[0]
    assert first["priority"] == str(19 * 8 + 4)
    assert first["time"].replace("+00:00", "Z") == records[0]["timestamp"]
    assert (first["host"], first["id"]) == ("here", "shop.db")
    assert first["process"].isdigit()
    assert first["structured"].startswith('[fields@32473 n="0" note="a \\"quoted\\" \\] text')
    assert (log.stats().sinks[0].written, log.stats().sinks[0].dropped) == (50, 0)


def test_newlines_may_frame_the_messages(rsyslog: Rsyslog) -> None:
    sink = Syslog(
        address=address(rsyslog, "tcp"), app_name="newlines", framing="newline", body="message"
    )
    with fapilog.get_logger("shop", sinks=[sink]) as log:
        log.info("one\ntwo")
        log.error("three")
    texts = [message["text"].strip() for message in rsyslog.messages("newlines", 2)]
    assert texts == ["one\\ntwo", "three"]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_what_is_too_long_is_cut_visibly_and_said(
    rsyslog: Rsyslog, transport: str, capfd: pytest.CaptureFixture[str]
) -> None:
    app = f"long-{transport}"
    sink = Syslog(address=address(rsyslog, transport), app_name=app, max_bytes=600, body="message")
    with fapilog.get_logger("shop", sinks=[sink]) as log:
        log.info("ä" * 5000)
    text = rsyslog.messages(app, 1)[0]["text"].strip()
    kept, _, mark = text.partition("…")
    assert mark == f"[{10_000 - len(kept.encode())} bytes cut]"
    assert "1 messages were cut to `max_bytes`" in capfd.readouterr().err


def test_a_server_that_nobody_vouches_for_gets_nothing(rsyslog: Rsyslog) -> None:
    sink = Syslog(address=address(rsyslog, "tls"), app_name="untrusted", attempts=1)
    log = fapilog.get_logger("shop", sinks=[sink])
    with log:
        log.info("secret")
    assert (log.stats().sinks[0].written, log.stats().sinks[0].dropped) == (0, 1)


class Peer:
    """A TCP peer that reads messages and can end connections."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.connections: list[socket.socket] = []
        self.received: list[bytearray] = []
        self.threads: list[threading.Thread] = []
        self.reads = True
        self._start(self._accept)

    def _start(self, run: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=run, args=arguments)
        self.threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.received.append(bytearray())
            self.connections.append(connection)
            if self.reads:
                self._start(self._read, connection, self.received[-1])

    def _read(self, connection: socket.socket, received: bytearray) -> None:
        try:
            while piece := connection.recv(65536):
                received += piece
        except OSError:
            return

    def texts(self) -> list[str]:
        """The texts of all whole messages, by the lengths in front of them."""
        texts = []
        for received in list(self.received):
            rest = bytes(received)
            while rest:
                length, _, rest = rest.partition(b" ")
                if len(rest) < int(length):
                    break
                message, rest = rest[: int(length)], rest[int(length) :]
                texts.append(message.decode().split(" - ", 1)[1])
        return texts

    def drop_connections(self) -> None:
        for connection in self.connections:
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self.connections.clear()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            connection.close()
        for thread in self.threads:
            thread.join(PATIENCE)


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


def test_a_connection_that_the_peer_ended_is_replaced_without_loss(peer: Peer) -> None:
    sink = Syslog(address=f"tcp://127.0.0.1:{peer.port}", body="message", first_delay=0.01)
    log = fapilog.get_logger("shop", sinks=[sink])
    with log:
        for n in range(5):
            log.info(str(n))
            wait_until(f"record {n} arrives", lambda n=n: len(peer.texts()) > n)  # type: ignore[misc]
            peer.drop_connections()
    assert peer.texts() == ["0", "1", "2", "3", "4"]
    assert (log.stats().sinks[0].written, log.stats().sinks[0].errors) == (5, 0)


def test_a_peer_that_comes_back_gets_what_waited(
    rsyslog: Rsyslog, capfd: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    sink = Syslog(address=f"tcp://127.0.0.1:{port}", attempts=1000, first_delay=0.01)
    healthy = Collect()
    destination = Destination(sink=sink, longest_delay=0.02)
    log = fapilog.get_logger("shop", sinks=[destination, healthy])
    with log:
        log.info("waits")
        wait_until("the sink fails", lambda: log.stats().sinks[0].errors > 1)
        wait_until("the healthy one has it", lambda: len(healthy.records) == 1)
        with socket.create_server(("127.0.0.1", port)) as listener:
            connection, _ = listener.accept()
            wait_until("it is written", lambda: log.stats().sinks[0].written == 1)
            connection.close()
    assert "cannot connect: Connection refused" in capfd.readouterr().err


def test_a_peer_that_stalls_costs_its_own_records_only() -> None:
    peer = Peer()
    peer.reads = False
    healthy = Collect()
    sink = Syslog(
        address=f"tcp://127.0.0.1:{peer.port}",
        write_timeout=0.1,
        attempts=1,
        max_bytes=1_000_000,
        body="message",
    )
    log = fapilog.get_logger("shop", sinks=[sink, healthy])
    count = 1500
    with log:
        for _ in range(count):
            log.info("x" * 20_000)
    counts = log.stats().sinks[0]
    peer.close()
    assert len(healthy.records) == count
    assert counts.dropped > 0
    assert counts.written + counts.dropped == count


def test_a_unix_stream_socket_is_written_as_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        sink = Syslog(address=f"unix://{path}", body="message", framing="newline")
        log = fapilog.get_logger("shop", sinks=[sink])
        with log:
            log.info("one")
            connection, _ = listener.accept()
            with connection:
                wait_until("it is written", lambda: log.stats().sinks[0].written == 1)
                assert connection.recv(4096).endswith(b" shop - one\n")


@pytest.mark.parametrize(
    "options",
    [
        {"address": "logs"},
        {"address": "http://logs"},
        {"address": "udp://user:hunter2@logs"},
        {"address": "unix://relative"},
        {"address": "tcp://logs:99999"},
        {"facility": "local8"},
        {"app_name": ""},
        {"structured_id": "two words"},
        {"body": "all"},
        {"framing": "none"},
        {"max_bytes": 10},
        {"write_timeout": 0},
        {"batch_records": 0},
        {"client_certificate": "only-half.pem"},
    ],
)
def test_a_bad_option_is_named(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Syslog(**options)
    assert f"`syslog.{next(iter(options)).replace('client_certificate', 'client_key')}`" in str(
        caught.value
    )
