"""The migration guide knows the names of earlier versions, and names nothing that is not there."""

from __future__ import annotations

import re

import fapilog
import fapilog.testing
import pytest
from fapilog import plugins
from tests.docs.test_snippets import ROOT

GUIDE = (ROOT / "docs" / "guides" / "migrating.md").read_text(encoding="utf-8")
ROWS = [row.split(" | ", 1) for row in GUIDE.splitlines() if row.startswith("| ")]

#: What users of fapilog 2 and 0.18 imported, called or extended.
NAMES = """
configure_logging create_logger create_logging_container log get_current_trace_id Sink SinkRegistry
register_sink register_processor register_enricher clear_enrichers register_enricher_advanced
LoggingSettings LoggingContainer TraceIDMiddleware create_user_dependency ThrottleProcessor
enable_httpx_trace_propagation DeduplicationProcessor ValidationProcessor EnricherErrorStrategy
EnricherHealthMonitor ComponentRegistry bind_context redact_fields redact_patterns
Settings get_cached_loggers clear_logger_cache install_shutdown_handlers rotating_file BaseSink
BaseEnricher BaseRedactor BaseProcessor BaseFilter PLUGIN_METADATA enable_enricher disable_enricher
check_health self_test stop_and_drain unsafe_debug audit security enable_stdlib_bridge runtime
runtime_async get_async_logger register_level list_presets FastAPIBuilder get_request_logger
add_webhook add_cloudwatch add_loki add_postgres with_adaptive_sampling with_error_deduplication
with_queue_budget with_batch_size with_batch_timeout with_circuit_breaker with_routing with_workers
with_shutdown_timeout with_atexit_drain with_signal_handlers with_exceptions with_metrics
with_diagnostics with_plugins with_unhandled_exception_capture with_adaptive
"""


@pytest.mark.parametrize("name", NAMES.split())
def test_a_name_of_old_is_on_the_left(name: str) -> None:
    assert any(re.search(rf"\b{name}\b", left) for left, _ in ROWS)


def test_what_is_called_the_same_is_there() -> None:
    """Rows that say `the same`: each name on the left is one of now."""
    builder = fapilog.LoggerBuilder()
    known = 0
    for left, right in ROWS:
        if not right.startswith("the same"):
            continue
        for name in re.findall(r"`(\w+)`", left):
            assert hasattr(builder, name) or hasattr(fapilog, name), name
            known += 1
    assert known > 15


def test_what_is_on_the_right_is_there() -> None:
    right = " ".join(right for _, right in ROWS)
    names = re.findall(r"`fapilog\.([\w.]+)", right)
    assert len(names) > 20
    for name in names:
        if name in ("toml", "plugins"):
            continue
        found: object = fapilog
        for part in name.split("."):
            found = getattr(found, part)
    for builder in re.findall(r"`((?:with|add)_\w+)", right):
        assert hasattr(fapilog.LoggerBuilder, builder), builder
    assert plugins.Configured is not None
