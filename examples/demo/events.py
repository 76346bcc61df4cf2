"""A web shop's log: events as such a service really writes them, the same at every run.

Nested fields, text in many scripts, odd values and exceptions with causes, from a seeded generator.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

_CUSTOMERS = (
    "Zoë Müller",
    "李小龍",
    "Søren Ångström",
    "Ирина Петрова",
    "محمد",
    "O'Brien",
    "花子 🌸",
)
_ARTICLES = ("tea", "mug", "café crème", "Grüße card", "寿司 set", 'a "quoted" name', "back\\slash")
_PATHS = ("/", "/cart", "/checkout", "/articles/{id}", "/healthz")
_CLIENTS = ("Mozilla/5.0 (X11; Linux x86_64)", "curl/8.5.0", "shop-app/3.2 (iOS 18)")


@dataclass(frozen=True)
class Event:
    """One call of the logger: its level as a method name, its message and its fields."""

    level: str
    message: str
    fields: dict[str, Any]
    error: BaseException | None = None


class PaymentRefusedError(Exception):
    """The bank said no."""


def events(count: int, seed: int = 2026) -> Iterator[Event]:
    """`count` events; the same for the same `seed`."""
    generator = random.Random(seed)  # noqa: S311 - nothing secret comes of it
    for number in range(count):
        yield _event(generator, number)


def _event(generator: random.Random, number: int) -> Event:
    kind = generator.random()
    if kind < 0.62:
        return _request(generator)
    if kind < 0.90:
        return _order(generator, number)
    if kind < 0.97:
        return Event("warning", "stock is low", {"article": generator.choice(_ARTICLES), "left": 2})
    if kind < 0.99:
        body = "x" * generator.randrange(300, 3000)
        return Event("info", "webhook received", {"body": body, "source": b"\xffraw bytes"})
    return Event("error", "payment failed", {"order": number}, _failure(number))


def _request(generator: random.Random) -> Event:
    path = generator.choice(_PATHS)
    fields = {
        "request": {"method": "GET", "path": path, "client": generator.choice(_CLIENTS)},
        "status": generator.choice((200, 200, 200, 304, 404)),
        "duration_ms": round(generator.expovariate(1 / 40), 3),
        "request_id": UUID(int=generator.getrandbits(128), version=4),
    }
    return Event("info", "request", fields)


def _order(generator: random.Random, number: int) -> Event:
    lines = [
        {"article": generator.choice(_ARTICLES), "count": generator.randrange(1, 5)}
        for _ in range(generator.randrange(1, 4))
    ]
    fields = {
        "order": {
            "number": number,
            "lines": lines,
            "total": Decimal(generator.randrange(9999)) / 100,
        },
        "customer": generator.choice(_CUSTOMERS),
        "placed_at": datetime.fromtimestamp(1_790_000_000 + number, timezone.utc),
        "tags": {"new"} if generator.random() < 0.1 else set(),
    }
    return Event("info", "order placed", fields)


def _failure(number: int) -> PaymentRefusedError:
    """An exception with frames and a cause, as one that was caught has them."""
    try:
        _charge(number)
    except PaymentRefusedError as refused:
        return refused
    raise AssertionError("the bank always refuses")


def _charge(number: int) -> None:
    account = {"owner": "…"}
    try:
        account["iban"]
    except KeyError as missing:
        raise PaymentRefusedError(f"order {number}: no account to charge — «déclinée»") from missing
