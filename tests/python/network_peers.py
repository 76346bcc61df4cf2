"""Peers of the network sinks: certificates, and a syslog server."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.python.support import PATIENCE, wait_until


@dataclass(frozen=True)
class Certificates:
    """PEM files: an authority, and a server and a client that it knows."""

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path


def make_certificates(folder: Path) -> Certificates:
    """Let openssl make certificates for ``localhost``."""

    def run(*arguments: object) -> None:
        subprocess.run(
            ["openssl", *map(str, arguments)],
            check=True,
            capture_output=True,
            timeout=60,
            cwd=folder,
        )

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    run(
        *("req", "-x509", *new_key, "-subj", "/CN=test authority"),
        *("-keyout", "authority.key", "-out", "authority.pem"),
        *("-addext", "keyUsage=critical,keyCertSign"),
    )
    for name, alternative in (("server", "DNS:localhost,IP:127.0.0.1"), ("client", "DNS:client")):
        run(
            *("req", *new_key[:-2], "-subj", f"/CN={name}"),
            *("-keyout", f"{name}.key", "-out", f"{name}.csr"),
        )
        (folder / f"{name}.ext").write_text(
            f"subjectAltName={alternative}\nbasicConstraints=CA:FALSE\n"
        )
        run(
            *("x509", "-req", "-in", f"{name}.csr", "-days", 2, "-extfile", f"{name}.ext"),
            *("-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial"),
            *("-out", f"{name}.pem"),
        )
    names = ("authority.pem", "server.pem", "server.key", "client.pem", "client.key")
    return Certificates(*(folder / name for name in names))


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody listens on."""
    with socket.socket(socket.AF_INET, kind) as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


#: Every part of a message, as a JSON line.
_TEMPLATE = """
template(name="parts" type="list" option.jsonf="on") {
  property(outname="priority" name="pri" format="jsonf")
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="process" name="procid" format="jsonf")
  property(outname="id" name="msgid" format="jsonf")
  property(outname="structured" name="structured-data" format="jsonf")
  property(outname="text" name="msg" format="jsonf")
}
"""


class Rsyslog:
    """A real syslog server on loopback ports, with a configuration of its own."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        program = shutil.which("rsyslogd", path="/usr/sbin:/usr/bin:/sbin:/bin")
        if program is None:
            pytest.fail("rsyslogd is missing: run scripts/install_test_peers.sh")
        self.udp, self.tcp = free_port(socket.SOCK_DGRAM), free_port()
        self.tls, self.socket = free_port(), folder / "log.sock"
        self.out, self.said = folder / "out.jsonl", folder / "rsyslog.log"
        configuration = folder / "rsyslog.conf"
        configuration.write_text(
            f"""
global(workDirectory="{folder}" maxMessageSize="64k"
  defaultNetstreamDriverCAFile="{certificates.authority}"
  defaultNetstreamDriverCertFile="{certificates.server}"
  defaultNetstreamDriverKeyFile="{certificates.server_key}")
module(load="imudp")
module(load="imtcp")
module(load="imuxsock" SysSock.Use="off")
{_TEMPLATE}
ruleset(name="keep") {{
  action(type="omfile" file="{self.out}" template="parts" asyncWriting="off" flushOnTXEnd="on")
}}
input(type="imudp" address="127.0.0.1" port="{self.udp}" ruleset="keep")
input(type="imtcp" address="127.0.0.1" port="{self.tcp}" ruleset="keep")
input(type="imtcp" address="127.0.0.1" port="{self.tls}" ruleset="keep"
  streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
input(type="imuxsock" socket="{self.socket}" useSpecialParser="off" parseHostname="on"
  ignoreTimestamp="off" useSysTimeStamp="off"
  ruleset="keep")
"""
        )
        with self.said.open("wb") as log:
            self.process = subprocess.Popen(
                [program, "-n", "-f", configuration, "-i", folder / "rsyslog.pid"],
                stdout=log,
                stderr=log,
            )
        wait_until(f"rsyslogd listens; see {self.said}", self._listens)

    def _listens(self) -> bool:
        assert self.process.poll() is None, self.said.read_text()
        for port in (self.tcp, self.tls):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) != 0:
                    return False
        return self.socket.exists()

    def messages(self, about: str, count: int) -> list[dict[str, Any]]:
        """The messages of an application, when there are so many."""
        found: list[dict[str, Any]] = []

        def arrived() -> bool:
            text = self.out.read_text() if self.out.exists() else ""
            whole, _, _ = text.rpartition("\n")
            found[:] = [json.loads(line) for line in whole.splitlines()]
            found[:] = [message for message in found if message["app"] == about]
            return len(found) >= count

        wait_until(f"{count} messages of {about}; see {self.out}", arrived)
        return found

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
