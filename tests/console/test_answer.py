"""The page behind a link in a letter: looking changes nothing, the button does, once."""

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest

from server.core.access import CLI
from server.core.model import Ask, Booking, Edit
from server.engine import links
from tests.console.conftest import Browser, Site
from tests.engine.watched import asks, panel, rounds
from tests.make import at

Give = Callable[..., Site]


def link(site: Site, purpose: str, **of: Any) -> str:
    """The path of a new link."""
    secret: str = site.house.store.writing(lambda tx: links.make(tx, purpose, site.house.clock.now(), **of))
    return f"/answer/{secret}"


def asked(site: Site, purpose: str = "approve", **of: Any) -> tuple[Booking, str]:
    """A request for Oak by Maria, and the path of a link that answers it, for Ada."""
    site.house.engine.rooms.change("oak", CLI, auto_accept=False)
    booked = site.house.book("11:00", "12:00", title="Secret plan", organizer_email="maria@example.org")
    return booked, link(site, purpose, booking=booked.id, person=site.ada.number, address=site.ada.email, **of)


def standing(site: Site, booked: Booking) -> str:
    return site.house.engine.bookings.get(booked.uid, CLI).standing.value


def press(browser: Browser, path: str) -> int:
    browser.get(path)
    return browser.post(path, {}).status_code


def test_looking_changes_nothing_however_often_and_the_button_does(site: Give) -> None:
    it = site()
    booked, path = asked(it)
    for _ in range(2):
        for method in ("GET", "HEAD", "OPTIONS"):
            it.app.test_client().open(path, method=method, base_url=it.desk.base)
    assert standing(it, booked) == "pending"
    browser = it.browser()
    assert browser.get(path).status_code == 200
    assert "Approve this booking?" in browser.page
    assert browser.post(path, {}).status_code == 200
    assert standing(it, booked) == "accepted"
    assert "Approved" in browser.page


def test_a_link_that_was_used_says_so_and_what_to_do(site: Give) -> None:
    it = site()
    booked, path = asked(it, "decline")
    browser, late = it.browser(), it.browser()
    late.get(path)
    assert press(browser, path) == 200
    assert standing(it, booked) == "declined"
    assert browser.get(path).status_code == 410
    assert "has been used" in browser.page
    assert late.post(path, {}).status_code == 410


def test_a_link_that_expired_or_never_was_says_so(site: Give) -> None:
    it = site()
    booked, path = asked(it)
    browser = it.browser()
    assert browser.get("/answer/nonsense").status_code == 404
    assert "There is no such link" in browser.page
    it.house.clock.set(at("10:01", 3))
    assert browser.get(path).status_code == 410
    assert "expired" in browser.page
    assert standing(it, booked) == "pending"


def test_of_two_links_to_one_request_the_second_is_told_that_somebody_answered(site: Give) -> None:
    it = site()
    booked, path = asked(it)
    other = link(it, "decline", booking=booked.id, person=it.ada.number, address=it.ada.email)
    assert press(it.browser(), path) == 200
    browser = it.browser()
    assert press(browser, other) == 409
    assert "answered this request already" in browser.page
    assert standing(it, booked) == "accepted"


def test_who_may_no_more_is_refused_though_the_link_is_good(site: Give) -> None:
    it = site()
    booked, path = asked(it)
    mine = link(it, "approve", booking=booked.id, person=it.maria.number, address=it.maria.email)
    browser = it.browser()
    assert press(browser, mine) == 403
    assert standing(it, booked) == "pending"
    assert press(it.browser(), path) == 200


def test_who_approves_sees_no_title(site: Give) -> None:
    it = site()
    _, path = asked(it)
    page = it.browser().get(path).get_data(as_text=True)
    assert "Secret plan" not in page
    assert "Oak" in page


def test_the_contact_of_a_room_answers_without_an_account_while_it_is_the_contact(site: Give) -> None:
    it = site()
    booked, _ = asked(it)
    it.house.engine.rooms.change("oak", CLI, contact="desk@example.org")
    paths = [link(it, "approve", booking=booked.id, address=who) for who in ("desk@example.org", "other@example.org")]
    assert press(it.browser(), paths[1]) == 403
    assert press(it.browser(), paths[0]) == 200
    assert standing(it, booked) == "accepted"


def test_the_contact_of_one_room_does_not_answer_for_another(site: Give) -> None:
    it = site()
    for slug, contact in (("oak", "desk@example.org"), ("elm", "other@example.org")):
        it.house.engine.rooms.change(slug, CLI, contact=contact, auto_accept=False)
    ask = Ask(("oak", "elm"), at("11:00"), at("12:00"), "Both")
    booked = it.house.engine.bookings.book(ask, it.house.alice)
    path = link(it, "approve", booking=booked.id, address="desk@example.org")
    assert press(it.browser(), path) == 403
    assert standing(it, booked) == "pending"
    it.house.engine.rooms.change("elm", CLI, contact="desk@example.org")
    assert press(it.browser(), path) == 200


def test_people_say_that_they_are_here_by_mail(site: Give) -> None:
    it = site()
    it.house.policy(check_in=True)
    booked = it.house.book("10:05", "11:00", organizer_email="guest@example.com")
    it.house.clock.set("10:07")
    path = link(it, "here", booking=booked.id, address="guest@example.com")
    assert press(it.browser(), path) == 200
    found = it.house.engine.bookings.get(booked.uid, CLI)
    assert found.checked_in_at == at("10:07")
    with it.house.store.reading() as tx:
        (row,) = tx.rows("SELECT actor, source, codes FROM change WHERE what = 'checked_in'")
    assert row == ("mail", "mail", "mail")


def test_the_link_of_a_webhook_says_that_people_are_here_and_shows_nobody_whose_meeting_it_is(site: Give) -> None:
    it = site()
    it.house.policy(check_in=True)
    booked = it.house.book(
        "10:05", "11:00", title="Secret plan", organizer="Maria Klein", organizer_email="maria@example.org"
    )
    it.house.clock.set("10:07")
    path = link(it, "here", booking=booked.id)
    browser = it.browser()
    browser.get(path)
    assert "Oak" in browser.page
    assert press(browser, path) == 200
    assert it.house.engine.bookings.get(booked.uid, CLI).checked_in_at == at("10:07")
    assert "Secret plan" not in browser.page
    assert "Maria" not in browser.page
    with it.house.store.reading() as tx:
        assert tx.rows("SELECT actor, codes FROM change WHERE what = 'checked_in'") == [("hook", "api")]


def test_whose_booking_it_is_not_any_more_reads_nothing_of_it_in_an_old_letter(site: Give) -> None:
    it = site()
    it.house.policy(check_in=True)
    booked = it.house.book(
        "10:05", "11:00", title="Secret plan", organizer="Maria", organizer_email="maria@example.org"
    )
    path = link(it, "here", booking=booked.id, person=it.maria.number, address="maria@example.org")
    browser = it.browser()
    browser.get(path)
    assert "Secret plan" in browser.page
    given = Edit(title="Another secret", organizer="Ada", organizer_email="ada@example.org", owner=it.ada.number)
    it.house.engine.bookings.change(booked.uid, given, CLI)
    browser.get(path)
    assert "Another secret" not in browser.page
    assert "Ada" not in browser.page


def test_a_request_for_a_series_is_answered_whole(site: Give) -> None:
    it = site()
    it.house.engine.rooms.change("oak", CLI, auto_accept=False)
    made = it.house.recur("11:00", "12:00")
    assert made.first is not None
    path = link(it, "approve", booking=made.first.id, person=it.ada.number, address=it.ada.email)
    assert press(it.browser(), path) == 200
    with it.house.store.reading() as tx:
        assert {row[0] for row in tx.rows("SELECT standing FROM occurrence")} == {"accepted"}


def test_a_room_that_was_given_back_is_had_back_by_its_letter(site: Give) -> None:
    it = site()
    asks(it.house)
    panel(it.house)
    booked = it.house.book("11:00", "12:00", organizer_email="maria@example.org")
    it.house.clock.set("11:00")
    rounds(it.house, at("11:11"))
    path = link(it, "undo_release", booking=booked.id, person=it.maria.number, address=it.maria.email)
    assert press(it.browser(), path) == 200
    assert rounds(it.house, at("11:30")) == {}
    kept = it.house.engine.bookings.get(booked.uid, CLI)
    assert (kept.ends, kept.checked_in_at) == (at("12:00"), at("11:11"))


def test_the_page_is_in_the_language_of_its_reader_unless_another_is_asked_for(site: Give) -> None:
    it = site()
    it.house.engine.people.change(it.ada.number, CLI, language="nl")
    _, path = asked(it)
    assert '<html lang="nl">' in it.browser().get(path).get_data(as_text=True)
    assert '<html lang="ja">' in it.browser().get(f"{path}?lang=ja").get_data(as_text=True)


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_form_from_elsewhere_answers_nothing(site: Give, headers: dict[str, str]) -> None:
    it = site()
    booked, path = asked(it)
    browser = it.browser()
    browser.get(path)
    assert browser.post(path, {}, headers=headers).status_code == 403
    assert browser.post(path, {"token": "0" * 64}).status_code == 403
    assert standing(it, booked) == "pending"


def test_the_secret_goes_nowhere(site: Give, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    it = site()
    _, path = asked(it)
    got = it.browser().get(path)
    assert got.headers["Referrer-Policy"] == "strict-origin"
    assert got.headers["Cache-Control"] == "no-store"
    assert path.rpartition("/")[2] not in caplog.text
    assert re.findall(r'(?:src|href)="(?!/|\?)([^"]*)"', got.get_data(as_text=True)) == []


def test_somebody_chooses_their_letters(site: Give) -> None:
    from server.core.letters import kinds_named
    from server.engine import post

    it = site()
    browser = it.browser()
    browser.sign_in()
    assert "/you/letters" not in browser.get("/you").get_data(as_text=True)
    post.arrange(it.house.store, kinds_named("usual, digest"), "en")
    browser.get("/you")
    assert browser.post("/you/letters", {"changed": "on", "digest": "on"}).status_code == 303
    wanted = it.house.engine.post.choices(it.maria.number)
    assert {kind for kind, on in wanted.items() if on} == {"changed", "digest"}
