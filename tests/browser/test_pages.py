"""Every page in a real Chromium: accessible, within its policy, by keyboard, and without script."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from .stock import PAGE_LIST, TIMEOUT_S, WHO, Stocked, served, stocked

#: A round has some thirty pages, each looked at four times.
pytestmark = pytest.mark.timeout(TIMEOUT_S)


@pytest.fixture(scope="module")
def market() -> Iterator[Stocked]:
    """A marketplace with plugins."""
    with stocked() as running:
        yield running


def test_every_page_of_the_table_of_routes_is_looked_at(market: Stocked) -> None:
    """A new page is missed here until `stock.py` names it."""
    looked_at = [
        urlsplit(page["path"]).path for one in market.rounds.values() for page in one.pages
    ]
    patterns = PAGE_LIST.read_text().split()
    missed = [
        pattern
        for pattern in patterns
        if not any(
            re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(pattern)), path)
            for path in looked_at
        )
    ]
    assert len(patterns) > 30
    assert missed == []


@pytest.mark.parametrize("who", WHO)
def test_no_page_violates_a_rule_of_axe_or_is_wider_than_the_window(
    market: Stocked, who: str
) -> None:
    """At two widths, light and dark: WCAG A and AA and best practices."""
    assert market.look_around(who, "axe") == []


def test_a_page_for_those_who_ask_too_often_violates_no_rule() -> None:
    """Twenty tries of links are allowed within ten minutes."""
    page = {"name": "too-often", "path": "/verify-email?token=none", "status": 429}
    with served() as market:
        found = ["not asked too often yet"]
        # A new window may begin in between, once.
        for _ in range(2):
            for _ in range(20):
                with pytest.raises(urllib.error.HTTPError):
                    urllib.request.urlopen(f"{market.url}{page['path']}", timeout=TIMEOUT_S)
            found = market.look("axe", [page])
            if not found:
                break
        assert found == []


@pytest.mark.parametrize("who", WHO)
def test_browsers_find_nothing_to_complain_of(market: Stocked, who: str) -> None:
    """No style, script or picture that the content security policy stops."""
    assert market.look_around(who, "quiet") == []


def test_the_main_ways_need_no_mouse(market: Stocked) -> None:
    """Skip link, suggestions, search, tabs, copying."""
    assert market.look("keys", []) == []


def test_the_main_ways_need_no_script(market: Stocked) -> None:
    """Search, facets and tabs; where passkeys need it, the page says so."""
    assert market.look("scriptless", []) == []


def test_a_passkey_signs_in_alone_and_after_the_password(market: Stocked) -> None:
    """With the authenticator that Chromium brings along for tests."""
    assert market.look("passkeys", []) == []
