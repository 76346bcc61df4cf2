"""Every page in a real Chromium: accessible, within its policy, by keyboard, and without script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .stock import PAGES, PRIVATE_PAGES, SIGN_IN_PAGES, Stocked, stocked


@pytest.fixture(scope="module")
def market() -> Iterator[Stocked]:
    """A marketplace with plugins."""
    with stocked() as running:
        yield running


def test_no_page_violates_a_rule_of_axe_or_is_wider_than_the_window(market: Stocked) -> None:
    """At two widths, light and dark: WCAG A and AA and best practices."""
    assert market.look("axe", PAGES + SIGN_IN_PAGES) == []


def test_no_page_of_people_who_are_signed_in_violates_a_rule(market: Stocked) -> None:
    """Accounts, organisations, reviews, moderation, administration."""
    assert market.look("axe", PRIVATE_PAGES + market.pages, cookies=market.cookies) == []


def test_browsers_find_nothing_to_complain_of(market: Stocked) -> None:
    """No style, script or picture that the content security policy stops."""
    assert market.look("quiet", PAGES + SIGN_IN_PAGES) == []
    assert market.look("quiet", PRIVATE_PAGES + market.pages, cookies=market.cookies) == []


def test_the_main_ways_need_no_mouse(market: Stocked) -> None:
    """Skip link, suggestions, search, tabs, copying."""
    assert market.look("keys", []) == []


def test_the_main_ways_need_no_script(market: Stocked) -> None:
    """Search, facets and tabs."""
    assert market.look("scriptless", []) == []
