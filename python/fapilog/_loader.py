"""From the name of a plugin to an instance of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fapilog._api_version import check_api
from fapilog._discovery import FoundPlugin, found_plugins
from fapilog._errors import PluginError
from fapilog._gate import admit
from fapilog._names import normalised
from fapilog._native_plugin import NativePlugin, is_native
from fapilog._similar import similar

if TYPE_CHECKING:
    from fapilog._policy import Policy
    from fapilog.plugins._protocols import Kind


def load_class(name: str, *, kind: Kind, policy: Policy | None = None) -> object:
    """Find a plugin, pass it through policy and gate, import it.

    Raises:
        PluginError: ``unknown-plugin``, ``duplicate-plugin``, what the policy and the gate raise,
            or ``plugin-broken``.
    """
    plugin = find(name, kind=kind)
    if policy is not None:
        policy.check(plugin)
    admit(plugin)
    loaded = import_plugin(plugin)
    check_api(plugin, loaded)
    return loaded


def find(name: str, *, kind: Kind) -> FoundPlugin:
    """The one installed plugin of that name.

    Raises:
        PluginError: ``unknown-plugin`` or ``duplicate-plugin``.
    """
    plugins = found_plugins()
    matching = [plugin for plugin in plugins if normalised(plugin.name) == normalised(name)]
    if not matching:
        raise unknown(name, kind, plugins)
    refuse_duplicates(sorted(matching, key=lambda plugin: plugin.distribution))
    return matching[0]


def unknown(name: str, kind: Kind, plugins: list[FoundPlugin]) -> PluginError:
    """The error for a name that no installed plugin has."""
    known = [plugin.name for plugin in plugins]
    hint = 'what is installed: python -c "import fapilog; fapilog.debug_plugins()"'
    return PluginError(
        "unknown-plugin",
        hint=f"{install_hint(name)}{hint}",
        kind=kind,
        name=name,
        similar=similar(normalised(name), known),
    )


def install_hint(name: str) -> str:
    """How to install the distribution of a plugin, when its name could be one."""
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name):
        return ""
    install = f'install "fapilog-{normalised(name)}"'
    return f"if it is not installed: pip {install}, or uv pip {install}\n"


def refuse_duplicates(plugins: list[FoundPlugin]) -> None:
    """Refuse a name that more than one distribution claims, rather than choosing one.

    Raises:
        PluginError: ``duplicate-plugin``.
    """
    if len(plugins) > 1:
        owners = ", ".join(f"`{plugin.distribution}` {plugin.version}" for plugin in plugins)
        raise PluginError(
            "duplicate-plugin",
            hint=f"remove one of them: pip uninstall {plugins[-1].distribution}, "
            f"or uv pip uninstall {plugins[-1].distribution}",
            name=plugins[0].name,
            distributions=owners,
        )


def import_plugin(plugin: FoundPlugin) -> object:
    """Import what the entry point names.

    Raises:
        PluginError: ``plugin-broken``, with the cause.
    """
    try:
        loaded: object = plugin.entry_point.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also SystemExit: no plugin ends the application
        reinstall = f'install --force-reinstall "{plugin.distribution}"'
        raise PluginError(
            "plugin-broken",
            hint=f"reinstall it: pip {reinstall}, or uv pip {reinstall}",
            name=plugin.name,
            distribution=plugin.distribution,
            version=plugin.version,
            reason=f"importing `{plugin.value}` raised {type(error).__name__}: {error}",
        ) from error
    return loaded


def make_instance(
    name: str, loaded: object, config: Mapping[str, object] | object | None
) -> object:
    """Make a plugin of its class; what is no class is taken as it is.

    Raises:
        PluginError: ``plugin-bad-config``.
    """
    if is_native(loaded):
        return NativePlugin(name, loaded, config)
    if not isinstance(loaded, type):
        if config is not None:
            raise _bad_config(name, f"it is configured already: `{type(loaded).__name__}` object")
        return loaded
    schema = getattr(loaded, "Config", None)
    try:
        if schema is None:
            if config is not None:
                raise _bad_config(name, "it takes none")
            return loaded()
        if config is None:
            return loaded(schema())
        if isinstance(config, Mapping):
            return loaded(schema(**config))
        if not isinstance(config, schema):
            expected = f"expected `{schema.__name__}` or a mapping of its fields"
            raise _bad_config(name, f"{expected}, found `{type(config).__name__}`")
        return loaded(config)
    except (PluginError, KeyboardInterrupt):
        raise
    except BaseException as error:  # also SystemExit: no plugin ends the application
        raise _bad_config(name, f"{type(error).__name__}: {error}") from error


def _bad_config(name: str, reason: str) -> PluginError:
    return PluginError("plugin-bad-config", name=name, reason=reason)
