"""`fapilog plugin debug` and `explain`: what each stage does with a record, and why it is there."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import threading
import time
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from .conftest import events, make_plugin

if TYPE_CHECKING:
    from .conftest import Environment

RECORDS = """\
{"level": "INFO", "message": "order processed", "note": "0123456789abc", "user_id": 42}
only a message
{"level": "LOUD", "message": "of no level"}
{"level": "ERROR", "message": "of another logger", "logger": "shop.db", "exception": {"type": "E"}}
"""


def traced(printed: str) -> list[dict[str, Any]]:
    return [event for event in events(printed) if event["event"] == "trace"]


def test_every_record_of_a_file_is_followed_through_the_project(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    plugin = make_plugin(command, tmp_path, "traced")
    (plugin / "in.jsonl").write_text(RECORDS)
    words: list[str | Path] = [command, "plugin", "debug", "in.jsonl", "--option", "max_length=4"]
    found = traced(workshop.run([*words, "--format", "json"], folder=plugin, expect=1))
    assert [one["number"] for one in found] == [1, 2, 3, 4]
    first, message, unknown, other = found
    shortened, written = first["steps"]
    assert shortened["stage"] == "traced-processor"
    assert shortened["outcome"] == "changed"
    assert shortened["changes"] == [
        {"path": "note", "before": "0123456789abc", "after": "0123… [9 more]"}
    ]
    assert shortened["us"] > 0
    assert (written["stage"], written["outcome"]) == ("traced-sink", "written")
    assert first["result"]["note"] == "0123… [9 more]"
    assert message["record"]["message"] == "only a message"
    assert "`LOUD` is not known" in unknown["skipped"]
    assert other["record"]["logger"] == "shop.db"
    text = workshop.run(words, folder=plugin, expect=1)
    assert "\x1b" not in text
    assert '      - note: "0123456789abc"\n      + note: "0123… [9 more]"\n' in text


def test_what_a_stage_raises_is_shown_with_its_line(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    plugin = make_plugin(command, tmp_path, "wrong", "--kind", "redactor")
    source = plugin / "src/fapilog_wrong/redactor.py"
    text = source.read_text().replace(
        "return self._masked_mapping(record, depth=0)", 'raise LookupError("no such mask")'
    )
    source.write_text(text)
    (plugin / "in.jsonl").write_text('{"message": "secret"}\n')
    words: list[str | Path] = [command, "plugin", "debug", "in.jsonl", "--format", "json"]
    ((step,),) = [one["steps"] for one in traced(workshop.run(words, folder=plugin, expect=1))]
    assert step["outcome"] == "failed, withheld"
    assert step["error"]["message"] == "LookupError: no such mask"
    assert step["error"]["place"]["file"] == str(source)
    assert step["error"]["place"]["source"] == 'raise LookupError("no such mask")'


CONFIGURATION = """
sinks = ["file:///SINK"]
filters = [{type = "level", minimum = "WARNING"}]
redactors = [{type = "fields", paths = ["password"]}]
"""


def test_stages_of_the_engine_are_traced_and_sinks_get_nothing_unasked(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    (tmp_path / "fapilog.toml").write_text(CONFIGURATION.replace("/SINK", str(out)))
    records = '{"level": "INFO", "message": "a"}\n{"level": "ERROR", "password": "x"}\n'
    (tmp_path / "in.jsonl").write_text(records)
    words: list[str | Path] = [command, "plugin", "debug", "in.jsonl", "--config", "fapilog.toml"]
    dropped, redacted = traced(workshop.run([*words, "--format", "json"], folder=tmp_path))
    assert [step["outcome"] for step in dropped["steps"]] == ["taken out"]
    assert dropped["result"] is None
    level, fields = redacted["steps"]
    assert (level["stage"], level["kind"], level["outcome"]) == ("level", "filter", "unchanged")
    assert fields["changes"] == [{"path": "password", "before": "x", "after": "***"}]
    assert not out.exists() or out.read_text() == ""
    workshop.run([*words, "--sinks"], folder=tmp_path)
    assert json.loads(out.read_text())["password"] == "***"


def test_records_come_from_standard_input_too(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    plugin = make_plugin(command, tmp_path, "piped", "--kind", "filter")
    ended = subprocess.run(
        [command, "plugin", "debug"],
        cwd=plugin,
        env=workshop.variables(),
        input='{"message": "of a pipe"}\n',
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert '#1 INFO "of a pipe"' in ended.stdout


APPLICATION = """
import sys, threading
import fapilog

