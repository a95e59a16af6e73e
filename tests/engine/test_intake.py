"""Doors' journals are taken in: in order, once, never refused, and what they meet becomes a conflict."""

from datetime import timedelta
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.clock import epoch
from server.core.errors import Barred, Invalid, Later
from server.core.model import Booking, Standing
from server.engine.closures import ClosureAsk
from server.engine.devices import Act
from server.engine.intake import MOST, Batch, Gap, Told
from server.store import bookings, conflicts, journal
from server.store.conflicts import Conflict
from tests.engine.card import EPOCH, Card, iso, owns
from tests.make import NOW, House, at


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


def codes(house: House, op: str) -> tuple[str, ...]:
    with house.store.reading() as tx:
        it = journal.by_op(tx, op)
    assert it is not None
    return it.codes


# order and once


def test_a_walk_in_is_booked_as_it_was_promised(house: House, card: Card) -> None:
    owns(house, card.actor, at("10:00"), at("12:00"))
    card.walk_in(grade="confirmed")
    house.clock.set("10:10")
    told = card.bring()
    it = made(told)
    assert (told.applied, outcomes(told), told.results[0].conflict) == (1, ["accepted"], None)
    assert (it.starts, it.ends, it.standing) == (at("10:00"), at("10:30"), Standing.ACCEPTED)
    assert (it.source, it.made_by, it.made_at, it.checked_in_at) == ("panel", card.actor.name, NOW, NOW)
    assert told.heads["oak"] == house.engine.devices.head("oak", CLI)
    assert listed(house) == []


def test_what_comes_again_has_no_effect_and_the_same_answer(house: House, card: Card) -> None:
    card.walk_in(15)
    house.clock.set("10:20")
    card.walk_in(15)
    first, head = card.bring(), house.engine.devices.head("oak", CLI)
    assert card.bring() == first
    assert card.bring(2).results == first.results[1:]
    assert house.engine.devices.head("oak", CLI) == head
    assert len(house.day()) == 2


def test_an_op_has_one_effect_in_whatever_epoch_and_device_it_comes(house: House, card: Card) -> None:
    card.walk_in(op="the-same-tap")
    first = made(card.bring())
    spare = house.panel()[2]
    for other in (Card(house, card.actor, EPOCH[:-1] + "2"), Card(house, spare), Card(house, spare, EPOCH[:-1] + "3")):
        other.walk_in(op="the-same-tap")
        told = other.bring()
        assert (outcomes(told), made(told).id, told.applied) == (["accepted"], first.id, 1)
    assert len(house.day()) == 1


def test_what_another_device_could_not_do_is_no_answer_to_who_can(house: House, card: Card) -> None:
    stranger = Card(house, house.panel("elm")[2])
    stranger.walk_in(op="the-same-tap")
    assert outcomes(stranger.bring()) == ["nothing"]
    card.walk_in(op="the-same-tap")
    assert outcomes(card.bring()) == ["accepted"]


def tap(op: str, what: str = "book", **more: Any) -> Act:
    return Act(op, what, "oak", at("10:05"), **more)


def test_an_act_that_the_server_has_done_is_not_done_again(house: House, card: Card) -> None:
    done = house.engine.devices.act(tap("the-same-tap", minutes=30), card.actor)
    card.walk_in(op="the-same-tap")
    told = card.bring()
    assert (outcomes(told), made(told).id) == (["accepted"], done.id)
    assert len(house.day()) == 1


def test_an_act_that_the_door_has_done_is_answered_with_what_came_of_it(house: House, card: Card) -> None:
    card.walk_in(op="the-same-tap")
    it = made(card.bring())
    assert house.engine.devices.act(tap("the-same-tap", minutes=30), card.actor).id == it.id
    assert len(house.day()) == 1


def test_what_is_missing_is_asked_for(house: House, card: Card) -> None:
    for _ in range(3):
        card.write("undo", of="nothing-of-mine")
    with pytest.raises(Gap) as told:
        card.bring(3)
    assert told.value.applied == 0
    assert card.bring(3, first=3).applied == 3, "what the card does not have any more is not waited for"


def test_two_cards_of_one_device_are_both_taken_and_the_device_is_set_apart(house: House, card: Card) -> None:
    card.walk_in(15)
    card.bring()
    house.clock.set("10:30")
    copy = Card(house, card.actor)
    copy.walk_in(15, op="on-the-copied-card")
    told = copy.bring()
    assert (outcomes(told), told.applied) == (["accepted"], 1)
    assert [it.state for it in house.engine.devices.all(CLI)] == ["quarantined"]
    assert len(house.engine.tickets.page(CLI, category="panel_cloned")) == 1
    house.clock.set("11:00")
    shut = Actor(card.actor.name, "read", card.actor.rooms, "panel", barred="quarantined")
    card.actor = shut
    card.walk_in(15)
    assert outcomes(card.bring(2)) == ["accepted"], "it still brings what it did"
    assert len(house.day()) == 3


