"""``fapilog plugin docs``: what a plugin's page says, and what is missing in it."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fapilog._kinds import METHODS, usable_kinds
from fapilog._loader import find, import_plugin
from fapilog._native_plugin import is_native
from fapilog._tools._config_fields import fields_of
from fapilog._tools._project import Entry, Project, find_project
from fapilog._tools._raised import undocumented_errors

if TYPE_CHECKING:
    from fapilog._tools._channel import Channel

#: Seconds for one example.
_EXAMPLE_LIMIT: Final = 60

#: Largest text that is read, in bytes.
_MOST_BYTES: Final = 1024 * 1024

#: Words that say what a number counts, in the text of an option; its name may end in one too.
_UNITS: Final = re.compile(
    r"\b(seconds?|milliseconds?|ms|minutes?|hours?|days?|bytes?|KiB|MiB|characters?|records?|"
    r"lines?|fields?|items?|entries|times?|levels?|percent|%|number of|how many|port|attempts?|"
    r"retries|requests?|connections?|values?|share|ratio)\b",
    re.IGNORECASE,
)

_NUMBERS: Final = re.compile(r"\b(int|float)\b")


def run(request: Mapping[str, Any], channel: Channel) -> None:
    """Send the page and what is missing.

    Raises:
        ToolProblem: What the project lacks.
        PluginError: What importing a plugin raises.
    """
    project = find_project(Path(request["folder"]))
    project.make_discoverable()
    missing: list[dict[str, str]] = []
    plugins = [_plugin(entry, project, missing) for entry in project.entries]
    readme = _readme(project)
    security = _section(readme, "security")
    if not security:
        _miss(
            missing,
            "no-security-notes",
            "the README has no section `Security`",
            "say what the plugin reads, sends and keeps: ## Security",
        )
    if not project.table.get("description"):
        _miss(
            missing,
            "no-purpose",
            "the project has no `description`",
            "say in one line what it is for, in pyproject.toml",
        )
    examples = _examples(project, readme, missing)
    channel.send(
        "page",
        {
            "project": {
                "name": project.distribution,
                "version": project.version,
                "description": str(project.table.get("description", "")),
                "license": str(project.table.get("license", "")),
                "requires_python": str(project.table.get("requires-python", "")),
                "requires": list(project.requires),
                "urls": {str(k): str(v) for k, v in project.table.get("urls", {}).items()},
            },
            "plugins": plugins,
            "security": security,
            "examples": examples,
            "missing": missing,
        },
    )


def _plugin(entry: Entry, project: Project, missing: list[dict[str, str]]) -> dict[str, Any]:
    loaded = import_plugin(find(entry.name, kind="processor"))
    kinds = usable_kinds(entry.name, loaded)
    config = getattr(loaded, "Config", None)
    # A library says nothing of itself: the module that names it does.
    module = sys.modules.get(entry.value.partition(":")[0])
    summary, text = _docstring(module if is_native(loaded) else loaded)
    if not summary:
        _miss(
            missing,
            "no-purpose",
            f"`{entry.value}` has no docstring",
            "say in its first line what the plugin is for",
        )
    options = [] if config is None else fields_of(config)
    for option in options:
        _check_option(entry, option, missing)
    errors: dict[str, str] = {}
    if not is_native(loaded):
        for owner in (loaded, config):
            if owner is not None:
                errors |= _raises(owner)
                for where, name in undocumented_errors(owner):
                    _miss(
                        missing,
                        "error-undocumented",
                        f"`{where}` raises `{name}` unsaid",
                        f"say when, in its docstring: Raises: {name}: …",
                    )
    method = None if is_native(loaded) else getattr(loaded, METHODS[kinds[0]], None)
    return {
        "name": entry.name,
        "kind": kinds[0],
        "target": entry.value,
        "summary": summary,
        "text": text,
        "method": f"{METHODS[kinds[0]]}(…)",
        "method_text": _docstring(method)[0] if method is not None else "",
        "config": "" if config is None else config.__name__,
        "options": options,
        "errors": [{"name": name, "text": text} for name, text in errors.items()],
        "capabilities": [str(one) for one in getattr(loaded, "capabilities", ())],
    }


def _check_option(entry: Entry, option: Mapping[str, Any], missing: list[dict[str, str]]) -> None:
    name = option["name"]
    if not option["text"]:
        _miss(
            missing,
            "option-undocumented",
            f"option `{name}` of `{entry.name}` is not described",
            f"describe it in the docstring of its class: Attributes: {name}: …",
        )
    if not option["type"]:
        _miss(
            missing,
            "option-untyped",
            f"option `{name}` of `{entry.name}` has no type",
            f"annotate it: {name}: str",
        )
    words = f"{option['text']} {name.replace('_', ' ')}"
    if _NUMBERS.search(option["type"]) and option["text"] and not _UNITS.search(words):
        _miss(
            missing,
            "option-without-unit",
            f"option `{name}` of `{entry.name}` is a number of nobody knows what",
            "name its unit in its name (`_seconds`, `_bytes`) or its description",
        )


def _miss(missing: list[dict[str, str]], name: str, what: str, hint: str) -> None:
    missing.append({"id": name, "what": what, "hint": hint})


def _docstring(owner: object) -> tuple[str, str]:
    """First line, and what comes before the sections."""
    doc = "" if isinstance(owner, (dict, str)) else inspect.getdoc(owner) or ""
    if isinstance(owner, type) and not owner.__dict__.get("__doc__"):
        doc = ""
    head, _, rest = doc.partition("\n")
    text = re.split(r"^(?:Args|Attributes|Raises|Returns|Examples?):", rest, flags=re.MULTILINE)[0]
    return head.strip(), text.strip()


def _raises(owner: object) -> dict[str, str]:
    """Errors that an object and its methods say they raise, and when."""
    found: dict[str, str] = {}
    owners = (
        [owner, *(one for one in vars(owner).values() if inspect.isfunction(one))]
        if isinstance(owner, type)
        else [owner]
    )
    for one in owners:
        section = (inspect.getdoc(one) or "").partition("Raises:")[2]
        for name, text in re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE):
            found.setdefault(name, re.sub(r"\s+", " ", text))
    return found


def _readme(project: Project) -> str:
    named = project.table.get("readme", "README.md")
    name = named.get("file", "") if isinstance(named, dict) else str(named)
    path = project.folder / name
    try:
        if path.stat().st_size <= _MOST_BYTES:
            return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        pass
    return ""


def _section(text: str, name: str) -> str:
    """What stands below a heading, up to the next of its rank."""
    found = re.search(
        rf"^(#+)\s*{name}[^\n]*\n(.*?)(?=^#{{1,6}}\s|\Z)", text, re.IGNORECASE | re.M | re.S
    )
    return found[2].strip() if found else ""


def _examples(project: Project, readme: str, missing: list[dict[str, str]]) -> list[dict[str, Any]]:
    blocks = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    if not blocks:
        _miss(
            missing,
            "no-example",
            "the README has no example: expected a block of Python",
            "show how it is used: ```python",
        )
    examples = []
    for number, code in enumerate(blocks, 1):
        problem = _run_example(project, code)
        if problem:
            _miss(
                missing,
                "example-fails",
                f"example {number} of the README fails: {problem}",
                "repair it: it is what people paste first",
            )
        examples.append({"code": code, "problem": problem})
    return examples


def _run_example(project: Project, code: str) -> str:
    """Run an example as a reader would; returns the last line of what it complains, if it fails."""
    begin = (
        "import sys; from pathlib import Path\n"
        "from fapilog._tools._project import find_project\n"
        f"find_project(Path({str(project.folder)!r})).make_discoverable()\n"
    )
    with tempfile.TemporaryDirectory(prefix="fapilog-docs-") as folder:
        script = Path(folder) / "example.py"
        script.write_text(code, encoding="utf-8")
        command = f"{begin}import runpy; runpy.run_path({str(script)!r}, run_name='__main__')"
        try:
            ended = subprocess.run(
                [sys.executable, "-c", command],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                timeout=_EXAMPLE_LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"it did not end within {_EXAMPLE_LIMIT} s"
    lines = [line for line in ended.stderr.splitlines() if line.strip()]
    return (lines[-1] if lines else f"exit code {ended.returncode}") if ended.returncode else ""
