"""Series over changes of the clocks, leap days, midnights and a day that never was: booked, edited, split, carried."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from server.core.access import CLI
from server.core.clock import epoch
from server.core.model import Edit
from server.core.recurrence import Length, parse
from server.core.zone import instant
from tests.engine.series_seen import live, occurrence, spans, starts
from tests.make import House, ask, at

HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def series(house: House, zone: str, first: str, line: str, *, length: timedelta = HOUR) -> str:
    """A series of Oak in the wall time of a zone; the clock is put a week before its first date."""
    begin = datetime.fromisoformat(first)
    starts_ = instant(begin, zone)
    house.clock.set(starts_ - timedelta(days=7))
    wish = ask(starts_, starts_ + length)
    return house.engine.series.book(wish, parse([line], begin, zone), house.alice, zone=zone).series.uid


def instants(house: House, uid: str) -> list[str]:
    return [f"{row.starts:%m-%d %H:%M}-{row.ends:%H:%M}" for row in live(house, uid)]


@pytest.mark.parametrize(
    ("zone", "first", "found"),
    [
        # nine o'clock stays nine o'clock over both changes
        ("Europe/Berlin", "2027-03-27 09:00", ["03-27 08:00-09:00", "03-28 07:00-08:00", "03-29 07:00-08:00"]),
        ("Europe/Berlin", "2026-10-24 09:00", ["10-24 07:00-08:00", "10-25 08:00-09:00", "10-26 08:00-09:00"]),
        # in the gap it moves forward by the gap, an hour here and half an hour there, and keeps its length
        ("Europe/Berlin", "2027-03-27 02:30", ["03-27 01:30-02:30", "03-28 01:30-02:30", "03-29 00:30-01:30"]),
        ("Australia/Lord_Howe", "2026-10-03 02:15", ["10-02 15:45-16:45", "10-03 15:45-16:45", "10-04 15:15-16:15"]),
        ("America/Santiago", "2026-09-05 00:30", ["09-05 04:30-05:30", "09-06 04:30-05:30", "09-07 03:30-04:30"]),
        # where an hour comes twice the first is meant
        ("Europe/Berlin", "2026-10-24 02:30", ["10-24 00:30-01:30", "10-25 00:30-01:30", "10-26 01:30-02:30"]),
        ("Australia/Lord_Howe", "2027-04-03 01:45", ["04-02 14:45-15:45", "04-03 14:45-15:45", "04-04 15:15-16:15"]),
        # a length is exact: an hour that begins before the gap ends an hour later on the clock
        ("Europe/Berlin", "2027-03-27 01:30", ["03-27 00:30-01:30", "03-28 00:30-01:30", "03-28 23:30-00:30"]),
        # over midnight, and over the turn of the year
        ("Europe/Berlin", "2026-12-30 23:30", ["12-30 22:30-23:30", "12-31 22:30-23:30", "01-01 22:30-23:30"]),
    ],
)
def test_a_daily_series_keeps_its_wall_time(house: House, zone: str, first: str, found: list[str]) -> None:
    uid = series(house, zone, first, "FREQ=DAILY;COUNT=3")
    assert instants(house, uid) == found
    assert house.overlaps() == []


def test_a_day_that_never_was_is_no_date(house: House) -> None:
    uid = series(house, "Pacific/Apia", "2011-12-28 09:00", "FREQ=DAILY;COUNT=5")
    assert starts(house, uid, "Pacific/Apia") == ["12-28 09:00", "12-29 09:00", "12-31 09:00", "01-01 09:00"]
    house.engine.series.change(
        uid, Edit(starts=instant(datetime(2011, 12, 28, 10), "Pacific/Apia")), house.alice, following=False
    )
    assert starts(house, uid, "Pacific/Apia") == ["12-28 10:00", "12-29 10:00", "12-31 10:00", "01-01 10:00"]


def test_the_leap_day_comes_every_four_years(house: House) -> None:
    uid = series(house, "Europe/Berlin", "2028-02-29 09:00", "FREQ=YEARLY;COUNT=2")
    assert starts(house, uid) == ["02-29 09:00"]  # the other lies beyond the horizon
    it = house.engine.series.find(uid, CLI)
    assert it.open
    daily = series(house, "Europe/Berlin", "2028-02-28 14:00", "FREQ=DAILY;COUNT=3")
    assert starts(house, daily) == ["02-28 14:00", "02-29 14:00", "03-01 14:00"]
    monthly = series(house, "Europe/Berlin", "2028-01-31 16:00", "FREQ=MONTHLY;COUNT=3")
    assert starts(house, monthly) == ["01-31 16:00", "03-31 16:00", "05-31 16:00"]


def test_a_whole_day_is_a_whole_day_however_long_it_is(house: House) -> None:
    uid = series(house, "Europe/Berlin", "2027-03-27 00:00", "FREQ=DAILY;COUNT=3", length=timedelta(days=1))
    assert house.engine.series.find(uid, CLI).length == Length(1, 0)
    assert spans(house, uid) == ["03-27 00:00-00:00", "03-28 00:00-00:00", "03-29 00:00-00:00"]
    assert [(row.ends - row.starts) // HOUR for row in live(house, uid)] == [24, 23, 24]
    house.clock.set(utc("2026-06-01"))
    autumn = series(house, "America/Santiago", "2026-09-05 00:00", "FREQ=DAILY;COUNT=3", length=timedelta(days=1))
    assert [(row.ends - row.starts) // HOUR for row in live(house, autumn)] == [24, 23, 24]


def test_whole_days_become_hours_and_hours_whole_days(house: House) -> None:
    uid = series(house, "Europe/Berlin", "2027-03-27 00:00", "FREQ=DAILY;COUNT=3", length=timedelta(days=1))
    first = date(2027, 3, 27)
    edit = Edit(starts=at("09:00", first), ends=at("10:00", first))
    house.engine.series.change(uid, edit, house.alice, following=False)
    assert spans(house, uid) == ["03-27 09:00-10:00", "03-28 09:00-10:00", "03-29 09:00-10:00"]
    edit = Edit(starts=at("00:00", first), ends=at("00:00", date(2027, 3, 28)))
    house.engine.series.change(uid, edit, house.alice, following=False)
    assert spans(house, uid) == ["03-27 00:00-00:00", "03-28 00:00-00:00", "03-29 00:00-00:00"]


def test_the_time_shown_of_a_date_in_the_gap_sent_back_moves_nothing(house: House) -> None:
    uid = series(house, "Europe/Berlin", "2027-03-27 02:30", "FREQ=DAILY;COUNT=3")
    before = live(house, uid)
    shown = before[1]
    assert spans(house, uid)[1] == "03-28 03:30-04:30"
    edit = Edit(starts=shown.starts, ends=shown.ends)
    for following in (False, True):
        done = house.engine.series.change(uid, edit, house.alice, following=following, at=shown.original_start)
        assert done.changed == (0 if not following else 2)
    assert [row.period for row in (*live(house, uid), *live(house, done.series.uid))] == [row.period for row in before]


def test_a_series_is_moved_into_the_gap_and_out_of_it(house: House) -> None:
    uid = series(house, "Europe/Berlin", "2027-03-27 09:00", "FREQ=DAILY;COUNT=3")
    uids = [row.uid for row in live(house, uid)]
    house.engine.series.change(uid, Edit(starts=at("02:30", date(2027, 3, 27))), house.alice, following=False)
    assert spans(house, uid) == ["03-27 02:30-03:30", "03-28 03:30-04:30", "03-29 02:30-03:30"]
    for row in live(house, uid):
        assert occurrence(house, uid, row.starts) == row
    house.engine.series.change(uid, Edit(starts=at("09:00", date(2027, 3, 27))), house.alice, following=False)
    assert spans(house, uid) == ["03-27 09:00-10:00", "03-28 09:00-10:00", "03-29 09:00-10:00"]
    assert [row.uid for row in live(house, uid)] == uids


def test_a_split_in_the_night_of_the_change_leaves_no_date_out_and_doubles_none(house: House) -> None:
    for first, middle in (("2027-03-27 02:30", 1), ("2026-10-24 02:30", 1)):
        uid = series(house, "Europe/Berlin", first, "FREQ=DAILY;COUNT=4")
        before = live(house, uid)
        tail = house.engine.series.change(
            uid, Edit(title="Late"), house.alice, following=True, at=before[middle].original_start
        ).series.uid
        both = [*live(house, uid), *live(house, tail)]
        assert [row.uid for row in both] == [row.uid for row in before]
        assert [row.original_start for row in both] == [row.original_start for row in before]
        assert len(live(house, uid)) == 1
        for part in (uid, tail):
            whole = house.engine.series.whole(part, CLI)
            assert {row.original_start for row in whole.rows} == set(whole.dates)
        house.engine.series.cancel(uid, house.alice, following=False)
        house.engine.series.cancel(tail, house.alice, following=False)


def test_the_zone_of_a_series_need_not_be_the_rooms(house: House) -> None:
    uid = series(house, "America/New_York", "2026-10-28 09:00", "FREQ=WEEKLY;COUNT=2")  # there it changes later
    assert starts(house, uid, "America/New_York") == ["10-28 09:00", "11-04 09:00"]
    assert starts(house, uid) == ["10-28 14:00", "11-04 15:00"]
    assert house.engine.series.find(uid, CLI).zone == "America/New_York"


def test_an_open_series_is_carried_on_at_the_same_wall_time_and_edits_hold_there_too(house: House) -> None:
    uid = series(house, "Europe/Berlin", "2026-10-05 09:00", "FREQ=WEEKLY")
    house.engine.series.change(uid, Edit(title="Later", starts=at("10:00", date(2026, 10, 5))), house.alice,
                               following=False)  # fmt: skip
    before = live(house, uid)
    house.clock.forward(days=180)
    house.engine.carrying.run()
    after = live(house, uid)
    assert after[: len(before)] == before
    assert len(after) > len(before) + 20
    assert {text[6:] for text in spans(house, uid)} == {"10:00-11:00"}
    assert {row.title for row in after} == {"Later"}
    steps = {epoch(b.starts) - epoch(a.starts) for a, b in pairwise(after)}
    assert steps == {7 * 86_400, 7 * 86_400 - 3_600, 7 * 86_400 + 3_600}


def test_both_parts_of_a_split_are_carried_as_far_as_each_goes(house: House) -> None:
    uid = house.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    tail = house.engine.series.change(
        uid, Edit(starts=at("16:00", 14)), house.alice, following=True, at=at("14:00", 14)
    ).series.uid
    house.clock.forward(days=100)
    report = house.engine.carrying.run()
    assert (report.series, report.left_out, report.failed) == (1, [], [])
    assert starts(house, uid) == ["06-15 14:00", "06-22 14:00"]
    assert {text[6:] for text in starts(house, tail)} == {"16:00"}
    assert house.overlaps() == []
