"""What becomes of a door's other acts: longer, ended, undone, and that people are there (R12)."""

import pytest

from server.core.access import CLI
from server.core.model import Booking, Standing
from server.engine.intake import Told
from server.store import bookings, conflicts
from server.store.conflicts import Conflict
from tests.engine.card import Card, owns
from tests.make import House, at


@pytest.fixture
def card(house: House) -> Card:
    return Card(house, house.panel()[2])


def outcomes(told: Told) -> list[str]:
    return [it.outcome for it in told.results]


def made(told: Told, place: int = 0) -> Booking:
    it = told.results[place].booking
    assert it is not None
    return it


def stored(house: House, it: Booking) -> Booking:
    with house.store.reading() as tx:
        return bookings.by_ids(tx, [it.id])[0]


def listed(house: House) -> list[Conflict]:
    with house.store.reading() as tx:
        return conflicts.every_open(tx, 100)


def test_a_walk_in_is_extended_as_far_as_it_goes(house: House, card: Card) -> None:
    op = card.walk_in()
    card.write("extend", of=op, end=at("11:00"))
    theirs = house.book("10:45", "12:00")
    told = card.bring()
    assert outcomes(told) == ["accepted", "shortened"]
    assert (made(told, 1).ends, made(told, 1).planned_end) == (at("10:45"), at("10:30"))
    assert [(it.booking, it.other, it.wanted.start) for it in listed(house)] == [
        (made(told).id, theirs.id, at("10:30"))
    ]


def test_an_extension_into_what_follows_at_once_changes_nothing(house: House, card: Card) -> None:
    op = card.walk_in()
    card.bring()
    house.book("10:30", "12:00")
    card.write("extend", of=op, end=at("11:00"))
    told = card.bring(2)
    assert (outcomes(told), made(told).ends) == (["conflict"], at("10:30"))
    assert len(listed(house)) == 1


def test_an_extension_of_what_nobody_knows_is_listed(house: House, card: Card) -> None:
    card.write("extend", booking="lost@lintel", end=at("11:00"))
    told = card.bring()
    assert outcomes(told) == ["unplaced"]
    assert [(it.kind, it.booking, it.id) for it in listed(house)] == [("unplaced", None, told.results[0].conflict)]


@pytest.mark.parametrize("gone", ["cancelled", "ended"])
def test_a_longer_end_of_what_was_given_up_elsewhere_is_listed_until_somebody_has_looked(
    house: House, card: Card, gone: str
) -> None:
    op = card.walk_in()
    it = made(card.bring())
    house.clock.set("10:20")
    longer = card.write("extend", of=op, end=at("11:00"), grade="confirmed")
    house.clock.set("10:15")  # by the clock of the server it was a little before
    if gone == "cancelled":
        house.engine.bookings.cancel(it.uid, house.ada)
    else:
        house.engine.presence.end(it.uid, house.ada)
    house.clock.set("10:25")
    told = card.bring(2)
    assert (outcomes(told), [each.op for each in told.results]) == (["conflict"], [longer])
    house.engine.conflicts.run()
    (one,) = listed(house)
    assert (one.id, one.booking, one.other) == (told.results[0].conflict, it.id, None)
    assert (one.wanted.start, one.wanted.end) == (at("10:20"), at("11:00"))
    assert outcomes(card.bring(2)) == ["conflict"]
    assert len(listed(house)) == 1


def test_a_longer_end_that_is_had_already_is_no_conflict(house: House, card: Card) -> None:
    op = card.walk_in(60)
    card.write("extend", of=op, end=at("10:50"))
    assert outcomes(card.bring()) == ["accepted", "nothing"]
    assert listed(house) == []


def test_a_walk_in_ends_when_it_was_tapped(house: House, card: Card) -> None:
    op = card.walk_in()
    house.clock.set("10:12")
    card.write("end", of=op)
    house.clock.set("13:00")
    told = card.bring()
    assert outcomes(told) == ["accepted", "accepted"]
    assert (made(told).ends, made(told).ended_at, made(told).planned_end) == (at("10:12"), at("10:12"), at("10:30"))


