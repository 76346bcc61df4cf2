"""Ends at random moments: whatever was acknowledged is in the file, once."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.python.support import run_program

#: Logs from three threads and notes what was acknowledged, until somebody ends it.
_BUSY = """
import os, sys, threading, time
import fapilog

folder, how, delay = sys.argv[1], sys.argv[2], float(sys.argv[3])
log = fapilog.get_logger("busy", sinks=["file://" + folder + "/log.jsonl"])
go_on = True

def run(thread):
    notes = os.open(f"{folder}/noted-{thread}", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    number = 0
    while go_on:
        log.info("busy", id=f"{thread}-{number}")
        os.write(notes, b"x")
        number += 1

threads = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(3)]
for thread in threads:
    thread.start()
print("ready", flush=True)
time.sleep(delay)
if how == "exit":
    sys.exit(0)
if how == "raise":
    raise SystemExit("bad end")
# Short sleeps: CPython sees a signal that comes just before a sleep begins only when it ends.
for _ in range(600):
    time.sleep(0.1)
"""


def ids(folder: Path) -> Counter[str]:
    lines = (folder / "log.jsonl").read_text().splitlines()
    return Counter(json.loads(line)["id"] for line in lines)


def check(folder: Path) -> None:
    """Every record that came before the end is there once."""
    counts = ids(folder)
    assert set(counts.values()) == {1}
    for thread in range(3):
        path = folder / f"noted-{thread}"
        noted = path.stat().st_size if path.exists() else 0
        missing = [n for n in range(noted) if f"{thread}-{n}" not in counts]
        # Records that came after the logger was closed are dropped, and only those: the last ones.
        assert missing == list(range(noted - len(missing), noted))


@pytest.mark.parametrize("how", ["exit", "raise", "sigterm"])
@pytest.mark.parametrize("seed", range(4))
def test_an_end_at_any_moment_loses_nothing_before_it(tmp_path: Path, how: str, seed: int) -> None:
    delay = random.Random(f"{how} {seed}").uniform(0, 0.15)
    program = [sys.executable, "-c", _BUSY, str(tmp_path), how, str(delay)]
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        if how == "sigterm":
            time.sleep(delay)
            child.send_signal(signal.SIGTERM)
        child.communicate(timeout=30)
    expected = {"exit": 0, "raise": 1, "sigterm": -signal.SIGTERM}[how]
    assert child.returncode == expected
    # Daemon threads go on logging while the logger is being closed.
    check(tmp_path)


_FORKS = """
import os, random, sys, threading, time
import fapilog

folder, seed = sys.argv[1], sys.argv[2]
log = fapilog.get_logger("forks", sinks=["file://" + folder + "/log.jsonl"])
go_on, counts = True, [0, 0, 0]

def run(thread):
    while go_on:
        log.info("busy", id=f"{thread}-{counts[thread]}")
        counts[thread] += 1

threads = [threading.Thread(target=run, args=(n,)) for n in range(3)]
for thread in threads:
    thread.start()
chance = random.Random(seed)
for number in range(8):
    time.sleep(chance.uniform(0, 0.02))
    if os.fork() == 0:
        for own in range(20):
            log.info("child", id=f"child{number}-{own}")
        log.close()
        os._exit(0)
for _ in range(8):
    assert os.wait()[1] == 0
go_on = False
for thread in threads:
    thread.join()
log.close()
stats = log.stats()
assert stats.submitted == stats.delivered == sum(counts), (stats, counts)
print(*counts)
"""


@pytest.mark.parametrize("seed", range(3))
def test_forks_at_any_moment_lose_and_repeat_nothing(tmp_path: Path, seed: int) -> None:
    result = run_program(_FORKS, str(tmp_path), str(seed))
    assert result.returncode == 0, result.stderr
    counts = [int(word) for word in result.stdout.split()]
    expected = {f"{thread}-{n}" for thread, count in enumerate(counts) for n in range(count)}
    expected |= {f"child{number}-{own}" for number in range(8) for own in range(20)}
    found = ids(tmp_path)
    assert set(found.values()) == {1}
    assert set(found) == expected
