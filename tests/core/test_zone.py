"""Wall time and instants, over every oddity: both changes of the clock, half hours, missing midnights and days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.core import zone
from server.core.period import Period

ZONES = ("Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia",
         "America/New_York", "Asia/Kathmandu", "UTC", "Antarctica/Troll", "Asia/Gaza", "Europe/Dublin",
         "America/Caracas", "Asia/Pyongyang")  # fmt: skip
HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(day: str, name: str) -> float:
    noon = zone.instant(datetime.combine(date.fromisoformat(day), time(12)), name)
    return zone.day_of(noon, name).length / HOUR


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe/Berlin\0", "/etc/localtime", "Europe"])
def test_a_zone_that_is_none_is_a_value_error(name: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        zone.zone(name)


def test_an_instant_shows_as_the_clock_on_the_wall() -> None:
    assert zone.wall(utc("2026-06-15T08:00"), "Europe/Berlin").isoformat() == "2026-06-15T10:00:00+02:00"


def test_a_wall_time_in_the_spring_gap_is_moved_forward_by_the_gap() -> None:
    assert zone.instant(datetime(2026, 3, 29, 2, 30), "Europe/Berlin") == utc("2026-03-29T01:30")
    assert zone.wall(utc("2026-03-29T01:30"), "Europe/Berlin").time() == time(3, 30)


def test_in_the_autumn_fold_the_first_hour_is_meant() -> None:
    assert zone.instant(datetime(2026, 10, 25, 2, 30), "Europe/Berlin") == utc("2026-10-25T00:30")
    assert zone.instant(datetime(2026, 10, 25, 2, 30, fold=1), "Europe/Berlin") == utc("2026-10-25T00:30")


@pytest.mark.parametrize(
    ("day", "name", "length"),
    [
        ("2026-06-15", "Europe/Berlin", 24),
        ("2026-03-29", "Europe/Berlin", 23),
        ("2026-10-25", "Europe/Berlin", 25),
        ("2026-10-04", "Australia/Lord_Howe", 23.5),
        ("2026-04-05", "Australia/Lord_Howe", 24.5),
        ("2026-03-29", "Antarctica/Troll", 22),
        ("2028-02-29", "Europe/Berlin", 24),
        ("2026-09-06", "America/Santiago", 23),
        ("2026-04-04", "America/Santiago", 25),
    ],
)
def test_a_day_is_as_long_as_its_zone_makes_it(day: str, name: str, length: float) -> None:
    assert hours(day, name) == length


def test_where_midnight_is_missing_the_day_begins_when_the_clock_has_jumped() -> None:
    begins = zone.midnight(date(2026, 9, 6), "America/Santiago")
    assert begins == utc("2026-09-06T04:00")
    assert zone.wall(begins, "America/Santiago").time() == time(1)
    assert zone.wall(begins - timedelta(seconds=1), "America/Santiago").date() == date(2026, 9, 5)


def test_a_day_that_never_was_has_no_length() -> None:
    # Samoa went from Thursday the 29th to Saturday the 31st of December 2011.
    missing = date(2011, 12, 30)
    assert zone.midnight(missing, "Pacific/Apia") == zone.midnight(date(2011, 12, 31), "Pacific/Apia")
    saturday = zone.day_of(utc("2011-12-30T12:00"), "Pacific/Apia")
    assert zone.wall(saturday.start, "Pacific/Apia").date() == date(2011, 12, 31)
    assert saturday.length == 24 * HOUR


def test_a_period_lists_each_local_date_it_touches_once() -> None:
    period = Period(utc("2026-06-14T22:00"), utc("2026-06-16T22:00"))
    assert list(zone.days(period, "Europe/Berlin")) == [date(2026, 6, 15), date(2026, 6, 16)]
    assert list(zone.days(Period(period.start, period.end + timedelta(seconds=1)), "Europe/Berlin"))[-1].day == 17
    assert next(zone.days(Period(period.start - timedelta(seconds=1), period.end), "Europe/Berlin")).day == 14


def test_minute_1440_is_the_midnight_that_ends_the_day_whatever_the_clock_does() -> None:
    for day in (date(2026, 3, 29), date(2026, 10, 25), date(2028, 2, 29), date(2026, 12, 31)):
        assert zone.at_minute(day, 1440, "Europe/Berlin") == zone.midnight(day + timedelta(days=1), "Europe/Berlin")
    assert zone.at_minute(date(2026, 3, 29), 9 * 60, "Europe/Berlin") == utc("2026-03-29T07:00")
    assert zone.at_minute(date(2026, 10, 25), 9 * 60, "Europe/Berlin") == utc("2026-10-25T08:00")


def test_offsets_tell_the_change_to_the_second() -> None:
    found = zone.offsets(Period(utc("2026-03-20T00:00"), utc("2026-11-01T00:00")), "Europe/Berlin")
    assert found == [
        (utc("2026-03-20T00:00"), 3600),
        (utc("2026-03-29T01:00"), 7200),
        (utc("2026-10-25T01:00"), 3600),
    ]


def test_offsets_take_a_period_that_does_not_begin_on_a_whole_second() -> None:
    start = utc("2026-03-29T00:59:59.250")
    assert zone.offsets(Period(start, start + timedelta(seconds=1.5)), "Europe/Berlin") == [
        (start, 3600),
        (utc("2026-03-29T01:00"), 7200),
    ]


def test_half_an_hour_of_summer_time_is_a_change_too() -> None:
    found = zone.offsets(Period(utc("2026-10-01T00:00"), utc("2026-10-10T00:00")), "Australia/Lord_Howe")
    assert [seconds for _, seconds in found] == [37_800, 39_600]


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2011, 1, 1), datetime(2037, 12, 1)),
    st.integers(1, 40 * 24 * 60),
    st.lists(st.floats(0, 1), min_size=1, max_size=5),
)
@example("Pacific/Apia", datetime(2011, 12, 29, 9, 59), 120, [0.4, 0.5, 0.6])
@example("Africa/Casablanca", datetime(2026, 2, 14), 40 * 24 * 60, [0.02, 0.03, 0.5, 0.9])
def test_offsets_agree_with_zoneinfo_at_every_instant(
    name: str, start: datetime, length: int, places: list[float]
) -> None:
    begin = start.replace(microsecond=0, tzinfo=UTC)
    period = Period(begin, begin + timedelta(minutes=length))
    found = zone.offsets(period, name)
    edges = [at + timedelta(seconds=by) for at, _ in found[1:] for by in (-1, 0)]
    for moment in [*edges, *(begin + timedelta(seconds=int(length * 60 * place)) for place in places)]:
        expected = moment.astimezone(ZoneInfo(name)).utcoffset()
        told = [seconds for at, seconds in found if at <= moment][-1]
        assert expected is not None
        assert told == expected.total_seconds()


@given(st.sampled_from(ZONES), st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 1)))
def test_every_instant_lies_in_its_own_day(name: str, moment: datetime) -> None:
    instant = moment.replace(microsecond=0, tzinfo=UTC)
    day = zone.day_of(instant, name)
    assert day.holds(instant)
    assert zone.wall(day.start, name).date() == zone.wall(instant, name).date()


@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2037, 12, 1)))
def test_days_follow_each_other_without_a_hole(name: str, day: date) -> None:
    assert zone.midnight(day, name) <= zone.midnight(day + timedelta(days=1), name)
