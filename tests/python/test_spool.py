"""Spools: what a sink would lose waits on disk, in order, over restarts and kills."""

from __future__ import annotations

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import fapilog
import pytest
from fapilog.plugins import Record
from fapilog.sinks import Destination, Http
from tests.python.support import Collect, run_program, wait_until


class Moody:
    """A sink that works or not."""

    name = "moody"

    def __init__(self, *, works: bool) -> None:
        self.works = works
        self.seen: list[str] = []

    async def write(self, record: Record) -> None:
        if not self.works:
            raise ConnectionError("peer is gone")
        self.seen.append(record["message"])


def spooled(sink: object, folder: Path, **others: object) -> Destination:
    options = {"attempts": 1, "breaker_failures": 1, "breaker_open": 0.05, **others}
    return Destination(sink=sink, spool=folder, **options)  # type: ignore[arg-type]


def test_what_a_broken_sink_would_lose_comes_in_order_when_it_works_again(tmp_path: Path) -> None:
    sink = Moody(works=False)
    log = fapilog.get_logger("a", sinks=[spooled(sink, tmp_path)])
    for number in range(1_000):
        log.info(str(number))
    assert log.flush(timeout=20)
    stats = log.stats()
    assert stats.sinks[0].spooled == 1_000
    assert (stats.delivered, stats.dropped) == (1_000, 0)
    assert 'fapilog_sink_spooled{logger="a",sink="moody",number="0"} 1000' in (
        fapilog.prometheus_text()
    )
    sink.works = True
    for number in range(1_000, 1_100):
        log.info(str(number))
    wait_until("the spool is empty", lambda: log.stats().sinks[0].spooled == 0)
    log.close()
    assert sink.seen == [str(number) for number in range(1_100)]
    assert log.stats().sinks[0].written == 1_100
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_it_survives_restarts_and_kills(tmp_path: Path) -> None:
    program = """
import os, sys, fapilog
from fapilog.sinks import Destination
class Moody:
    name = "moody"
    async def write(self, record):
        raise ConnectionError("peer is gone")
log = fapilog.get_logger("a", sinks=[Destination(sink=Moody(), spool=sys.argv[1], attempts=1)])
for number in range(300):
    log.info(sys.argv[2] + str(number))
log.flush(timeout=20)
if sys.argv[2] == "killed":
    os.kill(os.getpid(), 9)
"""
    assert run_program(program, str(tmp_path), "ended").returncode == 0
    assert run_program(program, str(tmp_path), "killed").returncode == -signal.SIGKILL
    sink = Moody(works=True)
    with fapilog.get_logger("a", sinks=[spooled(sink, tmp_path)]) as log:
        assert log.stats().sinks[0].spooled + log.stats().sinks[0].written >= 600
        wait_until("the spool is empty", lambda: log.stats().sinks[0].spooled == 0)
    assert sink.seen == [f"{name}{n}" for name in ("ended", "killed") for n in range(300)]


def shared_round(folder: Path, *, works: bool) -> tuple[list[str], list[str]]:
    first, second = Moody(works=works), Moody(works=works)
    second.name = "other"
    log = fapilog.get_logger(
        "a", sinks=[spooled(first, folder), spooled(second, folder, minimum="ERROR")]
    )
    if works:
        wait_until("all is out", lambda: sum(sink.spooled for sink in log.stats().sinks) == 0)
    else:
        log.info("one")
        log.error("two")
    log.close()
    return first.seen, second.seen


def test_sinks_that_share_a_folder_get_their_own(tmp_path: Path) -> None:
    assert shared_round(tmp_path, works=False) == ([], [])
    assert shared_round(tmp_path, works=True) == (["one", "two"], ["two"])


def test_what_finds_no_room_goes_to_the_fallback(tmp_path: Path) -> None:
    rescue = Collect()
    sink = spooled(Moody(works=False), tmp_path, spool_bytes=40_000, fallback=rescue)
    with fapilog.get_logger("a", sinks=[sink]) as log:
        for _ in range(50):
            for _ in range(20):
                log.info("x" * 100)
            log.flush(timeout=20)
        counts = log.stats().sinks[0]
    assert counts.spooled > 0
    assert counts.diverted == len(rescue.records) > 0
    assert counts.spooled + counts.diverted == 1_000
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.seg")) <= 40_000


def test_what_waits_when_a_hung_logger_is_closed_is_spooled(tmp_path: Path) -> None:
    program = """
import sys, time, fapilog
from fapilog.sinks import Destination
class Moody:
    name = "moody"
    async def write(self, record):
        time.sleep(1_000)
log = fapilog.get_logger("a", sinks=[Destination(sink=Moody(), spool=sys.argv[1])])
for number in range(100):
    log.info(str(number))
    if number == 0:
        time.sleep(0.2)
log.close(timeout=0.5)
"""
    run_program(program, str(tmp_path), timeout=30)
    sink = Moody(works=True)
    with fapilog.get_logger("a", sinks=[spooled(sink, tmp_path)]) as log:
        wait_until("the spool is empty", lambda: log.stats().sinks[0].spooled == 0)
    # The one that the sink was given is lost with it.
    assert sink.seen == [str(number) for number in range(1, 100)]


def test_a_poisonous_record_does_not_keep_back_the_others(tmp_path: Path) -> None:
    seen: list[str] = []

    class Picky:
        name = "picky"
        works = False

        async def write(self, record: Record) -> None:
            if not self.works or record["message"] == "poison":
                raise ValueError("no")
            seen.append(record["message"])

    picky = Picky()
    log = fapilog.get_logger("a", sinks=[spooled(picky, tmp_path)])
    for message in ("one", "poison", "two"):
        log.info(message)
    log.flush(timeout=20)
    picky.works = True
    wait_until("the spool is empty", lambda: log.stats().sinks[0].spooled == 0)
    log.close()
    assert seen == ["one", "two"]
    assert log.stats().sinks[0].dropped == 1


def test_an_http_peer_that_was_away_gets_everything(tmp_path: Path) -> None:
    got: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.extend(record["message"] for record in json.loads(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    port = server.server_port
    server.server_close()
    sink = Http(url=f"http://127.0.0.1:{port}/logs", shape="array")
    log = fapilog.get_logger("a", sinks=[spooled(sink, tmp_path)])
    for number in range(100):
        log.info(str(number))
    log.flush(timeout=20)
    wait_until("all is spooled", lambda: log.stats().sinks[0].spooled == 100)
    server = HTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        wait_until("the spool is empty", lambda: log.stats().sinks[0].spooled == 0)
        log.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert got == [str(number) for number in range(100)]


@pytest.mark.parametrize("spool", ["", 7])
def test_a_spool_is_a_folder(spool: object) -> None:
    with pytest.raises(fapilog.ConfigurationError, match="the path of a folder"):
        Destination(sink="null", spool=spool)  # type: ignore[arg-type]


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(fapilog.ConfigurationError) as caught:
        fapilog.get_logger("a", sinks=[Destination(sink="null", spool=tmp_path / "file")])
    assert caught.value.error_id == "sink-not-writable"
    assert os.fspath(tmp_path / "file") in str(caught.value)
