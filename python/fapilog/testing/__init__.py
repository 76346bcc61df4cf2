"""Testing plugins, and applications that log."""

from fapilog.testing._conformance.report import CheckResult, ConformanceReport
from fapilog.testing._conformance_kit import check_conformance, conformance
from fapilog.testing._records import make_record, odd_records

__all__ = [
    "CheckResult",
    "ConformanceReport",
    "check_conformance",
    "conformance",
    "make_record",
    "odd_records",
]
