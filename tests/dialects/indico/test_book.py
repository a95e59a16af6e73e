"""Booking by Indico's API: what is booked for whom, and every refusal in its words, honest or not."""

from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from server.core.access import CLI
from server.core.clock import epoch
from server.core.house import Right
from server.core.model import Booking
from server.core.people import Person
from server.dialects.indico.app import app
from server.dialects.indico.desk import Terms
from tests.dialects.indico.signing import Key, key_of
from tests.engine.conftest import sqlite_house
from tests.make import House, at
from tests.people import person

__all__ = ["sqlite_house"]
PATH = "/api/roomBooking/bookRoom.json"
CLASH = "Failed to create the booking: Reservation has no valid occurrences"


@dataclass
class Door:
    """Indico's door of a house, with alice's key; bob is of the house, too."""

    house: House
    alice: Person
    bob: Person
    key: Key
    app: Flask

    def post(self, path: str = PATH, *, drop: str = "", key: Key | None = None, **fields: str) -> TestResponse:
        """Asks for Oak today from 11:00 to 12:00, unless said otherwise; `drop` names what is left out."""
        form = {
            "location": "Main", "roomid": str(self.house.oak.number), "from": "2026-06-15T11:00",
            "to": "2026-06-15T12:00", "reason": "Planning", "username": "alice", "ak": (key or self.key).ak,
        }  # fmt: skip
        form |= {name.rstrip("_"): value for name, value in fields.items()}
        sent = {name: value for name, value in form.items() if name not in drop.split()}
        return self.app.test_client().post(path, data=sent)

    def booked(self, **fields: Any) -> Booking:
        """The booking that must come of it."""
        answer = self.post(**fields)
        assert answer.status_code == 200, answer.text
        number = answer.json["results"]["reservationID"]
        named = self.house.engine.naming.numbered(number, CLI)
        return self.house.engine.bookings.get(named.uid, CLI)

    def refused(self, **fields: Any) -> str:
        """The message that must come of it, and nothing else."""
        answer = self.post(**fields)
        assert answer.status_code == 200
        assert list(answer.json) == ["message"], answer.text
        return str(answer.json["message"])

    def honest(self) -> "Door":
        """The same door, where refusals are no 200."""
        return Door(self.house, self.alice, self.bob, self.key, app(self.house.engine, Terms(honest_status=True)))


@pytest.fixture
def door(sqlite_house: House) -> Door:
    alice, bob = person(sqlite_house, "alice"), person(sqlite_house, "bob")
    made = app(sqlite_house.engine, public_url="https://rooms.example.org")
    return Door(sqlite_house, alice, bob, key_of(sqlite_house, alice.number), made)


def test_who_holds_a_key_books_a_room(door: Door) -> None:
    answer = door.post()
    told = answer.json
    number = told["results"]["reservationID"]
    url = (
        "https://rooms.example.org/api/roomBooking/bookRoom.json?location=Main&roomid=1&from=2026-06-15T11%3A00"
        f"&to=2026-06-15T12%3A00&reason=Planning&username=alice&ak={door.key.ak}"
    )
    assert told == {
        "count": 1, "additionalInfo": {}, "complete": True, "ts": epoch(door.house.clock.now()), "url": url,
        "results": {"reservationID": number}, "_type": "HTTPAPIResult",
    }  # fmt: skip
    assert answer.mimetype == "application/json"
    made = door.house.engine.bookings.between("oak", CLI, None)[0]
    assert door.house.engine.naming.number(made) == number
    assert (made.starts, made.ends) == (at("11:00"), at("12:00"))
    assert (made.title, made.organizer, made.organizer_email) == ("Planning", "Alice Nobody", "alice@example.org")
    assert (made.owner, made.source, made.made_by) == (door.alice.number, "indico", f"key:{door.key.number}")


