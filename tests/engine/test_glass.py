"""What people may do at the glass: every act, by whose booking it is, and what the policy says (threat T03)."""

from datetime import timedelta
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Invalid, Refused, Stale, Unknown
from server.core.model import Booking, Standing
from server.engine.tapping import Act
from tests.make import NOW, House, at, codes

MINUTE = timedelta(minutes=1)


@pytest.fixture
def panel(house: House) -> Actor:
    return house.panel()[2]


def act(what: str, op: str = "op-0001", **fields: Any) -> Act:
    return Act(op, what, fields.pop("room", "oak"), fields.pop("expires", NOW + 5 * MINUTE), **fields)


def tap(house: House, who: Actor, what: str, op: str = "op-0001", **fields: Any) -> Booking:
    """An act that expires a minute from now."""
    return house.engine.devices.act(act(what, op, expires=house.clock.now() + MINUTE, **fields), who)


def booked(house: House, by: str, panel: Actor) -> Booking:
    """A booking from 10:00 to 11:00, made at this panel, at another of the room, or by Alice with her own client."""
    if by == "alice":
        return house.book("10:00", "11:00")
    who = panel if by == "here" else house.panel()[2]
    return tap(house, who, "book", "made", minutes=60)


# walk-ins


def test_one_tap_books_from_now(house: House, panel: Actor) -> None:
    made = tap(house, panel, "book", minutes=30)
    assert (made.starts, made.ends, made.standing) == (NOW, at("10:30"), Standing.ACCEPTED)
    assert (made.made_by, made.source, made.checked_in_at) == (panel.name, "panel", NOW)
    assert (made.organizer, made.organizer_email) == ("", "")


def test_or_up_to_an_end(house: House, panel: Actor) -> None:
    house.book("10:40", "11:00")
    assert tap(house, panel, "book", end=at("10:40")).ends == at("10:40")


@pytest.mark.parametrize("off", [-5 * MINUTE, 5 * MINUTE, timedelta()])
def test_now_is_five_minutes_wide(house: House, panel: Actor, off: timedelta) -> None:
    assert tap(house, panel, "book", minutes=15, start=NOW + off).starts == NOW + off


@pytest.mark.parametrize("off", [-5 * MINUTE - timedelta(seconds=1), 5 * MINUTE + timedelta(seconds=1), 60 * MINUTE])
def test_any_other_time_needs_a_known_person(house: House, panel: Actor, off: timedelta) -> None:
    with pytest.raises(Barred) as told:
        tap(house, panel, "book", minutes=15, start=NOW + off)
    assert told.value.why == "identity"
    assert house.day() == []


def test_a_walk_in_has_a_whole_start_though_the_clock_is_finer(house: House, panel: Actor) -> None:
    house.clock.forward(seconds=0.75)
    assert tap(house, panel, "book", minutes=15).starts == NOW


def test_a_taken_room_is_not_walked_into(house: House, panel: Actor) -> None:
    house.book("10:20", "11:00")
    with pytest.raises(Refused) as told:
        tap(house, panel, "book", minutes=30)
    assert codes(told.value) == ["clash"]
    assert tap(house, panel, "book", "op-2", minutes=20).ends == at("10:20")


def test_where_walk_ins_are_off_nobody_walks_in(house: House, panel: Actor) -> None:
    house.policy(walk_in=False)
    with pytest.raises(Refused) as told:
        tap(house, panel, "book", minutes=30)
    assert codes(told.value) == ["no_walk_in"]


