"""The four doors of configuration, presets, the builder, and the command that shows it all."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import fapilog
import pytest
from fapilog import ConfigurationError, LoggerBuilder, filters, redactors
from fapilog._schema import schema
from fapilog._settings import NAMES, resolve
from fapilog.sinks import Destination, File, Http, Syslog
from tests.python.support import Collect


def settings(**environment: str) -> Any:
    return resolve({}, environment=environment).settings


# --- environment ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("level", "debug", "debug"),
        ("level", "15", 15),
        ("levels", "shop.db=DEBUG, web=ERROR", {"shop.db": "DEBUG", "web": "ERROR"}),
        ("sinks", "stdout,null", ["stdout", "null"]),
        ("format", "logfmt", "logfmt"),
        ("filters", "sampling?rate=0.5", [filters.Sampling(rate=0.5)]),
        ("enrichers", "host", [fapilog.enrichers.Host()]),
        ("processors", "truncate://?max_bytes=9", [fapilog.processors.Truncate(max_bytes=9)]),
        ("redactors", "fields?paths=a&paths=b.c", [redactors.Fields(paths=["a", "b.c"])]),
        ("alerters", "pager", ["pager"]),
        ("alert_level", "error", "error"),
        ("alert_interval", "2.5", 2.5),
        ("policy", '{"deny": ["acme-*"]}', {"deny": ["acme-*"]}),
        ("overflow", "drop_oldest", "drop_oldest"),
        ("block_timeout", "0.25", 0.25),
        ("sample_one_in", "3", 3),
        ("protected", "ERROR,60", ["ERROR", "60"]),
        ("queue_records", "100", 100),
        ("queue_bytes", "100000", 100_000),
        ("durable", "mmap", "mmap"),
        ("durable_folder", "/var/lib/shop/log", "/var/lib/shop/log"),
        ("durable_bytes", "20000000", 20_000_000),
        ("debug_socket", "/run/user/1000/shop.sock", "/run/user/1000/shop.sock"),
    ],
)
def test_every_setting_has_a_variable_with_an_effect(name: str, text: str, expected: Any) -> None:
    if name == "protected":
        text, expected = "ERROR,INFO", ["ERROR", "INFO"]
    resolved = resolve({}, environment={f"FAPILOG_{name.upper()}": text})
    assert getattr(resolved.settings, name) == expected
    assert resolved.origins[name] == f"variable FAPILOG_{name.upper()}"
    assert resolve({}, environment={}).origins[name] == "default"


def test_every_setting_is_tested_above() -> None:
    marks = test_every_setting_has_a_variable_with_an_effect.pytestmark
    assert {case[0] for case in marks[0].args[1]} == set(NAMES)


def test_the_environment_configures_a_logger_and_arguments_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a b.jsonl"
    monkeypatch.setenv("FAPILOG_SINKS", f"file://{str(path).replace(' ', '%20')}?rotate_size=1MB")
    monkeypatch.setenv("FAPILOG_LEVEL", "DEBUG")
    with fapilog.get_logger("shop") as log:
        log.debug("x")
    assert json.loads(path.read_text())["message"] == "x"
    with fapilog.get_logger("shop", level="INFO", sinks=["null"]) as log:
        assert log.level == 20
        assert [sink.name for sink in log.stats().sinks] == ["null"]


# --- URIs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "file:///t/a%20b.log?maxBytes=1000&backupCount=2",
            File("/t/a b.log", rotate_size=1000, keep=2),
        ),
        (
            "file:///t/a.log?rotate_every=daily&mkdir=yes&compress=gzip",
            File("/t/a.log", rotate_every="daily", mkdir=True, compress="gzip"),
        ),
        (
            "file:///t/a.log?minimum=ERROR&format=logfmt&attempts=2",
            Destination(sink=File("/t/a.log"), minimum="ERROR", format="logfmt", attempts=2),
        ),
        ("stderr?format=pretty", None),
        ("https://logs.example/in?token=1", Http(url="https://logs.example/in?token=1")),
        (
            "syslog+tcp://logs.example:6514?facility=local0",
            Syslog(address="tcp://logs.example:6514", facility="local0"),
        ),
        ("acme://host/path?x=1", "acme://host/path?x=1"),
    ],
)
def test_a_uri_is_a_sink_with_typed_options(text: str, expected: object) -> None:
    (found,) = settings(FAPILOG_SINKS=text).sinks
    if expected is None:
        assert isinstance(found, Destination)
        assert found.format == "pretty"
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("variable", "text", "named"),
    [
        ("FAPILOG_LEVEL", "LOUD", "setting `level` from variable FAPILOG_LEVEL cannot be used"),
        ("FAPILOG_QUEUE_RECORDS", "many", "expected a whole number from 1"),
        ("FAPILOG_SINKS", "file:///t/a?maxBytes=x", "`file.rotate_size` is `x`"),
        ("FAPILOG_SINKS", "file:///t/a?keep=x&rotate_size=1", "`file.keep` is `x`"),
        ("FAPILOG_SINKS", "file:///t/a?rotatesize=1", "did you mean `rotate_size`?"),
        ("FAPILOG_SINKS", "file:///t/a?mkdir=perhaps", "expected true or false"),
        ("FAPILOG_SINKS", '{"type": "flie"}', "did you mean `file`?"),
        ("FAPILOG_SINKS", "{broken", "a table as JSON"),
        ("FAPILOG_FILTERS", "sampling?rate=7", "a number from 0 to 1"),
        ("FAPILOG_FILTERS", "sampling?x=7", "known are rate"),
        ("FAPILOG_FILTERS", "sampling?seed=1", "with rate"),
        ("FAPILOG_LEVELS", "shop", "pairs such as shop.db=DEBUG"),
        ("FAPILOG_LEVLE", "INFO", "did you mean `level`?"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(variable: str, text: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(named)) as caught:
        settings(**{variable: text})
    assert variable in str(caught.value) or caught.value.error_id == "unknown-setting"


def test_variables_of_others_are_left_alone() -> None:
    assert settings(FAPILOG_ACME_TOKEN="x", FAPILOG_MARKET_LOG="y").level == "INFO"


def test_secrets_of_a_uri_are_in_no_error() -> None:
    with pytest.raises(fapilog.FapilogError) as caught:
        fapilog.get_logger(
            "shop", sinks=list(settings(FAPILOG_SINKS="acme://u:s3cret@h?t=s3cret").sinks)
        )
    assert "s3cret" not in str(caught.value)


# --- files ---------------------------------------------------------------------------------------

TOML = """
level = "DEBUG"
sinks = ["null", {type = "file", path = "PATH", rotate_size = "1 MB", minimum = "ERROR"}]
redactors = [{type = "fields", paths = ["password"]}]
protected = ["ERROR"]

