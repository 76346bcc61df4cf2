"""What users of fapilog 2 could do, scenario by scenario, in one place.

Those that have tests of their own elsewhere are listed in `SCENARIOS`, which is checked.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import fapilog
import pytest
from fapilog import ConfigurationError, filters, plugins, processors, redactors
from fapilog._kinds import METHODS
from fapilog.plugins import Use
from fapilog.sinks import Destination
from tests.python.support import Collect, logged, written

Record = Mapping[str, Any]
HERE = Path(__file__).parent
FASTAPI = "../../plugins/fapilog-fastapi/tests/"

#: Each scenario by its number, with the tests that it is proved by; `None` is this file.
SCENARIOS: dict[int, tuple[str, list[tuple[str | None, str]]]] = {
    1: ("class sink", [(None, "a_class_sink_is_started_fed_in_order_and_stopped_once")]),
    2: ("duck sink", [("test_contract.py", "m01_the_shape_is_checked_at_once")]),
    3: (
        "registry",
        [
            ("test_plugin_use.py", "a_decorated_name_stays_what_it_was_and_is_known"),
            ("test_plugin_use.py", "registration_refuses_duplicates_shapes_and_empty_names"),
        ],
    ),
    4: ("URI parse", [("test_plugin_doors.py", "a_uri_is_taken_apart_typed_and_decoded")]),
    5: (
        "URI failure",
        [
            ("test_plugin_doors.py", "a_constructor_that_fails_says_why_without_the_secret"),
            ("test_plugin_doors.py", "an_unknown_scheme_names_what_there_is"),
        ],
    ),
    6: (
        "settings and mixed sources",
        [
            ("test_configuration.py", "every_setting_has_a_variable_with_an_effect"),
            ("test_plugin_doors.py", "uris_come_from_the_environment_too"),
        ],
    ),
    7: (
        "Loki scheme",
        [
            ("test_loki_scenario.py", "labels_and_times_in_nanoseconds_are_pushed"),
            ("test_loki_scenario.py", "a_batch_goes_when_it_is_full_and_the_rest_at_the_end"),
            ("test_loki_scenario.py", "a_batch_that_is_not_full_goes_after_its_interval"),
            ("test_loki_scenario.py", "a_failure_that_passes_is_tried_again"),
        ],
    ),
    8: (
        "sink isolation",
        [(None, "a_failing_sink_has_its_own_retries_and_the_healthy_one_each_record_once")],
    ),
    9: (
        "overflow",
        [
            ("test_destinations.py", "counts_add_up_whatever_the_policy"),
            (
                "test_stats.py",
                "counts_add_up_in_every_sample_while_threads_log_through_failing_plugins",
            ),
        ],
    ),
    10: (
        "no event loop",
        [
            ("test_exit.py", "all_records_arrive_however_the_program_ends"),
            (
                "test_exit.py",
                "a_hung_or_slow_sink_delays_the_exit_up_to_the_limit_and_the_loss_is_said",
            ),
        ],
    ),
    11: ("function enricher", [(None, "a_function_enricher_adds_in_order_and_replaces_nothing")]),
    12: (
        "enricher errors",
        [
            (None, "a_raising_enricher_is_counted_said_once_and_its_health_accumulates"),
            (None, "what_a_failure_of_an_enricher_means_is_chosen"),
        ],
    ),
    13: (
        "priority and dependencies",
        [
            ("test_plugin_use.py", "a_dependency_beats_a_priority"),
            ("test_plugin_use.py", "a_cycle_and_a_missing_dependency_are_errors_at_once"),
        ],
    ),
    14: (
        "conditions",
        [("test_plugin_use.py", "conditions"), ("test_plugin_use.py", "roles")],
    ),
    15: (
        "async enricher",
        [
            (
                "test_plugin_use.py",
                "a_slow_enricher_with_a_time_limit_leaves_the_record_alone_and_its_breaker_opens",
            ),
            ("test_plugin_use.py", "answers_are_kept_by_key_for_a_while"),
        ],
    ),
    16: ("named processors", [(None, "named_processors_run_as_configured")]),
    17: (
        "processor lifecycle",
        [
            ("test_contract.py", "m06_start_and_stop"),
            ("test_contract.py", "m22_configuration_is_checked"),
        ],
    ),
    18: (
        "throttle",
        [
            (None, "a_limit_per_key_holds_inside_and_outside_of_an_event_loop"),
            (None, "over_its_limit_a_key_is_sampled_and_keys_that_are_forgotten_begin_anew"),
        ],
    ),
    19: ("dedup", [(None, "equal_records_are_told_once_with_an_exact_count")]),
    20: (
        "validation and sampling",
        [
            (None, "records_are_validated_strictly_leniently_and_mended"),
            (None, "sampling_is_reproducible_and_never_splits_a_trace"),
        ],
    ),
    21: (
        "redaction plug-ins",
        [
            (None, "secrets_are_hidden_everywhere_whoever_added_them"),
            (None, "a_redactor_that_raises_lets_nothing_out"),
        ],
    ),
    22: (
        "metrics",
        [
            ("test_plugin_control.py", "health_comes_from_the_last_records"),
            ("test_plugin_control.py", "a_slow_plugin_is_degraded"),
            ("test_plugin_control.py", "metrics_tell_of_plugins_and_alerters"),
            ("test_destinations.py", "prometheus_text_says_the_same_as_the_counts"),
        ],
    ),
    23: (
        "isolation and DI",
        [
            (None, "two_pipelines_never_cross"),
            ("test_contract.py", "shared_things_are_made_once_under_fifty_threads"),
            ("test_contract.py", "shared_things_are_made_once_and_closed_in_reverse"),
        ],
    ),
    24: (
        "web",
        [
            (FASTAPI + "test_request_id.py", "a_harmless_id_is_taken_and_echoed"),
            (FASTAPI + "test_request_id.py", "concurrent_requests_never_mix_their_ids"),
            (
                FASTAPI + "test_middleware.py",
                "an_unhandled_exception_is_in_the_record_and_goes_on_to_the_server",
            ),
        ],
    ),
    25: (
        "author kit",
        [
            ("test_conformance.py", "a_wrong_plugin_is_caught_by_its_number_and_no_other"),
            ("../e2e/cli/test_scaffold.py", "a_fresh_plugin_passes_its_own_checks"),
            ("test_loading.py", "a_core_outside_of_the_range_is_refused_with_the_whole_story"),
        ],
    ),
}


def test_every_scenario_has_its_tests() -> None:
    assert sorted(SCENARIOS) == list(range(1, 26))
    for number, (name, tests) in SCENARIOS.items():
        for file, test in tests:
            source = (HERE / file if file else Path(__file__)).read_text()
            found = re.search(rf"^(async )?def test_{test}\(", source, re.MULTILINE)
            assert found, f"{number} ({name}): {test}"


@pytest.fixture(autouse=True)
def nothing_registered() -> Iterator[None]:
    """Forget what a test registered."""
    yield
    for kind in METHODS:
        for name in plugins.registered(kind):
            plugins.unregister(kind, name)


def test_a_class_sink_is_started_fed_in_order_and_stopped_once() -> None:
    class Sink(Collect):
        name = "mine"
        calls: list[str] = []  # noqa: RUF012 - of this test

        async def start(self) -> None:
            self.calls.append("start")

        async def stop(self) -> None:
            self.calls.append("stop")

        async def write(self, record: Record) -> None:
            self.calls.append("write")
            await super().write(record)

    sink = Sink()
    with fapilog.get_logger("t", sinks=[sink]) as log:
        for number in range(100):
            log.info("x", n=number)
    assert sink.calls == ["start", *["write"] * 100, "stop"]
    assert [record["n"] for record in sink.records] == list(range(100))
    (counts,) = log.stats().sinks
    assert (counts.name, counts.written, counts.errors) == ("mine", 100, 0)


@pytest.mark.parametrize(
    "error", [ConnectionError("refused"), TimeoutError("late"), ValueError("bad"), OSError("disk")]
)
def test_a_failing_sink_has_its_own_retries_and_the_healthy_one_each_record_once(
    error: Exception, capfd: pytest.CaptureFixture[str]
) -> None:
    attempts = 0

    class Failing:
        name = "failing"

        async def write(self, record: Record) -> None:
            nonlocal attempts
            attempts += 1
            raise error

    healthy = Collect()
    failing = Destination(sink=Failing(), attempts=3, first_delay=0, breaker_failures=100)
    with fapilog.get_logger("t", sinks=[failing, healthy]) as log:
        for number in range(10):
            log.info("x", n=number)
    assert [record["n"] for record in healthy.records] == list(range(10))
    counts = {sink.name: sink for sink in log.stats().sinks}
    assert (attempts, counts["failing"].errors, counts["failing"].dropped) == (30, 30, 10)
    assert f"`failing`: write failed: {type(error).__name__}: {error}" in capfd.readouterr().err


def test_a_function_enricher_adds_in_order_and_replaces_nothing() -> None:
    calls = 0

    @plugins.enricher
    async def first(record: Record) -> dict[str, Any]:
        nonlocal calls
        calls += 1
        return {"given": "replaced", "first": calls}

    def second(record: Record) -> dict[str, Any]:
        return {"second": record["first"] + 1}

    (record,) = logged(lambda log: log.info("x", given=1), enrichers=["first", second])
    assert (record["given"], record["first"], record["second"]) == (1, 1, 2)
    assert asyncio.run(first({})) == {"given": "replaced", "first": 2}


def test_a_raising_enricher_is_counted_said_once_and_its_health_accumulates(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def odd(record: Record) -> dict[str, Any]:
        if record["n"] % 2:
            raise LookupError("odd")
        return {"even": True}

    sink = Collect()
    with fapilog.get_logger("t", sinks=[sink], enrichers=[odd]) as log:
        for number in range(10):
            log.info("x", n=number)
        log.flush()
        stats = log.plugins.health()["odd"]
    assert (stats.records, stats.errors, stats.health) == (10, 5, "unhealthy")
    assert [record.get("even", False) for record in sink.records] == [True, False] * 5
    assert capfd.readouterr().err.count("LookupError: odd") == 1


@pytest.mark.parametrize(
    ("on_failure", "asked", "said", "reason"),
    [
        ("count", 6, 0, "100% of its last records failed"),
        ("say", 6, 1, "100% of its last records failed"),
        ("stop", 1, 1, "it failed, and stops at its first failure"),
    ],
)
def test_what_a_failure_of_an_enricher_means_is_chosen(
    on_failure: Any, asked: int, said: int, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = True

    async def lookup(record: Record) -> dict[str, Any]:
        if broken:
            raise LookupError("gone")
        return {"found": True}

    sink = Collect()
    part = Use(lookup, on_failure=on_failure)
    with fapilog.get_logger("t", sinks=[sink], enrichers=[part]) as log:
        for number in range(6):
            log.info("x", n=number)
        log.flush()
        stats = log.plugins["lookup"]
        assert (stats.records, stats.errors, stats.skipped) == (asked, asked, 6 - asked)
        assert (stats.health, stats.reason) == ("unhealthy", reason)
        broken = False
        log.plugins.reset("lookup")
        log.info("again")
    assert [record["n"] for record in sink.records[:6]] == list(range(6))
    assert sink.records[-1]["found"] is True
    assert capfd.readouterr().err.count("LookupError: gone") == said


def test_on_failure_is_of_enrichers_and_processors_only() -> None:
    async def keep(record: Record) -> Record:
        return record

    with pytest.raises(ConfigurationError, match="nothing: of a redactor"):
        fapilog.get_logger("t", sinks=["null"], redactors=[Use(keep, on_failure="stop")])
    with pytest.raises(ConfigurationError, match='"say", "count" or "stop"'):
        Use(keep, on_failure="raise")  # type: ignore[arg-type]


def test_named_processors_run_as_configured(tmp_path: Path) -> None:
    @plugins.processor("mark")
    async def mark(record: Record) -> Record:
        return {**record, "marks": [*record.get("marks", []), "mark"]}

    @plugins.processor("drop-odd")
    async def drop_odd(record: Record) -> Record | None:
        if record["n"] == 4:
            raise ValueError("four")
        return None if record["n"] % 2 else {**record, "marks": [*record["marks"], "odd"]}

    path = tmp_path / "out.jsonl"
    config = tmp_path / "fapilog.toml"
    config.write_text(f'sinks = ["file://{path}"]\nprocessors = ["Mark", "drop_odd"]\n')
    with fapilog.get_logger("t", config=config) as log:
        for number in range(6):
            log.info("x", n=number)
    records = written(path)
    assert [record["n"] for record in records] == [0, 2, 4]
    assert [record["marks"] for record in records] == [["mark", "odd"], ["mark", "odd"], ["mark"]]
    assert (log.stats().filtered, log.stats().plugins[1].errors) == (3, 1)


@pytest.mark.parametrize("inside", [False, True])
def test_a_limit_per_key_holds_inside_and_outside_of_an_event_loop(inside: bool) -> None:
    limit = filters.RateLimit(per_second=0.001, burst=2, keys=["source"], max_keys=3)

    def log_all(log: fapilog.Logger) -> None:
        for source in ("a", "b"):
            for _ in range(10):
                log.info("x", source=source)

    async def run() -> list[dict[str, Any]]:
        return logged(log_all, filters=[limit])

    records = asyncio.run(run()) if inside else logged(log_all, filters=[limit])
    assert [record["source"] for record in records] == ["a", "a", "b", "b"]


def test_over_its_limit_a_key_is_sampled_and_keys_that_are_forgotten_begin_anew() -> None:
    sampled = filters.RateLimit(per_second=0.001, burst=2, keys=["source"], mode="sample")

    def log_one_key(log: fapilog.Logger) -> None:
        for number in range(1002):
            log.info("x", source="a", n=number)

    records = logged(log_one_key, filters=[sampled])
    assert [record["n"] for record in records[:2]] == [0, 1]
    assert len(records) == 2 + 100

    bounded = filters.RateLimit(per_second=0.001, burst=1, keys=["source"], max_keys=2)

    def log_three_keys(log: fapilog.Logger) -> None:
        for source in ("a", "b", "a", "c", "b"):
            log.info("x", source=source)

    found = [record["source"] for record in logged(log_three_keys, filters=[bounded])]
    assert found == ["a", "b", "c", "b"]


def test_equal_records_are_told_once_with_an_exact_count() -> None:
    sink = Collect()
    part = filters.Deduplicate(window=0.2, keys=["message", "user"])
    with fapilog.get_logger("t", sinks=[sink], filters=[part]) as log:
        for _ in range(5):
            log.info("x", user=1)
        log.info("x", user=2)
        time.sleep(0.25)
        log.info("x", user=1)
    found = [(record["user"], record.get("suppressed")) for record in sink.records]
    assert found == [(1, None), (2, None), (1, 4)]


def test_records_are_validated_strictly_leniently_and_mended() -> None:
    rules = {"user": {"type": "integer", "required": True}}

    def log_all(log: fapilog.Logger) -> None:
        log.info("good", user=1)
        log.info("text", user="2")
        log.info("none")

    found = {
        mode: [
            (record["message"], record.get("user"))
            for record in logged(
                log_all,
                processors=[processors.Validate(fields=rules, mode=mode)],
            )
        ]
        for mode in ("strict", "lenient", "fix")
    }
    assert found["strict"] == [("good", 1)]
    assert [message for message, _ in found["lenient"]] == ["good", "text", "none"]
    assert ("text", 2) in found["fix"]


def test_sampling_is_reproducible_and_never_splits_a_trace() -> None:
    def sampled(seed: int) -> list[int]:
        part = filters.Sampling(rate=0.3, seed=seed, trace_key="trace")

        def log_all(log: fapilog.Logger) -> None:
            for number in range(600):
                log.info("x", trace=number // 3)

        return [record["trace"] for record in logged(log_all, filters=[part])]

    assert sampled(7) == sampled(7) != sampled(8)
    assert all(sampled(7).count(trace) == 3 for trace in sampled(7))


def test_secrets_are_hidden_everywhere_whoever_added_them(tmp_path: Path) -> None:
    from decimal import Decimal

    class Broken:
        async def write(self, record: Record) -> None:
            raise OSError("gone")

    async def leaks(record: Record) -> dict[str, Any]:
        return {"token": "hunter2", "card": "4111 1111 1111 1111"}

    path, sink = tmp_path / "fallback.jsonl", Collect()
    with fapilog.get_logger(
        "t",
        sinks=[sink, Destination(sink=Broken(), fallback=path, attempts=1)],
        enrichers=[leaks],
        redactors=[
            redactors.Fields(paths=["token", "list.*.password"]),
            redactors.Patterns(known=["card", "email"]),
        ],
    ) as log:
        log.info(
            "mail ada@example.org",
            list=[{"password": "hunter2", "amount": Decimal("1.5"), "raw": b"x"}, object()],
        )
    texts = [path.read_text(), repr(sink.records)]
    for text in texts:
        for secret in ("hunter2", "4111", "ada@example.org"):
            assert secret not in text
        assert "1.5" in text


def test_a_redactor_that_raises_lets_nothing_out() -> None:
    async def broken(record: Record) -> Record:
        raise RuntimeError("broken")

    (record,) = logged(lambda log: log.info("s3cret", key="s3cret"), redactors=[broken])
    assert "s3cret" not in repr(record)


def test_two_pipelines_never_cross() -> None:
    sinks = [Collect(), Collect()]
    loggers = [
        fapilog.get_logger(name, sinks=[Use(sink, name="same")])
        for name, sink in zip(("a", "b"), sinks, strict=True)
    ]

    def run(turn: int) -> None:
        for number in range(1_000):
            logger = loggers[(number + turn) % 2]
            logger.info("x", owner=logger.name)

    threads = [threading.Thread(target=run, args=(turn,)) for turn in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for logger in loggers:
        logger.close()
    for name, sink in zip(("a", "b"), sinks, strict=True):
        assert len(sink.records) == 1_000
        assert {record["owner"] for record in sink.records} == {name}
        assert {record["logger"] for record in sink.records} == {name}
