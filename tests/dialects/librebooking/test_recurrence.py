"""LibreBooking's recurrenceRule: the dates it means, and what is shown for a pattern."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from server.core.errors import Invalid
from server.core.recurrence import Length, Pattern, occurrences, parse, walls
from server.dialects.librebooking.recurrence import pattern_of, rule_of

BERLIN, NEW_YORK, APIA = "Europe/Berlin", "America/New_York", "Pacific/Apia"
MONDAY = datetime(2026, 10, 5, 9)
FAR = datetime(2200, 1, 1)
Said = dict[str, Any]


def said(kind: str, last: str = "2026-12-31", **more: Any) -> Said:
    return {"type": kind, "interval": 1, "repeatTerminationDate": last, **more}


def dates(pattern: Pattern | None, most: int = 10_000) -> list[datetime]:
    return [] if pattern is None else list(islice(walls(pattern, FAR), most))


def days(raw: object, start: datetime = MONDAY, zone: str = BERLIN) -> list[str]:
    return [f"{it:%Y-%m-%d}" for it in dates(pattern_of(raw, start, zone))]


def of(*lines: str, start: datetime = MONDAY) -> Pattern:
    return parse(lines, start, BERLIN)


def refusal(raw: object) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        pattern_of(raw, MONDAY, BERLIN)
    return caught.value.fields


# What is asked for ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [None, {}, [], {"type": "none"}, {"type": None}, {"interval": 3}, {"type": ""}])
def test_nothing_asked_for_is_a_single_reservation(raw: object) -> None:
    assert pattern_of(raw, MONDAY, BERLIN) is None


def test_the_termination_day_is_inclusive() -> None:
    assert days(said("daily", "2026-10-07")) == ["2026-10-05", "2026-10-06", "2026-10-07"]


def test_the_termination_is_a_day_of_the_rooms_zone() -> None:
    half_past_midnight = said("daily", "2026-10-07T22:30:00+0000")
    assert days(half_past_midnight, zone=BERLIN)[-1] == "2026-10-08"
    assert days(half_past_midnight, zone=NEW_YORK)[-1] == "2026-10-07"


def test_the_first_occurrence_is_kept_where_its_weekday_is_not_listed() -> None:
    assert days(said("weekly", "2026-10-15", weekdays=[4])) == ["2026-10-05", "2026-10-08", "2026-10-15"]


def test_the_first_occurrence_is_kept_where_the_termination_lies_before_it() -> None:
    assert days(said("weekly", "2026-09-01", weekdays=[4])) == ["2026-10-05"]


@pytest.mark.parametrize("weekdays", [[], None, [1], ["1"], [1.0], ["1", 1]])
def test_no_weekdays_mean_the_weekday_of_the_start(weekdays: object) -> None:
    assert days(said("weekly", "2026-10-20", weekdays=weekdays)) == ["2026-10-05", "2026-10-12", "2026-10-19"]


def test_every_second_week_is_counted_in_weeks_from_sunday() -> None:
    # The Sunday before the start begins its week; the Sunday after it begins the next, which is left out.
    assert days(said("weekly", "2026-10-31", interval=2, weekdays=[0, 1, 6])) == [
        "2026-10-05", "2026-10-10", "2026-10-18", "2026-10-19", "2026-10-24",
    ]  # fmt: skip


def test_the_day_of_the_month_skips_months_without_it() -> None:
    last = datetime(2027, 12, 31, 9)
    asked = said("monthly", "2028-06-30", monthlyType="dayOfMonth")
    assert days(asked, last) == ["2027-12-31", "2028-01-31", "2028-03-31", "2028-05-31"]
    assert days(asked, datetime(2028, 1, 29, 9))[:2] == ["2028-01-29", "2028-02-29"]


def test_the_fifth_weekday_is_skipped_where_a_month_has_none() -> None:
    fifth = datetime(2026, 8, 31, 9)
    asked = said("monthly", "2027-03-31", monthlyType="dayOfWeek")
    assert days(asked, fifth) == ["2026-08-31", "2026-11-30", "2027-03-29"]


@pytest.mark.parametrize(("day", "second"), [(1, "11-05"), (7, "11-04"), (8, "11-12"), (14, "11-11"), (28, "11-25")])
def test_the_seventh_day_of_a_month_is_still_its_weekdays_first(day: int, second: str) -> None:
    asked = said("monthly", "2026-11-30", monthlyType="dayOfWeek")
    assert days(asked, datetime(2026, 10, day, 9))[1] == f"2026-{second}"


def test_yearly_from_a_leap_day_skips_the_years_without_it() -> None:
    assert days(said("yearly", "2033-01-01"), datetime(2024, 2, 29, 9)) == ["2024-02-29", "2028-02-29", "2032-02-29"]


def test_a_series_over_the_change_of_the_clocks_keeps_its_wall_time() -> None:
    pattern = pattern_of(said("weekly", "2026-11-02"), datetime(2026, 10, 19, 9), BERLIN)
    assert pattern is not None
    found = occurrences(pattern, BERLIN, Length(0, 3600), datetime(2027, 1, 1, tzinfo=UTC))
    assert [it.period.start.hour for it in found] == [7, 8, 8]


def test_numbers_may_come_as_text() -> None:
    texts = {"type": "weekly", "interval": "2", "weekdays": ["1", "3"], "repeatTerminationDate": "2026-12-31"}
    assert pattern_of(texts, MONDAY, BERLIN) == pattern_of({**texts, "interval": 2, "weekdays": [1, 3]}, MONDAY, BERLIN)


def test_what_a_type_does_not_use_is_ignored() -> None:
    extra = {"weekdays": ["x"], "monthlyType": "never", "links": [], "message": None}
    assert pattern_of(said("daily") | extra, MONDAY, BERLIN) == pattern_of(said("daily"), MONDAY, BERLIN)


# What is refused --------------------------------------------------------------------------------------------------


def test_all_that_is_missing_is_named_at_once() -> None:
    assert refusal({"type": "monthly"}) == dict.fromkeys(
        ("repeatInterval", "repeatTerminationDate", "repeatMonthlyType"), "is required"
    )
    assert refusal({"type": "daily", "interval": "", "repeatTerminationDate": ""}).keys() == {
        "repeatInterval", "repeatTerminationDate",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"type": "hourly"}, "repeatType"),
        ({"type": ["daily"]}, "repeatType"),
        ({"interval": 0}, "repeatInterval"),
        ({"interval": -1}, "repeatInterval"),
        ({"interval": 1.5}, "repeatInterval"),
        ({"interval": True}, "repeatInterval"),
        ({"interval": "two"}, "repeatInterval"),
        ({"interval": 10_001}, "repeatInterval"),
        ({"interval": float("inf")}, "repeatInterval"),
        ({"repeatTerminationDate": "garbage"}, "repeatTerminationDate"),
        ({"repeatTerminationDate": "2026-02-30"}, "repeatTerminationDate"),
        ({"repeatTerminationDate": "2026-10-07T25:00"}, "repeatTerminationDate"),
        ({"repeatTerminationDate": "2026-10-07T09:00+0275"}, "repeatTerminationDate"),
        ({"repeatTerminationDate": "2026-10-07T09:00+99:00"}, "repeatTerminationDate"),
        ({"repeatTerminationDate": "2026-10-07 09:00 0200"}, "repeatTerminationDate"),
        ({"repeatTerminationDate": "0500-10-07"}, "repeatTerminationDate"),
        ({"repeatTerminationDate": "9999-12-31"}, "repeatTerminationDate"),
        ({"repeatTerminationDate": "9999-12-31T23:59:59-0500"}, "repeatTerminationDate"),
        ({"repeatTerminationDate": 1790000000}, "repeatTerminationDate"),
        ({"type": "monthly", "monthlyType": "null"}, "repeatMonthlyType"),
        ({"type": "monthly", "monthlyType": "weekday"}, "repeatMonthlyType"),
        ({"type": "monthly", "monthlyType": []}, "repeatMonthlyType"),
        ({"type": "weekly", "weekdays": [7]}, "repeatWeekdays"),
        ({"type": "weekly", "weekdays": [-1]}, "repeatWeekdays"),
        ({"type": "weekly", "weekdays": ["mon"]}, "repeatWeekdays"),
        ({"type": "weekly", "weekdays": "1,2"}, "repeatWeekdays"),
        ({"type": "weekly", "weekdays": {"0": 1}}, "repeatWeekdays"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(more: Said, name: str) -> None:
    assert refusal(said("daily") | more).keys() == {name}


@pytest.mark.parametrize("raw", ["daily", 3, [1]])
def test_a_rule_that_is_no_object_is_refused(raw: object) -> None:
    assert refusal(raw) == {"recurrenceRule": "must be an object"}


# What is shown ----------------------------------------------------------------------------------------------------


def test_a_pattern_is_shown_in_the_members_of_the_seed() -> None:
    shown = rule_of(of("RRULE:FREQ=WEEKLY;INTERVAL=3;WKST=SU;BYDAY=SU,WE;UNTIL=20261231"), BERLIN)
    assert list(shown.items()) == [
        ("type", "weekly"),
        ("interval", 3),
        ("monthlyType", None),
        ("weekdays", [0, 3]),
        ("repeatTerminationDate", "2026-12-31T08:00:00+0000"),
    ]


def test_no_pattern_is_shown_as_none() -> None:
    assert rule_of(None, BERLIN)["type"] == "none"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("FREQ=DAILY;UNTIL=20261101", ("daily", 1, None, [])),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=0;UNTIL=20261101", ("daily", 1, None, [])),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;UNTIL=20261101", ("weekly", 1, None, [1, 2, 3, 4, 5])),
        ("FREQ=WEEKLY;UNTIL=20261101", ("weekly", 1, None, [1])),
        ("FREQ=WEEKLY;BYDAY=TH;UNTIL=20261101", ("weekly", 1, None, [4])),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;UNTIL=20261101", ("weekly", 2, None, [1, 5])),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=TU;UNTIL=20261101", ("weekly", 2, None, [1])),
        ("FREQ=MONTHLY;UNTIL=20271101", ("monthly", 1, "dayOfMonth", [])),
        ("FREQ=MONTHLY;BYMONTHDAY=5;UNTIL=20271101", ("monthly", 1, "dayOfMonth", [])),
        ("FREQ=MONTHLY;BYDAY=1MO;UNTIL=20271101", ("monthly", 1, "dayOfWeek", [])),
        ("FREQ=MONTHLY;INTERVAL=4;BYDAY=MO;BYSETPOS=1;UNTIL=20271101", ("monthly", 4, "dayOfWeek", [])),
        ("FREQ=YEARLY;INTERVAL=2;UNTIL=20301101", ("yearly", 2, None, [])),
        ("FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=5;UNTIL=20301101", ("yearly", 1, None, [])),
    ],
)
def test_other_ways_of_saying_the_same_are_recognised(line: str, kind: tuple[object, ...]) -> None:
    pattern = of(line)
    shown = rule_of(pattern, BERLIN)
    assert (shown["type"], shown["interval"], shown["monthlyType"], shown["weekdays"]) == kind
    assert dates(pattern_of(shown, MONDAY, BERLIN)) == dates(pattern)


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        (["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;UNTIL=20261101"], "2026-11-01"),  # weeks from Monday
        (["RRULE:FREQ=DAILY;INTERVAL=2;BYDAY=MO;UNTIL=20261101"], "2026-11-01"),
        (["RRULE:FREQ=DAILY;BYDAY=MO;BYSETPOS=1;UNTIL=20261101"], "2026-11-01"),
        (["RRULE:FREQ=DAILY;BYHOUR=9,14;UNTIL=20261101T100000"], "2026-11-01"),
        (["RRULE:FREQ=DAILY;BYHOUR=14;UNTIL=20261101T100000"], "2026-10-31"),
        (["RRULE:FREQ=WEEKLY;BYMONTH=10;UNTIL=20261101"], "2026-11-01"),
        (["RRULE:FREQ=MONTHLY;BYDAY=-1MO;UNTIL=20261101"], "2026-11-01"),
        (["RRULE:FREQ=MONTHLY;BYDAY=2MO;UNTIL=20261201"], "2026-12-01"),  # the start was the first
        (["RRULE:FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20261201"], "2026-12-01"),
        (["RRULE:FREQ=MONTHLY;BYMONTH=10,11;UNTIL=20261201"], "2026-12-01"),
        (["RRULE:FREQ=YEARLY;BYMONTHDAY=5;UNTIL=20261201"], "2026-12-01"),
        (["RRULE:FREQ=YEARLY;BYDAY=40MO;UNTIL=20301201"], "2030-12-01"),
        (["RRULE:FREQ=YEARLY;BYWEEKNO=41;UNTIL=20301201"], "2030-12-01"),
        (["RRULE:FREQ=DAILY;UNTIL=20261101", "EXDATE:20261006T090000"], "2026-11-01"),
        (["RRULE:FREQ=DAILY;UNTIL=20261101", "EXRULE:FREQ=WEEKLY"], "2026-11-01"),
        (["RRULE:FREQ=DAILY;UNTIL=20261101", "RDATE:20261224T090000"], "2026-12-24"),
        (["RRULE:FREQ=DAILY;UNTIL=20261101", "RRULE:FREQ=WEEKLY;COUNT=10"], "2026-12-07"),
        (["RDATE:20261224T090000,20261006T090000"], "2026-12-24"),
    ],
)
def test_what_it_cannot_say_is_custom_with_the_last_day(lines: list[str], last: str) -> None:
    shown = rule_of(of(*lines), BERLIN)
    assert (shown["type"], shown["repeatTerminationDate"][:10]) == ("custom", last)


@pytest.mark.parametrize("line", ["FREQ=DAILY", "FREQ=DAILY;COUNT=100000", "FREQ=DAILY;BYDAY=TH;BYSETPOS=4;COUNT=9"])
def test_a_series_without_an_end_in_sight_is_custom_without_a_termination(line: str) -> None:
    shown = rule_of(of(line), BERLIN)
    assert (shown["type"], shown["repeatTerminationDate"]) == ("custom", "")


@pytest.mark.parametrize(
    ("line", "last"),
    [
        ("FREQ=DAILY;COUNT=3", "2026-10-07"),
        ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3", "2026-10-12"),
        ("FREQ=WEEKLY;BYDAY=WE;COUNT=3", "2026-10-21"),  # the kept start is not counted
        ("FREQ=MONTHLY;COUNT=13", "2027-10-05"),
        ("FREQ=DAILY;UNTIL=20261007T085959", "2026-10-06"),
        ("FREQ=DAILY;UNTIL=20261007T090000", "2026-10-07"),
        ("FREQ=DAILY;BYHOUR=9;UNTIL=20261007T085959", "2026-10-06"),
    ],
)
def test_an_end_by_number_or_hour_is_shown_as_its_last_day(line: str, last: str) -> None:
    pattern = of(line)
    shown = rule_of(pattern, BERLIN)
    assert shown["type"] != "custom"
    assert shown["repeatTerminationDate"][:10] == last
    assert dates(pattern_of(shown, MONDAY, BERLIN)) == dates(pattern)


def test_what_is_no_longer_the_series_own_does_not_count() -> None:
    pattern = of("RRULE:FREQ=WEEKLY;UNTIL=20261231", "EXDATE:20261012T090000", "RDATE:20261013T090000")
    assert rule_of(pattern, BERLIN)["type"] == "custom"
    head = rule_of(replace(pattern, until=datetime(2026, 10, 12, 9)), BERLIN)
    assert (head["type"], head["repeatTerminationDate"][:10]) == ("weekly", "2026-10-11")
    assert rule_of(replace(pattern, since=datetime(2026, 10, 19, 9)), BERLIN)["type"] == "weekly"


def test_custom_posted_back_keeps_the_pattern_the_series_has() -> None:
    pattern = of("RRULE:FREQ=MONTHLY;BYDAY=-1MO")
    shown = rule_of(pattern, BERLIN)
    assert pattern_of(shown, MONDAY, BERLIN, current=pattern) is pattern
    assert pattern_of(shown, MONDAY, BERLIN) is None


def test_a_termination_on_a_day_that_a_zone_skipped_is_shown_as_the_day_before() -> None:
    start = datetime(2011, 12, 28, 9)
    shown = rule_of(pattern_of(said("daily", "2011-12-30"), start, APIA), APIA)
    assert shown["repeatTerminationDate"] == "2011-12-29T19:00:00+0000"  # nine o'clock on the 29th
    assert days(shown, start, APIA) == ["2011-12-28", "2011-12-29"]
