"""Levels, bound and surrounding context, children, lazy values, and loggers for event loops."""

from __future__ import annotations

import asyncio
import builtins
import contextvars
import inspect
import logging
import sys
import threading
import uuid
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import attrs
import fapilog
import msgspec
import numpy as np
import pydantic
import pytest
from fapilog import ConfigurationError
from fapilog.plugins import Record
from tests.python.support import Collect, logged


@pytest.fixture(autouse=True)
def _clean_context() -> Iterator[None]:
    yield
    fapilog.clear_context()


# --- levels --------------------------------------------------------------------------------------


def test_a_registered_level_has_a_name_everywhere_and_a_method() -> None:
    fapilog.register_level("NOTICE", 25)
    fapilog.register_level("notice", 25)
    sink = Collect()
    with fapilog.get_logger("shop", sinks=[sink], level="NOTICE") as log:
        log.info("too fine")
        log.log("notice", "one", a=1)
        log.log(25, "two")
        log.notice("three")  # type: ignore[attr-defined]
        asyncio.run(_notice(fapilog.AsyncLogger(log)))
        log.log("ERROR", "five")
    assert [(record["level"], record["message"]) for record in sink.records] == [
        ("NOTICE", "one"),
        ("NOTICE", "two"),
        ("NOTICE", "three"),
        ("NOTICE", "four"),
        ("ERROR", "five"),
    ]


async def _notice(log: fapilog.AsyncLogger) -> None:
    await log.notice("four")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "number"),
    [("INFO", 21), ("OTHER", 20), ("bind", 77), ("no good", 78), ("", 79), ("X", 256), ("X", -1)],
)
def test_a_level_that_cannot_be_registered_is_refused(name: str, number: int) -> None:
    with pytest.raises(ConfigurationError):
        fapilog.register_level(name, number)


@pytest.mark.parametrize("level", ["LOUD", 256, -1, None, 1.5])
def test_log_refuses_what_is_no_level(level: Any) -> None:
    with (
        fapilog.get_logger("shop", sinks=["null"]) as log,
        pytest.raises(ValueError, match="level"),
    ):
        log.log(level, "x")


def test_enabled_levels_can_be_asked_for_and_changed_for_all_who_share_them() -> None:
    with fapilog.get_logger("shop", sinks=["null"], levels={"shop.db": "ERROR"}) as log:
        bound, web, database = log.bind(a=1), log.child("web"), log.child("db")
        pool = database.child("pool")
        assert not log.isEnabledFor("DEBUG")
        assert log.is_enabled_for(logging.INFO)
        log.set_level("DEBUG")
        assert bound.isEnabledFor("DEBUG")
        assert web.level == 10
        assert (database.level, pool.level) == (40, 40)
        database.set_level("TRACE")
        assert (pool.level, log.level) == (5, 10)


def test_a_childs_name_is_below_its_parents_and_fields_are_inherited() -> None:
    sink = Collect()
    with fapilog.get_logger("shop", sinks=[sink], levels={"shop": "DEBUG"}) as log:
        log.bind(request="r1").child("db").child("pool").debug("x")
    assert sink.records[0]["logger"] == "shop.db.pool"
    assert sink.records[0]["request"] == "r1"


def test_bound_fields_can_be_taken_back() -> None:
    def log_some(log: fapilog.Logger) -> None:
        bound = log.bind(a=1, b=2, c=3)
        bound.unbind("a", "c").info("x")
        bound.try_unbind("b", "absent").info("x")
        with bound.bound(d=4) as inner:
            inner.info("x")
        with pytest.raises(KeyError, match="absent"):
            bound.unbind("absent")

    fields = [
        {key: value for key, value in record.items() if key in "abcd"}
        for record in logged(log_some)
    ]
    assert fields == [{"b": 2}, {"a": 1, "c": 3}, {"a": 1, "b": 2, "c": 3, "d": 4}]


# --- context -------------------------------------------------------------------------------------


def test_context_is_in_every_record_and_calls_come_last() -> None:
    def log_some(log: fapilog.Logger) -> None:
        log.info("before")
        token = fapilog.bind_context(request="r1", user=1)
        log.bind(user=0, place="bound").info("a")
        with fapilog.context(user=2, data={"x": [1]}):
            log.info("b", user=3)
            assert fapilog.get_context() == {"request": "r1", "user": 2, "data": {"x": [1]}}
        fapilog.unbind_context("user", "absent")
        log.info("c")
        token.reset()
        log.info("d")

    before, a, b, c, d = logged(log_some)
    assert "request" not in before
    assert (a["request"], a["user"], a["place"]) == ("r1", 1, "bound")
    assert (b["user"], b["data"]) == (3, {"x": [1]})
    assert c["request"] == "r1"
    assert "user" not in c
    assert "request" not in d


