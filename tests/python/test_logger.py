"""Loggers: levels, context, exceptions, and what happens to a call that is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import fapilog
import pytest
from tests.python.support import Collect, logged, written


def test_a_record_has_the_fixed_keys_first_then_the_fields_in_order(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    with fapilog.get_logger("shop", sinks=[path]) as log:
        log.info("paid", user_id=42, amount=1.5, ok=True, nothing=None)
    (line,) = path.read_text().splitlines()
    assert re.fullmatch(
        r'\{"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","level":"INFO","logger":"shop",'
        r'"message":"paid","user_id":42,"amount":1\.5,"ok":true,"nothing":null\}',
        line,
    )


@pytest.mark.parametrize("method", ["trace", "debug", "info", "warning", "error", "critical"])
def test_each_method_logs_at_its_level_and_below_nothing(method: str) -> None:
    levels = ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
    for threshold in levels:
        sink = Collect()
        with fapilog.get_logger("test", sinks=[sink], level=threshold) as log:
            assert getattr(log, method)("x") is None
        expected = (
            [method.upper()] if levels.index(method.upper()) >= levels.index(threshold) else []
        )
        assert [record["level"] for record in sink.records] == expected


@pytest.mark.parametrize(("level", "number"), [("info", 20), ("WARN", 30), ("Fatal", 50), (37, 37)])
def test_a_level_may_be_a_name_in_any_case_or_a_number(level: str | int, number: int) -> None:
    with fapilog.get_logger("test", sinks=["null"], level=level) as log:
        assert log.level == number


def test_a_disabled_call_asks_no_value_for_anything() -> None:
    class Untouchable:
        def __str__(self) -> str:
            raise AssertionError("asked")

    with fapilog.get_logger("test", sinks=["null"], level="ERROR") as log:
        log.info("x", value=Untouchable())
        assert log.stats().submitted == 0


def test_bound_fields_come_first_and_a_call_replaces_them() -> None:
    def log(logger: fapilog.Logger) -> None:
        child = logger.bind(request="r1", user=1)
        child.info("a", user=2, extra=3)
        child.bind(user=4).info("b")
        logger.info("c")

    first, second, third = logged(log)
    assert (first["request"], first["user"], first["extra"]) == ("r1", 2, 3)
    assert (second["request"], second["user"]) == ("r1", 4)
    assert "request" not in third


def test_no_key_stands_twice_in_a_line_whatever_is_bound_passed_and_raised(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    with fapilog.get_logger("test", sinks=[path]) as log:
        bound = log.bind(a=1, level=2, exception=3)
        bound.info("x", a=4, level_=5, level=6)
        log.info("x", level=1, level_=2)
        log.info("x", level_=2, level=1)
        log.error("x", exception="mine", exc_info=ValueError("theirs"))
        log.info("x", timestamp=1, logger=2, message_=3)

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in found}) == len(found), found
        return dict(found)

    lines = path.read_text().splitlines()
    records = [json.loads(line, object_pairs_hook=pairs) for line in lines]
    assert [record["level"] for record in records] == ["INFO", "INFO", "INFO", "ERROR", "INFO"]
    assert (records[1]["level_"], records[2]["level_"]) == (2, 1)
    assert records[3]["exception"]["message"] == "theirs"
    assert (records[4]["timestamp_"], records[4]["logger_"]) == (1, 2)


def test_binding_again_and_again_does_not_make_a_logger_grow() -> None:
    def log(logger: fapilog.Logger) -> None:
        for number in range(2_000):
            logger = logger.bind(number=number, text="x" * 1_000)
        logger.info("x")

    (record,) = logged(log)
    assert record["number"] == 1_999


def test_bound_values_are_those_of_the_moment_of_binding() -> None:
    values = [1]

    def log(logger: fapilog.Logger) -> None:
        child = logger.bind(values=values)
        values.append(2)
        child.info("x")

    assert logged(log)[0]["values"] == [1]


def test_loggers_of_one_pipeline_share_its_counts_and_its_end() -> None:
    log = fapilog.get_logger("test", sinks=["null"])
    child = log.bind(a=1)
    child.info("x")
    child.close()
    log.info("too late")
    assert log.stats() == child.stats()
    assert log.stats().dropped_by_reason["closed"] == 1


def test_the_context_manager_closes_also_after_an_error() -> None:
    with (
        pytest.raises(ZeroDivisionError),
        fapilog.get_logger("test", sinks=["null"]) as log,
    ):
        log.info(str(1 // 0))
    log.info("too late")
    assert log.stats().dropped_by_reason["closed"] == 1


def test_close_twice_gives_the_same_report() -> None:
    log = fapilog.get_logger("test", sinks=["null"])
    assert log.close() == log.close() == fapilog.CloseReport(undelivered=0)


def test_flush_makes_records_readable_at_once(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    with fapilog.get_logger("test", sinks=[path]) as log:
        for number in range(5):
            log.info("x", number=number)
            assert log.flush()
            assert len(written(path)) == number + 1


@pytest.mark.parametrize("arguments", [(), ("x", 1), ("%s", "a", "b")])
def test_a_call_without_exactly_one_message_says_how_to_write_it(
    arguments: tuple[Any, ...],
) -> None:
    with (
        fapilog.get_logger("test", sinks=["null"]) as log,
        pytest.raises(TypeError, match=r'write log\.info\("user logged in", user_id=42\)'),
    ):
        log.info(*arguments)


def test_a_logger_is_made_by_get_logger_only() -> None:
    with pytest.raises(TypeError, match="get_logger"):
        fapilog.Logger()
    with pytest.raises(TypeError):
        object.__new__(fapilog.Logger)
    with fapilog.get_logger("test", sinks=["null"]) as log, pytest.raises(TypeError):
        fapilog.Logger.info("no logger", "x")  # type: ignore[arg-type]
        assert log.level == 20


def test_a_message_of_any_type_becomes_text() -> None:
    def log(logger: fapilog.Logger) -> None:
        logger.info(ValueError("odd"))
        logger.info(None)
        logger.info("ä€😀\n\0")

    assert [record["message"] for record in logged(log)] == ["odd", "None", "ä€😀\n\0"]


def test_exception_adds_what_is_being_handled() -> None:
    def fail() -> None:
        raise KeyError("missing")

    def log(logger: fapilog.Logger) -> None:
        try:
            fail()
        except KeyError:
            logger.exception("failed", order=7)
        logger.exception("nothing is handled")

    first, second = logged(log)
    raised = first["exception"]
    assert first["level"] == "ERROR"
    assert first["order"] == 7
    assert (raised["type"], raised["module"], raised["message"]) == (
        "KeyError",
        "builtins",
        "'missing'",
    )
    assert [frame["function"] for frame in raised["frames"]] == ["log", "fail"]
    assert raised["frames"][1]["file"] == __file__
    assert raised["frames"][1]["line"] == fail.__code__.co_firstlineno + 1
    assert "exception" not in second


def test_exc_info_takes_every_form_that_logging_takes() -> None:
    error = ValueError("given")

    def log(logger: fapilog.Logger) -> None:
        logger.info("a", exc_info=error)
        logger.info("b", exc_info=(ValueError, error, None))
        logger.info("c", exc_info=False)
        logger.info("d", exc_info=(None, None, None))
        logger.info("e", exc_info=True)
        try:
            raise error
        except ValueError:
            logger.info("f", exc_info=True)
            logger.exception("g", exc_info=None)

    records = logged(log)
    assert [record["message"] for record in records if "exception" in record] == ["a", "b", "f"]
    assert all("exc_info" not in record for record in records)


def _chained(length: int) -> BaseException:
    error: BaseException = ValueError(0)
    for number in range(1, length):
        following = ValueError(number)
        following.__cause__ = error
        error = following
    return error


def test_a_chain_of_causes_is_kept_up_to_its_bound_and_then_marked() -> None:
    (record,) = logged(lambda logger: logger.error("x", exc_info=_chained(9)))
    messages = []
    cause = record["exception"]
    while isinstance(cause, dict):
        messages.append(cause["message"])
        cause = cause.get("cause")
    assert messages == ["8", "7", "6", "5", "4"]
    assert cause == "[more causes]"


def test_the_context_of_an_exception_is_its_cause_unless_suppressed() -> None:
    def log(logger: fapilog.Logger) -> None:
        for suppress in (False, True):
            try:
                try:
                    raise KeyError("first")
                except KeyError as error:
                    if suppress:
                        raise ValueError("second") from None
                    raise ValueError("second") from error
            except ValueError:
                logger.exception("x")

    first, second = logged(log)
    assert first["exception"]["cause"]["type"] == "KeyError"
    assert "cause" not in second["exception"]


def test_an_exception_that_causes_itself_ends() -> None:
    error = ValueError("x")
    other = ValueError("y")
    error.__cause__, other.__cause__ = other, error
    (record,) = logged(lambda logger: logger.error("x", exc_info=error))
    assert record["exception"]["cause"]["message"] == "y"


def test_a_deep_traceback_keeps_its_two_ends() -> None:
    def down(depth: int) -> None:
        if depth == 0:
            raise ValueError("deep")
        down(depth - 1)

    def log(logger: fapilog.Logger) -> None:
        try:
            down(200)
        except ValueError:
            logger.exception("x")

    frames = logged(log)[0]["exception"]["frames"]
    assert len(frames) == 51
    assert frames[25] == "[152 frames left out]"
    assert frames[0]["function"] == "log"
    assert frames[-1]["function"] == "down"


def test_an_exception_whose_text_raises_is_still_logged() -> None:
    class BadError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    (record,) = logged(lambda logger: logger.error("x", exc_info=BadError()))
    assert record["exception"]["message"] == "[unprintable BadError: RuntimeError]"


def test_a_logger_says_what_it_is() -> None:
    with fapilog.get_logger("shop", sinks=["null"]) as log:
        assert repr(log) == "<fapilog.Logger 'shop' level=20>"
        assert log.bind(password="secret").name == "shop"
        assert "secret" not in repr(log.bind(password="secret"))
