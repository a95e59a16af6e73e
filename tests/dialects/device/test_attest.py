"""What a device's plan had in a former life of the house, as the protocol writes it."""

from typing import Any

import pytest

from server.core.access import CLI
from server.engine.lineage import mark, new_life
from server.store.database import Tx
from tests.dialects.device.glass import Glass, code

FIELDS = ("id", "version", "start", "end", "host", "title", "state", "proof")


def body(it: Glass) -> dict[str, Any]:
    """What the panel at Oak brings back: its plan as it was told."""
    plan = it.snapshot()
    told = [{name: each[name] for name in FIELDS} for each in plan["bookings"]]
    return {"room": "oak", "incarnation": plan["incarnation"], "bookings": told}


def lose(it: Glass) -> None:
    """The database is put back to before any booking."""

    def work(tx: Tx) -> None:
        for table in ("hold", "claim", "occurrence"):
            tx.run(f"DELETE FROM {table}")
        new_life(tx, it.house.clock.now(), former=mark(tx).incarnation)

    it.house.store.writing(work)


def test_the_plan_comes_back_word_for_word(it: Glass) -> None:
    it.house.policy(door_host="full", door_title=True)
    it.house.book("14:00", "15:00", title="Planning & <b>\u00e9t\u00e9</b>", organizer="Zo\u00eb \u5f20")
    it.house.book("16:00", "17:00")
    said = body(it)
    before = [each | {"proof": ""} for each in it.snapshot()["bookings"]]
    lose(it)
    assert it.snapshot()["bookings"] == []
    answer = it.ask("POST", "/attest", json=said)
    assert answer.status_code == 200
    assert {name: answer.json[name] for name in ("known", "recovered", "refused")} == {
        "known": 0, "recovered": 2, "refused": 0,
    }  # fmt: skip
    assert [each | {"proof": ""} for each in it.snapshot()["bookings"]] == before
    again = it.ask("POST", "/attest", json=said)
    assert (again.json["known"], again.json["recovered"]) == (2, 0)


def test_what_the_feed_and_an_act_told_comes_back_as_well(it: Glass) -> None:
    seen = it.snapshot()
    made = it.act("book", minutes=30).json["booking"]
    (told,) = it.feed(seen["seq"], seen["incarnation"]).json["bookings"]
    assert told["proof"] == made["proof"]
    lose(it)
    row = {name: made[name] for name in FIELDS}
    answer = it.ask("POST", "/attest", json={"room": "oak", "incarnation": seen["incarnation"], "bookings": [row]})
    assert answer.json["recovered"] == 1


def test_a_device_that_is_set_apart_still_brings_what_it_knows(it: Glass) -> None:
    it.house.book("14:00", "15:00")
    said = body(it)
    lose(it)
    number = next(each.number for each in it.house.engine.devices.all(CLI))
    it.house.store.writing(lambda tx: tx.run("UPDATE device SET quarantined_at = 1 WHERE id = ?", (number,)))
    assert it.ask("POST", "/attest", json=said).json["recovered"] == 1


def test_who_may_not(it: Glass) -> None:
    said = body(it) | {"incarnation": "former"}
    assert code(it.ask("POST", "/attest", key="elm", json=said))[0] == 403
    assert code(it.ask("POST", "/attest", key="read", json=said))[0] == 403
    assert it.ask("POST", "/attest", key="book", json=said).status_code == 200
    assert code(it.ask("POST", "/attest", key=None, json=said)) == (401, "unnamed")
    assert code(it.ask("POST", "/attest", key="both", json=said | {"room": "none"})) == (404, "unknown")


ROW = {"id": "x", "version": 1, "start": "2026-06-15T12:00:00Z", "end": "2026-06-15T13:00:00Z", "state": "accepted",
       "proof": "0" * 32}  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [{"bookings": None}, {"bookings": [7]}, {"bookings": [ROW] * 501}, {"incarnation": 7}, {},
     {"bookings": [ROW | {"version": "1"}]}, {"bookings": [ROW | {"version": 0}]}, {"bookings": [ROW | {"start": 7}]},
     {"bookings": [ROW | {"host": "\ud800"}]},
     {"bookings": [ROW | {"end": "9999-12-31T23:00:00Z"}]}, {"bookings": [ROW | {"title": "x" * 1_001}]},
     {"bookings": [{key: value for key, value in ROW.items() if key != "state"}]}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(it: Glass, wrong: dict[str, Any]) -> None:
    said = {"room": "oak", "incarnation": "former", "bookings": [ROW]} | wrong if wrong else {"room": "oak"}
    assert code(it.ask("POST", "/attest", json=said)) == (400, "invalid")


@pytest.mark.parametrize("odd", [{"start": "2026-06-15T13:00:00Z"}, {"id": "\0"}, {"id": ""},
                                 {"state": "gone"}, {"proof": ""}, {"proof": "\u00e9" * 32}])  # fmt: skip
def test_what_is_not_our_word_is_counted_and_nothing_else(it: Glass, odd: dict[str, Any]) -> None:
    answer = it.ask("POST", "/attest", json={"room": "oak", "incarnation": "former", "bookings": [ROW | odd]})
    assert answer.json["refused"] == 1
    assert it.snapshot()["bookings"] == []
    assert it.house.day() == []


def test_five_hundred_bookings_are_taken(it: Glass) -> None:
    rows = [ROW | {"host": "M. K. " * 20, "title": "x" * 200} for _ in range(500)]
    answer = it.ask("POST", "/attest", json={"room": "oak", "incarnation": "former", "bookings": rows})
    assert answer.json["refused"] == 500
