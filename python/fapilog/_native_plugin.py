"""Plugins in libraries, written in C or Rust: found, checked, and handed to the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fapilog._errors import PluginError

if TYPE_CHECKING:
    from fapilog.plugins._protocols import Kind

#: The name of the capsule, and of the function that a library exports (with ``_`` for ``.``).
CAPSULE: Final = b"fapilog.plugin.v1"
FUNCTION: Final = "fapilog_plugin_v1"


class NativeLibrary:
    """A plugin in a shared library that exports ``fapilog_plugin_v1``; see ``fapilog_plugin.h``.

    At an entry point it makes one wheel serve every Python:
    ``plugin = fapilog.plugins.NativeLibrary(Path(__file__).with_name("libacme.so"))``.
    The library is loaded when the plugin is used, and stays until the process ends.

    Args:
        path: Where the library lies.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = fspath(path)
        self._capsule: object = None

    def __fapilog_plugin__(self) -> object:
        """The capsule with the plugin's table.

        Raises:
            OSError: The library cannot be loaded.
            AttributeError: It has no such function.
        """
        if self._capsule is None:
            import ctypes

            function = getattr(ctypes.CDLL(self.path), FUNCTION)
            function.restype = ctypes.c_void_p
            function.argtypes = []
            table = function()
            if not table:
                raise OSError(f"`{FUNCTION}` of {self.path} returned nothing")
            make = ctypes.pythonapi.PyCapsule_New
            make.restype = ctypes.py_object
            make.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
            self._capsule = make(table, CAPSULE, None)
        return self._capsule

    def __repr__(self) -> str:
        return f"NativeLibrary({self.path!r})"


def include_folder() -> Path:
    """Where the C headers of the plugin ABI are: ``fapilog_plugin.h`` and ``fapilog_record.h``.

    For the build of a plugin in C: ``cc -I "$(python -c 'import fapilog.plugins as p;
    print(p.include_folder())')"``.
    """
    return Path(__file__).with_name("include")


class NativePlugin:
    """A plugin in a library, with its configuration, checked as far as its table goes."""

    def __init__(self, name: str | None, source: object, config: object) -> None:
        """Take the table of what stands at an entry point.

        Raises:
            PluginError: ``plugin-abi`` or ``plugin-bad-config``.
        """
        shown = name or repr(source)
        self.capsule, self.kind, own = _table(shown, source)
        self.name = name or own or type(source).__name__
        self.config = _json(self.name, config)


def is_native(plugin: object) -> bool:
    """Whether an object hands over the table of a plugin."""
    return not isinstance(plugin, type) and callable(getattr(plugin, "__fapilog_plugin__", None))


def check_native_kind(plugin: NativePlugin, kind: Kind) -> None:
    """Check that it is of a kind.

    Raises:
        PluginError: ``plugin-wrong-kind``.
    """
    if plugin.kind != kind:
        reason = f"it is a native {plugin.kind}"
        raise PluginError("plugin-wrong-kind", name=plugin.name, wanted=kind, reason=reason)


def _table(name: str, source: Any) -> tuple[object, str, str | None]:  # noqa: ANN401 - any object
    from fapilog._engine import native_plugin

    try:
        capsule = source.__fapilog_plugin__()
        kind, own = native_plugin(capsule)
    except Exception as error:
        hint = "it must be built for this core's fapilog_plugin.h, and for this machine"
        raise PluginError("plugin-abi", hint=hint, name=name, reason=str(error)) from error
    return capsule, kind, own


def _json(name: str, config: object) -> str:
    if config is None:
        return "{}"
    if is_dataclass(config) and not isinstance(config, type):
        config = asdict(config)
    try:
        if not isinstance(config, Mapping):
            raise TypeError(f"expected a mapping, found `{type(config).__name__}`")
        return json.dumps(dict(config), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise PluginError("plugin-bad-config", name=name, reason=str(error)) from None
