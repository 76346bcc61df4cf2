"""Values that may be used and never shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

#: Longest secret that is read from a file, in bytes: a wrong path must not fill the memory.
_LONGEST_BYTES = 64 * 1024


class Secret:
    """A password, token or key: its text is in no ``repr``, error or log.

    Two are equal when they were made from the same text.

    Args:
        source: The secret itself, ``env:NAME`` for an environment variable, or ``file:/path`` for
            a file (its text without the line end). Variables and files are read when a logger is
            made, not before.

    Examples:
        >>> from fapilog.sinks import Secret
        >>> Secret("hunter2")
        Secret('****')
        >>> Secret("env:TOKEN")
        Secret('env:TOKEN')
    """

    __slots__ = ("_source",)

    def __init__(self, source: str | Secret) -> None:
        self._source: str = source._source if isinstance(source, Secret) else source

    def reveal(self) -> str:
        """The secret itself.

        Raises:
            LookupError: The variable is not set, or the file cannot be read; without the secret.
        """
        scheme, _, name = self._source.partition(":")
        if scheme == "env":
            if not os.environ.get(name):
                raise LookupError(f"environment variable {name} is not set")
            return os.environ[name]
        if scheme == "file":
            return _text_of(Path(name))
        return self._source

    @property
    def shown(self) -> str:
        """Where the secret comes from, or ``****``."""
        return self._source if self._source.startswith(("env:", "file:")) else "****"

    def __repr__(self) -> str:
        return f"Secret({self.shown!r})"

    def __str__(self) -> str:
        return self.shown

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._source == other._source

    def __hash__(self) -> int:
        return hash(self._source)

    def __reduce__(self) -> tuple[Any, ...]:
        # Configurations go to worker processes; what they are written to is the caller's choice.
        return Secret, (self._source,)


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST_BYTES + 1)
        text = content.decode().rstrip("\r\n")
    except OSError as error:
        raise LookupError(f"file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise LookupError(f"file {path} is no UTF-8 text") from None
    if not text or len(content) > _LONGEST_BYTES:
        raise LookupError(f"file {path} is empty or larger than {_LONGEST_BYTES} bytes")
    return text
