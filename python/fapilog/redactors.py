"""Redactors of the engine: they take secrets out, last before any byte leaves the process.

Paths of fields: ``*`` stands for any text of one key, ``**`` for any number of keys; a single key
without dots is meant at any depth; lists add no key. Case of ASCII letters does not matter.

A redactor that fails on a record withholds all of its values.

Examples:
    >>> import fapilog
    >>> from fapilog import redactors
    >>> log = fapilog.get_logger("shop", sinks=["null"], redactors=redactors.preset("pci"))
    >>> log.close().undelivered
    0
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal

from fapilog._errors import ConfigurationError
from fapilog._native import NativePart
from fapilog._similar import similar


class _Redactor(NativePart):
    kind: ClassVar[str] = "redactor"


@dataclass(frozen=True, kw_only=True)
class Fields(_Redactor):
    """Hides fields by their paths, with everything inside of them.

    Attributes:
        paths: Paths of the fields. ``*`` stands for any text of a key, ``**`` for any number of
            keys; a single key is meant at any depth. Lists add no key, and a ``*`` between keys
            may stand for their items: ``cards.*.number``, ``cards[*].number`` and
            ``cards.number`` hide the same.
        action: ``"mask"`` puts `mask` in the place of the value, ``"remove"`` takes the field out,
            ``"hash"`` writes a digest: equal values have equal digests.
        mask: The text in the place of a value.
        salt: Secret that keeps digests from being guessed; needed for ``action="hash"``.
    """

    type: ClassVar[str] = "fields"

    paths: Sequence[str]
    action: Literal["mask", "remove", "hash"] = "mask"
    mask: str = "***"
    salt: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        self._check_names("paths", self.paths)
        fits = self.action in ("mask", "remove", "hash")
        self._check("action", fits, '"mask", "remove" or "hash"')
        self._check("mask", isinstance(self.mask, str), "text")
        if self.action == "hash" and len(self.salt) < _LEAST_SALT:
            raise ConfigurationError(
                "bad-option",
                option=f"{self.type}.salt",
                value="too short" if self.salt else "",
                expected=f"a secret of at least {_LEAST_SALT} characters",
            )


@dataclass(frozen=True, kw_only=True)
class Patterns(_Redactor):
    """Hides what looks like a secret in all texts: message, values and keys, however deep.

    Attributes:
        known: Names of known secrets: ``card`` (with its check digit, also in whole numbers),
            ``url_credentials``, ``email``, ``ipv4``, ``ipv6``, ``jwt``, ``bearer``,
            ``assignment`` (``password=…``), ``aws_key``, ``private_key``, ``us_ssn``, ``iban``,
            ``phone``.
        custom: Regular expressions (of Rust's ``regex`` crate: without back references and
            look-around, in linear time); of one with a group the first group is hidden, else all
            of a match.
        mask: The text in the place of a secret.
    """

    type: ClassVar[str] = "patterns"

    known: Sequence[str] = ("card", "url_credentials")
    custom: Sequence[str] = ()
    mask: str = "***"

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        from fapilog._engine import KNOWN_PATTERNS

        self._check_names("known", self.known)
        for name in self.known:
            if name not in KNOWN_PATTERNS:
                raise ConfigurationError(
                    "bad-option",
                    option=f"{self.type}.known",
                    value=name,
                    expected=f"some of {', '.join(KNOWN_PATTERNS)}{similar(name, KNOWN_PATTERNS)}",
                )
        self._check_names("custom", self.custom)
        for pattern in self.custom:
            self._check_pattern("custom", pattern)
        self._check("mask", isinstance(self.mask, str), "text")


@dataclass(frozen=True, kw_only=True)
class AllowList(_Redactor):
    """Hides every value but those that are named, ``timestamp``, ``level`` and ``logger``.

    Attributes:
        paths: Paths of what may leave, with everything inside; ``message`` must be named, too.
        mask: The text in the place of all other values.
    """

    type: ClassVar[str] = "allow_list"

    paths: Sequence[str] = ("message",)
    mask: str = "***"

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        self._check_names("paths", self.paths)
        self._check("mask", isinstance(self.mask, str), "text")


#: Fewest characters of a salt.
_LEAST_SALT: Final = 8

_SECRETS: Final = (
    *("password", "passwd", "pwd", "secret", "token", "api_key", "apikey", "authorization"),
    *("*_token", "*_secret", "*_password", "*_api_key", "private_key", "client_secret"),
    *("access_key", "session_id", "cookie", "set-cookie", "x-api-key", "proxy-authorization"),
)

_PERSON: Final = (
    *("email", "e_mail", "phone", "phone_number", "mobile", "address", "street", "postal_code"),
    *("zip", "date_of_birth", "dob", "birthday", "first_name", "last_name", "full_name"),
    *("passport", "national_id", "ssn", "social_security_number", "ip", "ip_address"),
)

_CARD: Final = (
    *("card", "card_number", "cardnumber", "pan", "cvv", "cvc", "cvv2", "card_code", "pin"),
    *("expiry", "exp_month", "exp_year", "track1", "track2", "iban", "account_number"),
)

_HEALTH: Final = (
    *("mrn", "medical_record_number", "patient_id", "patient_name", "diagnosis", "diagnoses"),
    *("health_plan_id", "insurance_id", "medication", "treatment", "lab_result", "device_id"),
)

_PRESETS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "credentials": (
        _SECRETS,
        ("url_credentials", "jwt", "bearer", "assignment", "aws_key", "private_key"),
    ),
    "pci": ((*_SECRETS, *_CARD), ("card", "iban", "url_credentials", "bearer", "assignment")),
    "hipaa": (
        (*_SECRETS, *_PERSON, *_HEALTH),
        ("us_ssn", "email", "phone", "ipv4", "url_credentials", "bearer", "assignment"),
    ),
    "gdpr": (
        (*_SECRETS, *_PERSON, *_CARD),
        ("email", "phone", "iban", "card", "ipv4", "ipv6", "url_credentials", "bearer"),
    ),
    "ccpa": (
        (*_SECRETS, *_PERSON, *_CARD),
        ("email", "phone", "us_ssn", "card", "ipv4", "url_credentials", "bearer"),
    ),
}

#: Names of the presets.
PRESETS: Final = tuple(_PRESETS)


def preset(name: str) -> tuple[Fields | Patterns, ...]:
    """Redactors for a purpose: ``credentials``, ``pci``, ``hipaa``, ``gdpr`` or ``ccpa``.

    They hide what such records commonly hold; they don't make an application compliant.

    Raises:
        ConfigurationError: ``bad-option``.
    """
    found = _PRESETS.get(name.lower() if isinstance(name, str) else "")
    if found is None:
        expected = f"one of {', '.join(PRESETS)}{similar(str(name), PRESETS)}"
        raise ConfigurationError("bad-option", option="preset", value=name, expected=expected)
    paths, known = found
    return Fields(paths=paths), Patterns(known=known)


__all__ = ["PRESETS", "AllowList", "Fields", "Patterns", "preset"]
