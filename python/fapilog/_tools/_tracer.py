"""Watches plugins at work: what each was given, what it made of it, how long it took."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

from fapilog._plugin_run import MAY_RETURN_ANY, PluginRun, own_copy
from fapilog.plugins._protocols import Alert


@dataclass(frozen=True)
class Seen:
    """One record at one plugin.

    Attributes:
        run: The plugin in its place.
        before: The record that it was given.
        after: What went on; None when it took the record out, or keeps it as a sink does.
        seconds: How long it took; a batch's time is divided among its records.
        plugin: What was asked; another may have taken its place meanwhile.
        error: What it raised.
    """

    run: PluginRun
    before: dict[str, Any]
    after: dict[str, Any] | None
    seconds: float
    plugin: object
    error: BaseException | None = None


class Tracer:
    """Tells of every record at the plugins that it is attached to.

    `note` is called in the plugin host's thread, between two records: it must be quick.
    """

    def __init__(self, note: Callable[[Seen], None]) -> None:
        self._note = note
        self._attached: dict[int, PluginRun] = {}

    def attach(self, run: PluginRun) -> None:
        """Watch a plugin from its next record on; what takes its place is watched too."""
        if id(run) in self._attached:
            return
        self._attached[id(run)] = run
        _Watched(run, self._note)

    def detach(self) -> None:
        """Watch nothing any more."""
        for run in self._attached.values():
            for name in ("accept", "after_failure", "optional", "take"):
                run.__dict__.pop(name, None)
            run.may_return_any = run.kind in MAY_RETURN_ANY
            method = getattr(run.method, "__wrapped__", None)
            if method is not None:
                run.method = method
        self._attached.clear()


class _Watched:
    """A plugin's run with its methods covered; the class of runs stays as it is, so that one that
    nobody watches costs nothing."""  # noqa: D205, D209

    def __init__(self, run: PluginRun, note: Callable[[Seen], None]) -> None:
        self._run = run
        self._note = note
        #: Time and error of calls whose results were not looked at yet: a plain function is given
        #: a whole batch first.
        self._calls: deque[tuple[float, object, BaseException | None]] = deque(maxlen=4096)
        kind = type(run)
        self._accept = kind.accept
        self._after_failure = kind.after_failure
        covers: dict[str, Callable[..., Any]] = {"take": self._take}
        if run.kind in ("sink", "alerter"):
            covers["optional"] = self._optional
        else:
            covers |= {"accept": self._accepted, "after_failure": self._failed}
            run.may_return_any = False
        for name, cover in covers.items():
            setattr(run, name, cover)
        self._cover_method()

    def _take(self, plugin: object) -> None:
        type(self._run).take(self._run, plugin)
        self._calls.clear()
        self._cover_method()

    def _cover_method(self) -> None:
        inner, plugin = self._run.method, self._run.plugin
        writes = self._run.kind in ("sink", "alerter")
        keep = partial(self._keep_writing if writes else self._keep, plugin)

        async def method(record: Any) -> Any:  # noqa: ANN401 - what the kind takes
            start = perf_counter()
            try:
                answer = await inner(record)
            except BaseException as error:
                keep(record, perf_counter() - start, error)
                raise
            keep(record, perf_counter() - start, None)
            return answer

        def function(record: Any) -> Any:  # noqa: ANN401 - what the kind takes
            start = perf_counter()
            try:
                answer = inner(record)
            except BaseException as error:
                keep(record, perf_counter() - start, error)
                raise
            keep(record, perf_counter() - start, None)
            return answer

        cover: Any = function if self._run.is_blocking else method
        cover.__wrapped__ = inner
        self._run.method = cover

    def _keep(
        self, plugin: object, _record: object, seconds: float, error: BaseException | None
    ) -> None:
        self._calls.append((seconds, plugin, error))

    def _keep_writing(
        self, plugin: object, record: object, seconds: float, error: BaseException | None
    ) -> None:
        self._note(Seen(self._run, _as_record(record), None, seconds, plugin, error))

    def _called(self) -> tuple[float, object, BaseException | None]:
        """The oldest call whose result was not looked at."""
        return self._calls.popleft() if self._calls else (0.0, None, None)

    def _accepted(self, record: dict[str, Any], result: object) -> dict[str, Any] | None:
        try:
            after = self._accept(self._run, record, result)
        except BaseException as error:
            if self._calls:
                self._calls[0] = (*self._calls[0][:2], error)
            raise
        seconds, plugin, _ = self._called()
        self._note(Seen(self._run, record, after and own_copy(after), seconds, plugin))
        return after

    def _failed(self, record: dict[str, Any]) -> dict[str, Any]:
        after = self._after_failure(self._run, record)
        seconds, plugin, error = self._called()
        self._note(Seen(self._run, record, own_copy(after), seconds, plugin, error))
        return after

    def _optional(self, name: str) -> Callable[..., Any] | None:
        found = type(self._run).optional(self._run, name)
        if found is None or name not in ("write_batch", "write_encoded"):
            return found
        inner, plugin = found, self._run.plugin

        async def write(records: Any) -> None:  # noqa: ANN401 - records, or their texts
            start = perf_counter()
            error: BaseException | None = None
            try:
                await inner(records)
            except BaseException as raised:
                error = raised
                raise
            finally:
                seconds = (perf_counter() - start) / max(1, len(records))
                for record in records:
                    self._note(Seen(self._run, _as_record(record), None, seconds, plugin, error))

        return write


def _as_record(given: object) -> dict[str, Any]:
    """The record in what a sink or alerter is given."""
    if isinstance(given, Alert):
        return dict(given.record)
    if isinstance(given, (bytes, bytearray, memoryview)):
        text = bytes(given).decode(errors="replace").rstrip("\n")
        try:
            read = json.loads(text)
        except ValueError:
            return {"text": text}
        return read if isinstance(read, dict) else {"text": text}
    return dict(given) if isinstance(given, dict) else {"text": repr(given)}
