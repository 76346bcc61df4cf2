"""The end of the process, forks and forgotten loggers: what was logged arrives, nothing hangs."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from pathlib import Path

import fapilog
import pytest
from tests.python.support import run_program, wait_until, written

#: Sinks for the programs of this file.
_SINKS = """
import asyncio, sys, threading, time
import fapilog

path = sys.argv[1]

class Plain:
    async def write(self, record):
        with open(path, "a") as file:
            file.write(record["message"] + "\\n")

class InThread(Plain):
    async def write(self, record):
        await asyncio.to_thread(lambda: asyncio.run(Plain.write(self, record)))

class Hung:
    async def write(self, record):
        await asyncio.Event().wait()

class Blocking:
    async def write(self, record):
        time.sleep(1_000)

class Slow:
    async def write(self, record):
        time.sleep(0.02)

def log_some(log, count=100):
    for number in range(count):
        log.info(str(number))
"""


def ended_well(result: subprocess.CompletedProcess[str]) -> None:
    assert result.returncode == 0, result
    assert result.stderr == "", result


_AT_EXIT = {"file": "'file://' + path", "plugin": "Plain()", "to_thread": "InThread()"}
if sys.version_info[:3] in ((3, 12, 0), (3, 12, 1)):
    # These start no thread at exit, and what was given to a pool runs although giving it raised.
    del _AT_EXIT["to_thread"]


@pytest.mark.parametrize("sink", _AT_EXIT.values(), ids=_AT_EXIT)
def test_all_records_arrive_without_close(sink: str, tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    code = f"log = fapilog.get_logger('test', sinks=[{sink}]); log_some(log)"
    ended_well(run_program(_SINKS + code, path))
    expected = [str(number) for number in range(100)]
    text = path.read_text()
    found = [r["message"] for r in written(path)] if "{" in text else text.split()
    assert found == expected


@pytest.mark.parametrize(
    "end",
    [
        "sys.exit(0)",
        "threading.Thread(target=lambda: (log_some(log, 1), sys.exit(3))).start()",
        "del log; import gc; gc.collect()",
        "import atexit; atexit.register(log.info, 'very late')",
    ],
    ids=["sys.exit", "exit in a thread", "logger forgotten", "atexit"],
)
def test_all_records_arrive_however_the_program_ends(end: str, tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    code = f"log = fapilog.get_logger('test', sinks=['file://' + path]); log_some(log); {end}"
    ended_well(run_program(_SINKS + code, path))
    assert [record["message"] for record in written(path)][:100] == [str(n) for n in range(100)]


def test_a_record_of_a_thread_that_outlives_the_main_program_arrives(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    code = """
log = fapilog.get_logger("test", sinks=["file://" + path])
def later():
    while threading.main_thread().is_alive():
        time.sleep(0.001)
    log_some(log)
threading.Thread(target=later).start()
"""
    ended_well(run_program(_SINKS + code, path))
    assert len(written(path)) == 100


def test_an_uncaught_error_still_delivers(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    code = "log = fapilog.get_logger('t', sinks=['file://' + path]); log_some(log); 1 / 0"
    result = run_program(_SINKS + code, path)
    assert result.returncode == 1
    assert result.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert len(written(path)) == 100


@pytest.mark.parametrize("sink", ["Hung", "Blocking", "Slow"])
def test_a_hung_or_slow_sink_delays_the_exit_up_to_the_limit_and_the_loss_is_said(
    sink: str, tmp_path: Path
) -> None:
    path = tmp_path / "app.jsonl"
    code = f"""
import fapilog._lifecycle
fapilog._lifecycle.EXIT_TIMEOUT = 1.5
log = fapilog.get_logger("test", sinks=[{sink}(), "file://" + path])
log_some(log, 2_000)
"""
    start = time.monotonic()
    result = run_program(_SINKS + code, path)
    assert time.monotonic() - start < 5
    assert result.returncode == 0, result
    lines = [line for line in result.stderr.splitlines() if "were not delivered" in line]
    assert len(lines) == 1
    assert lines[0].endswith(f"stuck: {sink}")
    assert all(line.startswith("fapilog: ") for line in result.stderr.splitlines()), result
    assert len(written(path)) == 2_000


def test_many_hung_loggers_share_one_limit(tmp_path: Path) -> None:
    code = """
import fapilog._lifecycle
fapilog._lifecycle.EXIT_TIMEOUT = 1.5
for number in range(6):
    log = fapilog.get_logger("test", sinks=[Hung()])
    log_some(log, 5)
last = fapilog.get_logger("test", sinks=["file://" + path])
log_some(last)
"""
    start = time.monotonic()
    result = run_program(_SINKS + code, tmp_path / "app.jsonl")
    assert time.monotonic() - start < 5
    assert result.returncode == 0, result
    assert len(written(tmp_path / "app.jsonl")) == 100


def test_leaving_while_plugins_are_busy_never_crashes(tmp_path: Path) -> None:
    code = """
import fapilog._lifecycle
fapilog._lifecycle.EXIT_TIMEOUT = 0.05
fapilog._lifecycle._FOR_CLOSING = 0.0
class Busy:
    async def process(self, record):
        sum(range(2_000))
        await asyncio.sleep(0)
        return record
    async def write(self, record):
        sum(range(2_000))
        await asyncio.sleep(0)
for _ in range(2):
    log = fapilog.get_logger("test", sinks=[Busy(), Busy()], processors=[Busy()])
    log_some(log, 3_000)
"""
    for _ in range(8):
        result = run_program(_SINKS + code, tmp_path / "unused")
        assert result.returncode == 0, result
        assert all(line.startswith("fapilog: ") for line in result.stderr.splitlines()), result


def test_a_full_pipe_on_stderr_holds_nobody_up() -> None:
    code = """
