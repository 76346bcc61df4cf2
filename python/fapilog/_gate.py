"""The load gate: a plugin runs only with the versions of fapilog that its distribution names."""

from __future__ import annotations

from fapilog._discovery import FoundPlugin
from fapilog._engine import __version__, check_range
from fapilog._errors import PluginError


def admit(plugin: FoundPlugin) -> str:
    """Check a plugin's range of core versions; nothing of it is imported.

    Returns:
        The range that the distribution declares, such as ``>=3.0,<4.0``.

    Raises:
        PluginError: ``plugin-core-range``, ``plugin-no-core-range`` or ``plugin-bad-requirement``.
    """
    markers = _markers() if any(";" in line for line in plugin.requires) else _NO_MARKERS
    refusal, wanted, detail = check_range(list(plugin.requires), __version__, markers)
    if not refusal:
        return wanted
    raise PluginError(
        f"plugin-{refusal}",
        hint=_hint(plugin, wanted),
        name=plugin.name,
        distribution=plugin.distribution,
        version=plugin.version,
        wanted=wanted,
        found=__version__,
        reason=detail,
    )


def _hint(plugin: FoundPlugin, wanted: str) -> str:
    upgrade = f'install --upgrade "{plugin.distribution}" "fapilog=={__version__}"'
    lines = [f"take a release of the plugin made for this core: pip {upgrade}, or uv pip {upgrade}"]
    if wanted:
        core = f'install "fapilog{wanted}"'
        lines.append(f"or the core that the plugin wants: pip {core}, or uv pip {core}")
    else:
        lines.append(
            "its author adds the range to pyproject.toml: "
            f'dependencies = ["fapilog>={_major_minor()},<{int(__version__.split(".")[0]) + 1}.0"]'
        )
    return "\n".join(lines)


def _major_minor() -> str:
    return ".".join(__version__.split(".")[:2])


#: Enough for requirements without markers; asking the platform costs a millisecond.
_NO_MARKERS: dict[str, str] = {
    "implementation_version": "0",
    "python_full_version": "0",
    "python_version": "0",
}


def _markers() -> dict[str, str]:
    """The environment markers of PEP 508 (section "Environment Markers") for this interpreter."""
    import os
    import platform
    import sys

    info = sys.implementation.version
    implementation_version = f"{info.major}.{info.minor}.{info.micro}"
    if info.releaselevel != "final":
        implementation_version += f"{info.releaselevel[0]}{info.serial}"
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": implementation_version,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }
