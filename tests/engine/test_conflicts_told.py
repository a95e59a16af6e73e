"""Conflicts are told: by letter to both sides, or to those who manage the room, and to webhooks."""

import pytest

from server.core.access import CLI
from server.core.letters import Kept, kinds_named
from server.core.people import Person, Role
from server.engine import post
from tests.engine.card import Card
from tests.engine.heard import ears, hook, told
from tests.make import House, at


@pytest.fixture
def card(sqlite_house: House) -> Card:
    """A panel of Oak, in a house that sends letters and where Olga is the administrator."""
    house = ears(sqlite_house)
    post.arrange(house.store, kinds_named("usual"), "en")
    house.engine.people.add(Person(0, "olga@example.org", "olga", "Olga", "Orr", role=Role.ADMIN), CLI)
    return Card(house, house.panel()[2])


def letters(house: House) -> list[Kept]:
    house.engine.outbox.run()
    return list(reversed(house.engine.post.listed(CLI, limit=500)))


def met(card: Card) -> int:
    """A walk-in met Alice's booking; the conflict's number. The letters until then are gone."""
    card.walk_in()
    card.house.book("10:20", "11:00")
    found = card.bring().results[0].conflict
    assert found is not None
    return found


def test_both_sides_are_written_to_and_nobody_reads_whose_the_other_is(card: Card) -> None:
    met(card)
    there = [it.letter for it in letters(card.house) if it.letter.kind == "conflict"]
    assert sorted((it.address, it.data["role"]) for it in there) == [
        ("alice@example.org", "host"), ("olga@example.org", "approver"),
    ]  # fmt: skip
    (alice,) = (it for it in there if it.data["role"] == "host")
    assert alice.data["other"] == {"starts": int(at("10:00").timestamp()), "ends": int(at("10:20").timestamp())}
    assert "met" in alice.data["codes"]


def test_who_loses_the_room_is_told_once_that_it_is_cancelled_and_why(card: Card) -> None:
    number = met(card)
    before = len(letters(card.house))
    card.house.engine.conflicts.resolve(number, "walk_in", CLI)
    new = [it.letter for it in letters(card.house)][before:]
    to_alice = [it for it in new if it.address == "alice@example.org"]
    assert [(it.kind, it.data["codes"]) for it in to_alice] == [("cancelled", ["conflict"])]
    assert to_alice[0].data["calendar"]["method"] == "CANCEL"


def test_that_people_agreed_is_told_to_both(card: Card) -> None:
    number = met(card)
    before = len(letters(card.house))
    card.house.engine.conflicts.resolve(number, "both", CLI)
    new = [it.letter for it in letters(card.house)][before:]
    assert [it.kind for it in new] == ["conflict", "conflict"]
    assert {it.data["codes"][-1] for it in new} == {"both"}


def test_webhooks_hear_of_each_conflict_once_with_both_sides(card: Card) -> None:
    ear, deaf = hook(card.house, "conflict.*"), hook(card.house, "conflict.*", rooms=("elm",))
    number = met(card)
    card.house.engine.conflicts.resolve(number, "both", CLI)
    said = told(card.house, ear)
    assert [(type_, it["number"], it["resolution"]) for type_, it in said][-1] == ("conflict.resolved", number, "both")
    assert [type_ for type_, _ in said] == ["conflict.opened", "conflict.resolved"]
    assert told(card.house, deaf) == []


def test_of_a_longer_end_of_what_somebody_had_cancelled_those_who_manage_the_room_hear(card: Card) -> None:
    op = card.walk_in()
    it = card.bring().results[0].booking
    assert it is not None
    card.house.engine.bookings.cancel(it.uid, card.house.ada)
    card.write("extend", of=op, end=at("11:00"), grade="confirmed")
    card.bring(2)
    there = [each.letter for each in letters(card.house) if each.letter.kind == "conflict"]
    assert [(each.address, each.data["role"]) for each in there] == [("olga@example.org", "approver")]
