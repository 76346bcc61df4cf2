"""Processors of the engine: they change records.

Paths of fields: ``*`` stands for any text of one key, ``**`` for any number of keys; a single key
without dots is meant at any depth; lists add no key. Case of ASCII letters does not matter.

Examples:
    >>> import fapilog
    >>> from fapilog import processors
    >>> drop = processors.DropFields(paths=["debug_*"])
    >>> fapilog.get_logger("shop", sinks=["null"], processors=[drop]).close().undelivered
    0
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal

from fapilog._errors import ConfigurationError
from fapilog._native import NativePart

#: Fields that every record has and keeps.
_FIXED: Final = ("timestamp", "level", "logger", "message")


class _Processor(NativePart):
    kind: ClassVar[str] = "processor"

    def _check_bytes(self, option: str, value: object, least: int) -> None:
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**32
        self._check(option, fits, f"a number of bytes, at least {least}")


@dataclass(frozen=True, kw_only=True)
class Rename(_Processor):
    """Gives fields at the top of records other names; who had the new name before is replaced.

    Attributes:
        fields: New names by old ones; ``timestamp``, ``level``, ``logger`` and ``message`` are
            neither (:class:`fapilog.formats` can rename those).
    """

    type: ClassVar[str] = "rename"

    fields: Mapping[str, str]

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        fits = isinstance(self.fields, Mapping) and all(
            isinstance(name, str) and name and name not in _FIXED
            for names in self.fields.items()
            for name in names
        )
        self._check("fields", fits, f"new names by old ones, without {', '.join(_FIXED)}")

    def options(self) -> dict[str, Any]:
        """The options as values of JSON."""
        return {"fields": dict(self.fields)}


@dataclass(frozen=True, kw_only=True)
class DropFields(_Processor):
    """Takes fields out.

    Attributes:
        paths: Paths of the fields; those that every record has stay in any case.
    """

    type: ClassVar[str] = "drop_fields"

    paths: Sequence[str]

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        self._check_names("paths", self.paths)


@dataclass(frozen=True, kw_only=True)
class Truncate(_Processor):
    """Cuts long texts; ``…[17 bytes more]`` says what is missing.

    Attributes:
        max_bytes: Longest text that stays whole, in bytes of UTF-8.
        paths: Paths of the fields that are cut; all, and the message, when empty.
    """

    type: ClassVar[str] = "truncate"

    max_bytes: int
    paths: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        self._check_bytes("max_bytes", self.max_bytes, 1)
        self._check_names("paths", self.paths)


@dataclass(frozen=True, kw_only=True)
class Flatten(_Processor):
    """Writes ``{"a": {"b": 1}}`` as ``{"a.b": 1}``; lists stay.

    Attributes:
        separator: What stands between the keys.
        depth: Maps inside of maps that are flattened.
    """

    type: ClassVar[str] = "flatten"

    separator: str = "."
    depth: int = 16

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        self._check("separator", isinstance(self.separator, str), "text")
        fits = isinstance(self.depth, int) and not isinstance(self.depth, bool)
        self._check("depth", fits and 1 <= self.depth <= 64, "a whole number from 1 to 64")


@dataclass(frozen=True, kw_only=True)
class SizeGuard(_Processor):
    """Deals with records that are too large.

    Attributes:
        max_bytes: Largest record, in bytes of the engine's own form, which is about as long as
            JSON.
        action: ``"truncate"`` cuts texts until the record fits, and if that is not enough leaves
            all fields out; ``"drop"`` takes the record out, counted as filtered; ``"mark"`` lets
            it be. What was cut or marked has the field ``oversize_bytes``.
    """

    type: ClassVar[str] = "size_guard"

    max_bytes: int = 256 * 1024
    action: Literal["truncate", "drop", "mark"] = "truncate"

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        self._check_bytes("max_bytes", self.max_bytes, 256)
        fits = self.action in ("truncate", "drop", "mark")
        self._check("action", fits, '"truncate", "drop" or "mark"')


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What one field must be, for :class:`Validate`.

    Attributes:
        type: ``"text"``, ``"integer"``, ``"number"``, ``"boolean"``, ``"list"`` or ``"map"``.
        required: Whether it must be there.
        choices: The only values it may have.
        minimum: Least number.
        maximum: Greatest number.
        pattern: A regular expression that is found in its text.
        default: Used by ``mode="fix"`` when it is missing or cannot be mended.
    """

    type: Literal["text", "integer", "number", "boolean", "list", "map"] | None = None
    required: bool = False
    choices: Sequence[Any] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    default: Any = None


@dataclass(frozen=True, kw_only=True)
class Validate(_Processor):
    """Holds records against a schema.

    Attributes:
        fields: Rules by the name of a field at the top of records.
        mode: What happens to a record that does not fit: ``"strict"`` takes it out, counted as
            filtered, and names one fault in the diagnostics; ``"lenient"`` adds the field
            ``validation_errors``; ``"fix"`` converts (``"42"`` to 42), fills in defaults, and
            marks what is still wrong.
    """

    type: ClassVar[str] = "validate"

    fields: Mapping[str, Rule | Mapping[str, Any]]
    mode: Literal["strict", "lenient", "fix"] = "lenient"
    _rules: Mapping[str, Rule] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        fits = self.mode in ("strict", "lenient", "fix")
        self._check("mode", fits, '"strict", "lenient" or "fix"')
        self._check("fields", isinstance(self.fields, Mapping), "rules by field")
        rules = {name: self._rule(name, rule) for name, rule in self.fields.items()}
        object.__setattr__(self, "_rules", rules)

    def _rule(self, name: str, rule: Rule | Mapping[str, Any]) -> Rule:
        try:
            made = rule if isinstance(rule, Rule) else Rule(**rule)
            json.dumps(vars(made) | {"choices": list(made.choices)})
        except (TypeError, ValueError) as error:
            raise self._bad_rule(name, rule, f"a rule; {error}") from None
        types = (None, "text", "integer", "number", "boolean", "list", "map")
        if made.type not in types:
            raise self._bad_rule(name, made.type, "one of " + ", ".join(map(str, types[1:])))
        if made.pattern is not None:
            self._check_rule_pattern(name, made.pattern)
        return made

    def _check_rule_pattern(self, name: str, pattern: str) -> None:
        from fapilog._engine import pattern_fault

        if fault := pattern_fault(str(pattern)):
            raise self._bad_rule(name, pattern, f"a regular expression; {fault}")

    def _bad_rule(self, name: str, value: object, expected: str) -> ConfigurationError:
        option = f"{self.type}.fields.{name}"
        return ConfigurationError("bad-option", option=option, value=value, expected=expected)

    def options(self) -> dict[str, Any]:
        """The options as values of JSON."""
        rules = {
            name: vars(rule) | {"choices": list(rule.choices)} for name, rule in self._rules.items()
        }
        return {"fields": rules, "mode": self.mode}


__all__ = ["DropFields", "Flatten", "Rename", "Rule", "SizeGuard", "Truncate", "Validate"]
