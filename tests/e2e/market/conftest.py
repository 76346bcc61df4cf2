"""The marketplace as clients meet it: the real binary, real pip, uv and twine, real wheels."""

from __future__ import annotations

import base64
import hashlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

READY = re.compile(r"^fapilog-market ready at (https?://127\.0\.0\.1:\d+)$")
START_LIMIT_S = 30.0
STOP_LIMIT_S = 20.0
CLIENT_LIMIT_S = 120.0
# A plugin that can be loaded and does nothing.
PLUGIN_CODE = "class Hello:\n    async def process(self, record):\n        return record\n"


def clean_environment() -> dict[str, str]:
    """The environment without settings that would send pip, uv or twine elsewhere."""
    prefixes = ("PIP_", "UV_", "TWINE_", "FAPILOG_MARKET_", "PYTHON", "VIRTUAL_ENV")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(prefixes)}
    for key in ("http_proxy", "https_proxy", "all_proxy"):
        clean.pop(key, None)
        clean.pop(key.upper(), None)
    return clean | {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PYTHONUTF8": "1",
        "UV_NO_CONFIG": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_KEYRING_PROVIDER": "disabled",
        "NO_COLOR": "1",
        "COLUMNS": "400",
    }


@dataclass
class Market:
    """One data folder with, most of the time, a server on it."""

    binary: Path
    data: Path
    # Further arguments of `serve`.
    options: tuple[str, ...] = ()
    port: int = 0
    # Arguments that say where database and files are, for every command.
    place: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    url: str = ""
    log: list[str] = field(default_factory=list)
    readers: list[threading.Thread] = field(default_factory=list)

    def command(self, verb: str, *arguments: str) -> list[str]:
        """The words of a command on this marketplace; of two verbs the second is an argument."""
        return [str(self.binary), verb, *arguments, "--data", str(self.data), *self.place]

    def run(self, verb: str, *arguments: str) -> str:
        """Runs a command that must end well; returns what it printed."""
        result = subprocess.run(
            self.command(verb, *arguments),
            capture_output=True,
            text=True,
            check=False,
            timeout=CLIENT_LIMIT_S,
            env=clean_environment() | self.environment,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    def start(self) -> None:
        """Starts the server and waits for its ready line; fails with its log after a limit."""
        address = f"127.0.0.1:{self.port}"
        command = self.command("serve", "--listen", address)
        self.process = subprocess.Popen(
            [*command, *self.options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment() | self.environment,
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        lines: queue.Queue[str] = queue.Queue()
        self._follow(self.process.stdout, lines)
        self._follow(self.process.stderr, None)
        try:
            line = lines.get(timeout=START_LIMIT_S)
        except queue.Empty:
            self.process.kill()
            pytest.fail(f"no ready line within {START_LIMIT_S} s; log: {self.log}")
        match = READY.match(line.strip())
        assert match, f"ready line is {line!r}; log: {self.log}"
        self.url = match.group(1)

    def _follow(self, stream: IO[str], lines: queue.Queue[str] | None) -> None:
        def read() -> None:
            for line in stream:
                self.log.append(line)
                if lines is not None:
                    lines.put(line)
            if lines is not None:
                lines.put("(ended)")

        self.readers.append(threading.Thread(target=read, daemon=True))
        self.readers[-1].start()

    def stop(self) -> int:
        """Asks the server to end and returns its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """Kills the server without a warning."""
        return self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        assert self.process is not None
        process, self.process = self.process, None
        process.send_signal(how)
        code = process.wait(STOP_LIMIT_S)
        while self.readers:
            self.readers.pop().join(STOP_LIMIT_S)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        return code

    def token(self, *, project: str = "*", label: str = "test") -> str:
        """Makes an upload token."""
        created = self.run("token", "create", "--label", label, "--project", project)
        return created.strip()

    @property
    def simple(self) -> str:
        """The index address for installers."""
        return f"{self.url}/simple/"

    @property
    def legacy(self) -> str:
        """The upload address."""
        return f"{self.url}/legacy/"

    def stored(self) -> list[str]:
        """Names of everything that lies in the files and incoming folders."""
        folders = (self.data / "files", self.data / "incoming")
        return sorted(p.name for f in folders for p in f.rglob("*") if p.is_file())


@pytest.fixture(scope="session")
def market_binary() -> Path:
    """The built server; a missing one is a failure with a way out, not a skip."""
    given = os.environ.get("FAPILOG_MARKET_BIN")
    if not given or not Path(given).is_file():
        pytest.fail(
            f"FAPILOG_MARKET_BIN is {given!r}, expected the path of a built fapilog-market\n"
            "hint: cargo build -p fapilog-market && "
            "export FAPILOG_MARKET_BIN=$PWD/target/debug/fapilog-market",
            pytrace=False,
        )
    return Path(given)


@pytest.fixture
def market(market_binary: Path, tmp_path: Path) -> Iterator[Market]:
    """A running server on an empty folder; must end with exit code 0 when asked to."""
    server = Market(market_binary, tmp_path / "data")
    server.start()
    yield server
    if server.process is not None:
        assert server.stop() == 0, "".join(server.log)


# Starts a PostgreSQL server in a folder of its own; ends it when standard input is closed, which
# the system does when the tests end in whatever way.
POSTGRES_SCRIPT = """
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
folder=$(mktemp -d)
"$bin/initdb" -D "$folder/data" -U market -A trust -E UTF8 --no-sync >"$folder/log" 2>&1
"$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off \\
  -c max_connections=200 -c shared_buffers=64MB >>"$folder/log" 2>&1 &
server=$!
until "$bin/pg_isready" -q -h "$folder"; do kill -0 $server; sleep 0.05; done
echo "$folder"
read -r _ || true
kill -QUIT $server
wait $server || true
rm -rf "$folder"
"""


class Postgres:
    """A running server."""

    def __init__(self) -> None:
        # Servers refuse to run as root.
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self.process = subprocess.Popen(
            [*(user if os.geteuid() == 0 else []), "sh", "-c", POSTGRES_SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/tmp",
        )
        assert self.process.stdout is not None
        self.folder = self.process.stdout.readline().strip()
        assert self.folder, "PostgreSQL did not start"
        self.databases = 0

    def new_database(self) -> str:
        """The address of an empty database."""
        self.databases += 1
        name = f"market{self.databases}"
        self.query("postgres", f"CREATE DATABASE {name}")
        return f"postgres://market@localhost/{name}?host={self.folder}"

    def query(self, database: str, statement: str) -> str:
        """Runs a statement; returns its rows as text."""
        result = subprocess.run(
            ["psql", "-h", self.folder, "-U", "market", "-d", database, "-Atc", statement],
            capture_output=True,
            text=True,
            check=False,
            timeout=CLIENT_LIMIT_S,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def stop(self) -> None:
        """Ends the server and removes its folder."""
        self.process.communicate(timeout=STOP_LIMIT_S)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for all tests that ask for one."""
    server = Postgres()
    yield server
    server.stop()


class World:
    """What a publisher and a user of the marketplace have at hand."""

    @staticmethod
    def tool(name: str) -> str:
        """A client program: beside the interpreter first, then on the path."""
        beside = Path(sys.executable).parent / name
        found = str(beside) if beside.is_file() else shutil.which(name)
        if found is None:
            pytest.fail(f"{name} is not installed\nhint: pip install {name}", pytrace=False)
        return found

    @staticmethod
    def run(*command: str | Path, **extra: str) -> subprocess.CompletedProcess[str]:
        """Runs a client with a clean environment plus `extra`; never raises on failure."""
        return subprocess.run(
            [str(word) for word in command],
            capture_output=True,
            check=False,
            text=True,
            timeout=CLIENT_LIMIT_S,
            env=clean_environment() | extra,
        )

    @staticmethod
    def start(*command: str | Path, **extra: str) -> subprocess.Popen[str]:
        """Starts a server with a clean environment plus `extra`."""
        return subprocess.Popen(
            [str(word) for word in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=clean_environment() | extra,
        )

    def publish(
        self, client: str, market: Market, token: str, *files: Path
    ) -> subprocess.CompletedProcess[str]:
        """Uploads with the real `twine` or `uv`."""
        if client == "uv":
            command = [self.tool("uv"), "publish", "--publish-url", market.legacy]
            return self.run(*command, *files, UV_PUBLISH_TOKEN=token)
        command = [self.tool("twine"), "upload", "--non-interactive", "--disable-progress-bar"]
        return self.run(
            *command,
            *files,
            TWINE_REPOSITORY_URL=market.legacy,
            TWINE_USERNAME="__token__",
            TWINE_PASSWORD=token,
        )

    @staticmethod
    def build_wheel(
        folder: Path,
        *,
        name: str = "fapilog-hello",
        version: str = "1.0.0",
        requires: tuple[str, ...] = ("fapilog>=3,<4",),
        entry_points: str | None = "[fapilog.plugins]\nhello = MODULE:Hello\n",
        answer: int = 42,
        padding: int = 0,
        code: str = PLUGIN_CODE,
    ) -> Path:
        """Builds a right wheel by hand, so that each byte of it is known; returns its path."""
        module = name.replace("-", "_")
        info = f"{module}-{version}.dist-info"
        lines = [f"Requires-Dist: {line}\n" for line in requires]
        files = {
            f"{module}/__init__.py": f"ANSWER = {answer}\n\n\n{code}".encode(),
            f"{module}/padding.bin": os.urandom(padding),
            f"{info}/METADATA": (
                f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: Says hello\n"
                f"Requires-Python: >=3.10\n{''.join(lines)}"
                "Description-Content-Type: text/markdown\n\n# Hello\n\nSays *hello*.\n"
            ).encode(),
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        if entry_points is not None:
            files[f"{info}/entry_points.txt"] = entry_points.replace("MODULE", module).encode()
        record = [
            f"{path},{record_hash(content)},{len(content)}" for path, content in files.items()
        ]
        files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{module}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in files.items():
                archive.writestr(member, content)
        return path


@pytest.fixture(scope="session")
def world() -> World:
    """Clients and builders."""
    return World()


@pytest.fixture
def empty_venv(tmp_path: Path) -> Path:
    """A fresh virtual environment with pip; returns its Python."""
    venv.create(tmp_path / "venv", with_pip=True)
    return tmp_path / "venv" / "bin" / "python"


def record_hash(content: bytes) -> str:
    """A digest as RECORD writes it."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"
