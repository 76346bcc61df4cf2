"""Text forms of records."""

from __future__ import annotations

import json
import os
import pty
import re
import sys
from pathlib import Path
from typing import Any

import fapilog
import pytest
from fapilog import ConfigurationError, formats
from fapilog.plugins import Record
from fapilog.sinks import Destination
from hypothesis import given
from hypothesis import strategies as st

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}"


class Keeping:
    """Makes flat records of those that a call made."""

    async def process(self, record: Record) -> Record:
        return record


def text_of(tmp_path: Path, log_some: Any, form: Any, **options: Any) -> str:
    """The text in a file, the same whether a plugin saw the records or not."""
    texts = []
    for processors in ([], [Keeping()]):
        path = tmp_path / "app.log"
        path.unlink(missing_ok=True)
        with fapilog.get_logger(
            "shop", sinks=[path], format=form, processors=processors, **options
        ) as log:
            log_some(log)
        texts.append(path.read_text())
    times = r"\d{4}-\d\d-\d\dT[0-9:.]+Z?"
    assert re.sub(times, "T", texts[0]) == re.sub(times, "T", texts[1])
    return texts[0]


def fail(log: fapilog.Logger) -> None:
    try:
        try:
            raise KeyError("user")
        except KeyError as error:
            raise ValueError("no such user\x1b[31m") from error
    except ValueError:
        log.exception("lookup failed", user_id=42)


def test_pretty_is_one_aligned_line_and_a_traceback_below(tmp_path: Path) -> None:
    def log_some(log: fapilog.Logger) -> None:
        log.info("paid", user_id=42, name="hello world", plan="free", tags=["a", {"b": None}])
        log.warning("slow")
        fail(log)

    text = text_of(tmp_path, log_some, formats.Pretty(color="never"))
    lines = text.splitlines()
    assert re.fullmatch(
        TIME + r" INFO     shop paid {24} user_id=42 name=\"hello world\" plan=free "
        r"tags=\[\"a\",\{\"b\":null\}\]",
        lines[0],
    )
    assert re.fullmatch(TIME + " WARNING  shop slow", lines[1])
    assert re.fullmatch(TIME + r" ERROR    shop lookup failed {15} user_id=42", lines[2])
    assert lines[3].startswith('      File "')
    assert lines[4] == "    KeyError: 'user'"
    assert lines[5] == "    which led to"
    assert lines[-1] == "    ValueError: no such user\\u001b[31m"


def test_nothing_in_a_record_steers_the_terminal(tmp_path: Path) -> None:
    evil = "\x1b[2J\r\n\x07\x9b31m\u202eabc\u2028"

    def log_some(log: fapilog.Logger) -> None:
        log.bind(**{f"key{evil}": evil}).info(evil, nested={evil: [evil]})

    text = text_of(tmp_path, log_some, formats.Pretty(color="never"))
    assert text.count("\n") == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", text)


def test_colour_only_on_a_terminal_or_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    program = (
        "import fapilog\n"
        "log = fapilog.get_logger('shop', format='auto')\n"
        "log.error('x', a=1)\n"
        "log.close()\n"
    )

    def on_terminal() -> str:
        parent, child = pty.openpty()
        pid = os.fork()
        if pid == 0:
            os.dup2(child, 1)
            os.execv(sys.executable, [sys.executable, "-c", program])
        os.close(child)
        os.waitpid(pid, 0)
        text = os.read(parent, 65_536).decode()
        os.close(parent)
        return text

    assert "\x1b[31mERROR" in on_terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    text = on_terminal()
    assert "ERROR" in text
    assert "\x1b" not in text
    monkeypatch.delenv("NO_COLOR")
    plain = text_of(tmp_path, lambda log: log.info("x"), "auto")
    assert json.loads(plain)["message"] == "x"
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in text_of(tmp_path, lambda log: log.info("x"), "pretty")


def test_logfmt_quotes_what_needs_it_and_flattens_maps(tmp_path: Path) -> None:
    def log_some(log: fapilog.Logger) -> None:
        log.info(
            "two words",
            **{"bad key=": 'say "hi"\n', "empty": "", "n": 1.5, "no": None, "flag": True},
            outer={"inner": {"x": 1}, "none": {}},
            items=[1, "a b"],
        )

    text = text_of(tmp_path, log_some, "logfmt")
    rest = text.split(" ", 1)[1]
    assert rest == (
        'level=info logger=shop msg="two words" bad_key_="say \\"hi\\"\\n" empty="" n=1.5 no=null '
        'flag=true outer.inner.x=1 outer.none={} items="[1,\\"a b\\"]"\n'
    )


