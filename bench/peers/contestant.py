"""One contestant in a process of its own: logs events to a file and says what that cost.

    python contestant.py NAME PATH EVENTS THREADS

Prints one JSON object. Run by `run.py`; every contestant writes one JSON line per event with the
same five fields beside time, level, logger and message.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FIELDS: dict[str, Any] = {
    "user_id": 42,
    "sku": "abc-123",
    "title": "hello world",
    "qty": 3,
    "price": 1.5,
}

Call = Callable[[], object]
Finish = Callable[[], object]


def _fapilog(path: str) -> tuple[Call, Finish]:
    import fapilog as library

    log = library.get_logger("shop", sinks=[f"file://{path}"])
    info = log.info
    return (
        lambda: info(
            "order processed", user_id=42, sku="abc-123", title="hello world", qty=3, price=1.5
        ),
        lambda: log.close(timeout=120),
    )


def _fapilog_redacting(path: str) -> tuple[Call, Finish]:
    import fapilog as library

    log = library.get_logger(
        "shop", sinks=[f"file://{path}"], redactors=[library.redactors.Patterns(known=["card"])]
    )
    return _fapilog_call(log), lambda: log.close(timeout=120)


def _fapilog_stage(path: str) -> tuple[Call, Finish]:
    import fapilog as library

    log = library.get_logger(
        "shop", sinks=[f"file://{path}"], filters=[library.filters.Level(minimum=0)]
    )
    return _fapilog_call(log), lambda: log.close(timeout=120)


def _fapilog_python_stage(path: str) -> tuple[Call, Finish]:
    import fapilog as library

    class NoOp:
        async def process(self, record: dict[str, Any]) -> dict[str, Any]:
            return record

    log = library.get_logger(
        "shop", sinks=[f"file://{path}"], processors=[NoOp()], block_timeout=120
    )
    return _fapilog_call(log), lambda: log.close(timeout=120)


def _fapilog_durable(path: str) -> tuple[Call, Finish]:
    import fapilog as library

    log = library.get_logger(
        "shop", sinks=[f"file://{path}"], durable="mmap", durable_folder=f"{path}-journals"
    )
    return _fapilog_call(log), lambda: log.close(timeout=120)


def _fapilog_slow_sink(path: str) -> tuple[Call, Finish]:
    import fapilog as library

    file = Path(path).open("a")  # noqa: SIM115 - closed at the end

    class Slow:
        async def write_batch(self, records: list[dict[str, Any]]) -> None:
            time.sleep(0.01)  # noqa: ASYNC251 - the sink that is measured
            file.writelines("\n" for _ in records)

        async def write(self, record: dict[str, Any]) -> None:
            await self.write_batch([record])

    log = library.get_logger("shop", sinks=[Slow()])
    return _fapilog_call(log), lambda: (log.close(timeout=120), file.close())


def _fapilog_sleeping_sink(path: str) -> tuple[Call, Finish]:
    import fapilog as library
    from fapilog.plugins import NativeLibrary, Use

    sink = NativeLibrary(Path(path).parent / "sleeping_sink.so")
    log = library.get_logger(
        "shop",
        sinks=[Use(sink, config={"path": path})],
        queue_records=1_000_000,
        queue_bytes=512 * 1024 * 1024,
    )
    return _fapilog_call(log), lambda: log.close(timeout=120)


def _fapilog_disabled(path: str) -> tuple[Call, Finish]:
    import fapilog as library

    log = library.get_logger("shop", sinks=[f"file://{path}"])
    debug = log.debug
    return (
        lambda: debug(
            "order processed", user_id=42, sku="abc-123", title="hello world", qty=3, price=1.5
        ),
        lambda: log.close(timeout=120),
    )


def _nothing(path: str) -> tuple[Call, Finish]:
    from nothing import nothing  # type: ignore[import-not-found]

    return (
        lambda: nothing(
            "order processed", user_id=42, sku="abc-123", title="hello world", qty=3, price=1.5
        ),
        lambda: None,
    )


def _busy(path: str) -> tuple[Call, Finish]:
    from nothing import busy

    return (
        lambda: busy(
            "order processed", user_id=42, sku="abc-123", title="hello world", qty=3, price=1.5
        ),
        lambda: None,
    )


def _fapilog_call(log: Any) -> Call:  # noqa: ANN401 - a logger of another environment
    info = log.info
    return lambda: info(
        "order processed", user_id=42, sku="abc-123", title="hello world", qty=3, price=1.5
    )


def _fapilog_0_18(path: str) -> tuple[Call, Finish]:
    from fapilog import LoggerBuilder  # type: ignore[attr-defined]

    folder = Path(f"{path}-0.18")
    for old in folder.glob("*"):
        old.unlink()
    log = (
        LoggerBuilder()
        .with_name("shop")
        .with_level("INFO")
        .add_file(str(folder), max_bytes="1 GB")
        .with_backpressure(wait_ms=60_000, drop_on_full=False)
        .build()
    )

    def finish() -> None:
        asyncio.run(log.stop_and_drain())
        with Path(path).open("wb") as whole:
            for part in sorted(folder.glob("*.jsonl")):
                whole.write(part.read_bytes())

    return _fapilog_call(log), finish


def _structlog_orjson(path: str) -> tuple[Call, Finish]:
    import orjson
    import structlog

    file = Path(path).open("ab")  # noqa: SIM115 - closed at the end
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(20),
        logger_factory=structlog.BytesLoggerFactory(file=file),
        cache_logger_on_first_use=True,
    )
    log = structlog.get_logger().bind(logger="shop")
    return (
        lambda: log.info(
            "order processed", user_id=42, sku="abc-123", title="hello world", qty=3, price=1.5
        ),
        file.close,
    )


def _loguru(path: str) -> tuple[Call, Finish]:
    from loguru import logger

    logger.remove()
    logger.add(path, serialize=True, level="INFO")
    return lambda: logger.info("order processed", **FIELDS), logger.complete


def _logust(path: str) -> tuple[Call, Finish]:
    from logust import logger

    logger.remove()
    logger.add(path, serialize=True, level="INFO")
    return lambda: logger.info("order processed", **FIELDS), logger.complete


def _picologging(path: str) -> tuple[Call, Finish]:
    import orjson
    import picologging as library

    class Lines(library.Formatter):
        def format(self, record: Any) -> str:  # noqa: ANN401 - of another environment
            return orjson.dumps(
                {
                    "timestamp": record.created,
                    "level": record.levelname,
                    "logger": record.name,
                    "message": record.msg,
                    **record.args,
                }
            ).decode()

    handler = library.FileHandler(path)
    handler.setFormatter(Lines())
    log = library.getLogger("shop")
    log.setLevel(20)
    log.addHandler(handler)
    return lambda: log.info("order processed", {**FIELDS}), handler.close


def _logging_json(path: str) -> tuple[Call, Finish]:
    log, handler = _standard(path)
    log.addHandler(handler)
    return lambda: log.info("order processed", extra=FIELDS), handler.close


def _logging_queue(path: str) -> tuple[Call, Finish]:
    import queue
    from logging.handlers import QueueHandler, QueueListener

    log, handler = _standard(path)
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    log.addHandler(QueueHandler(waiting))
    listener = QueueListener(waiting, handler)
    listener.start()
    return lambda: log.info("order processed", extra=FIELDS), listener.stop


def _standard(path: str) -> tuple[Any, Any]:
    import logging

    from pythonjsonlogger.json import JsonFormatter

    handler = logging.FileHandler(path)
    handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    log = logging.getLogger("shop")
    log.setLevel(logging.INFO)
    log.propagate = False
    return log, handler


def _orjson_dumps(path: str) -> tuple[Call, Finish]:
    import orjson

    return (
        lambda: orjson.dumps(
            {
                "timestamp": "2026-11-23T09:08:07.654321Z",
                "level": "INFO",
                "logger": "shop",
                "message": "order processed",
                "user_id": 42,
                "sku": "abc-123",
                "title": "hello world",
                "qty": 3,
                "price": 1.5,
            }
        ),
        lambda: None,
    )


CONTESTANTS: dict[str, Callable[[str], tuple[Call, Finish]]] = {
    "orjson.dumps": _orjson_dumps,
    "nothing": _nothing,
    "busy for 250 ns": _busy,
    "fapilog": _fapilog,
    "fapilog, disabled": _fapilog_disabled,
    "fapilog + crash safety": _fapilog_durable,
    "fapilog, sink sleeps 10 ms": _fapilog_sleeping_sink,
    "fapilog, Python sink sleeps 10 ms": _fapilog_slow_sink,
    "fapilog + native stage": _fapilog_stage,
    "fapilog + card redaction": _fapilog_redacting,
    "fapilog + async stage": _fapilog_python_stage,
    "fapilog 0.18.1": _fapilog_0_18,
    "structlog + orjson": _structlog_orjson,
    "loguru": _loguru,
    "logust": _logust,
    "picologging": _picologging,
    "logging + json": _logging_json,
    "logging + queue": _logging_queue,
}


#: Those that write no lines.
SILENT = ("orjson.dumps", "nothing", "busy for 250 ns", "fapilog, disabled")


#: Those whose p99.99 is looked at, and would else be that of few samples.
FEW = ("busy for 250 ns", "fapilog, sink sleeps 10 ms", "fapilog, Python sink sleeps 10 ms")


def timed(call: Call, events: int, sample_every: int) -> list[int]:
    """Calls so often; gives the time of every so-many-th call, in nanoseconds."""
    clock = time.perf_counter_ns
    samples = []
    for _ in range(events // sample_every):
        start = clock()
        call()
        samples.append(clock() - start)
        for _ in range(sample_every - 1):
            call()
    return samples


def run(name: str, path: str, events: int, threads: int) -> dict[str, Any]:
    """Log the events and measure."""
    call, finish = CONTESTANTS[name](path)
    for _ in range(100):
        call()
    gc.collect()
    each = events // max(threads, 1)
    samples: list[int] = []
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter_ns()
    sample_every = 2 if name in FEW else 10
    if threads == 0:

        async def main() -> None:
            samples.extend(timed(call, each, sample_every))

        asyncio.run(main())
    elif threads == 1:
        samples = timed(call, each, sample_every)
    else:
        workers = [
            threading.Thread(target=lambda: samples.extend(timed(call, each, sample_every)))
            for _ in range(threads)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    called = time.perf_counter_ns()
    finish()
    done = time.perf_counter_ns()
    after = resource.getrusage(resource.RUSAGE_SELF)
    samples.sort()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    total = each * max(threads, 1)
    lines = 0
    if name not in SILENT:
        with Path(path).open("rb") as file:
            lines = sum(1 for _ in file)
    return {
        "ns_per_call": (called - start) / total,
        "events_per_second": total / ((done - start) / 1e9),
        "cpu_ns_per_event": cpu * 1e9 / total,
        "rss_mib": after.ru_maxrss / 1024,
        "lost": 0 if name in SILENT else total + 100 - lines,
        **{
            f"p{share:g}": samples[min(len(samples) - 1, int(len(samples) * share / 100))]
            for share in (50, 99, 99.9, 99.99)
        },
        "max": samples[-1],
    }


if __name__ == "__main__":
    _, contestant, target, count, thread_count = sys.argv
    print(json.dumps(run(contestant, target, int(count), int(thread_count))))
