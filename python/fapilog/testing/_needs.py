"""Packages that some parts of the kit need, imported when they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def need(package: str) -> Any:  # noqa: ANN401 - a module
    """Import a package that fapilog does not install.

    Raises:
        ImportError: It is not installed; says how to get it.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package.partition(".")[0]:
            raise
        text = f"this part of fapilog.testing needs {package}: pip install {package}"
        raise ImportError(f"{text}, or uv add --dev {package}", name=package) from error
