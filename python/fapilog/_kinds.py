"""What makes an object a plugin of some kind."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final

from fapilog._errors import PluginError

if TYPE_CHECKING:
    from fapilog.plugins._protocols import Kind

#: The working method of each kind, in the order of the pipeline's stages.
METHODS: Final[dict[Kind, str]] = {
    "filter": "filter",
    "enricher": "enrich",
    "processor": "process",
    "redactor": "redact",
    "sink": "write",
    "alerter": "alert",
}

_OPTIONAL_METHODS: Final = {"start": 0, "stop": 0}


def kinds_of(plugin: object) -> tuple[Kind, ...]:
    """The kinds whose working method an object or class has."""
    return tuple(kind for kind, method in METHODS.items() if callable(getattr(plugin, method, None)))


def check_kind(name: str, plugin: object, kind: Kind) -> None:
    """Check at once that a plugin has the methods that its kind needs.

    Raises:
        PluginError: ``plugin-wrong-kind``, naming the method, what was expected and what is there.
    """
    _check_method(name, plugin, kind, METHODS[kind], 1)
    for method, parameters in _OPTIONAL_METHODS.items():
        if getattr(plugin, method, None) is not None:
            _check_method(name, plugin, kind, method, parameters)
    if kind == "sink" and getattr(plugin, "write_batch", None) is not None:
        _check_method(name, plugin, kind, "write_batch", 1)


def _check_method(name: str, plugin: object, kind: Kind, method: str, parameters: int) -> None:
    function = getattr(plugin, method, None)
    expected = f"expected `async def {method}(self{', record' if parameters else ''})`"
    if kind == "alerter" and parameters:
        expected = "expected `async def alert(self, alert)`"
    if method == "write_batch":
        expected = "expected `async def write_batch(self, records)`"
    if not callable(function):
        raise _wrong_kind(name, kind, f"it has no method `{method}`; {expected}")
    if not inspect.iscoroutinefunction(function):
        raise _wrong_kind(name, kind, f"its `{method}` is no coroutine function; {expected}")
    signature = inspect.signature(function)
    try:
        signature.bind(*[None] * parameters)
    except TypeError:
        found = f"async def {method}{signature}"
        raise _wrong_kind(name, kind, f"{expected}, found `{found}`") from None


def _wrong_kind(name: str, kind: Kind, reason: str) -> PluginError:
    return PluginError("plugin-wrong-kind", name=name, wanted=kind, reason=reason)
