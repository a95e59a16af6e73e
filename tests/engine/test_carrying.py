"""The sweep that carries series on: what it books, how it stands, and what it tells of dates that find no room."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from server.core.access import CLI
from server.core.errors import Refused
from server.core.model import Edit, Standing
from server.core.policy import Opening
from server.engine import engine_of
from tests.engine.series_seen import left_out, live, shown, spans, starts
from tests.make import OFFICE, WORKDAYS, House, at

MONTH = timedelta(days=28)


@pytest.fixture
def near(house: House) -> House:
    """The house where series are booked no further than four weeks ahead."""
    return replace(house, engine=engine_of(house.store, house.clock, horizon=MONTH))


def days(house: House, count: int) -> tuple[int, int]:
    """Lets days go by, each with a sweep; bookings made and dates left out.

    A series booked on the first for four weeks gets the dates of days 28 and 35 after 8 days, of 42 after 16.
    """
    made = left = 0
    for _ in range(count):
        house.clock.forward(days=1)
        done = house.engine.carrying.run()
        assert done.failed == []
        made, left = made + done.made, left + len(done.left_out)
    return made, left


def test_an_endless_series_goes_on_week_by_week(near: House) -> None:
    uid = near.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    assert starts(near, uid) == ["06-15 14:00", "06-22 14:00", "06-29 14:00", "07-06 14:00"]
    made, left = days(near, 200)
    rows = live(near, uid)
    assert (made, left) == (len(rows) - 4, 0)
    assert len(rows) > 200 // 7 + 3
    assert [row.starts for row in rows] == [at("14:00", 7 * week) for week in range(len(rows))]
    assert near.clock.now() + MONTH - timedelta(days=7) <= near.engine.series.find(uid, CLI).carried_to
    assert near.overlaps() == []


def test_its_wall_time_stays_over_the_autumn_change(near: House) -> None:
    uid = near.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    days(near, 140)
    assert {span[6:] for span in spans(near, uid)} == {"14:00-15:00"}
    assert spans(near, uid)[-1] > "10-26"


def test_what_is_carried_on_holds_the_room(near: House) -> None:
    near.recur("14:00", "15:00", "FREQ=WEEKLY")
    near.book(at("14:30", 42), at("15:30", 42), by=near.bob)
    days(near, 8)
    with pytest.raises(Refused):
        near.book(at("14:30", 35), at("15:30", 35), by=near.bob)


def test_nothing_is_written_where_all_are_carried_far_enough(near: House) -> None:
    near.recur("14:00", "15:00", "FREQ=WEEKLY")
    near.recur("16:00", "17:00", "FREQ=WEEKLY;COUNT=3")
    days(near, 8)
    before = near.engine.news()
    for _ in range(7):
        done = near.engine.carrying.run()
        assert (done.series, done.made, done.left_out) == (0, 0, [])
        near.clock.forward(days=1)
    assert near.engine.news() == before


def test_a_date_that_another_holds_is_told_and_left_out_and_the_other_stays(near: House) -> None:
    uid = near.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    other = near.book(at("14:30", 35), at("15:30", 35), by=near.bob)
    near.clock.forward(days=8)
    done = near.engine.carrying.run()
    assert done.made == 1
    assert [(it.uid, it.at, it.codes) for it in done.left_out] == [(uid, at("14:00", 35), ("clash",))]
    assert left_out(near, uid) == [("07-20 14:00", "clash")]
    assert near.engine.bookings.get(other.uid, CLI) == other
    assert days(near, 16) == (2, 0)
    assert left_out(near, uid) == [("07-20 14:00", "clash")]


def test_a_date_that_was_left_out_is_not_tried_again_but_can_be_restored(near: House) -> None:
    uid = near.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    other = near.book(at("14:30", 35), at("15:30", 35), by=near.bob)
    days(near, 8)
    near.engine.bookings.cancel(other.uid, near.bob)
    assert days(near, 8) == (1, 0)
    assert left_out(near, uid) == [("07-20 14:00", "clash")]
    near.engine.series.restore(uid, at("14:00", 35), near.alice)
    assert left_out(near, uid) == []
    assert "07-20 14:00" in starts(near, uid)


def close(house: House) -> None:
    house.engine.rooms.close("oak", CLI, at("00:00", 35), at("00:00", 36), "Paint")


def open_late(house: House) -> None:
    house.policy(opening=(Opening(WORKDAYS, 15 * 60, 18 * 60),))


def shorten(house: House) -> None:
    house.policy(max_minutes=30)


@pytest.mark.parametrize(
    ("in_the_way", "code"), [(close, "closed"), (open_late, "outside_hours"), (shorten, "too_long")]
)
def test_what_the_room_does_not_take_is_left_out_with_its_reason(
    near: House, in_the_way: Callable[[House], None], code: str
) -> None:
    uid = near.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    in_the_way(near)
    assert days(near, 8)[1] > 0
    assert ("07-20 14:00", code) in left_out(near, uid)
    assert {code for _, code in left_out(near, uid)} == {code}


def test_notice_and_reach_of_bookings_do_not_bind_the_sweep(near: House) -> None:
    uid = near.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    near.policy(opening=(OFFICE,), notice_minutes=7 * 24 * 60, horizon_days=7)
    assert days(near, 8) == (2, 0)
    assert left_out(near, uid) == []


def test_a_series_in_two_rooms_gets_both_or_leaves_the_date_out(near: House) -> None:
    uid = near.recur("14:00", "15:00", "FREQ=WEEKLY", rooms=("oak", "elm")).series.uid
    near.book(at("14:30", 35), at("15:30", 35), room="elm", by=near.bob)
    assert days(near, 8) == (1, 1)
    assert left_out(near, uid) == [("07-20 14:00", "clash")]
    assert near.engine.bookings.between("oak", CLI, None)[-1].starts == at("14:00", 28)


def test_dates_of_an_approved_series_are_accepted_and_of_a_waiting_one_wait(near: House) -> None:
    near.policy(series="approval")
    waiting = near.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    granted = near.recur("16:00", "17:00", "FREQ=WEEKLY").series.uid
    near.engine.series.answer(granted, near.ada, accept=True)
    days(near, 8)
    assert {row.standing for row in live(near, waiting)} == {Standing.PENDING}
    assert {row.standing for row in live(near, granted)} == {Standing.ACCEPTED}
    assert len(live(near, waiting)) == len(live(near, granted)) == 6


def test_a_series_that_was_declined_ends_there(near: House) -> None:
    near.policy(series="approval")
    uid = near.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    near.engine.series.answer(uid, near.ada, accept=False)
    assert days(near, 16) == (0, 0)
    assert not near.engine.series.find(uid, CLI).open
    assert len(near.engine.series.whole(uid, CLI).rows) == 4


def test_a_cancelled_series_is_carried_no_further(near: House) -> None:
    uid = near.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    near.engine.series.cancel(uid, near.alice, following=True, at=at("14:00", 14))
    assert days(near, 24) == (0, 0)
    assert starts(near, uid) == ["06-15 14:00", "06-22 14:00"]


def test_of_a_split_series_the_tail_goes_on_with_what_is_new_for_it(near: House) -> None:
    uid = near.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    cut = near.engine.series.change(
        uid, Edit(starts=at("16:00", 14), ends=at("17:30", 14), title="Later"), near.alice, following=True,
        at=at("14:00", 14),
    )  # fmt: skip
    days(near, 16)
    assert starts(near, uid) == ["06-15 14:00", "06-22 14:00"]
    tail = live(near, cut.series.uid)
    assert [shown(row.starts) for row in tail[-2:]] == ["07-20 16:00", "07-27 16:00"]
    assert {(row.title, row.ends - row.starts) for row in tail} == {("Later", timedelta(minutes=90))}


def test_a_series_that_comes_to_its_end_is_looked_at_no_more(near: House) -> None:
    uid = near.recur("14:00", "15:00", "FREQ=WEEKLY;COUNT=6").series.uid
    assert near.engine.series.find(uid, CLI).open
    assert days(near, 24) == (2, 0)
    assert not near.engine.series.find(uid, CLI).open
    assert len(starts(near, uid)) == 6


def test_dates_that_went_by_while_no_server_ran_are_told(near: House) -> None:
    uid = near.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    near.clock.forward(days=70)
    done = near.engine.carrying.run()
    assert {it.codes for it in done.left_out} == {("in_past",)}
    assert [shown(it.at) for it in done.left_out] == [
        "07-13 14:00", "07-20 14:00", "07-27 14:00", "08-03 14:00", "08-10 14:00", "08-17 14:00",
    ]  # fmt: skip
    assert starts(near, uid)[-4:] == ["08-24 14:00", "08-31 14:00", "09-07 14:00", "09-14 14:00"]


def test_a_long_time_is_made_up_for_in_several_transactions(near: House) -> None:
    uid = near.recur("14:00", "15:00", "FREQ=DAILY").series.uid
    far = engine_of(near.store, near.clock, horizon=timedelta(days=400))
    done = far.carrying.run()
    assert (done.series, done.made) == (1, 400 - 28)
    rows = live(near, uid)
    assert [row.starts for row in rows] == [at("14:00", day) for day in range(400)]


def test_one_series_that_fails_does_not_stop_the_others(near: House) -> None:
    broken = near.recur("14:00", "15:00", "FREQ=WEEKLY").series
    sound = near.recur("16:00", "17:00", "FREQ=WEEKLY").series
    near.store.writing(lambda tx: tx.run("UPDATE series SET zone = 'Nowhere/Else' WHERE id = ?", (broken.id,)))
    near.clock.forward(days=8)
    done = near.engine.carrying.run()
    assert (done.failed, done.series, done.made) == ([str(broken.id)], 1, 2)
    assert len(live(near, sound.uid)) == 6


def test_what_was_booked_is_in_the_feed_without_its_words(near: House) -> None:
    near.recur("14:00", "15:00", "FREQ=WEEKLY", title="Salary talk")
    before = len(near.changes())
    days(near, 8)
    assert near.changes()[before:] == ["booked"] * 2
    with near.store.reading() as tx:
        assert tx.rows("SELECT actor FROM change ORDER BY seq DESC LIMIT 1") == [("carry",)]
        assert tx.rows("SELECT count(*) FROM change_text")[0][0] == 1
