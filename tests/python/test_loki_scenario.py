"""Scenario 7 of earlier versions: a sink with a URI scheme for Loki, as a plugin of one's own."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import fapilog
import pytest
from fapilog import ConfigurationError, PluginError, plugins
from fapilog.plugins import Use
from fapilog.sinks import Destination
from tests.python.support import wait_until

Record = Mapping[str, Any]


class Handler(BaseHTTPRequestHandler):
    server: Loki

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            status = self.server.answers.pop(0) if self.server.answers else 204
            if self.path == "/loki/api/v1/push":
                self.server.pushes.append((status, body))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


class Loki(ThreadingHTTPServer):
    """Takes pushes as Loki does, and answers as it is told to, then with 204."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.answers: list[int] = []
        self.pushes: list[tuple[int, Any]] = []

    def taken(self) -> list[list[list[str]]]:
        """The values of each push that was accepted."""
        with self.lock:
            return [body["streams"][0]["values"] for status, body in self.pushes if status < 300]


@dataclass(frozen=True)
class LokiConfig:
    host: str
    port: int = 3100
    labels: str = ""


class LokiSink:
    """What a user writes: one push for a batch, labels from the URI, times in nanoseconds."""

    Config = LokiConfig

    def __init__(self, config: LokiConfig) -> None:
        self.url = f"http://{config.host}:{config.port}/loki/api/v1/push"
        self.labels = dict(pair.split("=", 1) for pair in config.labels.split(",") if pair)

    async def write(self, record: Record) -> None:
        await self.write_batch([record])

    async def write_batch(self, records: Sequence[Record]) -> None:
        values = [
            [nanoseconds(record["timestamp"]), json.dumps(dict(record))] for record in records
        ]
        body = json.dumps({"streams": [{"stream": self.labels, "values": values}]}).encode()
        await asyncio.to_thread(self.push, body)

    def push(self, body: bytes) -> None:
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10):
            pass


def nanoseconds(timestamp: str) -> str:
    from datetime import datetime, timedelta, timezone

    moment = datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    since = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return str(since // timedelta(microseconds=1) * 1000)


@pytest.fixture
def loki() -> Iterator[Loki]:
    plugins.sink("loki")(LokiSink)
    with Loki() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
    plugins.unregister("sink", "loki")


def test_a_function_takes_nothing_of_a_uri() -> None:
    @plugins.sink("plain")
    async def plain(record: Record) -> None: ...

    try:
        with pytest.raises(PluginError, match="it takes none: it is made already"):
            fapilog.get_logger("shop", sinks=["plain://h?labels=x"])
    finally:
        plugins.unregister("sink", "plain")


def destination(server: Loki, **options: Any) -> Destination:
    uri = f"loki://127.0.0.1:{server.server_port}?labels=app%3Dshop,env%3Dtest"
    return Destination(sink=uri, first_delay=0.01, **options)


def test_labels_and_times_in_nanoseconds_are_pushed(loki: Loki) -> None:
    with fapilog.get_logger("shop", sinks=[destination(loki)]) as log:
        log.info("paid", amount=5)
    ((status, body),) = loki.pushes
    assert status == 204
    (stream,) = body["streams"]
    assert stream["stream"] == {"app": "shop", "env": "test"}
    ((time, line),) = stream["values"]
    record = json.loads(line)
    assert (record["message"], record["amount"]) == ("paid", 5)
    assert time == nanoseconds(record["timestamp"])
    assert len(time) == 19


def test_a_local_class_takes_a_configuration_and_what_is_made_already_takes_none(
    loki: Loki,
) -> None:
    config = {"host": "127.0.0.1", "port": loki.server_port, "labels": "a=b"}
    with fapilog.get_logger("shop", sinks=[Use("loki", config=config)]) as log:
        log.info("x")
    assert loki.pushes[0][1]["streams"][0]["stream"] == {"a": "b"}
    for wrong, reason in (
        (Use("loki", config={"hots": "x"}), "unexpected keyword argument 'hots'"),
        ("loki://h?label=x", "did you mean `labels`"),
    ):
        with pytest.raises(PluginError, match=reason) as caught:
            fapilog.get_logger("shop", sinks=[wrong])
        assert caught.value.error_id == "plugin-bad-config"
    with pytest.raises(ConfigurationError, match="nothing: of an object"):
        Use(LokiSink(LokiConfig("h")), config=config)


def test_a_batch_goes_when_it_is_full_and_the_rest_at_the_end(loki: Loki) -> None:
    with fapilog.get_logger(
        "shop", sinks=[destination(loki, batch_records=10, batch_delay=60)]
    ) as log:
        for number in range(25):
            log.info("x", n=number)
        wait_until("two full batches", lambda: len(loki.taken()) == 2)
    assert [len(values) for values in loki.taken()] == [10, 10, 5]
    found = [json.loads(line)["n"] for values in loki.taken() for _, line in values]
    assert found == list(range(25))


def test_a_batch_that_is_not_full_goes_after_its_interval(loki: Loki) -> None:
    log = fapilog.get_logger("shop", sinks=[destination(loki, batch_records=10, batch_delay=0.05)])
    log.info("x")
    wait_until("the interval", lambda: len(loki.taken()) == 1)
    log.close()


def test_a_failure_that_passes_is_tried_again(loki: Loki) -> None:
    loki.answers = [503, 503]
    with fapilog.get_logger("shop", sinks=[destination(loki, attempts=5)]) as log:
        log.info("x")
        log.flush()
        counts = log.stats().sinks[0]
    assert [status for status, _ in loki.pushes] == [503, 503, 204]
    assert (counts.written, counts.errors, counts.dropped) == (1, 2, 0)