def test_logfmt_tells_of_exceptions(tmp_path: Path) -> None:
    text = text_of(tmp_path, fail, "logfmt")
    assert text.count("\n") == 1
    assert ' error_type=ValueError error="no such user\\u001b[31m" stack="' in text


def test_ecs_has_the_names_of_the_schema(tmp_path: Path) -> None:
    def log_some(log: fapilog.Logger) -> None:
        log.info("paid", trace_id="t1", amount=1.5, **{"http.response.status_code": 200})
        log.info("x", host="a", **{"host.name": "b"})
        fail(log)

    paid, both, failed = (
        json.loads(line) for line in text_of(tmp_path, log_some, "ecs").splitlines()
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", paid.pop("@timestamp"))
    assert paid == {
        "log.level": "info",
        "message": "paid",
        "ecs.version": "8.17.0",
        "log.logger": "shop",
        "trace.id": "t1",
        "http.response.status_code": 200,
        "labels": {"amount": 1.5},
    }
    assert (both["host.name"], both["labels"]) == ("b", {"host": "a"})
    assert failed["error.type"] == "ValueError"
    assert failed["error.stack_trace"].splitlines()[-1].startswith("ValueError: no such user")
    assert failed["user.id"] == 42


def test_a_function_makes_the_text_and_what_it_fails_on_is_json(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def shout(record: Record) -> str:
        if record["message"] == "bad":
            raise ValueError("not this one")
        if record["message"] == "worse":
            return None  # type: ignore[return-value]
        return str(record["message"]).upper() + "\n"

    def log_some(log: fapilog.Logger) -> None:
        for message in ("one", "bad", "worse", "two"):
            log.info(message)

    lines = text_of(tmp_path, log_some, shout).splitlines()
    assert (lines[0], lines[3]) == ("ONE", "TWO")
    assert json.loads(lines[1])["message"] == "bad"
    assert json.loads(lines[2])["message"] == "worse"
    assert "could not be formatted and is written as JSON" in capfd.readouterr().err


def test_each_sink_has_its_own_format(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a", "b", "c", "d")]
    sinks: list[Any] = [
        paths[0],
        Destination(sink=paths[1], format="logfmt"),
        Destination(sink=paths[2], format=formats.Ecs()),
        Destination(sink=paths[3], format=lambda record: record["message"]),
    ]
    with fapilog.get_logger("shop", sinks=sinks) as log:
        log.info("paid")
    texts = [path.read_text() for path in paths]
    assert json.loads(texts[0])["logger"] == "shop"
    assert " msg=paid" in texts[1]
    assert json.loads(texts[2])["log.logger"] == "shop"
    assert texts[3] == "paid\n"


@pytest.mark.parametrize("form", ["prety", 7, object(), int])
def test_what_is_no_format_is_refused(form: Any) -> None:
    with pytest.raises(ConfigurationError, match="option `format` is"):
        fapilog.get_logger("shop", sinks=["null"], format=form)
    with pytest.raises(ConfigurationError, match="option `format` is"):
        Destination(sink="null", format=form)


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.integers() | st.none()))
def test_any_record_is_one_line_of_logfmt_and_one_object_of_ecs(fields: dict[str, Any]) -> None:
    folder = Path("/dev/shm" if Path("/dev/shm").is_dir() else "/tmp")
    paths = [folder / f"fapilog-{os.getpid()}-{name}" for name in ("logfmt", "ecs", "pretty")]
    sinks = [Destination(sink=path, format=path.name.rsplit("-", 1)[1]) for path in paths]
    try:
        with fapilog.get_logger("shop", sinks=sinks) as log:
            log.bind(**fields).info("x")
        logfmt, ecs, pretty = (path.read_bytes() for path in paths)
    finally:
        for path in paths:
            path.unlink(missing_ok=True)
    assert logfmt.count(b"\n") == pretty.count(b"\n") == 1
    pairs = json.loads(ecs, object_pairs_hook=list)
    assert len({key for key, _ in pairs}) == len(pairs)
