"""Enrichers of the engine: they add fields, but never in the place of what a record has already.

Examples:
    >>> import fapilog
    >>> from fapilog import enrichers
    >>> log = fapilog.get_logger("shop", sinks=["null"], enrichers=[enrichers.Host()])
    >>> log.close().undelivered
    0
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from fapilog._native import NativePart

#: Largest file of the system that is looked into, in bytes.
_MOST_BYTES: Final = 256 * 1024

#: Where Kubernetes tells a container about its service account.
_SERVICE_ACCOUNT: Final = "var/run/secrets/kubernetes.io/serviceaccount"

#: What names a container in the paths of its control groups and mounts.
_CONTAINER_ID: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


class _Enricher(NativePart):
    kind: ClassVar[str] = "enricher"

    def fields(self) -> dict[str, Any]:
        """The fields, as they are when a pipeline starts."""
        raise NotImplementedError

    def options(self) -> dict[str, Any]:
        """The options as values of JSON."""
        return {"fields": self.fields()}


@dataclass(frozen=True, kw_only=True)
class Static(_Enricher):
    """Adds the same fields to every record.

    Attributes:
        values: The fields, with values that JSON has a form for.
    """

    type: ClassVar[str] = "static"

    values: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Check that the values can be written.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        fits = isinstance(self.values, Mapping)
        try:
            self.spec()
        except (TypeError, ValueError, RecursionError):
            fits = False
        self._check("values", fits, "a mapping of names to values that JSON can write")

    def fields(self) -> dict[str, Any]:
        """The fields, as they are when a pipeline starts."""
        return dict(self.values)


@dataclass(frozen=True, kw_only=True)
class Host(_Enricher):
    """Adds ``host``: the name of the machine."""

    type: ClassVar[str] = "host"

    def fields(self) -> dict[str, Any]:
        """The fields, as they are when a pipeline starts."""
        import platform

        return {"host": platform.node()}


@dataclass(frozen=True, kw_only=True)
class Process(_Enricher):
    """Adds ``pid`` and ``process``, the name of the program; right also after a fork."""

    type: ClassVar[str] = "process"

    def fields(self) -> dict[str, Any]:
        """The fields, as they are when a pipeline starts."""
        program = sys.argv[0] if sys.argv and sys.argv[0] else sys.executable
        return {"pid": os.getpid(), "process": Path(program).name}


@dataclass(frozen=True, kw_only=True)
class Runtime(_Enricher):
    """Adds ``python``, ``implementation``, ``platform`` and ``fapilog``: versions."""

    type: ClassVar[str] = "runtime"

    def fields(self) -> dict[str, Any]:
        """The fields, as they are when a pipeline starts."""
        from fapilog._engine import __version__

        return {
            "python": ".".join(map(str, sys.version_info[:3])),
            "implementation": sys.implementation.name,
            "platform": sys.platform,
            "fapilog": __version__,
        }


@dataclass(frozen=True, kw_only=True)
class Kubernetes(_Enricher):
    """Adds ``pod``, ``namespace`` and ``node`` inside of Kubernetes; nothing elsewhere.

    They come from the environment variables ``POD_NAME`` (else ``HOSTNAME``), ``POD_NAMESPACE``
    and ``NODE_NAME``, which the downward API sets, and from the service account's folder.

    Attributes:
        root: Where the file system begins; for tests.
    """

    type: ClassVar[str] = "kubernetes"

    root: str = "/"

    def fields(self) -> dict[str, Any]:
        """The fields, as they are when a pipeline starts."""
        if "KUBERNETES_SERVICE_HOST" not in os.environ:
            return {}
        account = Path(self.root) / _SERVICE_ACCOUNT / "namespace"
        found = {
            "pod": os.environ.get("POD_NAME") or os.environ.get("HOSTNAME"),
            "namespace": os.environ.get("POD_NAMESPACE") or _text(account).strip(),
            "node": os.environ.get("NODE_NAME"),
        }
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, kw_only=True)
class Container(_Enricher):
    """Adds ``container_id`` inside of a container (Docker, containerd, Podman); nothing elsewhere.

    Attributes:
        root: Where the file system begins; for tests.
    """

    type: ClassVar[str] = "container"

    root: str = "/"

    def fields(self) -> dict[str, Any]:
        """The fields, as they are when a pipeline starts."""
        for name in ("cgroup", "mountinfo"):
            for line in _text(Path(self.root) / "proc/self" / name).splitlines():
                # In the list of mounts only those that a runtime makes for this container.
                if name == "mountinfo" and "/hostname" not in line:
                    continue
                found = _CONTAINER_ID.findall(line)
                if found:
                    return {"container_id": found[-1]}
        return {}


@dataclass(frozen=True, kw_only=True)
class Thread(_Enricher):
    """Adds ``thread``, the name of the thread that logged, and ``thread_id``, its system's number.

    A thread's name is looked up when it first logs; a later change is not seen.
    """

    type: ClassVar[str] = "thread"

    def fields(self) -> dict[str, Any]:
        """None: the calling thread adds them itself."""
        return {}


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES).decode(errors="replace")
    except OSError:
        return ""


__all__ = ["Container", "Host", "Kubernetes", "Process", "Runtime", "Static", "Thread"]
