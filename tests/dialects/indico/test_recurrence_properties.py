"""Indico's repetitions against a reckoning of its own, and there and back again."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from hypothesis import assume, example, given, reject
from hypothesis import strategies as st

from server.core.errors import Invalid
from server.core.recurrence import Pattern, parse, walls
from server.dialects.indico.recurrence import (
    FREQUENCIES,
    WEEKDAYS,
    Repetition,
    pattern_of,
    repetition_of,
    span_of,
    word_of,
)

BERLIN = "Europe/Berlin"
FAR = datetime(2060, 1, 1)
DAY = timedelta(days=1)


def asked(frequency: object, interval: object, last: date, weekdays: object, start: datetime) -> Pattern:
    found = pattern_of(frequency, interval, start, last, BERLIN, weekdays=weekdays)
    assert found is not None
    return found


def dates(pattern: Pattern) -> list[datetime]:
    return list(walls(pattern, FAR))


starts = st.builds(
    datetime.combine,
    st.one_of(
        st.dates(date(2023, 1, 1), date(2030, 12, 31)),
        st.sampled_from([date(2024, 2, 29), date(2026, 8, 31), date(2026, 3, 29), date(2026, 10, 25)]),
    ),
    st.sampled_from([time(0), time(2, 30), time(23, 59)]),
)


@st.composite
def repetitions(draw: st.DrawFn) -> tuple[Repetition, datetime, date]:
    """A repetition as it is shown, its first occurrence and its last day."""
    start, frequency = draw(starts), draw(st.sampled_from(FREQUENCIES[1:]))
    interval = 1 if frequency == "DAY" else draw(st.integers(1, 5))
    chosen = {start.weekday()} | draw(st.sets(st.integers(0, 6))) if frequency == "WEEK" else set()
    weekdays = tuple(WEEKDAYS[it] for it in sorted(chosen)) if len(chosen) > 1 else ()
    word = "periodically" if weekdays else word_of(frequency, interval)
    last = start.date() + draw(st.integers(0, 900 if frequency == "MONTH" else 150)) * DAY
    return Repetition(frequency, interval, weekdays, word), start, last


def recurs(said: Repetition, first: date, it: date) -> bool:
    if said.frequency == "DAY":
        return True
    if said.frequency == "WEEK":
        mondays = [each - each.weekday() * DAY for each in (first, it)]
        listed = said.weekdays or (WEEKDAYS[first.weekday()],)
        return WEEKDAYS[it.weekday()] in listed and (mondays[1] - mondays[0]).days // 7 % said.interval == 0
    months = (it.year - first.year) * 12 + it.month - first.month
    if it.weekday() != first.weekday() or months % said.interval:
        return False
    fifth = first.day > 28
    return (it + 7 * DAY).month != it.month if fifth else (it.day - 1) // 7 == (first.day - 1) // 7


@given(repetitions())
def test_the_dates_are_those_of_plain_reckoning(given_: tuple[Repetition, datetime, date]) -> None:
    said, start, last = given_
    walked = (start.date() + n * DAY for n in range((last - start.date()).days + 1))
    expected = [datetime.combine(it, start.time()) for it in walked if recurs(said, start.date(), it)]
    assert dates(asked(said.frequency, said.interval, last, said.weekdays, start)) == expected


@given(repetitions())
def test_a_repetition_comes_back_as_it_was_sent(given_: tuple[Repetition, datetime, date]) -> None:
    said, start, last = given_
    pattern = asked(said.number, str(said.interval), last, list(said.weekdays), start)
    span = span_of(pattern, FAR)
    assert repetition_of(pattern) == said
    assert span is not None
    assert span[0] == start
    assert dates(asked(said.frequency, said.interval, span[1].date(), said.weekdays, start)) == dates(pattern)


@given(repetitions(), st.data())
def test_a_series_that_was_split_shows_each_part_as_its_dates(
    given_: tuple[Repetition, datetime, date], data: st.DataObject
) -> None:
    said, start, last = given_
    whole = asked(said.frequency, said.interval, last, said.weekdays, start)
    at = data.draw(st.sampled_from(dates(whole)))
    for part in (replace(whole, until=at), replace(whole, since=at)):
        span, shown = span_of(part, FAR), repetition_of(part)
        if span is None:
            continue
        if said.frequency == "MONTH" and span[0].day < 29 <= start.day:
            assert shown.repeatability == "periodically"  # it begins with a fourth that was meant as the last
            continue
        again = asked(shown.frequency, shown.interval, span[1].date(), shown.weekdays, span[0])
        assert dates(again) == dates(part)


PARTS = {
    "FREQ": ["DAILY", "WEEKLY", "MONTHLY"],
    "INTERVAL": ["2", "3"],
    "BYDAY": ["MO,WE,SU", "SU", "TH", "2TU", "-1FR", "5SA"],
    "BYSETPOS": ["1", "-1", "4"],
    "WKST": ["SU", "WE"],
}


@st.composite
def foreign(draw: st.DrawFn) -> str:
    """Some rule of RFC 5545 that others send."""
    names = {"FREQ"} | draw(st.sets(st.sampled_from(sorted(PARTS)), max_size=4))
    return ";".join([*(f"{name}={draw(st.sampled_from(PARTS[name]))}" for name in sorted(names)), "COUNT=9"])


@given(foreign(), starts)
@example("BYDAY=MO,SU;FREQ=WEEKLY;INTERVAL=2;WKST=SU;COUNT=9", datetime(2026, 10, 4, 9))
@example("BYDAY=-1FR;FREQ=MONTHLY;COUNT=9", datetime(2026, 10, 30, 9))
def test_what_has_a_word_means_its_dates(line: str, start: datetime) -> None:
    try:
        pattern = parse([line], start, BERLIN)
    except Invalid:
        reject()
    shown, span = repetition_of(pattern), span_of(pattern, FAR)
    assume(shown.weekdays or shown.repeatability != "periodically")
    assert span is not None
    assert dates(asked(shown.frequency, shown.interval, span[1].date(), shown.weekdays, span[0])) == dates(pattern)
