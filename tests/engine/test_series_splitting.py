"""This and following: a series is split, and its parts go their own ways."""

import pytest

from server.core.access import CLI
from server.core.errors import Unknown
from tests.engine.series_seen import WEEKS, change, left_out, live, occurrence, starts, titles
from tests.make import House, at


def test_following_splits_and_the_part_before_keeps_the_uid(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    before = live(house, uid)
    done = change(house, uid, following=True, at=at("14:00", 14), starts=at("16:00", 14), title="Late")
    tail = done.series.uid
    assert tail != uid
    assert (starts(house, uid), starts(house, tail)) == (WEEKS[:2], ["06-29 16:00", "07-06 16:00"])
    assert (titles(house, uid), titles(house, tail)) == (["Planning"] * 2, ["Late"] * 2)
    assert [row.uid for row in (*live(house, uid), *live(house, tail))] == [row.uid for row in before]
    assert live(house, uid) == before[:2]
    assert {row.series_uid for row in live(house, tail)} == {tail}
    for row in live(house, tail):
        assert occurrence(house, tail, row.starts) == row
    assert house.engine.series.find(before[3].uid, CLI).uid == tail
    assert not house.engine.series.find(uid, CLI).open


def test_following_from_the_first_date_is_the_whole_and_splits_nothing(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    done = change(house, uid, following=True, at=at("14:00"), starts=at("16:00"))
    assert done.series.uid == uid
    assert starts(house, uid) == [it.replace("14:00", "16:00") for it in WEEKS]


def test_a_split_counts_on_where_the_first_part_left_off(house: House) -> None:
    uid = house.recur("14:00", "15:00", "FREQ=WEEKLY;COUNT=4").series.uid
    tail = change(house, uid, following=True, at=at("14:00", 14), starts=at("14:00", 15)).series.uid
    assert starts(house, tail) == ["06-30 14:00", "07-07 14:00"]
    third = change(house, tail, following=True, at=at("14:00", 22), starts=at("15:00", 22)).series.uid
    assert (starts(house, uid), starts(house, tail), starts(house, third)) == (
        WEEKS[:2],
        ["06-30 14:00"],
        ["07-07 15:00"],
    )


def test_until_and_single_dates_go_through_a_split(house: House) -> None:
    made = house.recur(
        "14:00", "15:00", "RRULE:FREQ=WEEKLY;UNTIL=20260706T140000", "EXDATE:20260629T140000",
        "RDATE:20260617T140000,20260703T140000",
    )  # fmt: skip
    uid = made.series.uid
    assert starts(house, uid) == ["06-15 14:00", "06-17 14:00", "06-22 14:00", "07-03 14:00", "07-06 14:00"]
    done = change(house, uid, following=True, at=at("14:00", 7), starts=at("15:00", 7))
    assert (done.changed, done.made, done.cancelled) == (3, 0, 0)
    assert starts(house, uid) == ["06-15 14:00", "06-17 14:00"]
    assert starts(house, done.series.uid) == ["06-22 15:00", "07-03 15:00", "07-06 15:00"]


def test_a_split_shares_out_the_dates_that_were_left_out(house: House) -> None:
    for week in (1, 3):
        house.book(at("14:30", 7 * week), at("15:30", 7 * week), by=house.bob)
    uid = house.recur("14:00", "15:00", skip=True).series.uid
    tail = change(house, uid, following=True, at=at("14:00", 14), title="Late").series.uid
    assert left_out(house, uid) == [("06-22 14:00", "clash")]
    assert left_out(house, tail) == [("07-06 14:00", "clash")]
    assert (starts(house, uid), starts(house, tail)) == (["06-15 14:00"], ["06-29 14:00"])


def test_a_split_may_begin_with_a_date_that_holds_nothing(house: House) -> None:
    house.book(at("14:30", 7), at("15:30", 7), by=house.bob)
    uid = house.recur("14:00", "15:00", skip=True).series.uid
    house.engine.bookings.cancel(occurrence(house, uid, at("14:00", 14)).uid, house.alice)
    tail = change(house, uid, following=True, at=at("14:00", 7), starts=at("16:00", 7)).series.uid
    assert (starts(house, uid), starts(house, tail)) == (["06-15 14:00"], ["06-22 16:00", "07-06 16:00"])
    third = change(house, tail, following=True, at=at("16:00", 14), starts=at("17:00", 14)).series.uid
    assert (starts(house, tail), starts(house, third)) == (["06-22 16:00"], ["07-06 17:00"])


def test_a_split_at_a_date_that_is_over_leaves_what_is_over_behind(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.clock.set(at("14:30", 7))
    behind = live(house, uid)[:2]
    done = change(house, uid, following=True, at=at("14:00"), starts=at("16:00"))
    tail = done.series.uid
    assert tail == uid  # nothing of the series came before
    assert starts(house, uid) == ["06-15 14:00", "06-22 14:00", "06-29 16:00", "07-06 16:00"]
    assert live(house, uid)[:2] == behind
    later = change(house, uid, following=True, at=at("16:00", 14), title="x").series.uid
    house.clock.set(at("18:00", 14))
    again = change(house, later, following=True, at=at("16:00", 14), starts=at("17:00", 14), title="y")
    assert [row.starts for row in live(house, later)] == [at("16:00", 14), at("17:00", 21)]
    assert again.changed == 1


def test_the_parts_of_a_split_go_their_own_ways(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    tail = change(house, uid, following=True, at=at("14:00", 14), starts=at("16:00", 14)).series.uid
    change(house, uid, title="Head")
    change(house, tail, starts=at("17:00", 14))
    assert (titles(house, uid), titles(house, tail)) == (["Head"] * 2, ["Planning"] * 2)
    assert starts(house, uid) + starts(house, tail) == [*WEEKS[:2], "06-29 17:00", "07-06 17:00"]
    house.engine.series.cancel(uid, house.alice, following=False)
    assert (starts(house, uid), len(live(house, tail))) == ([], 2)


def test_following_with_a_new_pattern_goes_on_by_that(house: House) -> None:
    uid = house.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    done = change(house, uid, following=True, at=at("14:00", 14), lines=("FREQ=MONTHLY;COUNT=3",))
    assert starts(house, uid) == WEEKS[:2]
    assert starts(house, done.series.uid) == ["06-29 14:00", "07-29 14:00", "08-29 14:00"]
    assert (done.changed, done.made, done.cancelled) == (1, 2, 102)
    assert not done.series.open


def test_following_without_an_address_is_from_the_next_date_on(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.clock.set(at("14:30", 7))
    tail = change(house, uid, following=True, title="From now on").series.uid
    assert (starts(house, uid), starts(house, tail)) == (WEEKS[:2], WEEKS[2:])


@pytest.mark.parametrize("following", [True, False])
def test_an_address_that_is_none_is_unknown(house: House, following: bool) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    for wrong in (at("14:01"), at("14:00", 28)):
        with pytest.raises(Unknown):
            change(house, uid, following=following, at=wrong, title="x")
