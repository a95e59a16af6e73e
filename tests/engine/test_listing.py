"""The plan of many rooms at once: which bookings are in it, of whom, and what is told of them."""

from dataclasses import replace

import pytest

from server.core.access import CLI
from server.core.errors import Invalid
from server.core.model import Attendee, Details
from server.core.period import Period
from tests.make import House, ask, span
from tests.people import person, someone

DAY = span("00:00", "24:00")


def titles(house: House, window: Period = DAY, rooms: list[int] | None = None) -> list[str]:
    return [it.title for it in house.engine.listing.planned(window, house.alice, rooms=rooms).bookings]


def test_it_has_the_bookings_of_all_rooms_by_start(house: House) -> None:
    house.book("12:00", "13:00", room="elm", title="Second")
    house.book("11:00", "12:00", title="First")
    house.book("14:00", "15:00", title="Later")
    house.engine.bookings.cancel(house.book("13:00", "14:00", title="Cancelled").uid, house.alice)
    assert titles(house, span("11:00", "14:00")) == ["First", "Second"]
    assert titles(house, rooms=[house.elm.number, 999]) == ["Second"]
    assert titles(house, rooms=[]) == []


def test_it_has_what_reaches_into_the_window_and_nothing_that_only_touches_it(house: House) -> None:
    house.book("11:00", "13:00", title="Long")
    house.book("15:00", "16:00", title="Later")
    assert titles(house, span("12:00", "12:30")) == ["Long"]
    assert titles(house, span("13:00", "15:00")) == []
    assert titles(house, span("12:59", "15:01")) == ["Long", "Later"]


def test_it_has_all_lanes_of_a_room(house: House) -> None:
    house.policy(lanes=3)
    for title in "abc":
        house.book("11:00", "13:00", title=title)
    assert titles(house, span("12:00", "12:30")) == ["a", "b", "c"]


def test_a_booking_of_several_rooms_is_one_with_a_row_for_each(house: House) -> None:
    wish = replace(ask("11:00", "12:00"), rooms=("oak", "elm"))
    made = house.engine.bookings.book(wish, house.alice)
    found = house.engine.listing.planned(DAY, house.alice)
    assert [it.id for it in found.bookings] == [made.id]
    assert [room.id for _, room in found.rows()] == ["oak", "elm"]
    alone = house.engine.listing.planned(DAY, house.alice, rooms=[house.elm.number])
    assert [room.id for _, room in alone.rows()] == ["elm"]


def test_rooms_that_somebody_may_not_see_are_passed_over(house: House) -> None:
    house.book("11:00", "12:00", title="In Oak")
    house.book("11:00", "12:00", room="elm", title="In Elm")
    assert [it.title for it in house.engine.listing.planned(DAY, house.charlie).bookings] == ["In Elm"]
    house.engine.rooms.change("elm", CLI, status="hidden")
    bob = someone(house, "bob").actor
    assert [it.rooms for it in house.engine.listing.planned(DAY, bob).bookings] == [(house.oak.number,)]


def test_people_are_those_whom_the_reader_may_know(house: House) -> None:
    alice, bob, guest = someone(house, "alice"), someone(house, "bob"), person(house, "gita")
    there = Details(attendees=(Attendee("participant", guest.number),))
    house.book("11:00", "12:00", by=alice.actor, title="Secret", organizer="", organizer_email="", details=there)
    own = house.engine.listing.planned(DAY, alice.actor)
    assert set(own.people) == {alice.person.number, guest.number}
    assert house.engine.listing.named(own.bookings[0]).keys() == own.people.keys()
    seen = house.engine.listing.planned(DAY, bob.actor)
    assert ([it.title for it in seen.bookings], seen.people) == ([""], {})


def test_whoever_wants_more_than_anybody_reads_is_told(house: House) -> None:
    house.book("11:00", "12:00")
    house.book("12:00", "13:00")
    assert len(house.engine.listing.planned(DAY, house.alice, most=2).bookings) == 2
    with pytest.raises(Invalid):
        house.engine.listing.planned(DAY, house.alice, most=1)