def test_tasks_have_contexts_of_their_own_and_children_inherit_them() -> None:
    sink = Collect()

    async def handle(log: fapilog.Logger, number: int) -> None:
        fapilog.bind_context(request=number)
        await asyncio.sleep(0)
        log.info("outer", number=number)

        async def inner() -> None:
            fapilog.bind_context(step="inner")
            log.info("inner", number=number)

        await asyncio.create_task(inner())
        await asyncio.to_thread(log.info, "thread", number=number)
        log.info("after", number=number)

    async def main(log: fapilog.Logger) -> None:
        await asyncio.gather(*(handle(log, number) for number in range(50)))

    with fapilog.get_logger("shop", sinks=[sink]) as log:
        asyncio.run(main(log))
    assert len(sink.records) == 200
    for record in sink.records:
        assert record["request"] == record["number"]
        assert ("step" in record) == (record["message"] == "inner")


def test_threads_begin_empty_unless_a_context_is_preserved() -> None:
    sink = Collect()
    with (
        fapilog.get_logger("shop", sinks=[sink]) as log,
        ThreadPoolExecutor(2) as executor,
        fapilog.context(request="r1"),
    ):
        work = fapilog.preserve_context(log.info)
        thread = threading.Thread(target=log.info, args=("plain",))
        thread.start()
        thread.join()
        list(executor.map(work, ["kept"] * 4))
        executor.submit(contextvars.copy_context().run, log.info, "copied").result()
    requests = [(record["message"], record.get("request")) for record in sink.records]
    assert sorted(requests) == [("copied", "r1"), *[("kept", "r1")] * 4, ("plain", None)]


# --- values --------------------------------------------------------------------------------------


def test_lazy_values_are_made_when_and_only_when_they_are_logged() -> None:
    calls: list[str] = []

    def make(name: str) -> str:
        calls.append(name)
        return name

    def fail() -> str:
        raise ValueError("not now")

    def log_some(log: fapilog.Logger) -> None:
        log.set_level("INFO")
        log.debug(lambda: make("m0"), a=lambda: make("a0"), b=fapilog.lazy(lambda: make("b0")))
        log.info(
            fapilog.lazy(lambda: make("message")),
            a=lambda: make("a"),
            nested=[lambda: {"x": fapilog.lazy(lambda: make("deep"))}],
            broken=fapilog.lazy(fail),
            callback=make,
        )

    (record,) = logged(log_some)
    assert calls == ["message", "a", "deep"]
    assert record["message"] == "message"
    assert (record["a"], record["nested"]) == ("a", [{"x": "deep"}])
    assert record["broken"] == "[unprintable Lazy: ValueError]"
    assert record["callback"].startswith("<function")


class Model(pydantic.BaseModel):
    id: int
    tags: list[str]


class Packed(msgspec.Struct):
    id: int
    inner: Model


@attrs.define
class Slotted:
    id: int
    key: uuid.UUID


@dataclass
class Plain:
    slotted: Slotted


def test_objects_of_models_are_maps_of_their_fields() -> None:
    key = uuid.UUID(int=7)
    record = logged(
        lambda log: log.info(
            "x",
            model=Model(id=1, tags=["a"]),
            packed=Packed(id=2, inner=Model(id=3, tags=[])),
            plain=Plain(Slotted(4, key)),
        )
    )[0]
    assert record["model"] == {"id": 1, "tags": ["a"]}
    assert record["packed"] == {"id": 2, "inner": {"id": 3, "tags": []}}
    assert record["plain"] == {"slotted": {"id": 4, "key": str(key)}}


def test_numpy_values_are_numbers_and_lists() -> None:
    record = logged(
        lambda log: log.info(
            "x",
            i=np.int64(-7),
            u=np.uint64(2**64 - 1),
            f=np.float32(1.5),
            b=np.bool_(True),
            nan=np.float64("nan"),
            array=np.arange(6).reshape(2, 3),
            large=np.zeros((2_000, 2)),
        )
    )[0]
    assert (record["i"], record["u"], record["f"], record["b"]) == (-7, 2**64 - 1, 1.5, True)
    assert record["nan"] != record["nan"] or record["nan"] == "NaN"
    assert record["array"] == [[0, 1, 2], [3, 4, 5]]
    assert record["large"] == "[array of shape (2000, 2)]"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups and notes came with 3.11")
