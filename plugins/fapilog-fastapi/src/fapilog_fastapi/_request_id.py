"""The id of a request: the client's when it is harmless, else a new one."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

_HARMLESS = re.compile(rb"[A-Za-z0-9_.:=+-]{1,128}")
"""What is taken from a client: room for a trace id, and nothing that means something in a header,
a terminal, a path or a page."""


def request_id_from(headers: Iterable[tuple[bytes, bytes]], *, header: bytes) -> str:
    """Return the id in the header, or a new one if it is missing, repeated or not harmless.

    Args:
        headers: names in lower case, and values, as ASGI hands them over.
        header: name of the id's header in lower case.
    """
    values = [value for name, value in headers if name == header]
    if len(values) == 1 and _HARMLESS.fullmatch(values[0]):
        return values[0].decode("ascii")
    return uuid.uuid4().hex
