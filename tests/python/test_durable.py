"""Crash-safe mode: what was acknowledged outlives ``kill -9``, redacted, and arrives once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fapilog
import pytest
from fapilog.redactors import Fields, Patterns
from fapilog.sinks import Destination
from tests.python.support import run_program

SECRET = "4111 1111 1111 1111"

#: Logs from threads for ever; what was acknowledged is noted, in a file for each thread.
_STORM = """
import os, sys, threading
import fapilog
from fapilog.redactors import Patterns

folder, round = sys.argv[1:3]
log = fapilog.get_logger("storm", sinks=["file://" + folder + "/log.jsonl"], durable="mmap",
    durable_folder=folder + "/journals", redactors=[Patterns(known=["card"])])

def run(thread):
    notes = os.open(f"{folder}/noted-{round}-{thread}", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    number = 0
    while True:
        log.info("storm", id=f"{round}-{thread}-{number}", card="4111 1111 1111 1111")
        os.write(notes, b"x")
        number += 1

for thread in range(3):
    threading.Thread(target=run, args=(thread,)).start()
print("ready", flush=True)
"""


def recover(folder: Path) -> fapilog.DurableStats:
    log = fapilog.get_logger(
        "next",
        sinks=[folder / "log.jsonl"],
        durable="mmap",
        durable_folder=folder / "journals",
    )
    assert log.flush(timeout=30)
    durable = log.stats().durable
    assert durable is not None
    assert log.close(timeout=30).undelivered == 0
    return durable


def ids(path: Path) -> Counter[str]:
    return Counter(json.loads(line)["id"] for line in path.read_text().splitlines())


def test_what_was_acknowledged_before_a_kill_arrives_once(tmp_path: Path) -> None:
    rounds = 8
    for number in range(rounds):
        program = [sys.executable, "-c", _STORM, str(tmp_path), str(number)]
        with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            time.sleep(0.03 * (number % 4) + 0.02)
            child.send_signal(signal.SIGKILL)
        stored = b"".join(file.read_bytes() for file in (tmp_path / "journals").rglob("*.seg"))
        assert b"storm" in stored
        assert SECRET.encode() not in stored
    recover(tmp_path)
    counts = ids(tmp_path / "log.jsonl")
    assert set(counts.values()) == {1}
    noted = 0
    for number in range(rounds):
        for thread in range(3):
            path = tmp_path / f"noted-{number}-{thread}"
            acknowledged = path.stat().st_size if path.exists() else 0
            noted += acknowledged
            missing = [n for n in range(acknowledged) if f"{number}-{thread}-{n}" not in counts]
            assert not missing
    assert noted > 1000
    assert list((tmp_path / "journals").iterdir()) == []


def test_the_journal_of_a_logger_that_was_closed_is_gone(tmp_path: Path) -> None:
    log = fapilog.get_logger(
        "a", sinks=[tmp_path / "a.jsonl"], durable="mmap", durable_folder=tmp_path / "j"
    )
    log.info("one")
    assert [file.stat().st_mode & 0o777 for file in (tmp_path / "j").iterdir()] == [0o700]
    log.flush()
    durable = log.stats().durable
    assert durable == fapilog.DurableStats(0, 0, durable.bytes if durable else 0)
    assert 'fapilog_journal_unprotected_total{logger="a"} 0' in fapilog.prometheus_text()
    log.close()
    assert list((tmp_path / "j").iterdir()) == []
    assert recover_nothing(tmp_path)


def recover_nothing(folder: Path) -> bool:
    with fapilog.get_logger(
        "b", sinks=["null"], durable="mmap", durable_folder=folder / "j"
    ) as log:
        stats = log.stats()
    return stats.durable is not None and stats.durable.recovered == 0


def test_a_forked_child_has_a_journal_of_its_own(tmp_path: Path) -> None:
    program = """
import os, sys, time, fapilog
folder = sys.argv[1]
log = fapilog.get_logger("f", sinks=["file://" + folder + "/log.jsonl"], durable="mmap",
    durable_folder=folder + "/journals")
log.info("parent", id="parent")
child = os.fork()
if child == 0:
    log.info("child", id="child")
    os.kill(os.getpid(), 9)
os.waitpid(child, 0)
os.kill(os.getpid(), 9)
"""
    result = run_program(program, str(tmp_path))
    assert result.returncode == -signal.SIGKILL
    recover(tmp_path)
    assert ids(tmp_path / "log.jsonl") == {"parent": 1, "child": 1}


def test_a_child_that_lives_on_does_not_hold_the_journal_of_its_parent(tmp_path: Path) -> None:
    program = """
import os, sys, time, fapilog
folder = sys.argv[1]
log = fapilog.get_logger("f", sinks=["file://" + folder + "/log.jsonl"], durable="mmap",
    durable_folder=folder + "/journals")
log.info("parent", id="parent")
child = os.fork()
if child == 0:
    os.close(1); os.close(2)
    time.sleep(60)
    os._exit(0)
print(child, flush=True)
os.kill(os.getpid(), 9)
"""
    result = run_program(program, str(tmp_path))
    child = int(result.stdout)
    try:
        recover(tmp_path)
        assert ids(tmp_path / "log.jsonl") == {"parent": 1}
    finally:
        os.kill(child, signal.SIGKILL)


class Shy:
    """A redactor written in Python."""

    async def redact(self, record: object) -> object:
        return record


def options(folder: Path, **others: object) -> dict[str, object]:
    return {"sinks": ["null"], "durable": "mmap", "durable_folder": folder, **others}


@pytest.mark.parametrize(
    ("given", "error_id", "text"),
    [
        ({"redactors": [Shy()]}, "durable-needs-native-redactors", "redactor `Shy`"),
        ({"durable_folder": None}, "bad-option", "durable_folder"),
        ({"durable": "disk"}, "bad-option", '"mmap"'),
        ({"durable_bytes": 1000}, "bad-option", "durable_bytes"),
        ({"overflow": "drop_oldest"}, "bad-option", "keeps what was accepted"),
        ({"overflow": "drop_newest", "protected": ["ERROR"]}, "bad-option", "protected levels"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    tmp_path: Path, given: dict[str, object], error_id: str, text: str
) -> None:
    with pytest.raises(fapilog.ConfigurationError) as caught:
        fapilog.get_logger("a", **options(tmp_path / "j", **given))  # type: ignore[arg-type]
    assert caught.value.error_id == error_id
    assert text in str(caught.value)
    assert not (tmp_path / "j").exists()


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(fapilog.ConfigurationError) as caught:
        fapilog.get_logger("a", **options(tmp_path / "file"))  # type: ignore[arg-type]
    assert caught.value.error_id == "durable-folder"
    assert str(tmp_path / "file") in str(caught.value)


def test_routes_and_formats_are_kept_over_a_kill(tmp_path: Path) -> None:
    program = """
import os, sys, fapilog
from fapilog.sinks import Destination
folder = sys.argv[1]

class Hung:
    name = "slow"
    async def write(self, record):
        import asyncio
        await asyncio.Event().wait()

log = fapilog.get_logger("f", sinks=["file://" + folder + "/log.jsonl",
    Destination(sink="file://" + folder + "/errors.log", format="logfmt", minimum="ERROR"), Hung()],
    durable="mmap", durable_folder=folder + "/journals")
log.info("calm", id="1")
log.error("loud", id="2")
log.flush(timeout=0.5)
os.kill(os.getpid(), 9)
"""
    assert run_program(program, str(tmp_path)).returncode == -signal.SIGKILL
    seen: list[str] = []

    class Slow:
        name = "slow"

        async def write(self, record: Mapping[str, Any]) -> None:
            seen.append(record["id"])

    log = fapilog.get_logger(
        "f",
        sinks=[
            tmp_path / "log.jsonl",
            Destination(sink=tmp_path / "errors.log", format="logfmt", minimum="ERROR"),
            Slow(),
        ],
        durable="mmap",
        durable_folder=tmp_path / "journals",
    )
    log.close()
    assert seen == ["1", "2"]
    assert ids(tmp_path / "log.jsonl") == {"1": 1, "2": 1}
    assert (tmp_path / "errors.log").read_text().count("id=2") == 1


def test_a_full_disk_leaves_records_unprotected_and_says_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("only root can mount a small file system")
    try:
        log = fapilog.get_logger(
            "a", sinks=[tmp_path / "log.jsonl"], durable="mmap", durable_folder=disk / "j"
        )
        for number in range(2_000):
            log.info("x" * 4_000, id=str(number))
        log.close(timeout=30)
        stats = log.stats()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
    assert stats.durable is not None
    assert stats.durable.unprotected > 0
    assert "would be lost if the process were killed" in capfd.readouterr().err
    assert ids(tmp_path / "log.jsonl") == {str(number): 1 for number in range(2_000)}


def test_redactors_of_every_native_kind_run_before_the_disk(tmp_path: Path) -> None:
    program = """
import os, sys, fapilog
from fapilog.redactors import Fields, Patterns
log = fapilog.get_logger("f", sinks=["null"], durable="mmap", durable_folder=sys.argv[1],
    redactors=[Fields(paths=["password"]), Patterns(known=["email"])])
log = log.bind(password="bound-secret")
log.info("mail ann@example.com", nested=[{"mail": "bob@example.com"}])
os.kill(os.getpid(), 9)
"""
    folder = tmp_path / "j"
    assert run_program(program, str(folder)).returncode == -signal.SIGKILL
    stored = b"".join(file.read_bytes() for file in folder.rglob("*.seg"))
    assert b"mail " in stored
    for secret in (b"bound-secret", b"ann@example.com", b"bob@example.com"):
        assert secret not in stored


def test_the_builder_has_it_too(tmp_path: Path) -> None:
    log = (
        fapilog.LoggerBuilder("b")
        .add_sink("null")
        .with_redactors(Fields(paths=["a"]), Patterns(known=["card"]))
        .with_crash_safety(tmp_path / "j", bytes=32 * 1024 * 1024)
        .build()
    )
    log.info("one")
    log.close()
    assert log.stats().durable is not None
