"""The dates a pattern gives: against dateutil, as a set, in order, bounded, and never running away."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from time import process_time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from server.core.errors import Invalid
from server.core.recurrence import Length, Pattern, Rule, check_bookable, endless, occurrences, parse, walls
from tests.core.recurring import COARSE, FINE, MONDAY, asks_too_much, by_dateutil, ended, patterns, rules, starts

NEVER = datetime(9999, 1, 1)


def given_by(rule: Rule, start: datetime, before: datetime) -> list[datetime]:
    return list(walls(Pattern(start, (rule,)), before))


def read(*lines: str, start: datetime = MONDAY) -> Pattern:
    return parse(lines, start, "UTC")


def dates(pattern: Pattern, before: datetime = datetime(2027, 1, 1)) -> list[str]:
    return [f"{wall:%m-%d}" for wall in walls(pattern, before)]


@settings(max_examples=200)
@given(starts().flatmap(lambda start: st.tuples(st.just(start), ended(rules(COARSE), start))))
def test_daily_and_slower_rules_give_what_dateutil_gives(drawn: tuple[datetime, Rule]) -> None:
    start, rule = drawn
    assume(not asks_too_much(rule))
    before = datetime(start.year + 4, 7, 1)
    assert given_by(rule, start, before) == by_dateutil(rule, start, before)


HOURS = {"HOURLY": 400, "MINUTELY": 12, "SECONDLY": 0.3}


@settings(max_examples=60)
@given(starts().flatmap(lambda start: st.tuples(st.just(start), ended(rules(FINE), start))))
def test_rules_within_the_day_give_what_dateutil_gives(drawn: tuple[datetime, Rule]) -> None:
    start, rule = drawn
    before = start + timedelta(hours=HOURS[rule.freq])
    assert given_by(rule, start, before) == by_dateutil(rule, start, before)


@given(patterns())
def test_the_dates_are_the_set_the_parts_make_in_order(pattern: Pattern) -> None:
    before = pattern.start + timedelta(days=700)
    there = set(pattern.dates).union(*(given_by(rule, pattern.start, before) for rule in pattern.rules))
    gone = set(pattern.except_dates).union(*(given_by(rule, pattern.start, before) for rule in pattern.except_rules))
    low, high = pattern.since or datetime.min, min(before, pattern.until or before)
    assert list(walls(pattern, before)) == sorted(wall for wall in there - gone if low <= wall < high)


@given(patterns(), st.integers(0, 700))
def test_fewer_are_the_beginning_of_more(pattern: Pattern, days: int) -> None:
    sooner = pattern.start + timedelta(days=days)
    more = list(walls(pattern, pattern.start + timedelta(days=700)))
    assert list(walls(pattern, sooner)) == [wall for wall in more if wall < sooner]


UNITS = {"HOURLY": timedelta(days=1), "MINUTELY": timedelta(hours=1), "SECONDLY": timedelta(minutes=1)}


@given(rules((*COARSE, *FINE)), st.integers(0, 40))
def test_a_late_beginning_gives_the_same_dates_as_counting_through(rule: Rule, number: int) -> None:
    unit = UNITS.get(rule.freq, timedelta(days=10))
    since = MONDAY + number * unit + unit / 5
    through = [wall for wall in given_by(rule, MONDAY, since + 40 * unit) if wall >= since]
    assert list(walls(Pattern(MONDAY, (rule,), since=since), since + 40 * unit)) == through


def test_a_rule_counts_from_the_start_whatever_is_taken_away() -> None:
    rule = Rule("WEEKLY", count=4)
    gone = (datetime(2026, 10, 12, 9),)
    assert dates(Pattern(MONDAY, (rule,), except_dates=gone)) == ["10-05", "10-19", "10-26"]
    assert dates(Pattern(MONDAY, (rule,), since=datetime(2026, 10, 13))) == ["10-19", "10-26"]
    assert dates(Pattern(MONDAY, (rule,), until=datetime(2026, 10, 19, 9))) == ["10-05", "10-12"]


def test_bounds_hold_for_single_dates_too() -> None:
    days = tuple(datetime(2026, 10, day, 9) for day in range(5, 12))
    pattern = Pattern(MONDAY, dates=days, since=datetime(2026, 10, 6, 9), until=datetime(2026, 10, 9, 9))
    assert dates(pattern) == ["10-06", "10-07", "10-08"]


def test_a_rule_that_excepts_counts_as_one_that_gives() -> None:
    pattern = read("FREQ=DAILY;COUNT=8", "EXRULE:FREQ=DAILY;INTERVAL=2;COUNT=2")
    assert dates(pattern) == ["10-06", "10-08", "10-09", "10-10", "10-11", "10-12"]


def test_a_date_that_two_rules_give_comes_once() -> None:
    assert dates(read("FREQ=DAILY;COUNT=3", "FREQ=DAILY;INTERVAL=2;COUNT=3", "RDATE:20261006T090000")) == [
        "10-05", "10-06", "10-07", "10-09",
    ]  # fmt: skip


def test_times_of_the_first_day_before_the_start_are_none() -> None:
    found = list(walls(read("FREQ=DAILY;BYHOUR=8,9,10;COUNT=3"), datetime(2027, 1, 1)))
    assert [(wall.day, wall.hour) for wall in found] == [(5, 9), (5, 10), (6, 8)]


def test_the_first_week_counts_its_positions_from_its_first_day() -> None:
    # From a Wednesday: the first of Monday, Wednesday and Friday was before it, so that week gives nothing.
    wednesday = datetime(2026, 10, 7, 9)
    pattern = Pattern(wednesday, (Rule("WEEKLY", weekdays=((0, 0), (0, 2), (0, 4)), positions=(1,)),))
    assert dates(pattern, datetime(2026, 10, 25)) == ["10-12", "10-19"]


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=YEARLY;BYWEEKNO=20", ["2026-05-13", "2027-05-19", "2028-05-17"]),
        ("FREQ=YEARLY;BYWEEKNO=20;BYMONTH=5", ["2026-05-13", "2027-05-19", "2028-05-17"]),
        ("FREQ=YEARLY;BYWEEKNO=1,53;BYHOUR=9", ["2026-12-30", "2027-01-06", "2028-01-05"]),
    ],
)
def test_a_week_without_a_day_takes_the_weekday_of_the_start(rule: str, days: list[str]) -> None:
    wednesday = datetime(2026, 1, 7, 9)
    pattern = parse([rule], wednesday, "UTC", keep_first=False)
    assert [f"{wall:%Y-%m-%d}" for wall in walls(pattern, datetime(2028, 12, 1))] == days


def test_the_first_week_of_a_long_year_is_its_53rd_from_the_end_also_in_december() -> None:
    # With weeks from Tuesday, 2027 has 53; its first begins on 29 December 2026.
    rule = Rule("YEARLY", weeks=(-53,), weekdays=((0, 3),), week_start=1)
    assert given_by(rule, datetime(2024, 2, 29, 9), datetime(2030, 1, 1)) == [datetime(2026, 12, 31, 9)]


def test_all_mondays_and_the_last_are_all_mondays() -> None:
    pattern = Pattern(MONDAY, (Rule("MONTHLY", weekdays=((0, 0), (-1, 0))),))
    assert dates(pattern, datetime(2026, 11, 10)) == ["10-05", "10-12", "10-19", "10-26", "11-02", "11-09"]


@pytest.mark.parametrize(
    "rule",
    [
        Rule("YEARLY", months=(2,), month_days=(30,)),
        Rule("MONTHLY", months=(4,), month_days=(31,)),
        Rule("MONTHLY", weekdays=((53, 0),)),
        Rule("DAILY", months=(2,), month_days=(-30,)),
        Rule("WEEKLY", months=(1,), weekdays=((0, 0),), positions=(9,)),
        Rule("HOURLY", interval=2, hours=(1, 3)),
        Rule("MINUTELY", year_days=(366,), months=(1,)),
        Rule("SECONDLY", interval=2, seconds=(31,)),
        Rule("SECONDLY", seconds=(0,), positions=(2,)),
    ],
)
def test_a_rule_that_never_matches_stops_at_the_bound(rule: Rule) -> None:
    begun = process_time()
    even = MONDAY.replace(hour=8)
    assert given_by(rule, even, even + timedelta(days=20 if rule.fine else 3_000)) == []
    assert process_time() - begun < 2


def test_dates_are_made_only_as_they_are_asked_for() -> None:
    begun = process_time()
    assert len(list(islice(walls(Pattern(MONDAY, (Rule("DAILY"),)), NEVER), 3))) == 3
    assert len(list(islice(walls(Pattern(MONDAY, (Rule("SECONDLY", count=5),)), NEVER), 9))) == 5
    assert process_time() - begun < 1


@pytest.mark.parametrize("freq", FINE)
def test_too_many_steps_are_refused_before_the_first(freq: str) -> None:
    pattern = Pattern(MONDAY, (Rule(freq),))
    with pytest.raises(Invalid, match=f"{freq} is too often"):
        walls(pattern, NEVER)
    with pytest.raises(Invalid, match=f"{freq} is too often"):
        walls(Pattern(MONDAY, (Rule("DAILY"),), (Rule(freq),)), NEVER)


def test_too_many_occurrences_are_refused_by_whoever_asks() -> None:
    rule = Rule("DAILY", hours=tuple(range(24)), minutes=tuple(range(40)))
    with pytest.raises(Invalid, match="makes more than 50000 dates"):
        occurrences(Pattern(MONDAY, (rule,)), "UTC", Length(0, 60), datetime(2028, 1, 1, tzinfo=UTC))


def test_an_occurrence_that_would_end_after_all_years_is_refused() -> None:
    with pytest.raises(Invalid, match="years go to 9998"):
        occurrences(Pattern(datetime(9998, 12, 31, 9), dates=(datetime(9998, 12, 31, 9),)), "UTC", Length(400, 0),
                    datetime(9999, 6, 1, tzinfo=UTC))  # fmt: skip


def test_the_last_day_of_the_last_year_is_a_date() -> None:
    start = datetime(9998, 12, 30, 9)
    for freq in COARSE:
        assert given_by(Rule(freq), start, datetime.max)[0] == start
    assert given_by(Rule("DAILY"), start, datetime.max) == [start, start + timedelta(days=1)]
    assert given_by(Rule("YEARLY", weeks=(1, -1), weekdays=((0, 2),)), start, datetime.max) == [start]
    assert len(occurrences(Pattern(start, (Rule("DAILY"),)), "Pacific/Kiritimati", Length(0, 60),
                           datetime.max.replace(tzinfo=UTC))) == 2  # fmt: skip


@pytest.mark.parametrize("freq", FINE)
def test_only_daily_and_slower_can_be_booked(freq: str) -> None:
    with pytest.raises(Invalid, match=f"{freq} is too often"):
        check_bookable(read(f"FREQ={freq};COUNT=3"))
    with pytest.raises(Invalid, match=f"{freq} is too often"):
        check_bookable(Pattern(MONDAY, (Rule("DAILY"),), (Rule(freq, count=3),)))
    check_bookable(read("FREQ=DAILY;BYHOUR=9,10,11"))


def test_endless_is_what_says_no_end() -> None:
    assert endless(read("FREQ=DAILY"))
    assert endless(read("FREQ=DAILY;COUNT=3", "FREQ=YEARLY"))
    assert not endless(read("FREQ=DAILY;COUNT=3", "FREQ=YEARLY;UNTIL=20300101"))
    assert not endless(read("RDATE:20261010T090000"))
    assert not endless(Pattern(MONDAY, (Rule("DAILY"),), until=datetime(2030, 1, 1)))
    assert not endless(Pattern(MONDAY, (), (Rule("DAILY"),), (MONDAY,)))
