"""Rules of time beyond the first ones, each at its edge second: several days, notice, slots, terms."""

from datetime import date, datetime, timedelta

import pytest

from server.core import rules
from server.core.model import Room
from server.core.period import Period
from server.core.places import Slot, Timetable
from server.core.policy import Policy
from server.core.rules.kinds import Shared, Use
from server.core.rules.length import multi_day
from server.core.rules.notice import ends_too_far, too_late_to_cancel, too_late_to_change
from server.core.rules.slots import off_slots, timetable_full, timetable_over
from server.core.timetables import school
from tests.core.asked import DAY, HOUR, MINUTE, SECOND, codes, elm, oak, objections, use
from tests.make import BERLIN, MONDAY, NOW, at, span

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
NOON = span("11:00", "12:00")


# several days


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (at("22:00"), at("00:00", 1), []),
        (at("22:00"), at("00:00", 1) + SECOND, ["multi_day"]),
        (at("00:00"), at("00:00", 1), []),
        (at("00:00") - SECOND, at("01:00"), ["multi_day"]),
        (at("10:00"), at("10:00", 3), ["multi_day"]),
    ],
)
def test_what_ends_at_midnight_is_of_the_day_before(start: datetime, end: datetime, said: list[str]) -> None:
    assert codes(multi_day, Period(start, end), oak(Policy(multi_day=False))) == said
    assert codes(multi_day, Period(start, end), oak()) == []


def test_days_are_those_of_the_rooms_zone() -> None:
    wish = Period(at("16:30"), at("17:30"))  # 23:30 to 00:30 in Tokyo
    assert codes(multi_day, wish, oak(Policy(multi_day=False))) == []
    assert codes(multi_day, wish, oak(Policy(multi_day=False), zone="Asia/Tokyo")) == ["multi_day"]


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_the_days_on_which_clocks_change_are_one_day(day: date) -> None:
    assert codes(multi_day, span("00:00", "24:00", day), oak(Policy(multi_day=False))) == []


def test_it_says_over_how_many_days_it_goes() -> None:
    (said,) = objections(multi_day, Period(at("10:00"), at("10:00", 2)), oak(Policy(multi_day=False)))
    assert said.numbers == {"days": 3}


# notice for changes and cancelling, the horizon of the end


@pytest.mark.parametrize(("seconds", "late"), [(3599, True), (3600, False), (3601, False), (-60, True)])
def test_the_notice_is_counted_to_the_start_that_it_has(seconds: int, late: bool) -> None:
    has = Period(NOW + seconds * SECOND, NOW + 2 * HOUR)
    far = Period(NOW + 9 * DAY, NOW + 9 * DAY + HOUR)
    place = oak(Policy(notice_change_minutes=60, notice_cancel_minutes=60))
    assert codes(too_late_to_change, far, place, former=has) == ["too_late_to_change"] * late
    assert codes(too_late_to_cancel, has, place, former=has) == ["too_late_to_cancel"] * late
    assert codes((too_late_to_change, too_late_to_cancel), far, oak(), former=has) == []


def test_the_notice_for_changes_is_not_asked_of_cancelling_or_the_other_way_round() -> None:
    soon = Period(NOW + MINUTE, NOW + HOUR)
    later = Period(NOW + MINUTE, NOW + HOUR + MINUTE)
    assert codes(rules.CANCEL, soon, oak(Policy(notice_change_minutes=60)), former=soon) == []
    assert codes(rules.CHANGE, later, oak(Policy(notice_cancel_minutes=60)), former=soon) == []
    assert codes(rules.BOOK, soon, oak(Policy(notice_change_minutes=60, notice_cancel_minutes=60))) == []


@pytest.mark.parametrize(("more", "said"), [(-1, []), (0, []), (1, ["ends_too_far"])])
def test_the_horizon_of_the_end_is_allowed_to_the_second(more: int, said: list[str]) -> None:
    wish = Period(NOW + HOUR, NOW + 30 * DAY + more * SECOND)
    place = oak(Policy(end_horizon_days=30))
    assert codes(ends_too_far, wish, place) == said
    assert codes(ends_too_far, wish, place, former=Period(wish.start, wish.end - SECOND)) == said
    assert codes(ends_too_far, wish, place, former=Period(wish.start, wish.end)) == []


