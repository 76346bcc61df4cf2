"""The project's plugins as parts of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fapilog._kinds import usable_kinds
from fapilog._loader import find, import_plugin
from fapilog._native_plugin import is_native
from fapilog._tools._project import Project, find_project, options_for, options_of_library
from fapilog._use import Use


def project_parts(request: Mapping[str, Any], project: Project | None = None) -> dict[str, Any]:
    """Arguments of ``get_logger`` with the plugins of a request's project, by name.

    Args:
        request: Says which of them, and their options.
        project: The project, when it can be imported from already.

    Raises:
        ToolProblem: What the project lacks.
        PluginError: What importing a plugin or checking its kind raises.
    """
    if project is None:
        project = find_project(Path(request["folder"]))
        project.make_discoverable()
    parts: dict[str, Any] = {}
    for entry in project.chosen(request.get("plugin")):
        loaded = import_plugin(find(entry.name, kind="processor"))
        kind = usable_kinds(entry.name, loaded)[0]
        asked = request.get("options", ())
        config = options_of_library(asked) if is_native(loaded) else options_for(loaded, asked)
        parts.setdefault(f"{kind}s", []).append(Use(entry.name, config=config))
    return parts
