"""A FastAPI application under a real server, and the records that it leaves."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fapilog
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from fapilog_fastapi import RequestLogMiddleware

_LIMIT_SECONDS = 30.0


class _Server(uvicorn.Server):
    """A server that says when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        """Prepare the server; it starts with `run`."""
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


class Service:
    """An application with the middleware, and a logger that writes to a file."""

    def __init__(self, folder: Path, **options: Any) -> None:
        """Make the application; `options` go to the middleware."""
        self._file = folder / "service.jsonl"
        self.log = fapilog.get_logger("service", sinks=[self._file.as_uri()])
        self.app = FastAPI()
        self.app.add_middleware(RequestLogMiddleware, logger=self.log, **options)

    @contextmanager
    def serving(self, app: ASGIApp | None = None) -> Iterator[str]:
        """Serve on loopback; yields the URL, and has finished all requests at the end."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            config = uvicorn.Config(app or self.app, log_config=None, ws="none", lifespan="on")
            server = _Server(config)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                assert server.is_up.wait(_LIMIT_SECONDS)
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True
                thread.join(_LIMIT_SECONDS)
            assert not thread.is_alive()

    def records(self) -> list[dict[str, Any]]:
        """Return every record so far."""
        assert self.log.flush(timeout=_LIMIT_SECONDS)
        return [json.loads(line) for line in self._file.read_text().splitlines()]

    def access_records(self) -> list[dict[str, Any]]:
        """Return every access record so far."""
        return [record for record in self.records() if record["message"] == "request"]


@pytest.fixture
def make_service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Make services with options of the middleware; their loggers are closed at the end."""
    services: list[Service] = []

    def make(**options: Any) -> Service:
        services.append(Service(tmp_path, **options))
        return services[-1]

    yield make
    for service in services:
        service.log.close()


@pytest.fixture
def service(make_service: Callable[..., Service]) -> Service:
    """Make a service with the default options."""
    return make_service()
