"""The dependency `request_logger`: the logger of the request that is being answered."""

from __future__ import annotations

from typing import Annotated

from fapilog import FapilogError, Logger
from fastapi import Depends
from fastapi.requests import HTTPConnection

from fapilog_fastapi._scope import LOGGER_KEY


class MiddlewareMissingError(FapilogError):
    """`request_logger` was asked for in an application without `RequestLogMiddleware`."""

    def __init__(self) -> None:
        """Make the error; it has one cause and no values."""
        self.error_id = "fastapi-middleware-missing"
        self.message = "the request has no logger; expected an application with the middleware"
        self.hint = "app.add_middleware(RequestLogMiddleware, logger=log)"
        self.values = {}
        # The core's own constructor knows only the core's error ids.
        Exception.__init__(self, self.message)


async def request_logger(connection: HTTPConnection) -> Logger:
    """Return the logger of this request: the application's, with `request_id` bound.

    For `Depends(request_logger)`, in routes of requests and of websockets.

    Raises:
        MiddlewareMissingError: the application has no `RequestLogMiddleware`.
    """
    logger = connection.scope.get(LOGGER_KEY)
    if not isinstance(logger, Logger):
        raise MiddlewareMissingError
    return logger


RequestLogger = Annotated[Logger, Depends(request_logger)]
"""The type of a route's parameter that is to be the request's logger."""
