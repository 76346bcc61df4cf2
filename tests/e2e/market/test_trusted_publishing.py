"""Trusted publishing on a running server, with an issuer on loopback and the real uv and twine."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.e2e.market.conftest import Market, World
from tests.e2e.market.people import Answer, Browser, CiService, b64

CLAIMS = {"repository": "acme/fapilog-hello", "environment": "release"}


@pytest.fixture
def ci() -> Iterator[CiService]:
    with CiService(claims=dict(CLAIMS)) as service:
        yield service


@pytest.fixture
def trusting(
    market_binary: Path, tmp_path: Path, world: World, ci: CiService
) -> Iterator[tuple[Market, Browser]]:
    """A server with a project that trusts the service, and the project's owner."""
    options = ("--allow-private-addresses", "--no-rate-limits")
    server = Market(market_binary, tmp_path / "data", options=options)
    server.start()
    owner = Browser(server.url)
    owner.sign_up("ada")
    first = world.publish("uv", server, owner.new_token(), world.build_wheel(tmp_path))
    assert first.returncode == 0, first.stderr
    claims = "\n".join(f"{name} = {value}" for name, value in CLAIMS.items())
    path = "/manage/fapilog-hello/trusted-publishers"
    assert owner.post(path, issuer=ci.url, claims=claims).status == 303
    yield server, owner
    if server.process is not None:
        assert server.stop() == 0, "".join(server.log)


def mint(server: Market, statement: str) -> Answer:
    browser = Browser(server.url)
    body = json.dumps({"token": statement}).encode()
    headers = {"Content-Type": "application/json"}
    address = f"{server.url}/_/oidc/mint-token"
    return browser._send(urllib.request.Request(address, data=body, headers=headers))


def audience(server: Market) -> str:
    answer = Browser(server.url).get("/_/oidc/audience")
    return str(json.loads(answer.text)["audience"])


def test_a_ci_job_publishes_with_uv_and_without_any_secret(
    trusting: tuple[Market, Browser], ci: CiService, world: World, tmp_path: Path
) -> None:
    """By the steps that uv takes, which asks for tokens by TLS only and so not on loopback."""
    server, owner = trusting
    job = Browser(ci.url).get(f"/job?audience={audience(server)}")
    minted = json.loads(mint(server, json.loads(job.text)["value"]).text)
    wheel = world.build_wheel(tmp_path / "second", version="2.0.0")
    published = world.publish("uv", server, minted["token"], wheel)
    assert published.returncode == 0, published.stderr
    page = Browser(server.url).get("/simple/fapilog-hello/").text
    assert "fapilog_hello-2.0.0" in page
    assert "token minted" in owner.get("/manage/fapilog-hello/audit").text


