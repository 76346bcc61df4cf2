"""Wrong arguments: a clear error with a hint, and nothing half done."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import fapilog
import pytest
from fapilog import ConfigurationError, FapilogError
from tests.python.support import Collect


def engine_threads() -> int:
    """Threads of this process that belong to the engine."""
    names = [(task / "comm").read_text() for task in Path("/proc/self/task").iterdir()]
    return sum(name.startswith("fapilog") for name in names)


def refused(**options: Any) -> FapilogError:
    """The error of a call, after which nothing runs."""
    before = threading.active_count()
    engine_before = engine_threads()
    with pytest.raises(FapilogError) as caught:
        fapilog.get_logger(options.pop("name", "test"), **options)
    assert threading.active_count() == before
    assert engine_threads() <= engine_before
    return caught.value


@pytest.mark.parametrize(
    ("options", "error_id", "message"),
    [
        (
            {"level": "loud"},
            "bad-level",
            "level `loud` is not known; expected TRACE, DEBUG, INFO, ",
        ),
        ({"level": 256}, "bad-level", "or a number from 0 to 255"),
        ({"level": True}, "bad-level", "level `True`"),
        ({"name": 7}, "bad-option", "option `name` is `int`; expected text"),
        ({"name": "a\ud800"}, "bad-option", "expected text without lone surrogates"),
        ({"sinks": []}, "no-sink", "logger `test` has no sink"),
        ({"sinks": "stdout"}, "bad-option", 'expected a list, such as sinks=["name"]'),
        ({"sinks": 7}, "bad-option", "option `sinks` is `int`"),
        ({"processors": "acme"}, "bad-option", 'such as processors=["name"]'),
        ({"sinks": ["stdot"]}, "unknown-sink", "no sink is named `stdot`; did you mean `stdout`?"),
        ({"sinks": [""]}, "unknown-sink", "no sink is named ``"),
        ({"sinks": ["file://"]}, "bad-sink", "`file://` is no sink: it has no path"),
        ({"sinks": ["file:///"]}, "bad-sink", "it has no path"),
        ({"sinks": ["file://host/a"]}, "bad-sink", "a local path has three slashes"),
        ({"sinks": ["file://[::1/a"]}, "bad-sink", "Invalid IPv6 URL"),
        ({"sinks": ["file:///a?rotate=1"]}, "bad-sink", "a file takes no options yet"),
        ({"sinks": [7]}, "plugin-wrong-kind", "plugin `int` is no sink: it has no method `write`"),
        ({"sinks": [None]}, "plugin-wrong-kind", "is no sink"),
        ({"sinks": [Collect]}, "plugin-wrong-kind", "it is a class; give an instance: Collect()"),
        ({"processors": [Collect()]}, "plugin-wrong-kind", "it has no method `process`"),
        ({"processors": ["acme"]}, "unknown-plugin", "no processor plugin is named `acme`"),
        (
            {"overflow": "explode"},
            "bad-option",
            'expected "block", "drop_newest", "drop_oldest" or "sample"',
        ),
        ({"block_timeout": -1}, "bad-option", "a number of seconds of at least 0"),
        ({"block_timeout": float("nan")}, "bad-option", "option `block_timeout` is `nan`"),
        ({"queue_records": 0}, "bad-option", "a whole number from 1 to"),
        ({"queue_records": 1.5}, "bad-option", "option `queue_records` is `1.5`"),
        ({"queue_bytes": True}, "bad-option", "option `queue_bytes` is `True`"),
        ({"queue_bytes": 2**70}, "bad-option", "a whole number from 1 to"),
    ],
)
def test_a_wrong_argument_names_itself_its_value_and_what_was_expected(
    options: dict[str, Any], error_id: str, message: str
) -> None:
    error = refused(**{"sinks": ["null"], **options})
    assert error.error_id == error_id
    assert message in error.message
    assert str(error).startswith(error.message)


def test_an_unknown_sink_says_how_to_install_it() -> None:
    error = refused(sinks=["splunk"])
    assert isinstance(error, ConfigurationError)
    assert isinstance(error, ValueError)
    assert str(error) == (
        "no sink is named `splunk`\n"
        'hint: if it is not installed: pip install "fapilog-splunk", '
        'or uv pip install "fapilog-splunk"\n'
        'hint: known are "stdout", "stderr", "null", "file:///path" and installed plugins'
    )


def test_a_path_given_as_text_gets_the_right_spelling() -> None:
    error = refused(sinks=["/var/log/app.jsonl"])
    assert 'sinks=[pathlib.Path("/var/log/app.jsonl")]' in error.hint
    assert "pip install" not in error.hint


@pytest.mark.parametrize(
    "sink",
    [
        "splunk://user:s3cret@host/x",
        "https://host/?token=s3cret",
        "file://user:s3cret@host/x",
        "file:///a?token=s3cret",
    ],
)
@pytest.mark.parametrize("wrap", [lambda sink: [sink], lambda sink: sink])
def test_no_secret_of_a_sink_gets_into_an_error(sink: str, wrap: Any) -> None:
    error = refused(sinks=wrap(sink))
    assert "s3cret" not in f"{error} {error.args} {error.values}"


def test_a_missing_folder_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "not here" / "app.jsonl"
    error = refused(sinks=[f"file://{path}"])
    assert error.error_id == "sink-not-writable"
    assert str(error) == (
        f"sink `{path}` cannot be written: No such file or directory\n"
        f"hint: make the folder first: mkdir -p '{path.parent}'"
    )
    assert not path.parent.exists()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    error = refused(sinks=[tmp_path])
    assert error.message == f"sink `{tmp_path}` cannot be written: Is a directory"
    assert str(tmp_path / "app.jsonl") in error.hint


def test_a_folder_without_permission_says_so(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        # Nothing is forbidden to root but what the kernel itself keeps.
        path = Path("/proc/app.jsonl")
    else:
        tmp_path.chmod(0o500)
        path = tmp_path / "app.jsonl"
    error = refused(sinks=[path])
    assert error.error_id == "sink-not-writable"
    assert str(path) in error.message
    assert error.hint


def test_a_path_with_a_nul_is_refused() -> None:
    error = refused(sinks=["file:///tmp/a%00b"])
    assert error.error_id == "sink-not-writable"
    assert "nul byte" in error.message.lower()


def test_a_wrong_argument_makes_no_file_and_starts_no_plugin(tmp_path: Path) -> None:
    started: list[str] = []

    class Starting(Collect):
        async def start(self) -> None:
            started.append("started")

    path = tmp_path / "app.jsonl"
    for wrong in ({"processors": ["acme"]}, {"level": "loud"}, {"queue_records": 0}):
        refused(**{"sinks": [path, Starting()], **wrong})
    refused(sinks=[path, Starting(), "acme"])
    assert not path.exists()
    assert not started


def test_a_file_that_cannot_be_opened_stops_the_plugins_again(tmp_path: Path) -> None:
    calls: list[str] = []

    class Noting(Collect):
        async def start(self) -> None:
            calls.append("start")

        async def stop(self) -> None:
            calls.append("stop")

    refused(sinks=[Noting(), tmp_path])
    assert calls == ["start", "stop"]


@pytest.mark.parametrize("timeout", [-1, float("nan"), "soon", None, True])
@pytest.mark.parametrize("method", ["close", "flush"])
def test_a_time_limit_must_be_a_number_of_seconds(method: str, timeout: Any) -> None:
    with fapilog.get_logger("test", sinks=["null"]) as log:
        with pytest.raises(ConfigurationError) as caught:
            getattr(log, method)(timeout=timeout)
        assert caught.value.error_id == "bad-option"
