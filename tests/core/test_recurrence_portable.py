"""Patterns as other calendars take them: the same dates for us, for them, and in as few words as say it."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given, settings

from server.core import zone as zones
from server.core.errors import Invalid
from server.core.recurrence import Pattern, Rule, parse, portable, restored, walls
from tests.core.recurring import MONDAY, patterns

BERLIN = "Europe/Berlin"
LATER = datetime(2028, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
WEEKLY = Pattern(MONDAY, (Rule("WEEKLY"),))
TEN = Pattern(MONDAY, (Rule("WEEKLY", count=10),))


def said(pattern: Pattern, zone: str = BERLIN, before: datetime = LATER) -> tuple[str, ...]:
    return portable(pattern, zone, before)[1]


def dated(lines: tuple[str, ...], start: datetime, zone: str) -> Pattern:
    """What the lines and DTSTART say, DTSTART being a date; no limit on how many dates there are."""
    pattern = restored(lines, start) if zone == "UTC" else parse(lines, start, zone)
    return Pattern(start, pattern.rules, pattern.except_rules, (*pattern.dates, start), pattern.except_dates)


@settings(max_examples=200)
@given(patterns())
def test_the_lines_give_the_same_dates(pattern: Pattern) -> None:
    before = datetime(pattern.start.year + 3, 1, 1)
    addresses = list(walls(pattern, before))
    if not addresses:
        with pytest.raises(Invalid, match="no date is left"):
            portable(pattern, "UTC", before.replace(tzinfo=UTC))
        return
    start, lines = portable(pattern, "UTC", before.replace(tzinfo=UTC))
    assert start == addresses[0]
    assert list(walls(dated(lines, start, "UTC"), before)) == addresses


def by_calendar(
    start: datetime, lines: tuple[str, ...], zone: str, after: datetime, before: datetime
) -> list[datetime]:
    """The instants that a library for calendars finds in an event of these lines."""
    first = f"DTSTART:{start:%Y%m%dT%H%M%S}Z" if zone == "UTC" else f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}"
    event = [
        "BEGIN:VEVENT",
        "UID:1@example.org",
        "DTSTAMP:20260101T000000Z",
        first,
        "DURATION:PT1M",
        *lines,
        "END:VEVENT",
    ]
    text = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", *event, "END:VCALENDAR", ""])
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(after, before)
    return sorted({it.start.astimezone(UTC) for it in found})


@pytest.mark.parametrize(
    "pattern",
    [
        WEEKLY,
        TEN,
        Pattern(MONDAY, (Rule("WEEKLY", interval=2, weekdays=((0, 0), (0, 2))),), since=MONDAY + 15 * DAY),
        Pattern(MONDAY, (Rule("MONTHLY", weekdays=((-1, 4),), count=9),), dates=(MONDAY,), since=MONDAY + 3 * DAY),
        Pattern(MONDAY, (Rule("DAILY", until=datetime(2026, 12, 1)),), except_dates=(MONDAY + DAY, MONDAY + 30 * DAY)),
        Pattern(MONDAY, (Rule("WEEKLY", count=30),), dates=(MONDAY + DAY,), until=MONDAY + 10 * WEEK),
        Pattern(MONDAY, (Rule("WEEKLY"), Rule("DAILY", interval=10)), since=MONDAY + 17 * DAY),
    ],
)
@pytest.mark.parametrize("zone", [BERLIN, "UTC", "America/New_York"])
def test_another_library_finds_the_same_instants(pattern: Pattern, zone: str) -> None:
    before = datetime(2027, 6, 1, tzinfo=UTC)
    start, lines = portable(pattern, zone, before)
    ours = [zones.instant(wall, zone) for wall in walls(pattern, before.replace(tzinfo=None))]
    assert by_calendar(start, lines, zone, datetime(2026, 1, 1, tzinfo=UTC), before) == ours


def test_a_plain_rule_is_said_as_it_is() -> None:
    assert portable(WEEKLY, BERLIN, LATER) == (MONDAY, ("RRULE:FREQ=WEEKLY",))
    assert said(TEN) == ("RRULE:FREQ=WEEKLY;COUNT=10",)


def test_an_end_is_said_in_utc_and_dates_with_their_zone() -> None:
    pattern = Pattern(
        MONDAY, (Rule("DAILY", until=datetime(2026, 12, 31, 23, 59, 59)),), (), (datetime(2026, 10, 6, 15),),
        (datetime(2026, 10, 7, 9), datetime(2026, 10, 8, 9)),
    )  # fmt: skip
    assert said(pattern) == (
        "RRULE:FREQ=DAILY;UNTIL=20261231T225959Z",
        "RDATE;TZID=Europe/Berlin:20261006T150000",
        "EXDATE;TZID=Europe/Berlin:20261007T090000,20261008T090000",
    )
    assert said(pattern, "UTC") == (
        "RRULE:FREQ=DAILY;UNTIL=20261231T235959Z",
        "RDATE:20261006T150000Z",
        "EXDATE:20261007T090000Z,20261008T090000Z",
    )


def test_both_halves_of_a_split_say_their_own_part() -> None:
    at = MONDAY + 3 * WEEK
    head, tail = Pattern(MONDAY, WEEKLY.rules, until=at), Pattern(MONDAY, WEEKLY.rules, since=at)
    assert portable(head, BERLIN, LATER) == (MONDAY, ("RRULE:FREQ=WEEKLY;UNTIL=20261026T075959Z",))
    assert portable(tail, BERLIN, LATER) == (at, ("RRULE:FREQ=WEEKLY",))


def test_the_count_of_a_split_series_is_shared_out() -> None:
    at = MONDAY + 3 * WEEK
    head, tail = Pattern(MONDAY, TEN.rules, until=at), Pattern(MONDAY, TEN.rules, since=at)
    assert said(head) == ("RRULE:FREQ=WEEKLY;UNTIL=20261026T075959Z",)
    assert portable(tail, BERLIN, LATER) == (at, ("RRULE:FREQ=WEEKLY;COUNT=7",))
    assert said(Pattern(MONDAY, TEN.rules, until=MONDAY + 20 * WEEK)) == ("RRULE:FREQ=WEEKLY;COUNT=10",)


def test_dates_outside_the_bounds_are_not_said() -> None:
    days = tuple(MONDAY + number * DAY for number in (1, 2, 15, 16))
    pattern = Pattern(
        MONDAY, WEEKLY.rules, (), days, (MONDAY + WEEK,), since=MONDAY + 14 * DAY, until=MONDAY + 16 * DAY
    )
    assert portable(pattern, BERLIN, LATER) == (
        MONDAY + 2 * WEEK, ("RRULE:FREQ=WEEKLY;UNTIL=20261021T065959Z", "RDATE;TZID=Europe/Berlin:20261020T090000"),
    )  # fmt: skip


def test_the_first_date_is_the_first_that_is_left() -> None:
    pattern = Pattern(MONDAY, (Rule("WEEKLY", count=4),), except_dates=(MONDAY, MONDAY + WEEK))
    assert portable(pattern, BERLIN, LATER) == (MONDAY + 2 * WEEK, ("RRULE:FREQ=WEEKLY;COUNT=2",))


def test_a_single_date_needs_no_lines() -> None:
    assert portable(Pattern(MONDAY, dates=(MONDAY,)), BERLIN, LATER) == (MONDAY, ())


def test_a_rule_that_begins_on_another_day_than_the_first_date_names_its_own() -> None:
    pattern = Pattern(MONDAY, WEEKLY.rules, dates=(MONDAY + 8 * DAY,), since=MONDAY + 8 * DAY)
    assert portable(pattern, BERLIN, LATER) == (MONDAY + 8 * DAY, ("RRULE:FREQ=WEEKLY;BYDAY=MO",))
    monthly = Pattern(MONDAY, (Rule("MONTHLY"),), dates=(MONDAY + DAY,), since=MONDAY + DAY)
    assert said(monthly) == ("RRULE:FREQ=MONTHLY;BYMONTHDAY=5",)
    afternoon = Pattern(MONDAY, WEEKLY.rules, dates=(MONDAY + 8.25 * DAY,), since=MONDAY + 8 * DAY)
    assert said(afternoon) == ("RRULE:FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0",)
    yearly = Pattern(MONDAY, (Rule("YEARLY"),), dates=(MONDAY + DAY,), since=MONDAY + DAY)
    assert said(yearly) == ("RRULE:FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=5",)


def test_what_no_rule_says_is_listed() -> None:
    # Every third day from the 5th, and a single date before: anchored there, the rule would hit other days.
    pattern = Pattern(MONDAY, (Rule("DAILY", interval=3, count=3),), dates=(MONDAY - DAY,))
    assert portable(pattern, BERLIN, LATER) == (
        MONDAY - DAY, ("RDATE;TZID=Europe/Berlin:20261005T090000,20261008T090000,20261011T090000",),
    )  # fmt: skip


def test_a_rule_that_would_go_wrong_only_after_the_bound_is_listed() -> None:
    pattern = Pattern(MONDAY, (Rule("WEEKLY", interval=30),), dates=(MONDAY + WEEK,), since=MONDAY + DAY)
    week_31 = "RDATE;TZID=Europe/Berlin:20270503T090000"
    assert portable(pattern, BERLIN, LATER)[1][0].startswith(week_31)
    assert said(pattern, before=datetime(2026, 11, 1, tzinfo=UTC)) == ()


def test_a_list_of_thousands_comes_in_lines_that_others_can_read() -> None:
    pattern = Pattern(MONDAY, (Rule("DAILY", interval=2, hours=(9, 11, 13, 15, 17)),), dates=(MONDAY - DAY,))
    lines = said(pattern)
    assert len(lines) == 2
    assert max(map(len, lines)) < 20_000
    assert sum(line.count(",") + 1 for line in lines) == len(list(walls(pattern, datetime(2028, 1, 1)))) - 1


def test_no_date_before_the_bound_is_refused() -> None:
    with pytest.raises(Invalid, match="no date is left"):
        portable(WEEKLY, BERLIN, datetime(2026, 10, 5, 7, tzinfo=UTC))
