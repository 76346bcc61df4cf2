"""``fapilog plugin debug``: records on their way through a pipeline, one after the other."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from fapilog._errors import ConfigurationError
from fapilog._levels import level_number
from fapilog._logger import Logger
from fapilog._plugin_run import PluginRun
from fapilog._settings import Settings, resolve
from fapilog._tools._parts import project_parts
from fapilog._tools._problem import ToolProblem
from fapilog._tools._steps import step, step_of
from fapilog._tools._traced import TracedRuntime
from fapilog._tools._tracer import Seen, Tracer

if TYPE_CHECKING:
    from fapilog._tools._channel import Channel

#: Fields of a record that the engine sets itself.
_OWN = ("timestamp", "level", "logger", "message")


def run(request: Mapping[str, Any], channel: Channel) -> None:
    """Trace every record of the input.

    Raises:
        ToolProblem: ``input-not-found``, or what the project lacks.
        FapilogError: What the configuration or a plugin raises.
    """
    tracing = _Tracing(_settings(request))
    try:
        with _input(request.get("input") or "-") as lines:
            number = 0
            for number, line in enumerate(lines, 1):
                if line.strip():
                    channel.send("trace", {"number": number, **tracing.trace(line)})
        channel.send("end", {"records": number})
    finally:
        tracing.close()


def _settings(request: Mapping[str, Any]) -> Settings:
    """The pipeline that is traced: of a configuration, or of the project's plugins.

    Its sinks get nothing unless that is asked for: a record that is looked at again is not to be
    stored again.
    """
    if request.get("config") is None:
        return Settings(**{"sinks": ["null"], **project_parts(request)})
    settings = resolve({}, config=request["config"]).settings
    return settings if request.get("sinks") else replace(settings, sinks=["null"], alerters=())


@contextmanager
def _input(name: str) -> Iterator[TextIO]:
    if name == "-":
        yield sys.stdin
        return
    try:
        file = Path(name).open(encoding="utf-8", errors="replace")  # noqa: SIM115 - closed below
    except OSError as error:
        raise ToolProblem(
            "input-not-found",
            f"`{name}` cannot be read: {error.strerror}; expected a file of JSON lines, or `-`",
            "name a file that exists",
        ) from None
    with file:
        yield file


class _Tracing:
    """One pipeline that gets one record at a time."""

    def __init__(self, settings: Settings) -> None:
        self._taps: list[tuple[int, dict[str, Any], float]] = []
        self._seen: list[Seen] = []
        self._runtime = TracedRuntime(settings.runtime_options("debug"), self._tapped)
        tracer = Tracer(self._seen.append)
        for run in self._runtime.runs:
            tracer.attach(run)

    def close(self) -> None:
        """End the pipeline."""
        self._runtime.close(5.0)

    def trace(self, line: str) -> dict[str, Any]:
        """Send one record through: ``record``, ``steps``, ``result``; ``skipped`` and why."""
        record = _record(line)
        self._taps.clear()
        self._seen.clear()
        try:
            level = level_number(record.get("level", "INFO"))
        except ConfigurationError as error:
            return {"skipped": error.message}
        fields = {name: value for name, value in record.items() if name not in _OWN}
        logger = Logger._make(self._runtime, str(record.get("logger", "debug")), 0)
        logger.log(level, record.get("message", ""), **fields)
        if not self._runtime.flush(30.0):
            return {"skipped": "it was not through the pipeline after 30 s"}
        came = {number: (given, at) for number, given, at in self._taps}
        if 0 not in came:
            return {"skipped": "it did not reach the pipeline"}
        steps = list(self._steps(came))
        steps += [step_of(seen) for seen in self._seen if seen.run.kind in ("sink", "alerter")]
        result, _ = came.get(len(self._runtime.order), (None, 0.0))
        return {"record": came[0][0], "steps": steps, "result": result}

    def _steps(self, came: Mapping[int, tuple[dict[str, Any], float]]) -> Iterator[dict[str, Any]]:
        by_run = {id(seen.run): seen for seen in self._seen}
        for number, stage in enumerate(self._runtime.order):
            if number not in came:
                return
            before, left = came[number]
            after, arrived = came.get(number + 1, (None, 0.0))
            if isinstance(stage, PluginRun):
                seen = by_run.get(id(stage))
                yield step(
                    stage.name,
                    stage.kind,
                    before,
                    after,
                    seen.seconds if seen else 0.0,
                    seen.error if seen else None,
                )
            else:
                kind, name = stage
                yield step(name, kind, before, after, max(0.0, arrived - left))

    def _tapped(self, number: int, record: dict[str, Any]) -> None:
        self._taps.append((number, record, time.perf_counter()))


def _record(line: str) -> dict[str, Any]:
    """A line as a record: a JSON object, or a message."""
    try:
        found = json.loads(line)
    except ValueError:
        return {"message": line.rstrip("\n")}
    return found if isinstance(found, dict) else {"message": line.rstrip("\n")}
