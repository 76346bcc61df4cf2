"""``python -m fapilog.testing NAME``: examine an installed plugin."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fapilog._errors import PluginError
from fapilog._kinds import METHODS, usable_kinds
from fapilog._loader import load_class
from fapilog.testing import check_conformance

#: Exit codes: fine, findings, typed wrongly.
FINE, FINDINGS, USAGE = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Examine, and print what was found; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    config = _config(parser, options.config)
    reports = [
        check_conformance(options.name, kind=kind, config=config)
        for kind in _kinds(options.name, options.kind)
    ]
    if options.format == "json":
        text = json.dumps([report.as_dict() for report in reports], indent=2)
    else:
        text = "\n".join(map(str, reports))
    if options.output:
        Path(options.output).write_text(f"{text}\n", encoding="utf-8")
    else:
        sys.stdout.write(f"{text}\n")
    return FINE if all(report.passed for report in reports) else FINDINGS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fapilog.testing",
        description="Examine an installed plugin by the numbers of the plugin contract.",
        epilog="Exit codes: 0 all is well, 1 a number is violated, 2 typed wrongly.",
    )
    parser.add_argument("name", help="name of its entry point")
    parser.add_argument("--kind", choices=list(METHODS), help="its kind; as usual all that it is")
    parser.add_argument(
        "--config",
        metavar="JSON",
        help="its configuration, a JSON object; {folder} in a text is an empty folder",
    )
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.add_argument(
        "--output", metavar="FILE", help="write to a file; as usual to the terminal"
    )
    return parser


def _config(
    parser: argparse.ArgumentParser, text: str | None
) -> Callable[[Path], dict[str, Any]] | None:
    if text is None:
        return None
    try:
        given = json.loads(text)
    except ValueError as error:
        parser.error(f"--config is no JSON: {error}")
    if not isinstance(given, dict):
        parser.error(f"--config is `{text}`; expected a JSON object")

    def config(folder: Path) -> dict[str, Any]:
        return {key: _filled(value, folder) for key, value in given.items()}

    return config


def _filled(value: Any, folder: Path) -> Any:  # noqa: ANN401 - any JSON
    return value.replace("{folder}", str(folder)) if isinstance(value, str) else value


def _kinds(name: str, kind: Any) -> list[Any]:  # noqa: ANN401 - a kind
    """The kinds that it is to be examined as."""
    if kind is not None:
        return [kind]
    try:
        loaded = load_class(name, kind="processor")
        return list(usable_kinds(name, loaded))
    except PluginError:
        return [None]  # the report says why


if __name__ == "__main__":
    sys.exit(main())