def test_groups_and_notes_of_exceptions_are_kept() -> None:
    def log_some(log: fapilog.Logger) -> None:
        group: Any = vars(builtins)["ExceptionGroup"]
        error = group("several", [ValueError("one"), KeyError("two")])
        error.add_note("while testing")
        log.error("x", exc_info=error)

    exception = logged(log_some)[0]["exception"]
    assert exception["notes"] == ["while testing"]
    assert [member["type"] for member in exception["exceptions"]] == ["ValueError", "KeyError"]


# --- event loops ---------------------------------------------------------------------------------


def test_an_async_logger_does_what_a_logger_does() -> None:
    sink = Collect()

    async def main() -> None:
        async with fapilog.runtime_async("shop", sinks=[sink], level="TRACE") as log:
            for name in ("trace", "debug", "info", "warning", "error", "critical"):
                await getattr(log, name)(name, a=1)
            bound = log.bind(b=2).child("web")
            await bound.log("INFO", "logged")
            try:
                raise ValueError("no")
            except ValueError:
                await bound.exception("failed")
            assert await log.flush()
            assert log.stats().delivered == 8
            assert log.sync.name == log.name == "shop"

    asyncio.run(main())
    assert [record["level"] for record in sink.records[:3]] == ["TRACE", "DEBUG", "INFO"]
    assert sink.records[6]["logger"] == "shop.web"
    assert sink.records[7]["exception"]["type"] == "ValueError"


def test_a_call_whose_await_was_forgotten_is_logged() -> None:
    sink = Collect()

    async def main() -> None:
        async with fapilog.get_async_logger("shop", sinks=[sink]) as log:
            log.info("forgotten")
            assert inspect.isawaitable(log.info("kept"))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(main())
    assert [record["message"] for record in sink.records] == ["forgotten", "kept"]


def test_a_full_queue_never_blocks_the_loop() -> None:
    gate = threading.Event()

    class Gated:
        async def process(self, record: Record) -> Record:
            await asyncio.to_thread(gate.wait, 20)
            return record

    async def main() -> None:
        log = fapilog.get_async_logger(
            "shop", sinks=["null"], processors=[Gated()], queue_records=2, block_timeout=20
        )
        tasks = [asyncio.ensure_future(log.info("x")) for _ in range(6)]
        ticks = 0
        for _ in range(20):
            await asyncio.sleep(0.001)
            ticks += 1
        assert ticks == 20
        assert not all(task.done() for task in tasks)
        tasks[-1].cancel()
        gate.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        # The cancelled call's record is on its way in a thread, for which nobody waits.
        for _ in range(1000):
            if log.stats().delivered == 6:
                break
            await asyncio.sleep(0.01)
        await log.close()
        stats = log.stats()
        assert stats.delivered == 6
        assert stats.dropped == 0

    asyncio.run(main())


def test_any_number_of_waiting_tasks_costs_a_few_threads() -> None:
    gate = threading.Event()

    class Gated:
        async def process(self, record: Record) -> Record:
            await asyncio.to_thread(gate.wait, 20)
            return record

    async def main() -> None:
        before = threading.active_count()
        log = fapilog.get_async_logger(
            "shop", sinks=["null"], processors=[Gated()], queue_records=1, block_timeout=20
        )
        tasks = [asyncio.ensure_future(log.info("x")) for _ in range(500)]
        await asyncio.sleep(0)
        assert threading.active_count() - before < 20
        gate.set()
        await asyncio.gather(*tasks)
        await log.close()
        assert log.stats().delivered == 500

    asyncio.run(main())


def test_runtime_is_a_logger_for_a_block() -> None:
    sink = Collect()
    with fapilog.runtime("job", sinks=[sink]) as log:
        log.info("begun")
    assert log.close().undelivered == 0
    assert [record["logger"] for record in sink.records] == ["job"]


# --- logging, warnings, exceptions ---------------------------------------------------------------


@pytest.fixture
def library() -> Iterator[logging.Logger]:
    logger = logging.getLogger("library.part")
    yield logger
    logger.setLevel(logging.NOTSET)


