"""Taking it back: within a minute, by who did it, where nobody changed or took anything since."""

import pytest

from server.core.access import CLI
from server.core.errors import Refused, Unknown
from server.core.model import Edit, Standing
from tests.make import House, at, codes


def said(error: pytest.ExceptionInfo[Refused]) -> list[str]:
    return codes(error.value)


def test_an_end_is_taken_back(house: House) -> None:
    made = house.book("10:00", "12:00")
    house.clock.set("10:40")
    ended = house.engine.presence.end(made.uid, house.alice, key="end")
    house.clock.forward(seconds=60)
    back = house.engine.presence.undo("end", house.alice, key="undo")
    assert (back.ends, back.planned_end, back.ended_at) == (at("12:00"), None, None)
    assert (back.version, back.uid) == (ended.version + 1, made.uid)


@pytest.mark.parametrize("act", ["check_in", "extend", "start_now"])
def test_so_are_check_in_and_extension(house: House, act: str) -> None:
    made = house.book("10:10", "11:00")
    presence = house.engine.presence
    if act == "extend":
        presence.extend(made.uid, house.alice, minutes=15, key="k")
    else:
        presence.check_in(made.uid, house.alice, start_now=act == "start_now", key="k")
    back = presence.undo("k", house.alice)
    assert (back.starts, back.ends, back.checked_in_at, back.planned_end) == (made.starts, made.ends, None, None)


def test_a_booking_undone_holds_nothing(house: House) -> None:
    house.book("10:00", "11:00", key="k")
    assert house.engine.presence.undo("k", house.alice).standing is Standing.CANCELLED
    house.book("10:00", "11:00")


def test_after_a_minute_it_is_too_late(house: House) -> None:
    house.book("10:00", "11:00", key="k")
    house.clock.forward(seconds=61)
    with pytest.raises(Refused) as told:
        house.engine.presence.undo("k", house.alice)
    assert said(told) == ["too_late_to_undo"]


def test_so_it_is_when_somebody_changed_the_booking_since(house: House) -> None:
    made = house.book("10:00", "11:00", key="k")
    house.engine.bookings.change(made.uid, Edit(title="Ours"), house.bob)
    with pytest.raises(Refused) as told:
        house.engine.presence.undo("k", house.alice)
    assert said(told) == ["too_late_to_undo"]


def test_what_was_given_back_and_taken_is_not_taken_back(house: House) -> None:
    made = house.book("10:00", "12:00")
    house.clock.set("10:40")
    house.engine.presence.end(made.uid, house.alice, key="end")
    house.book("11:00", "11:30", by=house.bob)
    with pytest.raises(Refused) as told:
        house.engine.presence.undo("end", house.alice)
    assert said(told) == ["clash"]


def test_nor_what_a_closure_has_taken(house: House) -> None:
    made = house.book("10:00", "12:00")
    house.clock.set("10:40")
    house.engine.presence.end(made.uid, house.alice, key="end")
    house.engine.rooms.close("oak", house.ada, at("11:00"), at("11:30"), "Cleaning")
    with pytest.raises(Refused) as told:
        house.engine.presence.undo("end", house.alice)
    assert said(told) == ["closed"]


def test_only_ones_own_act_is_taken_back(house: House) -> None:
    house.book("10:00", "11:00", key="k")
    with pytest.raises(Unknown) as told:
        house.engine.presence.undo("k", house.bob)
    assert told.value.what == "op"
    with pytest.raises(Unknown):
        house.engine.presence.undo("other", house.alice)


def test_taking_back_twice_is_done_once(house: House) -> None:
    made = house.book("10:00", "12:00")
    house.clock.set("10:40")
    house.engine.presence.end(made.uid, house.alice, key="end")
    first = house.engine.presence.undo("end", house.alice, key="undo")
    assert house.engine.presence.undo("end", house.alice, key="undo") == first
    assert house.changes() == ["booked", "ended", "undone"]


def test_nobody_takes_back_for_others_that_they_are_here(house: House) -> None:
    house.policy(check_in=True)
    made = house.book("10:05", "11:00")
    presence = house.engine.presence
    presence.check_in(made.uid, house.alice, key="mine")
    presence.check_in(made.uid, house.bob, key="theirs")
    with pytest.raises(Refused) as told:
        presence.undo("mine", house.alice)
    assert said(told) == ["too_late_to_undo"]
    assert house.engine.bookings.get(made.uid, CLI).checked_in_at is not None


def test_but_to_have_said_it_twice_oneself_changes_nothing(house: House) -> None:
    house.policy(check_in=True)
    made = house.book("10:05", "11:00")
    presence = house.engine.presence
    presence.check_in(made.uid, house.alice, key="first")
    presence.check_in(made.uid, house.alice, key="again")
    assert presence.undo("first", house.alice).checked_in_at is None
