"""Plugins of the application itself: decorators that make a function or class known by a name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

if TYPE_CHECKING:
    from fapilog._conditions import Predicate, When
    from fapilog._use import Cache, Use
    from fapilog.plugins._protocols import Kind

P = TypeVar("P", bound="Callable[..., Any]")

_lock: Final = threading.Lock()
_registered: Final[dict[tuple[str, str], Use]] = {}


@overload
def filter(name: P, /) -> P: ...  # noqa: A001 - the name of the kind
@overload
def filter(  # noqa: A001 - the name of the kind
    name: str | None = None, *, when: When | Predicate | None = None, timeout: float | None = None
) -> Callable[[P], P]: ...
def filter(  # noqa: A001 - the name of the kind
    name: Any = None, *, when: When | Predicate | None = None, timeout: float | None = None
) -> Any:
    """Make a function or class known as a filter; see :func:`enricher`."""
    return _register("filter", name, {"when": when, "timeout": timeout})


@overload
def enricher(name: P, /) -> P: ...
@overload
def enricher(
    name: str | None = None,
    *,
    priority: int = 100,
    after: Sequence[str] = (),
    when: When | Predicate | None = None,
    timeout: float | None = None,
    cache: Cache | None = None,
) -> Callable[[P], P]: ...
def enricher(
    name: Any = None,
    *,
    priority: int = 100,
    after: Sequence[str] = (),
    when: When | Predicate | None = None,
    timeout: float | None = None,
    cache: Cache | None = None,
) -> Any:
    """Make a function or class known as an enricher.

    The decorated name stays what it was. Give it, or its name, to ``get_logger(enrichers=[…])``.

    Args:
        name: Its name; as usual that of the function or class.
        priority: See :class:`Use`.
        after: See :class:`Use`.
        when: See :class:`Use`.
        timeout: See :class:`Use`.
        cache: See :class:`Use`.

    Raises:
        ConfigurationError: ``bad-option``.
        PluginError: ``plugin-wrong-kind`` or ``plugin-registered``.

    Examples:
        >>> import fapilog
        >>> @fapilog.plugins.enricher(priority=10)
        ... async def tenant(record):
        ...     return {"tenant": "acme"}
        >>> fapilog.plugins.registered("enricher")
        ['tenant']
        >>> fapilog.plugins.unregister("enricher", "tenant")
    """
    options = {
        "priority": priority,
        "after": after,
        "when": when,
        "timeout": timeout,
        "cache": cache,
    }
    return _register("enricher", name, options)


@overload
def processor(name: P, /) -> P: ...
@overload
def processor(
    name: str | None = None, *, when: When | Predicate | None = None, timeout: float | None = None
) -> Callable[[P], P]: ...
def processor(
    name: Any = None, *, when: When | Predicate | None = None, timeout: float | None = None
) -> Any:
    """Make a function or class known as a processor; see :func:`enricher`."""
    return _register("processor", name, {"when": when, "timeout": timeout})


@overload
def redactor(name: P, /) -> P: ...
@overload
def redactor(name: str | None = None, *, timeout: float | None = None) -> Callable[[P], P]: ...
def redactor(name: Any = None, *, timeout: float | None = None) -> Any:
    """Make a function or class known as a redactor; see :func:`enricher`."""
    return _register("redactor", name, {"timeout": timeout})


@overload
def sink(name: P, /) -> P: ...
@overload
def sink(name: str | None = None, *, timeout: float | None = None) -> Callable[[P], P]: ...
def sink(name: Any = None, *, timeout: float | None = None) -> Any:
    """Make a function or class known as a sink; see :func:`enricher`."""
    return _register("sink", name, {"timeout": timeout})


@overload
def alerter(name: P, /) -> P: ...
@overload
def alerter(name: str | None = None, *, timeout: float | None = None) -> Callable[[P], P]: ...
def alerter(name: Any = None, *, timeout: float | None = None) -> Any:
    """Make a function or class known as an alerter; see :func:`enricher`."""
    return _register("alerter", name, {"timeout": timeout})


def registered(kind: Kind) -> list[str]:
    """Names of the local plugins of a kind, in the order in which they were registered."""
    return [name for (known, name) in _registered if known == kind]


def unregister(kind: Kind, name: str) -> None:
    """Forget a local plugin; pipelines that use it go on.

    Raises:
        PluginError: ``unknown-plugin``.
    """
    from fapilog._errors import PluginError
    from fapilog._names import normalised
    from fapilog._similar import similar

    with _lock:
        for key in list(_registered):
            if key[0] == kind and normalised(key[1]) == normalised(name):
                del _registered[key]
                return
    known = similar(name, registered(kind))
    raise PluginError("unknown-plugin", kind=kind, name=name, similar=known)


def find_local(kind: Kind, name: str) -> Use | None:
    """The local plugin of a name."""
    from fapilog._names import normalised

    for (known, own), use in list(_registered.items()):
        if known == kind and normalised(own) == normalised(name):
            return use
    return None


def _register(kind: Kind, name: Any, options: dict[str, Any]) -> Any:  # noqa: ANN401 - see `enricher`
    def register(plugin: P) -> P:
        from contextlib import suppress

        from fapilog._errors import PluginError
        from fapilog._kinds import check_kind
        from fapilog._use import ATTRIBUTE, Use

        own = name if name is not None else getattr(plugin, "__name__", type(plugin).__name__)
        use = Use(plugin, name=own, **options)
        use.check_for(kind)
        check_kind(own, plugin, kind)
        with _lock:
            known = find_local(kind, own)
            if known is not None and known.plugin is not plugin:
                raise PluginError("plugin-registered", kind=kind, name=own)
            _registered[kind, own] = use
        with suppress(AttributeError):  # an object without room for it is found by its name only
            setattr(plugin, ATTRIBUTE, use)
        return plugin

    if callable(name):  # `@enricher` without parentheses
        plugin, name = name, None
        return register(plugin)
    return register
