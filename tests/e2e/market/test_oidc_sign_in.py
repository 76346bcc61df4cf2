"""Signing in with an account elsewhere, at a real OpenID Connect provider."""

from __future__ import annotations

import re
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.market.conftest import Market
from tests.e2e.market.people import Answer, Browser, free_port

PROVIDER = Path(__file__).parent / "oidc"


@pytest.fixture
def elsewhere(market_binary: Path, tmp_path: Path) -> Iterator[Market]:
    """A server beside a provider."""
    assert (PROVIDER / "node_modules").is_dir(), "hint: scripts/install_test_peers.sh"
    port = free_port()
    callback = f"http://127.0.0.1:{port}/sign-in/oidc/callback"
    command = ["node", str(PROVIDER / "provider.mjs"), callback]
    provider = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert provider.stdout is not None
    issuer = provider.stdout.readline().strip()
    options = (
        *("--oidc-issuer", issuer, "--oidc-client-id", "market"),
        *("--allow-private-addresses", "--no-rate-limits"),
    )
    server = Market(market_binary, tmp_path / "data", options=options, port=port)
    server.environment["FAPILOG_MARKET_OIDC_CLIENT_SECRET"] = "the secret of the market"
    server.start()
    try:
        yield server
        assert server.stop() == 0, "".join(server.log)
        assert "the secret of the market" not in "".join(server.log)
    finally:
        provider.kill()
        provider.wait()
        provider.stdout.close()


def go_on(browser: Browser, answer: Answer, base: str, *, until: str) -> Answer:
    """Follows redirects up to an address that contains a text, which is not asked any more."""
    for _ in range(10):
        if until in answer.location:
            return answer
        assert answer.location, answer.text
        base = urllib.parse.urljoin(base, answer.location)
        answer = browser.get(base)
        if answer.status == 200:
            return answer
    raise AssertionError(answer.location)


def press(browser: Browser, page: Answer, base: str, **fields: str) -> Answer:
    """Sends the form of one of the provider's pages."""
    action = re.search(r'action="([^"]+)"', page.text)
    prompt = re.search(r'name="prompt" value="(\w+)"', page.text)
    assert action, page.text
    assert prompt, page.text
    address = urllib.parse.urljoin(base, action.group(1))
    body = urllib.parse.urlencode({"prompt": prompt.group(1), **fields}).encode()
    return browser._send(urllib.request.Request(address, data=body))


def at_the_provider(browser: Browser, name: str, next_: str = "/account") -> str:
    """Signs in at the provider and returns the address that it sends back to."""
    begun = browser.get(f"/sign-in/oidc?next={urllib.parse.quote(next_)}")
    assert begun.status == 303, begun.text
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(begun.location).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["state"]
    assert asked["nonce"]
    base = begun.location
    answer = go_on(browser, begun, base, until="/sign-in/oidc/callback")
    while "/sign-in/oidc/callback" not in answer.location:
        if "login" in answer.text and "password" in answer.text:
            answer = press(browser, answer, base, login=name, password="any")
        else:
            answer = press(browser, answer, base)
        answer = go_on(browser, answer, base, until="/sign-in/oidc/callback")
    return answer.location


def test_somebody_signs_in_elsewhere_and_has_an_account_here(elsewhere: Market) -> None:
    ada = Browser(elsewhere.url)
    assert "Sign in with 127.0.0.1" in ada.get("/sign-in").text
    before = {cookie.value for cookie in ada.jar}
    back = ada.get(at_the_provider(ada, "ada", "/account/tokens"))
    assert back.location == "/account/tokens", back.text
    assert not before & {cookie.value for cookie in ada.jar if cookie.name == "fapilog"}
    page = ada.get("/account").text
    assert "<h1>ada</h1>" in page
    assert "(verified)" in page
    again = Browser(elsewhere.url)
    assert again.get(at_the_provider(again, "ada")).location == "/account"
    assert "<h1>ada</h1>" in again.get("/account").text, "the same account"


def test_an_answer_is_taken_once_and_by_the_browser_that_asked(elsewhere: Market) -> None:
    ada, eve = Browser(elsewhere.url), Browser(elsewhere.url)
    answer = at_the_provider(ada, "ada")
    eve.get("/sign-in")
    assert eve.get(answer).status == 403, "sent to another browser"
    assert ada.get(answer).location == "/account"
    assert ada.get(answer).status == 403, "used before"
    third = Browser(elsewhere.url)
    answer = at_the_provider(third, "mia")
    wrong = re.sub(r"code=[^&]+", "code=made-up", answer)
    assert third.get(wrong).status == 403
    assert third.get(answer).status == 403, "the attempt is over"
    assert third.get("/account").status == 303


def test_an_account_elsewhere_is_linked_by_who_is_signed_in_and_to_nobody_else(
    elsewhere: Market,
) -> None:
    ada = Browser(elsewhere.url)
    ada.sign_up("ada-lovelace")
    assert ada.get(at_the_provider(ada, "ada")).location == "/account?done=added"
    again = Browser(elsewhere.url)
    again.get(at_the_provider(again, "ada"))
    assert "<h1>ada-lovelace</h1>" in again.get("/account").text
    eve = Browser(elsewhere.url)
    eve.sign_up("eve")
    assert eve.get(at_the_provider(eve, "ada")).status == 409
    taken = Browser(elsewhere.url)
    taken.get(at_the_provider(taken, "eve"))
    assert "<h1>eve-2</h1>" in taken.get("/account").text, "a name is no proof"
