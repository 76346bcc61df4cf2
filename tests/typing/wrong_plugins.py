"""Mistakes that a type checker must find: a `type: ignore` without need is an error itself."""

from __future__ import annotations

from typing import Any

import fapilog
from fapilog.plugins import (
    Configured,
    Enricher,
    Filter,
    Policy,
    Processor,
    Record,
    Redactor,
    Sink,
    Use,
    load,
)


class Synchronous:
    def write(self, record: Record) -> None: ...

    def process(self, record: Record) -> Record:
        return record


class WrongResult:
    async def filter(self, record: Record) -> bool:
        return True

    async def enrich(self, record: Record) -> None: ...

    async def redact(self, record: Record) -> Record | None:
        return None


class WrongParameter:
    async def process(self, record: int) -> Any: ...


class WrongName:
    async def emit(self, record: Record) -> None: ...


sync_sink: Sink = Synchronous()  # type: ignore[assignment]
sync_processor: Processor = Synchronous()  # type: ignore[assignment]
bool_filter: Filter = WrongResult()  # type: ignore[assignment]
empty_enricher: Enricher = WrongResult()  # type: ignore[assignment]
open_redactor: Redactor = WrongResult()  # type: ignore[assignment]
wrong_parameter: Processor = WrongParameter()  # type: ignore[assignment]
wrong_name: Sink = WrongName()  # type: ignore[assignment]


async def changes(record: Record) -> None:
    record["level"] = "INFO"  # type: ignore[index]


def application() -> None:
    fapilog.get_logger("shop", "INFO")  # type: ignore[call-arg]
    fapilog.get_logger("shop", sinks=[WrongName()])  # type: ignore[list-item]
    fapilog.get_logger("shop", overflow="explode")  # type: ignore[arg-type]
    fapilog.get_logger("shop", proccessors=[])  # type: ignore[call-arg]
    load("acme", kind="printer")  # type: ignore[arg-type]
    log = fapilog.get_logger("shop")
    log.info()  # type: ignore[call-arg]
    log.info("%s", "old style")  # type: ignore[call-arg]
    log.warn("x")  # type: ignore[attr-defined]
    log.bind("x")  # type: ignore[call-arg]


async def takes_a_number(record: int) -> Record:
    return {}


def gives_a_number(record: Record) -> int:
    return 1


def wrong_functions() -> None:
    fapilog.get_logger("shop", processors=[takes_a_number])  # type: ignore[list-item]
    fapilog.get_logger("shop", redactors=[gives_a_number])  # type: ignore[list-item]
    fapilog.get_logger("shop", enrichers=[gives_a_number])  # type: ignore[list-item]
    fapilog.get_logger("shop", alerters=["page", 5])  # type: ignore[list-item]
    fapilog.get_logger("shop", policy="deny")  # type: ignore[arg-type]
    Use("geo", priority="high")  # type: ignore[arg-type]
    Policy(require="signature")  # type: ignore[arg-type]


class PostsConfig:
    url: str = ""


class Posts(Configured[PostsConfig]):
    async def write(self, record: Record) -> None:
        del self.config.port  # type: ignore[attr-defined]


def wrong_configurations() -> None:
    Posts(5)  # type: ignore[arg-type]
    Posts()  # type: ignore[call-arg]
    no_filter: Filter = Posts(PostsConfig())  # type: ignore[assignment]
    del no_filter
