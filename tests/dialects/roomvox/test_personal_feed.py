"""Somebody's own calendar by its secret address: every booking they are to be at, and nobody else's."""

from dataclasses import replace

from icalendar import Calendar

from server.core.access import CLI
from server.core.model import Attendee, Details
from tests.dialects.roomvox.door import Door
from tests.make import ask
from tests.people import person, someone


def feed(door: Door, secret: str) -> list[tuple[str, str]]:
    """Title and place of each event."""
    answer = door.ask("GET", f"/people/feed/{secret}/calendar.ics", key=None)
    assert answer.status_code == 200
    events = Calendar.from_ical(answer.data).walk("VEVENT")
    return [(str(it["summary"]), str(it["location"]).split(" (")[0]) for it in events]


def secret_of(door: Door, number: int) -> str:
    return door.house.engine.credentials.feed(number, CLI, "enable")


def test_it_shows_what_one_books_is_booked_for_and_is_invited_to(any_door: Door) -> None:
    house, book = any_door.house, any_door.house.engine.bookings.book
    alice, bob = someone(house, "alice"), person(house, "bob")
    book(ask("11:00", "12:00", title="Hers"), alice.actor)
    book(ask("12:00", "13:00", title="His", organizer_email="bob@example.org"), replace(alice.actor, person=bob.number))
    guests = Details(attendees=(Attendee("invitee", alice.person.number), Attendee("participant", bob.number)))
    book(ask("13:00", "14:00", room="elm", title="Both", details=guests, owner=bob.number), CLI)
    gone = book(ask("14:00", "15:00", title="Gone"), alice.actor)
    house.engine.bookings.cancel(gone.uid, alice.actor)
    assert feed(any_door, secret_of(any_door, alice.person.number)) == [("Hers", "Oak"), ("Both", "Elm")]
    assert feed(any_door, secret_of(any_door, bob.number)) == [("His", "Oak"), ("Both", "Elm")]


def test_an_old_or_a_wrong_secret_opens_nothing(door: Door) -> None:
    alice = person(door.house, "alice")
    old = secret_of(door, alice.number)
    new = door.house.engine.credentials.feed(alice.number, CLI, "rotate")
    assert door.ask("GET", f"/people/feed/{old}/calendar.ics", key=None).status_code == 404
    assert door.ask("GET", f"/people/feed/{new[:-1]}/calendar.ics", key=None).status_code == 404
    assert feed(door, new) == []


def test_who_guesses_is_slowed_down(door: Door) -> None:
    answers = [door.ask("GET", "/people/feed/x/calendar.ics", key=None).status_code for _ in range(40)]
    assert answers[0] == 404
    assert answers[-1] == 429
