"""A local socket through which the records of a running application can be looked at.

Opt-in: it exists only where the setting ``debug_socket`` names it, and costs nothing until somebody
connects. What is seen there are records before redaction, so it is for the same user only: the file
has mode 0600, and the kernel is asked who connected.
"""

from __future__ import annotations

import json
import os
import select
import socket
import stat
import struct
import threading
import time
from collections import OrderedDict, deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

from fapilog._errors import ConfigurationError

if TYPE_CHECKING:
    from fapilog._runtime import Runtime
    from fapilog._tools._tracer import Seen

#: Seconds after which a record that no sink has seen is told all the same: it was taken out, or
#: its sink is one of the engine's.
_PATIENCE: Final = 0.25

#: Seconds between two looks at what was seen.
_LOOK: Final = 0.05

#: Steps that wait to be told; more are counted as missed: a slow looker never holds up a record.
_MOST_WAITING: Final = 10_000

#: Seconds for one line to a looker before it is given up.
_SEND_LIMIT: Final = 5.0

#: Of ``SO_PEERCRED``: process, user and group.
_CREDENTIALS: Final = "3i"


class DebugSocket:
    """Listens at a path, tells one looker at a time."""

    def __init__(self, path: Path, runtime: Runtime) -> None:
        """Listen.

        Raises:
            ConfigurationError: ``debug-socket``.
        """
        self._path = path
        self._runtime = ref(runtime)
        self._process = os.getpid()
        if not hasattr(socket, "SO_PEERCRED"):
            raise _refused(path, "this system does not say who connects")
        self._listener = _listening(path)
        self._ending, self._end = os.pipe()
        self._thread = threading.Thread(target=self._serve, name="fapilog-debug", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening; a looker sees the end."""
        if self._process != os.getpid():  # a fork: the file and the thread are the parent's
            self._listener.close()
            return
        with suppress(OSError):
            os.write(self._end, b"x")
        self._thread.join(_SEND_LIMIT)
        self._listener.close()
        with suppress(OSError):
            self._path.unlink()

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self._listener.fileno(), self._ending], [], [])
            if self._ending in ready:
                return
            try:
                looker, _ = self._listener.accept()
            except OSError:
                continue
            with looker:
                if _is_same_user(looker):
                    looker.settimeout(_SEND_LIMIT)
                    self._tell(looker)

    def _tell(self, looker: socket.socket) -> None:
        """Tell what is seen until the looker goes or the pipeline ends."""
        from fapilog._tools._tracer import Tracer

        runtime = self._runtime()
        if runtime is None:
            return
        watched = _Seen()
        tracer = Tracer(watched.note)
        for run in runtime.runs:
            tracer.attach(run)
        del runtime
        number = looker.fileno()
        try:
            while True:
                ready, _, _ = select.select([number, self._ending], [], [], _LOOK)
                gone = number in ready and not looker.recv(1024)
                ends = self._ending in ready
                for event in watched.events(everything=ends):
                    looker.sendall(event)
                if gone or ends:
                    return
        except OSError:  # gone, or too slow
            return
        finally:
            tracer.detach()


class _Seen:
    """Steps that plugins were seen to make, put together to records."""

    def __init__(self) -> None:
        self._waiting: deque[Seen] = deque()
        self._missed = 0
        #: Steps of records that are on their way, by timestamp and logger, and since when.
        self._records: OrderedDict[tuple[Any, Any], tuple[float, list[Seen]]] = OrderedDict()

    def note(self, seen: Seen) -> None:
        """Keep a step; called while the record waits."""
        if len(self._waiting) >= _MOST_WAITING:
            self._missed += 1
        else:
            self._waiting.append(seen)

    def events(self, *, everything: bool) -> list[bytes]:
        """Records that came to their end, as lines."""
        now = time.monotonic()
        ended: list[list[Seen]] = []
        while self._waiting:
            seen = self._waiting.popleft()
            key = (seen.before.get("timestamp"), seen.before.get("logger"))
            _, steps = self._records.setdefault(key, (now, []))
            steps.append(seen)
        for key in list(self._records):
            since, steps = self._records[key]
            if everything or now - since > _PATIENCE:
                ended.append(steps)
                del self._records[key]
        lines = [_line("trace", _traced(steps)) for steps in ended]
        if self._missed:
            lines.append(_line("missed", {"records": self._missed}))
            self._missed = 0
        return lines


def _traced(steps: list[Seen]) -> dict[str, Any]:
    """One record's way; what changed between two plugins was done by stages of the engine."""
    from fapilog._tools._steps import step, step_of

    told: list[dict[str, Any]] = []
    last: dict[str, Any] | None = None
    for seen in sorted(steps, key=lambda seen: seen.run.kind in ("sink", "alerter")):
        if last is not None and seen.before != last and set(seen.before) != {"text"}:
            told.append(step("engine", "stages", last, seen.before, 0.0))
        told.append(step_of(seen))
        if seen.run.kind not in ("sink", "alerter"):
            last = seen.after
    return {"record": steps[0].before, "steps": told, "result": last}


def _line(event: str, values: dict[str, Any]) -> bytes:
    return (json.dumps({"event": event, **values}, default=str) + "\n").encode(errors="replace")


def _listening(path: Path) -> socket.socket:
    """A socket that only this user can connect to.

    Raises:
        ConfigurationError: ``debug-socket``.
    """
    _remove_left_over(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Before it has a name, so that at no moment others could connect.
        os.fchmod(listener.fileno(), 0o600)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(1)
    except OSError as error:
        listener.close()
        raise _refused(path, error.strerror or str(error)) from error
    return listener


def _remove_left_over(path: Path) -> None:
    """Take away the socket of a process that ended without doing so itself.

    Raises:
        ConfigurationError: ``debug-socket``, when it is something else or somebody listens.
    """
    try:
        found = path.lstat()
    except OSError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise _refused(path, "something that is no socket is there already")
    if found.st_uid != os.geteuid():
        raise _refused(path, "a socket of another user is there already")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            with suppress(OSError):
                path.unlink()
            return
    raise _refused(path, "another pipeline listens there already")


def _is_same_user(looker: socket.socket) -> bool:
    size = struct.calcsize(_CREDENTIALS)
    given = looker.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _, user, _ = struct.unpack(_CREDENTIALS, given)
    return bool(user == os.geteuid())


def _refused(path: Path, reason: str) -> ConfigurationError:
    hint = "name a path in a folder of yours, such as /run/user/1000/shop.sock"
    return ConfigurationError("debug-socket", hint=hint, path=str(path), reason=reason)
