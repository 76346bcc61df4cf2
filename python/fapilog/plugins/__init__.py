"""The public plugin API: what plugins are made of and how they are loaded."""

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

__all__ = [
    "Alert",
    "Alerter",
    "Enricher",
    "Filter",
    "Kind",
    "Processor",
    "Record",
    "Redactor",
    "Sink",
    "load",
]
