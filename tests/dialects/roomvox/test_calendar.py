"""calendar.ics and the secret feed: what is in it, and that no text can become a line of its own (T13)."""

from datetime import UTC, datetime
from typing import Any

import pytest
import recurring_ical_events
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from server.core.access import CLI
from server.core.model import Standing
from server.dialects.roomvox.ics import calendar
from tests.dialects.roomvox.door import Door
from tests.make import booking, room


def read(door: Door, path: str = "/rooms/oak/calendar.ics", **more: Any) -> Any:
    response = door.ask("GET", path, **more)
    assert response.status_code == 200
    return Calendar.from_ical(response.data)


def test_accepted_bookings_are_in_the_calendar(door: Door) -> None:
    door.change("oak", street="Main St 1", city="Utrecht")
    door.book("11:00", "12:00", json={"title": "Plan; A, B", "organizer": "Alice", "organizerEmail": "a@example.org"})
    door.change("oak", auto_accept=False)
    door.book("13:00", "14:00", json={"title": "not approved"})
    response = door.ask("GET", "/rooms/oak/calendar.ics", key="read")
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="roomvox-oak.ics"'
    it = Calendar.from_ical(response.data)
    assert (it["version"], it["x-wr-calname"]) == ("2.0", "Oak")
    (event,) = it.events
    assert (event["summary"], event["location"], event["status"]) == ("Plan; A, B", "Main St 1, Utrecht", "CONFIRMED")
    assert (event.start, event.end) == (datetime(2026, 6, 15, 9, tzinfo=UTC), datetime(2026, 6, 15, 10, tzinfo=UTC))
    assert (event["organizer"], event["organizer"].params["CN"]) == ("mailto:a@example.org", "Alice")


def test_the_window_can_be_chosen(door: Door) -> None:
    door.book("11:00", "12:00")
    door.book("2026-06-16T11:00", "2026-06-16T12:00")
    assert len(read(door).events) == 2
    assert len(read(door, "/rooms/oak/calendar.ics?from=2026-06-16&to=2026-06-17").events) == 1
    assert len(read(door, "/rooms/oak/calendar.ics?expand=yes").events) == 2
    assert door.ask("GET", "/rooms/oak/calendar.ics?from=x").status_code == 400


def test_an_unknown_room_or_token_is_said_in_json(door: Door) -> None:
    assert door.ask("GET", "/rooms/nowhere/calendar.ics").json == {"error": "Room not found"}
    assert door.ask("GET", "/rooms/oak/calendar.ics", key="elm").status_code == 403
    assert door.ask("GET", "/rooms/oak/calendar.ics", key=None).status_code == 401


def test_an_unchanged_calendar_is_not_sent_again(door: Door) -> None:
    first = door.ask("GET", "/rooms/oak/calendar.ics")
    door.house.clock.forward(minutes=30)
    seen = {"If-None-Match": first.headers["ETag"]}
    assert door.ask("GET", "/rooms/oak/calendar.ics", headers=seen).status_code == 304
    door.book("11:00", "12:00")
    assert door.ask("GET", "/rooms/oak/calendar.ics", headers=seen).status_code == 200


def test_the_secret_feed_is_the_same_byte_for_byte(door: Door) -> None:
    door.book("11:00", "12:00")
    secret = door.house.engine.rooms.feed("oak", CLI, "enable")
    feed = door.ask("GET", f"/rooms/oak/feed/{secret}/calendar.ics", key=None)
    assert feed.status_code == 200
    assert feed.data == door.ask("GET", "/rooms/oak/calendar.ics").data