@pytest.mark.parametrize(
    "fields",
    [{}, {"minutes": 15, "end": at("11:00")}, {"minutes": 0}, {"minutes": -5}, {"minutes": 1_441}, {"end": NOW},
     {"end": NOW - MINUTE}],
)  # fmt: skip
def test_a_walk_in_has_a_sensible_length(house: House, panel: Actor, fields: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        tap(house, panel, "book", **fields)
    assert house.day() == []


# who may do what with whose booking

ALLOWED = {
    "check_in": {"here": True, "elsewhere": True, "alice": True},
    "here": {"here": True, "elsewhere": True, "alice": True},
    "ask_here": {"here": True, "elsewhere": True, "alice": True},
    "extend": {"here": True, "elsewhere": True, "alice": True},
    "end": {"here": True, "elsewhere": False, "alice": False},
    "undo": {"here": True, "elsewhere": False, "alice": False},
}
CELLS = [(what, whose, walk_in) for what in ALLOWED for whose in ALLOWED[what] for walk_in in (True, False)]


@pytest.mark.parametrize(("what", "whose", "walk_in"), CELLS)
def test_the_rights_at_the_glass(house: House, panel: Actor, what: str, whose: str, walk_in: bool) -> None:
    there = booked(house, whose, panel)
    house.policy(
        walk_in=walk_in, check_in=True
    )  # whether strangers may walk in does not change what is done with what is there
    house.clock.forward(seconds=20)
    if what == "ask_here":
        there = house.engine.presence.check_in(there.uid, CLI)
    fields: dict[str, Any] = {"booking": there.uid, "version": there.version}
    if what == "extend":
        fields["minutes"] = 15
    if what == "undo":
        fields = {"of": "made"}
    if ALLOWED[what][whose]:
        tap(house, panel, what, **fields)
        return
    with pytest.raises(Unknown if what == "undo" else Barred) as told:
        tap(house, panel, what, **fields)
    assert what == "undo" or told.value.why == "identity"
    assert house.engine.bookings.get(there.uid, CLI) == there


@pytest.mark.parametrize("what", ["book", "check_in", "here", "ask_here", "extend", "end", "undo"])
def test_a_key_that_only_reads_does_nothing(house: House, what: str) -> None:
    there = house.book("10:00", "11:00")
    with pytest.raises(Barred) as told:
        tap(house, house.rita, what, booking=there.uid, minutes=15, of="made")
    assert (told.value.why, told.value.need) == ("scope", "book")


@pytest.mark.parametrize("what", ["book", "check_in", "here", "ask_here", "extend", "end", "undo"])
def test_a_panel_does_nothing_in_other_rooms(house: House, panel: Actor, what: str) -> None:
    there = house.book("10:00", "11:00", room="elm")
    with pytest.raises(Barred) as told:
        tap(house, panel, what, room="elm", booking=there.uid, minutes=15, of="made")
    assert told.value.why == "room"
    with pytest.raises(Unknown):
        tap(house, panel, what, room="nowhere", booking=there.uid, minutes=15, of="made")


@pytest.mark.parametrize("what", ["check_in", "here", "ask_here", "extend", "end"])
def test_nor_through_its_own_room_with_anothers_booking(house: House, panel: Actor, what: str) -> None:
    there = house.book("10:00", "11:00", room="elm")
    for uid in (there.uid, "nobody", "", "a\0b"):
        with pytest.raises(Unknown) as told:
            tap(house, panel, what, booking=uid, minutes=15)
        assert told.value.what == "booking"
    assert house.engine.bookings.get(there.uid, CLI) == there


@pytest.mark.parametrize("what", ["check_in", "ask_here", "extend", "end"])
def test_an_act_means_the_booking_as_it_was_seen(house: House, panel: Actor, what: str) -> None:
    there = booked(house, "here" if what == "end" else "alice", panel)
    house.engine.presence.extend(there.uid, house.alice, minutes=5)
    with pytest.raises(Stale):
        tap(house, panel, what, booking=there.uid, version=there.version, minutes=15)


def test_an_extension_is_at_most_the_policys_at_a_tap(house: House, panel: Actor) -> None:
    there = house.book("10:00", "11:00")
    house.policy(extend_minutes=20)
    with pytest.raises(Invalid) as told:
        tap(house, panel, "extend", booking=there.uid, minutes=21)
    assert list(told.value.fields) == ["minutes"]
    with pytest.raises(Invalid):
        tap(house, panel, "extend", booking=there.uid)
    assert tap(house, panel, "extend", booking=there.uid, minutes=20).ends == at("11:20")


def test_nobody_extends_into_the_next_meeting(house: House, panel: Actor) -> None:
    there = house.book("10:00", "11:00")
    house.book("11:10", "12:00")
    with pytest.raises(Refused) as told:
        tap(house, panel, "extend", booking=there.uid, minutes=15)
    assert codes(told.value) == ["clash"]


def test_coming_early_starts_the_meeting_where_the_room_is_free(house: House, panel: Actor) -> None:
    there = house.book("10:10", "11:00")
    found = tap(house, panel, "check_in", booking=there.uid, version=1, start_now=True)
    assert (found.starts, found.checked_in_at) == (NOW, NOW)


# once


def repeated(house: House, panel: Actor) -> list[Act]:
    there = house.book("10:00", "11:00")
    first = act("check_in", "op-a", booking=there.uid, version=1)
    house.engine.devices.act(first, panel)
    second = act("extend", "op-b", booking=there.uid, version=2, minutes=15)
    house.engine.devices.act(second, panel)
    third = act("undo", "op-c", of="op-b")
    house.engine.devices.act(third, panel)
    house.engine.bookings.cancel(there.uid, CLI)
    fourth = act("book", "op-d", minutes=30)
    made = house.engine.devices.act(fourth, panel)
    fifth = act("end", "op-e", booking=made.uid, version=1)
    house.engine.devices.act(fifth, panel)
    return [first, second, third, fourth, fifth]


def test_every_act_is_done_once_and_answered_for_ever(house: House, panel: Actor) -> None:
    acts = repeated(house, panel)
    before = house.engine.news()
    answers = [house.engine.devices.act(it, panel) for it in acts]
    house.clock.forward(days=3)
    assert [house.engine.devices.act(it, panel) for it in acts] == answers
    assert house.engine.news() == before


def test_so_is_a_walk_in_whose_end_has_passed_meanwhile(house: House, panel: Actor) -> None:
    first = tap(house, panel, "book", end=at("10:30"))
    house.clock.forward(hours=3)
    assert tap(house, panel, "book", end=at("10:30")) == first


def test_an_op_with_another_body_is_refused(house: House, panel: Actor) -> None:
    for it in repeated(house, panel):
        other = "end" if it.what == "book" else "book"
        changed = act(other, it.op, booking=it.booking, version=it.version, minutes=45)
        with pytest.raises((Refused, Unknown)) as told:
            house.engine.devices.act(changed, panel)
        if isinstance(told.value, Refused):
            assert codes(told.value) == ["key_reused"]


@pytest.mark.parametrize("what", ["book", "check_in", "here", "ask_here", "extend", "end", "undo"])
def test_an_act_that_comes_too_late_is_refused(house: House, panel: Actor, what: str) -> None:
    there = booked(house, "here", panel) if what != "book" else None
    house.policy(check_in=True)
    it = act(what, "op-x", booking=there.uid if there else "", of="made", minutes=15, expires=NOW + MINUTE)
    house.clock.set(NOW + MINUTE)
    with pytest.raises(Refused) as told:
        house.engine.devices.act(it, panel)
    assert codes(told.value) == ["expired"]
    house.clock.set(NOW + MINUTE - timedelta(seconds=1))
    house.engine.devices.act(it, panel)
    house.clock.set(NOW + 60 * MINUTE)
    house.engine.devices.act(it, panel)


def test_that_people_are_here_is_said_of_a_meeting_by_its_start_whatever_else_was_changed(
    house: House, panel: Actor
) -> None:
    there = house.book("10:00", "11:00")
    house.engine.presence.extend(there.uid, house.alice, minutes=5)
    with pytest.raises(Stale):
        tap(house, panel, "check_in", booking=there.uid, version=1, start=at("10:05"))
    found = tap(house, panel, "check_in", booking=there.uid, version=1, start=at("10:00"))
    assert (found.checked_in_at, found.version) == (NOW, 3)
    assert tap(house, panel, "here", "op-2", booking=there.uid, version=1) == found


def test_two_panels_of_a_room_check_in_with_what_each_of_them_saw(house: House, panel: Actor) -> None:
    there, other = house.book("10:00", "11:00"), house.panel()[2]
    first = tap(house, panel, "check_in", booking=there.uid, version=1)
    second = tap(house, other, "check_in", booking=there.uid, version=1)
    assert first == second


def test_that_people_are_here_may_come_late_from_a_panel_that_was_cut_off(house: House, panel: Actor) -> None:
    there = house.book("10:00", "12:00")
    kept = act("check_in", booking=there.uid, version=1, start=there.starts, expires=there.ends)
    house.clock.set("11:40")
    assert house.engine.devices.act(kept, panel).checked_in_at == at("11:40")
    for too_long in (
        act("check_in", "op-2", booking=there.uid, expires=at("11:40") + 14 * 24 * 60 * MINUTE + MINUTE),
        act("check_in", "op-3", booking=there.uid, start_now=True, expires=at("11:51")),
    ):
        with pytest.raises(Invalid):
            house.engine.devices.act(too_long, panel)


def test_nobody_here_is_asked_once_and_any_answer_keeps_the_room(house: House, panel: Actor) -> None:
    house.policy(check_in=True)
    there = house.engine.presence.check_in(house.book("10:00", "12:00").uid, CLI)
    asked = tap(house, panel, "ask_here", booking=there.uid, version=there.version, minutes=45)
    assert asked.version == there.version
    assert tap(house, panel, "here", "op-2", booking=there.uid).checked_in_at == NOW
    with pytest.raises(Refused) as told:
        tap(house, panel, "ask_here", "op-3", booking=there.uid)
    assert codes(told.value) == ["asked_already"]


def test_nobody_asks_where_the_policy_is_against_it(house: House, panel: Actor) -> None:
    house.policy(check_in=True, nobody_here=False)
    there = house.book("10:00", "12:00")
    with pytest.raises(Refused) as told:
        tap(house, panel, "ask_here", booking=there.uid)
    assert codes(told.value) == ["no_asking"]


def test_an_act_expires_within_ten_minutes(house: House, panel: Actor) -> None:
    with pytest.raises(Invalid) as told:
        house.engine.devices.act(act("book", minutes=15, expires=NOW + 10 * MINUTE + timedelta(seconds=1)), panel)
    assert list(told.value.fields) == ["expires"]
    house.engine.devices.act(act("book", minutes=15, expires=NOW + 10 * MINUTE), panel)


def test_two_panels_have_ops_of_their_own(house: House, panel: Actor) -> None:
    other = house.panel("elm")[2]
    tap(house, panel, "book", "same-op", minutes=15)
    assert tap(house, other, "book", "same-op", minutes=15, room="elm").rooms == (house.elm.number,)


# undo


def test_a_tap_is_taken_back_within_a_minute(house: House, panel: Actor) -> None:
    made = tap(house, panel, "book", "made", minutes=30)
    house.clock.forward(seconds=60)
    gone = tap(house, panel, "undo", of="made")
    assert (gone.uid, gone.standing) == (made.uid, Standing.CANCELLED)
    assert house.day() == []


@pytest.mark.parametrize("of", ["", "unknown", "a\0b"])
def test_what_was_never_done_is_not_taken_back(house: House, panel: Actor, of: str) -> None:
    with pytest.raises(Unknown) as told:
        tap(house, panel, "undo", of=of)
    assert told.value.what == "op"


def test_nothing_at_the_glass_is_done_to_a_room_that_is_switched_off_but_ending(house: House, panel: Actor) -> None:
    made = tap(house, panel, "book", "made", minutes=30)
    house.engine.rooms.change("oak", CLI, active=False)
    with pytest.raises(Refused) as told:
        tap(house, panel, "extend", "op-2", booking=made.uid, minutes=15)
    assert codes(told.value) == ["inactive"]
    house.clock.forward(minutes=1)
    assert tap(house, panel, "end", "op-3", booking=made.uid).ends == at("10:01")
