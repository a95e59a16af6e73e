"""The local day from the server's offsets, checked against the real zones of the world."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kiosk import agenda, days
from kiosk.instants import parse

from .makers import DAY_START, PLAN_END, at, booking, plan

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",  # changes at midnight
    "Asia/Beirut",  # changes at midnight
    "America/Havana",  # back to midnight at 01:00
    "Australia/Lord_Howe",  # by half an hour
    "Asia/Kathmandu",
    "UTC",
]


def offsets(zone: ZoneInfo, start: datetime, *, hours: int) -> tuple[tuple[int, int], ...]:
    """As the server sends them: one in force at the start, and one at each change."""
    found: list[tuple[int, int]] = []
    for quarter in range(hours * 4):
        instant = start + timedelta(minutes=15 * quarter)
        seconds = int((instant.astimezone(zone).utcoffset() or timedelta()).total_seconds())
        if not found or found[-1][1] != seconds:
            found.append((int(instant.timestamp()), seconds))
    return tuple(found)


def naive_day(zone: ZoneInfo, now: datetime) -> tuple[int, int]:
    """The first minute of the wall's date, and of the next one, found by walking."""
    today = now.astimezone(zone).date()
    minute = now.replace(second=0, microsecond=0) - timedelta(hours=26)
    first: int | None = None
    while True:
        date = minute.astimezone(zone).date()
        if date >= today and first is None:
            first = int(minute.timestamp())
        if date > today:
            assert first is not None
            return first, int(minute.timestamp())
        minute += timedelta(minutes=1)


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("day", ["2026-03-08", "2026-03-29", "2026-09-06", "2026-10-25", "2026-11-01"])
def test_the_day_begins_and_ends_where_the_walls_date_changes(name: str, day: str) -> None:
    zone = ZoneInfo(name)
    noon = datetime.fromisoformat(day).replace(hour=12, tzinfo=zone).astimezone(UTC)
    known = offsets(zone, noon - timedelta(hours=60), hours=120)
    for hours in range(-30, 31, 3):
        now = noon + timedelta(hours=hours, minutes=7)
        assert days.day_of(known, int(now.timestamp())) == naive_day(zone, now)


def test_the_day_of_the_change_to_summer_time_has_23_hours_and_the_one_back_has_25() -> None:
    zone = ZoneInfo("Europe/Berlin")
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-20", 24)):
        noon = datetime.fromisoformat(day + "T12:00:00+00:00")
        start, end = days.day_of(offsets(zone, noon - timedelta(hours=40), hours=80), int(noon.timestamp()))
        assert end - start == hours * 3600


def test_the_strip_covers_the_day_without_a_hole() -> None:
    it = plan(booking("09:00", "10:00"), booking("10:00", "11:00"), booking("23:30", at("00:30", day=21)))
    parts = days.strip(it, agenda.timeline(it), at("10:42"))
    assert [part["kind"] for part in parts] == ["free", "booking", "booking", "free", "booking"]
    assert parse(parts[0]["start"]) == DAY_START
    assert parse(parts[-1]["end"]) == DAY_START + 86_400
    assert all(one["end"] == other["start"] for one, other in itertools.pairwise(parts))


def test_the_strip_shows_a_day_of_25_hours_whole() -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = parse("2026-10-24T22:00:00Z")
    known = offsets(zone, datetime.fromtimestamp(start, UTC), hours=48)
    it = plan(start=start, end=start + 14 * 86_400, offsets=known)
    parts = days.strip(it, agenda.timeline(it), start + 40_000)
    assert parse(parts[-1]["end"]) - parse(parts[0]["start"]) == 25 * 3600


def test_the_part_of_today_that_no_plan_covers_is_unknown_and_not_free() -> None:
    it = plan(end=at("12:00"))
    kinds = [part["kind"] for part in days.strip(it, agenda.timeline(it), at("10:42"))]
    assert kinds == ["free", "unknown"]


def test_the_offset_changes_on_its_second() -> None:
    known = ((1000, 3600), (5000, 7200))
    assert [days.offset_at(known, t) for t in (0, 1000, 4999, 5000, PLAN_END)] == [3600, 3600, 3600, 7200, 7200]
