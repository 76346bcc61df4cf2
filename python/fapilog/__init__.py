"""Structured logging for Python services: a Rust engine under a typed Python face.

>>> import fapilog
>>> with fapilog.get_logger("shop", sinks=["null"]) as log:
...     log.info("order processed", user_id=42)
"""

from fapilog import plugins
from fapilog._debug import debug_plugins
from fapilog._engine import __version__
from fapilog._errors import ConfigurationError, FapilogError, PluginError
from fapilog._logger import Logger, get_logger
from fapilog._report import PluginReport
from fapilog._stats import CloseReport, PluginStats, SinkStats, Stats

__all__ = [
    "CloseReport",
    "ConfigurationError",
    "FapilogError",
    "Logger",
    "PluginError",
    "PluginReport",
    "PluginStats",
    "SinkStats",
    "Stats",
    "__version__",
    "debug_plugins",
    "get_logger",
    "plugins",
]
