"""``fapilog config``: check settings, show where they come from, give editors their schema."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from fapilog._errors import FapilogError
from fapilog._settings import NAMES, Resolved, resolve
from fapilog._sinks import shown
from fapilog._use import Use

#: Exit codes: nothing to say, something is wrong, the command was mistyped.
_FINE: Final = 0
_FINDINGS: Final = 1

_EXAMPLES: Final = """\
examples:
  fapilog config check fapilog.toml
  fapilog config show --format json
  fapilog config schema > fapilog.schema.json
"""


def main(words: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="fapilog config",
        description="Check and show the settings that loggers would get here.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, text in (
        ("check", "say whether the settings can be used"),
        ("show", "show each setting, and where its value came from"),
    ):
        sub = verbs.add_parser(verb, help=text, description=text)
        sub.add_argument(
            "file", nargs="?", type=Path, help="fapilog.toml or pyproject.toml; else FAPILOG_CONFIG"
        )
        sub.add_argument("--preset", help="settings to begin with")
        if verb == "show":
            sub.add_argument("--format", choices=["text", "json"], default="text")
    verbs.add_parser("schema", help="print the JSON Schema of fapilog.toml")
    arguments = parser.parse_args(words)
    if arguments.verb == "schema":
        from fapilog._schema import schema

        print(json.dumps(schema(), indent=2, ensure_ascii=False))  # noqa: T201 - its output
        return _FINE
    try:
        resolved = resolve({}, preset=arguments.preset, config=arguments.file)
        # Names of sinks and plugins are looked up, nothing is opened or started.
        _check_names(resolved)
    except FapilogError as error:
        sys.stderr.write(f"error[{error.error_id}]: {error}\n")
        return _FINDINGS
    if arguments.verb == "check":
        print("the settings can be used")  # noqa: T201 - its output
    else:
        _show(resolved, arguments.format)
    return _FINE


def _check_names(resolved: Resolved) -> None:
    from fapilog._runtime import check_parts

    check_parts(resolved.settings.runtime_options("config"))


def _show(resolved: Resolved, form: str) -> None:
    rows = shown_settings(resolved)
    if form == "json":
        print(json.dumps(rows, indent=2, ensure_ascii=False))  # noqa: T201 - its output
        return
    width = max(map(len, NAMES))
    for name, row in rows.items():
        value = row["value"]
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        print(f"{name:<{width}}  {text or '-'}  ({row['from']})")  # noqa: T201 - its output


def shown_settings(resolved: Resolved) -> dict[str, dict[str, Any]]:
    """Each setting by name: ``value`` as JSON can say it, without secrets, and ``from``."""
    return {
        name: {
            "value": _shown(getattr(resolved.settings, name)),
            "from": resolved.origins[name],
        }
        for name in NAMES
    }


def _shown(value: Any) -> Any:  # noqa: ANN401 - any setting
    """A value as JSON can say it, without secrets."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Use):
        # Its configuration may hold secrets, and its name says enough.
        return _shown(value.name or value.plugin)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_shown(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _shown(one) for key, one in value.items()}
    if isinstance(value, (int, float)) or value is None:
        return value
    return repr(value)