@pytest.mark.parametrize("by", ["request", "statement"])
def test_the_command_asks_for_a_token_by_itself(
    trusting: tuple[Market, Browser], ci: CiService, world: World, tmp_path: Path, by: str
) -> None:
    """By the variables of a job on GitHub, and by a statement that the service hands over."""
    server, owner = trusting
    wheel = world.build_wheel(tmp_path / "second", version="2.0.0")
    if by == "request":
        job = {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{ci.url}/job?run=1",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "the-right-of-this-job",
        }
    else:
        job = {"FAPILOG_ID_TOKEN": ci.statement(aud=audience(server))}
    command = [os.environ["FAPILOG_CLI_BIN"], "plugin", "publish", str(wheel)]
    told = subprocess.run(
        [*command, "--index", f"{server.url}/legacy/"],
        env={"PATH": os.environ["PATH"], **job},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert "fapilog_hello-2.0.0" in Browser(server.url).get("/simple/fapilog-hello/").text
    assert "token minted" in owner.get("/manage/fapilog-hello/audit").text
    assert "fapm_" not in told.stdout + told.stderr


def test_twine_publishes_with_a_minted_token_and_only_that_project(
    trusting: tuple[Market, Browser], ci: CiService, world: World, tmp_path: Path
) -> None:
    server, _ = trusting
    minted = json.loads(mint(server, ci.statement(aud=audience(server))).text)
    wheel = world.build_wheel(tmp_path / "second", version="2.0.0")
    published = world.publish("twine", server, minted["token"], wheel)
    assert published.returncode == 0, published.stderr
    other = world.build_wheel(tmp_path / "other", name="fapilog-other")
    refused = world.publish("twine", server, minted["token"], other)
    assert "may upload to" in refused.stdout + refused.stderr


def test_a_statement_is_good_for_one_token_even_when_many_show_it_at_once(
    trusting: tuple[Market, Browser], ci: CiService
) -> None:
    server, _ = trusting
    statement = ci.statement(aud=audience(server))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: mint(server, statement), range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [403] * 7
    assert {json.loads(a.text)["error"]["id"] for a in answers if a.status != 200} == {
        "statement-used"
    }


def test_statements_that_say_or_prove_too_little_get_nothing(
    trusting: tuple[Market, Browser], ci: CiService
) -> None:
    server, owner = trusting
    right = {"aud": audience(server)}
    now = int(time.time())
    good = ci.statement(**right)
    head, payload, signature = good.split(".")
    unsigned = b64(json.dumps({"alg": "none", "typ": "JWT"}).encode())
    symmetric = b64(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "1"}).encode())
    forged = b64(json.dumps({"iss": ci.url, **right, "exp": now + 300}).encode())
    with CiService(claims=dict(CLAIMS)) as stranger:
        foreign = stranger.statement(**right)
        pretended = stranger.statement(iss=ci.url, **right)
    wrong = {
        "another audience": ci.statement(aud="pypi"),
        "two audiences": ci.statement(aud=[right["aud"], "pypi"]),
        "expired": ci.statement(exp=now - 120, iat=now - 400, nbf=now - 400, **right),
        "not yet good": ci.statement(nbf=now + 600, **right),
        "made in the future": ci.statement(iat=now + 600, **right),
        "good for years": ci.statement(exp=now + 10**8, **right),
        "without an end": ci.statement(exp=None, **right),
        "another repository": ci.statement(repository="eve/fapilog-hello", **right),
        "a claim missing": ci.statement(environment=None, **right),
        "a claim as a list": ci.statement(environment=["release"], **right),
        "unsigned": f"{unsigned}.{payload}.",
        "signed with the public key": f"{symmetric}.{payload}.{signature}",
        "changed after signing": f"{head}.{forged}.{signature}",
        "an issuer that nobody trusts": foreign,
        "signed by another": pretended,
        "nothing": "",
        "no statement": "a.b.c",
        "very long": "a." + "b" * 100_000 + ".c",
    }
    for what, statement in wrong.items():
        answer = mint(server, statement)
        assert answer.status == 403, (what, answer.text)
        assert "fapm_" not in answer.text, what
    assert mint(server, good).status == 200, "and the right one still works"
    keys = [path for path in ci.asked if path == "/keys"]
    assert len(keys) <= 2, "keys are kept"
    assert owner.get("/manage/fapilog-hello").status == 200


def test_what_is_trusted_no_more_publishes_no_more(
    trusting: tuple[Market, Browser], ci: CiService, world: World, tmp_path: Path
) -> None:
    server, owner = trusting
    minted = json.loads(mint(server, ci.statement(aud=audience(server))).text)
    page = owner.get("/manage/fapilog-hello").text
    found = page.split('name="remove" value="')[1].split('"')[0]
    owner.post("/manage/fapilog-hello/trusted-publishers", remove=found)
    assert mint(server, ci.statement(aud=audience(server))).status == 403
    wheel = world.build_wheel(tmp_path / "second", version="2.0.0")
    refused = world.publish("twine", server, minted["token"], wheel)
    assert refused.returncode != 0, "tokens that are left end too"


@pytest.mark.parametrize(
    "issuer",
    [
        "http://127.0.0.1:9/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/",
        "https://10.0.0.1/",
        "http://example.org/",
        "file:///etc/passwd",
        "https://user:secret@example.org/",
    ],
)
def test_an_issuer_in_the_servers_own_network_is_refused(
    market: Market, world: World, tmp_path: Path, issuer: str
) -> None:
    owner = Browser(market.url)
    owner.sign_up("ada")
    world.publish("uv", market, owner.new_token(), world.build_wheel(tmp_path))
    path = "/manage/fapilog-hello/trusted-publishers"
    answer = owner.post(path, issuer=issuer, claims="repository = acme/x")
    assert answer.status == 400, answer.text
    # What the form held is not repeated, whatever it was.
    assert "user:secret" not in answer.text
