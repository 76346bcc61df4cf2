"""Where in the author's source an exception came from."""

from __future__ import annotations

import linecache
import sys
import traceback
from pathlib import Path
from typing import Any

_OURS = f"{Path(__file__).absolute().parents[1]}/"


def place_of(error: BaseException, folder: Path | None = None) -> dict[str, Any] | None:
    """The innermost line of the author's code: ``file``, ``line``, ``function``, ``source``.

    Args:
        error: The exception.
        folder: The author's project: a line in it is preferred to one of the libraries it calls.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return {
            "file": error.filename,
            "line": error.lineno or 0,
            "function": "",
            "source": (error.text or "").strip(),
        }
    # A file may have been saved since it was last looked at.
    linecache.checkcache()
    frames = list(traceback.extract_tb(error.__traceback__))
    theirs = [frame for frame in frames if not _is_library(frame.filename)]
    own = [frame for frame in theirs if folder and frame.filename.startswith(f"{folder}/")]
    found = (own or theirs)[-1:]
    if not found:
        return _place_of_cause(error, folder)
    return {
        "file": found[0].filename,
        "line": found[0].lineno or 0,
        "function": found[0].name,
        "source": (found[0].line or "").strip(),
    }


def _place_of_cause(error: BaseException, folder: Path | None) -> dict[str, Any] | None:
    cause = error.__cause__ or error.__context__
    return None if cause is None else place_of(cause, folder)


def _is_library(filename: str) -> bool:
    libraries = (_OURS, "<frozen", f"{sys.base_prefix}/lib/")
    return filename == "<string>" or filename.startswith(libraries)
