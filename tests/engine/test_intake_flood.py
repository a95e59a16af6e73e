"""A panel in the wrong hands brings as much as it can: it fills no inbox, no list of tickets, no plan and no disk."""

from datetime import timedelta

import pytest

from server.core.access import CLI
from server.core.errors import Later
from server.core.letters import kinds_named
from server.core.people import Person, Role
from server.engine import post
from server.engine.conflicts import AT_ONCE
from server.engine.letters.clashing import OF_BOOKING, OF_ROOM
from server.store import journal
from tests.engine.card import EPOCH, Card
from tests.engine.heard import ears
from tests.make import House

MANY = 24


def test_walk_ins_without_end_over_one_booking_are_all_listed_and_few_letters_are_sent(sqlite_house: House) -> None:
    house = ears(sqlite_house)
    post.arrange(house.store, kinds_named("usual"), "en")
    house.engine.people.add(Person(0, "olga@example.org", "olga", "Olga", "Orr", role=Role.ADMIN), CLI)
    card = Card(house, house.panel()[2])
    house.book("10:00", "11:00")
    for _ in range(MANY):
        card.walk_in(grade="confirmed")
    assert {it.outcome for it in card.bring().results} == {"conflict"}
    assert len(house.engine.conflicts.page(CLI)) == MANY
    house.engine.outbox.run()
    to = [it.letter.address for it in house.engine.post.listed(CLI, limit=500) if it.letter.kind == "conflict"]
    assert (to.count("alice@example.org"), to.count("olga@example.org")) == (OF_BOOKING, OF_ROOM)
    assert [it.ticket.times for it in house.engine.tickets.page(CLI, category="promise_broken")] == [MANY]
    assert len(house.engine.devices.snapshot("oak", card.actor).conflicts) == AT_ONCE


def test_a_device_that_brings_too_much_in_an_hour_keeps_the_rest(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(journal, "HOURLY", 3)
    card = Card(house, house.panel()[2])
    for _ in range(5):
        card.write("undo", of="nothing-of-mine")
    with pytest.raises(Later) as told:
        card.bring()
    assert told.value.too_many
    house.clock.forward(seconds=3_600)
    assert card.bring().applied == 5


def test_forged_entries_of_one_number_are_all_taken_once(house: House) -> None:
    actor = house.panel()[2]
    cards = [Card(house, actor, boot=f"boot-{it}") for it in range(5)]
    for card in cards:
        card.write("undo", of="nothing-of-mine", op=f"forged-by-{card.boot}")
    for card in cards * 2:
        assert card.bring().applied == 1
    with house.store.reading() as tx:
        device = int(actor.name[7:])
        assert journal.outcomes(tx, [device]) == {"nothing": 5}
        assert journal.of_number(tx, device, EPOCH, 1) is not None


def test_who_says_the_op_of_another_door_learns_nothing_of_its_booking(house: House) -> None:
    card, stranger = Card(house, house.panel()[2]), Card(house, house.panel("elm")[2])
    card.walk_in(op="the-tap-at-oak")
    card.bring()
    stranger.walk_in(room="elm", op="the-tap-at-oak")
    (told,) = stranger.bring().results
    assert (told.outcome, told.booking, told.conflict) == ("nothing", None, None)
    assert len(house.day("elm")) == 0


def test_what_nobody_can_place_is_not_listed_until_the_year_that_its_clock_had(house: House) -> None:
    card = Card(house, house.panel()[2], clock="unverified")
    far = house.clock.now() + timedelta(days=70 * 365)
    card.boot = "another-boot"
    card.write("book", start=far, end=far + timedelta(minutes=30), wall=far)
    card.boot = "boot-1"
    assert card.bring().results[0].outcome == "unplaced"
    house.clock.forward(seconds=31 * 86_400)
    house.engine.conflicts.run()
    assert [it.conflict.resolution for it in house.engine.conflicts.page(CLI)] == ["gone"]
