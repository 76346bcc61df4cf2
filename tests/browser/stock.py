"""A marketplace with plugins to look at: for the tests of pages and for `make screenshots`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.cookiejar
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
READY = re.compile(r"^fapilog-market ready at (http://127\.0\.0\.1:\d+)$")
#: The paths of all pages, from the table of routes (`make page-list`).
PAGE_LIST = ROOT / "crates" / "fapilog-market" / "pages.txt"
PASSWORD = "a horse that nobody would guess"
TIMEOUT_S = 300.0
PART = "--edge\r\nContent-Disposition: form-data; "

README = """\
# {title}

{summary}.

## Use

```python
import fapilog

log = fapilog.get_logger(sinks=["{short}://collector.example.org"])
log.info("order processed", order_id=7)
```

| option | default | meaning |
|---|---|---|
| `batch_size` | 500 | records in one request |
| `timeout` | 5.0 | seconds for one request |
| `compression` | `"gzip"` | `"gzip"`, `"zstd"` or `None` |

Records that cannot be delivered are retried with backoff, then spooled to disk. *Nothing blocks
your application*: see the [guide](https://example.org/{name}).

> Needs a token with the right to write.
"""


@dataclass(frozen=True)
class Plugin:
    """What a made-up plugin says of itself."""

    name: str
    summary: str
    keywords: str
    versions: tuple[str, ...] = ("1.0.0",)
    core: str = ">=3.0,<4.0"
    license: str = "Apache-2.0"
    requires: tuple[str, ...] = ()
    downloads: int = 0


PLUGINS = (
    Plugin(
        "fapilog-splunk",
        "Sends records to Splunk's HTTP Event Collector in batches",
        "splunk hec sink siem",
        ("1.3.0", "1.4.0", "1.4.1", "2.0.0"),
        requires=("httpx>=0.27",),
        downloads=40,
    ),
    Plugin(
        "fapilog-kafka",
        "Sink for Apache Kafka with idempotent delivery",
        "kafka sink streaming queue",
        ("0.9.0", "1.0.0"),
        license="MIT",
        requires=("confluent-kafka>=2.5",),
        downloads=25,
    ),
    Plugin(
        "fapilog-loki",
        "Sink for Grafana Loki that keeps cardinality low",
        "loki grafana sink labels",
        downloads=18,
    ),
    Plugin(
        "fapilog-pii",
        "Redacts mail addresses, phone numbers and names",
        "pii redactor privacy gdpr",
        ("2.1.0",),
        downloads=22,
    ),
    Plugin(
        "fapilog-secrets",
        "Redacts API keys, tokens and passwords by their shape",
        "secrets redactor tokens",
        downloads=9,
    ),
    Plugin(
        "fapilog-kubernetes",
        "Adds pod, namespace and node to every record",
        "kubernetes k8s enricher",
        license="MIT",
        downloads=12,
    ),
    Plugin(
        "fapilog-trace-context",
        "Adds trace and span ids of OpenTelemetry",
        "opentelemetry trace enricher",
        downloads=7,
    ),
    Plugin(
        "fapilog-sampling",
        "Keeps a share of records by level, key or rate",
        "sampling filter rate",
        license="BSD-3-Clause",
    ),
    Plugin(
        "fapilog-dedup",
        "Drops repeated records within a window",
        "deduplication filter",
        ("0.4.0",),
    ),
    Plugin(
        "fapilog-prometheus",
        "Counts records as Prometheus metrics",
        "prometheus metrics processor",
        downloads=5,
    ),
    Plugin(
        "fapilog-audit-trail",
        "Chained, signed audit records",
        "audit compliance processor",
        license="MPL-2.0",
    ),
    Plugin(
        "fapilog-slack",
        "Tells Slack channels when something needs people",
        "slack alerter chat",
        downloads=11,
    ),
    Plugin("fapilog-pagerduty", "Wakes the one who is on call", "pagerduty alerter incident"),
    Plugin(
        "fapilog-s3",
        "Archives records in Amazon S3 as compressed objects",
        "aws s3 sink archive",
        license="MIT",
    ),
)


#: What a plugin of a kind is asked for; the kind stands among the keywords.
METHODS = {
    "sink": "write",
    "redactor": "redact",
    "enricher": "enrich",
    "filter": "filter",
    "processor": "process",
    "alerter": "alert",
}


def method(plugin: Plugin) -> str:
    """The method that makes a plugin one of its kind."""
    return next(METHODS[word] for word in plugin.keywords.split() if word in METHODS)


CONFIGURATION = '''
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Settings:
    """What it is told.

    Attributes:
        address: where it sends records to, as an address that begins with `https://`.
        headers: sent with each request.
        timeout_s: longest time for a request, in seconds. Default: 10.
    """

    address: str
    headers: dict[str, str] = field(default_factory=dict)
    timeout_s: float = 10.0
    verify: bool = True
'''


def wheel(folder: Path, plugin: Plugin, version: str) -> Path:
    """Builds a wheel by hand, so that it takes no time."""
    module = plugin.name.replace("-", "_")
    short = plugin.name.removeprefix("fapilog-")
    info = f"{module}-{version}.dist-info"
    readme = README.format(
        title=short.title(), summary=plugin.summary, short=short, name=plugin.name
    )
    requires = "".join(
        f"Requires-Dist: {line}\n" for line in (f"fapilog{plugin.core}", *plugin.requires)
    )
    files = {
        f"{module}/__init__.py": f'"""{plugin.summary}."""\n\n{CONFIGURATION}\n\nclass Plugin:\n'
        "    Config = Settings\n\n"
        f"    async def {method(plugin)}(self, given):\n        return given\n",
        f"{info}/METADATA": f"Metadata-Version: 2.4\nName: {plugin.name}\nVersion: {version}\n"
        f"Summary: {plugin.summary}\nKeywords: {plugin.keywords.replace(' ', ',')}\n"
        f"License-Expression: {plugin.license}\nAuthor: The {short} people\n"
        f"Requires-Python: >=3.10\n{requires}"
        f"Project-URL: Source, https://example.org/{plugin.name}\n"
        f"Project-URL: Changes, https://example.org/{plugin.name}/changes\n"
        f"Description-Content-Type: text/markdown\n\n{readme}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[fapilog.plugins]\n"
        f"{short.replace('-', '_')} = {module}:Plugin\n",
    }
    record = ""
    for path, content in files.items():
        digest = (
            base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest())
            .rstrip(b"=")
            .decode()
        )
        record += f"{path},sha256={digest},{len(content.encode())}\n"
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    made = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return made


class Person:
    """Somebody with a browser that keeps the cookie and sends forms with their token."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def post(self, path: str, **fields: str) -> str:
        """Sends a form and returns the page that follows; what is refused raises."""
        with self.opener.open(f"{self.url}/sign-in", timeout=TIMEOUT_S) as answer:
            found = re.search(r'name="csrf_token" value="(\w+)"', answer.read().decode())
        assert found, "no token in the form"
        body = urllib.parse.urlencode({"csrf_token": found.group(1), **fields}).encode()
        with self.opener.open(f"{self.url}{path}", data=body, timeout=TIMEOUT_S) as answer:
            page: str = answer.read().decode()
        return page

    def cookies(self) -> list[dict[str, str]]:
        """The cookies, as the browser takes them."""
        return [{"name": one.name, "value": one.value or "", "url": self.url} for one in self.jar]


@dataclass(frozen=True)
class Round:
    """Pages that one browser looks at."""

    pages: list[dict[str, Any]]
    cookies: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Stocked:
    """A running marketplace."""

    url: str
    binary: Path
    data: Path
    token: str
    #: Who looks at what, by the names in `WHO`.
    rounds: dict[str, Round] = field(default_factory=dict)
    #: Private pages whose address is known only now.
    pages: list[dict[str, Any]] = field(default_factory=list)

    def publish(self, file: Path, name: str, version: str) -> None:
        """Uploads as twine does, without its start-up time."""
        content = file.read_bytes()
        fields = {
            ":action": "file_upload",
            "protocol_version": "1",
            "metadata_version": "2.4",
            "name": name,
            "version": version,
            "filetype": "bdist_wheel",
            "pyversion": "py3",
            "sha256_digest": hashlib.sha256(content).hexdigest(),
        }
        body = b""
        for key, value in fields.items():
            body += f'{PART}name="{key}"\r\n\r\n{value}\r\n'.encode()
        body += f'{PART}name="content"; filename="{file.name}"\r\n\r\n'.encode()
        body += content + b"\r\n--edge--\r\n"
        secret = base64.b64encode(f"__token__:{self.token}".encode()).decode()
        headers = {
            "Authorization": f"Basic {secret}",
            "Content-Type": "multipart/form-data; boundary=edge",
        }
        request = urllib.request.Request(f"{self.url}/legacy/", data=body, headers=headers)
        urllib.request.urlopen(request, timeout=TIMEOUT_S).close()

    def download(self, name: str, times: int) -> None:
        """Downloads the newest file as pip does, so that it counts."""
        with urllib.request.urlopen(
            f"{self.url}/api/v1/plugins/{name}", timeout=TIMEOUT_S
        ) as answer:
            address = json.load(answer)["versions"][0]["files"][0]["url"]
        agent = json.dumps({"installer": {"name": "pip"}, "python": "3.12.1", "ci": None})
        for _ in range(times):
            request = urllib.request.Request(address, headers={"User-Agent": f"pip/26.3 {agent}"})
            urllib.request.urlopen(request, timeout=TIMEOUT_S).close()

    def wait_for_downloads(self, name: str) -> None:
        """Downloads are written now and then; returns when they are."""
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            with urllib.request.urlopen(
                f"{self.url}/api/v1/plugins/{name}", timeout=TIMEOUT_S
            ) as answer:
                if json.load(answer)["downloads_30d"] > 0:
                    return
            threading.Event().wait(0.5)
        raise TimeoutError(name)

    def person(self, name: str) -> Person:
        """Somebody who has just made an account."""
        person = Person(self.url)
        person.post("/sign-up", name=name, password=PASSWORD)
        return person

    def look_around(self, who: str, what: str, **more: Any) -> list[str]:
        """Has somebody's browser do something with all their pages; returns what it found wrong."""
        one = self.rounds[who]
        return self.look(what, one.pages, cookies=one.cookies, **more)

    def look(self, what: str, pages: list[dict[str, Any]], **more: Any) -> list[str]:
        """Has the browser do something with pages; returns what it found wrong."""
        asked: Mapping[str, Any] = {
            "do": what,
            "base": self.url,
            "pages": pages,
            "chromium": "/usr/bin/chromium",
            **more,
        }
        done = subprocess.run(
            ["node", str(HERE / "browser.mjs")],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            return [done.stderr]
        found: list[str] = json.loads(done.stdout)
        return found


#: Pages that everybody sees.
PAGES: list[dict[str, Any]] = [
    {"name": "front", "path": "/"},
    {"name": "catalogue", "path": "/plugins/"},
    {"name": "search", "path": "/plugins/?q=kafka&kind=sink"},
    {"name": "nothing", "path": "/plugins/?q=qqqqqq"},
    {"name": "plugin", "path": "/plugins/fapilog-splunk/"},
    {"name": "version", "path": "/plugins/fapilog-splunk/1.3.0/"},
    {
        "name": "compare",
        "path": "/compare?with=fapilog-splunk&with=fapilog-kafka&with=fapilog-loki",
    },
    {"name": "compare-empty", "path": "/compare"},
    {"name": "publisher", "path": "/publishers/margaret/"},
    {"name": "publisher", "path": "/publishers/margaret/"},
    {"name": "error", "path": "/plugins/fapilog-none/", "status": 404},
    {"name": "no-page", "path": "/nothing/at/all", "status": 404},
    {"name": "catalogue-without-slash", "path": "/plugins"},
    {"name": "plugin-without-slash", "path": "/plugins/fapilog-splunk"},
    {"name": "index", "path": "/simple/"},
    {"name": "index-project", "path": "/simple/fapilog-splunk/"},
]

#: Pages of people who are signed in, and those on which they do.
PRIVATE_PAGES: list[dict[str, Any]] = [
    {"name": "reviews", "path": "/plugins/fapilog-splunk/reviews"},
    {"name": "moderation", "path": "/moderation"},
    {"name": "moderation-project", "path": "/moderation/projects/fapilog-s3"},
    {
        "name": "moderation-unknown",
        "path": "/moderation/projects?project=fapilog-none",
        "status": 404,
    },
    {"name": "moderation-reviews", "path": "/moderation/reviews"},
    {"name": "plugin-moderator", "path": "/plugins/fapilog-splunk/"},
    {"name": "account", "path": "/account"},
    {"name": "tokens", "path": "/account/tokens"},
    {
        "name": "token-made",
        "path": "/account/tokens",
        "fill": {"#label": "release job"},
        "press": "form[action='/account/tokens'] button",
    },
    {"name": "totp", "path": "/account/totp"},
    {
        "name": "totp-wrong",
        "path": "/account/totp",
        "fill": {"#code": "000000", "#password": PASSWORD},
        "press": "form[action='/account/totp'] button",
        "status": 422,
    },
    {"name": "passkeys", "path": "/account/passkeys"},
    {"name": "projects", "path": "/account/projects"},
    {"name": "receipts", "path": "/account/receipts"},
    {"name": "manage", "path": "/manage/fapilog-acme"},
    {"name": "manage-quarantined", "path": "/manage/fapilog-acme-old"},
    {"name": "project-audit", "path": "/manage/fapilog-acme/audit"},
    {"name": "activity", "path": "/account/audit"},
    {"name": "organisations", "path": "/organisations"},
    {"name": "organisation", "path": "/organisations/acme"},
    {"name": "organisation-audit", "path": "/organisations/acme/audit"},
    {"name": "publishers", "path": "/moderation/publishers"},
    {"name": "accounts", "path": "/administration/accounts"},
    {"name": "audit", "path": "/administration/audit"},
]

#: Who looks at pages.
WHO = ("everybody", "newcomer", "administrator", "member", "pending")

#: The same for everybody, about signing in.
SIGN_IN_PAGES: list[dict[str, Any]] = [
    {"name": "sign-in", "path": "/sign-in"},
    {"name": "sign-up", "path": "/sign-up"},
    {
        "name": "sign-in-wrong",
        "path": "/sign-in",
        "fill": {"#name": "nobody", "#password": "not the password"},
        "press": "form[action='/sign-in'] button",
        "status": 422,
    },
    {"name": "please-sign-in", "path": "/account"},
    {"name": "sign-in-elsewhere", "path": "/sign-in/oidc", "status": 404},
    {"name": "back-from-elsewhere", "path": "/sign-in/oidc/callback", "status": 404},
    {"name": "recover", "path": "/recover"},
    {"name": "recover-dead", "path": "/recover/set?token=none", "status": 410},
    {"name": "verify-dead", "path": "/verify-email?token=none", "status": 410},
    {"name": "reviews-anonymous", "path": "/plugins/fapilog-splunk/reviews"},
]

#: Of somebody who has an authenticator, and no rights beyond their own account.
MEMBER_PAGES: list[dict[str, Any]] = [
    {"name": "account-second-factor", "path": "/account"},
    {
        "name": "recovery-codes",
        "path": "/account",
        "fill": {"#factor_password": PASSWORD},
        "press": "form[action='/account/recovery-codes'] button",
    },
    {"name": "forbidden", "path": "/administration/audit", "status": 403},
]

#: Of somebody who has given the password, and nothing else yet.
PENDING_PAGES: list[dict[str, Any]] = [
    {"name": "second-factor", "path": "/sign-in/second-factor"},
    {
        "name": "second-factor-wrong",
        "path": "/sign-in/second-factor",
        "fill": {"#code": "000000"},
        "press": "form[action='/sign-in/second-factor'] button",
        "status": 422,
    },
]

REVIEWS = (
    ("ada", "5", "2.0.0", "Acknowledgements work, and a restart of the indexer lost nothing."),
    (
        "grace",
        "2",
        "1.4.1",
        "Keeps the connection open for ever; our proxy cuts it, and the first batch is sent again.",
    ),
    ("edsger", "4", "2.0.0", ""),
)


@contextmanager
def served(*more: str) -> Iterator[Stocked]:
    """Starts a server on a new folder, under the one name that allows passkeys without TLS."""
    binary = Path(
        os.environ.get("FAPILOG_MARKET_BIN", ROOT / "target" / "release" / "fapilog-market")
    )
    clean = {
        key: value for key, value in os.environ.items() if not key.startswith("FAPILOG_MARKET_")
    }
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        create: list[str | Path] = [binary, "token", "create", "--data", data, "--label", "stock"]
        made = subprocess.run(
            create, capture_output=True, text=True, check=True, env=clean, timeout=TIMEOUT_S
        )
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        url = f"http://localhost:{port}"
        serve: list[str | Path] = [binary, "serve", "--data", data, "--public-url", url]
        serve += ["--listen", f"127.0.0.1:{port}", *more]
        log = (Path(folder) / "log").open("w")
        process = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=log, text=True, env=clean)
        try:
            assert process.stdout is not None
            match = READY.match(process.stdout.readline().strip())
            assert match, (Path(folder) / "log").read_text()
            yield Stocked(url, binary, data, made.stdout.strip())
        finally:
            process.terminate()
            process.wait(20)
            if process.stdout is not None:
                process.stdout.close()
            log.close()


@contextmanager
def stocked() -> Iterator[Stocked]:
    """Starts a server and publishes everything."""
    # Each page is looked at many times within a minute.
    with served("--no-rate-limits") as market, tempfile.TemporaryDirectory() as folder:
        for plugin in PLUGINS:
            for version in plugin.versions:
                market.publish(wheel(Path(folder), plugin, version), plugin.name, version)
        for plugin in PLUGINS:
            if plugin.downloads:
                market.download(plugin.name, plugin.downloads)
        people(market)
        market.wait_for_downloads("fapilog-slack")
        yield market


def people(market: Stocked) -> None:
    """An administrator who is signed in, an organisation, reviews, and a second factor."""

    def run(*words: str) -> str:
        command = [str(market.binary), "account", "--data", str(market.data), *words]
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("FAPILOG_MARKET_")
        }
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, env=environment, timeout=TIMEOUT_S
        )
        return done.stdout.strip()

    authors = [
        (market.person(name), stars, version, text) for name, stars, version, text in REVIEWS
    ]
    moderator = market.person("margaret")
    run("role", "margaret", "administrator")
    for author, stars, version, text in authors:
        author.post("/plugins/fapilog-splunk/reviews", stars=stars, version=version, text=text)
    # Reviews of accounts made today wait; one is left waiting, to be seen.
    with moderator.opener.open(f"{market.url}/moderation/reviews", timeout=TIMEOUT_S) as answer:
        waiting = re.findall(r'action="/moderation/reviews/(\w+)"', answer.read().decode())
    for review in waiting[:-1]:
        moderator.post(f"/moderation/reviews/{review}", state="visible")
    for person in (authors[0][0], moderator):
        installed(market, person, "fapilog-splunk", "2.0.0")
    authors[1][0].post(
        "/plugins/fapilog-splunk/report", reason="malware", text="opens sockets nobody told of"
    )
    moderator.post("/organisations", name="acme", display_name="Acme Logging")
    own_project(market, moderator)
    moderated(moderator)
    member = market.person("barbara")
    turn_on_authenticator(member)
    pending = Person(market.url)
    pending.post("/sign-in", name="barbara", password=PASSWORD)
    link = run("recover", "grace", "--public-url", "")
    sign_in_pages = [*SIGN_IN_PAGES, {"name": "recover-set", "path": link}]
    rounds = (
        Round(PAGES),
        Round(sign_in_pages),
        Round(PRIVATE_PAGES + market.pages, moderator.cookies()),
        Round(MEMBER_PAGES, member.cookies()),
        Round(PENDING_PAGES, pending.cookies()),
    )
    market.rounds = dict(zip(WHO, rounds, strict=True))


