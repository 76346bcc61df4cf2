"""`fapilog plugin dev`: a plugin that is exchanged on every save, in a running application."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import make_plugin

if TYPE_CHECKING:
    from .conftest import Environment

SAVES = 100

#: Milliseconds from a save to the first record through the new code. The median is held to the
#: promise: single saves may meet a busy moment of the machine.
RELOAD_MS = 300

RETURN = "return {**record, **changed} if changed else record"

CODE = """
from dataclasses import dataclass

@dataclass(frozen=True)
class ProcessorConfig:
    max_length: int = 1

class LivelyProcessor:
    Config = ProcessorConfig

    def __init__(self, config=None):
        pass

    async def process(self, record):
        return {**record, "version": VERSION}
"""


class Development:
    """A running `fapilog plugin dev`, and what it told so far."""

    def __init__(self, command: Path, workshop: Environment, plugin: Path, *words: str) -> None:
        self.source = plugin / "src/fapilog_lively/processor.py"
        self.process = subprocess.Popen(
            [command, "plugin", "dev", "--format", "json", *words],
            cwd=plugin,
            env=workshop.variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            # A group of its own, for the interrupt that a terminal sends to all of a group.
            start_new_session=True,
        )

    def events(self) -> Iterator[dict[str, Any]]:
        assert self.process.stdout is not None
        return map(json.loads, self.process.stdout)

    def next(self, *names: str) -> dict[str, Any]:
        """The next event of one of these names."""
        return next(event for event in self.events() if event["event"] in names)

    def begun(self) -> None:
        """Wait until records pass through the plugin."""
        next(e for e in self.events() if e["event"] == "status" and e["plugins"] and e["submitted"])

    def save(self, version: int) -> None:
        self.source.write_text(CODE.replace("VERSION", str(version)))

    def end(self) -> dict[str, Any]:
        """Interrupt it as a terminal would; returns its last counts."""
        os.killpg(self.process.pid, signal.SIGINT)
        last = self.next("end")
        assert self.process.wait(timeout=30) == 0
        return last


@pytest.fixture
def develop(
    command: Path, workshop: Environment, tmp_path: Path
) -> Iterator[Callable[..., Development]]:
    started: list[Development] = []

    def start(*words: str) -> Development:
        plugin = tmp_path / "fapilog-lively"
        if not plugin.exists():
            make_plugin(command, tmp_path, "lively", "--kind", "processor")
        started.append(Development(command, workshop, plugin, *words))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()


def test_a_hundred_saves_lose_no_record_and_are_taken_up_at_once(
    develop: Callable[..., Development],
) -> None:
    running = develop("--rate", "200")
    running.begun()
    took = []
    for version in range(SAVES):
        running.save(version)
        took.append(running.next("passed")["ms"])
    last = running.end()
    print(f"reload: median {statistics.median(took):.0f} ms, most {max(took):.0f} ms")
    assert statistics.median(took) <= RELOAD_MS
    assert last["reloads"] == SAVES
    assert last["failed_reloads"] == 0
    assert last["submitted"] == last["delivered"] > SAVES
    assert last["dropped"] == last["filtered"] == last["queued"] == 0
    (plugin,) = last["plugins"]
    assert plugin["records"] == last["submitted"], "each record was asked about once"
    assert plugin["errors"] == 0
    assert plugin["last"][-1]["difference"] == [{"path": "version", "after": SAVES - 1}]
    numbers = [one["before"]["sequence"] for one in plugin["last"]]
    assert numbers == list(range(last["submitted"] - len(numbers), last["submitted"]))


@pytest.mark.parametrize(
    ("code", "error", "line", "source"),
    [
        ("def broken(:\n", "SyntaxError", 1, "def broken(:"),
        ("import os\nimport nothing_of_that_name\n", "ModuleNotFoundError", 2, "import nothing"),
        (CODE.replace("        pass", "        raise OSError('no disk')"), "no disk", 12, "raise"),
        (
            CODE + "    async def start(self):\n        raise OSError('no peer')\n",
            "no peer",
            17,
            "raise OSError",
        ),
    ],
    ids=["syntax", "import", "constructor", "start"],
)
def test_code_that_fails_is_shown_with_its_line_and_the_old_code_goes_on(
    develop: Callable[..., Development], code: str, error: str, line: int, source: str
) -> None:
    running = develop("--rate", "100")
    running.begun()
    running.save(1)
    running.next("passed")
    running.source.write_text(code.replace("VERSION", "2"))
    failed = next(e for e in running.events() if e["event"] == "reload" and not e["ok"])
    assert error in failed["error"]
    assert failed["place"]["file"] == str(running.source)
    assert failed["place"]["line"] == line
    assert source in failed["place"]["source"]
    before = running.next("status")["submitted"]
    status = next(
        event
        for event in running.events()
        if event["event"] == "status" and event["submitted"] > before
    )
    (plugin,) = status["plugins"]
    assert plugin["last"][-1]["difference"] == [{"path": "version", "after": 1}]
    assert plugin["errors"] == 0
    running.save(3)
    running.next("passed")
    last = running.end()
    assert last["failed_reloads"] == 1
    assert last["submitted"] == last["delivered"]


def test_a_record_that_fails_is_shown_with_its_line(develop: Callable[..., Development]) -> None:
    running = develop("--rate", "100")
    running.begun()
    running.source.write_text(CODE.replace('{**record, "version": VERSION}', "1 / 0"))
    status = next(
        event for event in running.events() if event["event"] == "status" and event["failures"]
    )
    failure = status["failures"][-1]
    assert failure["plugin"] == "lively"
    assert failure["error"] == "ZeroDivisionError: division by zero"
    assert failure["place"]["source"] == "return 1 / 0"
    running.end()


APPLICATION = """
import threading
import fapilog
from fapilog_lively.processor import LivelyProcessor

def main():
    processors = ["lively"] if BY_NAME else [LivelyProcessor()]
    with fapilog.get_logger("own", sinks=["null"], processors=processors) as log:
        while True:
            log.info("tick")
            threading.Event().wait(0.01)

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("app", ["app.py", "app:main"])
@pytest.mark.parametrize("by_name", [True, False])
def test_ones_own_application_runs_with_the_plugin(
    develop: Callable[..., Development], command: Path, tmp_path: Path, app: str, by_name: bool
) -> None:
    plugin = make_plugin(command, tmp_path, "lively", "--kind", "processor")
    (plugin / "app.py").write_text(APPLICATION.replace("BY_NAME", str(by_name)))
    running = develop("--app", app)
    running.begun()
    running.save(7)
    running.next("passed")
    last = running.end()
    assert last["reloads"] == 1
    assert last["plugins"][0]["last"][-1]["difference"] == [{"path": "version", "after": 7}]
    assert last["submitted"] == last["delivered"]


def test_away_from_a_terminal_it_prints_lines_without_colour(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    plugin = make_plugin(command, tmp_path, "lively", "--kind", "processor")
    words: list[str | Path] = [command, "plugin", "dev", "--rate", "1000", "--records", "200"]
    printed = workshop.run(words, folder=plugin)
    assert "\x1b" not in printed
    assert "200 records: 200 delivered, 0 taken out, 0 lost; 0 reloads, 0 failed" in printed
    assert "plugin   kind" in printed


def test_outside_of_a_project_it_says_how_to_make_one(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    printed = workshop.run([command, "plugin", "dev"], folder=tmp_path, expect=1)
    assert "error[no-plugin-project]" in printed
    assert "hint: fapilog plugin new acme" in printed
