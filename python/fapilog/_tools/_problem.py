"""What keeps a tool from doing its work."""

from __future__ import annotations

from typing import Any

from fapilog._errors import FapilogError


class ToolProblem(Exception):  # noqa: N818 - an answer for a person, not a fault of the program
    """A tool cannot do what it was asked to.

    Attributes:
        error_id: Stable id, the key of ``docs/reference/command.md``.
        message: What failed, with which value, and what was expected.
        hint: What repairs it.
    """

    def __init__(self, error_id: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.error_id = error_id
        self.message = message
        self.hint = hint


def told(error: BaseException) -> dict[str, Any]:
    """An error as an event; one of the library keeps its id and hint."""
    if isinstance(error, (ToolProblem, FapilogError)):
        return {
            "event": "error",
            "id": error.error_id,
            "message": error.message,
            "hint": error.hint,
        }
    from fapilog._tools._place import place_of

    return {
        "event": "error",
        "id": "tool-failed",
        "message": f"{type(error).__name__}: {error}",
        "hint": "",
        "place": place_of(error),
    }