def test_a_wrong_secret_or_room_is_a_404_and_a_rotated_one_too(door: Door) -> None:
    secret = door.house.engine.rooms.feed("oak", CLI, "enable")
    old = f"/rooms/oak/feed/{secret}/calendar.ics"
    wrong = [f"/rooms/elm/feed/{secret}/calendar.ics", f"/rooms/nowhere/feed/{secret}/calendar.ics",
             "/rooms/oak/feed/rvxf_x/calendar.ics", "/rooms/oak/feed/%20/calendar.ics"]  # fmt: skip
    for path in wrong:
        response = door.ask("GET", path, key=None)
        assert (response.status_code, response.json) == (404, {"error": "Room not found"})
    new = door.house.engine.rooms.feed("oak", CLI, "rotate")
    assert door.ask("GET", old, key=None).status_code == 404
    assert door.ask("GET", f"/rooms/oak/feed/{new}/calendar.ics", key=None).status_code == 200
    door.house.engine.rooms.feed("oak", CLI, "disable")
    assert door.ask("GET", f"/rooms/oak/feed/{new}/calendar.ics", key=None).status_code == 404


def test_guessing_at_a_feed_becomes_slow(door: Door) -> None:
    path = "/rooms/oak/feed/rvxf_guess/calendar.ics"
    statuses = [door.ask("GET", path, key=None).status_code for _ in range(31)]
    assert statuses == [404] * 30 + [429]
    refused = door.ask("GET", path, key=None)
    assert 0 < int(refused.headers["Retry-After"]) <= 61
    assert door.ask("GET", "/rooms/elm/feed/rvxf_guess/calendar.ics", key=None).status_code == 404
    secret = door.house.engine.rooms.feed("oak", CLI, "enable")
    assert door.ask("GET", f"/rooms/oak/feed/{secret}/calendar.ics", key=None).status_code == 200


TEXT = st.text(max_size=60) | st.sampled_from([
    "a\r\nBEGIN:VEVENT\r\nEND:VEVENT", "\nATTENDEE:mailto:x@example.org", 'x";X-EVIL="1', "\\n\\,;:", "é" * 80,
    "\u2028\x85\x0b",     "END:VCALENDAR", "日本語の会議 🌳", "a" * 300,
])  # fmt: skip


@given(title=TEXT, name=TEXT, mail=TEXT, description=TEXT, where=TEXT)
def test_no_text_becomes_a_line_of_its_own(title: str, name: str, mail: str, description: str, where: str) -> None:
    """Even texts that no door lets in: an older row, an import of long ago."""
    it = booking(title=title, organizer=name, organizer_email=mail, description=description)
    data = calendar(room(name=where, street=where, building=where), [it])
    data.decode("utf-8")
    back = Calendar.from_ical(data)
    (event,) = back.walk("VEVENT")
    assert [component.name for component in back.walk()] == ["VCALENDAR", "VEVENT"]
    assert {*event} <= {
        "UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "STATUS",
        "DESCRIPTION", "ORGANIZER",
    }  # fmt: skip
    assert max(len(line) for line in data.split(b"\r\n")) <= 75
    assert len(recurring_ical_events.of(back).between("20260101", "20270101")) == 1


@given(title=st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=255))
def test_a_title_that_a_door_lets_in_comes_back_as_it_was(title: str) -> None:
    (event,) = Calendar.from_ical(calendar(room(), [booking(title=title)])).walk("VEVENT")
    assert event["SUMMARY"] == title


@pytest.mark.parametrize(("name", "mail", "value"), [
    ("Alice", "", "invalid:nomail"), ("", "a@example.org", "mailto:a@example.org"),
    ("Al", "not mail", "invalid:nomail"), ("Al", 'x"@example.org', "invalid:nomail"),
])  # fmt: skip
def test_an_organizer_without_a_proper_address_keeps_the_name(name: str, mail: str, value: str) -> None:
    (event,) = Calendar.from_ical(calendar(room(), [booking(organizer=name, organizer_email=mail)])).walk("VEVENT")
    assert (event["ORGANIZER"], event["ORGANIZER"].params["CN"]) == (value, name or mail)


def test_standing_is_not_the_calendars_business() -> None:
    """The view asks for accepted ones; the writer writes what it is given."""
    assert calendar(room(), [booking(standing=Standing.PENDING)]).count(b"BEGIN:VEVENT") == 1
