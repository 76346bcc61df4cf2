"""Values that are too large, endless, or do something while they are logged."""

from __future__ import annotations

import json
import signal
import threading
from collections import UserDict, deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import fapilog
import pytest
from tests.python.support import logged, value_of


class Text(str):
    """A text of a class of its own."""


def test_a_cycle_is_marked() -> None:
    loop: list[Any] = [1]
    loop.append({"again": loop})
    assert value_of(loop) == [1, {"again": "[cycle]"}]
    twice = [1]
    assert value_of([twice, twice]) == [[1], [1]]


def test_depth_is_bounded_and_marked() -> None:
    deep: list[Any] = []
    for _ in range(1_000):
        deep = [deep]
    found, depth = value_of(deep), 0
    while isinstance(found, list):
        (found,) = found
        depth += 1
    assert (found, depth) == ("[too deep]", 16)


def test_a_long_text_is_cut_on_a_character_and_says_how_much_is_missing() -> None:
    for text in ("é" * 100_000, "x" * 65_537, Text("€" * 100_000)):
        found = value_of(text)
        kept, marker = found.split("…")
        size = len(str.encode(text)) - len(kept.encode())
        assert marker == f"[{size} bytes more]"
        assert text.startswith(kept)
        assert len(found.encode()) <= 65_536
    assert value_of("x" * 65_536) == "x" * 65_536


def test_long_bytes_are_cut_and_say_how_long_they_were() -> None:
    assert value_of(b"x" * 100_000).endswith("…[of 100000 bytes]")
    assert value_of(b"\xff" * 50_000).endswith("…[of 50000 bytes]")


@pytest.mark.parametrize("make", [list, tuple, deque], ids=["list", "tuple", "deque"])
def test_a_long_list_keeps_its_beginning_and_counts_the_rest(make: type) -> None:
    assert value_of(make(range(1_000))) == list(range(1_000))
    assert value_of(make(range(5_000))) == [*range(999), "[4001 more]"]


def test_a_large_mapping_keeps_its_beginning_and_counts_the_rest() -> None:
    large = {str(number): number for number in range(3_000)}
    for value in (large, UserDict(large)):
        found = value_of(value)
        assert len(found) == 1_000
        assert list(found)[:3] == ["0", "1", "2"]
        assert found["…"] == "[2001 more]"


def test_a_call_with_too_many_fields_keeps_the_first_ones() -> None:
    fields = {f"f{number}": number for number in range(1_200)}
    for log in (
        lambda logger: logger.info("x", **fields),
        lambda logger: logger.bind(**fields).info("x"),
    ):
        (record,) = logged(log)
        assert record["f900"] == 900
        assert record["…"] in ("[200 more]", "[201 more]")


@pytest.mark.parametrize(
    "value",
    [
        [["x" * 60_000] * 500] * 3,
        {f"{number}" + "k" * 60_000: number for number in range(900)},
        [{f"{number}" + "k" * 60_000: number for number in range(900)}] * 500,
    ],
    ids=["values", "keys", "both"],
)
def test_a_huge_record_is_shortened_and_kept(value: object) -> None:
    (record,) = logged(lambda logger: logger.info("x", first=1, value=value, last=2))
    assert record["first"] == 1
    assert len(json.dumps(record)) < 2_000_000
    assert " more]" in json.dumps(record)


def test_huge_integers_become_text_instead_of_costing_seconds() -> None:
    assert value_of(10**4_290) == 10**4_290
    assert value_of(2**20_000) == hex(2**20_000)
    assert value_of(-(2**20_000)) == hex(-(2**20_000))
    assert value_of(1 << 10_000_000) == "[integer of 10000001 bits]"


def test_a_dict_that_its_own_values_change_is_logged_as_it_was() -> None:
    shared: dict[str, object] = {}

    class Growing:
        def __str__(self) -> str:
            shared[str(len(shared))] = 1
            return "grown"

    shared.update({"a": Growing(), "b": Growing()})
    assert value_of(shared) == {"a": "grown", "b": "grown"}
    numbers: list[object] = []

    class Shrinking:
        def __str__(self) -> str:
            numbers.clear()
            return "shrunk"

    numbers.extend([Shrinking(), 2, 3])
    assert value_of(numbers) == ["shrunk"]


def test_a_value_that_logs_while_it_is_logged_gets_both_records() -> None:
    def log(logger: fapilog.Logger) -> None:
        class Chatty:
            def __str__(self) -> str:
                logger.info("inner", number=1)
                return "outer value"

        logger.info("outer", before=1, value=Chatty(), after=2)

    inner, outer = logged(log)
    assert (inner["message"], inner["number"]) == ("inner", 1)
    assert (outer["before"], outer["value"], outer["after"]) == (1, "outer value", 2)


def test_a_value_that_logs_itself_ends() -> None:
    def log(logger: fapilog.Logger) -> None:
        class Endless:
            def __str__(self) -> str:
                logger.info("again", value=self)
                return "never"

        logger.info("first", value=Endless())

    records = logged(log)
    assert any("RecursionError" in str(record["value"]) for record in records)
    assert records[-1]["message"] == "first"


def test_an_endless_sequence_and_mapping_end() -> None:
    class Numbers(Sequence[int]):
        def __len__(self) -> int:
            return 10**9

        def __getitem__(self, index: Any) -> Any:
            return index

    class Names(Mapping[str, int]):
        def __len__(self) -> int:
            return 10**9

        def __iter__(self) -> Iterator[str]:
            number = 0
            while True:
                yield str(number)
                number += 1

        def __getitem__(self, key: str) -> int:
            return int(key)

    assert value_of(Numbers())[-1] == f"[{10**9 - 999} more]"
    assert value_of(Names())["…"] == f"[{10**9 - 999} more]"


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_while_a_value_is_asked_goes_on_after_the_record(
    interrupt: type[BaseException],
) -> None:
    class Interrupted:
        def __str__(self) -> str:
            raise interrupt

    def log(logger: fapilog.Logger) -> None:
        with pytest.raises(interrupt):
            logger.info("x", value=Interrupted(), after=1)
        with pytest.raises(interrupt):
            logger.bind(value=Interrupted())
        logger.info("y", value="fine")

    first, second = logged(log)
    assert first["value"] == f"[unprintable Interrupted: {interrupt.__name__}]"
    assert first["after"] == 1
    assert second["value"] == "fine"


def test_ctrl_c_ends_a_flush_that_waits() -> None:
    arrived, release = threading.Event(), threading.Event()

    class Slow:
        async def write(self, record: Mapping[str, Any]) -> None:
            arrived.set()
            release.wait(10)

    log = fapilog.get_logger("test", sinks=[Slow()])
    log.info("x")
    assert arrived.wait(10)
    interrupter = threading.Timer(0.05, lambda: signal.raise_signal(signal.SIGINT))
    interrupter.start()
    with pytest.raises(KeyboardInterrupt):
        log.flush(timeout=60)
    release.set()
    log.close()
