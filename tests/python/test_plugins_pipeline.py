"""Plugins at work: the contract of each kind, their order, their failures and their limits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

import fapilog
import pytest
from tests.python.support import PATIENCE, Collect, logged, wait_until

Record = Mapping[str, Any]


class Filter:
    def __init__(self, result: Any = None) -> None:
        self.result = result

    async def filter(self, record: Record) -> Any:
        return _given(self.result, record)


class Enricher:
    def __init__(self, result: Any = None) -> None:
        self.result = result

    async def enrich(self, record: Record) -> Any:
        return _given(self.result, record)


class Processor:
    def __init__(self, result: Any = None) -> None:
        self.result = result

    async def process(self, record: Record) -> Any:
        return _given(self.result, record)


class Redactor:
    def __init__(self, result: Any = None) -> None:
        self.result = result

    async def redact(self, record: Record) -> Any:
        return _given(self.result, record)


def _given(result: Any, record: Record) -> Any:
    """The result as given; raised or called with the record if it is of such a kind."""
    if isinstance(result, BaseException):
        raise result
    return result(record) if callable(result) else result


_KINDS: list[tuple[str, type[Any]]] = [
    ("filters", Filter),
    ("enrichers", Enricher),
    ("processors", Processor),
    ("redactors", Redactor),
]
_FAILURES = [
    ValueError("bad"),
    asyncio.CancelledError(),
    SystemExit(3),
    KeyboardInterrupt(),
    StopAsyncIteration(),
]


def one(**options: Any) -> list[dict[str, Any]]:
    return logged(lambda logger: logger.info("hello", secret="s", nested={"a": [1]}), **options)


def test_a_filter_takes_out_what_it_returns_none_for() -> None:
    keep_even = Filter(lambda record: record if record["number"] % 2 == 0 else None)

    def log(logger: fapilog.Logger) -> None:
        for number in range(10):
            logger.info("x", number=number)
        logger.flush()
        assert logger.stats().filtered == 5

    assert [record["number"] for record in logged(log, filters=[keep_even])] == [0, 2, 4, 6, 8]


def test_an_enricher_adds_fields_behind_the_others_and_overwrites_none() -> None:
    (record,) = one(enrichers=[Enricher({"host": "h1", "message": "no", "secret": "no"})])
    assert record["host"] == "h1"
    assert (record["message"], record["secret"]) == ("hello", "s")
    assert list(record)[:4] == ["timestamp", "level", "logger", "message"]
    assert list(record)[-1] == "host"


def test_a_processor_replaces_the_record_or_takes_it_out() -> None:
    (record,) = one(processors=[Processor(lambda record: {**record, "secret": "S"})])
    assert record["secret"] == "S"
    assert one(processors=[Processor(None)]) == []


def test_a_processor_may_return_any_mapping_and_any_values() -> None:
    from collections import UserDict

    (record,) = one(processors=[Processor(lambda record: UserDict({**record, 1: object}))])
    assert record["1"] == "<class 'object'>"


def test_a_processor_may_change_the_level() -> None:
    (record,) = one(processors=[Processor(lambda record: {**record, "level": "ERROR"})])
    assert record["level"] == "ERROR"


def test_a_redactor_sees_what_every_other_stage_added() -> None:
    seen: list[str] = []

    def redact(record: Record) -> Record:
        seen.extend(record)
        return {key: value for key, value in record.items() if key not in ("secret", "added")}

    (record,) = one(
        processors=[Processor(lambda record: {**record, "added": "secret, too"})],
        redactors=[Redactor(redact)],
    )
    assert {"secret", "added"} <= set(seen)
    assert not {"secret", "added"} & set(record)


def test_stages_run_in_the_order_of_their_kinds_and_within_a_kind_as_given() -> None:
    order: list[str] = []

    def step(name: str) -> Any:
        def note(record: Record) -> Record:
            order.append(name)
            return record

        return note

    one(
        redactors=[Redactor(step("r1")), Redactor(step("r2"))],
        processors=[Processor(step("p1")), Processor(step("p2"))],
        enrichers=[Enricher(step("e1")), Enricher(step("e2"))],
        filters=[Filter(step("f1")), Filter(step("f2"))],
    )
    assert order == ["f1", "f2", "e1", "e2", "p1", "p2", "r1", "r2"]


@pytest.mark.parametrize("failure", _FAILURES, ids=lambda failure: type(failure).__name__)
@pytest.mark.parametrize(("option", "kind"), _KINDS)
def test_a_stage_that_raises_anything_leaves_the_record_as_it_was_or_withholds_it(
    option: str, kind: type[Any], failure: BaseException
) -> None:
    def log(logger: fapilog.Logger) -> None:
        for _ in range(3):
            logger.info("hello", secret="s")
        logger.flush()
        (plugin,) = (run for run in logger.stats().plugins if run.kind != "sink")
        assert (plugin.records, plugin.errors) == (3, 3)

    records = logged(log, **{option: [kind(failure)]})
    assert len(records) == 3
    for record in records:
        if option == "redactors":
            assert set(record) == {"timestamp", "level", "logger", "message"}
            assert record["message"] == "[withheld: redactor Redactor failed]"
        else:
            assert (record["message"], record["secret"]) == ("hello", "s")


@pytest.mark.parametrize(
    "wrong", [True, 7, "text", [("a", 1)], object()], ids=lambda wrong: type(wrong).__name__
)
@pytest.mark.parametrize(("option", "kind"), _KINDS)
def test_a_stage_that_returns_something_wrong_counts_as_failed(
    option: str, kind: type[Any], wrong: object, capfd: pytest.CaptureFixture[str]
) -> None:
    (record,) = one(**{option: [kind(lambda _: wrong)]})
    assert ("secret" in record) == (option != "redactors")
    assert f"returned `{type(wrong).__name__}`, expected" in capfd.readouterr().err


@pytest.mark.parametrize("option", ["enrichers", "redactors"])
def test_none_is_no_result_for_enrichers_and_redactors(option: str) -> None:
    (record,) = one(**{option: [dict(_KINDS)[option](None)]})
    assert ("secret" in record) == (option == "enrichers")


def test_what_a_failed_stage_did_to_its_record_does_not_leak() -> None:
    def spoil(record: Any) -> Any:
        record["secret"] = "spoilt"
        record["nested"]["a"].append("spoilt")
        record["nested"]["b"] = "spoilt"
        raise ValueError

    (record,) = one(
        filters=[Filter(spoil)], enrichers=[Enricher(spoil)], processors=[Processor(spoil)]
    )
    assert (record["secret"], record["nested"]) == ("s", {"a": [1]})


def test_no_sink_sees_what_another_one_changes() -> None:
    class Spoiling:
        async def write(self, record: Any) -> None:
            record["nested"]["a"].append("spoilt")

    first, last = Collect(), Collect()
    with fapilog.get_logger("test", sinks=[first, Spoiling(), last]) as log:
        log.info("x", nested={"a": [1]})
    assert first.records == last.records
    assert last.records[0]["nested"] == {"a": [1]}


def test_a_task_of_a_plugin_that_exits_does_not_end_the_host() -> None:
    class Background:
        async def process(self, record: Record) -> Record:
            self.task = asyncio.create_task(self._leave())
            return {**record, "seen": True}

        async def _leave(self) -> None:
            raise SystemExit(3)

    def log(logger: fapilog.Logger) -> None:
        for _ in range(5):
            logger.info("x")
            assert logger.flush(timeout=PATIENCE)

    assert [record["seen"] for record in logged(log, processors=[Background()])] == [True] * 5


def test_tasks_that_a_plugin_leaves_running_are_cancelled_at_the_end() -> None:
    ended: list[str] = []

    class Leaving:
        async def write(self, record: Record) -> None:
            self.task = asyncio.create_task(self._linger())
            await asyncio.sleep(0)

        async def _linger(self) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("task")

    with fapilog.get_logger("test", sinks=[Leaving()]) as log:
        log.info("x")
    assert ended == ["task"]


def test_a_sink_with_write_batch_gets_batches_of_at_most_512() -> None:
    sizes: list[int] = []

    class Batching(Collect):
        async def write_batch(self, records: list[dict[str, Any]]) -> None:
            sizes.append(len(records))
            self.records.extend(records)

    sink = Batching()
    with fapilog.get_logger("test", sinks=[sink]) as log:
        for number in range(3_000):
            log.info("x", number=number)
    assert [record["number"] for record in sink.records] == list(range(3_000))
    assert 1 < len(sizes) < 500
    assert max(sizes) <= 512


def test_a_sink_that_fails_on_one_record_gets_all_others_once() -> None:
    class Picky(Collect):
        attempts = 0

        async def write(self, record: Record) -> None:
            if record["number"] == 5:
                self.attempts += 1
                raise ValueError("not this one")
            await super().write(record)

    sink, healthy = Picky(), Collect()
    with fapilog.get_logger("test", sinks=[sink, healthy]) as log:
        for number in range(10):
            log.info("x", number=number)
        log.flush()
        stats = log.stats()
    assert [record["number"] for record in sink.records] == [0, 1, 2, 3, 4, 6, 7, 8, 9]
    assert sink.attempts == 3
    assert len(healthy.records) == stats.delivered == 10
    assert (stats.sinks[0].written, stats.sinks[0].dropped, stats.sinks[0].errors) == (9, 1, 3)


@pytest.mark.parametrize("failure", _FAILURES, ids=lambda failure: type(failure).__name__)
def test_a_sink_that_raises_anything_loses_only_its_own_records(failure: BaseException) -> None:
    class Failing:
        async def write(self, record: Record) -> None:
            raise failure

    healthy = Collect()
    with fapilog.get_logger("test", sinks=[Failing(), healthy]) as log:
        log.info("x")
    assert len(healthy.records) == 1
    assert (log.stats().sinks[0].dropped, log.stats().delivered) == (1, 1)


def test_two_pipelines_share_nothing() -> None:
    first, second = Collect(), Collect()
    with (
        fapilog.get_logger("a", sinks=[first], processors=[Processor(ValueError())]) as a,
        fapilog.get_logger("b", sinks=[second]) as b,
    ):
        a.info("x")
        b.info("y")
        a.close()
        b.info("z")
        b.flush()
        assert b.stats().plugins == (fapilog.PluginStats("collect", "sink", 2, 0),)
    assert [record["logger"] for record in first.records] == ["a"]
    assert [record["message"] for record in second.records] == ["y", "z"]


def test_a_plugin_may_log_to_its_own_logger_without_a_deadlock() -> None:
    loggers: list[fapilog.Logger] = []

    class Chatty(Collect):
        async def write(self, record: Record) -> None:
            await super().write(record)
            if record["message"] == "outer":
                loggers[0].info("inner")

    sink = Chatty()
    with fapilog.get_logger("test", sinks=[sink]) as log:
        loggers.append(log)
        log.info("outer")
        wait_until("both records", lambda: len(sink.records) == 2)


def test_plugins_run_on_one_loop_that_is_not_the_applications() -> None:
    loops: set[int] = set()
    threads: set[str] = set()

    class Where(Collect):
        async def process(self, record: Record) -> Record:
            await self.write(record)
            return record

        async def write(self, record: Record) -> None:
            loops.add(id(asyncio.get_running_loop()))
            threads.add(threading.current_thread().name)

    async def application() -> None:
        where = Where()
        with fapilog.get_logger("test", sinks=[where], processors=[where]) as log:
            log.info("x")
        loops.discard(id(asyncio.get_running_loop()))

    asyncio.run(application())
    assert len(loops) == 1
    assert threads == {"fapilog-plugins"}
