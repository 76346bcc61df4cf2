"""``fapilog plugin explain``: the pipeline that a configuration stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fapilog._config_command import shown_settings
from fapilog._discovery import found_plugins
from fapilog._names import normalised
from fapilog._plugin_run import PluginRun
from fapilog._runtime import resolved_parts
from fapilog._settings import resolve
from fapilog._tools._parts import project_parts

if TYPE_CHECKING:
    from fapilog._tools._channel import Channel


def run(request: Mapping[str, Any], channel: Channel) -> None:
    """Send the stages in the order in which they run, and each setting with its origin.

    Raises:
        ToolProblem: What the project lacks.
        FapilogError: What the configuration or a plugin raises.
    """
    config = request.get("config")
    given = {} if config is not None else {"sinks": ["null"], **project_parts(request)}
    resolved = resolve(given, preset=request.get("preset"), config=config)
    origins = dict(resolved.origins)
    if config is None:
        for name in given:
            origins[name] = "the plugin project"
    stages, sinks = resolved_parts(resolved.settings.runtime_options("explain"))
    channel.send(
        "pipeline",
        {
            "stages": [_shown(stage) for stage in stages],
            "sinks": [_shown(sink) for sink in sinks],
            "settings": {
                name: {**row, "from": origins[name]}
                for name, row in shown_settings(resolved).items()
            },
        },
    )


def _shown(part: object) -> dict[str, Any]:
    """One stage or sink: ``name``, ``kind``, ``runs_in`` and where it is from."""
    if isinstance(part, PluginRun):
        return {
            "name": part.name,
            "kind": part.kind,
            "runs_in": "a thread" if part.is_blocking else "the plugin host",
            "from": next(_sources(part.name), "the application"),
        }
    first, second = cast("tuple[object, ...]", part)[:2]
    name, kind, runs_in, source = str(first), "library", "a library", ""
    if isinstance(second, str) and second.startswith("{"):
        kind, runs_in, source = "sink", "the engine", "fapilog"
    elif isinstance(second, str):
        name, kind, runs_in, source = second, name, "the engine", "fapilog"
    return {
        "name": name,
        "kind": kind,
        "runs_in": runs_in,
        "from": source or next(_sources(name), "a library"),
    }


def _sources(name: str) -> Iterator[str]:
    for plugin in found_plugins():
        if normalised(plugin.name) == normalised(name):
            yield f"{plugin.distribution} {plugin.version}"
