"""When rooms can be had from an instant on, and what of a window cannot: nothing that cannot be booked is told free."""

from dataclasses import replace
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.period import Period
from server.core.places import Slot, Timetable
from server.engine.vacancies import WEEK, Plan, Vacancy
from tests.make import NOW, OFFICE, House, at, span

DAY = span("00:00", "24:00")


def first(house: House, start: str = "10:00", by: Actor = CLI, slug: str = "oak") -> Vacancy:
    found = house.engine.vacancies.of(by, at(start))
    return next(it for it in found if it.room.id == slug)


def plan(house: House, window: Period = DAY, by: Actor = CLI) -> Plan:
    return house.engine.vacancies.plans(by, window, [house.oak.number]).rooms[0]


def test_an_empty_room_is_free_for_a_week(house: House) -> None:
    it = first(house)
    assert it.now
    assert it.free == Period(NOW, NOW + WEEK)


def test_what_is_booked_back_to_back_is_one_wait_and_the_next_booking_ends_the_free_time(house: House) -> None:
    house.book("10:00", "11:00")
    house.book("11:00", "12:00")
    house.book("15:00", "16:00")
    it = first(house)
    assert not it.now
    assert it.free == span("12:00", "15:00")
    assert [b.starts for b in it.bookings] == [at("10:00")]
    assert first(house, "12:30").free == span("12:30", "15:00")
    assert first(house, slug="elm").now


def test_the_gap_between_bookings_is_no_free_time(house: House) -> None:
    house.policy(gap_minutes=15)
    house.book("11:00", "12:00")
    assert first(house).free == span("10:00", "10:45")
    assert first(house, "10:50").free == Period(at("12:15"), at("10:50", 7))


def test_a_closure_is_no_free_time_at_the_instant_asked_for(house: House) -> None:
    house.engine.rooms.close("oak", CLI, at("13:00"), at("14:00"), "Cleaning")
    assert first(house).now
    assert first(house, "13:30").free == Period(at("14:00"), at("13:30", 7))
    assert not first(house, "13:30").bookings


@pytest.mark.parametrize(
    "fields",
    [{"status": "unavailable"}, {"active": False}, {"rules": {"horizon_days": 1, "notice_minutes": 2_880}}],
)  # fmt: skip
def test_a_room_that_cannot_be_booked_is_never_free(sqlite_house: House, fields: dict[str, Any]) -> None:
    sqlite_house.engine.rooms.change("oak", CLI, **fields)
    it = first(sqlite_house, by=sqlite_house.alice)
    assert it.free is None
    assert not it.now
    assert plan(sqlite_house, span("10:00", "24:00"), sqlite_house.alice).shut == (span("10:00", "24:00"),)


def test_hours_notice_and_lessons_are_waited_for(sqlite_house: House) -> None:
    sqlite_house.policy(opening=(replace(OFFICE, opens=11 * 60),))
    assert first(sqlite_house).free == span("11:00", "18:00")
    sqlite_house.policy(opening=(), notice_minutes=90)
    assert first(sqlite_house).free == Period(at("11:30"), NOW + WEEK)
    lessons = {0: (Slot(600, 645), Slot(660, 705))}
    made = sqlite_house.engine.catalogue.add(Timetable(0, "School", "", lessons), CLI)
    sqlite_house.policy(notice_minutes=None, timetable=made.number)
    assert first(sqlite_house, "10:50").free == span("11:00", "11:45")


def test_a_time_that_is_past_is_not_to_be_had(sqlite_house: House) -> None:
    assert first(sqlite_house, "08:00").free == Period(NOW, at("08:00", 7))


def test_of_several_lanes_the_last_one_counts(house: House) -> None:
    house.policy(lanes=2)
    house.book("10:00", "12:00")
    assert first(house).now
    house.book("10:00", "11:00")
    it = first(house)
    assert it.free == Period(at("11:00"), NOW + WEEK)
    assert [b.ends for b in it.bookings] == [at("11:00"), at("12:00")]


def test_a_combined_room_is_as_its_parts_are(house: House) -> None:
    house.engine.rooms.change("elm", CLI, parts=(house.oak.number,))
    house.book("10:00", "11:00")
    assert first(house, slug="elm").free == Period(at("11:00"), NOW + WEEK)
    assert [it.uid for it in first(house, slug="elm").bookings] == [it.uid for it in first(house).bookings]


def test_a_plan_has_bookings_closures_and_what_is_shut(house: House) -> None:
    made = house.book("11:00", "12:00")
    house.engine.rooms.close("oak", CLI, at("13:00"), at("14:00"), "Cleaning")
    house.policy(opening=(OFFICE,))
    it = plan(house)
    assert [b.uid for b in it.bookings] == [made.uid]
    assert [c.reason for c in it.closures] == ["Cleaning"]
    assert it.shut == (span("00:00", "08:00"), span("11:00", "12:00"), span("13:00", "14:00"), span("18:00", "24:00"))


def test_what_somebody_may_not_read_of_a_booking_is_not_in_it(sqlite_house: House) -> None:
    sqlite_house.book("10:00", "11:00")
    stranger = Actor("person:9", "read", None, "librebooking", person=9, role="member", levels={1: 1, 2: 1})  # type: ignore[dict-item]
    assert first(sqlite_house, by=stranger).bookings[0].title == ""
    assert first(sqlite_house).bookings[0].title == "Planning"


def test_rooms_that_are_not_there_hidden_or_out_of_reach_are_passed_over(sqlite_house: House) -> None:
    oak, elm = sqlite_house.oak.number, sqlite_house.elm.number
    for actor, numbers in ((CLI, [99, elm]), (sqlite_house.charlie, [oak, elm])):
        assert [it.room.id for it in sqlite_house.engine.vacancies.of(actor, NOW, numbers)] == ["elm"]
    sqlite_house.engine.rooms.change("oak", CLI, status="hidden")
    assert [it.room.id for it in sqlite_house.engine.vacancies.of(sqlite_house.alice, NOW)] == ["elm"]
