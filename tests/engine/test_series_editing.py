"""This date, or all: what moves, what stays, and what nobody may touch."""

from datetime import timedelta

import pytest

from server.core.access import CLI
from server.core.errors import Invalid, Unknown
from server.core.model import Edit, Standing
from server.core.policy import Opening
from tests.engine.series_seen import WEEKS, change, left_out, live, occurrence, refusal, refused, spans, starts, titles
from tests.make import House, at

# this


def test_one_date_is_moved_and_keeps_its_address(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    second = live(house, uid)[1]
    house.engine.bookings.change(second.uid, Edit(starts=at("09:00", 9), ends=at("11:00", 9)), house.alice)
    assert spans(house, uid)[1] == "06-24 09:00-11:00"
    assert occurrence(house, uid, at("14:00", 7)).uid == second.uid
    house.book(at("14:00", 7), at("15:00", 7), by=house.bob)


def test_one_date_is_judged_alone_and_the_others_are_not(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.policy(max_minutes=30)
    second = live(house, uid)[1]
    longer = Edit(ends=second.ends + timedelta(minutes=15))
    assert refusal(lambda: house.engine.bookings.change(second.uid, longer, house.alice)) == [("too_long", "")]
    house.engine.bookings.change(second.uid, Edit(title="Ours"), house.alice)
    assert titles(house, uid) == ["Planning", "Ours", "Planning", "Planning"]


# all


def test_all_are_renamed_and_what_is_over_keeps_its_name(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.clock.set(at("15:00"))
    done = change(house, uid, title="Retro", description="new")
    assert (done.changed, done.made, done.cancelled) == (3, 0, 0)
    assert titles(house, uid) == ["Planning", "Retro", "Retro", "Retro"]
    assert done.series.title == house.engine.series.find(uid, CLI).title == "Retro"
    assert [row.version for row in live(house, uid)] == [1, 2, 2, 2]


def test_a_running_date_is_renamed_with_the_others_but_not_moved(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.clock.set(at("14:30"))
    change(house, uid, title="Retro")
    assert titles(house, uid) == ["Retro"] * 4
    change(house, uid, at=at("14:00", 7), starts=at("16:00", 7))
    assert starts(house, uid) == ["06-15 14:00", "06-22 16:00", "06-29 16:00", "07-06 16:00"]


def test_the_last_one_running_can_still_be_renamed(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.clock.set(at("14:30", 21))
    change(house, uid, title="Last")
    assert titles(house, uid) == ["Planning"] * 3 + ["Last"]


def test_where_nothing_is_to_come_there_is_nothing_to_move(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.clock.set(at("15:00", 21))
    assert refusal(lambda: change(house, uid, starts=at("16:00", 28))) == [("over", "")]
    assert refusal(lambda: change(house, uid, title="x")) == [("over", "")]


def test_all_move_as_one_does_and_addresses_move_along(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    before = live(house, uid)
    done = change(house, uid, at=at("14:00", 14), starts=at("16:30", 14))
    assert (done.changed, done.made, done.cancelled, done.left_out, done.lost) == (4, 0, 0, (), ())
    assert spans(house, uid) == [
        "06-15 16:30-17:30", "06-22 16:30-17:30", "06-29 16:30-17:30", "07-06 16:30-17:30",
    ]  # fmt: skip
    after = live(house, uid)
    assert [row.uid for row in after] == [row.uid for row in before]
    assert [row.original_start for row in after] == [row.starts for row in after]
    for row in after:
        assert occurrence(house, uid, row.starts) == row
    with pytest.raises(Unknown):
        occurrence(house, uid, at("14:00", 7))
    house.book(at("14:00", 7), at("15:00", 7), by=house.bob)


def test_all_can_be_moved_onto_each_others_places(house: House) -> None:
    uid = house.recur("14:00", "15:00", "FREQ=DAILY;COUNT=5").series.uid
    uids = [row.uid for row in live(house, uid)]
    change(house, uid, starts=at("14:00", 1), ends=at("15:00", 1))
    assert starts(house, uid) == ["06-16 14:00", "06-17 14:00", "06-18 14:00", "06-19 14:00", "06-20 14:00"]
    assert [row.uid for row in live(house, uid)] == uids
    change(house, uid, at=at("14:00", 1), starts=at("14:30", 1))
    change(house, uid, at=at("14:30", 1), starts=at("14:00", 1))
    assert [row.uid for row in live(house, uid)] == uids
    assert house.overlaps() == []


def test_all_get_a_new_length(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    change(house, uid, ends=at("14:30"))
    assert spans(house, uid)[3] == "07-06 14:00-14:30"
    change(house, uid, at=at("14:00", 7), starts=at("13:00", 7), ends=at("16:00", 7))
    assert spans(house, uid) == ["06-15 13:00-16:00", "06-22 13:00-16:00", "06-29 13:00-16:00", "07-06 13:00-16:00"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends": at("13:00")},
        {"starts": at("16:00"), "ends": at("16:00")},
        {"starts": at("16:00") + timedelta(microseconds=1)},
        {"ends": at("16:00") + timedelta(milliseconds=1)},
        {"starts": at("16:00").replace(year=1969)},
        {"ends": at("16:00").replace(year=9999)},
        {"title": "x" * 256},
    ],
)  # fmt: skip
def test_times_that_no_booking_may_have_are_refused(house: House, wrong: dict[str, object]) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    for following in (False, True):
        with pytest.raises(Invalid):
            change(house, uid, following=following, **wrong)
    assert starts(house, uid) == WEEKS


def test_a_length_that_no_booking_may_have_is_refused_before_a_rule_looks_at_it(house: House) -> None:
    house.policy(opening=(Opening(frozenset(range(7)), 0, 1440),))
    uid = house.recur("14:00", "15:00").series.uid
    assert refusal(lambda: change(house, uid, ends=at("15:00", 32))) == [("too_long", "")]
    assert refusal(lambda: change(house, uid, ends=at("15:00").replace(year=9000))) == [("too_long", "")]


def test_what_is_over_or_has_begun_is_not_judged_again(house: House) -> None:
    uid = house.recur("14:00", "17:00").series.uid
    house.clock.set(at("14:30", 7))
    untouched = live(house, uid)[:2]
    house.policy(max_minutes=60, opening=(Opening(frozenset({0}), 8 * 60, 12 * 60),), notice_minutes=60, gap_minutes=30)
    done = change(house, uid, at=at("14:00", 14), starts=at("09:00", 14), ends=at("10:00", 14))
    assert done.changed == 2
    assert spans(house, uid) == ["06-15 14:00-17:00", "06-22 14:00-17:00", "06-29 09:00-10:00", "07-06 09:00-10:00"]
    assert live(house, uid)[:2] == untouched
    change(house, uid, title="Short")
    assert live(house, uid)[0] == untouched[0]


def test_a_renaming_judges_nothing_again(house: House) -> None:
    uid = house.recur("14:00", "17:00").series.uid
    house.policy(max_minutes=60, opening=(Opening(frozenset({0}), 480, 720),), series="no", series_most=1)
    assert change(house, uid, title="Long").changed == 4
    assert change(house, uid, following=True, at=at("14:00", 7), title="Longer").changed == 3


def test_what_moves_is_judged_by_todays_rules_date_by_date(house: House) -> None:
    uid = house.recur("14:00", "17:00").series.uid
    house.policy(max_minutes=60)
    assert refusal(lambda: change(house, uid, starts=at("15:00"))) == [
        ("too_long", "06-15 15:00"), ("too_long", "06-22 15:00"), ("too_long", "06-29 15:00"),
        ("too_long", "07-06 15:00"),
    ]  # fmt: skip
    assert starts(house, uid) == WEEKS


def test_others_bookings_are_in_the_way_and_stay_as_they_are(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    theirs = [house.book(at("16:00", 7), at("17:00", 7), by=house.bob), house.book(at("16:30", 21), at("17:00", 21))]
    told = refused(lambda: change(house, uid, starts=at("16:00")))
    assert [(it.at, it.uid) for it in told.conflicts] == [
        (at("16:00", 7), theirs[0].uid),
        (at("16:00", 21), theirs[1].uid),
    ]
    assert starts(house, uid) == WEEKS
    done = change(house, uid, starts=at("16:00"), skip=True)
    assert starts(house, uid) == ["06-15 16:00", "06-29 16:00"]
    assert left_out(house, uid) == [("06-22 16:00", "clash"), ("07-06 16:00", "clash")]
    assert (done.changed, done.cancelled, len(done.left_out)) == (2, 2, 2)
    assert [house.engine.bookings.get(it.uid, CLI) for it in theirs] == theirs


def test_a_date_moved_alone_is_in_the_way_of_those_of_its_own_series(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    third = live(house, uid)[2]
    house.engine.bookings.change(third.uid, Edit(starts=at("16:30", 7), ends=at("17:00", 7)), house.alice)
    told = refused(lambda: change(house, uid, starts=at("16:00")))
    assert [(it.uid, it.at) for it in told.conflicts] == [(third.uid, at("16:00", 7))]
    assert starts(house, uid) == ["06-15 14:00", "06-22 14:00", "06-22 16:30", "07-06 14:00"]
    done = change(house, uid, starts=at("16:00"), skip=True)
    assert (done.changed, done.cancelled) == (3, 1)
    assert starts(house, uid) == ["06-15 16:00", "06-22 16:30", "07-06 16:00"]


def test_dates_left_out_are_tried_again_at_their_new_time(house: House) -> None:
    house.book(at("14:30", 7), at("15:30", 7), by=house.bob)
    uid = house.recur("14:00", "15:00", skip=True).series.uid
    change(house, uid, title="Retro")
    assert left_out(house, uid) == [("06-22 14:00", "clash")]
    done = change(house, uid, starts=at("16:00"))
    assert (done.changed, done.made) == (3, 1)
    assert starts(house, uid) == [it.replace("14:00", "16:00") for it in WEEKS]
    assert left_out(house, uid) == []
    assert titles(house, uid) == ["Retro"] * 4


def test_moving_a_series_years_ahead_takes_all_of_it_along(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    far = at("14:00", 7 * 200)
    done = change(house, uid, starts=far)
    assert (done.changed, done.made, done.cancelled) == (4, 0, 0)
    assert [row.starts for row in live(house, uid)] == [at("14:00", 7 * (200 + week)) for week in range(4)]


def test_an_endless_series_moved_a_little_loses_nothing_at_its_end(house: House) -> None:
    uid = house.recur("14:00", "15:00", "FREQ=DAILY").series.uid
    last = live(house, uid)[-1]
    done = change(house, uid, starts=at("14:00", 1))
    assert (done.changed, done.made, done.cancelled) == (731, 0, 0)
    assert live(house, uid)[-1].uid == last.uid
    assert house.engine.series.find(uid, CLI).open
    done = change(house, uid, starts=at("15:00", 1))
    assert (done.changed, done.made, done.cancelled) == (731, 0, 0)


def test_a_later_edit_reaches_as_far_ahead_as_a_new_series_would(house: House) -> None:
    uid = house.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    house.clock.set(at("15:00", 70))
    done = change(house, uid, starts=at("16:00", 77))
    assert done.made == 10
    assert len(live(house, uid)) == 115
    assert house.engine.series.find(uid, CLI).carried_to >= house.clock.now() + timedelta(days=731)


# where somebody must approve


def test_what_moves_in_a_room_with_approval_waits_for_it_again(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.policy(series="approval")
    change(house, uid, title="Renamed")
    assert {row.standing for row in live(house, uid)} == {Standing.ACCEPTED}
    change(house, uid, following=True, at=at("14:00", 7), title="Split")
    assert {row.standing for row in house.engine.bookings.between("oak", CLI, None)} == {Standing.ACCEPTED}
    change(house, uid, starts=at("16:00"))
    assert [row.standing for row in live(house, uid)] == [Standing.PENDING]


def test_unless_the_administrator_moves_it(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.policy(series="approval")
    house.engine.series.change(uid, Edit(starts=at("16:00")), house.ada, following=False)
    assert {row.standing for row in live(house, uid)} == {Standing.ACCEPTED}


def test_declined_dates_move_along_and_stay_declined(house: House) -> None:
    house.policy(series="approval")
    uid = house.recur("14:00", "15:00").series.uid
    house.engine.bookings.decline(live(house, uid)[1].uid, house.ada)
    theirs = house.book(at("16:00", 7), at("17:00", 7), by=house.bob)
    change(house, uid, starts=at("16:00"))
    assert starts(house, uid) == [it.replace("14:00", "16:00") for it in WEEKS]
    assert [row.standing for row in live(house, uid)][1] is Standing.DECLINED
    assert house.engine.bookings.get(theirs.uid, CLI) == theirs
