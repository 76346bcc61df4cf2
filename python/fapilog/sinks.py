"""Where records go: the sinks of the engine, and :class:`Destination` for all about one."""

from __future__ import annotations

from fapilog._destination import Destination

__all__ = ["Destination"]
