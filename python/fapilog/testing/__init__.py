"""Testing plugins, and applications that log.

Nothing here needs another package but :mod:`fapilog.testing.strategies` (hypothesis) and
:func:`conformance` (pytest). Tests that run under pytest have the fixtures ``pipeline``,
``captured``, ``plugin_host`` and ``frozen_clock``.
"""

from fapilog.testing import asgi, strategies
from fapilog.testing._assertions import (
    assert_counts,
    assert_healthy,
    assert_logged,
    assert_no_secret,
    assert_not_logged,
    matching,
)
from fapilog.testing._asynchronous import aeventually, eventually, run
from fapilog.testing._capture import Captured, capture
from fapilog.testing._clock import FrozenClock
from fapilog.testing._conformance.report import CheckResult, ConformanceReport
from fapilog.testing._conformance_kit import check_conformance, conformance
from fapilog.testing._cost import Cost, assert_cost, measure_cost
from fapilog.testing._hosted import HostedPlugin
from fapilog.testing._interface import config_of_uri, interface_problems, plugin_uri
from fapilog.testing._pipeline import Pipeline
from fapilog.testing._records import make_record, odd_records
from fapilog.testing._stand_ins import Batching, Failing, Flaky, Hanging, Recording, Slow

__all__ = [
    "Batching",
    "Captured",
    "CheckResult",
    "ConformanceReport",
    "Cost",
    "Failing",
    "Flaky",
    "FrozenClock",
    "Hanging",
    "HostedPlugin",
    "Pipeline",
    "Recording",
    "Slow",
    "aeventually",
    "asgi",
    "assert_cost",
    "assert_counts",
    "assert_healthy",
    "assert_logged",
    "assert_no_secret",
    "assert_not_logged",
    "capture",
    "check_conformance",
    "config_of_uri",
    "conformance",
    "eventually",
    "interface_problems",
    "make_record",
    "matching",
    "measure_cost",
    "odd_records",
    "plugin_uri",
    "run",
    "strategies",
]
