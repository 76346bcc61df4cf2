"""What is known of one request and its answer, and the record that is made of it."""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from typing import Any

_MAX_PATH_CHARS = 2048
"""Longest path in a record. Servers accept up to 64 KiB, which tells nobody anything."""

CLIENT_CLOSED_REQUEST = 499
"""Status in the record of a request whose client left before the answer began. No such status was
sent; the number is the one that reverse proxies use for it."""


class Exchange:
    """One request and its answer, filled in while they pass by."""

    def __init__(self, scope: MutableMapping[str, Any], *, request_id: str) -> None:
        """Begin the exchange: from now on time counts."""
        self._scope = scope
        # Mounted applications change these in the scope; what the client asked for is here.
        self._path = str(scope.get("path", ""))[:_MAX_PATH_CHARS]
        self._root_path = str(scope.get("root_path", ""))
        self._started_ns = time.perf_counter_ns()
        self.request_id = request_id
        self.status: int | None = None
        self.response_bytes = 0
        self.disconnected = False
        self.ended = False

    @property
    def path(self) -> str:
        """The path without the query, at most 2048 characters."""
        return self._path

    def fields(self) -> dict[str, Any]:
        """Return the fields of the record, as much as is known by now."""
        client = self._scope.get("client")
        fields: dict[str, Any] = {
            "path": self._path,
            "status": self.status,
            "duration_ms": round((time.perf_counter_ns() - self._started_ns) / 1e6, 3),
            "client": client[0] if client else None,
            "request_id": self.request_id,
        }
        if self._scope["type"] == "http":
            fields["method"] = self._scope["method"]
            fields["response_bytes"] = self.response_bytes
        route = self._route()
        if route is not None:
            fields["route"] = route
        if self.disconnected:
            fields["disconnected"] = True
        return fields

    def _route(self) -> str | None:
        """Return the template of the route that answered, with the prefixes of mounts."""
        template = getattr(self._scope.get("route"), "path", None)
        if not isinstance(template, str):
            return None
        root_path = str(self._scope.get("root_path", ""))
        mounted = root_path.startswith(self._root_path)
        return root_path[len(self._root_path) :] + template if mounted else template
