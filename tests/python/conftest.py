"""What all tests of the Python face share."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

# Tests import their support module by its full name.
sys.path.insert(0, str(Path(__file__).parents[2]))


def _python_threads() -> set[threading.Thread]:
    # A thread of the engine gets a dummy when something asks for its name, such as asyncio's log.
    return {
        thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)
    }


@pytest.fixture(autouse=True)
def _nothing_left_running() -> Iterator[None]:
    """No test leaves a Python thread behind: pipelines that were made are closed."""
    before = _python_threads()
    yield
    for thread in _python_threads() - before:
        thread.join(5)
    assert _python_threads() <= before
