"""Conflicts on a page: both sides, a picture, three ways out, in six languages."""

import re
from collections.abc import Callable

import pytest

from server.console.pages.conflicts import picture
from server.console.words import LANGUAGES, words
from server.core.access import CLI
from server.engine.settling import WAYS
from tests.console import clashes, fleet
from tests.console.conftest import Browser, Site

Give = Callable[..., Site]


@pytest.fixture
def it(site: Give) -> Site:
    found = site()
    clashes.open_ones(found.house)
    return found


@pytest.fixture
def browser(it: Site) -> Browser:
    return fleet.staff(it)


def text(browser: Browser) -> str:
    """What stands on the page, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", browser.page).replace("&#39;", "'").split())


def test_both_sides_stand_next_to_each_other_with_a_picture_of_their_times(it: Site, browser: Browser) -> None:
    browser.get("/conflicts")
    said = text(browser)
    assert "10:20–11:20 Alice Adams Budget review has the room" in said
    assert "10:00–10:45 Name not known has the room until 10:20" in said
    assert "nobody can tell when" in said
    assert browser.page.count('class="strip"') == 2, "what nobody can place has no picture"
    assert "Agreed or seen" in said
    assert "<script" not in browser.page
    assert "style=" not in browser.page


def test_the_picture_is_drawn_of_what_each_was_promised(it: Site) -> None:
    (one, *_) = it.house.engine.conflicts.page(CLI, room="oak")
    drawn = picture(one, it.house.clock.now())
    assert drawn.times == [(0.0, "10:00"), (333.3, "10:30"), (666.7, "11:00"), (1000.0, "11:30")]
    assert drawn.frames == {"booking": (222.2, 666.7), "walk_in": (0.0, 500.0)}
    assert drawn.bars == {"booking": (222.2, 666.7), "walk_in": (0.0, 222.2)}
    assert drawn.clash == (222.2, 277.8)
    assert drawn.now == 0.0


def test_staff_see_first_that_there_are_conflicts(it: Site, browser: Browser) -> None:
    browser.get("/devices")
    assert '<a href="/conflicts">3 conflicts</a>' in browser.page
    browser.get("/pair")
    assert '<b class="badge">3</b>' in browser.page


@pytest.mark.parametrize("way", WAYS)
def test_a_button_settles_it(it: Site, browser: Browser, way: str) -> None:
    (one, *_) = it.house.engine.conflicts.page(CLI, room="oak")
    browser.get("/conflicts")
    answer = browser.post(f"/conflicts/{one.conflict.id}/resolve", {"way": way})
    assert answer.headers["Location"] == "/conflicts?said=conflict"
    assert it.house.engine.conflicts.get(one.conflict.id, CLI).conflict.resolution == way
    browser.get("/conflicts?said=conflict")
    assert "Settled. Both were told." in text(browser)
    assert browser.post(f"/conflicts/{one.conflict.id}/resolve", {"way": way}).status_code == 409
    assert "decided already" in text(browser)


def test_what_cannot_be_is_refused(it: Site, browser: Browser) -> None:
    for number, way in (("999", "both"), ("x", "both"), ("9" * 30, "both"), ("1", "perhaps")):
        browser.get("/conflicts")
        assert browser.post(f"/conflicts/{number}/resolve", {"way": way}).status_code == 404
    assert browser.client.post("/conflicts/1/resolve", data={"way": "both"}, base_url=browser.base).status_code == 403
    maria = it.browser()
    maria.sign_in()
    assert maria.get("/conflicts").status_code == 403


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_every_language(it: Site, browser: Browser, language: str) -> None:
    browser.get(f"/conflicts?lang={language}")
    for word in ("conflicts_note", "way_both", "side_booking", "conflict_unplaced", "settled_both"):
        assert words(language)[word].replace("'", "&#39;") in browser.page
