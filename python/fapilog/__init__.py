"""Structured logging for Python services: a Rust engine under a typed Python face.

Examples:
    >>> import fapilog
    >>> with fapilog.get_logger("shop", sinks=["null"]) as log:
    ...     log.info("order processed", user_id=42)
"""

# What type checkers take for `typing.TYPE_CHECKING`, without importing it.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from fapilog import (
        enrichers,
        filters,
        formats,
        plugins,
        processors,
        redactors,
        sinks,
        testing,
    )
    from fapilog._async_logger import AsyncLogger
    from fapilog._bridge import LoggingHandler, capture_logging, capture_warnings
    from fapilog._builder import LoggerBuilder
    from fapilog._context import (
        ContextToken,
        bind_context,
        clear_context,
        context,
        get_context,
        preserve_context,
        unbind_context,
    )
    from fapilog._debug import debug_plugins
    from fapilog._engine import __version__
    from fapilog._errors import ConfigurationError, FapilogError, PluginError
    from fapilog._faces import get_async_logger, runtime, runtime_async
    from fapilog._get_logger import get_logger
    from fapilog._hooks import capture_exceptions
    from fapilog._lazy import Lazy, lazy
    from fapilog._levels import register_level
    from fapilog._logger import Logger
    from fapilog._presets import list_presets
    from fapilog._prometheus import prometheus_text
    from fapilog._report import PluginReport
    from fapilog._stats import (
        CloseReport,
        DurableStats,
        Latency,
        PluginStats,
        SinkStats,
        StageStats,
        Stats,
    )
else:
    # Each name is imported when it is first used: the import of the package costs next to nothing,
    # and the console script can start where the engine cannot be loaded.
    _HOMES = {
        "AsyncLogger": "_async_logger",
        "CloseReport": "_stats",
        "ConfigurationError": "_errors",
        "ContextToken": "_context",
        "FapilogError": "_errors",
        "Latency": "_stats",
        "Lazy": "_lazy",
        "Logger": "_logger",
        "LoggerBuilder": "_builder",
        "LoggingHandler": "_bridge",
        "PluginError": "_errors",
        "PluginReport": "_report",
        "PluginStats": "_stats",
        "DurableStats": "_stats",
        "SinkStats": "_stats",
        "StageStats": "_stats",
        "Stats": "_stats",
        "__version__": "_engine",
        "bind_context": "_context",
        "capture_exceptions": "_hooks",
        "capture_logging": "_bridge",
        "capture_warnings": "_bridge",
        "clear_context": "_context",
        "context": "_context",
        "debug_plugins": "_debug",
        "enrichers": "",
        "filters": "",
        "formats": "",
        "get_async_logger": "_faces",
        "get_context": "_context",
        "get_logger": "_get_logger",
        "lazy": "_lazy",
        "list_presets": "_presets",
        "plugins": "",
        "preserve_context": "_context",
        "processors": "",
        "prometheus_text": "_prometheus",
        "redactors": "",
        "register_level": "_levels",
        "runtime": "_faces",
        "runtime_async": "_faces",
        "sinks": "",
        "testing": "",
        "unbind_context": "_context",
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
    "AsyncLogger",
    "CloseReport",
    "ConfigurationError",
    "ContextToken",
    "DurableStats",
    "FapilogError",
    "Latency",
    "Lazy",
    "Logger",
    "LoggerBuilder",
    "LoggingHandler",
    "PluginError",
    "PluginReport",
    "PluginStats",
    "SinkStats",
    "StageStats",
    "Stats",
    "__version__",
    "bind_context",
    "capture_exceptions",
    "capture_logging",
    "capture_warnings",
    "clear_context",
    "context",
    "debug_plugins",
    "enrichers",
    "filters",
    "formats",
    "get_async_logger",
    "get_context",
    "get_logger",
    "lazy",
    "list_presets",
    "plugins",
    "preserve_context",
    "processors",
    "prometheus_text",
    "redactors",
    "register_level",
    "runtime",
    "runtime_async",
    "sinks",
    "testing",
    "unbind_context",
]
