"""The version of the plugin API, which changes less often than that of fapilog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fapilog._errors import PluginError

if TYPE_CHECKING:
    from fapilog._discovery import FoundPlugin

#: Major and minor: a plugin for the same major and no later minor runs.
API_VERSION: Final = (1, 3)


def check_api(plugin: FoundPlugin, loaded: object) -> None:
    """Check the version that a plugin states in its attribute ``API_VERSION``, if it does.

    Raises:
        PluginError: ``plugin-api-version``.
    """
    wanted = getattr(loaded, "API_VERSION", None)
    if wanted is None:
        return
    try:
        major, minor = (int(part) for part in wanted)
    except (TypeError, ValueError):
        major, minor = -1, 0
    if major == API_VERSION[0] and minor <= API_VERSION[1]:
        return
    upgrade = f'install --upgrade "{plugin.distribution}" fapilog'
    raise PluginError(
        "plugin-api-version",
        hint=f"take releases that fit together: pip {upgrade}, or uv pip {upgrade}",
        name=plugin.name,
        distribution=plugin.distribution,
        version=plugin.version,
        wanted=f"{major}.{minor}" if major >= 0 else repr(wanted)[:50],
        found=".".join(map(str, API_VERSION)),
    )
