"""What is kept of webhooks and for how long: secrets, messages that wait, and bounds on all of it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Invalid, Refused, Unknown
from server.core.hooks import GAP
from server.core.people import Person, Role
from server.engine.hooks import MOST
from server.engine.queueing import queue
from server.store import deliveries
from tests.engine.heard import URL, ears, hook, kinds, person, told
from tests.make import House, codes


def test_secrets_are_sealed_and_no_list_holds_one(house: House) -> None:
    it, secret = ears(house).engine.hooks.add(URL, ("*",), house.ada)
    _, second = house.engine.hooks.rotate(it.id, house.ada)
    with house.store.reading() as tx:
        rows = str(tx.rows("SELECT * FROM hook")) + str(tx.rows("SELECT * FROM change"))
    for each in (secret, second):
        assert each not in rows
        assert each.removeprefix("whsec_") not in rows
        assert each not in str(house.engine.hooks.all(house.ada))


def test_beyond_the_bound_the_oldest_are_dropped_and_one_gap_tells_how_many_and_when(house: House) -> None:
    it = hook(ears(house), "hook.*")
    first = house.clock.now()

    def push(tx: Any) -> None:
        queue(tx, it.number, "hook.test", {"n": 1}, house.clock.now(), most=10)

    for _ in range(25):
        house.store.writing(push)
        house.clock.forward(minutes=1)
    with house.store.reading() as tx:
        assert deliveries.waiting(tx, it.number) == 10
        gaps = [json.loads(row[0])["data"] for row in tx.rows("SELECT body FROM delivery WHERE type = ?", (GAP,))]
        states = dict(tx.rows("SELECT state, count(*) FROM delivery GROUP BY state"))
    assert [gap["dropped"] for gap in gaps] == [16]
    assert states == {"waiting": 10, "dropped": 16}
    assert gaps[0]["from"] == "2026-06-15T08:00:00Z"
    assert gaps[0]["until"] == (first + timedelta(minutes=15)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_is_being_sent_is_not_dropped(house: House) -> None:
    it = hook(ears(house), "hook.*")
    push = lambda tx: queue(tx, it.number, "hook.test", {}, house.clock.now(), most=2)  # noqa: E731
    house.store.writing(push)
    (parcel,) = house.engine.delivering.take(1)
    for _ in range(4):
        house.store.writing(push)
    assert house.engine.delivering.still(parcel)


def test_a_paused_hook_keeps_what_happens_for_later(house: House) -> None:
    it = hook(ears(house), "booking.*")
    house.engine.hooks.pause(it.id, house.ada)
    house.book("11:00", "12:00")
    assert kinds(house, it) == ["booking.created"]
    assert not house.engine.delivering.due()
    house.engine.hooks.resume(it.id, house.ada)
    assert house.engine.delivering.due()


def test_who_is_erased_is_gone_from_every_message_and_their_hooks_with_them(house: House) -> None:
    someone = house.engine.people.add(Person(0, "alice@example.org", "alice", "Alice", "Adams", role=Role.ADMIN), CLI)
    ears(house)
    with house.store.reading() as tx:
        alice = house.engine.rights.actor(tx, someone)
    assert alice is not None
    person(house, "root", Role.ADMIN)
    it, hers = hook(house), hook(house, by=alice)
    house.book("11:00", "12:00")
    house.book("13:00", "14:00", organizer="Bob", organizer_email="bob@example.org", title="with ALICE ADAMS")
    house.book("15:00", "16:00", organizer="Bob", organizer_email="bob@example.org")
    assert len(told(house, it)) >= 3
    house.engine.leaving.erase(someone.number, CLI)
    house.engine.outbox.run()
    with house.store.reading() as tx:
        bodies = str(tx.rows("SELECT body FROM delivery")).casefold()
    assert "alice" not in bodies
    assert "bob@example.org" in bodies or "bob" in bodies
    with pytest.raises(Unknown):
        house.engine.hooks.find(hers.id, house.ada)


def test_what_ended_messages_said_goes_after_three_days_and_the_rest_after_thirty(house: House) -> None:
    it = hook(ears(house), "hook.*")
    house.engine.hooks.test(it.id, house.ada)
    house.store.writing(lambda tx: tx.run("UPDATE delivery SET state = 'done', ended_at = made_at, status = 200"))
    house.clock.forward(days=2)
    house.engine.retention.run()
    event = house.engine.hooks.deliveries(it.id, house.ada)[0].event
    assert house.engine.hooks.deliveries(it.id, house.ada)[0].has_body
    house.clock.forward(days=2)
    house.engine.retention.run()
    assert not house.engine.hooks.deliveries(it.id, house.ada)[0].has_body
    with pytest.raises(Refused) as refused:
        house.engine.hooks.replay(it.id, house.ada, event=event)
    assert codes(refused.value) == ["message_gone"]
    house.clock.forward(days=30)
    house.engine.retention.run()
    assert house.engine.hooks.deliveries(it.id, house.ada) == ()


def test_there_are_bounds(sqlite_house: House) -> None:
    house = ears(sqlite_house)
    for url, patterns in ((URL, ()), (URL, ("nothing.*",)), (URL, ("*",) * 51), ("ftp://x/", ("*",)), ("", ("*",))):
        with pytest.raises(Invalid):
            house.engine.hooks.add(url, tuple(patterns) if len(set(patterns)) == len(patterns) else (), house.ada)
    with pytest.raises(Invalid):
        house.engine.hooks.add("https://192.88.98.7/" + "x" * 2000, ("*",), house.ada)
    with pytest.raises(Unknown):
        hook(house, rooms=("nowhere",))
    for _ in range(MOST):
        hook(house)
    with pytest.raises(Refused) as refused:
        hook(house)
    assert codes(refused.value) == ["too_many_hooks"]
    it = house.engine.hooks.all(house.ada)[0].hook
    for limit in (0, 201):
        with pytest.raises(Invalid):
            house.engine.hooks.deliveries(it.id, house.ada, limit=limit)


def test_a_key_of_one_room_does_not_use_up_the_hooks_of_the_house(sqlite_house: House) -> None:
    house = ears(sqlite_house)
    key = Actor("token:9", "admin", frozenset({house.oak.number}), "roomvox", "oak key")
    for _ in range(20):
        hook(house, by=key, rooms=("oak",))
    with pytest.raises(Refused) as told:
        hook(house, by=key, rooms=("oak",))
    assert [(it.code, it.numbers) for it in told.value.objections] == [("too_many_hooks", {"most": 20})]
    hook(house)
