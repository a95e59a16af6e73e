"""The period grid: which ends a reservation may have, and the layout it is judged by."""

import itertools
from datetime import date, timedelta

from server.core.places import Slot, Timetable
from server.core.policy import Policy
from server.core.timetables import school
from server.dialects.librebooking.periods import (
    misfits,
    pieces_on,
    pieces_within,
    schedule_id,
    schedule_of,
    timetable_of,
)
from tests.make import BERLIN, MONDAY, room, span

SCHOOL = {3: Timetable(3, "School", BERLIN, school().days)}
OAK, CLASS = room(), room("class", Policy(timetable=3))


def test_a_room_without_a_timetable_is_of_schedule_one_and_keeps_to_quarters_of_an_hour() -> None:
    assert schedule_of(OAK, SCHOOL) == 1
    assert timetable_of(1) is None
    assert misfits(OAK, span("11:15", "12:00"), SCHOOL) == []
    assert len(misfits(OAK, span("11:10", "12:05"), SCHOOL)) == 2
    assert len(pieces_on(None, MONDAY, BERLIN)) == 96


def test_quarters_of_an_hour_are_the_same_instants_in_kathmandu_and_berlin() -> None:
    assert misfits(room("far", zone="Asia/Kathmandu"), span("11:15", "24:00"), {}) == []


def test_a_day_on_which_clocks_change_has_as_many_quarters_as_it_is_long() -> None:
    assert len(pieces_on(None, date(2026, 3, 29), BERLIN)) == 92
    assert len(pieces_on(None, date(2026, 10, 25), BERLIN)) == 100


def test_a_timetable_is_a_schedule_of_its_own_whose_breaks_are_not_reservable() -> None:
    assert schedule_of(CLASS, SCHOOL) == schedule_id(3) == 4
    assert timetable_of(4) == 3
    layout = pieces_on(SCHOOL[3], MONDAY, BERLIN)
    assert sum(it.reservable for it in layout) == 10
    assert all(one.period.end == other.period.start for one, other in itertools.pairwise(layout))
    assert layout[0].period.start == span("00:00", "24:00").start
    assert layout[-1].period.end == span("00:00", "24:00").end


def test_a_reservation_starts_with_a_lesson_and_ends_where_any_period_starts() -> None:
    assert misfits(CLASS, span("08:00", "08:50"), SCHOOL) == []
    assert misfits(CLASS, span("08:00", "09:00"), SCHOOL) == []
    assert len(misfits(CLASS, span("08:50", "09:50"), SCHOOL)) == 1
    assert len(misfits(CLASS, span("08:00", "09:10"), SCHOOL)) == 1


def test_a_day_without_lessons_is_one_period_that_is_not_reservable() -> None:
    sunday = pieces_on(SCHOOL[3], MONDAY - timedelta(days=1), BERLIN)
    assert [it.reservable for it in sunday] == [False]


def test_a_timetable_that_is_gone_leaves_its_rooms_to_the_default_schedule() -> None:
    assert schedule_of(CLASS, {}) == 1


def test_the_layout_of_another_zones_day_is_what_begins_within_it() -> None:
    day = span("00:00", "24:00", zone="America/New_York")
    found = list(pieces_within(SCHOOL[3], day, BERLIN))
    assert [it.label for it in found if it.reservable] == [""] * len([it for it in found if it.reservable])
    assert all(day.holds(it.period.start) for it in found)
    assert len(list(pieces_within(None, day, BERLIN))) == 96


def test_labels_are_the_slots_own() -> None:
    table = Timetable(1, "Lab", BERLIN, {0: (Slot(540, 600, label="First"), Slot(600, 630, bookable=False))})
    assert [(it.label, it.reservable) for it in pieces_on(table, MONDAY, BERLIN)] == [
        ("", False), ("First", True), ("", False), ("", False),
    ]  # fmt: skip
