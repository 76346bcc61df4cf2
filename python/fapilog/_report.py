"""What is known about an installed plugin."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True)
class PluginReport:
    """Whether an installed plugin would load, and why not.

    Attributes:
        name: Name of the entry point.
        value: What it names, ``package.module:Class``.
        distribution: Distribution that declares it.
        version: Version of the distribution.
        kinds: Kinds whose working method it has; empty when it was not imported.
        capabilities: What it says it needs, in its attribute ``capabilities``: ``network``,
            ``files``, ``subprocess``, ``environment``, or one with a detail, ``network:*.acme.io``.
        wanted: Range of core versions that the distribution declares; empty without one.
        found: Version of the running core.
        status: ``ready``; ``refused`` by the gate, nothing of it was imported; ``broken``, its
            import failed or it is no plugin.
        reason: Why it would not load; empty when it would.
        hint: How to repair it; empty when there is nothing to repair.
        error_id: Id of the error that loading it raises; empty when it would load.
    """

    name: str
    value: str
    distribution: str
    version: str
    kinds: tuple[str, ...]
    wanted: str
    found: str
    status: Literal["ready", "refused", "broken"]
    reason: str = ""
    hint: str = ""
    error_id: str = ""
    capabilities: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The same as a dict that JSON can hold."""
        return {**asdict(self), "kinds": list(self.kinds), "capabilities": list(self.capabilities)}
