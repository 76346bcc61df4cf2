"""Looking at a plugin without running it: its shape, and what a URI would make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from fapilog._errors import PluginError
from fapilog._kinds import check_kind, usable_kinds
from fapilog._plugin_uri import PluginUri

if TYPE_CHECKING:
    from fapilog.plugins import Kind


def interface_problems(plugin: object, kind: Kind | None = None) -> list[str]:
    """What keeps a class, an object or a function from being a plugin; empty when nothing does.

    Args:
        plugin: What to look at; nothing of it is called.
        kind: The kind that it is to be; as usual any.

    Examples:
        >>> from fapilog.testing import interface_problems
        >>> class Tag:
        ...     def enrich(self, record):
        ...         return {}
        >>> print(*interface_problems(Tag))
        its `enrich` is no coroutine function; expected `async def enrich(self, record)`
    """
    name = getattr(plugin, "__name__", type(plugin).__name__)
    try:
        if kind is None:
            usable_kinds(name, plugin)
        else:
            check_kind(name, plugin, kind)
    except PluginError as error:
        return [str(error.values["reason"])]
    return []


def plugin_uri(
    name: str,
    *,
    host: str = "",
    port: int | None = None,
    username: str = "",
    password: str = "",
    path: str = "",
    **options: object,
) -> str:
    """The URI of a plugin with its parts, percent-encoded where that is needed.

    Examples:
        >>> from fapilog.testing import plugin_uri
        >>> plugin_uri("acme", host="logs.example", port=9, password="p@ss", batch=100)
        'acme://:p%40ss@logs.example:9?batch=100'
    """
    credentials = quote(username, safe="")
    if password:
        credentials += f":{quote(password, safe='')}"
    place = f"[{host}]" if ":" in host else host
    if credentials:
        place = f"{credentials}@{place}"
    if port is not None:
        place += f":{port}"
    texts = {key: _text(value) for key, value in options.items()}
    query = f"?{urlencode(texts, quote_via=quote)}" if texts else ""
    return f"{name}://{place}{quote(path)}{query}"


def config_of_uri(plugin: type, uri: str) -> Any:  # noqa: ANN401 - the plugin's own
    """The configuration that a plugin would get from a URI, without being installed.

    Returns:
        An instance of its ``Config``; None when the URI says nothing.

    Raises:
        ConfigurationError: ``bad-option`` for a URI that cannot be understood.
        PluginError: ``plugin-bad-config``.
    """
    parts = PluginUri(uri)
    fields: Mapping[str, Any] | None = parts.config_for(plugin)
    schema = getattr(plugin, "Config", None)
    if fields is None or schema is None:
        return None if schema is None else schema()
    try:
        return schema(**fields)
    except Exception as error:  # noqa: BLE001 - a plugin's Config may raise anything
        reason = parts.masked(f"{type(error).__name__}: {error}")
        raise PluginError("plugin-bad-config", name=parts.name, reason=reason) from None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
