"""Due times: the newest that has passed, each day's once, whatever the zone does."""

from datetime import UTC, datetime, timedelta

import pytest

from server.core.dues import Daily, Hourly, Monthly, When

NEW_YORK = "America/New_York"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "now", "due"),
    [
        (Hourly(5), "2026-06-15 10:04:59", "2026-06-15 09:05"),
        (Hourly(5), "2026-06-15 10:05:00", "2026-06-15 10:05"),
        (Hourly(0), "2026-01-01 00:00:00", "2026-01-01 00:00"),
        (Hourly(59), "2026-01-01 00:30:00", "2025-12-31 23:59"),
        (Daily(200, "UTC"), "2026-06-15 03:19:59", "2026-06-14 03:20"),
        (Daily(200, "Europe/Berlin"), "2026-06-15 01:20:00", "2026-06-15 01:20"),
        (Daily(200, "Europe/Berlin"), "2026-01-15 01:30:00", "2026-01-14 02:20"),
        (Daily(0, "Pacific/Kiritimati"), "2026-06-15 09:59:00", "2026-06-14 10:00"),
        (Monthly(1, 360, "UTC"), "2026-03-01 05:59:00", "2026-02-01 06:00"),
        (Monthly(1, 360, "UTC"), "2026-01-01 05:59:00", "2025-12-01 06:00"),
        (Monthly(28, 0, "UTC"), "2026-02-28 00:00:00", "2026-02-28 00:00"),
    ],
)
def test_the_newest_due_time_that_has_passed_is_meant(when: When, now: str, due: str) -> None:
    assert when.newest(utc(now)) == utc(due)


def test_a_time_that_the_spring_leaves_out_comes_an_hour_later() -> None:
    when = Daily(2 * 60 + 30, NEW_YORK)  # 8 March 2026: after 02:00 comes 03:00
    assert when.newest(utc("2026-03-08 12:00")) == utc("2026-03-08 07:30")


def test_a_time_that_the_autumn_has_twice_is_due_once() -> None:
    when = Daily(60 + 30, NEW_YORK)  # 1 November 2026: 01:30 comes at 05:30 and at 06:30 UTC
    found = {when.newest(utc("2026-11-01 00:00") + n * timedelta(minutes=10)) for n in range(6 * 24)}
    assert found == {utc("2026-10-31 05:30"), utc("2026-11-01 05:30")}


@pytest.mark.parametrize("zone", ["Europe/Berlin", NEW_YORK, "Australia/Lord_Howe", "Africa/Casablanca"])
def test_each_day_of_a_year_is_due_once_and_never_before_its_time(zone: str) -> None:
    when, now, found = Daily(2 * 60 + 15, zone), utc("2026-01-01 00:00"), set[datetime]()
    for _ in range(366 * 48):
        due = when.newest(now)
        assert due <= now
        found.add(due)
        now += timedelta(minutes=30)
    assert len(found) == 367
