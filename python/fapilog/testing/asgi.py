"""Asking ASGI applications, FastAPI's among them, without a server or another package."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import unquote

Message: TypeAlias = MutableMapping[str, Any]
Application: TypeAlias = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]],
    Awaitable[None],
]


@dataclass(frozen=True)
class Response:
    """An answer.

    Attributes:
        status: Its status.
        headers: Names in lower case; of several of one name the last.
        body: All of it.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode()

    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The body as JSON."""
        return json.loads(self.body)


async def request(
    app: Application,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    client: tuple[str, int] = ("127.0.0.1", 50000),
) -> Response:
    """Ask an application once.

    Args:
        app: The application.
        path: Path and query as they are typed.
        method: The method.
        headers: Header fields.
        body: The request's body.
        client: Address of the client.

    Raises:
        AssertionError: The application returned without an answer.
        Exception: What the application raised: nobody answers for it here.
    """
    sent: list[Message] = []
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await asyncio.get_running_loop().create_future()  # the client stays
        asked = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(_scope(path, method, headers or {}, client), receive, send)
    begun = [message for message in sent if message["type"] == "http.response.start"]
    if not begun:
        raise AssertionError(f"the application did not answer {method} {path}")
    fields = {name.decode().lower(): value.decode() for name, value in begun[0].get("headers", ())}
    parts = [m.get("body", b"") for m in sent if m["type"] == "http.response.body"]
    return Response(begun[0]["status"], fields, b"".join(parts))


async def requests(app: Application, *paths: str) -> list[Response]:
    """Ask an application about several paths at once, each in a task of its own."""
    return list(await asyncio.gather(*(request(app, path) for path in paths)))


@asynccontextmanager
async def lifespan(app: Application) -> AsyncIterator[None]:
    """Start an application before the block and shut it down after it.

    Raises:
        AssertionError: It says that it failed.
    """
    asked: asyncio.Queue[Message] = asyncio.Queue()
    told: asyncio.Queue[Message] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    task = asyncio.ensure_future(app(scope, asked.get, told.put))
    try:
        await _step("startup", task, asked, told)
        yield
        await _step("shutdown", task, asked, told)
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _step(
    what: str,
    task: asyncio.Future[None],
    asked: asyncio.Queue[Message],
    told: asyncio.Queue[Message],
) -> None:
    await asked.put({"type": f"lifespan.{what}"})
    answer = asyncio.ensure_future(told.get())
    both: set[asyncio.Future[Any]] = {answer, task}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    if not answer.done():
        answer.cancel()
        task.result()  # an application without a lifespan returns or raises
        raise AssertionError(f"the application ended instead of its {what}")
    message = answer.result()
    if message["type"] != f"lifespan.{what}.complete":
        raise AssertionError(f"the {what} failed: {message.get('message', '')}")


def _scope(
    path: str, method: str, headers: Mapping[str, str], client: tuple[str, int]
) -> MutableMapping[str, Any]:
    where, _, query = path.partition("?")
    fields = {"host": "testserver", **{name.lower(): value for name, value in headers.items()}}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method.upper(),
        "scheme": "http",
        "path": unquote(where),
        "raw_path": where.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
        "client": client,
        "server": ("testserver", 80),
        "state": {},
    }