def test_xml_is_answered_in_xml(door: Door) -> None:
    path = "/api/roomBooking/bookRoom.xml"
    made = ElementTree.fromstring(door.post(path).data)
    assert made.tag == "httpapiresult"
    assert int(made.findtext(".//reservationID") or 0) > 0
    refused = door.post(path)
    assert (refused.status_code, refused.mimetype) == (200, "text/xml")
    assert ElementTree.fromstring(refused.data).findtext("message") == CLASH


def test_a_signed_form_books_and_one_that_was_changed_does_not(door: Door) -> None:
    form = {
        "roomid": "1", "from": "2026-06-15T11:00", "to": "2026-06-15T12:00", "reason": "Über ~ & Co.",
        "username": "alice",
    }  # fmt: skip
    strict = app(door.house.engine, Terms(mode=4)).test_client()
    signed = door.key.signed(PATH, form, epoch(door.house.clock.now()))
    refused = strict.post(PATH, data={**signed, "roomid": "2"})
    assert (refused.status_code, refused.json) == (403, {"message": "Signature invalid"})
    assert strict.post(PATH, data=signed).json["count"] == 1
    assert strict.post(PATH, data=signed).json == {"message": CLASH}, "the same once more is one booking"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"drop": "from"}, "from/to must be on the same day"),
        ({"drop": "to"}, "from/to must be on the same day"),
        ({"to": "2026-06-16T12:00"}, "from/to must be on the same day"),
        ({"to": "2026-06-15T11:00"}, "to must be after from"),
        ({"to": "2026-06-15T10:30"}, "to must be after from"),
        ({"from_": "2026-06-15T08:00"}, "You cannot make bookings in the past"),
        ({"from_": "soon"}, "Impossible to parse 'soon'"),
        ({"to": "-1d"}, "End date cannot be a negative offset"),
        ({"tz": "Mars/X"}, "Bad timezone: ''Mars/X''"),
        ({"drop": "username"}, "No username provided"),
        ({"username": ""}, "No username provided"),
        ({"drop": "roomid reason"}, "Required params missing: room_id, reason"),
        ({"drop": "reason"}, "Required params missing: reason"),
        ({"reason": " \r\n "}, "Required params missing: reason"),
        ({"drop": "roomid"}, "Required params missing: room_id"),
        ({"roomid": "999"}, "A room with this ID does not exist"),
        ({"roomid": "oak"}, "A room with this ID does not exist"),
        ({"roomid": "9" * 40}, "A room with this ID does not exist"),
        ({"roomid": "-1"}, "A room with this ID does not exist"),
    ],
)
def test_every_refusal_says_why_in_the_known_words_and_books_nothing(
    door: Door, fields: dict[str, str], message: str
) -> None:
    assert door.refused(**fields) == message
    assert door.house.day() == []
    honest = door.honest().post(**fields)
    assert (honest.status_code, honest.json["message"]) == (409 if "past" in message else 400, message)


def test_what_is_in_the_way_is_a_clash_whatever_it_is(door: Door) -> None:
    door.house.book("11:30", "12:30")
    assert door.refused() == CLASH
    assert door.honest().post().status_code == 409
    door.house.engine.rooms.close("oak", CLI, at("14:00"), at("15:00"), "Cleaning")
    assert door.refused(from_="2026-06-15T14:30", to="2026-06-15T15:30") == CLASH
    assert door.booked(from_="2026-06-15T12:30", to="2026-06-15T13:00").starts == at("12:30"), "back to back is fine"


def test_rules_of_the_house_are_told_in_sentences(door: Door) -> None:
    door.house.policy(max_minutes=30)
    assert door.refused() == "Failed to create the booking: The booking is longer than 30 minutes"
    assert door.house.day() == []


def test_a_room_that_asks_for_approval_is_not_booked_here(door: Door) -> None:
    door.house.engine.rooms.change("oak", CLI, auto_accept=False)
    text = "The API only supports direct bookings but this room only allows pre-bookings."
    assert door.refused() == text
    assert door.house.day() == []
    assert door.honest().post().status_code == 409


