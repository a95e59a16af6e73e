"""Indico's repetitions: the dates they mean, and how patterns are shown."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import islice

import pytest

from server.core.errors import Invalid
from server.core.recurrence import Length, Pattern, occurrences, parse, walls
from server.dialects.indico.recurrence import (
    FREQUENCIES,
    SINGLE,
    WORDS,
    Repetition,
    pattern_of,
    read_word,
    repetition_of,
    span_of,
    word_of,
)

BERLIN = "Europe/Berlin"
MONDAY = datetime(2026, 10, 5, 8, 30)
FAR = datetime(2200, 1, 1)


def asked(
    frequency: object, interval: object, last: date, weekdays: object = None, start: datetime = MONDAY
) -> Pattern:
    found = pattern_of(frequency, interval, start, last, BERLIN, weekdays=weekdays)
    assert found is not None
    return found


def dates(pattern: Pattern) -> list[datetime]:
    return list(islice(walls(pattern, FAR), 10_000))


def days(pattern: Pattern) -> list[str]:
    return [f"{it:%Y-%m-%d}" for it in dates(pattern)]


def refusal(frequency: object, interval: object, last: date = date(2026, 12, 31), weekdays: object = None) -> set[str]:
    with pytest.raises(Invalid) as caught:
        pattern_of(frequency, interval, MONDAY, last, BERLIN, weekdays=weekdays)
    return set(caught.value.fields)


# What is asked for ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("frequency", [0, "0", "NEVER", "never"])
@pytest.mark.parametrize("interval", [0, None, 1])
def test_never_is_a_single_reservation(frequency: object, interval: object) -> None:
    assert pattern_of(frequency, interval, MONDAY, MONDAY.date(), BERLIN) is None


@pytest.mark.parametrize("frequency", [2, "2", "WEEK", "week", " Week "])
def test_a_frequency_is_a_number_or_a_name(frequency: object) -> None:
    assert days(asked(frequency, "2", date(2026, 11, 2))) == ["2026-10-05", "2026-10-19", "2026-11-02"]


def test_the_last_day_is_inclusive() -> None:
    assert days(asked("DAY", 1, date(2026, 10, 7))) == ["2026-10-05", "2026-10-06", "2026-10-07"]


def test_a_month_keeps_the_weekday_and_its_number() -> None:
    assert days(asked("MONTH", 1, date(2026, 12, 31))) == ["2026-10-05", "2026-11-02", "2026-12-07"]


def test_the_fifth_weekday_of_a_month_is_the_last() -> None:
    leap = datetime(2024, 2, 29, 8, 30)
    assert days(asked("MONTH", 2, date(2024, 8, 31), start=leap)) == [
        "2024-02-29",
        "2024-04-25",
        "2024-06-27",
        "2024-08-29",
    ]


def test_a_start_that_is_no_chosen_weekday_is_no_occurrence() -> None:
    pattern = asked("WEEK", 1, date(2026, 10, 16), ["wed", "FRI"])
    assert days(pattern) == ["2026-10-07", "2026-10-09", "2026-10-14", "2026-10-16"]


def test_every_second_week_is_counted_in_weeks_from_monday() -> None:
    assert days(asked("WEEK", 2, date(2026, 10, 25), ["mon", "sun"])) == [
        "2026-10-05", "2026-10-11", "2026-10-19", "2026-10-25",
    ]  # fmt: skip


def test_weekdays_count_for_weeks_alone() -> None:
    assert asked("DAY", 1, date(2026, 12, 1), ["wed"]) == asked("DAY", 1, date(2026, 12, 1))


def test_a_series_over_the_change_of_the_clocks_keeps_its_wall_time() -> None:
    found = occurrences(asked("WEEK", 3, date(2026, 11, 30)), BERLIN, Length(0, 3600), datetime(2027, 1, 1, tzinfo=UTC))
    assert [f"{it.period.start:%m-%d %H:%M}" for it in found] == ["10-05 06:30", "10-26 07:30", "11-16 07:30"]


@pytest.mark.parametrize(
    ("frequency", "interval", "names"),
    [
        ("YEAR", 1, {"repeat_frequency"}),
        (4, 1, {"repeat_frequency"}),
        (-1, 1, {"repeat_frequency"}),
        (True, 1, {"repeat_frequency"}),
        (None, 1, {"repeat_frequency"}),
        (["DAY"], 1, {"repeat_frequency"}),
        ("DAY", 2, {"repeat_interval"}),
        ("WEEK", 0, {"repeat_interval"}),
        ("WEEK", -1, {"repeat_interval"}),
        ("MONTH", "x", {"repeat_interval"}),
        ("MONTH", None, {"repeat_interval"}),
        ("MONTH", 10_001, {"repeat_interval"}),
        ("?", "?", {"repeat_frequency", "repeat_interval"}),
    ],
)
def test_what_indico_does_not_have_is_refused_by_its_name(frequency: object, interval: object, names: set[str]) -> None:
    assert refusal(frequency, interval) == names


@pytest.mark.parametrize("weekdays", [["monday"], "mon", [1], {"mon": True}, ["mon", None]])
def test_weekdays_that_are_none_are_refused(weekdays: object) -> None:
    assert refusal("WEEK", 1, weekdays=weekdays) == {"recurrence_weekdays"}


def test_a_range_without_any_of_the_weekdays_is_refused() -> None:
    assert refusal("WEEK", 1, date(2026, 10, 7), ["thu"]) == {"recurrence_weekdays"}


@pytest.mark.parametrize("last", [date(2026, 10, 4), date(9999, 12, 31)])
def test_an_end_before_the_start_or_out_of_reach_is_refused(last: date) -> None:
    assert refusal("DAY", 1, last) == {"end_dt"}


# What is shown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frequency", "interval", "word"),
    [
        ("NEVER", 0, None),
        ("DAY", 1, "daily"),
        ("WEEK", 1, "weekly"),
        ("WEEK", 2, "everyTwoWeeks"),
        ("WEEK", 3, "everyThreeWeeks"),
        ("WEEK", 4, "periodically"),
        ("MONTH", 1, "monthly"),
        ("MONTH", 2, "periodically"),
    ],
)
def test_each_frequency_and_interval_has_its_word(frequency: str, interval: int, word: str | None) -> None:
    assert word_of(frequency, interval) == word
    pattern = pattern_of(frequency, interval, MONDAY, date(2027, 12, 31), BERLIN)
    assert repetition_of(pattern) == Repetition(frequency, interval, (), word)


def test_chosen_weekdays_are_periodical() -> None:
    pattern = asked("WEEK", 1, date(2026, 12, 31), ["fri", "mon"])
    assert repetition_of(pattern) == Repetition("WEEK", 1, ("mon", "fri"), "periodically")


def test_one_weekday_that_is_the_starts_is_plain_weekly() -> None:
    assert repetition_of(asked("WEEK", 2, date(2026, 12, 31), ["mon"])).repeatability == "everyTwoWeeks"


def test_frequencies_have_the_numbers_of_older_versions() -> None:
    assert [Repetition(name, 1, (), None).number for name in FREQUENCIES] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("lines", "frequency", "interval"),
    [
        (["FREQ=DAILY;INTERVAL=2"], "DAY", 2),
        (["FREQ=DAILY;BYHOUR=8,14"], "DAY", 1),
        (["FREQ=DAILY;BYDAY=MO;BYSETPOS=1"], "DAY", 1),
        (["FREQ=WEEKLY;BYDAY=TU"], "WEEK", 1),  # the start, a Monday, is kept
        (["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU"], "WEEK", 2),
        (["FREQ=WEEKLY;BYMONTH=10"], "WEEK", 1),
        (["FREQ=WEEKLY", "EXDATE:20261012T083000"], "WEEK", 1),
        (["FREQ=WEEKLY", "RDATE:20261013T083000"], "WEEK", 1),
        (["FREQ=WEEKLY", "EXRULE:FREQ=MONTHLY;INTERVAL=7"], "WEEK", 1),
        (["FREQ=WEEKLY", "FREQ=MONTHLY"], "WEEK", 1),
        (["FREQ=MONTHLY"], "MONTH", 1),
        (["FREQ=MONTHLY;BYMONTHDAY=5"], "MONTH", 1),
        (["FREQ=MONTHLY;BYDAY=-1MO"], "MONTH", 1),
        (["FREQ=YEARLY;INTERVAL=2"], "MONTH", 24),
        (["RDATE:20261013T083000"], "DAY", 1),
    ],
)
def test_what_indico_cannot_say_is_the_nearest_and_periodical(lines: list[str], frequency: str, interval: int) -> None:
    assert repetition_of(parse(lines, MONDAY, BERLIN)) == Repetition(frequency, interval, (), "periodically")


@pytest.mark.parametrize(
    ("line", "start", "shown"),
    [
        ("FREQ=DAILY;BYDAY=MO,WE", MONDAY, Repetition("WEEK", 1, ("mon", "wed"), "periodically")),
        ("FREQ=DAILY;BYDAY=MO", MONDAY, Repetition("WEEK", 1, (), "weekly")),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=TH", MONDAY, Repetition("WEEK", 2, (), "everyTwoWeeks")),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1", MONDAY, Repetition("MONTH", 1, (), "monthly")),
        ("FREQ=MONTHLY;BYDAY=1MO;BYHOUR=8", MONDAY, Repetition("MONTH", 1, (), "monthly")),
        ("FREQ=MONTHLY;BYDAY=-1MO", datetime(2026, 8, 31, 8, 30), Repetition("MONTH", 1, (), "monthly")),
        ("FREQ=MONTHLY;BYDAY=5MO", datetime(2026, 8, 31, 8, 30), Repetition("MONTH", 1, (), "periodically")),
        ("FREQ=MONTHLY;BYDAY=-1MO", datetime(2026, 10, 26, 8, 30), Repetition("MONTH", 1, (), "periodically")),
    ],
)
def test_other_ways_of_saying_the_same_are_recognised(line: str, start: datetime, shown: Repetition) -> None:
    assert repetition_of(parse([line], start, BERLIN)) == shown


def test_what_is_no_longer_the_series_own_does_not_count() -> None:
    pattern = parse(["FREQ=WEEKLY", "EXDATE:20261012T083000"], MONDAY, BERLIN)
    assert repetition_of(replace(pattern, since=datetime(2026, 10, 19, 8, 30))).repeatability == "weekly"
    assert repetition_of(replace(pattern, until=datetime(2026, 10, 12, 8, 30))).repeatability == "weekly"


def test_nothing_repeats_without_a_pattern_or_a_date() -> None:
    assert repetition_of(None) == SINGLE
    assert repetition_of(Pattern(MONDAY)) == SINGLE


def test_a_series_spans_its_first_and_last_known_occurrence() -> None:
    pattern = asked("WEEK", 1, date(2026, 10, 16), ["wed"])
    assert span_of(pattern, FAR) == (datetime(2026, 10, 7, 8, 30), datetime(2026, 10, 14, 8, 30))
    endless = parse(["FREQ=MONTHLY"], MONDAY, BERLIN)
    assert span_of(endless, datetime(2027, 1, 5, 8, 30)) == (MONDAY, datetime(2026, 12, 5, 8, 30))
    assert span_of(endless, MONDAY) is None


@pytest.mark.parametrize("word", [*WORDS, None])
def test_the_words_of_the_oldest_form_read_as_they_are_written(word: str | None) -> None:
    assert word_of(*read_word(word)) == word


@pytest.mark.parametrize("word", ["periodically", "yearly", "DAILY", 3, ["daily"]])
def test_a_word_that_says_no_frequency_is_refused(word: object) -> None:
    with pytest.raises(Invalid) as caught:
        read_word(word)
    assert set(caught.value.fields) == {"repeatability"}
