"""Plugins in Rust, made with `fapilog-sdk`, in real pipelines: panics, hangs, lies, any value."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fapilog
import pytest
from fapilog import PluginError
from fapilog.plugins import NativeLibrary, Use
from fapilog.sinks import Destination
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.python.support import logged, run_program

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("processor", "redactor", "sink")

Zoo = Callable[[str], NativeLibrary]


@pytest.fixture(scope="session")
def zoo() -> Zoo:
    """The library of a kind."""
    wanted = [word for name in NAMES for word in ("--example", f"zoo_{name}")]
    command = ["cargo", "build", "--quiet", "--locked", "--package", "fapilog-sdk", *wanted]
    ended = subprocess.run(
        [*command, "--message-format", "json"], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    built: dict[str, str] = {}
    for line in ended.stdout.splitlines():
        message = json.loads(line)
        if message["reason"] == "compiler-artifact":
            built[message["target"]["name"]] = message["filenames"][0]
    return lambda kind: NativeLibrary(built[f"zoo_{kind}"])


def does(zoo: Zoo, what: str) -> Use:
    return Use(zoo("processor"), config={"do": what})


def numbers(log: fapilog.Logger) -> None:
    for number in range(10):
        log.info("x", n=number)


def test_every_instance_is_its_own(zoo: Zoo) -> None:
    parts = [Use(zoo("processor"), name=name, config={"do": "count"}) for name in ("a", "b")]
    records = logged(numbers, processors=parts)
    assert [record["seen"] for record in records] == list(range(1, 11))
    assert [record["seen"] for record in logged(numbers, processors=parts)] == list(range(1, 11))


def test_a_processor_takes_records_out(zoo: Zoo) -> None:
    records = logged(numbers, processors=[does(zoo, "drop-odd")])
    assert [record["n"] for record in records] == [0, 2, 4, 6, 8]


@pytest.mark.parametrize("how", ["fail", "panic"])
def test_a_failure_on_one_record_leaves_that_one_as_it_was(
    zoo: Zoo, how: str, capfd: pytest.CaptureFixture[str]
) -> None:
    records = logged(numbers, processors=[does(zoo, f"{how}-odd")])
    assert [record["n"] for record in records] == list(range(10))
    assert [record.get("touched", False) for record in records] == [True, False] * 5
    errors = capfd.readouterr().err
    assert "stage `zoo`: it failed on" in errors
    assert "on 2" in errors
    if how == "panic":
        assert "it panicked at " in errors
        assert "zoo_processor.rs:" in errors
    # The library's own standard output of panics is not there: one line from the diagnostics.
    assert "thread '" not in errors


def test_a_redactor_that_panics_withholds_that_record(
    zoo: Zoo, capfd: pytest.CaptureFixture[str]
) -> None:
    def log_all(log: fapilog.Logger) -> None:
        for message in ("a s3cret", "panic", "fail", "fine"):
            log.info(message, secret=["s3cret"], other=1)

    first, second, third, fourth = logged(log_all, redactors=[zoo("redactor")])
    assert (first["message"], first["secret"], first["other"]) == ("****", ["****"], 1)
    for withheld in (second, third):
        assert "[withheld: redactor hides failed]" in withheld["message"]
        assert "secret" not in withheld
    assert fourth["message"] == "fine"
    assert "out of luck" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("refuse", "port 0 is taken"),
        ("panic-in-create", "no room"),
        ("hang-in-create", "it took longer than 5 s"),
        ("fail-in-start", "no connection"),
        ("panic-in-start", "no wire"),
    ],
)
def test_what_does_not_start_is_an_error(zoo: Zoo, what: str, reason: str) -> None:
    with pytest.raises(PluginError) as caught:
        fapilog.get_logger("t", sinks=["null"], processors=[does(zoo, what)])
    assert caught.value.error_id == "plugin-start"
    assert reason in caught.value.message


def test_a_wrong_configuration_is_named_and_a_secret_is_not_shown(zoo: Zoo) -> None:
    for config, named in (
        ({"port": "hunter2"}, "invalid type: a text, expected u16"),
        ({"prot": 1}, "unknown field `prot`"),
    ):
        part = Use(zoo("processor"), config=config)
        with pytest.raises(PluginError, match=named) as caught:
            fapilog.get_logger("t", sinks=["null"], processors=[part])
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("what", "said"),
    [("fail-in-stop", "will not stop"), ("panic-in-stop", "cannot stop"), ("panic-in-drop", "")],
)
def test_what_does_not_stop_is_said_and_the_application_goes_on(
    zoo: Zoo, what: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert len(logged(numbers, processors=[does(zoo, what)])) == 10
    errors = capfd.readouterr().err
    assert said in errors
    assert "thread '" not in errors


def test_a_hang_holds_up_the_end_no_longer_than_the_limit(zoo: Zoo) -> None:
    code = """
import sys, time, fapilog
from fapilog.plugins import NativeLibrary, Use
part = Use(NativeLibrary(sys.argv[1]), config={"do": "hang"})
log = fapilog.get_logger("t", sinks=["stdout"], processors=[part])
log.info("x")
start = time.monotonic()
report = log.close(timeout=0.5)
print(report.undelivered, report.stuck, time.monotonic() - start < 3)
"""
    result = run_program(code, zoo("processor").path, timeout=30)
    assert result.stdout == "1 ('plugins',) True\n", result.stderr
    assert result.returncode == 0


def test_a_record_that_becomes_too_long_goes_on_as_it_was(
    zoo: Zoo, capfd: pytest.CaptureFixture[str]
) -> None:
    (record,) = logged(lambda log: log.info("x", n=1), processors=[does(zoo, "huge")])
    assert (record["n"], "huge" in record) == (1, False)
    assert "a record became 524" in capfd.readouterr().err


@pytest.mark.parametrize("first", ["", "fail", "panic", "lie"])
def test_a_sink_that_fails_in_the_middle_gets_the_others_again(
    zoo: Zoo, first: str, tmp_path: Path
) -> None:
    path = tmp_path / "out"
    part = Use(zoo("sink"), config={"path": str(path), "first": first})
    sink = Destination(sink=part, batch_records=10, batch_delay=1, first_delay=0)
    with fapilog.get_logger("t", sinks=[sink]) as log:
        numbers(log)
        assert log.flush()
        stats = log.stats()
    written = [json.loads(line)["n"] for line in path.read_text().splitlines()]
    assert stats.sinks[0].written == 10
    if first == "lie":
        # One that fails cannot have taken all: the last record comes again, whatever it says.
        assert written == [0, 1, 9]
    else:
        assert written == list(range(10))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(records=st.lists(st.dictionaries(st.text(max_size=8), JSON, max_size=5), max_size=12))
def test_any_value_comes_back_as_it_went_in(zoo: Zoo, records: list[dict[str, Any]]) -> None:
    """Everything is read and written anew by the SDK, in captured frames and in flat ones."""

    def log_all(log: fapilog.Logger) -> None:
        for fields in records:
            log.bind(**dict.fromkeys(list(fields)[:1], 0)).info("ü", **fields)

    async def same(record: Any) -> Any:
        return record

    def without_time(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{key: one[key] for key in one if key != "timestamp"} for one in found]

    plain = without_time(logged(log_all))
    assert without_time(logged(log_all, processors=[does(zoo, "echo")])) == plain
    assert without_time(logged(log_all, processors=[same, does(zoo, "echo")])) == plain