# timetables


def tabled(table: Timetable, **fields: object) -> tuple[Room, Shared]:
    """Oak with that timetable as number 5."""
    numbered = Timetable(5, table.name, table.zone, table.days, **fields)  # type: ignore[arg-type]
    return oak(Policy(timetable=5)), Shared(timetables={5: numbered})


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("08:00:00", "08:50:00", []),
        ("08:00:00", "09:50:00", []),  # the break between is no matter
        ("08:00:01", "08:50:00", ["off_slots"]),
        ("08:00:00", "08:49:59", ["off_slots"]),
        ("07:59:59", "08:50:00", ["off_slots"]),
        ("08:00:00", "08:50:01", ["off_slots"]),
        ("08:50:00", "09:50:00", ["off_slots"]),
        ("17:00:00", "17:50:00", []),
        ("18:00:00", "18:50:00", ["off_slots"]),
    ],
)
def test_a_booking_begins_and_ends_with_slots(start: str, end: str, said: list[str]) -> None:
    place, shared = tabled(school())
    assert codes(off_slots, span(start, end), place, shared=shared) == said
    assert codes(off_slots, span(start, end), oak(), shared=shared) == []


def test_a_break_is_no_slot_to_begin_or_end_with() -> None:
    slots = (Slot(480, 540), Slot(540, 555, bookable=False), Slot(555, 615))
    place, shared = tabled(Timetable(0, "T", days={0: slots}))
    for start, end, said in [
        ("08:00", "10:15", []), ("09:00", "10:15", ["off_slots"]), ("08:00", "09:15", ["off_slots"]),
    ]:  # fmt: skip
        assert codes(off_slots, span(start, end), place, shared=shared) == said


def test_a_date_of_its_own_and_a_weekday_without_slots_count() -> None:
    table = Timetable(0, "T", days={0: (Slot(480, 540),), MONDAY + 7 * DAY: (Slot(600, 660),)})
    place, shared = tabled(table)
    assert codes(off_slots, span("08:00", "09:00"), place, shared=shared) == []
    assert codes(off_slots, span("08:00", "09:00", 7), place, shared=shared) == ["off_slots"]
    assert codes(off_slots, span("10:00", "11:00", 7), place, shared=shared) == []
    assert codes(off_slots, span("08:00", "09:00", 1), place, shared=shared) == ["off_slots"]


def test_slots_are_those_of_the_timetables_zone_if_it_has_one() -> None:
    here, shared = tabled(Timetable(0, "T", days={0: (Slot(480, 540),)}))
    there = oak(Policy(timetable=5), zone="Asia/Tokyo")
    tokyo = span("08:00", "09:00", 0, "Asia/Tokyo")
    assert codes(off_slots, tokyo, there, shared=shared) == []
    assert codes(off_slots, tokyo, here, shared=shared) == ["off_slots"]
    _, fixed = tabled(Timetable(0, "T", BERLIN, {0: (Slot(480, 540),)}))
    assert codes(off_slots, span("08:00", "09:00"), there, shared=fixed) == []


def test_the_last_slot_may_end_at_midnight() -> None:
    place, shared = tabled(Timetable(0, "T", days={0: (Slot(1_380, 1_440),), 1: (Slot(0, 60),)}))
    assert codes(off_slots, span("23:00", "24:00"), place, shared=shared) == []
    assert codes(off_slots, Period(at("23:00"), at("01:00", 1)), place, shared=shared) == []


def test_slots_follow_the_clock_when_it_changes() -> None:
    place, shared = tabled(Timetable(0, "T", days={6: (Slot(60, 120), Slot(120, 240))}))
    now = at("00:00", SPRING)
    early = Period(at("01:00", SPRING), at("04:00", SPRING))
    assert early.length == 2 * HOUR
    assert codes(off_slots, early, place, shared=shared, now=now) == []
    late = Period(at("02:00", AUTUMN), at("04:00", AUTUMN))
    assert late.length == 3 * HOUR
    assert codes(off_slots, late, place, shared=shared, now=now) == []
    assert codes(off_slots, Period(late.start + HOUR, late.end), place, shared=shared, now=now) == ["off_slots"]


