"""``fapilog.debug_plugins()``: what is installed and would load."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, TextIO

from fapilog._engine import __version__
from fapilog._errors import FapilogError, PluginError
from fapilog._report import PluginReport

if TYPE_CHECKING:
    from fapilog._discovery import FoundPlugin


def debug_plugins(
    *,
    file: TextIO | None = None,
    format: Literal["table", "json"] = "table",  # noqa: A002 - the field's term
) -> list[PluginReport]:
    """Print and return every plugin found and why each would load or not.

    A plugin that passes the gate is imported to see whether it can be; none is started.

    Args:
        file: Where to print; standard output by default.
        format: ``"table"`` for people, ``"json"`` for programs: one object for each plugin, with
            the fields of :class:`PluginReport`.

    Returns:
        One report for each plugin, by name.
    """
    from fapilog._discovery import found_plugins
    from fapilog._names import normalised

    found = sorted(found_plugins(), key=lambda one: (normalised(one.name), one.distribution))
    owners: dict[str, list[FoundPlugin]] = {}
    for plugin in found:
        owners.setdefault(normalised(plugin.name), []).append(plugin)
    reports = [_report(plugin, owners[normalised(plugin.name)]) for plugin in found]
    text = _table(reports) if format == "table" else _json(reports)
    print(text, file=file or sys.stdout)
    return reports


def _report(plugin: FoundPlugin, same_name: list[FoundPlugin]) -> PluginReport:
    from fapilog._api_version import check_api
    from fapilog._gate import admit
    from fapilog._kinds import usable_kinds
    from fapilog._loader import import_plugin, refuse_duplicates

    wanted = ""
    kinds: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    status: Literal["ready", "refused", "broken"] = "refused"
    error: FapilogError | None = None
    try:
        wanted = admit(plugin)
        refuse_duplicates(same_name)
        status = "broken"
        loaded = import_plugin(plugin)
        check_api(plugin, loaded)
        kinds = usable_kinds(plugin.name, loaded)
        capabilities = _capabilities(plugin, loaded)
        status = "ready"
    except PluginError as caught:
        error = caught
    return PluginReport(
        name=plugin.name,
        value=plugin.value,
        distribution=plugin.distribution,
        version=plugin.version,
        kinds=kinds,
        wanted=wanted or str(error.values.get("wanted", "") if error else ""),
        found=__version__,
        status=status,
        reason=error.message if error else "",
        hint=error.hint if error else "",
        error_id=error.error_id if error else "",
        capabilities=capabilities,
    )


def _capabilities(plugin: FoundPlugin, loaded: object) -> tuple[str, ...]:
    """What a plugin says it needs.

    Raises:
        PluginError: ``plugin-broken`` when that is no list of texts.
    """
    stated = getattr(loaded, "capabilities", ())
    if isinstance(stated, (tuple, list)) and all(isinstance(text, str) for text in stated):
        return tuple(stated)
    raise PluginError(
        "plugin-broken",
        name=plugin.name,
        distribution=plugin.distribution,
        version=plugin.version,
        reason="its `capabilities` are no list of texts",
    )


def _json(reports: list[PluginReport]) -> str:
    import json

    return json.dumps([report.as_dict() for report in reports], indent=2)


def _table(reports: list[PluginReport]) -> str:
    title = f"fapilog {__version__}, {len(reports)} plugin{'' if len(reports) == 1 else 's'} found"
    if not reports:
        return title
    rows = [("PLUGIN", "STATUS", "KIND", "DISTRIBUTION", "WANTS", "NEEDS")]
    rows += [
        (
            report.name,
            report.status,
            ", ".join(report.kinds) or "-",
            f"{report.distribution} {report.version}",
            f"fapilog{report.wanted}" if report.wanted else "-",
            ", ".join(report.capabilities) or "-",
        )
        for report in reports
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [title, ""]
    for index, row in enumerate(rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join(cells).rstrip())
        if index and reports[index - 1].reason:
            report = reports[index - 1]
            lines.append(f"    {report.reason}")
            lines.extend(f"    hint: {hint}" for hint in report.hint.splitlines())
    return "\n".join(map(_printable, lines))


def _printable(line: str) -> str:
    """Without control characters: metadata of a plugin must not write to the terminal."""
    return "".join(char if char.isprintable() else " " for char in line)
