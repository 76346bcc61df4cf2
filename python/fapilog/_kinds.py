"""What makes an object a plugin of some kind."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from fapilog._errors import PluginError
from fapilog._native_plugin import NativePlugin, check_native_kind, is_native

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


def usable_kinds(name: str, plugin: object) -> tuple[Kind, ...]:
    """The kinds that an object is, or that instances of a class will be.

    Raises:
        PluginError: ``plugin-wrong-kind`` when there is none.
    """
    if is_native(plugin):
        return (cast("Kind", NativePlugin(name, plugin, None).kind),)
    kinds: list[Kind] = []
    fault: PluginError | None = None
    for kind, method in METHODS.items():
        if not _has(plugin, method):
            continue
        try:
            check_kind(name, plugin, kind)
        except PluginError as error:
            fault = error
        else:
            kinds.append(kind)
    if kinds:
        return tuple(kinds)
    methods = ", ".join(METHODS.values())
    reason = f"it has none of the methods {methods}"
    raise fault or PluginError("plugin-wrong-kind", name=name, wanted="plugin", reason=reason)


def check_kind(name: str, plugin: object, kind: Kind) -> None:
    """Check at once that a plugin has the methods that its kind needs.

    A function is one too; a plain one, which may block, runs in a thread.

    Raises:
        PluginError: ``plugin-wrong-kind``, naming the method, what was expected and what is there.
    """
    if isinstance(plugin, NativePlugin):
        check_native_kind(plugin, kind)
        return
    if inspect.isfunction(plugin) or inspect.isbuiltin(plugin):
        _check_function(name, plugin, kind)
        return
    _check_method(name, plugin, kind, METHODS[kind], 1)
    for method, parameters in _OPTIONAL_METHODS.items():
        if _has(plugin, method):
            _check_method(name, plugin, kind, method, parameters)
    if _has(plugin, "health_check"):
        _check_method(name, plugin, kind, "health_check", 0)
    if kind == "sink" and _has(plugin, "write_batch"):
        _check_method(name, plugin, kind, "write_batch", 1)
    if kind == "sink" and _has(plugin, "write_encoded"):
        _check_method(name, plugin, kind, "write_encoded", 1)


def _check_function(name: str, function: Callable[..., object], kind: Kind) -> None:
    expected = f"expected `async def {name}({'alert' if kind == 'alerter' else 'record'})`"
    if inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
        raise _wrong_kind(name, kind, f"it is a generator; {expected}")
    try:
        signature = inspect.signature(function)
    except ValueError:  # some functions written in C have none
        return
    try:
        signature.bind(None)
    except TypeError:
        found = f"def {name}{signature}"
        raise _wrong_kind(name, kind, f"{expected}, found `{found}`") from None


def takes_resources(start: Callable[..., object]) -> bool:
    """Whether a plugin's ``start`` asks for what its pipeline's plugins share."""
    try:
        inspect.signature(start).bind(None)
    except (TypeError, ValueError):
        return False
    return True


def _check_method(name: str, plugin: object, kind: Kind, method: str, parameters: int) -> None:
    function = getattr(plugin, method) if _has(plugin, method) else None
    expected = f"expected `async def {method}(self{', record' if parameters else ''})`"
    if kind == "alerter" and parameters:
        expected = "expected `async def alert(self, alert)`"
    if method == "write_batch":
        expected = "expected `async def write_batch(self, records)`"
    if method == "write_encoded":
        expected = "expected `async def write_encoded(self, lines)`"
    if not callable(function):
        raise _wrong_kind(name, kind, f"it has no method `{method}`; {expected}")
    if not inspect.iscoroutinefunction(function):
        raise _wrong_kind(name, kind, f"its `{method}` is no coroutine function; {expected}")
    signature = inspect.signature(function)
    # Of a class, an ordinary method still asks for its instance.
    of_class = isinstance(plugin, type) and not inspect.ismethod(function)
    static = isinstance(inspect.getattr_static(plugin, method, None), staticmethod)
    given = [None] * (parameters + (of_class and not static))
    try:
        signature.bind(*given)
    except TypeError:
        if method == "start" and _binds(signature, [*given, None]):
            return
        found = f"async def {method}{signature}"
        raise _wrong_kind(name, kind, f"{expected}, found `{found}`") from None


def _binds(signature: inspect.Signature, given: list[None]) -> bool:
    try:
        signature.bind(*given)
    except TypeError:
        return False
    return True


def _has(plugin: object, method: str) -> bool:
    """Whether there is such a method; None stands for none. Nothing that asking raises goes on."""
    try:
        return getattr(plugin, method, None) is not None
    except Exception:  # noqa: BLE001 - an attribute of a plugin may raise anything
        return False


def _wrong_kind(name: str, kind: Kind, reason: str) -> PluginError:
    return PluginError("plugin-wrong-kind", name=name, wanted=kind, reason=reason)
