"""The middleware: a request id, one access record per request, a logger for each request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import Literal

from fapilog import Logger
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fapilog_fastapi._exchange import CLIENT_CLOSED_REQUEST, Exchange
from fapilog_fastapi._request_id import request_id_from
from fapilog_fastapi._scope import LOGGER_KEY

_FIRST_SERVER_ERROR = 500
_ABNORMAL_CLOSURE = 1006
"""Close code in the record of a websocket that ended without one (RFC 6455, section 7.4.1)."""


class RequestLogMiddleware:
    """Pure ASGI middleware that writes one record for each request.

    The record has the message `request` and the fields `method`, `path` (without the query),
    `route` (the template, when a route answered), `status`, `duration_ms`, `client`, `request_id`
    and `response_bytes`. It is written when the last byte of the answer has been handed to the
    server, so background tasks don't count. Its level is INFO, from status 500 on ERROR. An
    unhandled exception is in the record, and raised again; one after the answer, as of a
    background task, gets a record of its own, `request failed`. When the client left first the
    record has `disconnected`, and status 499 if no answer had begun.

    A websocket gets one record when it ends, with the message `websocket`, the close code as
    `status`, and no `method` and `response_bytes`. Lifespan messages pass through.

    The request id is taken from the request if it has at most 128 characters of `A-Za-z0-9_.:=+-`,
    else it is new; the answer bears it in the same header. Only the answer to an unhandled
    exception can't: Starlette writes that one outside of all middleware.

    Nothing that goes wrong in logging reaches the request.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        logger: Logger,
        request_id_header: str = "X-Request-ID",
        exclude_paths: Collection[str] = (),
    ) -> None:
        """Wrap an application.

        Args:
            app: the application.
            logger: writes the records; what is bound to it is in all of them.
            request_id_header: header of the request id. Default: `X-Request-ID`.
            exclude_paths: paths, compared as a whole, that get a record only from status 500 on.
                Default: none.
        """
        self._app = app
        self._logger = logger
        self._header = request_id_header.lower().encode("ascii")
        self._excluded = frozenset(exclude_paths)
        self._failure_was_told = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = self._begin(scope)

        async def receive_and_watch() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect" and not exchange.ended:
                exchange.disconnected = True
            return message

        async def send_and_watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                message = self._with_request_id(message, exchange.request_id)
            try:
                await send(message)
            except OSError:
                # The way in which servers say that the client has left (ASGI 2.4).
                exchange.disconnected = True
                raise
            exchange.response_bytes += len(message.get("body", b""))
            if _ends_answer(message) and not exchange.ended:
                exchange.ended = True
                self._write_request(exchange)

        try:
            await self._app(scope, receive_and_watch, send_and_watch)
        except asyncio.CancelledError:
            # The server gives up the connection.
            exchange.disconnected = not exchange.ended
            raise
        except Exception:
            if exchange.disconnected:
                pass
            elif not exchange.ended:
                exchange.ended = True
                exchange.status = exchange.status or _FIRST_SERVER_ERROR
                self._write_request(exchange, failed=True)
            else:
                # The answer went out well and has its record; what failed came after it.
                self._write("exception", "request failed", exchange)
            raise
        finally:
            if not exchange.ended:
                # The client left, or the application returned without a whole answer, for which
                # servers send an error.
                left = exchange.disconnected
                early = CLIENT_CLOSED_REQUEST if left else _FIRST_SERVER_ERROR
                exchange.status = exchange.status or early
                exchange.ended = True
                self._write_request(exchange)

    def _write_request(self, exchange: Exchange, *, failed: bool = False) -> None:
        status = exchange.status or 0
        if exchange.path in self._excluded and status < _FIRST_SERVER_ERROR and not failed:
            return
        if failed:
            self._write("exception", "request", exchange)
        elif status >= _FIRST_SERVER_ERROR:
            self._write("error", "request", exchange)
        else:
            self._write("info", "request", exchange)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = self._begin(scope)

        async def receive_and_watch() -> Message:
            message = await receive()
            if message["type"] == "websocket.disconnect" and exchange.status is None:
                exchange.status = message.get("code", _ABNORMAL_CLOSURE)
            return message

        async def send_and_watch(message: Message) -> None:
            if message["type"] == "websocket.accept":
                message = self._with_request_id(message, exchange.request_id)
            elif message["type"] == "websocket.close" and exchange.status is None:
                exchange.status = message.get("code", 1000)
            await send(message)

        try:
            await self._app(scope, receive_and_watch, send_and_watch)
        except Exception:
            exchange.ended = True
            exchange.status = exchange.status or _ABNORMAL_CLOSURE
            self._write("exception", "websocket", exchange)
            raise
        finally:
            if not exchange.ended and exchange.path not in self._excluded:
                exchange.status = exchange.status or _ABNORMAL_CLOSURE
                self._write("info", "websocket", exchange)

    def _begin(self, scope: Scope) -> Exchange:
        request_id = request_id_from(scope.get("headers", ()), header=self._header)
        try:
            scope[LOGGER_KEY] = self._logger.bind(request_id=request_id)
        except Exception:
            scope[LOGGER_KEY] = self._logger
            self._tell_failure()
        return Exchange(scope, request_id=request_id)

    def _with_request_id(self, message: Message, request_id: str) -> Message:
        headers = [
            (name, value)
            for name, value in message.get("headers", ())
            if name.lower() != self._header
        ]
        headers.append((self._header, request_id.encode("ascii")))
        return {**message, "headers": headers}

    def _write(
        self, method: Literal["info", "error", "exception"], message: str, exchange: Exchange
    ) -> None:
        try:
            getattr(self._logger, method)(message, **exchange.fields())
        except Exception:
            self._tell_failure()

    def _tell_failure(self) -> None:
        """Tell once, by another way, that logging fails: the request must go on."""
        if not self._failure_was_told:
            self._failure_was_told = True
            logging.getLogger("fapilog_fastapi").exception("an access record could not be written")


def _ends_answer(message: Message) -> bool:
    if message["type"] == "http.response.body":
        return message.get("more_body", False) is False
    # An extension: the server sends a file by itself.
    return bool(message["type"] == "http.response.pathsend")
