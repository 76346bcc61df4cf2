"""The engine's own filters, enrichers, processors and redactors, from Python to the file."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import fapilog
import pytest
from fapilog import ConfigurationError, enrichers, filters, processors, redactors
from fapilog.plugins import Record

LogSome = Callable[[fapilog.Logger], object]


def logged(tmp_path: Path, log_some: LogSome, **options: Any) -> list[dict[str, Any]]:
    """The records in a file after a pipeline with some options took them."""
    path = tmp_path / "app.jsonl"
    with fapilog.get_logger("shop", sinks=[path], **options) as log:
        log_some(log)
    text = path.read_text()
    path.unlink()
    return [json.loads(line) for line in text.splitlines()]


def flood(log: fapilog.Logger) -> None:
    for number in range(1_000):
        log.info("same", number=number, trace_id=number // 10)


def test_filters_take_out_what_they_say_and_count_it(tmp_path: Path) -> None:
    def numbers(*parts: Any) -> list[int]:
        return [record["number"] for record in logged(tmp_path, flood, filters=parts)]

    assert numbers(filters.Level(minimum="WARNING", loggers={"other": "INFO"})) == []
    assert numbers(filters.Level(loggers={"shop": "INFO"})) == list(range(1_000))
    assert numbers(filters.Deduplicate(window=600)) == [0]
    assert numbers(filters.FirstOccurrence(window=600, keys=["trace_id"])) == [*range(0, 1_000, 10)]
    assert numbers(filters.RateLimit(per_second=0.001, burst=3)) == [0, 1, 2]
    assert numbers(filters.Match(field="number", pattern="^99[0-9]$")) == [*range(990, 1_000)]
    sampled = numbers(filters.Sampling(rate=0.5, seed=3, trace_key="trace_id"))
    assert len(sampled) % 10 == 0
    assert 300 < len(sampled) < 700
    assert sampled == numbers(filters.Sampling(rate=0.5, seed=3, trace_key="trace_id"))


def test_what_a_filter_takes_out_is_counted_as_filtered() -> None:
    part = filters.RateLimit(per_second=0.001, burst=3)
    with fapilog.get_logger("shop", sinks=["null"], filters=[part]) as log:
        flood(log)
        log.flush()
        stats = log.stats()
    assert (stats.filtered, stats.delivered) == (997, 3)
    assert (stats.stages[0].name, stats.stages[0].filtered) == ("rate_limit", 997)
    assert stats.stages[0].latency.count >= 1


def test_suppressed_records_that_no_record_told_of_are_told_at_the_end(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with fapilog.get_logger("shop", sinks=["null"], filters=[filters.Deduplicate()]) as log:
        flood(log)
    assert "999 suppressed records were not said in any record" in capfd.readouterr().err


def test_enrichers_add_what_they_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("POD_NAME", "web-7")
    monkeypatch.delenv("POD_NAMESPACE", raising=False)
    monkeypatch.delenv("NODE_NAME", raising=False)
    account = tmp_path / "var/run/secrets/kubernetes.io/serviceaccount"
    account.mkdir(parents=True)
    (account / "namespace").write_text("prod\n")
    (tmp_path / "proc/self").mkdir(parents=True)
    container = "0123456789abcdef" * 4
    (tmp_path / "proc/self/cgroup").write_text(f"0::/system.slice/docker-{container}.scope\n")
    record = logged(
        tmp_path,
        lambda log: log.info("x", python="mine"),
        enrichers=[
            enrichers.Host(),
            enrichers.Process(),
            enrichers.Runtime(),
            enrichers.Kubernetes(root=str(tmp_path)),
            enrichers.Container(root=str(tmp_path)),
            enrichers.Static(values={"service": "shop", "labels": {"a": [1, None]}}),
        ],
    )[0]
    assert record["host"] == socket.gethostname()
    assert (record["pid"], record["python"]) == (os.getpid(), "mine")
    assert record["fapilog"] == fapilog.__version__
    assert (record["pod"], record["namespace"]) == ("web-7", "prod")
    assert "node" not in record
    assert record["container_id"] == container
    assert record["labels"] == {"a": [1, None]}


def test_outside_of_kubernetes_nothing_is_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert enrichers.Kubernetes().fields() == {}
    assert enrichers.Container(root=str(tmp_path)).fields() == {}


def test_a_record_names_the_thread_that_made_it(tmp_path: Path) -> None:
    def log_some(log: fapilog.Logger) -> None:
        log.info("main")
        thread = threading.Thread(target=log.info, args=("other",), name="worker-7")
        thread.start()
        thread.join()
        log.info("mine", thread="own")

    main, other, mine = logged(tmp_path, log_some, enrichers=[enrichers.Thread()])
    assert main["thread"] == threading.current_thread().name
    assert main["thread_id"] == threading.get_native_id()
    assert other["thread"] == "worker-7"
    assert other["thread_id"] != main["thread_id"]
    assert mine["thread"] == "own"


def test_processors_run_in_their_order_between_plugins_of_python(tmp_path: Path) -> None:
    class Doubler:
        async def process(self, record: Record) -> Record:
            return {**record, "n": record["n"] * 2, "debug": "x"}

    record = logged(
        tmp_path,
        lambda log: log.info("x", n=21, text="abcdefghij", user="ann", inside={"a": {"b": 1}}),
        processors=[
            processors.Rename(fields={"user": "user_id"}),
            Doubler(),
            processors.DropFields(paths=["debug"]),
            processors.Flatten(),
            Doubler(),
            processors.Truncate(max_bytes=4, paths=["text"]),
            processors.Validate(fields={"n": processors.Rule(type="integer", maximum=80)}),
        ],
    )[0]
    assert (record["user_id"], record["n"], record["debug"]) == ("ann", 84, "x")
    assert record["inside.a.b"] == 1
    assert record["text"] == "abcd…[6 bytes more]"
    assert record["validation_errors"] == ["n: too large"]


SECRET = "s3cr3t-pa55"
CARD = "4111 1111 1111 1111"


class Unprintable:
    def __str__(self) -> str:
        return f"my card is {CARD}"


class Leaky:
    """An enricher that adds secrets after everybody else."""

    async def enrich(self, record: Record) -> Record:
        return {"token": SECRET, "note": f"see https://me:{SECRET}@host/ and {CARD}"}


def test_no_secret_reaches_a_sink_wherever_it_comes_from(tmp_path: Path) -> None:
    def log_some(log: fapilog.Logger) -> None:
        bound = log.bind(password=SECRET, nested=[{"api_key": Decimal("1.5"), "x": (SECRET,)}])
        bound.info(f"password={SECRET} card {CARD}")
        bound.info("x", data={"Authorization": SECRET.encode(), "set": {f"a {CARD}"}})
        bound.info("x", thing=Unprintable(), number=4111111111111111, url=f"ftp://u:{SECRET}@h")
        try:
            raise RuntimeError(f"token={SECRET} for {CARD}")
        except RuntimeError:
            bound.exception("failed")

    seen: list[Record] = []

    class Sink:
        async def write(self, record: Record) -> None:
            seen.append(record)

    rescued = tmp_path / "rescued.jsonl"

    class Broken:
        async def write(self, record: Record) -> None:
            raise OSError("no")

    path = tmp_path / "app.jsonl"
    with fapilog.get_logger(
        "shop",
        sinks=[
            path,
            Sink(),
            fapilog.sinks.Destination(sink=Broken(), fallback=rescued, attempts=1),
        ],
        enrichers=[Leaky()],
        redactors=[*redactors.preset("pci"), redactors.Fields(paths=["nested[*].x"])],
    ) as log:
        log_some(log)
    for text in (path.read_text(), rescued.read_text(), repr(seen)):
        assert text.count("failed") >= 1
        assert SECRET not in text
        assert "1111" not in text
    assert len(seen) == 4


@pytest.mark.parametrize("name", redactors.PRESETS)
def test_every_preset_hides_credentials_and_leaves_plain_records_alone(
    tmp_path: Path, name: str
) -> None:
    plain = {"user_id": 42, "path": "/pay", "took_ms": 1.5, "tags": ["a", "b"]}

    def log_some(log: fapilog.Logger) -> None:
        log.info("paid", **plain)
        log.info("x", Password=SECRET)

    records = logged(
        tmp_path,
        log_some,
        redactors=redactors.preset(name),
    )
    assert {key: records[0][key] for key in plain} == plain
    assert records[0]["message"] == "paid"
    assert records[1]["Password"] == "***"


def test_only_what_is_allowed_leaves(tmp_path: Path) -> None:
    record = logged(
        tmp_path,
        lambda log: log.info(SECRET, user={"id": 1, "name": SECRET}, other=SECRET),
        redactors=[redactors.AllowList(paths=["user.id"])],
    )[0]
    assert record["user"] == {"id": 1, "name": "***"}
    assert SECRET not in json.dumps(record)
    assert (record["level"], record["logger"]) == ("INFO", "shop")


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: filters.Sampling(rate=2), "`sampling.rate` is `2`; expected a number from 0 to 1"),
        (lambda: filters.RateLimit(per_second=0), "`rate_limit.per_second` is `0`"),
        (lambda: filters.Deduplicate(keys="x"), "`deduplicate.keys` is `x`; expected a list"),
        (lambda: filters.Match(field="a", pattern="("), "unclosed group"),
        (lambda: filters.Level(minimum="LOUD"), "level `LOUD` is not known"),
        (lambda: enrichers.Static(values={"a": object()}), "`static.values`"),
        (lambda: processors.Rename(fields={"level": "x"}), "`rename.fields`"),
        (lambda: processors.SizeGuard(max_bytes=1), "`size_guard.max_bytes` is `1`"),
        (
            lambda: processors.Validate(fields={"a": {"type": "strnig"}}),
            "`validate.fields.a` is `strnig`; expected one of text",
        ),
        (lambda: processors.Validate(fields={"a": {"max": 1}}), "unexpected keyword argument"),
        (lambda: redactors.Patterns(known=["crad"]), "did you mean `card`?"),
        (lambda: redactors.Patterns(custom=["(?=x)"]), "look-around"),
        (lambda: redactors.Fields(paths=["a"], action="hash"), "a secret of at least 8 characters"),
        (lambda: redactors.preset("hippa"), "did you mean `hipaa`?"),
    ],
)
def test_options_that_cannot_be_are_refused_with_their_name(
    make: Callable[[], object], named: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(named)):
        make()


def test_a_native_part_in_the_wrong_place_is_refused() -> None:
    with pytest.raises(fapilog.PluginError, match="it is a native filter"):
        fapilog.get_logger("shop", sinks=["null"], redactors=[filters.Level()])


def test_a_salt_is_not_in_the_repr() -> None:
    part = redactors.Fields(paths=["a"], action="hash", salt="pepper-pepper")
    assert "pepper" not in repr(part)
