"""What a room is at an instant, and until when: busy before reserved before closed before free."""

from datetime import date, datetime, timedelta

import pytest

from server.core.model import Booking, Closure, Room, Standing
from server.core.policy import Opening, Policy, SpecialDay
from server.core.status import RoomStatus, State, status
from tests.make import MONDAY, NOW, OFFICE, at, booking, closure, room

SECOND = timedelta(seconds=1)
OPEN = Policy(opening=(OFFICE,))
ASKING = Policy(check_in=True)


def state(
    *bookings: Booking, now: datetime = NOW, place: Room | None = None, shut: tuple[Closure, ...] = ()
) -> RoomStatus:
    return status(place or room(), now, bookings, shut)


def test_an_empty_room_is_free_for_good() -> None:
    found = state()
    assert (found.state, found.until, found.current, found.next) == (State.FREE, None, None, None)


def test_a_room_is_free_until_the_next_booking() -> None:
    later = booking("11:00", "12:00")
    found = state(booking("13:00", "14:00", id=2), later)
    assert (found.state, found.until, found.next) == (State.FREE, at("11:00"), later)


@pytest.mark.parametrize(("off", "said"), [(-1, State.FREE), (0, State.BUSY), (1, State.BUSY)])
def test_it_is_busy_from_the_second_a_booking_starts(off: int, said: State) -> None:
    assert state(booking("11:00", "12:00"), now=at("11:00") + off * SECOND).state is said


@pytest.mark.parametrize(("off", "said"), [(-1, State.BUSY), (0, State.FREE), (1, State.FREE)])
def test_it_is_free_from_the_second_a_booking_ends(off: int, said: State) -> None:
    assert state(booking("11:00", "12:00"), now=at("12:00") + off * SECOND).state is said


def test_back_to_back_bookings_follow_each_other() -> None:
    first, second = booking("11:00", "12:00"), booking("12:00", "13:00", id=2, uid="b2")
    found = state(second, first, now=at("11:30"))
    assert (found.current, found.next, found.until) == (first, second, at("12:00"))
    assert state(second, first, now=at("12:00")).current == second


def test_a_booking_that_waits_for_approval_holds_the_room() -> None:
    assert state(booking("09:30", "11:00", standing=Standing.PENDING)).state is State.BUSY


@pytest.mark.parametrize("standing", [Standing.DECLINED, Standing.CANCELLED])
def test_a_booking_that_holds_nothing_leaves_it_free(standing: Standing) -> None:
    found = state(booking("09:30", "11:00", standing=standing), booking("12:00", "13:00", standing=standing))
    assert (found.state, found.next, found.until) == (State.FREE, None, None)


def test_it_is_reserved_from_the_start_until_somebody_checks_in() -> None:
    place = room(policy=ASKING)
    assert state(booking("10:00", "11:00"), place=place).state is State.RESERVED
    assert state(booking("10:00", "11:00", checked_in_at=NOW), place=place).state is State.BUSY


def test_before_the_start_it_is_never_reserved() -> None:
    assert state(booking("10:01", "11:00"), place=room(policy=ASKING)).state is State.FREE


def test_outside_its_hours_it_is_closed_until_it_opens() -> None:
    found = state(now=at("18:00"), place=room(policy=OPEN))
    assert (found.state, found.reason, found.until) == (State.CLOSED, "hours", at("08:00", 1))
    assert state(now=at("18:00") - SECOND, place=room(policy=OPEN)).state is State.FREE


def test_over_the_weekend_it_is_closed_until_monday() -> None:
    assert state(now=at("18:00", 4), place=room(policy=OPEN)).until == at("08:00", 7)


def test_a_room_open_one_day_a_week_knows_its_next_day() -> None:
    weekly = Policy(opening=(Opening(frozenset({0}), 480, 1080),))
    assert state(now=at("18:00"), place=room(policy=weekly)).until == at("08:00", 7)


def test_it_is_free_until_it_closes() -> None:
    assert state(place=room(policy=OPEN)).until == at("18:00")
    assert state(booking("19:00", "20:00"), place=room(policy=OPEN)).until == at("18:00")


def test_a_meeting_after_hours_is_busy_not_closed() -> None:
    assert state(booking("18:00", "20:00"), now=at("19:00"), place=room(policy=OPEN)).state is State.BUSY


def test_a_closure_closes_it_with_its_reason() -> None:
    found = state(shut=(closure("09:00", "11:00", "Painting"),))
    assert (found.state, found.reason, found.reason_text, found.until) == (
        State.CLOSED, "closure", "Painting", at("11:00"),
    )  # fmt: skip


def test_it_is_free_until_a_coming_closure() -> None:
    assert state(booking("12:00", "13:00"), shut=(closure("11:00", "11:30"),)).until == at("11:00")


def test_a_room_that_is_switched_off_is_closed_for_good() -> None:
    found = state(place=room(active=False), shut=(closure("09:00", "11:00"),))
    assert (found.state, found.reason, found.until) == (State.CLOSED, "inactive", None)


def test_what_still_runs_in_it_is_busy() -> None:
    assert state(booking("09:30", "11:00"), place=room(active=False)).state is State.BUSY


def test_the_night_the_clock_jumps_has_its_hours() -> None:
    # 02:00 becomes 03:00 on the 29th of March, so a room that shuts at 03:00 shuts a second after 01:59:59.
    last = at("01:59:59", date(2026, 3, 29))
    found = state(now=last, place=room(policy=Policy(opening=(Opening(frozenset(range(7)), 0, 180),))))
    assert (found.state, found.until) == (State.FREE, last + SECOND)


@pytest.mark.parametrize("place", [room(active=False), room(policy=OPEN)], ids=["switched off", "before its hours"])
def test_a_closed_room_is_closed_until_its_next_booking(place: Room) -> None:
    early = booking("07:00:30", "07:30")
    found = state(early, now=at("06:00"), place=place)
    assert (found.state, found.until, found.next) == (State.CLOSED, at("07:00:30"), early)


def test_a_room_out_of_service_is_closed_and_says_why() -> None:
    found = state(place=room(status="unavailable", status_reason="Water damage"))
    assert (found.state, found.reason, found.reason_text) == (State.CLOSED, "out_of_service", "Water damage")
    busy = state(booking("09:30", "11:00"), place=room(status="unavailable"))
    assert busy.state is State.BUSY
    assert state(place=room(status="hidden")).state is State.FREE


def test_a_special_day_ends_what_is_free_though_there_are_no_hours() -> None:
    short = Policy(special_days=(SpecialDay(MONDAY, ((8 * 60, 12 * 60),)),))
    found = state(place=room(policy=short))
    assert (found.state, found.until) == (State.FREE, at("12:00"))
