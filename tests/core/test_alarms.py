"""Quiet hours by the clock on the wall, and who is nearest."""

from datetime import UTC, datetime

import pytest

from server.core.tickets import Receiver, nearest, quiet_of

BERLIN = "Europe/Berlin"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NIGHTS = [
    # it is quiet until            at (UTC)            because, in Berlin
    ("2026-06-15 21:00", "2026-06-15 21:00", "23:00 is before no night that begins at 23:30"),
    ("2026-06-16 04:00", "2026-06-15 22:00", "midnight"),
    ("2026-06-16 04:00", "2026-06-16 03:59", "05:59"),
    ("2026-06-16 04:00", "2026-06-16 04:00", "06:00, when it is over"),
    ("2026-03-29 04:00", "2026-03-28 23:30", "the night that loses an hour ends at six all the same"),
    ("2026-10-25 05:00", "2026-10-24 23:30", "and so does the one that has one more"),
]


@pytest.mark.parametrize(("until", "at", "why"), NIGHTS, ids=[why for _, _, why in NIGHTS])
def test_a_night_ends_by_the_clock_on_the_wall(until: str, at: str, why: str) -> None:
    quiet = quiet_of("23:30-06:00")
    assert quiet.until(utc(at), BERLIN) == utc(until), why
    assert quiet.holds(utc(at), BERLIN) is (until != at), why


def test_a_weekend_and_the_nights_around_it_are_one() -> None:
    quiet = quiet_of("22:00-06:00,weekends")
    assert quiet.until(utc("2026-06-19 21:00"), BERLIN) == utc("2026-06-22 04:00"), "Friday 23:00 to Monday 06:00"
    assert not quiet.holds(utc("2026-06-19 19:59"), BERLIN)
    assert quiet_of("weekends").until(utc("2026-06-21 12:00"), BERLIN) == utc("2026-06-21 22:00")
    assert quiet_of("12:00-13:00").until(utc("2026-06-15 10:30"), BERLIN) == utc("2026-06-15 11:00")
    assert not quiet_of("").holds(utc("2026-06-15 10:30"), BERLIN)


@pytest.mark.parametrize("hour", range(0, 72, 1))
def test_an_end_inside_the_hour_that_a_zone_skips_or_repeats_is_found(hour: int) -> None:
    """Whatever the hour, who waits until the end is not kept waiting there for ever."""
    for night in ("23:00-02:30", "02:00-02:59", "02:30-02:15"):
        quiet = quiet_of(night)
        for start in ("2026-03-28 00:00", "2026-10-24 00:00"):
            at = datetime.fromtimestamp(utc(start).timestamp() + hour * 3600, UTC)
            end = quiet.until(at, BERLIN)
            assert at <= end
            assert (end - at).total_seconds() < 2 * 86_400


@pytest.mark.parametrize("text", ["10", "25:00-06:00", "10:00-10:00", "10:00-11:00,12:00-13:00", "22-06", "sunday"])
def test_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        quiet_of(text)


def test_the_nearest_that_has_any_are_told_and_nobody_above() -> None:
    house, floor, all_of_it = (
        Receiver(1, 1, "*", "mail", "a@b"), Receiver(2, 3, "panel_dark", "mail", "c@d"),
        Receiver(3, 3, "*", "mail", "e@f"),
    )  # fmt: skip
    those = [house, floor, all_of_it]
    assert nearest(those, "panel_dark", (3, 2, 1)) == [floor, all_of_it]
    assert nearest([house, floor], "room_fault", (3, 2, 1)) == [house]
    assert nearest(those, "panel_dark", (2, 1)) == [house]
    assert nearest([floor], "room_fault", (3, 2, 1)) == []
