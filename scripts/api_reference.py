"""Write ``docs/reference/python-api.md`` from the docstrings of the installed package.

`make docs` writes it; the tests compare.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import fapilog
import fapilog.enrichers
import fapilog.filters
import fapilog.formats
import fapilog.plugins
import fapilog.processors
import fapilog.redactors
import fapilog.sinks
import fapilog.testing
from griffe import Docstring, DocstringSectionKind

TARGET = Path(__file__).resolve().parents[1] / "docs" / "reference" / "python-api.md"


_MODULES = (
    fapilog,
    fapilog.sinks,
    fapilog.formats,
    fapilog.filters,
    fapilog.enrichers,
    fapilog.processors,
    fapilog.redactors,
    fapilog.plugins,
    fapilog.testing,
)


def render() -> str:
    """The whole page."""
    lines = [
        "# Python API",
        "",
        "Written by `make docs` from the docstrings; change those. Everything else is private.",
        "",
    ]
    for module in _MODULES:
        lines += [f"## {module.__name__}", "", *_text(module)]
        for name in sorted(module.__all__):
            lines += _entry(module, name)
    return "\n".join(lines).rstrip() + "\n"


def _entry(module: ModuleType, name: str) -> Iterator[str]:
    item = getattr(module, name)
    if inspect.ismodule(item):
        return
    yield from (f"### `{module.__name__}.{name}`", "")
    if inspect.isclass(item) or inspect.isfunction(item):
        yield from _code(_signature(name, item))
        yield from _text(item)
    if inspect.isclass(item):
        for method_name, method in _methods(item):
            yield from (f"#### `{name}.{method_name}`", "")
            yield from _code(_signature(method_name, method))
            yield from _text(method)
    elif not inspect.isfunction(item):
        yield from _code(f"{name} = {item}" if name != "__version__" else "__version__: str")


def _methods(item: type) -> Iterator[tuple[str, object]]:
    built_in = {
        name for base in item.__mro__ if base.__module__ == "builtins" for name in vars(base)
    }
    for name, method in inspect.getmembers(item):
        is_method = inspect.isfunction(method) or inspect.ismethoddescriptor(method)
        if is_method and not name.startswith("_") and name not in built_in:
            yield name, method


def _signature(name: str, item: object) -> str:
    signature = str(inspect.signature(item))  # type: ignore[arg-type]
    signature = re.sub(r"(: |-> )'([^']*)'", r"\1\2", signature)
    if inspect.isclass(item):
        hidden = signature.startswith("(*_")  # a class that is not called by its users
        return f"class {name}{'' if hidden else signature.removesuffix(' -> None')}"
    return f"{'async ' if inspect.iscoroutinefunction(item) else ''}def {name}{signature}"


def _code(text: str) -> list[str]:
    return ["```text", text, "```", ""]


def _text(item: object) -> Iterator[str]:
    text = (inspect.getdoc(item) or "").replace("``", "`")
    for section in Docstring(text).parse("google", warnings=False):
        if isinstance(section.value, str):
            yield from (*_prose(section.value).splitlines(), "")
        elif section.kind is DocstringSectionKind.examples:
            yield from _code("\n".join(code for _, code in section.value))
        else:
            yield from (f"{section.title or section.kind.value.capitalize()}:", "")
            for element in section.value:
                name = getattr(element, "name", None) or getattr(element, "annotation", None)
                label = f"`{name}`: " if name else ""
                yield f"- {label}{_prose(' '.join(element.description.split()))}"
            yield ""


def _prose(text: str) -> str:
    return re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text)


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"wrote {TARGET.name}\n")
