"""The Protocols of :mod:`fapilog.plugins` once more, for plugins that need nothing else."""

from fapilog.plugins import (
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
]
