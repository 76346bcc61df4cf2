"""What may stand in ``sinks=``, and what the engine makes of it."""

from __future__ import annotations

import re
import shlex
from os import PathLike, fsdecode, strerror
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote, urlsplit

from fapilog._errors import ConfigurationError
from fapilog._similar import similar

if TYPE_CHECKING:
    from fapilog._native import NativePart
    from fapilog._use import Use
    from fapilog.plugins._protocols import Sink

#: A sink: ``"stdout"``, ``"stderr"``, ``"null"``, ``"file:///var/log/app.jsonl"``, a path, the
#: name of a sink plugin, or a plugin.
SinkLike: TypeAlias = "str | PathLike[str] | NativePart | Sink | Use"

#: Sinks of the engine that need nothing but their name.
NAMED: Final = ("stdout", "stderr", "null")


def file_path(sink: str | PathLike[str]) -> Path | None:
    """The path that a sink means, or None when it is no file.

    Raises:
        ConfigurationError: ``bad-sink`` for a file URI that cannot be understood.
    """
    if isinstance(sink, PathLike):
        return Path(fsdecode(sink))
    if not sink.startswith("file:"):
        return None
    try:
        parts = urlsplit(sink)
    except ValueError as error:
        raise _bad_file_uri(sink, str(error)) from None
    if parts.netloc not in ("", "localhost"):
        host = parts.netloc.rpartition("@")[2]
        raise _bad_file_uri(sink, f"`{host}` would be a host; a local path has three slashes")
    if parts.query or parts.fragment:
        raise _bad_file_uri(sink, "a file takes no options yet")
    if not parts.path.strip("/"):
        raise _bad_file_uri(sink, "it has no path")
    return Path(unquote(parts.path))


def unknown_sink(name: str, plugins: list[str]) -> ConfigurationError:
    """The error for a name that is no sink of the engine and no installed plugin."""
    from fapilog._loader import install_hint

    scheme, separator, _ = name.partition("://")
    hint = 'known are "stdout", "stderr", "null", "file:///path" and installed plugins'
    if "/" in name and not separator:
        hint = f'a file is written as sinks=[pathlib.Path("{name}")]\n{hint}'
    return ConfigurationError(
        "unknown-sink",
        hint=install_hint(scheme) + hint,
        name=shown(name),
        similar=similar(scheme, [*NAMED, *plugins]),
    )


def shown(sink: str) -> str:
    """A sink as errors may show it: what could be a user, password or token is left out."""
    shown = re.sub(r"[?#].*", "?…", sink)
    scheme, separator, rest = shown.partition("://")
    if not separator:
        return shown
    return f"{scheme}://{rest.rpartition('@')[2]}" if scheme == "file" else f"{scheme}://…"


def _bad_file_uri(sink: str, reason: str) -> ConfigurationError:
    hint = 'write sinks=["file:///var/log/app.jsonl"] or sinks=[pathlib.Path("app.jsonl")]'
    return ConfigurationError("bad-sink", hint=hint, value=shown(sink), reason=reason)


def not_writable(path: Path, error: OSError) -> ConfigurationError:
    """The error for a file that cannot be opened for appending."""
    folder = shlex.quote(str(path.parent))
    if isinstance(error, FileNotFoundError):
        hint = f"make the folder first: mkdir -p {folder}"
    elif isinstance(error, PermissionError):
        hint = f"let this user write there, or choose another path: ls -ld {folder}"
    elif isinstance(error, IsADirectoryError):
        hint = f"name a file in that folder: {path / 'app.jsonl'}"
    else:
        hint = "choose another path"
    reason = strerror(error.errno) if error.errno else error.strerror or str(error)
    return ConfigurationError("sink-not-writable", hint=hint, sink=str(path), reason=reason)
