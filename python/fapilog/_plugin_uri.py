"""Plugins as URIs: ``acme://user:pw@host:9/path?batch=100``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from fapilog._errors import ConfigurationError, PluginError

_TRUE: Final = ("true", "yes", "on")
_FALSE: Final = ("false", "no", "off")

#: Longest URI, in characters, and most options in it.
_LONGEST: Final = 8192
_MOST_OPTIONS: Final = 100

#: Names of options whose values are secrets.
_SECRET: Final = re.compile(r"pass|pw|token|secret|key|credential|auth|dsn|sig", re.IGNORECASE)


class PluginUri:
    """A URI whose scheme is the name of a plugin and whose parts configure it.

    Attributes:
        name: The scheme: the plugin's name.
        options: ``host``, ``port``, ``username``, ``password`` and ``path`` as far as they are
            there, then the options of the query, percent-decoded; numbers and truth values typed.
    """

    def __init__(self, text: str) -> None:
        """Take a URI apart.

        Raises:
            ConfigurationError: ``bad-option``; nothing of the URI but its scheme is shown.
        """
        scheme, _, _ = text.partition("://")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
            legal = re.sub(r"[^A-Za-z0-9+.-]+", "-", scheme).strip("-")
            expected = "a scheme of letters, digits, `+`, `-` and `.`"
            raise _bad(scheme, f"{expected}; did you mean `{legal}://`?" if legal else expected)
        if len(text) > _LONGEST:
            raise _bad(scheme, f"at most {_LONGEST} characters")
        try:
            parts = urlsplit(text)
            query = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=_MOST_OPTIONS)
            port = parts.port
        except ValueError as error:
            raise _bad(scheme, f"a URI; {error}") from None
        self.name = scheme
        self._texts: dict[str, list[str]] = {}
        for key, value in query:
            self._texts.setdefault(key, []).append(value)
        self.options: dict[str, Any] = {}
        for key, part in (
            ("host", parts.hostname),
            ("port", port),
            ("username", parts.username and unquote(parts.username)),
            ("password", parts.password and unquote(parts.password)),
            ("path", unquote(parts.path)),
        ):
            if part:
                self.options[key] = part
        self.options.update({key: _typed(values[-1]) for key, values in self._texts.items()})
        self._secrets = [
            text
            for key, value in self.options.items()
            if _SECRET.search(key)
            for text in {str(value), *self._texts.get(key, [])}
        ]
        if parts.password:
            self._secrets.append(parts.password)

    def config_for(self, plugin: object) -> Mapping[str, Any] | None:
        """The fields of a plugin's ``Config``.

        Texts stay texts where its field is one.

        Raises:
            PluginError: ``plugin-bad-config`` for what the plugin has no field for.
        """
        schema = getattr(plugin, "Config", None)
        if not self.options:
            return None
        if schema is None or not is_dataclass(schema):
            return self.options
        known = {one.name: one for one in fields(schema)}
        config = dict(self.options)
        for key in self.options:
            if key not in known:
                from fapilog._similar import similar

                nearest = similar(key, known)
                names = ", ".join(known) or "none"
                reason = f"it has no option `{key}`{nearest or f'; it has {names}'}"
                raise PluginError("plugin-bad-config", name=self.name, reason=reason)
            kind = str(known[key].type)
            if key in self._texts and re.search(r"\b(Sequence|list|tuple)\b", kind):
                config[key] = [one for text in self._texts[key] for one in text.split(",")]
            elif key in self._texts and re.fullmatch(r"str( \| None)?|<class 'str'>", kind):
                config[key] = self._texts[key][-1]
        return config

    def masked(self, text: str) -> str:
        """A text without the secrets of this URI."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            if secret:
                text = text.replace(secret, "***")
        return text


def _typed(text: str) -> str | float | bool:
    """``1`` is the integer, ``1.5`` a float, ``on`` and ``true`` are True; all else is text."""
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    if re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        return int(text)
    if re.fullmatch(r"[+-]?[0-9]{1,18}\.[0-9]{1,18}", text):
        return float(text)
    return text


def _bad(scheme: str, expected: str) -> ConfigurationError:
    return ConfigurationError("bad-option", option="URI", value=f"{scheme}://…", expected=expected)
