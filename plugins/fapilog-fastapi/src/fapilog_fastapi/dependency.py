"""The dependency `request_logger`: the logger of the request that is being answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from fapilog import FapilogError, Logger
from fastapi import Depends
from fastapi.requests import HTTPConnection

from fapilog_fastapi._scope import LOGGER_KEY


class MiddlewareMissingError(FapilogError):
    """`request_logger` was asked for in an application without `RequestLogMiddleware`."""

    templates: ClassVar[Mapping[str, str]] = {
        "fastapi-middleware-missing": (
            "the request has no logger; expected an application with the middleware"
        ),
    }

    def __init__(self) -> None:
        """Make the error; it has one cause and no values."""
        hint = "app.add_middleware(RequestLogMiddleware, logger=log)"
        super().__init__("fastapi-middleware-missing", hint=hint)


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
