"""What an examination found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

#: Name of the form of :meth:`ConformanceReport.as_dict`.
FORM: Final = "fapilog-conformance/1"


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    Attributes:
        number: Number of the contract, as ``M23``; see ``docs/specs/plugin-contract.md``.
        name: Name of the check, as ``mutation``.
        status: ``passed``, ``failed`` or ``not-checked``.
        reason: What the plugin did, or why it was not checked; empty when it passed.
        seconds: How long the check took.
    """

    number: str
    name: str
    status: Literal["passed", "failed", "not-checked"]
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class ConformanceReport:
    """What the kit found out about a plugin.

    Attributes:
        plugin: Its name.
        kind: Its kind; empty when it is none.
        core: Version of the core.
        results: One for each number that its kind can be checked for.
    """

    plugin: str
    kind: str
    core: str
    results: tuple[CheckResult, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not self.failures

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """The checks that failed."""
        return tuple(result for result in self.results if result.status == "failed")

    def raise_for_failures(self) -> None:
        """Fail a test when a check failed.

        Raises:
            AssertionError: With the whole report.
        """
        if not self.passed:
            raise AssertionError(f"\n{self}")

    def as_dict(self) -> dict[str, Any]:
        """The same as a dict that JSON can hold."""
        return {"form": FORM, "passed": self.passed, **asdict(self)}

    def __str__(self) -> str:
        head = f"{self.plugin} ({self.kind or 'no plugin'}), fapilog {self.core}"
        width = max((len(result.name) for result in self.results), default=0)
        lines = [
            f"  {result.number}  {result.name:{width}}  {result.status}"
            + (f": {result.reason}" if result.reason else "")
            for result in self.results
        ]
        return "\n".join([head, *lines])
