"""The whole of fapilog on this machine: marketplace, a new plugin, an application that uses it.

`make demo` builds everything first and then runs this. With `--once` it ends by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".demo"
BIN = Path(sys.executable).parent
EVENTS = 100_000
PREFERRED_PORT = 8765
STEP_TIMEOUT = 300  # seconds, for one command
START_TIMEOUT = 30  # seconds, until the marketplace answers

#: Settings of the person who runs the demo must not decide which index is asked.
ENVIRONMENT = {
    key: value
    for key, value in os.environ.items()
    if not key.startswith(("PIP_", "UV_", "TWINE_", "PYTHON", "FAPILOG_", "VIRTUAL_ENV"))
} | {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "UV_NO_CONFIG": "1",
    "UV_PYTHON_DOWNLOADS": "never",
    "NO_COLOR": "1",
}


class DemoError(Exception):
    """A step did not do what it promises."""


def main() -> int:
    """Run all steps; 0 when each of them held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="end instead of staying up")
    once = parser.parse_args().once
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir()
    try:
        with marketplace() as (url, token):
            publish_first_party(url, token)
            publish_new_plugin(url, token)
            python = install(url)
            run_application(python)
            print(f"\n{bold('Look around')}")
            print(f"  the marketplace   {url}/")
            print(f"  the plugin's page {url}/plugins/fapilog-acme/")
            print(f"  the records       {shown(WORK / 'shop.jsonl')}")
            if not once:
                print("\nThe marketplace stays up until Ctrl-C.")
                wait_for_interrupt()
    except DemoError as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    return 0


