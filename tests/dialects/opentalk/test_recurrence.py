"""OpenTalk's recurrence_pattern: what is taken, what is shown, and the ids of instances."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import UUID

import pytest

from server.core.errors import Invalid, Unknown
from server.core.recurrence import Length, Pattern, occurrences, parse, walls
from server.dialects.opentalk.recurrence import (
    bounded,
    composite_id,
    instance_id,
    pattern_of,
    read_composite_id,
    read_instance_id,
    shown,
)

BERLIN = "Europe/Berlin"
MONDAY = datetime(2026, 10, 5, 9)
EVENT = UUID("9c2a2f4e-4d8e-4c1f-9a55-0d8a3f1f7b10")
AT = datetime(2022, 2, 15, 17, tzinfo=UTC)


def of(*lines: str, start: datetime = MONDAY, current: Pattern | None = None) -> Pattern:
    found = pattern_of(list(lines), start, BERLIN, current=current)
    assert found is not None
    return found


def days(pattern: Pattern, most: int = 4) -> list[str]:
    return [f"{it:%m-%d}" for it in islice(walls(pattern, datetime(2200, 1, 1)), most)]


def refusal(lines: object) -> str:
    with pytest.raises(Invalid) as caught:
        pattern_of(lines, MONDAY, BERLIN)
    assert set(caught.value.fields) == {"recurrence_pattern"}
    return caught.value.fields["recurrence_pattern"]


# What is taken ----------------------------------------------------------------------------------------------------


def test_no_lines_are_a_single_event() -> None:
    assert pattern_of([], MONDAY, BERLIN) is None


def test_a_start_that_no_line_gives_is_no_instance() -> None:
    assert days(of("RRULE:FREQ=WEEKLY;BYDAY=WE,FR")) == ["10-07", "10-09", "10-14", "10-16"]
    assert days(of("RDATE:20261008T090000,20261007T090000")) == ["10-07", "10-08"]
    assert days(of("RRULE:FREQ=WEEKLY;COUNT=2", "EXDATE:20261005T090000")) == ["10-12"]


def test_a_start_that_an_rdate_gives_is_an_instance() -> None:
    assert days(of("RRULE:FREQ=WEEKLY;BYDAY=WE", "RDATE:20261005T090000"), 2) == ["10-05", "10-07"]


def test_all_four_kinds_of_line_work_together() -> None:
    pattern = of(
        "RRULE:FREQ=DAILY;UNTIL=20261012T070000Z",
        "EXRULE:FREQ=DAILY;INTERVAL=2;UNTIL=20261012T070000Z",
        "RDATE;TZID=Europe/Berlin:20261101T090000",
        "EXDATE:20261006T070000Z",
    )
    assert days(pattern, 9) == ["10-08", "10-10", "10-12", "11-01"]


def test_lower_case_and_blanks_around_are_taken() -> None:
    assert of(" rrule:freq=daily;count=2\r\n") == of("RRULE:FREQ=DAILY;COUNT=2")


def test_instances_over_the_change_of_the_clocks_keep_their_wall_time() -> None:
    found = occurrences(of("RRULE:FREQ=WEEKLY;COUNT=5"), BERLIN, Length(0, 1800), datetime(2027, 1, 1, tzinfo=UTC))
    assert [instance_id(it.period.start) for it in found] == [
        "20261005T070000Z", "20261012T070000Z", "20261019T070000Z", "20261026T080000Z", "20261102T080000Z",
    ]  # fmt: skip


def test_a_line_of_1024_characters_is_taken() -> None:
    assert days(of("RRULE:FREQ=DAILY;COUNT=2".ljust(1024))) == ["10-05", "10-06"]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("RRULE:FREQ=DAILY", "must be a list of text"),
        (None, "must be a list of text"),
        ([1], "must be a list of text"),
        ([["RRULE:FREQ=DAILY"]], "must be a list of text"),
        (["RRULE:FREQ=DAILY"] * 5, "at most 4 lines"),
        (["RRULE:FREQ=DAILY;COUNT=2".ljust(1025)], "a line is longer than 1024 characters"),
        (["DTSTART;TZID=Europe/Berlin:20261005T090000", "RRULE:FREQ=DAILY"], "DTSTART and DTEND come from"),
        (["dtend:20261005T100000Z", "RRULE:FREQ=DAILY"], "DTSTART and DTEND come from"),
        (["FREQ=DAILY"], "each must be one line"),
        (["RRULE:"], "each must be one line"),
        ([""], "each must be one line"),
        (["DURATION:PT1H"], "each must be one line"),
        (["X-RRULE:FREQ=DAILY"], "each must be one line"),
        (["RRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY"], "each must be one line"),
        (["RRULE:FREQ=DAILY\r\n ;COUNT=2"], "each must be one line"),
        (["RRULE:FREQ=DAILY;COUNT=2\x00"], "each must be one line"),
        (["RRULE:FREQ=HOURLY;COUNT=2"], "HOURLY is too often"),
        (["RRULE:FREQ=DAILY", "EXRULE:FREQ=MINUTELY;COUNT=2"], "MINUTELY is too often"),
        (["EXDATE:20261005T090000"], "no date is left"),
        (["RRULE:FREQ=DAILY;COUNT=1", "EXDATE:20261005T090000"], "no date is left"),
        (["RRULE:FREQ=DAILY;UNTIL=20261004T000000Z"], "no date is left"),
        (["RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"], "no date is left"),
        (["RRULE:FREQ=SOMETIMES"], "FREQ must be one of"),
        (["RRULE:FREQ=DAILY;COUNT=2;UNTIL=20261010"], "COUNT and UNTIL do not go together"),
        (["RDATE;VALUE=PERIOD:20261006T090000/PT1H"], "RDATE takes dates and times"),
        (["RDATE;TZID=Mars/Olympus:20261006T090000"], "is no date or time here"),
    ],
)
def test_what_is_no_recurrence_is_refused(lines: object, why: str) -> None:
    assert why in refusal(lines)


# What is shown ----------------------------------------------------------------------------------------------------


def test_a_pattern_is_shown_with_until_in_utc_and_dates_in_their_zone() -> None:
    lines = [
        "RRULE:FREQ=DAILY;INTERVAL=3;UNTIL=20261230T080000Z",
        "EXRULE:FREQ=MONTHLY;UNTIL=20270101T080000Z;BYMONTHDAY=8",
        "RDATE;TZID=Europe/Berlin:20261224T180000",
        "EXDATE;TZID=Europe/Berlin:20261011T090000",
    ]
    assert shown(of(*lines), BERLIN) == (MONDAY, lines)


def test_dates_in_utc_carry_no_zone() -> None:
    pattern = pattern_of(["RDATE:20261008T090000Z"], MONDAY, "UTC")
    assert pattern is not None
    assert shown(pattern, "UTC") == (datetime(2026, 10, 8, 9), ["RDATE:20261008T090000Z"])


def test_an_event_starts_with_its_first_instance() -> None:
    pattern = of("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=WE;COUNT=3")
    start, lines = shown(pattern, BERLIN)
    assert start == datetime(2026, 10, 7, 9)
    assert days(of(*lines, start=start)) == days(pattern) == ["10-07", "10-21", "11-04"]


@pytest.mark.parametrize(
    "lines",
    [
        ["RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=3"],  # the start alone is kept
        ["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=WE;UNTIL=20270101"],
        ["RDATE:20261007T090000,20261105T140000"],
        ["RRULE:FREQ=WEEKLY;COUNT=9", "EXDATE:20261005T090000"],
        ["RRULE:FREQ=WEEKLY;COUNT=9", "RDATE:20261001T090000"],
        ["RRULE:FREQ=WEEKLY;COUNT=9;BYDAY=TU", "RRULE:FREQ=DAILY;INTERVAL=11;COUNT=4;BYDAY=TU,FR"],
        ["RRULE:FREQ=WEEKLY;COUNT=9;BYDAY=TU", "RRULE:FREQ=DAILY;INTERVAL=9;COUNT=4", "EXDATE:20261005T090000"],
    ],
)
def test_a_series_from_elsewhere_is_shown_as_the_same_dates(lines: list[str]) -> None:
    pattern = parse(lines, MONDAY, BERLIN)
    start, said = shown(pattern, BERLIN)
    assert f"{start:%m-%d}" == days(pattern)[0]
    assert days(of(*said, start=start), 30) == days(pattern, 30)


def test_a_first_date_beside_the_rule_leaves_the_rule_where_it_is_anchored() -> None:
    lines = [
        "RRULE:FREQ=DAILY;INTERVAL=3",
        "RDATE;TZID=Europe/Berlin:20261006T180000",
        "EXDATE;TZID=Europe/Berlin:20261005T090000",
    ]
    assert shown(of(*lines), BERLIN) == (MONDAY, lines)


def test_a_series_that_was_split_is_shown_from_its_own_first_instance() -> None:
    whole = of("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=9", "RDATE:20261008T090000")
    at = datetime(2026, 10, 19, 9)
    for part in (replace(whole, until=at), replace(whole, since=at)):
        start, said = shown(part, BERLIN)
        assert days(of(*said, start=start), 30) == days(part, 30)
    assert shown(replace(whole, since=at), BERLIN)[0] == at


def test_a_split_series_that_begins_with_a_single_date_keeps_it() -> None:
    whole = of("RRULE:FREQ=WEEKLY;COUNT=9", "RDATE:20261013T090000,20261030T090000")
    part = replace(whole, since=datetime(2026, 10, 13, 9))
    start, said = shown(part, BERLIN)
    assert start == datetime(2026, 10, 13, 9)
    assert days(of(*said, start=start), 30) == days(part, 30)


def test_an_until_inside_the_spring_gap_does_not_let_a_later_date_in() -> None:
    start = datetime(2026, 3, 26, 3)
    pattern = parse(["RRULE:FREQ=DAILY;UNTIL=20260329T023000"], start, BERLIN)
    assert days(pattern) == ["03-26", "03-27", "03-28"]
    begins, said = shown(pattern, BERLIN)
    assert days(of(*said, start=begins)) == days(pattern)


def test_a_pattern_without_any_date_cannot_be_shown() -> None:
    with pytest.raises(Invalid):
        shown(Pattern(MONDAY), BERLIN)


def test_what_was_shown_comes_back_as_the_pattern_that_stands() -> None:
    kept = replace(of("RRULE:FREQ=WEEKLY"), since=datetime(2026, 10, 19, 9))
    start, lines = shown(kept, BERLIN)
    assert of(*lines, start=start, current=kept) is kept
    assert of(*lines, start=start + timedelta(hours=1), current=kept) is not kept
    assert of("RRULE:FREQ=DAILY", start=start, current=kept) is not kept


def test_a_series_from_elsewhere_may_come_back_though_it_is_over_the_limits() -> None:
    dates = ",".join(f"{MONDAY + timedelta(days=n):%Y%m%dT%H%M%S}" for n in range(200))
    long = parse([f"RDATE:{dates}"], MONDAY, BERLIN)
    start, lines = shown(long, BERLIN)
    assert of(*lines, start=start, current=long) is long
    assert refusal(lines) == "a line is longer than 1024 characters"


def test_a_series_without_a_date_left_takes_a_new_pattern() -> None:
    assert of("RRULE:FREQ=DAILY", current=Pattern(MONDAY)) == of("RRULE:FREQ=DAILY")


# How far ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["RRULE:FREQ=DAILY;COUNT=999"], True),
        (["RRULE:FREQ=DAILY;COUNT=1000"], False),
        (["RRULE:FREQ=DAILY"], False),
        (["RRULE:FREQ=YEARLY;UNTIL=21261005T070000Z"], True),
        (["RRULE:FREQ=YEARLY;UNTIL=21261005T070001Z"], False),
        (["RRULE:FREQ=DAILY;COUNT=5", "RRULE:FREQ=WEEKLY"], False),
        (["RRULE:FREQ=DAILY;COUNT=5", "EXRULE:FREQ=WEEKLY"], True),
        (["RDATE:20261224T090000"], True),
    ],
)
def test_a_series_is_bounded_by_number_or_within_a_hundred_years(lines: list[str], expected: bool) -> None:
    assert bounded(of(*lines)) is expected


def test_a_series_that_another_follows_is_bounded() -> None:
    assert bounded(replace(of("RRULE:FREQ=DAILY"), until=datetime(2027, 1, 1)))


def test_a_hundred_years_from_a_leap_day_end_with_february() -> None:
    leap = datetime(2000, 2, 29, 9)
    assert bounded(of("RRULE:FREQ=DAILY;UNTIL=21000228T080000Z", start=leap))
    assert not bounded(of("RRULE:FREQ=DAILY;UNTIL=21000301T080000Z", start=leap))


# Ids --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["20220215T170000Z", "20220215T180000+0100", "20220215T120000-0500"])
def test_an_instance_is_named_by_its_original_start_with_any_offset(text: str) -> None:
    assert read_instance_id(text) == AT
    assert instance_id(read_instance_id(text)) == "20220215T170000Z"


@pytest.mark.parametrize(
    "text",
    ["", "now", "20220215", "20220215T170000", "2022-02-15T17:00:00Z", "20220230T170000Z", "20220215T250000Z",
     "20220215T170000z", "20220215T170000+01:00", "20220215T170000+2500", "00010101T000000+0100", " 20220215T170000Z",
     "\u0662\u0660\u0662\u06620215T170000Z"],
)  # fmt: skip
def test_what_names_no_instance_is_unknown(text: str) -> None:
    with pytest.raises(Unknown):
        read_instance_id(text)


def test_a_composite_id_is_the_event_and_the_instance() -> None:
    text = "9c2a2f4e-4d8e-4c1f-9a55-0d8a3f1f7b10_20220215T170000Z"
    assert composite_id(EVENT, AT) == text
    assert read_composite_id(text) == (EVENT, AT)
    assert read_composite_id(text.upper().replace("170000Z", "180000+0100")) == (EVENT, AT)


@pytest.mark.parametrize(
    "text",
    [str(EVENT), f"{EVENT}_", f"_{AT:%Y}", f"{{{EVENT}}}_20220215T170000Z", f"{EVENT.hex}_20220215T170000Z",
     f"{EVENT}_x_20220215T170000Z", f"{EVENT}-20220215T170000Z"],
)  # fmt: skip
def test_what_is_no_composite_id_is_unknown(text: str) -> None:
    with pytest.raises(Unknown):
        read_composite_id(text)
