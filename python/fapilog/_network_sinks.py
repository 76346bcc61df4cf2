"""Sinks that send records to other machines: syslog and HTTP."""

from __future__ import annotations

import base64
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike, fspath
from pathlib import Path
from typing import Any, ClassVar, Final, Literal
from urllib.parse import SplitResult, urlsplit

from fapilog._errors import ConfigurationError
from fapilog._native import NativePart
from fapilog._secret import Secret

#: What is said to the lane in front of a sink, not to the sink.
_LANE: Final = ("batch_records", "batch_bytes", "batch_delay", "attempts", "first_delay")

#: The facilities of RFC 5424 by number; 12 to 15 have no name that all systems share.
_FACILITIES: Final = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron"),
    *("authpriv", "ftp", "ntp", "audit", "alert", "clock"),
    *(f"local{number}" for number in range(8)),
)

#: A name of RFC 5424: printable ASCII without space, ``=``, ``]`` and ``"``.
_NAME: Final = re.compile(r"[!#-<>-\\^-~]{1,64}")

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

#: Headers that the engine writes itself.
_OWN_HEADERS: Final = (
    *("connection", "content-encoding", "content-length", "host", "idempotency-key"),
    "transfer-encoding",
)


class _NetworkSink(NativePart):
    kind: ClassVar[str] = "sink"

    #: Other names of options in URIs.
    aliases: ClassVar[Mapping[str, str]] = {}

    ca_file: str | PathLike[str] | None
    client_certificate: str | PathLike[str] | None
    client_key: str | PathLike[str] | None

    def _check_lane(self) -> None:
        for option in ("batch_records", "batch_bytes", "attempts"):
            self._check_count(option, 1, 2**32 - 1)
        for option in ("batch_delay", "first_delay"):
            fits = _is_number(getattr(self, option)) and 0 <= getattr(self, option) < 1e9
            self._check(option, fits, "a number of seconds of at least 0")

    def _check_count(self, option: str, least: int, most: int) -> None:
        value = getattr(self, option)
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        self._check(option, fits, f"a whole number from {least} to {most}")

    def _check_limits(self, *options: str) -> None:
        for option in options:
            fits = _is_number(getattr(self, option)) and 0 < getattr(self, option) < 1e9
            self._check(option, fits, "a number of seconds above 0")

    def _check_tls(self) -> None:
        for option in ("ca_file", "client_certificate", "client_key"):
            value = getattr(self, option)
            fits = value is None or isinstance(value, (str, PathLike))
            self._check(option, fits, "the path of a PEM file")
        pair = (self.client_certificate is None) == (self.client_key is None)
        self._check("client_key", pair, "given together with client_certificate")

    def _tls_options(self) -> dict[str, str | None]:
        """The paths of the files, each of which can be read."""
        paths: dict[str, str | None] = {}
        for option in ("ca_file", "client_certificate", "client_key"):
            value = getattr(self, option)
            fits = value is None or os.access(value, os.R_OK)
            self._check(option, fits, "a PEM file that can be read")
            paths[option] = None if value is None else os.fsdecode(fspath(value))
        return paths

    def _own_options(self) -> dict[str, Any]:
        options = {**super().options(), **self._tls_options()}
        return {option: value for option, value in options.items() if option not in _LANE}

    def _refuse(self, option: str, value: object, expected: str) -> ConfigurationError:
        return ConfigurationError(
            "bad-option", option=f"{self.type}.{option}", value=value, expected=expected
        )


