"""LibreBooking's recurrenceRule against a reckoning of its own, and there and back again."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import assume, example, given, reject
from hypothesis import strategies as st

from server.core import zone as zones
from server.core.errors import Invalid
from server.core.recurrence import Pattern, parse, walls
from server.dialects.librebooking.dates import day
from server.dialects.librebooking.recurrence import pattern_of, rule_of

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Pacific/Kiritimati", "UTC")
TYPES = ("daily", "weekly", "monthly", "yearly")
DAY = timedelta(days=1)
Said = dict[str, Any]

starts = st.builds(
    datetime.combine,
    st.one_of(
        st.dates(date(2023, 1, 1), date(2030, 12, 31)),
        st.sampled_from(
            [date(2024, 2, 29), date(2026, 1, 31), date(2026, 8, 31), date(2026, 3, 29), date(2026, 10, 25)]
        ),
    ),
    st.sampled_from([time(0), time(2, 30), time(9), time(23, 59)]),
)


@st.composite
def rules(draw: st.DrawFn) -> tuple[Said, datetime, str]:
    """A rule in the form in which it is shown, its start and zone."""
    start, zone, kind = draw(starts), draw(st.sampled_from(ZONES)), draw(st.sampled_from(TYPES))
    weekdays = sorted(draw(st.sets(st.integers(0, 6), min_size=1))) if kind == "weekly" else []
    monthly = draw(st.sampled_from(["dayOfMonth", "dayOfWeek"])) if kind == "monthly" else None
    reach = {"daily": 60, "weekly": 200, "monthly": 1500, "yearly": 5000}[kind]
    last = start.date() + draw(st.integers(-3, reach)) * DAY
    at = zones.instant(datetime.combine(last, start.time()), zone)
    assume(zones.wall(at, zone).date() == last)
    said = {"type": kind, "interval": draw(st.integers(1, 5)), "monthlyType": monthly, "weekdays": weekdays,
            "repeatTerminationDate": f"{at:%Y-%m-%dT%H:%M:%S+0000}"}  # fmt: skip
    return said, start, zone


def reckoned(said: Said, start: datetime, zone: str) -> list[datetime]:
    """The dates by walking every day up to the termination and asking of each whether it is one."""
    last = day(said["repeatTerminationDate"], zone)
    walked = (start.date() + n * DAY for n in range(1, (last - start.date()).days + 1))
    return [start] + [datetime.combine(it, start.time()) for it in walked if recurs(said, start.date(), it)]


def recurs(said: Said, first: date, it: date) -> bool:
    n: int = said["interval"]
    months = (it.year - first.year) * 12 + it.month - first.month
    if said["type"] == "daily":
        return (it - first).days % n == 0
    if said["type"] == "weekly":
        sundays = [each - each.isoweekday() % 7 * DAY for each in (first, it)]
        return it.isoweekday() % 7 in said["weekdays"] and (sundays[1] - sundays[0]).days // 7 % n == 0
    if said["type"] == "yearly":
        return (it.month, it.day) == (first.month, first.day) and (it.year - first.year) % n == 0
    if said["monthlyType"] == "dayOfMonth":
        return it.day == first.day and months % n == 0
    return it.weekday() == first.weekday() and (it.day - 1) // 7 == (first.day - 1) // 7 and months % n == 0


def dates(pattern: Pattern | None) -> list[datetime]:
    return [] if pattern is None else list(walls(pattern, datetime(2060, 1, 1)))


@given(rules())
def test_the_dates_are_those_of_plain_reckoning(asked: tuple[Said, datetime, str]) -> None:
    assert dates(pattern_of(*asked)) == reckoned(*asked)


@given(rules())
def test_a_rule_comes_back_as_it_was_sent(asked: tuple[Said, datetime, str]) -> None:
    said, start, zone = asked
    assert rule_of(pattern_of(said, start, zone), zone) == said


@given(rules(), st.data())
def test_a_series_that_was_split_shows_each_part_as_its_dates(
    asked: tuple[Said, datetime, str], data: st.DataObject
) -> None:
    whole = pattern_of(*asked)
    assert whole is not None
    at = data.draw(st.sampled_from(dates(whole)))
    for part in (replace(whole, until=at), replace(whole, since=at)):
        if found := dates(part):
            shown = rule_of(part, asked[2])
            assert shown["type"] == asked[0]["type"]
            assert dates(pattern_of(shown, found[0], asked[2])) == found


PARTS = {
    "FREQ": ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"],
    "INTERVAL": ["2", "3"],
    "BYDAY": ["MO,WE,SU", "SU", "TH", "2TU", "-1FR", "5SA", "4MO"],
    "BYMONTHDAY": ["31", "-1", "29"],
    "BYMONTH": ["2,8", "2"],
    "BYSETPOS": ["1", "-1", "4"],
    "BYHOUR": ["9", "9,14"],
    "WKST": ["SU", "WE"],
    "END": ["COUNT=1", "COUNT=7", "UNTIL=20300101T000000", "UNTIL=20291224T085959"],
}


@st.composite
def foreign(draw: st.DrawFn) -> list[str]:
    """The parts of some rule of RFC 5545, most of them ones that others send."""
    names = {"FREQ", "END"} | draw(st.sets(st.sampled_from(sorted(PARTS)), max_size=3))
    parts = {name: draw(st.sampled_from(PARTS[name])) for name in names}
    end = parts.pop("END")
    return [*(f"{name}={value}" for name, value in parts.items()), end]


@given(foreign(), starts)
@example(["FREQ=WEEKLY", "INTERVAL=2", "BYDAY=MO,WE,SU", "COUNT=7"], datetime(2026, 10, 4, 9))
@example(["FREQ=MONTHLY", "BYDAY=5SA", "COUNT=7"], datetime(2026, 8, 29, 9))
@example(["FREQ=YEARLY", "BYMONTH=2", "COUNT=7"], datetime(2024, 2, 29, 9))
def test_what_is_shown_of_any_pattern_means_its_dates_or_is_custom(parts: list[str], start: datetime) -> None:
    try:
        pattern = parse([";".join(parts)], start, "Europe/Berlin")
    except Invalid:
        reject()
    shown = rule_of(pattern, "Europe/Berlin")
    if shown["type"] == "custom":
        assert shown["weekdays"] == []
    else:
        assert dates(pattern_of(shown, start, "Europe/Berlin")) == dates(pattern)