def test_records_of_logging_arrive_with_all_they_have(library: logging.Logger) -> None:
    def log_some(log: fapilog.Logger) -> None:
        undo = fapilog.capture_logging(log, level="DEBUG", loggers=["library"])
        try:
            library.debug("took %d of %s", 1, "two", extra={"took_ms": 7, "data": {"a": [1]}})
            library.log(25, "odd level")
            library.info("wrong %d", "format")
            try:
                raise KeyError("x")
            except KeyError:
                library.exception("failed", stack_info=True)
        finally:
            undo()
        library.error("not taken any more")

    first, odd, wrong, failed = logged(log_some)
    assert (first["logger"], first["level"]) == ("library.part", "DEBUG")
    assert first["message"] == "took 1 of two"
    assert (first["took_ms"], first["data"]) == (7, {"a": [1]})
    assert odd["level"] in ("LEVEL25", "NOTICE")
    assert wrong["message"] == "wrong %d ('format',)"
    assert failed["exception"]["type"] == "KeyError"
    assert "Stack" in failed["stack"]


def test_undoing_puts_handlers_levels_and_propagation_back(library: logging.Logger) -> None:
    handler = logging.NullHandler()
    library.addHandler(handler)
    library.setLevel("ERROR")
    with fapilog.get_logger("shop", sinks=["null"]) as log:
        undo = fapilog.capture_logging(log, level="DEBUG", loggers=["library.part"])
        assert handler not in library.handlers
        assert not library.propagate
        undo()
    assert library.handlers == [handler]
    assert (library.level, library.propagate) == (logging.ERROR, True)
    library.removeHandler(handler)


def test_a_sink_that_logs_through_logging_makes_no_loop(
    library: logging.Logger, capfd: pytest.CaptureFixture[str]
) -> None:
    class Talking(Collect):
        async def write(self, record: Record) -> None:
            library.warning("a record came")
            await super().write(record)

    sink = Talking()
    with fapilog.get_logger("shop", sinks=[sink]) as log:
        undo = fapilog.capture_logging(log, loggers=["library"])
        library.warning("one")
        log.flush()
        undo()
    assert [record["message"] for record in sink.records] == ["one"]
    assert "logs through logging" in capfd.readouterr().err


def test_a_value_that_logs_while_it_is_logged_makes_no_loop(library: logging.Logger) -> None:
    class Talking:
        def __str__(self) -> str:
            library.warning("asked")
            return "talking"

    def log_some(log: fapilog.Logger) -> None:
        undo = fapilog.capture_logging(log, loggers=["library"])
        library.warning("x", extra={"value": Talking()})
        undo()

    (record,) = logged(log_some)
    assert record["value"] == "talking"


def test_warnings_are_logged_on_request() -> None:
    def log_some(log: fapilog.Logger) -> None:
        undo = fapilog.capture_warnings(log)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                warnings.showwarning("old way", DeprecationWarning, "app.py", 7)
        finally:
            undo()

    (record,) = logged(log_some)
    assert (record["level"], record["message"]) == ("WARNING", "old way")
    assert (record["category"], record["file"], record["line"]) == (
        "DeprecationWarning",
        "app.py",
        7,
    )


def test_exceptions_that_nobody_handles_are_logged_and_the_old_hooks_run() -> None:
    seen: list[str] = []

    def log_some(log: fapilog.Logger) -> None:
        loop = asyncio.new_event_loop()
        before = sys.excepthook, threading.excepthook, sys.unraisablehook
        sys.excepthook = lambda *_: seen.append("main")
        threading.excepthook = lambda _: seen.append("thread")
        sys.unraisablehook = lambda _: seen.append("unraisable")
        loop.set_exception_handler(lambda *_: seen.append("loop"))
        undo = fapilog.capture_exceptions(log, loop=loop)
        try:
            error = ValueError("main")
            sys.excepthook(ValueError, error, None)
            sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
            thread = threading.Thread(target=lambda: 1 / 0, name="worker")
            thread.start()
            thread.join()
            loop.call_exception_handler({"message": "in the loop", "exception": KeyError("x")})
        finally:
            undo()
            assert sys.excepthook is not before[0]
            sys.excepthook, threading.excepthook, sys.unraisablehook = before
            loop.close()

    main, thread, loop = logged(log_some)
    assert (main["level"], main["exception"]["message"]) == ("CRITICAL", "main")
    assert (thread["thread"], thread["exception"]["type"]) == ("worker", "ZeroDivisionError")
    assert (loop["message"], loop["exception"]["type"]) == ("in the loop", "KeyError")
    assert seen == ["main", "main", "thread", "loop"]
