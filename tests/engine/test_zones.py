"""When the zone data changes, bookings to come keep their wall time, none ever overlap, and what clashes is told."""

import contextlib
import random
from datetime import date, timedelta

import pytest

from server.core.access import CLI
from server.core.errors import Refused
from server.core.model import Edit
from server.core.zone import wall
from server.engine.rezoning import Rezoned
from server.store import zones as stored
from tests.engine.series_seen import live, occurrence, shown, spans
from tests.engine.zone_data import (
    ALL_SUMMER,
    BETWEEN,
    NEXT_SUMMER,
    NO_SUMMER,
    USUAL,
    WEEK_LATER,
    WINTER,
    Install,
    lies,
    uids,
)
from tests.make import BERLIN, House, at

CASABLANCA = "Africa/Casablanca"
HOUR = timedelta(hours=1)


def test_the_first_sight_of_a_zone_only_keeps_what_it_says(install: Install, house: House) -> None:
    house.book(at("10:00", WINTER), at("11:00", WINTER))
    assert house.engine.zones.run() == Rezoned()
    with house.store.reading() as tx:
        assert list(stored.kept(tx, [BERLIN])) == [(BERLIN, None)]
    install(ALL_SUMMER)
    assert len(house.engine.zones.run().moved) == 1


def test_where_the_data_says_what_it_said_nothing_is_written(kept: House) -> None:
    kept.book(at("10:00", WINTER), at("11:00", WINTER))
    news = kept.engine.news()
    assert kept.engine.zones.run() == Rezoned()
    kept.clock.forward(days=20)
    assert kept.engine.zones.run() == Rezoned()
    assert kept.engine.news() == news


def test_single_bookings_keep_their_wall_time_where_summer_time_is_abolished(kept: House, install: Install) -> None:
    summer = kept.book(at("10:00", NEXT_SUMMER), at("11:30", NEXT_SUMMER))
    winter = kept.book(at("10:00", WINTER), at("11:30", WINTER))
    install(NO_SUMMER)
    report = kept.engine.zones.run()
    assert report.zones == [BERLIN]
    assert uids(report) == ([summer.uid], [])
    assert (report.moved[0].room, report.moved[0].old, report.moved[0].new - report.moved[0].old) == (
        "oak", summer.starts, HOUR,
    )  # fmt: skip
    assert lies(kept, summer.uid) == "07-05 10:00-11:30"
    assert kept.engine.bookings.get(winter.uid, CLI) == winter
    assert kept.engine.zones.run() == Rezoned()


def test_a_series_keeps_its_wall_time_its_addresses_and_what_was_changed_alone(kept: House, install: Install) -> None:
    made = kept.recur("12:00", "13:00", "FREQ=WEEKLY;COUNT=40", title="Planning")
    rows = live(kept, made.series.uid)
    moved, renamed, gone = rows[25], rows[26], rows[27]
    kept.engine.bookings.change(moved.uid, Edit(starts=moved.starts + 3 * HOUR, ends=moved.ends + 4 * HOUR), kept.alice)
    kept.engine.bookings.change(renamed.uid, Edit(title="With cake"), kept.alice)
    kept.engine.bookings.cancel(gone.uid, kept.alice)
    before = spans(kept, made.series.uid)
    install(ALL_SUMMER)
    report = kept.engine.zones.run()
    winter = [row.uid for row in rows if wall(row.starts, BERLIN).date() in _winter()]
    assert sorted(uids(report)[0]) == sorted(set(winter) - {gone.uid})
    assert report.clashing == []
    assert spans(kept, made.series.uid) == before
    whole = kept.engine.series.whole(made.series.uid, CLI)
    assert {row.original_start for row in whole.rows} == set(whole.dates)
    assert occurrence(kept, made.series.uid, at("12:00", 7 * 26)).title == "With cake"
    assert occurrence(kept, made.series.uid, at("12:00", 7 * 25)).starts == at("15:00", 7 * 25)
    back = kept.engine.series.restore(made.series.uid, at("12:00", 7 * 27), kept.ada)
    assert (back.uid, back.starts) == (gone.uid, at("12:00", 7 * 27))


def _winter() -> set[date]:
    """The days on which Berlin used to have winter time."""
    return {date(2026, 10, 25) + timedelta(days=n) for n in range((date(2027, 3, 28) - date(2026, 10, 25)).days)}


