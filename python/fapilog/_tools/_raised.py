"""Errors that a class raises and does not tell of."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator

#: Methods that a user's mistake reaches: of the others only the plugin itself knows.
_SPECIAL = ("__init__", "__post_init__")


def undocumented_errors(owner: object) -> list[tuple[str, str]]:
    """Where and which: errors raised by name in public methods and constructors, said in no
    docstring of them or their class."""  # noqa: D205, D209
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(owner)))  # type: ignore[arg-type]
    except (OSError, TypeError, SyntaxError):
        return []
    found: list[tuple[str, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            text = ast.get_docstring(node) or ""
            for method in node.body:
                if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    found += _of_method(node.name, text, method)
    return found


def _of_method(
    owner: str, text: str, method: ast.FunctionDef | ast.AsyncFunctionDef
) -> list[tuple[str, str]]:
    if method.name.startswith("_") and method.name not in _SPECIAL:
        return []
    said = f"{text} {ast.get_docstring(method) or ''}"
    names = dict.fromkeys(_raised(method))
    return [(f"{owner}.{method.name}", name) for name in names if name not in said]


def _raised(method: ast.AST) -> Iterator[str]:
    for node in ast.walk(method):
        if isinstance(node, ast.Raise) and node.exc is not None:
            made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(made, ast.Name) and made.id[:1].isupper():
                yield made.id
