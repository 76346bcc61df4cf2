"""People with browsers, a mail server and a CI service: real sockets on loopback."""

from __future__ import annotations

import base64
import html
import http.cookiejar
import http.server
import json
import re
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from types import TracebackType
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

PASSWORD = "correct horse battery staple"
LIMIT_S = 30.0


def free_port() -> int:
    """A port that is free now, for servers that can't choose one themselves."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class _Stay(urllib.request.HTTPRedirectHandler):
    """Shows redirects instead of following them."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def location(self) -> str:
        """Where it sends the browser."""
        return self.headers.get("location", "")


class Browser:
    """Keeps cookies and sends the pages' forms."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.jar = http.cookiejar.CookieJar()
        cookies = urllib.request.HTTPCookieProcessor(self.jar)
        self.opener = urllib.request.build_opener(cookies, _Stay())

    def get(self, path: str, **headers: str) -> Answer:
        """Asks for a page of the site, or a whole address."""
        address = path if path.startswith("http") else self.url + path
        return self._send(urllib.request.Request(address, headers=headers))

    def post(self, path: str, **fields: str) -> Answer:
        """Sends a form with the token that this browser was given."""
        page = self.get("/sign-in").text
        match = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
        assert match, page
        body = urllib.parse.urlencode({"csrf_token": match.group(1), **fields}).encode()
        return self._send(urllib.request.Request(self.url + path, data=body))

    def _send(self, request: urllib.request.Request) -> Answer:
        try:
            with self.opener.open(request, timeout=LIMIT_S) as response:
                status, headers, body = response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            with error:
                status, headers, body = error.code, error.headers, error.read()
        lower = {name.lower(): value for name, value in headers.items()}
        return Answer(status, lower, body.decode())

    def sign_up(self, name: str, email: str = "") -> None:
        """Makes an account and is signed in."""
        answer = self.post("/sign-up", name=name, email=email, password=PASSWORD)
        assert answer.location == "/account?done=account", answer.text

    def new_token(self, project: str = "*", *, action: str = "upload") -> str:
        """Makes a token on the tokens page."""
        fields = {"label": "test", "action": action, "project": project, "days": "7"}
        page = self.post("/account/tokens", **fields).text
        match = re.search(r"<pre>(fapm_\w+)</pre>", page)
        assert match, page
        return match.group(1)


class Postman:
    """A real SMTP server that keeps what it gets."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.arrived = threading.Condition()
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, _: object, __: Session, envelope: Envelope) -> str:  # noqa: N802
        """Takes a message."""
        content = cast(bytes, envelope.content)
        with self.arrived:
            self.messages.append(BytesParser(policy=default).parsebytes(content))
            self.arrived.notify_all()
        return "250 OK"

    def __enter__(self) -> Postman:
        self.controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.controller.stop()

    @property
    def url(self) -> str:
        """Its address, as the server is configured with it."""
        return f"smtp://127.0.0.1:{self.port}"

    def link(self, recipient: str, path: str) -> str:
        """Waits for a message to somebody and returns the link in it that has this path."""
        pattern = re.compile(rf"http\S*({re.escape(path)}\S*)")
        with self.arrived:
            for _ in range(20):
                for message in self.messages:
                    found = pattern.search(message.get_content())
                    if message["to"] == recipient and found:
                        self.messages.remove(message)
                        return html.unescape(found.group(1))
                self.arrived.wait(1)
        raise AssertionError([(m["to"], m.get_content()) for m in self.messages])


def b64(data: bytes) -> str:
    """Base64 as JSON Web Signatures write it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class CiService:
    """An issuer of statements about CI jobs: discovery, keys, and the address that jobs ask."""

    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    claims: dict[str, object] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    count: int = 0

    def __enter__(self) -> CiService:
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.asked.append(self.path)
                body = json.dumps(service.answer(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str) -> dict[str, object]:
        """What the service says at an address."""
        address = urllib.parse.urlsplit(path)
        if address.path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        if address.path == "/keys":
            numbers = self.key.public_key().public_numbers()
            modulus = numbers.n.to_bytes(256, "big")
            key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1"}
            return {"keys": [{**key, "n": b64(modulus), "e": "AQAB"}]}
        asked = urllib.parse.parse_qs(address.query)
        return {"value": self.statement(aud=asked["audience"][0])}

    def statement(self, *, kid: str = "1", alg: str = "RS256", **claims: object) -> str:
        """A signed statement; claims can be replaced, or left out by `None`."""
        self.count += 1
        now = int(time.time())
        told = {
            "iss": self.url,
            "sub": "repo:acme/fapilog-acme:ref:refs/tags/v1",
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "jti": f"statement-{self.count}",
            **self.claims,
            **claims,
        }
        told = {name: value for name, value in told.items() if value is not None}
        head = {"typ": "JWT", "alg": alg, "kid": kid}
        signed = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(told).encode())}"
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{b64(signature)}"
