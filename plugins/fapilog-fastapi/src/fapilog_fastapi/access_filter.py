"""The filter `fastapi`: drops the access records of paths that nobody wants to read about."""

from __future__ import annotations

from dataclasses import dataclass

from fapilog.plugins import Record

_MESSAGES = frozenset({"request", "websocket"})
_FIRST_ERROR_STATUS = 400


@dataclass(frozen=True)
class AccessFilterConfig:
    """What the filter drops.

    Attributes:
        exclude_paths: paths whose access records are dropped, compared as a whole. Default: none.
        keep_errors: whether a record with a status of 400 or more, or of level ERROR or CRITICAL,
            is kept all the same. Default: yes.
    """

    exclude_paths: tuple[str, ...] = ()
    keep_errors: bool = True


class AccessFilter:
    """Drops the access records of the named paths and nothing else.

    Unlike the middleware's own `exclude_paths` it can differ from one logger to the next, and be
    set where the logger is configured.
    """

    Config = AccessFilterConfig

    def __init__(self, config: AccessFilterConfig | None = None) -> None:
        """Prepare the filter; without `config` it keeps everything."""
        self._config = config or AccessFilterConfig()
        self._paths = frozenset(self._config.exclude_paths)

    async def filter(self, record: Record) -> Record | None:
        """Return the record to keep it, `None` to drop it."""
        message, path = record.get("message"), record.get("path")
        # An application may log anything under these names, also what has no hash.
        if not (isinstance(message, str) and isinstance(path, str)):
            return record
        if message not in _MESSAGES or path not in self._paths:
            return record
        if self._config.keep_errors and _is_error(record):
            return record
        return None


def _is_error(record: Record) -> bool:
    status = record.get("status")
    failed = isinstance(status, int) and status >= _FIRST_ERROR_STATUS
    return failed or record.get("level") in ("ERROR", "CRITICAL")