def turn_on_authenticator(person: Person) -> None:
    """Does what an authenticator app does (RFC 6238)."""
    with person.opener.open(f"{person.url}/account/totp", timeout=TIMEOUT_S) as answer:
        found = re.search(r'name="seed" value="(\w+)"', answer.read().decode())
    assert found, "no seed in the form"
    seed = found.group(1)
    key = base64.b32decode(seed + "=" * (-len(seed) % 8))
    digest = hmac.digest(key, int(time.time() // 30).to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    code = (int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF) % 1_000_000
    person.post("/account/totp", seed=seed, code=f"{code:06}", password=PASSWORD)


def installed(market: Stocked, person: Person, plugin: str, version: str) -> None:
    """The person's command says that it installed a plugin."""
    page = person.post("/account/tokens", label="laptop", action="receipts", project="*", days="7")
    token = re.search(r"<pre>(fapm_\S+)</pre>", page)
    assert token, page

    def tell(path: str, body: object, headers: Mapping[str, str]) -> bytes:
        request = urllib.request.Request(
            f"{market.url}/api/v1/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **headers},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            said: bytes = answer.read()
        return said

    key = Ed25519PrivateKey.generate()
    public = {"public_key": key.public_key().public_bytes_raw().hex(), "label": "laptop"}
    added = tell("receipt-keys", public, {"Authorization": f"Bearer {token.group(1)}"})
    address = f"{market.url}/api/v1/plugins/{plugin}"
    with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:
        versions = json.load(answer)["versions"]
    (digest,) = (one["files"][0]["sha256"] for one in versions if one["version"] == version)
    receipt = {
        "key": json.loads(added)["id"],
        "nonce": os.urandom(16).hex(),
        "at_s": int(time.time()),
        "plugin": plugin,
        "version": version,
        "sha256": digest,
        "core": "3.0.0",
        "python": "3.12.1",
    }
    text = json.dumps(receipt)
    signature = key.sign(b"fapilog-receipt-v1\n" + text.encode()).hex()
    tell("receipts", {"statement": text, "signature": signature}, {})


def moderated(moderator: Person) -> None:
    """What moderators and owners did to releases and projects."""
    archive = "/moderation/projects/fapilog-s3"
    reason = "reads credentials that it has no use for; we are looking into it"
    moderator.post(f"{archive}/release", act="quarantine", version="1.0.0", reason=reason)
    old = "/moderation/projects/fapilog-acme-old"
    moderator.post(f"{old}/release", act="withdraw", version="0.1.0", reason="holds a key")
    moderator.post(f"{old}/status", status="quarantined", reason="its account was taken over")
    moderator.post("/manage/fapilog-acme/status", status="deprecated", reason="use fapilog-loki")
    evidence = "a signed mail from acme.example"
    moderator.post(
        "/moderation/publishers/verify", publisher="margaret", verified="1", evidence=evidence
    )
    dedup = "/moderation/projects/fapilog-dedup/status"
    moderator.post(dedup, status="archived", reason="part of the core since 3.0")


def own_project(market: Stocked, owner: Person) -> None:
    """A plugin that a person published, with a collaborator and a trusted publisher."""
    page = owner.post("/account/tokens", label="release job", project="*", days="90")
    found = re.search(r"<pre>(fapm_\S+)</pre>", page)
    assert found, page
    operator, market.token = market.token, found.group(1)
    plugin = Plugin("fapilog-acme", "Sends records to Acme's collector", "acme sink")
    old = Plugin("fapilog-acme-old", "Sent records to Acme's collector", "acme sink")
    with tempfile.TemporaryDirectory() as folder:
        for one, version in ((plugin, "1.0.0"), (old, "0.1.0"), (old, "0.2.0")):
            market.publish(wheel(Path(folder), one, version), one.name, version)
    market.token = operator
    owner.post("/manage/fapilog-acme/collaborators", name="ada", role="maintainer")
    owner.post(
        "/manage/fapilog-acme/trusted-publishers",
        issuer="https://token.actions.githubusercontent.com",
        claims="repository = acme/fapilog-acme\nenvironment = release",
    )
    base = "/manage/fapilog-acme/webhooks"
    page = owner.post(base, address="https://hooks.acme.invalid/fapilog", published="on")
    webhook = re.search(rf'href="({base}/\w+)"', page)
    assert webhook, page
    owner.post(webhook.group(1), act="test")
    of_all = "/organisations/acme/webhooks"
    page = owner.post(of_all, address="https://hooks.acme.invalid/all", published="on")
    webhook_of_all = re.search(rf'href="({of_all}/\w+)"', page)
    assert webhook_of_all, page
    market.pages = [
        {"name": "webhooks", "path": base},
        {"name": "webhook", "path": webhook.group(1)},
        {"name": "organisation-webhooks", "path": of_all},
        {"name": "organisation-webhook", "path": webhook_of_all.group(1)},
    ]
