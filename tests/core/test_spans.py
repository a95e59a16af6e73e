"""What was kept of a zone says the same as the zone itself: of every zone, of every change of its clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core import zone
from server.core.clock import epoch
from server.core.period import Period
from server.core.spans import Spans, read_spans, spans_of

YEARS = Period(datetime(2009, 6, 1, tzinfo=UTC), datetime(2030, 6, 1, tzinfo=UTC))
HARD = ("Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia",
        "America/Havana", "Asia/Kathmandu", "UTC", "Antarctica/Troll", "Asia/Gaza", "Asia/Pyongyang")  # fmt: skip
KEPT = {name: spans_of(zone.offsets(YEARS, name), YEARS) for name in HARD}
seconds = st.integers(epoch(YEARS.start) + 86_400, epoch(YEARS.end) - 86_400)


def around(spans: Spans) -> list[int]:
    """Seconds around each change of the clocks."""
    return [since + by for since, _ in spans.steps[1:] for by in (-7200, -3600, -1800, -1, 0, 1, 1800, 3600, 7200)]


@pytest.mark.parametrize("name", HARD)
def test_around_every_change_the_wall_and_the_instant_are_those_of_the_zone(name: str) -> None:
    kept = KEPT[name]
    for at in (datetime.fromtimestamp(second, UTC) for second in around(kept)):
        shown = zone.wall(at, name).replace(tzinfo=None, fold=0)
        assert kept.wall(at) == shown
        for wall in (shown, shown - timedelta(minutes=90), shown + timedelta(minutes=90)):
            assert kept.instant(wall) == zone.instant(wall, name), wall


@given(st.sampled_from(HARD), seconds)
def test_at_any_other_time_too(name: str, second: int) -> None:
    at = datetime.fromtimestamp(second, UTC)
    wall = zone.wall(at, name).replace(tzinfo=None, fold=0)
    assert KEPT[name].wall(at) == wall
    assert KEPT[name].instant(wall) == zone.instant(wall, name)


@pytest.mark.heavy
def test_in_every_zone_there_is() -> None:
    for name in sorted(available_timezones() - {"localtime"}):
        kept = spans_of(zone.offsets(YEARS, name), YEARS)
        for at in (datetime.fromtimestamp(second, UTC) for second in around(kept)):
            wall = zone.wall(at, name).replace(tzinfo=None, fold=0)
            assert (kept.wall(at), kept.instant(wall)) == (wall, zone.instant(wall, name)), (name, at)


@pytest.mark.parametrize("name", HARD)
def test_what_was_kept_is_read_as_it_was(name: str) -> None:
    assert read_spans(KEPT[name].text) == KEPT[name]


def test_two_are_compared_where_both_speak() -> None:
    kept = KEPT["Europe/Berlin"]
    later = Period(YEARS.start + timedelta(days=500), YEARS.end + timedelta(days=500))
    assert kept.agrees(spans_of(zone.offsets(later, "Europe/Berlin"), later))
    assert kept.agrees(spans_of(zone.offsets(YEARS, "Europe/Paris"), YEARS))
    assert not kept.agrees(KEPT["Africa/Casablanca"])
    end = Period(YEARS.end, YEARS.end + timedelta(days=9))
    assert kept.agrees(spans_of(zone.offsets(end, "Asia/Tokyo"), end))


def test_it_says_what_it_speaks_of() -> None:
    kept = KEPT["UTC"]
    assert [kept.covers(it) for it in (YEARS.start - timedelta(seconds=1), YEARS.start, YEARS.end)] == [
        False, True, False,
    ]  # fmt: skip


def test_a_local_day_begins_where_the_clock_has_its_first_instant() -> None:
    kept = KEPT["America/Santiago"]
    skipped = datetime(2026, 9, 6, 4, tzinfo=UTC)  # one o'clock: midnight is in the gap
    assert kept.wall(skipped) == datetime(2026, 9, 6, 1)
    assert kept.begins_day(skipped)
    assert not kept.begins_day(skipped + timedelta(hours=1))
    assert KEPT["Pacific/Apia"].skips(datetime(2011, 12, 30, 9))
    assert not KEPT["Pacific/Apia"].skips(datetime(2011, 12, 31, 9))