async def tag(record):
    return {**record, "tag": "tea"}

redact = fapilog.redactors.Fields(paths=["password"])
processors = [fapilog.processors.DropFields(paths=["noise"]), tag]
with fapilog.get_logger("shop", sinks=["null"], processors=processors, redactors=[redact],
                        debug_socket=sys.argv[1]) as log:
    print("ready", flush=True)
    while True:
        log.info("tick", noise=1, password="hunter2")
        threading.Event().wait(0.01)
"""


def test_a_running_application_can_be_looked_at_by_its_user_only(
    command: Path, workshop: Environment
) -> None:
    # Not in the folder of pytest, which others may not enter at all.
    folder = Path(mkdtemp())
    folder.chmod(0o755)
    path = folder / "shop.sock"
    application = subprocess.Popen(
        [workshop.scripts / "python", "-c", APPLICATION, path],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert application.stdout is not None
        assert application.stdout.readline() == "ready\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        words: list[str | Path] = [command, "plugin", "debug", "--socket", path, "--records", "3"]
        found = traced(workshop.run([*words, "--format", "json"]))
        assert len(found) == 3
        (step,) = found[0]["steps"]
        assert step["stage"] == "tag"
        assert step["changes"] == [{"path": "tag", "after": "tea"}]
        # Nobody is looked for any more, and somebody else may look.
        assert len(traced(workshop.run([*words, "--format", "json"]))) == 3
        if os.geteuid() == 0:  # only root can become somebody else
            stranger: list[str | Path] = [workshop.scripts / "python", "-c", STRANGER, path]
            assert workshop.run(stranger) == "the file is closed to others\n"
            path.chmod(0o666)
            assert workshop.run(stranger) == "nothing was told\n"
    finally:
        application.terminate()
        application.communicate(timeout=30)
    deadline = time.monotonic() + 30
    while path.exists():
        assert time.monotonic() < deadline, "the socket goes with its pipeline"
        threading.Event().wait(0.01)
    folder.rmdir()
    gone = workshop.run([command, "plugin", "debug", "--socket", path], expect=1)
    assert "error[socket-not-opened]" in gone


STRANGER = """
import os, socket, sys
looker = socket.socket(socket.AF_UNIX)
os.setgid(65534)
os.setuid(65534)
try:
    looker.connect(sys.argv[1])
except PermissionError:
    print("the file is closed to others")
else:
    print("nothing was told" if looker.recv(1) == b"" else "it was told of records")
"""


def test_explain_shows_the_order_and_where_each_setting_is_from(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    (tmp_path / "fapilog.toml").write_text(CONFIGURATION.replace("/SINK", str(tmp_path / "o")))
    words: list[str | Path] = [command, "plugin", "explain", "--config", "fapilog.toml"]
    (found,) = events(
        workshop.run(
            [*words, "--format", "json"], folder=tmp_path, extra={"FAPILOG_LEVEL": "DEBUG"}
        )
    )
    assert [stage["name"] for stage in found["stages"]] == ["level", "fields"]
    assert [sink["name"] for sink in found["sinks"]] == ["file"]
    assert found["settings"]["level"] == {"value": "DEBUG", "from": "variable FAPILOG_LEVEL"}
    assert found["settings"]["filters"]["from"] == "file fapilog.toml"
    assert found["settings"]["overflow"]["from"] == "default"
    text = workshop.run(words, folder=tmp_path)
    assert re.search(r"1 +level +filter +the engine +fapilog\n", text), text


def test_explain_shows_no_secret_of_a_configuration(
    command: Path, workshop: Environment, tmp_path: Path
) -> None:
    plugin = make_plugin(command, tmp_path, "quiet", "--kind", "sink")
    words: list[str | Path] = [
        command,
        "plugin",
        "explain",
        "--option",
        "path=hunter2",
        "--format",
        "json",
    ]
    printed = workshop.run(words, folder=plugin)
    assert "hunter2" not in printed
    (found,) = events(printed)
    assert found["settings"]["sinks"] == {"value": ["quiet"], "from": "the plugin project"}
