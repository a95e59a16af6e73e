"""Series over every oddity of the clocks: what keeps its wall time, what moves, how long it is, and what is no date."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core import zone as zones
from server.core.period import Period
from server.core.recurrence import Length, Occurrence, Rule, length_of, occurrences, parse
from tests.core.recurring import COARSE, rules

HOUR = timedelta(hours=1)
ONE_HOUR = Length(0, 3600)
ALL_DAY = Length(1, 0)
BERLIN, LORD_HOWE, TROLL = "Europe/Berlin", "Australia/Lord_Howe", "Antarctica/Troll"
SANTIAGO, CASABLANCA, APIA = "America/Santiago", "Africa/Casablanca", "Pacific/Apia"


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def utc(text: str) -> datetime:
    return wall(text).replace(tzinfo=UTC)


def series(rule: str, start: str, zone: str, length: Length = ONE_HOUR) -> list[Occurrence]:
    """Its first occurrences, up to half a year after the start."""
    pattern = parse([rule], wall(start), zone)
    return occurrences(pattern, zone, length, zones.instant(wall(start), zone) + timedelta(days=183))


def instants(rule: str, start: str, zone: str) -> list[datetime]:
    return [it.period.start for it in series(rule, start, zone)]


def local(found: list[Occurrence], zone: str) -> list[str]:
    """As the clock on the wall shows them."""
    return [f"{zones.wall(it.period.start, zone):%m-%d %H:%M}" for it in found]


@pytest.mark.parametrize("start", ["2026-03-02T09:00", "2026-10-05T09:00"])
@pytest.mark.parametrize(
    "zone", [BERLIN, LORD_HOWE, TROLL, SANTIAGO, CASABLANCA, "America/New_York", "America/Havana", "Asia/Gaza", "UTC"]
)
def test_weekly_at_nine_is_nine_before_and_after_the_change(zone: str, start: str) -> None:
    found = series("FREQ=WEEKLY", start, zone)
    assert len(found) == 27
    assert {zones.wall(it.period.start, zone).strftime("%a %H:%M") for it in found} == {"Mon 09:00"}


@pytest.mark.parametrize(
    ("zone", "start", "before", "after"),
    [
        (BERLIN, "2026-03-28T09:00", "2026-03-28T08:00", "2026-03-29T07:00"),
        (BERLIN, "2026-10-24T09:00", "2026-10-24T07:00", "2026-10-25T08:00"),
        (LORD_HOWE, "2026-10-03T09:00", "2026-10-02T22:30", "2026-10-03T22:00"),
        (LORD_HOWE, "2026-04-04T09:00", "2026-04-03T22:00", "2026-04-04T22:30"),
        (TROLL, "2026-03-28T09:00", "2026-03-28T09:00", "2026-03-29T07:00"),
        (TROLL, "2026-10-24T09:00", "2026-10-24T07:00", "2026-10-25T09:00"),
        (CASABLANCA, "2026-02-14T09:00", "2026-02-14T08:00", "2026-02-15T09:00"),
        (CASABLANCA, "2026-03-21T09:00", "2026-03-21T09:00", "2026-03-22T08:00"),
        (SANTIAGO, "2026-09-05T09:00", "2026-09-05T13:00", "2026-09-06T12:00"),
        (SANTIAGO, "2026-04-04T09:00", "2026-04-04T12:00", "2026-04-05T13:00"),
    ],
)
def test_the_instant_moves_by_what_the_clocks_move(zone: str, start: str, before: str, after: str) -> None:
    assert instants("FREQ=DAILY;COUNT=2", start, zone) == [utc(before), utc(after)]


@pytest.mark.parametrize(
    ("zone", "start", "shown"),
    [
        (BERLIN, "2026-03-28T02:30", ["03-28 02:30", "03-29 03:30", "03-30 02:30"]),
        (LORD_HOWE, "2026-10-03T02:10", ["10-03 02:10", "10-04 02:40", "10-05 02:10"]),
        (TROLL, "2026-03-28T01:30", ["03-28 01:30", "03-29 03:30", "03-30 01:30"]),
        (CASABLANCA, "2026-03-21T02:15", ["03-21 02:15", "03-22 03:15", "03-23 02:15"]),
        (SANTIAGO, "2026-09-05T00:30", ["09-05 00:30", "09-06 01:30", "09-07 00:30"]),
    ],
)
def test_a_start_in_the_gap_moves_forward_by_the_gap_for_that_day_alone(
    zone: str, start: str, shown: list[str]
) -> None:
    found = series("FREQ=DAILY;COUNT=3", start, zone)
    assert local(found, zone) == shown
    assert [it.wall for it in found] == [wall(start) + timedelta(days=day) for day in range(3)]
    assert {it.period.length for it in found} == {HOUR}


@pytest.mark.parametrize(
    ("zone", "start", "first"),
    [
        (BERLIN, "2026-10-25T02:30", "2026-10-25T00:30"),
        (LORD_HOWE, "2026-04-05T01:45", "2026-04-04T14:45"),
        (TROLL, "2026-10-25T01:30", "2026-10-24T23:30"),
        (CASABLANCA, "2026-02-15T02:30", "2026-02-15T01:30"),
        (SANTIAGO, "2026-04-04T23:30", "2026-04-05T02:30"),
    ],
)
def test_in_the_fold_the_first_of_the_two_is_meant(zone: str, start: str, first: str) -> None:
    assert instants("FREQ=DAILY;COUNT=2", start, zone)[0] == utc(first)


def test_two_times_that_the_gap_brings_together_are_one_occurrence_the_one_that_exists() -> None:
    found = series("FREQ=DAILY;COUNT=4;BYHOUR=2,3", "2026-03-28T02:00", BERLIN)
    assert [it.wall for it in found] == [wall("2026-03-28T02:00"), wall("2026-03-28T03:00"), wall("2026-03-29T03:00")]


def test_a_start_out_of_the_gap_may_come_to_lie_after_a_later_one() -> None:
    found = series("FREQ=DAILY;COUNT=3;BYHOUR=2,3;BYMINUTE=20,45;BYSETPOS=2,3", "2026-03-28T02:45", BERLIN)
    assert local(found, BERLIN) == ["03-28 02:45", "03-28 03:20", "03-29 03:45"]
    found = series("FREQ=DAILY;COUNT=2;BYHOUR=2,3;BYMINUTE=20,45;BYSETPOS=2,3", "2026-03-29T02:45", BERLIN)
    assert [it.wall for it in found] == [wall("2026-03-29T03:20"), wall("2026-03-29T02:45")]
    assert [it.period.start for it in found] == sorted(it.period.start for it in found)


def test_ramadan_in_casablanca_changes_the_instant_twice_and_the_wall_time_never() -> None:
    found = series("FREQ=WEEKLY;COUNT=8", "2026-02-09T15:00", CASABLANCA)
    assert [it.period.start.hour for it in found] == [14, 15, 15, 15, 15, 15, 14, 14]
    assert {shown[-5:] for shown in local(found, CASABLANCA)} == {"15:00"}


def test_a_day_without_midnight_begins_when_the_clock_has_jumped() -> None:
    found = series("FREQ=DAILY;COUNT=3", "2026-09-05T00:00", SANTIAGO, ALL_DAY)
    assert [it.period.length / HOUR for it in found] == [24, 23, 24]
    assert local(found, SANTIAGO) == ["09-05 00:00", "09-06 01:00", "09-07 00:00"]
    assert all(before.period.end == after.period.start for before, after in pairwise(found))


@pytest.mark.parametrize(
    ("zone", "start", "hours"),
    [
        (BERLIN, "2026-03-28T00:00", [24, 23, 24]),
        (BERLIN, "2026-10-24T00:00", [24, 25, 24]),
        (LORD_HOWE, "2026-10-03T00:00", [24, 23.5, 24]),
        (LORD_HOWE, "2026-04-04T00:00", [24, 24.5, 24]),
        (TROLL, "2026-03-28T00:00", [24, 22, 24]),
        (SANTIAGO, "2026-04-03T00:00", [24, 25, 24]),
        (CASABLANCA, "2026-02-14T00:00", [24, 25, 24]),
    ],
)
def test_whole_days_are_as_long_as_the_zone_makes_them(zone: str, start: str, hours: list[float]) -> None:
    found = series("FREQ=DAILY;COUNT=3", start, zone, ALL_DAY)
    assert [it.period.length / HOUR for it in found] == hours
    assert {length_of(it.period, zone) for it in found} == {ALL_DAY}


def test_several_whole_days_over_the_change_end_at_midnight() -> None:
    (found,) = series("FREQ=YEARLY;COUNT=1", "2026-03-27T00:00", BERLIN, Length(4, 0))
    assert found.period == Period(utc("2026-03-26T23:00"), utc("2026-03-30T22:00"))


def test_days_and_seconds_are_first_nominal_days_then_exact_seconds() -> None:
    (found,) = series("FREQ=YEARLY;COUNT=1", "2026-03-28T22:00", BERLIN, Length(1, 7200))
    assert found.period == Period(utc("2026-03-28T21:00"), utc("2026-03-29T22:00"))


def test_a_night_over_the_change_is_as_long_as_every_other_night() -> None:
    for start, ends in (("2026-03-27T22:00", ["06:00", "07:00", "06:00"]),
                        ("2026-10-23T22:00", ["06:00", "05:00", "06:00"])):  # fmt: skip
        found = series("FREQ=DAILY;COUNT=3", start, BERLIN, Length(0, 8 * 3600))
        assert [f"{zones.wall(it.period.end, BERLIN):%H:%M}" for it in found] == ends
        assert {it.period.length for it in found} == {8 * HOUR}


def test_a_date_that_samoa_went_over_is_none() -> None:
    daily = series("FREQ=DAILY;COUNT=4", "2011-12-28T10:00", APIA)
    assert local(daily, APIA) == ["12-28 10:00", "12-29 10:00", "12-31 10:00"]
    fridays = series("FREQ=WEEKLY;COUNT=3", "2011-12-23T10:00", APIA)
    assert local(fridays, APIA) == ["12-23 10:00", "01-06 10:00"]


def test_whole_days_in_samoa_go_from_the_29th_to_the_31st() -> None:
    found = series("FREQ=DAILY;COUNT=4", "2011-12-28T00:00", APIA, ALL_DAY)
    assert local(found, APIA) == ["12-28 00:00", "12-29 00:00", "12-31 00:00"]
    assert {it.period.length for it in found} == {24 * HOUR}
    assert found[1].period.end == found[2].period.start


def test_a_leap_day_comes_every_four_years_and_not_in_2100() -> None:
    pattern = parse(["FREQ=YEARLY"], wall("2092-02-29T09:00"), BERLIN)
    found = occurrences(pattern, BERLIN, ONE_HOUR, utc("2109-01-01T00:00"))
    assert [it.wall.date() for it in found] == [date(2092, 2, 29), date(2096, 2, 29), date(2104, 2, 29),
                                                date(2108, 2, 29)]  # fmt: skip


def test_monthly_on_the_31st_leaves_the_shorter_months_out() -> None:
    found = series("FREQ=MONTHLY;COUNT=4", "2026-01-31T09:00", BERLIN)
    assert [it.wall.month for it in found] == [1, 3, 5, 7]
    assert {it.wall.day for it in found} == {31}


def test_the_end_of_a_rule_in_utc_counts_on_the_wall() -> None:
    # 23:30 Berlin on the 31st is still the 31st; by the UTC date alone it would depend on the season.
    winter = series("FREQ=DAILY;UNTIL=20261231T223000Z", "2026-12-29T23:30", BERLIN)
    summer = series("FREQ=DAILY;UNTIL=20260731T213000Z", "2026-07-29T23:30", BERLIN)
    assert [len(winter), len(summer)] == [3, 3]


def test_what_is_asked_for_ends_at_an_instant_not_at_a_wall_time() -> None:
    pattern = parse(["FREQ=DAILY;BYHOUR=2;BYMINUTE=0,30"], wall("2026-10-25T02:00"), BERLIN)
    # 02:15 comes twice that night; at the second, both starts of the first round are past.
    first, second = utc("2026-10-25T00:15"), utc("2026-10-25T01:15")
    assert [it.wall.minute for it in occurrences(pattern, BERLIN, ONE_HOUR, first)] == [0]
    assert [it.wall.minute for it in occurrences(pattern, BERLIN, ONE_HOUR, second)] == [0, 30]


@pytest.mark.parametrize(
    ("zone", "start", "end", "length"),
    [
        (BERLIN, "2026-06-15T00:00", "2026-06-16T00:00", Length(1, 0)),
        (BERLIN, "2026-03-28T00:00", "2026-03-30T00:00", Length(2, 0)),
        (SANTIAGO, "2026-09-06T01:00", "2026-09-07T00:00", Length(1, 0)),
        (SANTIAGO, "2026-09-05T00:00", "2026-09-06T01:00", Length(1, 0)),
        (BERLIN, "2026-06-15T00:00", "2026-06-15T12:00", Length(0, 12 * 3600)),
        (BERLIN, "2026-06-15T09:00", "2026-06-16T09:00", Length(0, 24 * 3600)),
        (BERLIN, "2026-03-28T09:00", "2026-03-29T09:00", Length(0, 23 * 3600)),
        (SANTIAGO, "2026-09-05T22:00", "2026-09-06T01:00", Length(0, 2 * 3600)),
    ],
)
def test_a_length_is_nominal_for_whole_days_alone(zone: str, start: str, end: str, length: Length) -> None:
    assert length_of(Period(zones.instant(wall(start), zone), zones.instant(wall(end), zone)), zone) == length


ODD_ZONES = (BERLIN, LORD_HOWE, TROLL, SANTIAGO, CASABLANCA, APIA, "America/Havana", "Asia/Gaza", "America/St_Johns")
LENGTHS = (ONE_HOUR, ALL_DAY, Length(0, 45 * 60))


@given(
    rules(COARSE),
    st.sampled_from(ODD_ZONES),
    st.sampled_from(LENGTHS),
    st.datetimes(datetime(2011, 1, 1), datetime(2027, 12, 31)).map(lambda it: it.replace(microsecond=0)),
)
def test_each_occurrence_shows_its_wall_time_or_the_gap_later(
    rule: Rule, zone: str, length: Length, start: datetime
) -> None:
    pattern = parse([rule.text], start, zone)
    found = occurrences(pattern, zone, length, zones.instant(start, zone) + timedelta(days=500))
    begins = [it.period.start for it in found]
    assert begins == sorted(set(begins))
    for it in found:
        assert zones.wall(it.period.start, zone).replace(tzinfo=None, fold=0) == it.wall + gap_at(it.wall, zone)
        if not length.days:
            assert it.period.length == timedelta(seconds=length.seconds)


def gap_at(moment: datetime, zone: str) -> timedelta:
    """How long the gap is that the wall time lies in; none where it lies in none."""
    before, after = (moment.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() for fold in (0, 1))
    return max(timedelta(), (after or timedelta()) - (before or timedelta()))