def test_walk_ins_and_extensions_are_not_held_to_slots() -> None:
    place, shared = tabled(school())
    assert codes(rules.WALK_IN, span("10:00", "10:30"), place, shared=shared, role="device", person=None) == []
    was = span("10:00", "10:50")
    assert codes(rules.EXTEND, span("10:00", "11:05"), place, shared=shared, former=was) == []
    assert codes(rules.CHANGE, span("10:00", "11:05"), place, shared=shared, former=was) == ["off_slots"]


@pytest.mark.parametrize(
    ("day", "said"), [(-1, ["timetable_over"]), (0, []), (4, []), (5, ["timetable_over"])]
)  # fmt: skip
def test_a_timetable_is_booked_from_its_first_to_its_last_date(day: int, said: list[str]) -> None:
    days = dict.fromkeys(range(7), (Slot(480, 540),))
    place, shared = tabled(Timetable(0, "T", days=days), since=MONDAY, until=MONDAY + 4 * DAY)
    wish = span("08:00", "09:00", day)
    assert codes((timetable_over, off_slots), wish, place, shared=shared) == said
    if said:
        (objection,) = objections(timetable_over, wish, place, shared=shared)
        assert objection.numbers == {"timetable": 5, "since": "2026-06-15", "until": "2026-06-19"}


def test_a_booking_that_leaves_the_term_is_outside_it_and_one_that_ends_at_midnight_is_not() -> None:
    days = dict.fromkeys(range(7), (Slot(1_380, 1_440), Slot(0, 60)))
    place, shared = tabled(Timetable(0, "T", days=days), until=MONDAY)
    assert codes(timetable_over, span("23:00", "24:00"), place, shared=shared) == []
    assert codes(timetable_over, Period(at("23:00"), at("01:00", 1)), place, shared=shared) == ["timetable_over"]


# at once


def test_only_so_many_rooms_of_a_timetable_are_in_use_at_any_one_instant() -> None:
    place, shared = tabled(school(), most_at_once=2)
    for running, said in [
        ([], []),
        ([("08:00", "09:50")], []),
        ([("08:00", "09:50"), ("08:00", "08:50")], ["timetable_full"]),
        ([("08:00", "08:25"), ("08:25", "08:50")], []),  # one after the other
        ([("08:00", "08:26"), ("08:25", "08:50")], ["timetable_full"]),
        ([("07:00", "08:00"), ("08:50", "09:50"), ("07:30", "08:00")], []),  # they only touch
    ]:
        uses = tuple(use(at(start), at(end), 5, room=8) for start, end in running)
        other = (Use(9, 8, span("08:00", "08:50"), 10),)  # of another timetable
        told = Shared(timetables=shared.timetables, running=uses + other)
        assert codes(timetable_full, span("08:00", "08:50"), place, shared=told) == said


def test_a_booking_of_several_rooms_takes_as_many_of_the_timetable() -> None:
    place, shared = tabled(school(), most_at_once=2)
    running = Shared(timetables=shared.timetables, running=(use(at("08:00"), at("08:50"), 5, room=8),))
    both = (place, elm(Policy(timetable=5)))
    (said,) = objections(timetable_full, span("08:00", "08:50"), rooms=both, shared=running)
    assert said.numbers == {"timetable": 5, "most": 2, "running": 1}
    assert codes(timetable_full, span("08:00", "08:50"), rooms=(place, elm()), shared=running) == []


def test_two_days_of_notice_are_two_days() -> None:
    place = oak(Policy(notice_minutes=2 * 1_440))
    for more, said in [(timedelta(), []), (-SECOND, ["too_soon"])]:
        start = NOW + 2 * DAY + more
        assert codes(rules.BOOK, Period(start, start + HOUR), place) == said
