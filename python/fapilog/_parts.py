"""What may stand in the lists of ``get_logger``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from fapilog._destination import Destination
    from fapilog._native import NativePart
    from fapilog._native_plugin import NativeLibrary
    from fapilog._sinks import SinkLike
    from fapilog._use import Use
    from fapilog.plugins import Alert, Alerter, Enricher, Filter, Processor, Record, Redactor

_Changed: TypeAlias = (
    "Callable[[Record], Awaitable[Record | None]] | Callable[[Record], Record | None]"
)
_Added: TypeAlias = (
    "Callable[[Record], Awaitable[Mapping[str, Any]]] | Callable[[Record], Mapping[str, Any]]"
)
_Hidden: TypeAlias = "Callable[[Record], Awaitable[Record]] | Callable[[Record], Record]"
_Taken: TypeAlias = "Callable[[Record], Awaitable[None]] | Callable[[Record], None]"
_Told: TypeAlias = "Callable[[Alert], Awaitable[None]] | Callable[[Alert], None]"

FilterPart: TypeAlias = "str | Filter | NativePart | NativeLibrary | Use | _Changed"
EnricherPart: TypeAlias = "str | Enricher | NativePart | NativeLibrary | Use | _Added"
ProcessorPart: TypeAlias = "str | Processor | NativePart | NativeLibrary | Use | _Changed"
RedactorPart: TypeAlias = "str | Redactor | NativePart | NativeLibrary | Use | _Hidden"
SinkPart: TypeAlias = "SinkLike | Destination | NativeLibrary | _Taken"
AlerterPart: TypeAlias = "str | Alerter | Use | _Told"
