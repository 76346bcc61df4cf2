"""Logging from several processes: multiprocessing, signals, servers with workers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from tests.python.support import wait_until

LIMIT = 60


def write_program(tmp_path: Path, code: str, name: str = "program.py") -> Path:
    path = tmp_path / name
    path.write_text(textwrap.dedent(code))
    return path


def start(*command: object, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore::DeprecationWarning"},
    )


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_of_multiprocessing_deliver_everything_once(tmp_path: Path, method: str) -> None:
    program = write_program(
        tmp_path,
        """
        import multiprocessing, sys
        import fapilog

        log = fapilog.get_logger("shop", sinks=["file://" + sys.argv[1]])

        def work(number):
            log.info("work", number=number)

        def last(number):
            log.info("work", number=number)

        if __name__ == "__main__":
            context = multiprocessing.get_context(sys.argv[2])
            with context.Pool(3) as pool:
                pool.map(work, range(90))
                pool.close()
                pool.join()
            alone = context.Process(target=last, args=(90,))
            alone.start()
            alone.join()
            assert alone.exitcode == 0
            log.info("work", number=91)
        """,
    )
    path = tmp_path / "app.jsonl"
    process = start(sys.executable, program, path, method, cwd=tmp_path)
    _, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, errors
    assert Counter(record["number"] for record in records(path)) == Counter(range(92))


_TERMINATED = """
import sys, threading, time
import fapilog

log = fapilog.get_logger("shop", sinks=["file://" + sys.argv[1]])
for number in range(20_000):
    log.info("x", number=number)
print("logged", flush=True)
{wait}
"""


@pytest.mark.parametrize(
    "wait",
    [
        "time.sleep(60)",
        "threading.Event().wait(60)",
        "import asyncio; asyncio.run(asyncio.sleep(60))",
    ],
)
def test_sigterm_delivers_what_was_logged_and_ends_as_the_signal_would(
    tmp_path: Path, wait: str
) -> None:
    program = write_program(tmp_path, _TERMINATED.format(wait=wait))
    path = tmp_path / "app.jsonl"
    process = start(sys.executable, program, path, cwd=tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "logged\n"
    process.terminate()
    _, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == -signal.SIGTERM, errors
    assert [record["number"] for record in records(path)] == list(range(20_000))


def test_a_handler_of_the_application_stays(tmp_path: Path) -> None:
    program = write_program(
        tmp_path,
        """
        import os, signal, sys
        import fapilog

        def handler(number, frame):
            log.info("asked to end")
            sys.exit(7)

        signal.signal(signal.SIGTERM, handler)
        log = fapilog.get_logger("shop", sinks=["file://" + sys.argv[1]])
        os.kill(os.getpid(), signal.SIGTERM)
        """,
    )
    path = tmp_path / "app.jsonl"
    process = start(sys.executable, program, path, cwd=tmp_path)
    process.communicate(timeout=LIMIT)
    assert process.returncode == 7
    assert [record["message"] for record in records(path)] == ["asked to end"]


def test_exit_at_any_moment_loses_nothing_that_a_call_returned_for(tmp_path: Path) -> None:
    program = write_program(
        tmp_path,
        """
        import os, random, signal, sys, threading
        import fapilog

        log = fapilog.get_logger("shop", sinks=["file://" + sys.argv[1]])
        seed, way = int(sys.argv[2]), sys.argv[3]
        end = random.Random(seed).randrange(1, 5000)
        done = 0
        for done in range(end):
            log.info("x", number=done)
        print(done + 1, flush=True)
        if way == "exit":
            sys.exit(0)
        if way == "term":
            os.kill(os.getpid(), signal.SIGTERM)
        if way == "raise":
            raise RuntimeError("as the test says")
        if way == "daemon":
            def more():
                while True:
                    log.info("y")
            threading.Thread(target=more, daemon=True).start()
        """,
    )
    for seed, way in enumerate(["exit", "term", "raise", "daemon"] * 2):
        path = tmp_path / f"{seed}.jsonl"
        process = start(sys.executable, program, path, seed, way, cwd=tmp_path)
        out, errors = process.communicate(timeout=LIMIT)
        assert out, errors
        numbers = [record["number"] for record in records(path) if record["message"] == "x"]
        assert numbers == list(range(int(out))), (seed, way)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_APP = """
import os
import fapilog

log = fapilog.get_logger("web", sinks=["file://" + os.environ["LOG_PATH"]])
log.info("imported")

async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    log.info("request", pid=os.getpid(), path=scope["path"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})

def wsgi(environ, respond):
    log.info("request", pid=os.getpid(), path=environ["PATH_INFO"])
    respond("200 OK", [])
    return [b"ok"]
"""


@pytest.mark.parametrize(
    "server",
    [
        ["gunicorn", "--preload", "--workers=2", "--bind=127.0.0.1:{port}", "web:wsgi"],
        ["gunicorn", "--workers=2", "--bind=127.0.0.1:{port}", "web:wsgi"],
        ["uvicorn", "--workers=2", "--lifespan=off", "--port={port}", "web:asgi"],
        ["uvicorn", "--lifespan=off", "--port={port}", "web:asgi"],
    ],
    ids=["gunicorn-preload", "gunicorn", "uvicorn-workers", "uvicorn"],
)
def test_workers_of_servers_log_and_their_end_loses_nothing(
    tmp_path: Path, server: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(tmp_path, _APP, "web.py")
    path, port = tmp_path / "app.jsonl", free_port()
    monkeypatch.setenv("LOG_PATH", str(path))
    command = [part.format(port=port) for part in server]
    process = start(sys.executable, "-m", *command, cwd=tmp_path)
    try:

        def answers() -> bool:
            try:
                return bool(urllib.request.urlopen(f"http://127.0.0.1:{port}/up", timeout=5).read())
            except OSError:
                return False

        wait_until("the server", answers)
        for number in range(40):
            url = f"http://127.0.0.1:{port}/{number}"
            assert urllib.request.urlopen(url, timeout=LIMIT).read() == b"ok"
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=LIMIT)
    paths = Counter(record["path"] for record in records(path) if record["message"] == "request")
    assert {name: paths[name] for name in paths if name != "/up"} == {
        f"/{number}": 1 for number in range(40)
    }, errors
    assert "fapilog:" not in errors
