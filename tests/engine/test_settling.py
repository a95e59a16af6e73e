"""Conflicts: who sees them, what people may decide, and which close by themselves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Invalid, Refused, Unknown
from server.core.model import Booking, Edit, Standing
from server.engine.conflicts import Standoff
from server.engine.settling import LISTED
from server.store import bookings
from tests.engine.card import Card, owns
from tests.make import House, ask, at


@pytest.fixture
def card(house: House) -> Card:
    return Card(house, house.panel()[2])


def only(house: House, state: str = "open") -> Standoff:
    (it,) = house.engine.conflicts.page(CLI, state=state)
    return it


def now_is(house: House, it: Booking | None) -> Booking:
    assert it is not None
    with house.store.reading() as tx:
        return bookings.by_ids(tx, [it.id])[0]


def times(house: House, it: Booking | None) -> tuple[object, ...]:
    there = now_is(house, it)
    return there.standing.value, there.starts, there.ends


def cut_short(house: House, card: Card) -> Standoff:
    """A walk-in from 10:00 to 10:30 met Alice's booking from 10:20 to 11:00."""
    card.walk_in()
    house.book("10:20", "11:00")
    card.bring()
    return only(house)


def over_what_runs(house: House, card: Card) -> Standoff:
    """A walk-in from 10:00 to 10:30 met Alice's booking, which runs from 10:00 to 10:20."""
    card.walk_in()
    house.book("10:00", "10:20")
    card.bring()
    return only(house)


def at_risk(house: House, card: Card) -> Standoff:
    """Alice's booking at risk from 10:15 to 11:00 met the walk-in from 10:00 to 10:30."""
    owns(house, card.actor, at("10:00"), at("12:00"))
    house.book("10:15", "11:00", at_risk=True)
    card.walk_in(grade="confirmed")
    card.bring()
    return only(house)


def resolve(house: House, it: Standoff, way: str, by: Actor = CLI) -> Standoff:
    return house.engine.conflicts.resolve(it.conflict.id, way, by)


def test_both_sides_are_shown(house: House, card: Card) -> None:
    it = cut_short(house, card)
    assert it.walk_in is not None
    assert it.phone is not None
    assert (it.walk_in.source, it.phone.organizer, it.room.id) == ("panel", "Alice Adams", "oak")
    other = house.panel()[2]
    for plan in (house.engine.devices.snapshot("oak", other), house.engine.devices.feed("oak", other, 0, _life(house))):
        assert [each.conflict.id for each in plan.conflicts] == [it.conflict.id]
    house.clock.set("10:31")
    assert house.engine.devices.snapshot("oak", other).conflicts == (), "what is over is no matter for the door"
    assert only(house).conflict.id == it.conflict.id, "but for people"


def _life(house: House) -> str:
    return house.engine.devices.snapshot("oak", CLI).incarnation


def test_the_booking_keeps_its_time_where_people_say_so(house: House, card: Card) -> None:
    it = cut_short(house, card)
    done = resolve(house, it, "booking")
    assert (done.conflict.state, done.conflict.resolution, done.conflict.resolved_by) == ("resolved", "booking", "cli")
    assert times(house, it.walk_in) == ("accepted", at("10:00"), at("10:20"))
    assert times(house, it.phone) == ("accepted", at("10:20"), at("11:00"))


def test_the_walk_in_gets_what_it_was_told_where_people_say_so(house: House, card: Card) -> None:
    it = cut_short(house, card)
    resolve(house, it, "walk_in")
    assert times(house, it.walk_in) == ("accepted", at("10:00"), at("10:30"))
    assert times(house, it.phone)[0] == "cancelled"


def test_a_walk_in_with_nothing_left_is_cancelled(house: House, card: Card) -> None:
    it = over_what_runs(house, card)
    resolve(house, it, "booking")
    assert times(house, it.walk_in)[0] == "cancelled"
    assert times(house, it.phone) == ("accepted", at("10:00"), at("10:20"))


def test_a_walk_in_that_held_nothing_gets_its_time(house: House, card: Card) -> None:
    it = over_what_runs(house, card)
    resolve(house, it, "walk_in")
    assert times(house, it.walk_in) == ("accepted", at("10:00"), at("10:30"))
    assert times(house, it.phone)[0] == "cancelled"


def test_a_booking_at_risk_that_gave_way_can_be_given_its_time(house: House, card: Card) -> None:
    it = at_risk(house, card)
    resolve(house, it, "booking")
    assert times(house, it.walk_in) == ("accepted", at("10:00"), at("10:15"))
    assert times(house, it.phone) == ("at_risk", at("10:15"), at("11:00")), "the rest is a silent door's"