@dataclass(frozen=True, kw_only=True)
class Syslog(_NetworkSink):
    """Sends records to a syslog receiver, as messages of RFC 5424.

    Attributes:
        address: ``udp://host:514``, ``tcp://host:601``, ``tls://host:6514`` or a socket of this
            machine, ``unix:///dev/log`` (datagrams, or a stream where it takes none). Ports may be
            left out.
        facility: ``kern``, ``user``, … ``local7``.
        app_name: Name of the application; that of the program when None.
        host_name: Name of this machine; what the system calls it when None.
        message_id: ``MSGID`` of every message; the name of the logger when None.
        structured_id: The fields are also sent as structured data of this name, such as
            ``fields@32473`` (with the number of your enterprise); not at all when None.
        body: ``line`` sends the record in the sink's format, ``message`` its message alone.
        framing: On TCP, TLS and stream sockets: ``octet_counting`` (RFC 6587, RFC 5425), or
            ``newline`` for receivers that know nothing else.
        max_bytes: Longest message, 480 to 1,048,576 bytes; what is longer is cut, with a mark that
            says how many bytes are missing. None is 2,048 on UDP and 8,192 elsewhere.
        connect_timeout: Longest time for a connection, its TLS handshake included, in seconds.
        write_timeout: How long a batch may take to leave, in seconds.
        ca_file: PEM file with the certificates to trust; those of the system when None.
        client_certificate: PEM file with this client's certificate.
        client_key: PEM file with its key.
        batch_records: Most records that are sent at once.
        batch_bytes: No further records once there are so many bytes.
        batch_delay: How long the first record of a batch waits for others, in seconds.
        attempts: How often a record is tried.
        first_delay: Seconds before the second attempt, doubling after that.
    """

    type: ClassVar[str] = "syslog"

    address: str = "unix:///dev/log"
    facility: str = "user"
    app_name: str | None = None
    host_name: str | None = None
    message_id: str | None = None
    structured_id: str | None = None
    body: Literal["line", "message"] = "line"
    framing: Literal["octet_counting", "newline"] = "octet_counting"
    max_bytes: int | None = None
    connect_timeout: float = 5.0
    write_timeout: float = 5.0
    ca_file: str | PathLike[str] | None = None
    client_certificate: str | PathLike[str] | None = None
    client_key: str | PathLike[str] | None = None
    batch_records: int = 512
    batch_bytes: int = 262_144
    batch_delay: float = 0.0
    attempts: int = 6
    first_delay: float = 0.1

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            ConfigurationError: ``bad-option``.
        """
        fits = isinstance(self.address, str) and _is_syslog_address(self.address)
        expected = "`udp://host:port`, `tcp://host:port`, `tls://host:port` or `unix:///path`"
        self._check("address", fits, expected)
        self._check("facility", self.facility in _FACILITIES, f"one of {', '.join(_FACILITIES)}")
        for option in ("app_name", "host_name", "message_id"):
            value = getattr(self, option)
            fits = value is None or (isinstance(value, str) and value != "")
            self._check(option, fits, "a text that is not empty")
        name = self.structured_id
        fits = name is None or (isinstance(name, str) and _NAME.fullmatch(name) is not None)
        self._check("structured_id", fits, "a name such as `fields@32473`")
        self._check("body", self.body in ("line", "message"), "`line` or `message`")
        fits = self.framing in ("octet_counting", "newline")
        self._check("framing", fits, "`octet_counting` or `newline`")
        if self.max_bytes is not None:
            self._check_count("max_bytes", 480, 1_048_576)
        self._check_limits("connect_timeout", "write_timeout")
        self._check_tls()
        self._check_lane()

    def options(self) -> dict[str, Any]:
        """The options as values of JSON; those of the lane left out."""
        return {
            **self._own_options(),
            "facility": _FACILITIES.index(self.facility),
            "app_name": self.app_name or _program_name(),
        }


@dataclass(frozen=True, kw_only=True)
class Http(_NetworkSink):
    """Sends records to an HTTP server, a batch in one request.

    Attributes:
        url: ``https://host/path`` or ``http://…``, without a user. Diagnostics show its host only.
        method: ``POST``, ``PUT`` or ``PATCH``.
        shape: ``array`` sends a JSON array, ``ndjson`` one record a line. An array needs a format
            that is JSON.
        compression: ``gzip`` or ``zstd``; none when None.
        bearer: Token for ``Authorization: Bearer``.
        basic: User and password for ``Authorization: Basic``.
        headers: Further headers; their values are secrets.
        content_type: ``application/json`` or ``application/x-ndjson`` when None.
        proxy: ``http://host:port`` of a proxy; when None, that of the environment variables
            ``ALL_PROXY``, ``HTTPS_PROXY`` and ``HTTP_PROXY``, but for hosts in ``NO_PROXY``.
        connect_timeout: Longest time for a connection, in seconds.
        timeout: Longest time for a whole request, in seconds.
        ca_file: PEM file with the certificates to trust; those of the system when None.
        client_certificate: PEM file with this client's certificate.
        client_key: PEM file with its key.
        batch_records: Most records in a request.
        batch_bytes: No further records once there are so many bytes, before compression.
        batch_delay: How long the first record of a batch waits for others, in seconds.
        attempts: How often a record is tried.
        first_delay: Seconds before the second attempt, doubling after that.
    """

    type: ClassVar[str] = "http"

    url: str = field(repr=False)
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    shape: Literal["array", "ndjson"] = "ndjson"
    compression: Literal["gzip", "zstd"] | None = None
    bearer: Secret | str | None = None
    basic: tuple[str, Secret | str] | None = None
    headers: Mapping[str, Secret | str] = field(default_factory=dict)
    content_type: str | None = None
    proxy: Secret | str | None = None
    connect_timeout: float = 5.0
    timeout: float = 30.0
    ca_file: str | PathLike[str] | None = None
    client_certificate: str | PathLike[str] | None = None
    client_key: str | PathLike[str] | None = None
    batch_records: int = 500
    batch_bytes: int = 1_048_576
    batch_delay: float = 1.0
    attempts: int = 6
    first_delay: float = 0.5

    def __post_init__(self) -> None:
        """Make secrets of what could be one, and check the options.

        Raises:
            ConfigurationError: ``bad-option``; without secrets.
        """
        self._hide_secrets()
        parts = _split(self.url)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            raise self._refuse("url", _shown_url(parts), "an `http://` or `https://` URL")
        if "@" in parts.netloc:
            raise self._refuse("url", _shown_url(parts), "a URL without a user; there is `basic`")
        self._check("method", self.method in ("POST", "PUT", "PATCH"), "POST, PUT or PATCH")
        self._check("shape", self.shape in ("array", "ndjson"), "`array` or `ndjson`")
        fits = self.compression in (None, "gzip", "zstd")
        self._check("compression", fits, "`gzip`, `zstd` or None")
        if self.bearer is not None and self.basic is not None:
            raise self._refuse("basic", "****", "none when `bearer` is given")
        for name in self.headers:
            fits = _HEADER_NAME.fullmatch(name) is not None and name.lower() not in _OWN_HEADERS
            if not fits:
                expected = "the name of a header that the sink does not write itself"
                raise self._refuse("headers", name, expected)
        self._check_limits("connect_timeout", "timeout")
        self._check_tls()
        self._check_lane()

    def _hide_secrets(self) -> None:
        for option in ("bearer", "proxy"):
            value = getattr(self, option)
            if value is not None:
                object.__setattr__(self, option, self._secret(option, value))
        if self.basic is not None:
            fits = isinstance(self.basic, (tuple, list)) and len(self.basic) == 2
            if not fits or not isinstance(self.basic[0], str) or ":" in self.basic[0]:
                raise self._refuse("basic", "****", "a user (without a colon) and a password")
            user, password = self.basic
            object.__setattr__(self, "basic", (user, self._secret("basic", password)))
        if not isinstance(self.headers, Mapping):
            raise self._refuse("headers", "****", "a mapping of names to texts")
        headers = {str(name): self._secret("headers", text) for name, text in self.headers.items()}
        object.__setattr__(self, "headers", headers)

    def _secret(self, option: str, value: object) -> Secret:
        if isinstance(value, (str, Secret)) and value != "":
            return Secret(value)
        raise self._refuse(option, type(value).__name__, "a text that is not empty, or a `Secret`")

    def _reveal(self, option: str, secret: Secret | str) -> str:
        try:
            text = Secret(secret).reveal()
        except LookupError as error:
            shown = Secret(secret).shown
            raise self._refuse(option, shown, f"a secret that is there: {error}") from None
        if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
            raise self._refuse(option, "****", "a text without control characters")
        return text

    def options(self) -> dict[str, Any]:
        """The options as values of JSON, secrets included; those of the lane left out."""
        options = self._own_options()
        headers = [(name, self._reveal("headers", text)) for name, text in self.headers.items()]
        secrets: list[str] = []
        if self.bearer is not None:
            headers.append(("authorization", f"Bearer {self._reveal('bearer', self.bearer)}"))
        if self.basic is not None:
            user, password = self.basic[0], self._reveal("basic", self.basic[1])
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            headers.append(("authorization", f"Basic {pair}"))
            secrets.append(password)
        proxy = None if self.proxy is None else self._reveal("proxy", self.proxy)
        for option in ("bearer", "basic"):
            del options[option]
        return {**options, "headers": headers, "secrets": secrets, "proxy": proxy}


def _split(url: object) -> SplitResult | None:
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        return None if parts is None or parts.port == 0 else parts
    except ValueError:
        return None


def _shown_url(parts: SplitResult | None) -> str:
    """A URL as errors may show it: no user, no path, no query."""
    return "****" if parts is None else f"{parts.scheme}://{parts.hostname or ''}/…"


def _is_syslog_address(address: str) -> bool:
    scheme, _, path = address.partition("://")
    if scheme == "unix":
        return path.startswith("/")
    parts = _split(address)
    if parts is None or scheme not in ("udp", "tcp", "tls") or not parts.hostname:
        return False
    return "@" not in parts.netloc and not (parts.path or parts.query or parts.fragment)


def _program_name() -> str:
    name = Path(sys.argv[0]).name if sys.argv else ""
    return name if name not in ("", "-", "-c", "-m") else "python"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