def test_who_manages_a_room_names_somebody_else_and_nobody_else_does(door: Door) -> None:
    forbidden = {"message": "Access to this resource is restricted."}
    for name in ("bob", "nobody-of-that-name"):
        answer = door.post(username=name)
        assert (answer.status_code, answer.json) == (403, forbidden)
    door.house.engine.rights.give(Right(0, "person", door.alice.number, "manage", room=door.house.oak.number), CLI)
    made = door.booked(username="Bob@example.org")
    assert (made.owner, made.details.booked_for) == (door.alice.number, door.bob.number)
    assert (made.organizer, made.organizer_email) == ("Bob Nobody", "bob@example.org")
    assert door.refused(username="nobody-of-that-name") == "Username does not exist"


def test_a_token_of_the_house_books_for_whom_it_names_and_one_that_reads_does_not(door: Door) -> None:
    form = {
        "roomid": "1", "from": "2026-06-15T11:00", "to": "2026-06-15T12:00", "reason": "Planning", "username": "bob"
    }  # fmt: skip
    client = door.app.test_client()
    for scope, status in (("read", 403), ("book", 200)):
        secret = door.house.engine.tokens.create(scope, scope, CLI)[1]
        answer = client.post(PATH, data=form, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == status, answer.text
    made = door.house.engine.bookings.between("oak", CLI, None)[0]
    assert (made.owner, made.organizer, made.details.booked_for) == (door.bob.number, "Bob Nobody", None)


def test_a_room_that_the_holder_may_not_see_is_not_there_and_one_they_may_only_see_is_restricted(door: Door) -> None:
    door.house.engine.rooms.change("oak", CLI, rules={"members": "none"})
    assert door.refused() == "A room with this ID does not exist"
    door.house.engine.rooms.change("oak", CLI, rules={"members": "see"})
    answer = door.post()
    assert (answer.status_code, answer.json["message"]) == (403, "Access to this resource is restricted.")


def test_times_are_the_rooms_unless_a_zone_is_named(door: Door) -> None:
    assert door.booked(tz="Europe/London").starts == at("12:00")
    assert door.booked(from_="2026-06-15T22:00", to="2026-06-15").ends == at("00:00", 1)
    assert door.booked(from_="2026-06-17T00:00", to="2026-06-17T00:30").starts == at("00:00", 2)


def test_a_long_reason_is_kept_whole(door: Door) -> None:
    made = door.booked(reason="Planning\r\nof the year")
    assert (made.title, made.description) == ("Planning", "Planning\r\nof the year")
    long = door.booked(reason="x" * 300, from_="2026-06-15T13:00", to="2026-06-15T14:00")
    assert (long.title, long.description) == ("x" * 255, "x" * 300)
    answer = door.post(reason="x\x00y", from_="2026-06-15T15:00", to="2026-06-15T16:00")
    assert (answer.status_code, answer.json["message"]) == (400, "reason: must not contain control characters")


def test_an_idempotency_key_books_once(door: Door) -> None:
    form = {"roomid": "1", "f": "2026-06-15T11:00", "t": "2026-06-15T12:00", "reason": "x", "username": "alice"}
    seen = {
        door.app.test_client().post(
            PATH, data={**form, "apikey": door.key.ak}, headers={"Idempotency-Key": "one"}
        ).json["results"]["reservationID"]
        for _ in range(2)
    }  # fmt: skip
    assert len(seen) == 1


def test_whoever_comes_without_a_key_or_otherwise_is_turned_away(door: Door) -> None:
    client = door.app.test_client()
    guest = client.post(PATH, json={"ak": door.key.ak, "roomid": "1"})
    assert (guest.status_code, guest.json["message"]) == (403, "Guest access to this resource is forbidden.")
    assert client.get(PATH).status_code == 405
    assert client.post("/api/roomBooking/bookRoom.ics", data={"ak": door.key.ak}).status_code == 404
    large = client.post(PATH, data={"ak": door.key.ak, "reason": "x" * 70_000})
    assert (large.status_code, list(large.json)) == (413, ["message"])
