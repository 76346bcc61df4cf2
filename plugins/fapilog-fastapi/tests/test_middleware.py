"""The middleware under a real server: one record per request, whatever happens to it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import BackgroundTasks, FastAPI, HTTPException, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse

from fapilog_fastapi import RequestLogger, RequestLogMiddleware

if TYPE_CHECKING:
    from conftest import Service


def test_a_request_leaves_one_record_with_all_fields(service: Service) -> None:
    @service.app.get("/orders/{number}")
    async def order(number: int) -> dict[str, int]:
        return {"number": number}

    with service.serving() as url:
        answer = httpx.get(f"{url}/orders/42?token=hunter2")
    (record,) = service.records()
    assert record["level"] == "INFO"
    assert record["message"] == "request"
    assert record["method"] == "GET"
    assert record["path"] == "/orders/42"
    assert record["route"] == "/orders/{number}"
    assert record["status"] == answer.status_code == 200
    assert record["client"] == "127.0.0.1"
    assert record["request_id"] == answer.headers["x-request-id"]
    assert record["response_bytes"] == len(answer.content)
    assert 0 < record["duration_ms"] < 60_000
    assert "disconnected" not in record
    assert "hunter2" not in str(record)


def test_a_path_that_no_route_answers_has_no_template(service: Service) -> None:
    with service.serving() as url:
        assert httpx.get(f"{url}/nowhere").status_code == 404
    (record,) = service.records()
    assert (record["status"], record["level"]) == (404, "INFO")
    assert "route" not in record


def test_a_mounted_application_shows_the_whole_template(service: Service) -> None:
    shop = FastAPI()

    @shop.get("/orders/{number}")
    async def order(number: int) -> int:
        return number

    service.app.mount("/shop", shop)
    with service.serving() as url:
        assert httpx.get(f"{url}/shop/orders/1").status_code == 200
    (record,) = service.records()
    assert record["path"] == "/shop/orders/1"
    assert record["route"] == "/shop/orders/{number}"


def test_an_endless_path_is_cut_off(service: Service) -> None:
    with service.serving() as url:
        httpx.get(f"{url}/{'a' * 10_000}")
    (record,) = service.records()
    assert len(record["path"]) == 2048


def test_an_unhandled_exception_is_in_the_record_and_goes_on_to_the_server(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    @service.app.get("/fails")
    async def fails() -> None:
        raise KeyError("no such order")

    with service.serving() as url:
        assert httpx.get(f"{url}/fails").status_code == 500
    (record,) = service.records()
    assert (record["status"], record["level"]) == (500, "ERROR")
    assert record["route"] == "/fails"
    assert "KeyError" in str(record["exception"])
    assert "Exception in ASGI application" in caplog.text


def test_an_answer_of_500_is_an_error_without_an_exception(service: Service) -> None:
    @service.app.get("/busy")
    async def busy() -> None:
        raise HTTPException(503)

    with service.serving() as url:
        assert httpx.get(f"{url}/busy").status_code == 503
    (record,) = service.records()
    assert (record["status"], record["level"]) == (503, "ERROR")
    assert "exception" not in record


def test_a_streamed_answer_is_recorded_when_its_body_ends(service: Service) -> None:
    may_end = threading.Event()

    async def chunks() -> AsyncIterator[bytes]:
        yield b"first"
        await asyncio.to_thread(may_end.wait, 30)
        yield b"second"

    @service.app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(chunks())

    with service.serving() as url, httpx.stream("GET", f"{url}/stream") as answer:
        body = answer.iter_raw()
        assert next(body) == b"first"
        assert service.records() == []
        may_end.set()
        assert b"".join(body) == b"second"
    (record,) = service.records()
    assert record["status"] == 200
    assert record["response_bytes"] == len(b"firstsecond")
    assert "disconnected" not in record


def test_a_client_that_leaves_during_the_answer_is_recorded_once(service: Service) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1024
            await asyncio.sleep(0)

    @service.app.get("/endless")
    async def stream() -> StreamingResponse:
        return StreamingResponse(endless())

    with service.serving() as url, httpx.stream("GET", f"{url}/endless") as answer:
        assert next(answer.iter_raw())
    (record,) = service.records()
    assert record["disconnected"] is True
    assert record["status"] == 200
    assert record["level"] == "INFO"
    assert record["response_bytes"] >= 1024


def test_a_client_that_leaves_before_the_answer_gets_status_499_in_the_record(
    service: Service,
) -> None:
    arrived = threading.Event()

    async def answer_nobody(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            arrived.set()

    service.app.mount("/slow", answer_nobody)
    with service.serving() as url:

        async def ask_and_leave() -> None:
            async with httpx.AsyncClient() as client:
                request = asyncio.create_task(client.get(f"{url}/slow/"))
                assert await asyncio.to_thread(arrived.wait, 30)
                request.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await request

        asyncio.run(ask_and_leave())
    (record,) = service.records()
    assert (record["status"], record["disconnected"]) == (499, True)


def test_an_application_that_gives_no_answer_is_an_error(service: Service) -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        return

    service.app.mount("/silent", silent)
    with service.serving() as url:
        assert httpx.get(f"{url}/silent/").status_code == 500
    (record,) = service.records()
    assert (record["status"], record["level"]) == (500, "ERROR")


def test_a_failed_background_task_is_told_apart_from_the_request(service: Service) -> None:
    def fail() -> None:
        raise OSError("mail server is down")

    @service.app.get("/mail")
    async def mail(tasks: BackgroundTasks) -> str:
        tasks.add_task(fail)
        return "sent soon"

    with service.serving() as url:
        assert httpx.get(f"{url}/mail").status_code == 200
    access, task = service.records()
    assert (access["message"], access["level"], access["status"]) == ("request", "INFO", 200)
    assert (task["message"], task["level"]) == ("request failed", "ERROR")
    assert "mail server is down" in str(task["exception"])
    assert access["request_id"] == task["request_id"]


def test_around_the_whole_application_even_the_page_of_a_failure_bears_the_id(
    service: Service,
) -> None:
    inner = FastAPI()

    @inner.get("/fails")
    async def fails() -> None:
        raise KeyError("no such order")

    with service.serving(RequestLogMiddleware(inner, logger=service.log)) as url:
        answer = httpx.get(f"{url}/fails")
    assert answer.status_code == 500
    access, failed = service.records()
    assert (access["message"], access["level"], access["status"]) == ("request", "ERROR", 500)
    assert failed["message"] == "request failed"
    assert "no such order" in str(failed["exception"])
    assert access["request_id"] == failed["request_id"] == answer.headers["X-Request-ID"]


def test_excluded_paths_are_recorded_only_when_they_fail(
    make_service: Callable[..., Service],
) -> None:
    service = make_service(exclude_paths=("/health", "/broken"))

    @service.app.get("/health")
    async def health() -> str:
        return "ok"

    @service.app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("database is down")

    with service.serving() as url:
        assert httpx.get(f"{url}/health").status_code == 200
        assert httpx.get(f"{url}/broken").status_code == 500
        assert httpx.get(f"{url}/health/").status_code in (307, 404)
    paths = [record["path"] for record in service.records()]
    assert paths == ["/broken", "/health/"]


def test_a_logger_that_fails_never_breaks_a_request(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise OSError("no space left")

    app = FastAPI()
    broken: Any = Broken()
    app.add_middleware(RequestLogMiddleware, logger=broken)

    @app.get("/")
    async def home() -> str:
        return "fine"

    async def ask_three_times() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            for _ in range(3):
                assert (await client.get("/")).json() == "fine"

    with caplog.at_level(logging.ERROR, logger="fapilog_fastapi"):
        asyncio.run(ask_three_times())
    assert len([entry for entry in caplog.records if entry.name == "fapilog_fastapi"]) == 1


def test_a_websocket_leaves_one_record_with_its_close_code(service: Service) -> None:
    @service.app.websocket("/chat/{room}")
    async def chat(socket: WebSocket, room: str) -> None:
        await socket.accept()
        await socket.send_text(room)
        await socket.close(code=4001)

    sent = converse(service.app, "/chat/blue", {"type": "websocket.connect"})
    accepted, text, closed = sent
    assert text["text"] == "blue"
    assert closed["code"] == 4001
    (record,) = service.records()
    assert record["message"] == "websocket"
    assert record["status"] == 4001
    assert record["route"] == "/chat/{room}"
    assert record["level"] == "INFO"
    assert dict(accepted["headers"])[b"x-request-id"].decode() == record["request_id"]


def test_a_websocket_whose_client_leaves_has_the_clients_close_code(service: Service) -> None:
    @service.app.websocket("/chat")
    async def chat(socket: WebSocket, log: RequestLogger) -> None:
        await socket.accept()
        try:
            await socket.receive_text()
        except WebSocketDisconnect:
            log.info("client left")

    leaving = {"type": "websocket.disconnect", "code": 1001}
    converse(service.app, "/chat", {"type": "websocket.connect"}, leaving)
    inside, record = service.records()
    assert inside["message"] == "client left"
    assert inside["request_id"] == record["request_id"]
    assert (record["message"], record["status"]) == ("websocket", 1001)


def test_a_websocket_that_fails_is_an_error(service: Service) -> None:
    @service.app.websocket("/chat")
    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        raise KeyError("no such room")

    with pytest.raises(KeyError):
        converse(service.app, "/chat", {"type": "websocket.connect"})
    (record,) = service.records()
    assert (record["message"], record["level"]) == ("websocket", "ERROR")
    assert "no such room" in str(record["exception"])


def converse(app: FastAPI, path: str, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """Hold a websocket conversation as an ASGI server would; return what the application sent."""
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "scheme": "ws",
        "path": path,
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "subprotocols": [],
    }
    pending = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(pending)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent
