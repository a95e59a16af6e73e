"""Calendars to subscribe to: what a key opens, for how long, in both formats."""

from typing import Any
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from werkzeug.test import TestResponse

from server.core.access import CLI, Actor
from server.core.model import Details
from server.core.places import Place
from server.dialects.librebooking.feeds import app
from tests.dialects.librebooking.door import Door
from tests.make import at

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def feeds(door: Door) -> FlaskClient:
    """The feeds of the door's house."""
    return app(door.house.engine, public_url="https://rooms.example.org", zone="Europe/Berlin").test_client()


def own(door: Door, name: str = "alice") -> str:
    """The secret of somebody's own feed."""
    person = door.people[name].number
    actor = Actor(f"person:{person}", "admin", person=person, role="member", levels={})
    return door.house.engine.credentials.feed(person, actor, "enable")


def ical(client: FlaskClient, **query: object) -> TestResponse:
    return client.get("/ical-subscribe.php", query_string=query)


def titles(client: FlaskClient, **query: object) -> list[str]:
    """What a calendar has in it."""
    answer = ical(client, **query)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/calendar"
    return [str(it["summary"]) for it in Calendar.from_ical(answer.data).walk("VEVENT")]


def test_a_resources_own_key_opens_it_by_number_or_name_for_thirty_days(door: Door, feeds: FlaskClient) -> None:
    key = door.house.engine.rooms.feed("oak", CLI, "enable")
    made = door.house.book("11:00", "12:00", title="Today")
    door.house.book(at("11:00", 30), at("12:00", 30), title="In thirty days")
    door.house.book(at("11:00", 31), at("12:00", 31), title="Later")
    door.house.book("11:00", "12:00", room="elm", title="Elsewhere")
    for rid in (door.house.oak.number, "oak"):
        assert titles(feeds, rid=rid, icskey=key) == ["Today", "In thirty days"]
    assert titles(feeds, rid="oak", icskey=key, futureDayCount="0") == ["Today"]
    (first, *_) = Calendar.from_ical(ical(feeds, rid="oak", icskey=key).data).walk("VEVENT")
    assert first["uid"] == door.house.engine.naming.reference(made)
    door.house.clock.forward(days=1)
    assert titles(feeds, rid="oak", icskey=key, futureDayCount=1) == []
    assert titles(feeds, rid="oak", icskey=key, pastDayCount=1, futureDayCount=1) == ["Today"]


def test_a_wrong_key_is_as_good_as_no_such_thing(door: Door, feeds: FlaskClient) -> None:
    key = door.house.engine.rooms.feed("oak", CLI, "enable")
    queries: list[dict[str, Any]] = [
        {"rid": "oak", "icskey": "x"}, {"rid": "oak"}, {"rid": "elm", "icskey": key}, {"rid": "none", "icskey": key},
        {"sid": 1, "icskey": key}, {"icskey": key}, {"rid": "9" * 40, "icskey": key}, {"uid": 1, "icskey": "x"},
    ]  # fmt: skip
    answers = {(answer.status_code, answer.text) for query in queries for answer in [ical(feeds, **query)]}
    assert answers == {(404, '{"links":[],"message":"The requested resource was not found"}')}


def test_who_guesses_has_to_wait(door: Door, feeds: FlaskClient) -> None:
    statuses = [ical(feeds, rid="oak", icskey=str(number)).status_code for number in range(31)]
    assert statuses == [404] * 30 + [429]


def test_somebodys_key_opens_what_they_see_and_as_they_see_it(door: Door, feeds: FlaskClient) -> None:
    key, alice = own(door), door.people["alice"].number
    engine = door.house.engine
    door.house.book("11:00", "12:00", title="Mine", owner=alice)
    door.house.book("13:00", "14:00", title="Others'", organizer="C", organizer_email="c@example.org")
    door.house.book("11:00", "12:00", room="elm", title="Mine in Elm", owner=alice)
    door.house.book("15:00", "16:00", title="Secret", owner=alice, details=Details(privacy="private"))
    assert titles(feeds, rid="oak", icskey=key) == ["Mine", "", ""]
    assert titles(feeds, sid=1, icskey=key) == ["Mine", "Mine in Elm", "", ""]
    assert "Mine" in titles(feeds, uid=alice, icskey=key)
    group = engine.places.add(Place(0, 1, "group", "Labs"), CLI)
    engine.rooms.change("elm", CLI, groups={group.number})
    assert titles(feeds, rgid=group.number, icskey=key) == ["Mine in Elm"]
    for query in ({"uid": door.people["bob"].number}, {"sid": 7}, {"rgid": 99}):
        assert ical(feeds, icskey=key, **query).status_code == 404


def test_a_key_ends_with_the_account(door: Door, feeds: FlaskClient) -> None:
    key, alice = own(door), door.people["alice"].number
    assert ical(feeds, sid=1, icskey=key).status_code == 200
    door.house.engine.people.change(alice, CLI, account="inactive")
    assert ical(feeds, sid=1, icskey=key).status_code == 404


@pytest.mark.parametrize("query", [{"pastDayCount": "-1"}, {"futureDayCount": "367"}, {"sid": "x"}])
def test_bad_windows_are_refused_by_name(feeds: FlaskClient, query: dict[str, str]) -> None:
    answer = ical(feeds, **query)
    assert (answer.status_code, next(iter(query)) in answer.text) == (400, True)


def test_the_atom_feed_is_well_formed_whatever_is_in_a_title(door: Door, feeds: FlaskClient) -> None:
    key = door.house.engine.rooms.feed("oak", CLI, "enable")
    made = door.house.book("11:00", "12:00", title="A <b> & \ufffe c", description="Line\nnext")
    answer = feeds.get("/atom-subscribe.php", query_string={"rid": "oak", "icskey": key})
    assert answer.mimetype == "application/atom+xml"
    feed = ElementTree.fromstring(answer.data)
    (entry,) = feed.findall(f"{ATOM}entry")
    assert [it.tag for it in feed] == [f"{ATOM}{name}" for name in ("id", "title", "updated", "author", "entry")]
    assert (entry.findtext(f"{ATOM}title"), entry.findtext(f"{ATOM}content")) == ("A <b> &  c", "Line\nnext")
    assert entry.findtext(f"{ATOM}updated") == "2026-06-15T08:00:00Z"
    reference = door.house.engine.naming.reference(made)
    assert entry.find(f"{ATOM}link").get("href", "").endswith(f"/Reservations/{reference}")  # type: ignore[union-attr]
    again = ElementTree.fromstring(feeds.get("/atom-subscribe.php", query_string={"rid": "oak", "icskey": key}).data)
    assert again.findtext(f"{ATOM}id") == feed.findtext(f"{ATOM}id")


def test_what_waits_for_approval_is_tentative(door: Door, feeds: FlaskClient) -> None:
    key = door.house.engine.rooms.feed("oak", CLI, "enable")
    door.house.engine.rooms.change("oak", CLI, auto_accept=False)
    door.house.book("11:00", "12:00")
    assert b"STATUS:TENTATIVE" in ical(feeds, rid="oak", icskey=key).data
