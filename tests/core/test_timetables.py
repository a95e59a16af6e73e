"""Timetables: slots as instants through the nights when clocks change, and as people write them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.period import Period
from server.core.places import Slot, Timetable
from server.core.timetable_words import read, said
from server.core.timetables import SCHOOL_SLOTS, school, slots_during, slots_on
from tests.make import BERLIN, MONDAY, at, span

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def daily(*slots: Slot, **fields: object) -> Timetable:
    return Timetable(1, "T", days=dict.fromkeys(range(7), slots), **fields)  # type: ignore[arg-type]


def test_a_school_has_ten_lessons_of_fifty_minutes_the_last_at_five() -> None:
    lessons = slots_on(school(), MONDAY, BERLIN)
    assert [it.number for it in lessons] == list(range(10))
    assert (lessons[0].period, lessons[2].period) == (span("08:00", "08:50"), span("10:00", "10:50"))
    assert lessons[-1].period == span("17:00", "17:50")
    assert slots_on(school(), MONDAY + timedelta(days=5), BERLIN) == []


def test_breaks_have_no_number() -> None:
    table = daily(Slot(540, 600), Slot(480, 540, bookable=False), Slot(600, 660))
    assert [(it.slot.opens, it.number) for it in slots_on(table, MONDAY, BERLIN)] == [(480, None), (540, 0), (600, 1)]


def test_a_date_has_its_own_slots_instead_of_its_weekdays() -> None:
    table = Timetable(1, "T", days={0: SCHOOL_SLOTS, MONDAY: (Slot(600, 660),), MONDAY + timedelta(days=7): ()})
    assert [it.period for it in slots_on(table, MONDAY, BERLIN)] == [span("10:00", "11:00")]
    assert slots_on(table, MONDAY + timedelta(days=7), BERLIN) == []
    assert len(slots_on(table, MONDAY + timedelta(days=14), BERLIN)) == 10


def test_dates_outside_the_term_have_no_slots() -> None:
    table = daily(Slot(480, 540), since=MONDAY, until=MONDAY + timedelta(days=1))
    assert [len(slots_on(table, MONDAY + timedelta(days=day), BERLIN)) for day in (-1, 0, 1, 2)] == [0, 1, 1, 0]


def test_the_timetables_zone_counts_before_the_rooms() -> None:
    assert slots_on(daily(Slot(480, 540)), MONDAY, "Asia/Tokyo")[0].period == span("08:00", "09:00", 0, "Asia/Tokyo")
    assert slots_on(daily(Slot(480, 540), zone=BERLIN), MONDAY, "Asia/Tokyo")[0].period == span("08:00", "09:00")


def test_slots_are_wall_time_on_the_nights_when_clocks_change() -> None:
    night = daily(Slot(0, 60), Slot(60, 120), Slot(120, 180), Slot(180, 240))
    spring, autumn = (slots_on(night, day, BERLIN) for day in (SPRING, AUTUMN))
    assert [it.period.length for it in autumn] == [timedelta(hours=n) for n in (1, 1, 2, 1)]
    assert [it.period for it in spring if it.number == 3] == [span("03:00", "04:00", SPRING)]
    assert all(it.period.length == timedelta(hours=1) for it in spring)


def test_a_slot_that_the_gap_swallows_is_none_and_keeps_its_number() -> None:
    table = daily(Slot(60, 90), Slot(150, 195), Slot(240, 300))
    assert [it.number for it in slots_on(table, SPRING, BERLIN)] == [0, 2]


def test_a_day_that_a_zone_skips_has_no_slots() -> None:
    assert slots_on(daily(Slot(480, 540)), date(2011, 12, 30), "Pacific/Apia") == []


def test_slots_during_a_time_are_those_that_share_some_of_it() -> None:
    found = [it.number for it in slots_during(school(), span("08:50", "10:01"), BERLIN)]
    assert found == [1, 2]
    over_night = Period(at("17:30"), at("08:30", 1))
    assert [it.number for it in slots_during(school(), over_night, BERLIN)] == [9, 0]


# in words


def test_slots_are_written_as_people_read_them() -> None:
    found = read(["mon-wed 08:00-08:50,09:00-09:50 Second  lesson, 12:00-13:00 break Lunch", "2026-12-24 none"])
    assert found[2] == (Slot(480, 530), Slot(540, 590, True, "Second lesson"), Slot(720, 780, False, "Lunch"))
    assert (set(found), found[date(2026, 12, 24)]) == ({0, 1, 2, date(2026, 12, 24)}, ())


def test_a_stretch_can_be_filled() -> None:
    assert read(["mon-fri 08:00-17:50 every 60 for 50"]) == dict.fromkeys(range(5), SCHOOL_SLOTS)
    assert read(["mon 08:00-09:00 every 30 for 30, 10:00-10:10"])[0] == (Slot(480, 510), Slot(510, 540), Slot(600, 610))


@pytest.mark.parametrize(
    "text",
    [
        "", "mon", "08:00-09:00", "monday 08:00-09:00", "mon 09:00-08:00", "mon 08:00-25:00", "mon 8-9", "mon nothing",
        "2026-13-01 none", "mon 08:00-09:00 every 30 for 40", "mon 08:00-09:00 every 0 for 0", "mon 08:00-09:00,",
        "mon,mon2 08:00-09:00", "mon " + "x" * 20_000,
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as"):
        read([text])


def test_a_day_is_said_once() -> None:
    with pytest.raises(ValueError, match="each day once"):
        read(["mon-fri 08:00-09:00", "wed none"])


EDGES = st.lists(st.integers(0, 1440), min_size=2, max_size=12, unique=True).map(sorted)
LABELS = st.from_regex(r"(?!every|break|none)[A-Za-z]{1,8}( [A-Za-z0-9]{1,5})?", fullmatch=True) | st.just("")
DAYS = st.integers(0, 6) | st.dates(date(2000, 1, 1), date(2100, 1, 1))


@st.composite
def slots(draw: st.DrawFn) -> tuple[Slot, ...]:
    edges = draw(EDGES)
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return tuple(Slot(low, high, draw(st.booleans()), draw(LABELS)) for low, high in pairs)


@given(st.dictionaries(DAYS, slots(), max_size=6))
def test_what_is_said_is_read_again(days: dict[int | date, tuple[Slot, ...]]) -> None:
    assert read(said(days)) == days
