"""Where records go: the sinks of the engine, and :class:`Destination` for all about one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any, ClassVar, Literal

from fapilog._destination import Destination
from fapilog._native import NativePart
from fapilog._network_sinks import Http, Syslog
from fapilog._quantities import bytes_of, seconds_of
from fapilog._secret import Secret


class _Sink(NativePart):
    kind: ClassVar[str] = "sink"

    #: Other names of options in URIs.
    aliases: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, kw_only=True)
class Stdout(_Sink):
    """Standard output of the process; the same as ``"stdout"``."""

    type: ClassVar[str] = "stdout"


@dataclass(frozen=True, kw_only=True)
class Stderr(_Sink):
    """Standard error of the process; the same as ``"stderr"``."""

    type: ClassVar[str] = "stderr"


@dataclass(frozen=True, kw_only=True)
class Null(_Sink):
    """Takes every record and does nothing with it; the same as ``"null"``."""

    type: ClassVar[str] = "null"


@dataclass(frozen=True)
class File(_Sink):
    """Lines appended to a file, which may be rotated.

    Several processes may write to the same file. A file that is renamed or deleted under the sink
    is made anew. A rotated file has the time of its rotation in its name:
    ``app-20261124T100512.123456Z.jsonl``.

    Attributes:
        path: The file; its folder must be there, unless `mkdir`.
        rotate_size: Rotate before the file gets larger: bytes, or ``"100 MB"``.
        rotate_every: Rotate when a new period begins: seconds, or ``"1h"`` or ``"daily"``; periods
            are counted from midnight UTC.
        keep: Rotated files that are kept; the oldest go.
        keep_for: Rotated files older than this go: seconds, or ``"30 days"``.
        keep_size: Oldest rotated files go when together they are larger: bytes, or ``"1 GB"``.
        compress: How rotated files are packed, in the background: ``"gzip"`` or ``"zstd"``.
        mkdir: Whether the folder is made.
        mode: Permissions of new files, less the process's mask, such as ``0o640``.
        fsync: When the system is asked to bring lines to the disk: ``"never"`` (they survive the
            process, not the machine), ``"rotate"`` before a rotation, ``"batch"`` after each batch.
    """

    type: ClassVar[str] = "file"
    aliases: ClassVar[Mapping[str, str]] = {"maxBytes": "rotate_size", "backupCount": "keep"}

    path: str | PathLike[str]
    rotate_size: int | str | None = None
    rotate_every: float | str | None = None
    keep: int | None = None
    keep_for: float | str | None = None
    keep_size: int | str | None = None
    compress: Literal["gzip", "zstd"] | None = None
    mkdir: bool = False
    mode: int | None = None
    fsync: Literal["never", "rotate", "batch"] = "never"

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        fits = isinstance(self.path, (str, PathLike)) and bool(fspath(self.path))
        self._check("path", fits and "\0" not in str(self.path), "a path")
        fits = isinstance(self.keep, int) and not isinstance(self.keep, bool) and self.keep >= 0
        self._check("keep", self.keep is None or fits, "a whole number of files")
        self._check("compress", self.compress in (None, "gzip", "zstd"), '"gzip" or "zstd"')
        self._check("mkdir", isinstance(self.mkdir, bool), "True or False")
        fits = self.mode is None or (isinstance(self.mode, int) and 0 < self.mode <= 0o777)
        self._check("mode", fits, "permissions, such as 0o640")
        fits = self.fsync in ("never", "rotate", "batch")
        self._check("fsync", fits, '"never", "rotate" or "batch"')
        seconds = self.options()["rotate_seconds"]
        fits = seconds is None or seconds >= 1
        self._check("rotate_every", fits, "at least one second")
        rotates = self.rotate_size is not None or self.rotate_every is not None
        for option in ("keep", "keep_for", "keep_size", "compress"):
            fits = getattr(self, option) is None or rotates
            self._check(option, fits, "`rotate_size` or `rotate_every` beside it")

    def options(self) -> dict[str, Any]:
        """The options as values of JSON."""

        def size(option: str) -> int | None:
            value = getattr(self, option)
            return None if value is None else bytes_of(f"file.{option}", value)

        def seconds(option: str) -> int | None:
            value = getattr(self, option)
            return None if value is None else int(seconds_of(f"file.{option}", value))

        return {
            "path": str(self.path),
            "rotate_bytes": size("rotate_size"),
            "rotate_seconds": seconds("rotate_every"),
            "keep": self.keep,
            "keep_seconds": seconds("keep_for"),
            "keep_bytes": size("keep_size"),
            "compress": self.compress,
            "mkdir": self.mkdir,
            "mode": self.mode,
            "fsync": self.fsync,
        }


__all__ = ["Destination", "File", "Http", "Null", "Secret", "Stderr", "Stdout", "Syslog"]
