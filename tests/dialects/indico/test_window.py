"""Reading times as Indico does: words, offsets, days and minutes, and what they span."""

from datetime import UTC, datetime

import pytest

from server.core.period import Period
from server.dialects.indico.errors import Said
from server.dialects.indico.window import EARLIEST, LATEST, NEVER, days, moment, window, zone_of

ZURICH = "Europe/Zurich"
NOW = datetime(2026, 6, 15, 22, 30, tzinfo=UTC)
"""Half past midnight of the 16th in Zurich: in UTC it is still the day before."""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("now", "2026-06-15T22:30", "2026-06-15T22:30"),
        ("today", "2026-06-15T22:00", "2026-06-16T22:00"),
        ("tomorrow", "2026-06-16T22:00", "2026-06-17T22:00"),
        ("yesterday", "2026-06-14T22:00", "2026-06-15T22:00"),
        ("1d", "2026-06-16T22:00", "2026-06-17T22:00"),
        ("+1d2h3m", "2026-06-16T22:00", "2026-06-17T22:00"),
        ("23h30m", "2026-06-16T22:00", "2026-06-17T22:00"),
        ("23h29m", "2026-06-15T22:00", "2026-06-16T22:00"),
        ("", "2026-06-15T22:00", "2026-06-16T22:00"),
        ("2026-06-20", "2026-06-19T22:00", "2026-06-20T22:00"),
        ("2026-6-20T9:05", "2026-06-20T07:05", "2026-06-20T07:05"),
        ("2026-03-29", "2026-03-28T23:00", "2026-03-29T22:00"),
        ("2026-03-29T02:30", "2026-03-29T01:30", "2026-03-29T01:30"),
    ],
)
def test_a_time_as_begin_and_as_end(text: str, start: str, end: str) -> None:
    assert moment(text, NOW, ZURICH) == utc(start)
    assert moment(text, NOW, ZURICH, end=True) == utc(end)


@pytest.mark.parametrize("text", ["1969-12-31", "0001-01-01", "0001-01-01T00:00"])
def test_what_was_before_all_bookings_is_their_begin(text: str) -> None:
    assert moment(text, NOW, ZURICH) == EARLIEST


@pytest.mark.parametrize("text", ["9999-12-31", "9999-12-31T23:59", "9998-01-01"])
def test_what_is_after_all_bookings_is_their_end(text: str) -> None:
    assert moment(text, NOW, ZURICH) == moment(text, NOW, ZURICH, end=True) == LATEST


@pytest.mark.parametrize(
    "text",
    [
        "garbage", " 3d", "3D", "1w", "1000d", "2026-02-30", "2026-06-15T24:00", "2026-06-15T10:00:00",
        "2026-06-15T10:00Z", "2026-06-15 10:00", "2026-06-15T10:00+01:00", "0000-01-01", "٣d", "--1d",
    ],
)  # fmt: skip
def test_what_is_no_time_is_told_so(text: str) -> None:
    with pytest.raises(Said) as refused:
        moment(text, NOW, ZURICH)
    assert (refused.value.status, refused.value.text) == (400, f"Impossible to parse '{text}'")


@pytest.mark.parametrize("text", ["24h", "1d60m"])
def test_an_offset_has_no_more_hours_than_a_day_and_minutes_than_an_hour(text: str) -> None:
    with pytest.raises(Said, match="Invalid time!"):
        moment(text, NOW, ZURICH)


def test_a_begin_may_be_before_now_and_an_end_may_not() -> None:
    assert moment("-1d", NOW, ZURICH) == utc("2026-06-14T22:00")
    with pytest.raises(Said, match="End date cannot be a negative offset"):
        moment("-1d", NOW, ZURICH, end=True)


def test_from_and_to_or_a_day_span_a_window() -> None:
    assert window(None, None, None, NOW, ZURICH) is None
    assert window("today", None, None, NOW, ZURICH) == Period(utc("2026-06-15T22:00"), LATEST)
    assert window(None, "today", None, NOW, ZURICH) == Period(EARLIEST, utc("2026-06-16T22:00"))
    assert window(None, None, "today", NOW, ZURICH) == window("today", "today", None, NOW, ZURICH)
    assert window("now", "now", None, NOW, ZURICH) == Period(NOW, NOW.replace(second=1))
    assert window("tomorrow", "yesterday", None, NOW, ZURICH) == NEVER
    with pytest.raises(Said, match="'day' can only be used without 'from' and 'to'"):
        window("now", None, "today", NOW, ZURICH)


def test_days_come_with_commas() -> None:
    sixteenth = Period(utc("2026-06-15T22:00"), utc("2026-06-16T22:00"))
    assert days("2026-06-16,2026-06-16", ZURICH) == (sixteenth,)
    assert len(days("2026-06-16, 2026-06-18", ZURICH)) == 2
    for bad in ("2026-06-16,", "today", "2026-06-16T10:00", "2026-06-31"):
        with pytest.raises(Said, match="Impossible to parse"):
            days(bad, ZURICH)


def test_a_zone_is_one_that_there_is() -> None:
    assert zone_of(None, ZURICH) == ZURICH
    assert zone_of("Asia/Tokyo", ZURICH) == "Asia/Tokyo"
    with pytest.raises(Said, match="Bad timezone: ''Mars/X''"):
        zone_of("Mars/X", ZURICH)
