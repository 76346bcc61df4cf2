"""Where records go: the sinks of the engine, and :class:`Destination` for all about one."""

from __future__ import annotations

from fapilog._destination import Destination
from fapilog._network_sinks import Http, Syslog
from fapilog._secret import Secret

__all__ = ["Destination", "Http", "Secret", "Syslog"]
