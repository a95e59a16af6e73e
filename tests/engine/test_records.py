"""Bookings one after the other for files, figures of one person's, and the slots that bookings take."""

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Invalid, Unknown
from server.core.model import Details
from server.core.people import Person
from server.core.timetables import school
from server.engine import figures as figures_of
from server.engine.records import PAGE, Records
from server.engine.reports_scope import Choice
from server.engine.reports_slots import slots
from tests.make import MONDAY, House, at, room

DAY = Choice(MONDAY, MONDAY)


def records(house: House) -> Records:
    return Records(house.engine.figures)


def test_every_booking_of_the_days_is_told_once_by_its_start(house: House) -> None:
    house.engine.rooms.add(room("hall", parts=(house.oak.number, house.elm.number)), CLI)
    house.engine.rooms.add(room("lab", zone="America/New_York"), CLI)
    house.book("12:00", "13:00", room="hall", title="Both")
    house.engine.bookings.cancel(house.book("13:00", "14:00").uid, house.alice)
    house.book("11:00", "12:00", room="elm")
    house.book("16:00", "17:00", room="lab")
    house.recur("15:00", "16:00", "FREQ=DAILY;COUNT=3")
    found = [(it.room.id, it.booking.title, it.booking.standing.value) for it in records(house).of(CLI, DAY)]
    assert found == [
        ("elm", "Planning", "accepted"), ("hall", "Both", "accepted"), ("oak", "Planning", "cancelled"),
        ("oak", "Planning", "accepted"), ("lab", "Planning", "accepted"),
    ]  # fmt: skip
    assert [it.room.id for it in records(house).of(CLI, Choice(MONDAY, MONDAY, ("elm",)))] == ["elm", "elm"]
    assert records(house).many(CLI, DAY) == 5


def test_what_cannot_be_told_is_refused_before_the_first(sqlite_house: House) -> None:
    house = sqlite_house
    for choice, error in ((Choice(rooms=("none",)), Unknown), (Choice(MONDAY, MONDAY.replace(year=2025)), Invalid)):
        with pytest.raises(error):
            records(house).of(CLI, choice)
    with pytest.raises(Barred):
        records(house).of(house.alice, DAY)


def test_who_manages_one_room_reads_no_more_of_a_booking_in_two(sqlite_house: House) -> None:
    house = sqlite_house
    house.recur("11:00", "12:00", "FREQ=DAILY;COUNT=1", rooms=("oak", "elm"), details=Details(privacy="private"))
    one = house.engine.tokens.actor(house.engine.tokens.create("elm", "admin", CLI, rooms=("elm",))[1])
    assert [it.room.id for it in records(house).of(one, DAY)] == ["elm"]


def test_pages_follow_each_other_without_a_gap(sqlite_house: House) -> None:
    house = sqlite_house
    house.recur("11:00", "11:30", f"FREQ=DAILY;COUNT={PAGE + 3}")
    choice = Choice(MONDAY, MONDAY.replace(year=2027))
    starts = [it.booking.starts for it in records(house).of(CLI, choice)]
    assert len(starts) == len(set(starts)) == min(366, PAGE + 3)


def test_figures_can_be_those_of_one_persons_bookings(house: House) -> None:
    someone = house.engine.people.add(Person(0, "zoe@example.org", "zoe"), CLI)
    house.book("11:00", "12:00", organizer_email="zoe@example.org")
    house.book("11:00", "13:00", room="elm")
    figures = house.engine.figures
    each, whole = figures_of.used(figures, figures.choose(CLI, Choice(MONDAY, MONDAY, owner=someone.number)))
    assert [(it.room.id if it.room else "", it.bookings, it.booked) for it in each] == [("oak", 1, 3600), ("elm", 0, 0)]
    assert (whole.bookings, whole.booked, whole.fate.accepted, whole.fate.all) == (1, 3600, 1, 1)
    assert records(house).many(CLI, Choice(MONDAY, MONDAY, ("oak", "elm"), owner=someone.number)) == 1
    assert records(house).many(CLI, Choice(MONDAY, MONDAY, owner=someone.number + 1)) == 0


def test_slots_are_those_that_bookings_share_time_with(house: House) -> None:
    house.book("11:00", "12:50")
    house.book("13:30", "14:10", room="elm")
    house.book(at("19:00"), at("20:00"))
    table = school()
    chosen = house.engine.figures.choose(CLI, DAY)
    each, whole = slots(house.store, chosen, {house.oak.number: table, house.elm.number: table})
    assert (each[house.oak.number], each[house.elm.number], whole) == (2, 2, 4)
    assert slots(house.store, chosen, {}) == ({house.oak.number: 0, house.elm.number: 0}, 0)
