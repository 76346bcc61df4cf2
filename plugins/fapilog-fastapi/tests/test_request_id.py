"""Request ids: taken when harmless, made when not, echoed, and never mixed up."""

from __future__ import annotations

import asyncio
import re
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from fapilog import FapilogError
from fastapi import FastAPI, Response

from fapilog_fastapi import MiddlewareMissingError, RequestLogger, RequestLogMiddleware

if TYPE_CHECKING:
    from conftest import Service

_MADE = re.compile(r"[0-9a-f]{32}")


def add_home(service: Service) -> None:
    @service.app.get("/")
    async def home() -> str:
        return "home"


@pytest.mark.parametrize("given", ["a", "req-1_2.3:4=+", "f" * 128])
def test_a_harmless_id_is_taken_and_echoed(service: Service, given: str) -> None:
    add_home(service)
    with service.serving() as url:
        answer = httpx.get(url, headers={"X-Request-ID": given})
    (record,) = service.records()
    assert record["request_id"] == answer.headers["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given",
    [
        b"f" * 129,
        b"",
        b"a b",
        b"a,b",
        b"../../etc/passwd",
        b"<script>",
        b"a%0d%0aSet-Cookie:%20x=1",
        b"caf\xc3\xa9",
        b'{"a":1}',
        b"a\tb",
    ],
)
def test_any_other_id_is_replaced(service: Service, given: bytes) -> None:
    add_home(service)
    with service.serving() as url:
        answer = httpx.get(url, headers=[(b"X-Request-ID", given)])
    (record,) = service.records()
    assert record["request_id"] == answer.headers["X-Request-ID"]
    assert _MADE.fullmatch(record["request_id"])


def test_a_repeated_header_is_not_trusted(service: Service) -> None:
    add_home(service)
    with service.serving() as url:
        httpx.get(url, headers=[("X-Request-ID", "one"), ("X-Request-ID", "two")])
    (record,) = service.records()
    assert _MADE.fullmatch(record["request_id"])


def test_a_folded_header_does_not_get_into_the_answer(service: Service) -> None:
    add_home(service)
    with service.serving() as url:
        port = urlsplit(url).port
        assert port is not None
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(
                b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                b"X-Request-ID: good\r\n Set-Cookie: evil=1\r\n\r\n"
            )
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 ")
    assert b"evil" not in answer


def test_the_application_can_not_send_another_id(service: Service) -> None:
    @service.app.get("/")
    async def home(response: Response) -> None:
        response.headers["X-Request-ID"] = "mine"

    with service.serving() as url:
        answer = httpx.get(url, headers={"X-Request-ID": "given"})
    assert answer.headers.get_list("X-Request-ID") == ["given"]


def test_concurrent_requests_never_mix_their_ids(service: Service) -> None:
    together = 20

    @service.app.get("/{number}")
    async def work(number: int, log: RequestLogger) -> int:
        log.info("begun", number=number)
        for _ in range(number % 7):
            await asyncio.sleep(0)  # lets the other requests go on
        log.bind(bound=number).info("done", number=number)
        return number

    with service.serving() as url:

        async def ask_all() -> None:
            limits = httpx.Limits(max_connections=together)
            async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
                requests = [
                    client.get(f"/{number}", headers={"X-Request-ID": f"id-{number}"})
                    for number in range(300)
                ]
                for number, answer in enumerate(await asyncio.gather(*requests)):
                    assert answer.json() == number
                    assert answer.headers["X-Request-ID"] == f"id-{number}"

        asyncio.run(ask_all())
    records = service.records()
    assert len(records) == 3 * 300
    for record in records:
        number = record["number"] if "number" in record else int(record["path"][1:])
        assert record["request_id"] == f"id-{number}"


async def ask(app: FastAPI, request_id: str) -> httpx.Response:
    """Ask an application for `/` without a server; what it raises is raised."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        return await client.get("/", headers={"X-Request-ID": request_id})


def test_without_the_middleware_the_error_says_how_to_add_it() -> None:
    app = FastAPI()

    @app.get("/")
    async def home(log: RequestLogger) -> None:
        log.info("never reached")

    with pytest.raises(MiddlewareMissingError) as caught:
        asyncio.run(ask(app, "one"))
    assert isinstance(caught.value, FapilogError)
    assert caught.value.error_id == "fastapi-middleware-missing"
    assert "app.add_middleware(RequestLogMiddleware" in caught.value.hint
    assert "hint: " in str(caught.value)


def test_what_the_application_bound_is_in_the_requests_logger(service: Service) -> None:
    app = FastAPI()
    app.add_middleware(RequestLogMiddleware, logger=service.log.bind(region="north"))

    @app.get("/")
    async def home(log: RequestLogger) -> None:
        log.info("inside")

    asyncio.run(ask(app, "one"))
    assert [(entry["region"], entry["request_id"]) for entry in service.records()] == [
        ("north", "one"),
        ("north", "one"),
    ]
