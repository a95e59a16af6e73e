"""One booking and one room at the addresses that other systems' clients link to."""

import re
from collections.abc import Callable

import pytest

from server.console.words import LANGUAGES, words
from server.core.access import CLI
from server.core.model import Details
from tests.console.conftest import Browser, Site
from tests.people import person

Give = Callable[..., Site]


@pytest.fixture
def it(site: Give) -> Site:
    return site()


@pytest.fixture
def browser(it: Site) -> Browser:
    found = it.browser()
    found.sign_in()
    return found


def said(browser: Browser, path: str, status: int = 200) -> str:
    """What a page says, as one line."""
    assert browser.get(path).status_code == status, path
    return " ".join(re.sub(r"<[^>]+>", " ", browser.page.partition("<main>")[2].partition("</main>")[0]).split())


def test_who_may_read_it_reads_when_where_and_who(it: Site, browser: Browser) -> None:
    made = it.house.book("11:00", "12:00", owner=it.maria.number, description="Bring the plans")
    number = it.house.engine.naming.number(made)
    assert said(browser, f"/rooms/booking/{number}") == (
        "Planning When 2026-06-15 11:00–12:00 Room Oak · Main · 1 Host Alice Adams State Confirmed "
        "Bring the plans Times are those of Europe/Berlin."
    )
    assert "<script" not in browser.page


def test_what_is_others_is_told_no_further_than_on_their_phones(it: Site, browser: Browser) -> None:
    bob = person(it.house, "bob")
    made = it.house.book(
        "11:00", "12:00", owner=bob.number, title="Secret plans", details=Details(privacy="private"), by=CLI
    )
    page = said(browser, f"/rooms/booking/{it.house.engine.naming.number(made)}")
    assert page.startswith("Booking When 2026-06-15 11:00–12:00 Room Oak")
    assert "Secret" not in page
    assert "Alice" not in page


def test_a_series_shows_its_next_date_and_those_after_it(it: Site, browser: Browser) -> None:
    whole = it.house.recur("11:00", "12:00", owner=it.maria.number)
    number = it.house.engine.naming.number(whole.series)
    it.house.clock.forward(days=8)
    browser.sign_in()
    page = said(browser, f"/rooms/booking/{number}")
    assert "When 2026-06-29 11:00–12:00" in page
    assert "Dates 2026-07-06 11:00–12:00 Times" in page
    it.house.clock.forward(days=80)
    browser.sign_in()
    assert "When 2026-07-06 11:00–12:00" in said(browser, f"/rooms/booking/{number}")


def test_a_cancelled_one_says_so(it: Site, browser: Browser) -> None:
    made = it.house.book("11:00", "12:00", owner=it.maria.number)
    it.house.engine.bookings.cancel(made.uid, CLI)
    assert "State Cancelled" in said(browser, f"/rooms/booking/{it.house.engine.naming.number(made)}")


def test_a_room_shows_its_day(it: Site, browser: Browser) -> None:
    path = f"/rooms/room/{it.house.oak.number}"
    assert said(browser, path) == "Oak Main · 1 Today Nothing is booked today. Times are those of Europe/Berlin."
    it.house.book("11:00", "12:00", owner=it.maria.number)
    assert "Today 11:00–12:00 Planning" in said(browser, path)
    it.house.engine.rooms.change("oak", CLI, status="unavailable", status_reason="Wet paint", anyway=True)
    assert said(browser, path).startswith("Oak Main · 1 State Closed · Wet paint Today 11:00–12:00 Planning")


def test_what_is_not_there_and_what_is_out_of_reach_look_alike(it: Site, browser: Browser) -> None:
    made = it.house.book("11:00", "12:00", by=CLI)
    number = it.house.engine.naming.number(made)
    it.house.policy("oak", members="none")
    seen = {
        said(browser, f"/rooms/{path}", 404)
        for path in (f"booking/{number}", "booking/0", "booking/x", "booking/99998", f"booking/{'9' * 40}",
                     f"room/{it.house.oak.number}", "room/0", "room/x", "room/99999")
    }  # fmt: skip
    assert len(seen) == 1


def test_whoever_is_not_signed_in_is_asked_to_and_comes_back(it: Site) -> None:
    made = it.house.book("11:00", "12:00", owner=it.maria.number)
    path = f"/rooms/booking/{it.house.engine.naming.number(made)}"
    got = it.browser().get(path)
    assert (got.status_code, got.headers["Location"]) == (303, f"/sign-in?said=first&next={path.replace('/', '%2F')}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_words(it: Site, browser: Browser, language: str) -> None:
    made = it.house.book("11:00", "12:00", owner=it.maria.number)
    page = said(browser, f"/rooms/booking/{it.house.engine.naming.number(made)}?lang={language}")
    assert words(language)["booking_accepted"] in page
