"""The debug socket: who may have it, what it tells, and that it never holds up a record."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TextIO

import fapilog
import pytest

from .support import wait_until


async def tag(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**record, "tag": "tea"}


@pytest.fixture
def path() -> Iterator[Path]:
    """A short path: that of a socket has at most 107 bytes."""
    folder = Path(mkdtemp())
    yield folder / "s.sock"
    (folder / "s.sock").unlink(missing_ok=True)
    folder.rmdir()


@contextmanager
def looking(path: Path) -> Iterator[TextIO]:
    with socket.socket(socket.AF_UNIX) as looker:
        looker.connect(str(path))
        looker.settimeout(30)
        with looker.makefile() as lines:
            yield lines


def test_what_plugins_and_the_engine_do_is_told_record_by_record(path: Path) -> None:
    drop = fapilog.processors.DropFields(paths=["noise"])

    async def last(record: Mapping[str, Any]) -> Mapping[str, Any]:
        return record

    with fapilog.get_logger(
        "shop", sinks=["null"], processors=[tag, drop, last], debug_socket=path
    ) as log:
        run = log._runtime.runs[0]
        with looking(path) as lines:
            wait_until("somebody looks", lambda: "accept" in vars(run))
            log.info("order processed", noise=1)
            told = json.loads(lines.readline())
        wait_until("nobody looks any more", lambda: "accept" not in vars(run))
    assert told["event"] == "trace"
    assert told["record"]["message"] == "order processed"
    assert [(step["stage"], step["outcome"]) for step in told["steps"]] == [
        ("tag", "changed"),
        ("engine", "changed"),
        ("last", "unchanged"),
    ]
    assert told["steps"][1]["changes"] == [{"path": "noise", "before": 1}]
    assert told["result"]["tag"] == "tea"


def test_it_is_closed_to_others_and_goes_with_its_pipeline(path: Path) -> None:
    log = fapilog.get_logger("shop", sinks=["null"], debug_socket=str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with looking(path) as lines:
        log.close()
        assert lines.read() == ""
    assert not path.exists()


def test_one_who_does_not_read_holds_up_nothing(path: Path) -> None:
    with fapilog.get_logger(
        "shop", sinks=["null"], processors=[tag], debug_socket=path, block_timeout=60
    ) as log:
        run = log._runtime.runs[0]
        with looking(path):
            wait_until("somebody looks", lambda: "accept" in vars(run))
            for number in range(30_000):
                log.info("order processed", number=number, note="x" * 100)
            assert log.flush(timeout=60)
        assert log.stats().delivered == 30_000


@pytest.mark.parametrize("there", ["file", "pipeline", "no-folder"])
def test_a_place_that_is_taken_or_missing_is_refused_and_nothing_is_left_running(
    path: Path, there: str
) -> None:
    wanted, other = path, None
    if there == "file":
        path.write_text("mine")
    elif there == "pipeline":
        other = fapilog.get_logger("other", sinks=["null"], debug_socket=path)
    else:
        wanted = path.parent / "missing" / "s.sock"
    with pytest.raises(fapilog.ConfigurationError) as caught:
        fapilog.get_logger("shop", sinks=["null"], debug_socket=wanted)
    assert caught.value.error_id == "debug-socket"
    if there == "file":
        assert path.read_text() == "mine"
    if other is not None:
        with looking(path) as lines:
            other.close()
            assert lines.read() == ""


def test_what_a_killed_process_left_behind_is_taken_over(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(path))
    with (
        fapilog.get_logger("shop", sinks=["null"], debug_socket=path) as log,
        looking(path) as lines,
    ):
        log.close()
        assert lines.read() == ""


def test_a_forked_process_leaves_the_socket_to_its_parent(path: Path) -> None:
    with fapilog.get_logger("shop", sinks=["null"], processors=[tag], debug_socket=path) as log:
        child = os.fork()
        if child == 0:
            log.info("of the child")
            log.close()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        run = log._runtime.runs[0]
        with looking(path) as lines:
            wait_until("somebody looks", lambda: "accept" in vars(run))
            log.info("of the parent")
            assert json.loads(lines.readline())["record"]["message"] == "of the parent"


def test_every_door_opens_it(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(log: fapilog.Logger) -> bool:
        there = stat.S_ISSOCK(path.stat().st_mode)
        log.close()
        return there

    assert opened(fapilog.get_logger("shop", sinks=["null"], debug_socket=path))
    builder = fapilog.LoggerBuilder("shop").add_sink("null").with_debug_socket(path)
    assert opened(builder.build())
    file = tmp_path / "fapilog.toml"
    file.write_text(f'sinks = ["null"]\ndebug_socket = "{path}"\n')
    assert opened(fapilog.get_logger("shop", config=file))
    monkeypatch.setenv("FAPILOG_DEBUG_SOCKET", str(path))
    assert opened(fapilog.get_logger("shop", sinks=["null"]))


@pytest.mark.parametrize("value", ["", 5])
def test_what_is_no_path_is_refused(value: Any) -> None:
    with pytest.raises(fapilog.ConfigurationError, match="the path of a socket"):
        fapilog.get_logger("shop", sinks=["null"], debug_socket=value)
