"""Parts of the engine as Python describes them: a type's name and options, checked here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

from fapilog._errors import ConfigurationError

if TYPE_CHECKING:
    from fapilog.plugins._protocols import Kind


class NativePart:
    """Base of the frozen dataclasses that describe the engine's own stages, formats and sinks.

    A dataclass of this base is the one model of the part's options: keyword arguments, the
    builder, tables of ``fapilog.toml``, environment variables and URIs all make one.
    """

    #: The part's kind, such as ``filter``.
    kind: ClassVar[Kind | str]

    #: The type's name, as the engine and configuration files know it.
    type: ClassVar[str]

    def options(self) -> dict[str, Any]:
        """The options as values of JSON; defaults included."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]

    def spec(self) -> tuple[str, str]:
        """What the engine builds the part from: its type and its options as JSON."""
        return self.type, json.dumps(self.options())

    def _check(self, option: str, fits: bool, expected: str) -> None:
        """Raise unless an option's value fits.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        if not fits:
            raise ConfigurationError(
                "bad-option",
                option=f"{self.type}.{option}",
                value=getattr(self, option),
                expected=expected,
            )

    def _check_pattern(self, option: str, pattern: object) -> None:
        """Raise unless it is a regular expression of the engine.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        from fapilog._engine import pattern_fault

        self._check(option, isinstance(pattern, str), "a regular expression")
        fault = pattern_fault(str(pattern))
        if fault is not None:
            raise ConfigurationError(
                "bad-option",
                option=f"{self.type}.{option}",
                value=pattern,
                expected=f"a regular expression; {fault}",
            )

    def _check_names(self, option: str, names: object) -> None:
        """Raise unless it is a list of texts.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        fits = not isinstance(names, (str, bytes)) and isinstance(names, Sequence)
        fits = fits and all(isinstance(name, str) and name for name in names)  # type: ignore[attr-defined]
        self._check(option, fits, 'a list of texts, such as ["user_id"]')
