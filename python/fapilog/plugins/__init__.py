"""The public plugin API: what plugins are made of and how they are loaded."""

from fapilog._api_version import API_VERSION
from fapilog._conditions import When
from fapilog._native_plugin import NativeLibrary, include_folder
from fapilog._policy import Policy
from fapilog._resources import Resources
from fapilog._use import Cache, Use
from fapilog.plugins._configured import Configured
from fapilog.plugins._loading import load
from fapilog.plugins._protocols import (
    Alert,
    Alerter,
    Enricher,
    Filter,
    Kind,
    Processor,
    Record,
    Redactor,
    Sink,
)
from fapilog.plugins._registry import (
    alerter,
    enricher,
    filter,  # noqa: A004 - the name of the kind
    processor,
    redactor,
    registered,
    sink,
    unregister,
)

__all__ = [
    "API_VERSION",
    "Alert",
    "Alerter",
    "Cache",
    "Configured",
    "Enricher",
    "Filter",
    "Kind",
    "NativeLibrary",
    "Policy",
    "Processor",
    "Record",
    "Redactor",
    "Resources",
    "Sink",
    "Use",
    "When",
    "alerter",
    "enricher",
    "filter",
    "include_folder",
    "load",
    "processor",
    "redactor",
    "registered",
    "sink",
    "unregister",
]