def test_a_booking_at_risk_that_gave_way_goes_where_the_walk_in_stays(house: House, card: Card) -> None:
    it = at_risk(house, card)
    resolve(house, it, "walk_in")
    assert times(house, it.walk_in) == ("accepted", at("10:00"), at("10:30"))
    assert times(house, it.phone)[0] == "cancelled"


def test_where_people_have_agreed_nothing_is_changed(house: House, card: Card) -> None:
    it = at_risk(house, card)
    before = times(house, it.walk_in), times(house, it.phone)
    resolve(house, it, "both")
    assert (times(house, it.walk_in), times(house, it.phone)) == before
    assert only(house, "resolved").conflict.resolution == "both"
    with pytest.raises(Refused):
        resolve(house, it, "both")


def test_time_that_has_gone_to_a_third_is_not_taken_from_them(house: House, card: Card) -> None:
    it = at_risk(house, card)
    house.clock.set("10:40")
    card.walk_in(10)
    card.bring()
    with pytest.raises(Refused) as no:
        resolve(house, it, "booking")
    assert [each.starts for each in no.value.conflicts] == [at("10:40")]
    assert [each.conflict.open for each in house.engine.conflicts.page(CLI)] == [True]


def test_who_manages_the_room_decides_and_nobody_else(house: House, card: Card) -> None:
    it = cut_short(house, card)
    bound = Actor("token:9", "admin", frozenset({house.elm.number}))
    for who in (house.alice, house.rita, bound):
        with pytest.raises(Barred):
            resolve(house, it, "both", who)
    assert house.engine.conflicts.page(replace(bound, rooms=frozenset({house.elm.number}))) == ()
    assert (house.engine.conflicts.count(house.ada), house.engine.conflicts.count(house.alice)) == (1, 0)
    with pytest.raises(Unknown):
        house.engine.conflicts.resolve(999, "both", CLI)
    with pytest.raises(Invalid):
        resolve(house, it, "perhaps")
    assert resolve(house, it, "both", house.ada).conflict.resolved_by == house.ada.name


@pytest.mark.parametrize("side", ["walk_in", "phone"])
def test_a_conflict_whose_other_side_is_cancelled_closes_by_itself(house: House, card: Card, side: str) -> None:
    it = cut_short(house, card)
    one = it.walk_in if side == "walk_in" else it.phone
    assert one is not None
    house.engine.bookings.cancel(one.uid, CLI)
    assert house.engine.conflicts.run() == {"gone": 1}
    assert only(house, "resolved").conflict.resolution == "gone"
    if side == "phone":
        assert times(house, it.walk_in) == ("accepted", at("10:00"), at("10:30")), "it gets what it was told"


def test_who_gave_way_gets_the_time_when_the_other_moves_away(house: House, card: Card) -> None:
    it = over_what_runs(house, card)
    assert it.phone is not None
    house.engine.bookings.change(it.phone.uid, Edit(starts=at("14:00"), ends=at("15:00")), CLI)
    house.engine.conflicts.run()
    assert times(house, it.walk_in)[0] == "accepted"


def test_a_third_who_has_the_time_is_who_it_meets_then(house: House, card: Card) -> None:
    it = at_risk(house, card)
    assert it.walk_in is not None
    house.engine.bookings.cancel(it.walk_in.uid, CLI)
    third = house.engine.bookings.book(ask("10:00", "10:30", title="Walk-in"), card.actor, walk_in=True)
    assert house.engine.conflicts.run() == {}
    assert only(house).conflict.other == third.id


def test_what_is_over_is_listed_until_somebody_has_looked_but_not_for_ever(house: House, card: Card) -> None:
    it = cut_short(house, card)
    house.clock.set(it.conflict.wanted.end + LISTED - timedelta(seconds=1))
    assert house.engine.conflicts.run() == {}
    house.clock.forward(seconds=1)
    assert house.engine.conflicts.run() == {"gone": 1}


def test_what_nobody_can_place_can_only_be_seen(house: House, card: Card) -> None:
    card.clock = "unverified"
    card.walk_in()
    card.boot = "boot-2"
    card.bring()
    it = only(house)
    assert house.engine.conflicts.run() == {}
    for way in ("booking", "walk_in"):
        with pytest.raises(Refused):
            resolve(house, it, way)
    assert resolve(house, it, "both").conflict.resolution == "both"


def test_a_new_conflict_is_told_to_both_bookings(house: House, card: Card) -> None:
    it = cut_short(house, card)
    resolve(house, it, "both")
    told = [what for what in house.changes() if what.startswith("conflict")]
    assert told == ["conflict_opened"] * 2 + ["conflict_resolved"] * 2
    assert now_is(house, it.phone).standing is Standing.ACCEPTED