def test_where_nobody_can_tell_when_people_left_it_is_when_the_door_had_it(house: House, card: Card) -> None:
    op = card.walk_in()
    house.clock.set("10:12")
    card.clock = "unverified"
    card.write("end", of=op)
    card.boot, card.clock = "boot-2", "verified"
    house.clock.set("10:20")
    card.walk_in(30, grade="confirmed")  # the glass has had the room free since
    house.clock.set("13:00")
    told = card.bring()
    assert outcomes(told) == ["accepted", "accepted", "accepted"]
    assert (made(told).ends, made(told).ended_at) == (at("10:12"), at("10:12"))
    assert listed(house) == []


def test_what_was_not_made_here_is_not_ended(house: House, card: Card) -> None:
    theirs = house.book("10:00", "11:00")
    card.write("end", booking=theirs.uid)
    assert outcomes(card.bring()) == ["nothing"]
    assert stored(house, theirs).ends == at("11:00")


def test_what_a_panel_made_that_has_left_is_ended_by_its_card_in_another(house: House, card: Card) -> None:
    other = Card(house, house.panel()[2], epoch="7e57ab1e-0000-4000-8000-000000000002")
    card.walk_in()
    it = made(card.bring())
    house.clock.set("10:12")
    other.write("end", booking=it.uid)
    assert outcomes(other.bring()) == ["nothing"]
    house.engine.devices.revoke(int(card.actor.name.removeprefix("device:")), CLI)
    other.write("end", booking=it.uid)
    other.walk_in(10)
    assert outcomes(other.bring(2)) == ["accepted", "accepted"]
    assert stored(house, it).ends == at("10:12")


def test_an_undone_walk_in_is_cancelled_with_what_it_promised(house: House, card: Card) -> None:
    op = card.walk_in()
    card.write("undo", of=op)
    card.bring()
    assert house.day() == []
    assert outcomes(card.bring()) == ["accepted", "accepted"]


def test_an_end_and_an_extension_can_be_undone(house: House, card: Card) -> None:
    op = card.walk_in()
    longer = card.write("extend", of=op, end=at("11:00"))
    card.write("undo", of=longer)
    house.clock.set("10:05")
    end = card.write("end", of=op)
    card.write("undo", of=end)
    told = card.bring()
    assert outcomes(told) == ["accepted"] * 5
    assert house.day() == [(at("10:00"), at("10:30"))]


def test_people_who_were_there_were_there(house: House, card: Card) -> None:
    house.policy(check_in=True)
    theirs = house.book("10:00", "11:00")
    house.clock.set("10:04")
    card.write("check_in", booking=theirs.uid, start=theirs.starts)
    card.write("here", booking=theirs.uid, start=theirs.starts)
    house.clock.set("12:00")
    assert outcomes(card.bring()) == ["accepted", "accepted"]
    assert stored(house, theirs).checked_in_at == at("10:04")


def test_people_were_there_also_where_it_was_not_certain_yet(house: House, card: Card) -> None:
    house.policy(check_in=True, door_minutes=120)
    owns(house, house.panel()[2], at("10:00"), at("12:00"))
    theirs = house.book("10:30", "11:00", at_risk=True)
    assert theirs.standing is Standing.AT_RISK
    house.clock.set("10:31")
    card.write("check_in", booking=theirs.uid, start=theirs.starts)
    assert outcomes(card.bring()) == ["accepted"]
    assert (stored(house, theirs).checked_in_at, stored(house, theirs).standing) == (at("10:31"), Standing.AT_RISK)


def test_of_a_meeting_that_was_moved_nothing_is_said(house: House, card: Card) -> None:
    house.policy(check_in=True)
    theirs = house.book("10:30", "11:00")
    card.write("check_in", booking=theirs.uid, start=at("10:00"))
    assert outcomes(card.bring()) == ["nothing"]
    assert stored(house, theirs).checked_in_at is None
