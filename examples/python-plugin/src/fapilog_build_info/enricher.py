"""The enricher, and what it is configured with."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fapilog.plugins import Record


@dataclass(frozen=True)
class BuildInfoConfig:
    """Where the build is known from.

    Args:
        distribution: The application's distribution, whose version is told; none when empty.
        variable: The environment variable with the commit; nothing is told while it is not set.
    """

    distribution: str = ""
    variable: str = "GIT_COMMIT"


class BuildInfo:
    """Adds the field `build` with `version` and `commit`, as far as they are known."""

    Config = BuildInfoConfig

    def __init__(self, config: BuildInfoConfig) -> None:
        self._config = config
        self._build: dict[str, str] = {}

    async def start(self) -> None:
        """Look once: a build does not change while it runs.

        Raises:
            LookupError: The distribution is not installed.
        """
        if self._config.distribution:
            try:
                self._build["version"] = version(self._config.distribution)
            except PackageNotFoundError:
                name = self._config.distribution
                raise LookupError(f"the distribution `{name}` is not installed") from None
        if commit := os.environ.get(self._config.variable):
            self._build["commit"] = commit

    async def enrich(self, record: Record) -> dict[str, Any]:
        """Return the field to add."""
        return {"build": self._build} if self._build else {}