def test_what_has_begun_or_has_its_people_in_it_stays_where_it_is(kept: House, install: Install) -> None:
    kept.clock.set(at("09:55", WINTER))
    running = kept.book(at("09:55", WINTER), at("10:30", WINTER))
    present = kept.book(at("10:00", WINTER), at("11:00", WINTER), room="elm")
    kept.engine.presence.check_in(present.uid, kept.alice, start_now=False)
    later = kept.book(at("13:00", WINTER), at("14:00", WINTER))
    install(ALL_SUMMER)
    assert uids(kept.engine.zones.run()) == ([later.uid], [])
    for it in (running, present):
        assert kept.engine.bookings.get(it.uid, CLI).period == it.period


def test_a_transition_a_week_later_moves_that_week_and_nothing_of_other_zones(kept: House, install: Install) -> None:
    week = kept.recur(at("09:00", 1), at("10:00", 1), "FREQ=DAILY;COUNT=180")
    abroad = kept.recur(at("10:00", BETWEEN), at("11:00", BETWEEN), zone="Asia/Tokyo")
    install(WEEK_LATER)
    report = kept.engine.zones.run()
    days = [date(2026, 10, 25) + timedelta(days=n) for n in range(7)]
    assert [shown(it.new) for it in report.moved] == [f"{day:%m-%d} 09:00" for day in days]
    assert report.clashing == []
    whole = kept.engine.series.whole(week.series.uid, CLI)
    assert {row.original_start for row in whole.rows} == set(whole.dates)
    assert [row.version for row in live(kept, abroad.series.uid)] == [1] * 4
    assert kept.overlaps() == []


def test_whole_days_stay_whole_local_days(kept: House, install: Install) -> None:
    one = kept.book(at("00:00", date(2026, 10, 24)), at("00:00", date(2026, 10, 26)))
    each = kept.recur(at("00:00", BETWEEN), at("00:00", date(2026, 10, 28)), "FREQ=DAILY;COUNT=6", room="elm")
    install(WEEK_LATER)
    kept.engine.zones.run()
    found = kept.engine.bookings.get(one.uid, CLI)
    assert (found.starts, found.ends) == (at("00:00", date(2026, 10, 24)), at("00:00", date(2026, 10, 26)))
    assert found.period.length == 48 * HOUR
    rows = live(kept, each.series.uid)
    assert [row.period.length / HOUR for row in rows] == [24, 24, 24, 24, 24, 25]
    assert {f"{wall(row.starts, BERLIN):%H:%M}" for row in rows} == {"00:00"}


def test_closures_go_along_and_their_room_is_told(kept: House, install: Install) -> None:
    shut = kept.engine.rooms.close("oak", CLI, at("08:00", BETWEEN), at("12:00", BETWEEN), "Paint")
    _, _, panel = kept.panel()
    seen = kept.engine.devices.snapshot("oak", panel)
    install(WEEK_LATER)
    report = kept.engine.zones.run()
    assert [(it.uid, it.room, it.new) for it in report.moved] == [("", "oak", at("08:00", BETWEEN))]
    with kept.store.reading() as tx:
        found = tx.rows("SELECT starts, ends FROM closure WHERE id = ?", (shut.id,))
        held = tx.rows("SELECT held_from, held_to FROM hold WHERE active = 1 AND closure_id = ?", (shut.id,))
    assert found == held == [(at("08:00", BETWEEN).timestamp(), at("12:00", BETWEEN).timestamp())]
    assert kept.engine.devices.feed("oak", panel, seen.seq, seen.incarnation).reload


def test_there_and_back_again_is_as_it_was(kept: House, install: Install) -> None:
    made = kept.recur("12:00", "13:00", "FREQ=WEEKLY;COUNT=60")
    kept.book(at("09:00", WINTER), at("10:00", WINTER))
    before = kept.engine.series.whole(made.series.uid, CLI)
    for data in (ALL_SUMMER, NO_SUMMER, WEEK_LATER, USUAL):
        install(data)
        kept.engine.zones.run()
        assert kept.overlaps() == []
    after = kept.engine.series.whole(made.series.uid, CLI)
    assert [(row.uid, row.period, row.original_start) for row in after.rows] == [
        (row.uid, row.period, row.original_start) for row in before.rows
    ]
    assert after.series == before.series


