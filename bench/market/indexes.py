"""The servers that are measured: the marketplace, devpi and pypiserver."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).parent / ".venv" / "bin"
PROJECT = "fapilog-bench"
JSON = "application/vnd.pypi.simple.v1+json"
LIMIT_S = 60.0
CODE = b"class Plugin:\n    async def process(self, record):\n        return record\n"


def wheel(folder: Path, name: str, version: str, *, padding: int = 20_000) -> Path:
    """Writes a right wheel of the size that a typical plugin has."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    files = {
        f"{module}/__init__.py": CODE,
        f"{module}/data.bin": os.urandom(padding),
        f"{info}/METADATA": (
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: A plugin\n"
            "Requires-Python: >=3.10\nRequires-Dist: fapilog>=3,<4\n\nA plugin.\n"
        ).encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }

    def digest(content: bytes) -> str:
        raw = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
        return raw.rstrip(b"=").decode()

    record = [f"{path},sha256={digest(body)},{len(body)}" for path, body in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    path = folder / f"{module}-{version}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in files.items():
            archive.writestr(member, content)
    return path


def form(path: Path) -> bytes:
    """An upload form as twine sends it, with the boundary `edge`."""
    name, version = path.name.split("-")[:2]
    content = path.read_bytes()
    fields = {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": "2.1",
        "name": name.replace("_", "-"),
        "version": version,
        "filetype": "bdist_wheel",
        "pyversion": "py3",
        "sha256_digest": hashlib.sha256(content).hexdigest(),
    }
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    head = f'--edge\r\nContent-Disposition: form-data; name="content"; filename="{path.name}"'
    return b"".join([*parts, head.encode(), b"\r\n\r\n", content, b"\r\n--edge--\r\n"])


def request(
    url: str, *, method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=LIMIT_S)
    path = address.path + (f"?{address.query}" if address.query else "")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    answer = connection.getresponse()
    found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    connection.close()
    return found


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for(port: int) -> None:
    """Waits until somebody listens."""
    deadline = time.monotonic() + LIMIT_S
    while not _answers(port):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody listens on port {port}")
        time.sleep(0.02)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Server:
    """A running server."""

    def __init__(self, *command: str | Path, stdout: int = subprocess.DEVNULL) -> None:
        self.process = subprocess.Popen(
            [str(word) for word in command],
            # A pipe only for one who says little: nobody reads on, and a full one would stop it.
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            text=True,
            env={key: value for key, value in os.environ.items() if "proxy" not in key.lower()},
        )

    def stop(self) -> None:
        """Ends it."""
        self.process.terminate()
        try:
            self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()


class Market(Server):
    """The marketplace on a data folder; `ready_s` is how long it took to its ready line."""

    binary = Path(os.environ.get("FAPILOG_MARKET_BIN", ROOT / "target/release/fapilog-market"))

    def __init__(self, data: Path) -> None:
        self.data = data
        started = time.perf_counter()
        super().__init__(
            *(self.binary, "serve", "--data", data, "--listen", "127.0.0.1:0", "--no-rate-limits"),
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split(" at ")[-1].strip()
        self.ready_s = time.perf_counter() - started
        self.started = started

    @classmethod
    def run(cls, *arguments: str | Path) -> str:
        """Runs a command that must end well; returns what it printed."""
        words = [str(word) for word in (cls.binary, *arguments)]
        result = subprocess.run(words, check=True, capture_output=True, text=True, timeout=1800)
        return result.stdout.strip()

    def token(self) -> str:
        """The value of an `Authorization` header that may upload everything."""
        made = self.run("token", "create", "--data", self.data, "--label", "bench")
        return "Basic " + base64.b64encode(f"__token__:{made}".encode()).decode()

    def upload(self, path: Path, authorization: str) -> int:
        """Uploads; returns the status."""
        return request(
            f"{self.url}/legacy/", method="POST", body=form(path), Authorization=authorization,
            Content_Type="multipart/form-data; boundary=edge",
        )[0]  # fmt: skip

    def memory_mib(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) / 1024


def devpi(folder: Path, files: list[Path]) -> tuple[Server, str]:
    """A devpi with an index that has the files; the address of the project's page."""
    port = free_port()
    subprocess.run(
        [PEERS / "devpi-init", "--serverdir", folder, "--no-root-pypi"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    server = Server(PEERS / "devpi-server", "--serverdir", folder, "--port", str(port))
    wait_for(port)
    base = f"http://127.0.0.1:{port}"

    def send(method: str, path: str, data: object, auth: str = "") -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if auth:
            headers["X-Devpi-Auth"] = auth
        wanted = urllib.request.Request(
            base + path, json.dumps(data).encode(), headers, method=method
        )
        with urllib.request.urlopen(wanted, timeout=LIMIT_S) as answer:
            body: bytes = answer.read()
        return body

    login = json.loads(send("POST", "/+login", {"user": "root", "password": ""}))
    secret = login["result"]["password"]
    auth = base64.b64encode(f"root:{secret}".encode()).decode()
    send("PUT", "/root/bench", {"type": "stage", "bases": [], "volatile": True}, auth)
    for path in files:
        status, _, body = request(
            f"{base}/root/bench/", method="POST", body=form(path), X_Devpi_Auth=auth,
            Content_Type="multipart/form-data; boundary=edge",
        )  # fmt: skip
        if status != 200:
            raise RuntimeError(f"devpi refused {path.name}: {status} {body!r}")
    return server, f"{base}/root/bench/+simple/{PROJECT}/"


def pypiserver(folder: Path, files: list[Path], others: int) -> tuple[Server, str]:
    """A pypiserver on a folder with the files and some of other projects."""
    folder.mkdir()
    for path in files:
        shutil.copy(path, folder)
    for number in range(others):
        (folder / f"other_{number}-1.0-py3-none-any.whl").write_bytes(files[0].read_bytes())
    port = free_port()
    server = Server(
        PEERS / "pypi-server", "run", "--port", str(port), "--interface", "127.0.0.1",
        "--backend", "cached-dir", folder,
    )  # fmt: skip
    wait_for(port)
    return server, f"http://127.0.0.1:{port}/simple/{PROJECT}/"
