"""Rooms where somebody must approve: what waits, who answers, and what becomes of it."""

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Refused
from server.core.model import Edit, Standing
from tests.make import House, ask, at, codes


def refused(house: House, start: str, end: str, **more: object) -> Refused:
    with pytest.raises(Refused) as told:
        house.book(start, end, **more)
    return told.value


@pytest.fixture
def asking(house: House) -> House:
    """Oak's bookings wait for approval."""
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    return house


def test_where_somebody_must_approve_a_booking_waits_and_holds_the_room(asking: House) -> None:
    made = asking.book("11:00", "12:00")
    assert made.standing is Standing.PENDING
    assert codes(refused(asking, "11:00", "12:00", by=asking.bob)) == ["clash"]


def test_who_wants_no_booking_that_waits_gets_none(asking: House) -> None:
    with pytest.raises(Refused) as told:
        asking.engine.bookings.book(ask("11:00", "12:00"), asking.alice, direct=True)
    assert codes(told.value) == ["asks_first"]
    assert asking.day() == []
    at_once = asking.engine.bookings.book(ask("11:00", "12:00", room="elm"), asking.alice, direct=True)
    assert at_once.standing is Standing.ACCEPTED


def test_approved_it_is_accepted_and_declined_it_holds_nothing(asking: House) -> None:
    yes, no = asking.book("11:00", "12:00"), asking.book("13:00", "14:00")
    approved = asking.engine.bookings.approve(yes.uid, asking.ada)
    assert (approved.standing, approved.version) == (Standing.ACCEPTED, 2)
    assert asking.engine.bookings.decline(no.uid, asking.ada).standing is Standing.DECLINED
    asking.book("13:00", "14:00")
    assert asking.engine.bookings.get(no.uid, asking.alice).standing is Standing.DECLINED


def test_only_who_waits_can_be_answered(asking: House) -> None:
    made = asking.book("11:00", "12:00")
    asking.engine.bookings.decline(made.uid, asking.ada)
    for answer in (asking.engine.bookings.approve, asking.engine.bookings.decline):
        with pytest.raises(Refused) as told:
            answer(made.uid, asking.ada)
        assert codes(told.value) == ["not_pending"]


def test_answering_needs_an_administrator(asking: House) -> None:
    made = asking.book("11:00", "12:00")
    for answer in (asking.engine.bookings.approve, asking.engine.bookings.decline):
        with pytest.raises(Barred) as told:
            answer(made.uid, asking.alice)
        assert told.value.need == "admin"


def test_what_is_over_is_not_approved_any_more(asking: House) -> None:
    made = asking.book("11:00", "12:00")
    asking.clock.set("12:00")
    with pytest.raises(Refused) as told:
        asking.engine.bookings.approve(made.uid, asking.ada)
    assert codes(told.value) == ["over"]
    assert asking.engine.bookings.decline(made.uid, asking.ada).standing is Standing.DECLINED


def test_a_moved_booking_waits_again_unless_staff_moved_it(asking: House) -> None:
    made = asking.book("11:00", "12:00")
    asking.engine.bookings.approve(made.uid, asking.ada)
    named = asking.engine.bookings.change(made.uid, Edit(title="New"), asking.alice)
    assert named.standing is Standing.ACCEPTED
    moved = asking.engine.bookings.change(made.uid, Edit(ends=at("12:30")), asking.alice)
    assert moved.standing is Standing.PENDING
    asking.engine.bookings.approve(made.uid, asking.ada)
    by_staff = asking.engine.bookings.change(made.uid, Edit(ends=at("12:15")), asking.ada)
    assert by_staff.standing is Standing.ACCEPTED


def test_a_declined_booking_can_be_cancelled_but_not_used(asking: House) -> None:
    made = asking.book("11:00", "12:00")
    asking.engine.bookings.decline(made.uid, asking.ada)
    asking.clock.set("11:05")
    presence = asking.engine.presence
    for use in (
        lambda: asking.engine.bookings.change(made.uid, Edit(title="x"), asking.alice),
        lambda: presence.check_in(made.uid, asking.alice),
        lambda: presence.extend(made.uid, asking.alice, minutes=15),
        lambda: presence.end(made.uid, asking.alice),
    ):
        with pytest.raises(Refused) as told:
            use()
        assert codes(told.value) == ["declined"]
    assert asking.engine.bookings.cancel(made.uid, asking.alice).standing is Standing.CANCELLED


def test_a_walk_in_is_a_promise_on_the_spot_so_not_where_somebody_must_approve(asking: House) -> None:
    with pytest.raises(Refused) as told:
        asking.engine.bookings.book(ask("10:00", "10:30"), asking.alice, walk_in=True)
    assert codes(told.value) == ["no_walk_in"]


def test_a_walk_in_counts_as_checked_in(house: House) -> None:
    made = house.engine.bookings.book(ask("10:00", "10:30"), house.alice, walk_in=True)
    assert made.checked_in_at == house.clock.now()
    assert house.changes() == ["walked_in"]
