"""Accounts on a running server: mail, clients with tokens, and what is never in the log."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.market.conftest import Market, World
from tests.e2e.market.people import PASSWORD, Browser, Postman


@pytest.fixture
def postman() -> Iterator[Postman]:
    with Postman() as running:
        yield running


@pytest.fixture
def mailing(market_binary: Path, tmp_path: Path, postman: Postman) -> Iterator[Market]:
    """A server that sends mail, and logs all that it can."""
    options = ("--mail-server", postman.url, "--mail-from", "market@example.org")
    server = Market(market_binary, tmp_path / "data", options=options)
    server.environment["FAPILOG_MARKET_LOG"] = "trace"
    server.start()
    yield server
    if server.process is not None:
        assert server.stop() == 0, "".join(server.log)


def test_a_lost_password_is_set_anew_by_mail(mailing: Market, postman: Postman) -> None:
    ada = Browser(mailing.url)
    ada.sign_up("ada", "Ada@Example.org")
    unverified = ada.post("/recover", name="ada")
    link = postman.link("ada@example.org", "/verify-email")
    assert ada.get(link).location == "/sign-in?done=verified"
    assert ada.get(link).status == 410
    asked = Browser(mailing.url).post("/recover", name="ada@example.org")
    assert asked.status == unverified.status == 200
    link = postman.link("ada@example.org", "/recover/set")
    browser = Browser(mailing.url)
    assert browser.get(link).status == 200
    token = link.split("=")[1]
    answer = browser.post("/recover/set", token=token, password="another long password")
    assert answer.location == "/sign-in?done=saved"
    assert browser.get(link).status == 410
    assert ada.get("/account").status == 303, "all sessions are ended"
    answer = browser.post("/sign-in", name="ada", password="another long password")
    assert answer.location == "/account"


def test_no_secret_is_ever_in_the_log(
    mailing: Market, postman: Postman, world: World, tmp_path: Path
) -> None:
    ada = Browser(mailing.url)
    ada.sign_up("ada", "ada@example.org")
    link = postman.link("ada@example.org", "/verify-email")
    ada.get(link)
    token = ada.new_token()
    published = world.publish("twine", mailing, token, world.build_wheel(tmp_path))
    assert published.returncode == 0, published.stderr
    wrong = world.publish("twine", mailing, token[:-4] + "0000", world.build_wheel(tmp_path))
    assert wrong.returncode != 0
    cookie = next(iter(ada.jar)).value
    assert mailing.stop() == 0
    log = "".join(mailing.log)
    assert "token made" in log
    for secret in (PASSWORD, token.split("_")[2], link.split("=")[1], cookie):
        assert secret
        assert secret not in log


@pytest.mark.parametrize("client", ["uv", "twine"])
def test_clients_publish_with_a_token_of_an_account(
    market: Market, world: World, tmp_path: Path, client: str
) -> None:
    ada = Browser(market.url)
    ada.sign_up("ada")
    token = ada.new_token()
    published = world.publish(client, market, token, world.build_wheel(tmp_path))
    assert published.returncode == 0, published.stderr
    assert "/manage/fapilog-hello" in ada.get("/account/projects").text
    eve = Browser(market.url)
    eve.sign_up("eve")
    other = world.build_wheel(tmp_path / "eve", version="2.0.0")
    refused = world.publish(client, market, eve.new_token(), other)
    assert refused.returncode != 0
    assert "belongs to somebody else" in refused.stdout + refused.stderr


def test_the_operator_makes_accounts_and_lets_people_back_in(market: Market) -> None:
    def operate(*words: str) -> str:
        command = [str(market.binary), "account", "--data", str(market.data), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        return done.stdout.strip()

    public = ("--public-url", market.url)
    link = operate("create", "ada", "--role", "administrator", *public)
    browser = Browser(market.url)
    token = link.split("=")[1]
    browser.post("/recover/set", token=token, password=PASSWORD)
    browser.post("/sign-in", name="ada", password=PASSWORD)
    log = browser.get("/administration/audit")
    assert log.status == 200
    assert "operator" in log.text
    second = operate("recover", "ada", *public)
    assert second != link
    assert operate("role", "ada", "none") == "ada: none"
    assert browser.get("/administration/audit").status == 403


def test_known_and_unknown_names_take_the_same_time(market_binary: Path, tmp_path: Path) -> None:
    server = Market(market_binary, tmp_path / "data", options=("--no-rate-limits",))
    server.start()
    try:
        Browser(server.url).sign_up("ada")
        browser = Browser(server.url)

        def quickest(name: str) -> float:
            times = []
            for _ in range(7):
                begin = time.perf_counter()
                assert browser.post("/sign-in", name=name, password="wrong password").status == 422
                times.append(time.perf_counter() - begin)
            return min(times)

        known, unknown = quickest("ada"), quickest("nobody-here")
        assert 0.5 < known / unknown < 2.0, (known, unknown)
    finally:
        assert server.stop() == 0


def test_a_form_that_never_ends_is_given_up(market: Market) -> None:
    host, port = market.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as client:
        head = "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n"
        client.sendall((head + "Content-Type: application/x-www-form-urlencoded\r\n\r\n").encode())
        chunk = b"a" * 65536
        sent = 0
        try:
            while sent < 64 * len(chunk):
                client.sendall(chunk)
                sent += len(chunk)
            answer = client.recv(4096)
        except ConnectionError:
            answer = b""
        assert answer == b"" or b" 413 " in answer.split(b"\r\n")[0]
    assert Browser(market.url).get("/healthz").status == 200
