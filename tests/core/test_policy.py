"""Opening hours as instants: joined, cut at what the day really is, and over the nights when clocks change."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from server.core.model import Details
from server.core.period import Period
from server.core.policy import Opening, Policy, open_during, open_on
from tests.make import BERLIN, MONDAY, OFFICE, WORKDAYS, at, booking, room, span

EVERY_DAY = frozenset(range(7))
OFFICE_HOURS = Policy(opening=(OFFICE,))
ALL_DAY = Policy(opening=(Opening(EVERY_DAY, 0, 1440),))


def test_a_new_room_asks_nothing() -> None:
    plain = Policy()
    assert (plain.opening, plain.min_minutes, plain.max_minutes, plain.notice_minutes) == ((), None, None, None)
    assert (plain.horizon_days, plain.gap_minutes, plain.check_in, plain.walk_in) == (None, 0, False, True)
    assert (plain.door_host, plain.door_title) == ("initials", False)


def test_hours_of_a_day_are_wall_time() -> None:
    assert open_on(OFFICE_HOURS, MONDAY, BERLIN) == [span("08:00", "18:00")]
    winter = date(2026, 1, 12)
    assert open_on(OFFICE_HOURS, winter, BERLIN) == [span("08:00", "18:00", winter)]
    assert at("08:00", winter).hour == at("08:00").hour + 1


def test_a_closed_weekday_has_no_hours() -> None:
    assert open_on(OFFICE_HOURS, MONDAY + timedelta(days=5), BERLIN) == []


def test_without_hours_a_room_is_always_open() -> None:
    window = span("03:00", "04:00")
    assert open_during(Policy(), window, BERLIN) == [window]


def test_hours_that_touch_at_midnight_are_one() -> None:
    night = Policy(opening=(Opening(EVERY_DAY, 20 * 60, 1440), Opening(EVERY_DAY, 0, 4 * 60)))
    asked = Period(at("23:00"), at("02:00", 1))
    assert any(hours.covers(asked) for hours in open_during(night, asked, BERLIN))


def test_open_around_the_clock_is_one_span() -> None:
    week = Period(at("00:00"), at("00:00", 7))
    (hours,) = open_during(ALL_DAY, week, BERLIN)
    assert hours.covers(week)


def test_two_spans_of_a_day_stay_apart() -> None:
    split = Policy(opening=(Opening(WORKDAYS, 8 * 60, 12 * 60), Opening(WORKDAYS, 13 * 60, 18 * 60)))
    assert open_on(split, MONDAY, BERLIN) == [span("08:00", "12:00"), span("13:00", "18:00")]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (MONDAY, 24)])
def test_open_all_day_is_as_long_as_the_day(day: date, hours: int) -> None:
    (whole,) = open_on(ALL_DAY, day, BERLIN)
    assert whole.length == timedelta(hours=hours)
    assert whole.end == at("00:00", day + timedelta(days=1))


def test_hours_in_the_spring_gap_move_with_the_clock() -> None:
    early = Policy(opening=(Opening(EVERY_DAY, 2 * 60 + 15, 3 * 60 + 30),))
    day = date(2026, 3, 29)
    assert open_on(early, day, BERLIN) == [span("03:15", "03:30", day)]


def test_hours_that_lie_wholly_in_the_gap_keep_their_length() -> None:
    early = Policy(opening=(Opening(EVERY_DAY, 2 * 60 + 15, 2 * 60 + 45),))
    day = date(2026, 3, 29)
    assert open_on(early, day, BERLIN) == [span("03:15", "03:45", day)]


def test_hours_swallowed_by_the_gap_are_none() -> None:
    swallowed = Policy(opening=(Opening(EVERY_DAY, 2 * 60 + 30, 3 * 60 + 15),))
    assert open_on(swallowed, date(2026, 3, 29), BERLIN) == []


def test_hours_begin_in_the_first_of_the_two_autumn_hours() -> None:
    early = Policy(opening=(Opening(EVERY_DAY, 2 * 60 + 30, 4 * 60),))
    (hours,) = open_on(early, date(2026, 10, 25), BERLIN)
    assert hours.length == timedelta(hours=2, minutes=30)


def test_where_midnight_is_missing_the_hours_begin_with_the_day() -> None:
    day = date(2026, 9, 6)
    (hours,) = open_on(ALL_DAY, day, "America/Santiago")
    assert hours.start == at("01:00", day, "America/Santiago")
    assert hours.length == timedelta(hours=23)


def test_nothing_is_open_on_a_day_that_never_was() -> None:
    friday = date(2011, 12, 30)
    assert open_on(Policy(opening=(Opening(frozenset({4}), 480, 1080),)), friday, "Pacific/Apia") == []
    saturday = friday + timedelta(days=1)
    fridays = Policy(opening=(Opening(frozenset({4}), 480, 1080),))
    around = span("00:00", "24:00", saturday, "Pacific/Apia")
    assert [h for h in open_during(fridays, around, "Pacific/Apia") if h.overlaps(around)] == []


def test_values_with_maps_in_them_can_still_be_remembered_by() -> None:
    it = replace(Policy(), exempt={"staff": ("too_soon",)})
    assert hash(it) == hash(replace(Policy(), exempt={"staff": ("too_soon",)}))
    assert hash(room("oak", it, attributes={1: "x"}, own_policy={"lanes": 2}))
    assert hash(booking(details=Details(attributes={1: "x"}, accessories={2: 3})))