def test_a_chain_that_does_not_hold_is_taken_and_told_as_a_fork(house: House, card: Card) -> None:
    card.walk_in(15)
    house.clock.set("10:30")
    card.said[0]["hash"] = "0" * 64
    card.walk_in(15)
    card.said[1]["end"] = iso(at("11:00"))
    told = card.bring()
    assert outcomes(told) == ["accepted", "accepted"]
    assert [it.state for it in house.engine.devices.all(CLI)] == ["quarantined"]


def test_a_bad_entry_stops_none_behind_it(house: House, card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = [card.write("book", start=NOW), card.write("dance"), card.write("here", booking="")]
    lost = card.walk_in(15, room="elm"), card.walk_in(15, room="nowhere")
    card.write("end", of="never-heard-of")
    card.walk_in()
    told = card.bring()
    assert outcomes(told) == ["nothing"] * 6 + ["accepted"]
    assert [codes(house, op) for op in bad] == [("bad_end",), ("bad_act",), ("bad_booking",)]
    assert [codes(house, op) for op in lost] == [("room",), ("room",)]


def test_an_entry_that_we_fail_at_is_listed_and_stops_none_behind_it(
    house: House, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = bookings.insert
    failing = card.walk_in(15)

    def broken(tx: Any, it: Booking, *more: Any) -> int:
        if it.ends == at("10:15"):
            raise ZeroDivisionError
        return real(tx, it, *more)

    monkeypatch.setattr(bookings, "insert", broken)
    card.write("book", room="oak", start=at("10:00"), end=at("10:30"))
    assert outcomes(card.bring()) == ["unplaced", "accepted"]
    assert codes(house, failing) == ("failed",)
    assert [it.kind for it in listed(house)] == ["unplaced"]


def test_a_device_writes_of_rooms_that_it_had_not_long_ago(house: House, card: Card) -> None:
    card.walk_in(15)
    device = int(card.actor.name[7:])
    house.engine.devices.assign(device, CLI, rooms=("elm",))
    assert outcomes(card.bring()) == ["accepted"]
    house.clock.forward(days=15)
    card.walk_in(15)
    assert outcomes(card.bring(2)) == ["nothing"]


def test_a_token_has_no_journal(house: House) -> None:
    with pytest.raises(Barred):
        house.engine.intake.take(house.alice, Batch(EPOCH, 1, "", 0.0, ()))
    with pytest.raises(Barred):
        house.engine.intake.torn(house.alice, EPOCH, b"x")


def test_a_request_brings_a_hundred_entries_at_most(house: House, card: Card) -> None:
    said = tuple(card.said) + ({"seq": 1},) * (MOST + 1)
    with pytest.raises(Invalid):
        house.engine.intake.take(card.actor, Batch(EPOCH, 1, "", 0.0, said))


# what a walk-in meets


def test_a_walk_in_is_cut_where_a_booking_begins(house: House, card: Card) -> None:
    card.walk_in()
    theirs = house.book("10:20", "11:00")
    house.clock.set("10:10")
    told = card.bring()
    it = made(told)
    assert (outcomes(told), it.ends, it.standing) == (["shortened"], at("10:20"), Standing.ACCEPTED)
    (found,) = listed(house)
    assert (found.id, found.kind, found.booking, found.other) == (told.results[0].conflict, "walk_in", it.id, theirs.id)
    assert (found.wanted.start, found.wanted.end) == (at("10:00"), at("10:30"))
    assert "conflict_opened" in house.changes()


def test_a_walk_in_into_a_booking_that_runs_holds_nothing(house: House, card: Card) -> None:
    house.clock.set("10:10")
    card.walk_in()
    theirs = house.book("10:10", "11:00")
    told = card.bring()
    assert (outcomes(told), made(told).standing) == (["conflict"], Standing.CONFLICT)
    assert [(it.booking, it.other) for it in listed(house)] == [(made(told).id, theirs.id)]
    assert house.day() == [(at("10:10"), at("11:00"))]


def test_a_walk_in_into_a_closure_holds_nothing_and_no_promise_was_broken(house: House, card: Card) -> None:
    card.walk_in(grade="confirmed")
    house.engine.closures.add(ClosureAsk(at("10:00"), at("11:00"), "Cleaning", ("oak",)), CLI)
    assert outcomes(card.bring()) == ["conflict"]
    assert [it.other for it in listed(house)] == [None]
    assert house.engine.tickets.page(CLI, category="promise_broken") == ()


def test_a_confirmed_walk_in_that_met_a_booking_is_a_broken_promise(house: House, card: Card) -> None:
    card.walk_in(grade="confirmed")
    house.book("10:20", "11:00")
    card.bring()
    assert len(house.engine.tickets.page(CLI, category="promise_broken")) == 1


def test_a_walk_in_into_the_time_of_another_door_is_at_risk(house: House, card: Card) -> None:
    other = house.panel()[2]
    owns(house, other, at("10:00"), at("12:00"))
    card.walk_in()
    told = card.bring()
    assert (outcomes(told), made(told).standing) == (["at_risk"], Standing.AT_RISK)


def test_what_a_walk_in_gives_back_is_the_doors_again(house: House, card: Card) -> None:
    owns(house, card.actor, at("10:00"), at("12:00"))
    card.walk_in()
    card.write("undo", of=card.said[0]["op"])
    told = card.bring()
    assert outcomes(told) == ["accepted", "accepted"]
    assert made(told, 1).standing is Standing.CANCELLED
    with house.store.reading() as tx:
        held = tx.rows("SELECT held_from, held_to FROM hold WHERE grant_id IS NOT NULL ORDER BY held_from")
    assert held == [(epoch(at("10:00")), epoch(at("12:00")))]


def test_bookings_at_risk_give_way_to_the_people_in_the_room(house: House, card: Card) -> None:
    owns(house, card.actor, at("10:00"), at("12:00"))
    card.walk_in(grade="confirmed")
    theirs = house.book("10:15", "11:00", at_risk=True)
    assert theirs.standing is Standing.AT_RISK
    told = card.bring()
    assert outcomes(told) == ["accepted"]
    assert stored(house, theirs).standing is Standing.CONFLICT
    assert [(it.kind, it.booking, it.other) for it in listed(house)] == [("at_risk", theirs.id, made(told).id)]
    assert house.engine.tickets.page(CLI, category="promise_broken") == ()


def test_what_the_rules_say_is_listed_and_changes_nothing(house: House, card: Card) -> None:
    house.policy(walk_in=False, max_minutes=15)
    op = card.walk_in()
    assert outcomes(card.bring()) == ["accepted"]
    assert set(codes(house, op)) == {"no_walk_in", "too_long"}


def test_what_is_past_is_booked_as_the_past_that_it_is(house: House, card: Card) -> None:
    card.walk_in()
    house.clock.forward(days=20)
    told = card.bring()
    assert (outcomes(told), made(told).starts, made(told).ends) == (["accepted"], at("10:00"), at("10:30"))


# when it was


def test_a_clock_that_was_not_verified_is_put_right_while_the_boot_lasts(house: House, card: Card) -> None:
    card.clock = "unverified"
    card.write("book", start=at("03:00"), end=at("03:30"), wall=iso(at("03:00")))
    house.clock.set("10:10")
    assert (made(card.bring()).starts, made(card.bring()).ends) == (at("10:00"), at("10:30"))


def test_what_nobody_can_place_is_listed_for_people(house: House, card: Card) -> None:
    card.clock = "unverified"
    card.walk_in()
    card.boot = "boot-2"
    told = card.bring()
    assert (outcomes(told), told.results[0].booking) == (["unplaced"], None)
    (found,) = listed(house)
    assert (found.kind, found.booking, found.id) == ("unplaced", None, told.results[0].conflict)
    assert house.day() == []


# cards


def test_a_torn_journal_is_kept_and_staff_hear_of_it(house: House, card: Card) -> None:
    for body in (b"one", b"one", b"two", b"3", b"4", b"5", b"6"):
        house.engine.intake.torn(card.actor, EPOCH, body)
        house.clock.forward(seconds=1)
    with house.store.reading() as tx:
        assert [body for _, body in journal.torn(tx, int(card.actor.name[7:]))] == [b"two", b"3", b"4", b"5", b"6"]
    assert len(house.engine.tickets.page(CLI, category="journal_torn")) == 1
    with pytest.raises(Invalid):
        house.engine.intake.torn(card.actor, EPOCH, b"")


def test_a_device_begins_twenty_epochs_in_forty_five_days(house: House, card: Card) -> None:
    for number in range(journal.EPOCHS):
        one = Card(house, card.actor, f"{EPOCH[:-2]}{number:02}")
        one.write("undo", of="nothing-of-mine", op=f"op-number-{number}")
        one.bring()
    card.write("undo", of="nothing-of-mine")
    card.epoch = EPOCH[:-2] + "99"
    with pytest.raises(Later):
        card.bring()
    house.clock.forward(days=46)
    assert card.bring().applied == 1
    assert timedelta(days=45) == journal.KEPT