[levels]
"shop.db" = "ERROR"

[[filters]]
type = "sampling"
rate = 1.0
"""


@pytest.mark.parametrize("name", ["fapilog.toml", "pyproject.toml"])
def test_a_file_configures_a_logger(tmp_path: Path, name: str) -> None:
    path, log_path = tmp_path / name, tmp_path / "app.jsonl"
    text = TOML.replace("PATH", str(log_path))
    if name == "pyproject.toml":
        text = "[tool.fapilog]" + text.replace("[levels]", "[tool.fapilog.levels]").replace(
            "[[filters]]", "[[tool.fapilog.filters]]"
        )
    path.write_text(text)
    with fapilog.get_logger("shop", config=path) as log:
        assert (log.level, log.child("db").level) == (10, 40)
        log.info("x", password="hunter2")
        log.error("y", password="hunter2")
        log.flush()
        assert log.stats().delivered == 2
    (line,) = log_path.read_text().splitlines()
    assert json.loads(line)["password"] == "***"


def test_a_file_is_only_read_when_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fapilog.toml").write_text('level = "ERROR"')
    assert settings().level == "INFO"
    assert settings(FAPILOG_CONFIG="fapilog.toml").level == "ERROR"
    assert settings(FAPILOG_CONFIG="fapilog.toml", FAPILOG_LEVEL="DEBUG").level == "DEBUG"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("level = ", "line 1"),
        ("levle = 'INFO'", "no setting of file"),
        ("level = 'LOUD'", "setting `level` from file"),
        ("sinks = 'stdout'", 'expected a list, such as sinks=["name"]'),
        ("sinks = [{type = 'file'}]", "with path"),
        ("sinks = [{type = 'file', path = 'a', pth = 1}]", "did you mean `path`?"),
        ("sinks = [{path = 'a'}]", "`type`, one of"),
        ("queue_records = 0", "a whole number from 1"),
        ("overflow = 'explode'", "drop_oldest"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "fapilog.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=re.escape(named)):
        resolve({}, config=path, environment={})


@pytest.mark.parametrize("content", [None, b"\xff", b"# " + b"x" * 2**20, b"[tool.other]"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "pyproject.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="configuration file") as caught:
        resolve({}, config=path, environment={})
    assert caught.value.error_id == "bad-config-file"


# --- presets and the builder ---------------------------------------------------------------------


@pytest.mark.parametrize("preset", fapilog.list_presets())
def test_every_preset_logs(preset: str) -> None:
    sink = Collect()
    with fapilog.get_logger("shop", preset=preset, sinks=[sink]) as log:
        log.info("x", password="hunter2", user_id=42)
    (record,) = sink.records
    assert record["user_id"] == 42
    hides = preset in ("production", "serverless", "hardened")
    assert (record["password"] == "***") == hides
    assert ("host" in record) == hides


def test_what_is_said_comes_before_the_preset() -> None:
    resolved = resolve({"level": "ERROR"}, preset="dev", environment={"FAPILOG_FORMAT": "ecs"})
    assert (resolved.settings.level, resolved.settings.format) == ("ERROR", "ecs")
    assert resolve({}, preset="dev", environment={}).origins["level"] == "preset dev"
    with pytest.raises(ConfigurationError, match=re.escape("did you mean `production`?")):
        resolve({}, preset="prodution", environment={})


def test_the_builder_makes_what_the_arguments_make(tmp_path: Path) -> None:
    sink, path = Collect(), tmp_path / "app.log"
    builder = (
        LoggerBuilder()
        .with_name("shop")
        .with_preset("minimal")
        .with_level("TRACE")
        .with_levels({"shop.db": "ERROR"})
        .add_sink(sink, minimum="INFO")
        .add_file(path, rotate_size="1 MB")
        .with_format("logfmt")
        .with_sampling(1.0)
        .with_trace_sampling(1.0)
        .with_rate_limit(1_000)
        .with_first_occurrence(window=0.001, keys=["n"])
        .with_deduplication(window=0.001, keys=["n"])
        .with_enrichers(fapilog.enrichers.Static(values={"region": "eu"}))
        .with_size_guard(max_bytes=10_000)
        .with_redaction(preset="credentials", fields=["session"], patterns=["order-[0-9]+"])
        .with_context(service="shop")
        .with_overflow("drop_oldest")
        .with_backpressure(wait_ms=20)
        .with_protected_levels("ERROR")
        .with_queue(records=500, bytes=100_000)
        .with_queue_size(400)
    )
    with builder.build() as log:
        log.trace("order-17", n=1)
        log.info("order-17", n=2, session="s", password="p")
        assert log.child("db").level == 40
    (record,) = sink.records
    assert (record["message"], record["session"], record["password"]) == ("***", "***", "***")
    assert (record["service"], record["region"]) == ("shop", "eu")
    assert path.read_text().count("msg=***") == 2

    async def main() -> None:
        async with LoggerBuilder("a").add_sink("null").build_async() as log:
            await log.info("x")

    asyncio.run(main())


# --- schema and command --------------------------------------------------------------------------


def run(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fapilog", "config", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        timeout=60,
    )


def test_the_schema_knows_every_setting_and_every_part() -> None:
    text = json.dumps(schema())
    assert set(schema()["properties"]) == {*NAMES, "preset"}
    for kind in ("file", "http", "syslog", "sampling", "thread", "validate", "patterns"):
        assert f'{{"const": "{kind}"}}' in text
    assert '"description": ""' not in text


def test_the_command_checks_and_says_what_is_wrong(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(TOML.replace("PATH", str(tmp_path / "never-made.jsonl")))
    bad.write_text("sinks = ['stdot']")
    fine = run("check", "good.toml", cwd=tmp_path)
    assert (fine.returncode, fine.stdout) == (0, "the settings can be used\n"), fine.stderr
    assert not (tmp_path / "never-made.jsonl").exists()
    wrong = run("check", "bad.toml", cwd=tmp_path)
    assert wrong.returncode == 1
    assert "did you mean `stdout`?" in wrong.stderr
    assert run("check", cwd=tmp_path, FAPILOG_LEVEL="LOUD").returncode == 1
    assert run("chekc", cwd=tmp_path).returncode == 2


def test_the_command_shows_values_their_places_and_no_secret(tmp_path: Path) -> None:
    (tmp_path / "fapilog.toml").write_text('level = "DEBUG"\nsinks = ["https://h/?t=s3cret"]')
    environment = {"FAPILOG_FORMAT": "ecs", "FAPILOG_CONFIG": "fapilog.toml"}
    shown = run("show", "--preset", "production", cwd=tmp_path, **environment)
    assert re.search(r"^level +DEBUG  \(file fapilog.toml\)$", shown.stdout, re.MULTILINE)
    assert re.search(r"^format +ecs  \(variable FAPILOG_FORMAT\)$", shown.stdout, re.MULTILINE)
    assert "(preset production)" in shown.stdout
    assert "s3cret" not in shown.stdout
    as_json = json.loads(run("show", "--format", "json", cwd=tmp_path, **environment).stdout)
    assert as_json["level"] == {"value": "DEBUG", "from": "file fapilog.toml"}
    assert json.loads(run("schema", cwd=tmp_path).stdout) == schema()
