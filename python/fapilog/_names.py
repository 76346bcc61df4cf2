"""Names of plugins."""

from __future__ import annotations

import re


def normalised(name: str) -> str:
    """A plugin's name for comparison: case, ``-``, ``_`` and ``.`` make no difference."""
    return re.sub(r"[-_.]+", "-", name).lower()
