"""Several sweeps at once, and edits meanwhile: no date twice, none skipped, whatever the database."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

from server.core.access import CLI
from server.core.errors import Later
from server.core.model import Edit
from server.engine import Engine, engine_of
from server.engine.carrying import Carried
from tests.engine.series_seen import live
from tests.make import House, at

NEAR, FAR = timedelta(days=28), timedelta(days=200)
SERIES = ("11:00", "12:00", "13:00", "14:00", "15:00", "16:00")


def booked(house: House) -> list[str]:
    """Six endless daily series, booked for four weeks; their uids."""
    there = replace(house, engine=engine_of(house.store, house.clock, horizon=NEAR))
    half = timedelta(minutes=30)
    return [there.recur(at(start, 1), at(start, 1) + half, "FREQ=DAILY").series.uid for start in SERIES]


def test_three_sweeps_at_once_book_each_date_once(house: House) -> None:
    uids = booked(house)
    far = engine_of(house.store, house.clock, horizon=FAR)
    gate = Barrier(3)

    def sweep(_: int) -> Carried:
        gate.wait(30)
        return far.carrying.run()

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(sweep, range(3)))
    assert far.carrying.run().failed == []
    for uid, start in zip(uids, SERIES, strict=True):
        rows = live(house, uid)
        assert [row.starts for row in rows] == [at(start, 1 + day) for day in range(199)]
    assert sum(it.made for it in done) <= 6 * (199 - 28)
    assert house.overlaps() == []


def test_a_series_that_is_edited_while_it_is_carried_on_is_whole_afterwards(house: House) -> None:
    uids = booked(house)
    far = engine_of(house.store, house.clock, horizon=FAR)
    gate = Barrier(2)

    def sweep() -> None:
        gate.wait(30)
        far.carrying.run()

    def edit() -> None:
        gate.wait(30)
        for uid in uids:
            _patiently(far, uid)

    with ThreadPoolExecutor(2) as pool:
        for it in [pool.submit(sweep), pool.submit(edit)]:
            it.result()
    again = far.carrying.run()
    assert (again.failed, again.left_out) == ([], [])
    for uid in uids:
        whole = far.series.whole(uid, CLI)
        assert [row.original_start for row in whole.rows] == list(whole.dates)
        assert {row.title for row in whole.rows} == {"Renamed"}
        assert len(whole.rows) == 199
    assert house.overlaps() == []


def _patiently(engine: Engine, uid: str) -> None:
    for _ in range(20):
        try:
            engine.series.change(uid, Edit(title="Renamed"), CLI, following=False)
        except Later:
            continue
        return
    raise AssertionError("it was busy all the time")
