"""Structured logging for Python services: a Rust engine under a typed Python face.

Examples:
    >>> import fapilog
    >>> with fapilog.get_logger("shop", sinks=["null"]) as log:
    ...     log.info("order processed", user_id=42)
"""

# What type checkers take for `typing.TYPE_CHECKING`, without importing it.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from fapilog import enrichers, filters, plugins, processors, redactors, sinks
    from fapilog._debug import debug_plugins
    from fapilog._engine import __version__
    from fapilog._errors import ConfigurationError, FapilogError, PluginError
    from fapilog._logger import Logger, get_logger
    from fapilog._prometheus import prometheus_text
    from fapilog._report import PluginReport
    from fapilog._stats import CloseReport, Latency, PluginStats, SinkStats, StageStats, Stats
else:
    # Each name is imported when it is first used: the import of the package costs next to nothing,
    # and the console script can start where the engine cannot be loaded.
    _HOMES = {
        "CloseReport": "_stats",
        "ConfigurationError": "_errors",
        "FapilogError": "_errors",
        "Latency": "_stats",
        "Logger": "_logger",
        "PluginError": "_errors",
        "PluginReport": "_report",
        "PluginStats": "_stats",
        "SinkStats": "_stats",
        "StageStats": "_stats",
        "Stats": "_stats",
        "__version__": "_engine",
        "debug_plugins": "_debug",
        "get_logger": "_logger",
        "enrichers": "",
        "filters": "",
        "plugins": "",
        "processors": "",
        "prometheus_text": "_prometheus",
        "redactors": "",
        "sinks": "",
    }

    def __getattr__(name: str) -> object:
        from importlib import import_module

        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if not home:
            return import_module(f"{__name__}.{name}")
        value = getattr(import_module(f"{__name__}.{home}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *_HOMES})


__all__ = [
    "CloseReport",
    "ConfigurationError",
    "FapilogError",
    "Latency",
    "Logger",
    "PluginError",
    "PluginReport",
    "PluginStats",
    "SinkStats",
    "StageStats",
    "Stats",
    "__version__",
    "debug_plugins",
    "enrichers",
    "filters",
    "get_logger",
    "plugins",
    "processors",
    "prometheus_text",
    "redactors",
    "sinks",
]
