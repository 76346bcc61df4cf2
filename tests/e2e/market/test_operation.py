"""How a marketplace is run: settings from a file, metrics, readiness, TLS."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.market.conftest import Market

if TYPE_CHECKING:
    from tests.e2e.market.conftest import World


def fetch(url: str, context: ssl.SSLContext | None = None) -> str:
    """The text of an answer."""
    with urllib.request.urlopen(url, timeout=30, context=context) as answer:
        text: str = answer.read().decode()
    return text


def test_a_file_sets_what_neither_option_nor_variable_sets(
    world: World, market_binary: Path, tmp_path: Path
) -> None:
    file = tmp_path / "market.toml"
    file.write_text(f'data = "{tmp_path}/from-file"\nmax-upload-bytes = 1000\n')
    environment = {"FAPILOG_MARKET_CONFIG": str(file)}
    market = Market(market_binary, tmp_path / "by-option", environment=environment)
    market.start()
    try:
        assert (tmp_path / "by-option" / "market.sqlite3").is_file()
        assert not (tmp_path / "from-file").exists()
        wheel = world.build_wheel(tmp_path / "dist", padding=10_000_000)
        result = world.publish("uv", market, market.token(), wheel)
        assert "the upload is larger than 1000 bytes" in result.stderr
    finally:
        assert market.stop() == 0
    file.write_text("lisen = 1\n")
    result = world.run(market_binary, "serve", "--config", file)
    assert result.returncode == 1
    assert "`lisen`, which is no setting" in result.stderr
    assert "hint: the settings are: " in result.stderr


def test_metrics_tell_of_requests_jobs_and_uploads_at_an_address_of_their_own(
    world: World, market_binary: Path, tmp_path: Path
) -> None:
    options = ("--operation-listen", "127.0.0.1:0")
    market = Market(market_binary, tmp_path / "data", options=options)
    market.start()
    try:
        wheel = world.build_wheel(tmp_path / "dist")
        assert world.publish("uv", market, market.token(), wheel).returncode == 0
        told = [json.loads(line) for line in market.log if '"metrics and health"' in line]
        operation = f"http://{told[0]['fields']['address']}"
        text = fetch(f"{operation}/metrics")
        assert 'fapilog_market_uploads{state="published"} 1' in text
        labels = 'area="legacy",method="POST",status="200"'
        assert f"fapilog_market_request_seconds_count{{{labels}}} 1" in text
        for line in text.splitlines():
            assert re.fullmatch(r"#.*|[a-z_]+(\{[^}]*\})? [0-9.e+-]+", line), line
        assert json.loads(fetch(f"{operation}/readyz")) == {"status": "ready"}
        assert json.loads(fetch(f"{market.url}/healthz"))["status"] == "ok"
        # The public address doesn't have them.
        try:
            fetch(f"{market.url}/metrics")
            raise AssertionError("metrics are public")
        except urllib.error.HTTPError as error:
            with error:
                assert error.code == 404
    finally:
        assert market.stop() == 0


def test_the_server_speaks_tls_with_a_certificate_of_its_own(
    market_binary: Path, tmp_path: Path
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=market", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    options = ("--tls-certificate", str(certificate), "--tls-key", str(key))
    market = Market(market_binary, tmp_path / "data", options=options)
    market.start()
    try:
        assert market.url.startswith("https://")
        context = ssl.create_default_context(cafile=str(certificate))
        assert market.simple in fetch(f"{market.url}/", context)
    finally:
        assert market.stop() == 0
    market.options = ("--tls-certificate", str(key), "--tls-key", str(key))
    result = subprocess.run(
        market.command("serve", *market.options), capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert result.returncode == 1
    assert "can't be used" in result.stderr