def test_casablanca_gives_up_its_ramadan_time(install: Install, house: House) -> None:
    house.engine.rooms.change("oak", CLI, zone=CASABLANCA)
    start = at("09:00", date(2027, 1, 4), CASABLANCA)
    made = house.recur(start, start + HOUR, "FREQ=WEEKLY;COUNT=20", zone=CASABLANCA)
    house.engine.zones.run()
    install({CASABLANCA: "<+00>0"})
    report = house.engine.zones.run()
    assert 0 < len(report.moved) < 20
    assert {f"{wall(row.starts, CASABLANCA):%a %H:%M}" for row in live(house, made.series.uid)} == {"Mon 09:00"}


def test_dates_that_are_left_out_keep_their_wall_time_too(kept: House, install: Install) -> None:
    kept.engine.rooms.close("oak", CLI, at("00:00", BETWEEN), at("23:00", BETWEEN), "Paint")
    made = kept.recur(at("09:00", date(2026, 10, 20)), at("10:00", date(2026, 10, 20)), skip=True)
    install(WEEK_LATER)
    kept.engine.zones.run()
    whole = kept.engine.series.whole(made.series.uid, CLI)
    assert [it.at for it in whole.left_out] == [at("09:00", BETWEEN)]
    assert {row.original_start for row in whole.rows} | {at("09:00", BETWEEN)} == set(whole.dates)


def test_what_is_carried_later_agrees_with_what_was_moved(kept: House, install: Install) -> None:
    made = kept.recur("12:00", "13:00", "FREQ=DAILY")
    install(ALL_SUMMER)
    kept.engine.zones.run()
    for _ in range(30):
        kept.clock.forward(days=9)
        assert kept.engine.carrying.run().left_out == []
    rows = kept.engine.series.whole(made.series.uid, CLI).rows
    assert {f"{wall(row.starts, BERLIN):%H:%M}" for row in rows} == {"12:00"}
    days = [wall(row.starts, BERLIN).date() for row in rows]
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert len(days) > 731 + 260


def test_a_zone_that_the_data_no_longer_has_is_left_alone(kept: House, install: Install) -> None:
    def offsets(period: object, name: str) -> list[object]:
        raise ValueError(name)

    it = kept.book(at("10:00", WINTER), at("11:00", WINTER))
    assert kept.engine.zones.run(offsets=offsets) == Rezoned()  # type: ignore[arg-type]
    assert kept.engine.bookings.get(it.uid, CLI) == it


WORLDS = (USUAL, NO_SUMMER, ALL_SUMMER, WEEK_LATER, {BERLIN: "<+03>-3"}, {BERLIN: "<+0130>-1:30"})


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_booked_and_whatever_becomes_of_the_clocks(kept: House, install: Install, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(25):
        start = at("00:00", date(2026, 10, 24)) + dice.randrange(16 * 24) * HOUR / 2
        told: dict[str, object] = {"room": dice.choice(("oak", "elm"))}
        with contextlib.suppress(Refused):
            if dice.random() < 0.4:
                zone = dice.choice((BERLIN, BERLIN, "Asia/Tokyo"))
                rule = dice.choice(("FREQ=DAILY;COUNT=5", "FREQ=WEEKLY;COUNT=3", "FREQ=DAILY;INTERVAL=2;COUNT=12"))
                kept.recur(start, start + dice.randint(1, 4) * HOUR / 2, rule, zone=zone, skip=True, **told)
            else:
                kept.book(start, start + dice.randint(1, 4) * HOUR / 2, **told)
    for world in dice.sample(WORLDS, 3):
        before = _walls(kept)
        install(world)
        report = kept.engine.zones.run()
        assert kept.overlaps() == []
        after = _walls(kept)
        stayed = set(uids(report)[1])
        assert {uid: text for uid, text in after.items() if uid not in stayed} == {
            uid: text for uid, text in before.items() if uid not in stayed
        }
        for it in kept.engine.series_list.all(CLI):
            whole = kept.engine.series.whole(it.series.uid, CLI)
            found = [row.original_start for row in whole.rows] + [gap.at for gap in whole.left_out]
            assert sorted(found) == sorted(whole.dates)


def _walls(house: House) -> dict[str, str]:
    """Where each booking starts on the wall it goes by."""
    zones = {it.series.id: it.series.zone for it in house.engine.series_list.all(CLI)}
    rows = [it for room in ("oak", "elm") for it in house.engine.bookings.between(room, CLI, None)]
    return {it.uid: f"{wall(it.starts, zones.get(it.series or 0, BERLIN)):%m-%d %H:%M}" for it in rows}
