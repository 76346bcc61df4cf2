"""The pytest plugin: fixtures, and the report of conformance tests.

Imported by every pytest of an environment with fapilog: nothing but pytest is imported until a
fixture is used.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fapilog.testing import Captured, FrozenClock, HostedPlugin, Pipeline


@pytest.fixture
def frozen_clock() -> Iterator[FrozenClock]:
    """A :class:`fapilog.testing.FrozenClock`: time stands still during the test."""
    from fapilog.testing import FrozenClock

    with FrozenClock() as clock:
        yield clock


@pytest.fixture
def pipeline(request: pytest.FixtureRequest) -> Iterator[Callable[..., Pipeline]]:
    """Makes a :class:`fapilog.testing.Pipeline`: ``pipeline(processors=[…])``.

    All are closed after the test; one that does not end well is an error. In a test that uses
    ``frozen_clock``, records have its time.
    """
    from fapilog.testing import Pipeline

    made: list[Pipeline] = []

    def make(name: str = "test", **options: Any) -> Pipeline:  # noqa: ANN401 - of get_logger
        if "frozen_clock" in request.fixturenames:
            options.setdefault("clock", request.getfixturevalue("frozen_clock"))
        made.append(Pipeline(name, **options))
        return made[-1]

    yield make
    for one in reversed(made):
        one.close()


@pytest.fixture
def captured() -> Iterator[Captured]:
    """What loggers log that are made during the test, whoever makes them."""
    from fapilog.testing import capture

    with capture() as heard:
        yield heard


@pytest.fixture
def plugin_host() -> Iterator[Callable[..., HostedPlugin]]:
    """Starts a plugin without a pipeline: ``plugin_host(MyEnricher()).ask(record)``."""
    from fapilog.testing import HostedPlugin

    made: list[HostedPlugin] = []

    def host(plugin: object, **options: Any) -> HostedPlugin:  # noqa: ANN401 - see HostedPlugin
        made.append(HostedPlugin(plugin, **options))
        return made[-1]

    yield host
    for one in reversed(made):
        one.stop()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Know the option."""
    parser.getgroup("fapilog").addoption(
        "--fapilog-report",
        metavar="FILE",
        help="write what the conformance tests found to a file of JSON",
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what conformance tests found, if that is wanted."""
    target = session.config.getoption("--fapilog-report", default=None)
    if not target:
        return
    kit = sys.modules.get("fapilog.testing._conformance_kit")
    reports = kit.noted_reports() if kit is not None else []
    text = json.dumps([report.as_dict() for report in reports], indent=2)
    Path(target).write_text(f"{text}\n", encoding="utf-8")
