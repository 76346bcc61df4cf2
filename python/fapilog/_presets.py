"""Settings for a purpose."""

from __future__ import annotations

from typing import Any, Final

from fapilog._errors import ConfigurationError
from fapilog._similar import similar

#: Names of the presets and what each is for.
PRESETS: Final = {
    "dev": "for the people who write the application: everything from DEBUG on, made for reading",
    "production": "JSON lines on standard output, credentials hidden, host and process named",
    "serverless": "as production, for short lives: a small queue, little waiting",
    "hardened": "card data, credentials and personal data hidden; nothing severe is dropped",
    "minimal": "JSON lines on standard output and nothing else",
}


def list_presets() -> tuple[str, ...]:
    """Names of the presets, for ``get_logger(preset=…)``.

    Examples:
        >>> import fapilog
        >>> fapilog.list_presets()
        ('dev', 'production', 'serverless', 'hardened', 'minimal')
    """
    return tuple(PRESETS)


def preset_settings(name: object) -> dict[str, Any]:
    """What a preset says.

    Raises:
        ConfigurationError: ``bad-option``.
    """
    from fapilog.enrichers import Host, Process
    from fapilog.redactors import preset

    named = {"enrichers": (Host(), Process()), "redactors": preset("credentials")}
    settings: dict[str, dict[str, Any]] = {
        "dev": {"level": "DEBUG", "format": "pretty"},
        "production": {"level": "INFO", "format": "json", **named},
        "serverless": {
            "level": "INFO",
            "format": "json",
            **named,
            "queue_records": 2_048,
            "queue_bytes": 1024 * 1024,
            "block_timeout": 0.1,
        },
        "hardened": {
            "level": "INFO",
            "format": "json",
            **named,
            "redactors": (*preset("pci"), *preset("gdpr"), *preset("credentials")),
            "overflow": "block",
            "block_timeout": 5.0,
            "protected": ("ERROR", "CRITICAL"),
        },
        "minimal": {"level": "INFO", "format": "json"},
    }
    found = settings.get(name) if isinstance(name, str) else None
    if found is None:
        expected = f"one of {', '.join(PRESETS)}{similar(str(name), PRESETS)}"
        raise ConfigurationError("bad-option", option="preset", value=name, expected=expected)
    return found
