"""Text forms of records: for machines, for people, for other systems.

A format is named where a sink is (``Destination(sink="stdout", format="pretty")``) or for all
sinks of a logger (``get_logger("shop", format="logfmt")``). Records are encoded once for each
format, whatever the number of sinks.

Examples:
    >>> import fapilog
    >>> from fapilog import formats
    >>> log = fapilog.get_logger("shop", sinks=["null"], format=formats.Logfmt())
    >>> log.close().undelivered
    0
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable as Function
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from fapilog._errors import ConfigurationError
from fapilog._native import NativePart
from fapilog._similar import similar

if TYPE_CHECKING:
    from fapilog.plugins import Record


class _Format(NativePart):
    kind: ClassVar[str] = "format"


@dataclass(frozen=True, kw_only=True)
class Json(_Format):
    """JSON lines: ``timestamp``, ``level``, ``logger``, ``message``, then the fields."""

    type: ClassVar[str] = "json"


@dataclass(frozen=True, kw_only=True)
class Pretty(_Format):
    """One aligned line a record for people, exceptions as tracebacks below.

    Nothing in a record can steer the terminal: control characters are written as escapes.

    Attributes:
        color: ``"auto"`` for a terminal, unless ``NO_COLOR`` is set; ``FORCE_COLOR`` is colour in
            any case. ``"always"`` and ``"never"`` do not ask.
    """

    type: ClassVar[str] = "pretty"

    color: Literal["auto", "always", "never"] = "auto"

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        fits = self.color in ("auto", "always", "never")
        self._check("color", fits, '"auto", "always" or "never"')

    def options(self) -> dict[str, Any]:
        """The options as values of JSON; ``"auto"`` is of standard output."""
        return self.options_for("stdout")

    def options_for(self, sink: object) -> dict[str, Any]:
        """The options for a sink: ``"stdout"`` and ``"stderr"`` may be terminals."""
        if self.color != "auto":
            return {"color": self.color == "always"}
        if os.environ.get("NO_COLOR"):
            return {"color": False}
        return {"color": bool(os.environ.get("FORCE_COLOR")) or is_terminal(sink)}


@dataclass(frozen=True, kw_only=True)
class Logfmt(_Format):
    """``time=… level=info logger=shop msg="…" key=value``; maps become ``outer.inner=value``."""

    type: ClassVar[str] = "logfmt"


@dataclass(frozen=True, kw_only=True)
class Ecs(_Format):
    """The Elastic Common Schema as JSON lines.

    ``@timestamp``, ``log.level``, ``message``, ``ecs.version``, ``log.logger``, ``error.*``; fields
    that the schema knows by its names (``trace_id`` is ``trace.id``), keys with a dot as they are,
    all others inside of ``labels``.
    """

    type: ClassVar[str] = "ecs"


@dataclass(frozen=True)
class Callable(_Format):
    """A text that a function makes of a record.

    Costs a call of Python for each record. When the function raises or returns no text, the record
    is written as JSON, and the diagnostics say so.

    Attributes:
        function: Takes the record as a dict of its own; returns its text without the last line
            feed.
    """

    type: ClassVar[str] = "callable"

    function: Function[[Record], str]

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        self._check("function", callable(self.function), "a function of a record")

    def options(self) -> dict[str, Any]:
        """None that JSON has a form for."""
        return {}


#: What the engine builds a format from: its type and its options as JSON, or a function.
FormatSpec = tuple[str, str] | tuple[Function[[Any], str]]

_NAMED: Final[dict[str, Function[[], _Format]]] = {
    "json": Json,
    "pretty": Pretty,
    "logfmt": Logfmt,
    "ecs": Ecs,
}

#: Names of formats; ``auto`` is ``pretty`` for a terminal and else ``json``.
NAMES: Final = ("auto", *_NAMED)


def is_terminal(sink: object) -> bool:
    """Whether a sink is a stream of the process that is a terminal."""
    stream = getattr(sys, sink, None) if sink in ("stdout", "stderr") else None
    try:
        return bool(stream is not None and stream.isatty())
    except ValueError:  # closed
        return False


def format_of(given: object) -> _Format | Literal["auto"]:
    """The format that was meant.

    Raises:
        ConfigurationError: ``bad-option``.
    """
    if isinstance(given, _Format):
        return given
    if given == "auto":
        return "auto"
    if isinstance(given, str) and given in _NAMED:
        return _NAMED[given]()
    if callable(given) and not isinstance(given, type):
        return Callable(given)
    expected = f"one of {', '.join(NAMES)}, or one of fapilog.formats"
    if isinstance(given, str):
        expected += similar(given, NAMES)
    raise ConfigurationError("bad-option", option="format", value=given, expected=expected)


def spec_for(given: object, sink: object) -> FormatSpec:
    """What the engine builds the format of a sink from."""
    import json

    chosen = format_of(given)
    if chosen == "auto":
        chosen = Pretty() if is_terminal(sink) else Json()
    if isinstance(chosen, Callable):
        return (chosen.function,)
    if isinstance(chosen, Pretty):
        return chosen.type, json.dumps(chosen.options_for(sink))
    return chosen.spec()


__all__ = ["NAMES", "Callable", "Ecs", "Json", "Logfmt", "Pretty"]
