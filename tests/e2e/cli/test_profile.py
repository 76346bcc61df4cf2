"""`fapilog plugin profile`: where the time goes, and advice only where its pattern is seen."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import events, make_plugin

if TYPE_CHECKING:
    from .conftest import Environment

#: For each pattern: its place in the source, and the same plugin with and without it.
PATTERNS = {
    "connection-per-record": (
        "sink",
        "reader, writer = await asyncio.open_connection('127.0.0.1', PORT)",
        """
    async def write(self, record):
        {pattern}
        writer.write(b'x')
        writer.close()
""",
        """
    async def start(self):
        {pattern}
        self._writer = writer

    async def write(self, record):
        self._writer.write(b'x')

    async def stop(self):
        self._writer.close()
""",
    ),
    "file-per-record": (
        "sink",
        "with open(os.devnull, 'ab') as file:",
        """
    async def write(self, record):
        {pattern}
            file.write(b'x')
""",
        """
    async def write(self, record):
        pass

    async def write_batch(self, records):
        {pattern}
            file.write(b'x')
""",
    ),
    "blocking-call": (
        "processor",
        "time.sleep(0.002)",
        """
    async def process(self, record):
        {pattern}
        return record
""",
        """
    async def process(self, record):
        await asyncio.sleep(0)
        return record
""",
    ),
    "needless-copy": (
        "processor",
        "changed = copy.deepcopy(record)",
        """
    async def process(self, record):
        {pattern}
        changed['seen'] = True
        return changed
""",
        """
    async def process(self, record):
        return {{**record, 'seen': True}}
""",
    ),
    "task-per-record": (
        "enricher",
        "return await asyncio.create_task(self._look_up())",
        """
    async def enrich(self, record):
        {pattern}

    async def _look_up(self):
        return {{'tea': True}}
""",
        """
    async def enrich(self, record):
        return await self._look_up()

    async def _look_up(self):
        return {{'tea': True}}
""",
    ),
}

HEAD = """import asyncio
import copy
import os
import socket
import threading
import time

_LISTENER = socket.create_server(('127.0.0.1', 0), backlog=2000)
PORT = _LISTENER.getsockname()[1]


class {name}:
"""


def profiled(
    command: Path, workshop: Environment, tmp_path: Path, kind: str, body: str, *, advised: bool
) -> tuple[dict[str, Any], Path]:
    """The profile of a plugin with a body, and its source."""
    plugin = make_plugin(command, tmp_path, "slow", "--kind", kind)
    source = plugin / f"src/fapilog_slow/{kind}.py"
    source.write_text(HEAD.replace("{name}", f"Slow{kind.title()}") + body)
    words: list[str | Path] = [command, "plugin", "profile", "--records", "300", "--format", "json"]
    printed = workshop.run(words, folder=plugin, expect=int(advised))
    (found,) = [event for event in events(printed) if event["event"] == "profile"]
    return found, source


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_slow_pattern_is_advised_against_at_its_line(
    command: Path, workshop: Environment, tmp_path: Path, pattern: str
) -> None:
    kind, line, slow, _ = PATTERNS[pattern]
    body = slow.format(pattern=line)
    found, source = profiled(command, workshop, tmp_path, kind, body, advised=True)
    (advice,) = found["advice"]
    assert advice["id"] == pattern
    assert advice["place"]["file"] == str(source)
    assert advice["place"]["source"] == line
    assert 0.5 <= advice["per_record"] <= 2


@pytest.mark.parametrize("pattern", PATTERNS)
def test_without_the_pattern_there_is_no_advice(
    command: Path, workshop: Environment, tmp_path: Path, pattern: str
) -> None:
    kind, line, _, better = PATTERNS[pattern]
    body = better.format(pattern=line)
    found, _ = profiled(command, workshop, tmp_path, kind, body, advised=False)
    assert found["advice"] == []


BUSY = """
    async def process(self, record):
        return {**record, 'sum': self._busy()}

    def _busy(self):
        return sum(range(20_000))
"""


def test_the_time_is_where_it_was_spent(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    plugin = make_plugin(command, tmp_path, "slow", "--kind", "processor")
    source = plugin / "src/fapilog_slow/processor.py"
    source.write_text(HEAD.replace("{name}", "SlowProcessor") + BUSY)
    words: list[str | Path] = [
        command,
        "plugin",
        "profile",
        "--records",
        "3000",
        "--flame",
        "flame.svg",
    ]
    printed = workshop.run([*words, "--format", "json"], folder=plugin)
    (found,) = [event for event in events(printed) if event["event"] == "profile"]
    assert found["load"]["records"] == 3000
    (stage,) = found["stages"]
    assert stage["records"] == 3000
    assert 0.5 < stage["share"] <= 1
    assert stage["p99_us"] >= stage["p50_us"] > 10
    busy = [row for row in found["functions"] if "_busy" in row["function"]]
    assert max(row["total"] for row in busy) > 0.8
    counted = {row["function"].rpartition(".")[2]: row["calls_per_record"] for row in busy}
    assert counted["_busy"] == 1
    svg = ElementTree.parse(plugin / "flame.svg").getroot()
    titles = [title.text or "" for title in svg.iter("{http://www.w3.org/2000/svg}title")]
    assert any("_busy" in title for title in titles)
    text = workshop.run(words, folder=plugin)
    assert "no known slow pattern was seen" in text
    assert "\x1b" not in text


def test_the_report_for_programs_is_lines_of_json(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    plugin = make_plugin(command, tmp_path, "slow", "--kind", "filter")
    words: list[str | Path] = [command, "plugin", "profile", "--records", "50", "--format", "json"]
    for line in workshop.run(words, folder=plugin).splitlines():
        assert json.loads(line)["event"] in ("progress", "profile")