import fapilog._lifecycle, os
fapilog._lifecycle.EXIT_TIMEOUT = 1.5
log = fapilog.get_logger("test", sinks=["stderr", "null"], queue_records=10, block_timeout=0.01)
text = "x" * 60_000
for _ in range(3_000):
    log.info(text)
log.close(timeout=0.5)
log.info("after the end")
os.write(1, b"still alive")
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        # Nobody reads its standard error.
        assert process.stdout is not None
        assert process.stdout.read(11) == b"still alive"
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_forgotten_logger_still_delivers(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    log = fapilog.get_logger("test", sinks=[path])
    log.info("last words")
    closing = log.bind()
    del log
    gc.collect()
    wait_until("the record", lambda: len(path.read_bytes()) > 0)
    closing.close()


_FORK = """
import os
log = fapilog.get_logger("test", sinks=["file://" + path, Plain2()])
before = log.bind(side="parent")
for number in range(50):
    before.info("x", number=number)
child = os.fork()
if child == 0:
    side = log.bind(side="child")
    for number in range(50):
        side.info("x", number=number)
    grandchild = os.fork()
    if grandchild == 0:
        log.info("x", side="grandchild", number=0)
        sys.exit(0)
    _, status = os.waitpid(grandchild, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert log.flush()
    assert log.stats().submitted == log.stats().delivered == 50
    sys.exit(0)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0
for number in range(50, 100):
    before.info("x", number=number)
"""


def test_after_a_fork_both_sides_go_on_and_nothing_is_there_twice(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    # CPython 3.12 and later warn of any fork while threads run.
    prepare = "class Plain2:\n    async def write(self, record): pass\n"
    prepare += "import warnings; warnings.simplefilter('ignore', DeprecationWarning)\n"
    result = run_program(_SINKS + prepare + _FORK, path)
    assert result.returncode == 0, result
    assert result.stderr == ""
    numbers: dict[str, list[int]] = {"parent": [], "child": [], "grandchild": []}
    for record in written(path):
        numbers[record["side"]].append(record["number"])
    assert numbers == {
        "parent": list(range(100)),
        "child": list(range(50)),
        "grandchild": [0],
    }


def test_a_forked_child_whose_sink_is_gone_says_so_and_loses_only_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    code = """
import os, shutil, warnings
warnings.simplefilter("ignore", DeprecationWarning)
log = fapilog.get_logger("test", sinks=["file://" + path])
log.info("x")
log.flush()
child = os.fork()
if child == 0:
    os.rename(os.path.dirname(path), os.path.dirname(path) + "-moved")
    log.info("lost")
    log.info("lost")
    assert log.stats().dropped_by_reason["closed"] == 2
    sys.exit(0)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0
"""
    result = run_program(_SINKS + code, folder / "app.jsonl")
    assert result.returncode == 0, result
    lines = result.stderr.splitlines()
    assert lines[0].startswith("fapilog: logger `test` cannot go on in a forked process")
    assert lines[1].startswith("fapilog: this process was forked")
    assert len(lines) == 3


def test_forking_again_and_again_while_threads_log_never_hangs(tmp_path: Path) -> None:
    code = """
import os, warnings
warnings.simplefilter("ignore", DeprecationWarning)
# The sink has the lock of standard error; what it writes is gigabytes that nobody needs.
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
log = fapilog.get_logger("test", sinks=["null", "stderr"], overflow="drop_newest")
stop = threading.Event()
def work():
    while not stop.is_set():
        log.info("x")
threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for _ in range(40):
    child = os.fork()
    if child == 0:
        log.info("x")
        log.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
stop.set()
"""
    result = run_program(_SINKS + code, tmp_path / "unused")
    assert result.returncode == 0, result.stderr[-2_000:]


_IMPORT = """
import json, os, sys, threading
threads_before = len(os.listdir("/proc/self/task"))
files_before = set(os.listdir("/proc/self/fd"))
before = set(sys.modules)
import fapilog
fapilog.get_logger, fapilog.plugins, fapilog.Logger, fapilog.FapilogError
print(json.dumps({
    "modules": sorted(set(sys.modules) - before),
    "threads": len(os.listdir("/proc/self/task")) - threads_before,
    "files": sorted(set(os.listdir("/proc/self/fd")) - files_before),
}))
"""


def test_importing_starts_no_thread_opens_no_file_and_loads_nothing_heavy() -> None:
    result = run_program(_IMPORT)
    ended_well(result)
    found = json.loads(result.stdout)
    assert found["threads"] == 0
    assert found["files"] == []
    heavy = {"asyncio", "importlib.metadata", "concurrent.futures", "email", "socket", "logging"}
    assert not heavy & set(found["modules"])


def test_a_logger_without_python_plugins_needs_no_event_loop() -> None:
    code = """
import sys, fapilog
log = fapilog.get_logger("test", sinks=["null", "file:///dev/null"])
log.info("x")
log.close()
print("asyncio" in sys.modules, "importlib.metadata" in sys.modules)
"""
    result = run_program(code)
    ended_well(result)
    assert result.stdout == "False False\n"


def test_closing_gives_threads_and_files_back(tmp_path: Path) -> None:
    class Sink:
        async def write(self, record: object) -> None:
            pass

    def used() -> tuple[int, int]:
        return len([*Path("/proc/self/task").iterdir()]), len([*Path("/proc/self/fd").iterdir()])

    before = used()
    for _ in range(20):
        with fapilog.get_logger("test", sinks=[Sink(), tmp_path / "app.jsonl"]) as log:
            log.info("x")
    wait_until("threads and files are back", lambda: used() <= before)
