"""A series gets a new pattern: which of its dates stay, which go, which are new."""

import pytest

from server.core.errors import Invalid
from tests.engine.series_seen import WEEKS, change, live, occurrence, refusal, spans, starts
from tests.make import House, at


def test_a_new_pattern_keeps_the_dates_that_both_have(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    before = live(house, uid)
    done = change(house, uid, lines=("FREQ=WEEKLY;INTERVAL=2;COUNT=3",))
    assert (done.changed, done.made, done.cancelled) == (0, 1, 2)
    assert starts(house, uid) == ["06-15 14:00", "06-29 14:00", "07-13 14:00"]
    assert [row.uid for row in live(house, uid)[:2]] == [before[0].uid, before[2].uid]
    assert live(house, uid)[0] == before[0]
    house.book(at("14:00", 7), at("15:00", 7), by=house.bob)


def test_a_new_pattern_with_a_new_time_is_both(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    uids = [row.uid for row in live(house, uid)]
    done = change(house, uid, starts=at("09:00", 1), ends=at("10:30", 1), lines=("FREQ=DAILY;COUNT=8",))
    assert (done.changed, done.made, done.cancelled) == (2, 6, 2)
    assert spans(house, uid)[:2] == ["06-16 09:00-10:30", "06-17 09:00-10:30"]
    assert [row.uid for row in live(house, uid) if row.uid in uids] == uids[:2]


def test_a_new_pattern_begins_with_what_has_not_begun(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.clock.set(at("14:30", 7))
    done = change(house, uid, lines=("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4",))
    assert done.first.starts == at("14:00", 16)
    assert starts(house, uid) == [
        "06-15 14:00", "06-22 14:00", "06-29 14:00", "07-01 14:00", "07-06 14:00", "07-08 14:00",
    ]  # fmt: skip
    assert occurrence(house, uid, at("14:00")).starts == at("14:00")


def test_the_rooms_policy_on_series_is_asked_of_a_new_pattern(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    house.policy(series_most=5)
    assert refusal(lambda: change(house, uid, lines=("FREQ=WEEKLY;COUNT=6",))) == [("too_many_dates", "")]
    assert change(house, uid, lines=("FREQ=WEEKLY;COUNT=5",)).made == 1
    house.policy(series="no")
    assert refusal(lambda: change(house, uid, lines=("FREQ=WEEKLY;COUNT=3",))) == [("no_series", "")]


def test_a_new_pattern_is_bounded_as_a_new_series_is(house: House) -> None:
    uid = house.recur("14:00", "15:00").series.uid
    with pytest.raises(Invalid):
        change(house, uid, lines=("FREQ=HOURLY;COUNT=3",))
    with pytest.raises(Invalid):
        change(house, uid, lines=("FREQ=DAILY;BYHOUR=14,16",))
    with pytest.raises(Invalid):
        change(house, uid, lines=("FREQ=WEEKLY;COUNT=0",))
    overlapping = refusal(lambda: change(house, uid, ends=at("15:00", 8)))
    assert overlapping == [("overlaps_itself", date) for date in WEEKS[1:]]
    assert starts(house, uid) == WEEKS


def test_a_pattern_that_cannot_follow_asks_for_a_new_one(house: House) -> None:
    uid = house.recur("14:00", "15:00", "FREQ=MONTHLY;BYDAY=3MO;COUNT=3").series.uid
    with pytest.raises(Invalid) as told:
        change(house, uid, starts=at("14:00", 1))
    assert told.value.fields["recurrence"] == "give the new pattern with the new day"
    change(house, uid, starts=at("14:00", 1), lines=("FREQ=MONTHLY;BYDAY=3TU;COUNT=3",))
    assert starts(house, uid) == ["06-16 14:00", "07-21 14:00", "08-18 14:00"]
