"""FastAPI and fapilog: a request id, an access record per request, a logger for each request."""

from fapilog_fastapi.access_filter import AccessFilter, AccessFilterConfig
from fapilog_fastapi.dependency import MiddlewareMissingError, RequestLogger, request_logger
from fapilog_fastapi.middleware import RequestLogMiddleware

__all__ = [
    "AccessFilter",
    "AccessFilterConfig",
    "MiddlewareMissingError",
    "RequestLogMiddleware",
    "RequestLogger",
    "request_logger",
]
