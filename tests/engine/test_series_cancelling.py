"""Giving a series back, wholly or from a date on, and taking single dates again."""

from datetime import timedelta

import pytest

from server.core.access import CLI
from server.core.errors import Unknown
from server.core.model import Edit, Standing
from tests.engine.series_seen import left_out, live, occurrence, refusal, shown, starts
from tests.make import House, at

WEEKS = ["06-15 14:00", "06-22 14:00", "06-29 14:00", "07-06 14:00"]


def test_cancelling_all_gives_back_what_is_not_over(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.clock.set(at("14:30", 7))
    done = house.engine.series.cancel(uid, house.alice, following=False)
    assert (done.cancelled, done.made, done.changed) == (3, 0, 0)
    assert starts(house, uid) == ["06-15 14:00"]
    assert not house.engine.series.find(uid, CLI).open
    house.book(at("14:30", 7), at("15:00", 7), by=house.bob)
    house.book(at("14:00", 14), at("15:00", 14), by=house.bob)
    assert occurrence(house, uid, at("14:00")).standing is Standing.ACCEPTED


def test_cancelling_from_a_date_on_ends_the_series_there(house: House) -> None:
    uid = house.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    done = house.engine.series.cancel(uid, house.alice, following=True, at=at("14:00", 14))
    assert done.cancelled == 103
    assert starts(house, uid) == WEEKS[:2]
    it = house.engine.series.find(uid, CLI)
    assert (it.open, shown(at("14:00", 14))) == (False, "06-29 14:00")
    for gone in (at("14:00", 14), at("14:00", 21)):
        with pytest.raises(Unknown):
            occurrence(house, uid, gone)
        with pytest.raises(Unknown):
            house.engine.series.restore(uid, gone, house.alice)


def test_cancelling_without_an_address_is_from_the_next_date_on(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.clock.set(at("14:30"))
    assert house.engine.series.cancel(uid, house.alice, following=True).cancelled == 3
    assert starts(house, uid) == WEEKS[:1]


def test_a_series_that_was_ended_is_not_begun_anew_where_its_running_date_is_cancelled(house: House) -> None:
    uid = house.recur("14:00", "15:00", "FREQ=WEEKLY").series.uid
    house.clock.set(at("14:30"))
    house.engine.series.change(uid, Edit(starts=at("16:00", 7)), house.alice, following=False)
    house.engine.series.cancel(uid, house.alice, following=True)
    assert house.engine.series.cancel(uid, house.alice, following=False).cancelled == 1
    whole = house.engine.series.whole(uid, CLI)
    assert (list(whole.dates), whole.rows, whole.left_out, whole.series.open) == ([], (), (), False)


def test_what_was_moved_goes_by_its_address_not_by_where_it_lies(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    second, third = occurrence(house, uid, at("14:00", 7)), occurrence(house, uid, at("14:00", 14))
    house.engine.bookings.change(second.uid, Edit(starts=at("09:00", 22), ends=at("10:00", 22)), house.alice)
    house.engine.bookings.change(third.uid, Edit(starts=at("16:00"), ends=at("17:00")), house.alice)
    house.engine.series.cancel(uid, house.alice, following=True, at=at("14:00", 14))
    assert starts(house, uid) == ["06-15 14:00", "07-07 09:00"]
    assert occurrence(house, uid, at("14:00", 7)).uid == second.uid


def test_a_date_over_already_stays_where_all_after_it_is_cancelled(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    third = occurrence(house, uid, at("14:00", 14))
    house.engine.bookings.change(third.uid, Edit(starts=at("16:00"), ends=at("17:00")), house.alice)
    house.clock.set(at("17:00"))
    house.engine.series.cancel(uid, house.alice, following=True, at=at("14:00", 7))
    assert starts(house, uid) == ["06-15 14:00", "06-15 16:00"]
    assert occurrence(house, uid, at("14:00", 14)).uid == third.uid


def test_left_out_and_cancelled_dates_are_no_longer_the_series_once_it_ended(house: House) -> None:
    for week in (0, 3):
        house.book(at("14:30", 7 * week), at("15:30", 7 * week), by=house.bob)
    uid = house.recur("14:00", "15:00", "FREQ=WEEKLY;COUNT=5", skip=True).series.uid
    house.engine.bookings.cancel(occurrence(house, uid, at("14:00", 14)).uid, house.alice)
    house.engine.series.cancel(uid, house.alice, following=True, at=at("14:00", 7))
    assert (starts(house, uid), left_out(house, uid)) == ([], [("06-15 14:00", "clash")])
    with pytest.raises(Unknown):
        house.engine.series.restore(uid, at("14:00", 14), house.alice)


def test_a_series_that_is_over_or_gone_is_not_cancelled_again(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.engine.series.cancel(uid, house.alice, following=False)
    assert refusal(lambda: house.engine.series.cancel(uid, house.alice, following=False)) == [("over", "")]
    past = house.recur("16:00", "17:00", "FREQ=WEEKLY;COUNT=2").series.uid
    house.clock.set(at("17:00", 7))
    assert refusal(lambda: house.engine.series.cancel(past, house.alice, following=False)) == [("over", "")]
    assert len(live(house, past)) == 2


def test_cancelled_dates_can_be_had_by_a_new_series_at_once(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.engine.series.cancel(uid, house.alice, following=False)
    assert house.recur("14:00", "15:00", by=house.bob).made == 4
    assert house.overlaps() == []


def test_one_cancelled_date_is_booked_again(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    second = occurrence(house, uid, at("14:00", 7))
    gone = house.engine.bookings.cancel(second.uid, house.alice)
    back = house.engine.series.restore(uid, at("14:00", 7), house.bob)
    assert (back.uid, back.standing, back.period) == (second.uid, Standing.ACCEPTED, second.period)
    assert back.version == gone.version + 1
    assert house.engine.series.restore(uid, at("14:00", 7), house.bob) == back  # again is fine
    assert starts(house, uid) == WEEKS


def test_it_comes_back_where_it_had_been_moved_to(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    second = occurrence(house, uid, at("14:00", 7))
    house.engine.bookings.change(second.uid, Edit(starts=at("09:00", 9), ends=at("10:00", 9), title="Own"), CLI)
    house.engine.bookings.cancel(second.uid, house.alice)
    back = house.engine.series.restore(uid, at("14:00", 7), house.alice)
    assert (shown(back.starts), back.title, back.original_start) == ("06-24 09:00", "Own", at("14:00", 7))


def test_who_came_early_and_cancelled_is_not_there_when_it_is_booked_again(house: House) -> None:
    uid = house.recur("10:10", "11:00").series.uid
    first = occurrence(house, uid, at("10:10"))
    assert house.engine.presence.check_in(first.uid, house.alice).checked_in_at is not None
    house.engine.bookings.cancel(first.uid, house.alice)
    back = house.engine.series.restore(uid, at("10:10"), house.alice)
    assert (back.standing, back.checked_in_at) == (Standing.ACCEPTED, None)


def test_not_where_somebody_has_taken_it_since(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.engine.bookings.cancel(occurrence(house, uid, at("14:00", 7)).uid, house.alice)
    theirs = house.book(at("14:30", 7), at("15:30", 7), by=house.bob)
    assert refusal(lambda: house.engine.series.restore(uid, at("14:00", 7), house.alice)) == [("clash", "06-22 14:00")]
    house.engine.bookings.cancel(theirs.uid, house.bob)
    house.clock.set(at("15:00", 7))
    assert refusal(lambda: house.engine.series.restore(uid, at("14:00", 7), house.alice)) == [
        ("in_past", "06-22 14:00")
    ]


def test_a_date_left_out_is_booked_once_it_can_be(house: House) -> None:
    theirs = house.book(at("14:30", 7), at("15:30", 7), by=house.bob)
    uid = house.recur("14:00", "15:00", skip=True).series.uid
    assert refusal(lambda: house.engine.series.restore(uid, at("14:00", 7), house.alice)) == [("clash", "06-22 14:00")]
    house.engine.bookings.cancel(theirs.uid, house.bob)
    back = house.engine.series.restore(uid, at("14:00", 7), house.alice)
    assert (back.starts, back.title, back.original_start) == (at("14:00", 7), "Planning", at("14:00", 7))
    assert (starts(house, uid), left_out(house, uid)) == (WEEKS, [])
    assert house.engine.series.restore(uid, at("14:00", 7), house.alice) == back


def test_no_other_date_is_restored(house: House) -> None:
    uid = house.recur("14:00", "15:00", "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20260622T140000").series.uid
    for wrong in (at("14:00", 7), at("14:00", 1), at("14:00", 28), at("14:00", -7)):
        with pytest.raises(Unknown):
            house.engine.series.restore(uid, wrong, house.alice)


def test_what_is_restored_where_somebody_must_approve_waits_for_that(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    for week in (1, 2):
        house.engine.bookings.cancel(occurrence(house, uid, at("14:00", 7 * week)).uid, house.alice)
    house.policy(series="approval")
    assert house.engine.series.restore(uid, at("14:00", 7), house.alice).standing is Standing.PENDING
    assert house.engine.series.restore(uid, at("14:00", 14), house.ada).standing is Standing.ACCEPTED


def test_a_declined_date_is_not_restored_by_the_back_door(house: House) -> None:
    house.policy(series="approval")
    uid = house.recur("14:00", "15:00").series.uid
    house.engine.series.answer(uid, house.ada, accept=False)
    told = refusal(lambda: house.engine.series.restore(uid, at("14:00", 7), house.alice))
    assert told == [("declined", "06-22 14:00")]
    assert occurrence(house, uid, at("14:00", 7)).standing is Standing.DECLINED


def test_the_last_date_of_a_series_can_go_and_come(house: House) -> None:
    uid = house.recur("14:00", "15:00", "FREQ=WEEKLY;COUNT=1").series.uid
    only = occurrence(house, uid, at("14:00"))
    house.engine.bookings.cancel(only.uid, house.alice)
    with pytest.raises(Unknown):
        house.engine.series.occurrence(uid, None, CLI)
    assert house.engine.series.restore(uid, at("14:00"), house.alice).uid == only.uid


def test_single_use_cases_work_on_an_occurrence_and_leave_the_others_alone(house: House) -> None:
    uid = house.recur("10:10", "11:00").series.uid
    others = live(house, uid)[1:]
    first = occurrence(house, uid, at("10:10"))
    presence = house.engine.presence
    assert presence.check_in(first.uid, house.alice).checked_in_at == at("10:00")
    house.clock.set(at("10:30"))
    assert presence.extend(first.uid, house.alice, minutes=15).ends == at("11:15")
    assert presence.end(first.uid, house.alice).ends == at("10:30")
    assert live(house, uid)[1:] == others
    now = occurrence(house, uid, at("10:10"))
    assert (now.uid, now.series_uid, now.planned_end) == (first.uid, uid, at("11:00"))
    house.engine.bookings.cancel(others[0].uid, house.alice)
    assert live(house, uid)[1:] == others[1:]
    assert house.engine.series.occurrence(uid, None, CLI) == others[1]


def test_a_check_in_that_starts_a_date_at_once_keeps_its_address(house: House) -> None:
    uid = house.recur("10:10", "11:00").series.uid
    first = occurrence(house, uid, at("10:10"))
    house.engine.presence.check_in(first.uid, house.alice, start_now=True)
    assert occurrence(house, uid, at("10:10")).starts == at("10:00")
    assert house.engine.series.cancel(uid, house.alice, following=True, at=at("10:10", 7)).cancelled == 3
    assert occurrence(house, uid, at("10:10")).ends - at("10:00") == timedelta(hours=1)