@contextmanager
def marketplace() -> Iterator[tuple[str, str]]:
    """A running marketplace and a token to publish with."""
    program = ROOT / "target" / "release" / "fapilog-market"
    data = WORK / "market"
    with step("Start the marketplace (SQLite and a folder)"):
        command = [str(program), "serve", "--data", str(data), "--listen", listen_address()]
        log = (WORK / "market.log").open("w")
        server = subprocess.Popen(
            command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        url = ready_url(server)
        token = run([program, "token", "create", "--data", data, "--label", "demo"]).strip()
        yield url, token.splitlines()[-1]
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def publish_first_party(url: str, token: str) -> None:
    """Upload the core, the command and the first-party plugins with twine."""
    wheels = sorted(
        wheel
        for wheel in (ROOT / "dist").glob("*.whl")
        if not wheel.name.startswith("fapilog_market")
    )
    with step(f"Publish {len(wheels)} first-party wheels with twine"):
        secret = {"TWINE_USERNAME": "__token__", "TWINE_PASSWORD": token}
        upload = ["upload", "--non-interactive", "--disable-progress-bar"]
        run([BIN / "twine", *upload, "--repository-url", f"{url}/legacy/", *wheels], **secret)


def publish_new_plugin(url: str, token: str) -> None:
    """Scaffold a plugin, build it, publish it with uv."""
    with step("Scaffold a plugin: fapilog plugin new acme"):
        run([BIN / "fapilog", "plugin", "new", "acme", "--dir", WORK])
    plugin = WORK / "fapilog-acme"
    with step("Build it into a wheel with uv"):
        run([BIN / "uv", "build", "--no-build-isolation", "--python", sys.executable, plugin])
    with step("Publish it with uv"):
        files = sorted((plugin / "dist").glob("fapilog_acme-*"))
        secret = {"UV_PUBLISH_TOKEN": token}
        run([BIN / "uv", "publish", "--publish-url", f"{url}/legacy/", *files], **secret)


def install(url: str) -> Path:
    """Install core and plugin from the marketplace into empty environments with pip and with uv."""
    index = f"{url}/simple/"
    environment = WORK / "venv"
    python = environment / "bin" / "python"
    with step("Install fapilog and fapilog-acme from it with pip, into an empty environment"):
        run([sys.executable, "-m", "venv", environment])
        run([python, "-m", "pip", "install", "--index-url", index, "fapilog", "fapilog-acme"])
    with step("The same with uv"):
        other = WORK / "venv-uv"
        run([BIN / "uv", "venv", "--quiet", "--python", sys.executable, other])
        options = ["--default-index", index, "--no-cache"]
        run([BIN / "uv", "pip", "install", "--python", other, *options, "fapilog", "fapilog-acme"])
        check = "import fapilog; assert fapilog.debug_plugins()[0].status == 'ready'"
        run([other / "bin" / "python", "-c", check])
    return python


def run_application(python: Path) -> None:
    """Run the application there, check its figures and show them."""
    output = WORK / "shop.jsonl"
    with step(f"Log {EVENTS:,} events through the plugin"):
        app = Path(__file__).with_name("app.py")
        summary = json.loads(run([python, app, output, EVENTS]))
    check_summary(summary)
    stats = summary["stats"]
    print(f"\n{bold('What became of them')}")
    for count in ("submitted", "delivered", "filtered", "dropped", "queued"):
        print(f"  {count:<10}{stats[count]:>9,}")
    rate = stats["submitted"] / summary["total_seconds"]
    cost = summary["call_seconds"] / stats["submitted"] * 1e6
    print(f"  {rate:,.0f} events per second until all were in the file ({cost:.1f} µs a call)")
    print(f"\n{bold('The first lines')} of {shown(output)}")
    for line in summary["first_lines"]:
        print("  " + (line if len(line) <= 200 else line[:199] + "…"))


def check_summary(summary: dict[str, Any]) -> None:
    """Hold the application's figures against each other."""
    stats = summary["stats"]
    settled = stats["delivered"] + stats["filtered"] + stats["dropped"] + stats["queued"]
    failures = [plugin for plugin in stats["plugins"] if plugin["errors"]]
    holds = (
        stats["submitted"] == EVENTS == settled
        and stats["dropped"] == stats["queued"] == summary["undelivered"] == 0
        and stats["filtered"] > 0
        and stats["delivered"] == summary["lines"]
        and summary["exceptions"] > 0
        and not failures
    )
    if not holds:
        raise DemoError(f"the figures do not add up: {json.dumps(summary, indent=2)}")


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show a step while it runs, and how long it took."""
    start = time.perf_counter()
    if sys.stdout.isatty():
        print(f"  … {title}", end="\r", flush=True)
    yield
    print(f"  ✓ {title} ({time.perf_counter() - start:.1f} s)", flush=True)


def run(command: Sequence[object], **secrets: str) -> str:
    """Run a command to its end and return what it printed; its output is shown when it fails."""
    words = [str(word) for word in command]
    result = subprocess.run(
        words,
        env=ENVIRONMENT | secrets,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=STEP_TIMEOUT,
        check=False,
    )
    if result.returncode != 0:
        output = f"{result.stdout}\n{result.stderr}".strip()
        raise DemoError(f"`{' '.join(words)}` ended with {result.returncode}:\n{output}")
    return result.stdout


def listen_address() -> str:
    """The usual port if it is free, else any."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", PREFERRED_PORT))
        except OSError:
            return "127.0.0.1:0"
    return f"127.0.0.1:{PREFERRED_PORT}"


def ready_url(server: subprocess.Popen[str]) -> str:
    """The address in the server's first line, which it prints when it is ready."""
    limit = threading.Timer(START_TIMEOUT, server.kill)
    limit.start()
    line = server.stdout.readline() if server.stdout else ""
    limit.cancel()
    marker = "ready at "
    if marker not in line:
        log = (WORK / "market.log").read_text()
        raise DemoError(f"the marketplace did not start:\n{line}{log}")
    return line.split(marker, 1)[1].strip().rstrip("/")


def wait_for_interrupt() -> None:
    """Wait for Ctrl-C."""
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()


def bold(text: str) -> str:
    """Bold on a terminal, plain elsewhere."""
    return f"\x1b[1m{text}\x1b[0m" if sys.stdout.isatty() else text


def shown(path: Path) -> str:
    """A path as the person in the project's folder would type it."""
    return os.path.relpath(path)


if __name__ == "__main__":
    sys.exit(main())
