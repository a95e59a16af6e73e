"""When the zone data changes and not everything can move: what stays, what is told of it, and what is cut off."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from server.core.access import CLI
from server.core.model import Booking, Standing
from server.core.zone import wall
from server.engine.rezoning import Rezoned, Rezoning
from tests import make
from tests.engine.series_seen import live, occurrence
from tests.engine.zone_data import (
    ALL_SUMMER,
    BETWEEN,
    WEEK_LATER,
    WINTER,
    Install,
    lies,
    tzif,
    uids,
)
from tests.make import BERLIN, House, at

APIA = "Pacific/Apia"
HOUR = timedelta(hours=1)


def test_what_would_run_into_one_that_stays_stays_itself_and_so_on_down_the_row(kept: House, install: Install) -> None:
    # Tokyo's series does not move. The bookings of Berlin move an hour forward in time, one into the other.
    last = kept.recur(at("08:00", BETWEEN), at("09:00", BETWEEN), "FREQ=WEEKLY;COUNT=2", zone="Asia/Tokyo", by=kept.bob)
    first = kept.book(at("09:00", BETWEEN), at("10:00", BETWEEN))
    second = kept.book(at("10:00", BETWEEN), at("11:00", BETWEEN))
    third = kept.book(at("11:00", BETWEEN), at("12:00", BETWEEN))
    free = kept.book(at("14:00", BETWEEN), at("15:00", BETWEEN))
    install(WEEK_LATER)
    report = kept.engine.zones.run()
    assert uids(report) == ([free.uid], [first.uid, second.uid, third.uid])
    assert [it.old - it.new for it in report.clashing] == [HOUR] * 3
    for it in (first, second, third):
        assert kept.engine.bookings.get(it.uid, CLI).period == it.period
    assert live(kept, last.series.uid)[0].period.end == first.starts
    assert kept.overlaps() == []


def test_of_two_that_would_meet_the_later_made_stays(kept: House, install: Install) -> None:
    # One in each of the two hours that the clock called two o'clock; now there is to be one such hour.
    begin = at("02:00", date(2026, 10, 25))
    late_hour = kept.book(begin + HOUR, begin + HOUR * 3 / 2)
    early_hour = kept.book(begin, begin + HOUR / 2)
    install({BERLIN: "<+03>-3"})
    assert uids(kept.engine.zones.run()) == ([late_hour.uid], [early_hour.uid])
    assert lies(kept, late_hour.uid) == "10-25 02:00-02:30"
    assert kept.engine.bookings.get(early_hour.uid, CLI).period == early_hour.period
    assert kept.overlaps() == []


def test_an_occurrence_that_clashes_keeps_the_address_of_its_wall_time(kept: House, install: Install) -> None:
    kept.recur(at("08:00", BETWEEN), at("09:00", BETWEEN), "FREQ=DAILY;COUNT=1", zone="Asia/Tokyo", by=kept.bob)
    made = kept.recur(at("09:00", BETWEEN), at("10:00", BETWEEN), "FREQ=WEEKLY;COUNT=2")
    install(WEEK_LATER)
    assert uids(kept.engine.zones.run())[1] == [live(kept, made.series.uid)[0].uid]
    it = occurrence(kept, made.series.uid, at("09:00", BETWEEN))
    assert (it.original_start, it.starts) == (at("09:00", BETWEEN), at("10:00", BETWEEN))
    assert set(kept.engine.series.whole(made.series.uid, CLI).dates) == {
        at("09:00", BETWEEN), at("09:00", BETWEEN + timedelta(days=7)),
    }  # fmt: skip


def test_every_booking_that_moves_or_clashes_stands_in_the_change_feed(kept: House, install: Install) -> None:
    kept.recur(at("08:00", BETWEEN), at("09:00", BETWEEN), "FREQ=DAILY;COUNT=1", zone="Asia/Tokyo", by=kept.bob)
    stays = kept.book(at("09:00", BETWEEN), at("10:00", BETWEEN))
    moves = kept.book(at("14:00", BETWEEN), at("15:00", BETWEEN))
    install(WEEK_LATER)
    kept.engine.zones.run()
    with kept.store.reading() as tx:
        found = tx.rows("SELECT what, subject, actor, codes FROM change WHERE actor = 'zones' AND subject IS NOT NULL")
    assert found == [("zone_clash", stays.id, "zones", "zone"), ("moved", moves.id, "zones", "zone")]


def test_a_booking_of_two_rooms_moves_in_both_or_in_none(kept: House, install: Install) -> None:
    def both(start: str, end: str) -> Booking:
        wish = make.ask(at(start, BETWEEN), at(end, BETWEEN))
        return kept.engine.bookings.book(replace(wish, rooms=("oak", "elm")), kept.alice)

    kept.recur(at("08:00", BETWEEN), at("09:00", BETWEEN), "FREQ=DAILY;COUNT=1", zone="Asia/Tokyo", room="elm")
    stays, moves = both("09:00", "10:00"), both("14:00", "15:00")
    behind = kept.book(at("10:00", BETWEEN), at("11:00", BETWEEN))
    install(WEEK_LATER)
    assert uids(kept.engine.zones.run()) == ([moves.uid], [stays.uid, behind.uid])
    assert kept.overlaps() == []


def test_an_update_that_was_cut_off_goes_on_where_it_stopped(
    kept: House, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    oak = kept.book(at("10:00", WINTER), at("11:00", WINTER))
    elm = kept.book(at("10:00", WINTER), at("11:00", WINTER), room="elm")
    install(ALL_SUMMER)
    real = Rezoning.run

    def broken(self: Rezoning, places: list[int], recurring: list[int]) -> Rezoned:
        if places == [kept.elm.number]:
            raise RuntimeError("cut off")
        return real(self, places, recurring)

    monkeypatch.setattr(Rezoning, "run", broken)
    report = kept.engine.zones.run()
    assert (uids(report), report.failed) == (([oak.uid], []), [kept.elm.number])
    monkeypatch.undo()
    assert uids(kept.engine.zones.run()) == ([elm.uid], [])
    assert {lies(kept, it.uid) for it in (oak, elm)} == {"12-07 10:00-11:00"}
    with kept.store.reading() as tx:
        assert tx.rows("SELECT count(*) FROM zone_data WHERE name LIKE '% %'") == [(0,)]


def test_a_day_that_is_skipped_lets_its_date_go_and_keeps_the_booking(install: Install, house: House) -> None:
    west, east = -11 * 3600, 13 * 3600
    install({APIA: tzif("<-11>11")})
    house.engine.rooms.change("oak", CLI, zone=APIA)
    house.engine.zones.run()
    start = at("09:00", date(2026, 9, 28), APIA)
    made = house.recur(start, start + HOUR, "FREQ=DAILY;INTERVAL=3;COUNT=4", zone=APIA)
    over = at("00:00", date(2026, 10, 1), APIA)
    install({APIA: tzif("<+13>-13", west, [(int(over.timestamp()), east)])})
    report = house.engine.zones.run()
    whole = house.engine.series.whole(made.series.uid, CLI)
    assert [f"{wall(row.starts, APIA):%m-%d %H:%M}" for row in whole.rows] == [
        "09-28 09:00",
        "10-04 09:00",
        "10-07 09:00",
    ]
    assert {row.original_start for row in whole.rows} == set(whole.dates)
    assert len(report.clashing) == 1
    alone = house.engine.bookings.get(report.clashing[0].uid, CLI)
    assert (alone.series, alone.original_start, alone.standing) == (None, None, Standing.ACCEPTED)
    assert house.overlaps() == []


def test_the_lanes_of_a_room_move_each_for_itself(kept: House, install: Install) -> None:
    kept.engine.rooms.change("oak", CLI, rules={"lanes": 2})
    times = (("09:00", "10:00"), ("09:30", "10:30"), ("10:00", "11:00"), ("10:30", "11:30"))
    made = [kept.book(at(start, BETWEEN), at(end, BETWEEN)) for start, end in times]
    kept.engine.rooms.close("oak", CLI, at("12:00", BETWEEN), at("13:00", BETWEEN), "Paint")
    install(WEEK_LATER)
    report = kept.engine.zones.run()
    assert (len(report.moved), report.clashing) == (5, [])
    assert [lies(kept, it.uid)[6:] for it in made] == [f"{start}-{end}" for start, end in times]
    assert kept.overlaps() == []
