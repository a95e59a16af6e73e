"""`/journal`: what a device brings is taken and answered as the protocol says; nothing it may say breaks the server."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core.access import CLI
from tests.dialects.device.glass import Glass, code
from tests.engine.card import EPOCH, Card
from tests.make import at


@pytest.fixture
def card(it: Glass) -> Card:
    return Card(it.house, it.house.engine.devices.actor(it.keys["panel"]))


def body(card: Card, **more: Any) -> dict[str, Any]:
    return {"epoch": EPOCH, "first": 1, "now": {"boot": card.boot, "mono": card.mono}, "ops": card.said} | more


def bring(it: Glass, card: Card, key: str = "panel", **more: Any) -> Any:
    return it.ask("POST", "/journal", key=key, json=body(card, **more))


def test_a_walk_in_and_what_it_met_are_answered(it: Glass, card: Card) -> None:
    card.walk_in()
    it.house.book("10:20", "11:00")
    told = bring(it, card)
    assert told.status_code == 200
    (result,) = told.json["results"]
    assert (told.json["applied"], result["seq"], result["outcome"]) == (1, 1, "shortened")
    assert (result["booking"]["end"], result["booking"]["here"]) == ("2026-06-15T08:20:00Z", True)
    assert told.json["seq"] == {"oak": it.house.engine.devices.head("oak", CLI)}
    assert bring(it, card).json["results"] == told.json["results"], "once more"
    plan = it.snapshot()
    (shown,) = plan["conflicts"]
    assert (shown["id"], shown["kind"], shown["host"], shown["other_host"]) == (
        result["conflict"],
        "walk_in",
        "",
        "A. A.",
    )
    assert (shown["from"], shown["to"]) == ("2026-06-15T08:00:00Z", "2026-06-15T08:30:00Z")
    assert shown["booking"] == result["booking"]["id"]
    assert it.feed(0, plan["incarnation"]).json["conflicts"] == [shown]
    it.house.engine.conflicts.resolve(result["conflict"], "both", CLI)
    assert it.snapshot()["conflicts"] == []


def test_the_feed_tells_of_a_conflict_as_soon_as_there_is_one(it: Glass, card: Card) -> None:
    plan = it.snapshot()
    card.walk_in()
    it.house.book("10:20", "11:00")
    bring(it, card)
    news = it.feed(plan["seq"], plan["incarnation"]).json
    assert len(news["conflicts"]) == 1
    assert len(news["bookings"]) == 2


def test_an_entry_without_effect_has_no_booking(it: Glass, card: Card) -> None:
    card.write("end", of="never-done-here")
    assert bring(it, card).json["results"] == [
        {"seq": 1, "op": card.said[0]["op"], "outcome": "nothing", "booking": None, "conflict": None}
    ]


def test_what_is_missing_is_asked_for_with_where_to_begin(it: Glass, card: Card) -> None:
    for _ in range(3):
        card.write("undo", of="nothing-of-mine")
    refused = bring(it, card, ops=card.said[2:])
    assert code(refused) == (409, "gap")
    assert refused.json["error"]["fields"] == {"applied": "0"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"epoch": ""}, {"epoch": "ä" * 10}, {"first": 0}, {"ops": {}}, {"ops": [1]}, {"ops": [{}]}, {"now": 7},
        {"ops": [{"seq": 1, "op": "x" * 8, "hash": "ab", "deep": {"a": [1]}}]}, {"ops": [{"seq": 1}] * 101},
        {"now": {"boot": "x", "mono": -1}},
    ],
)  # fmt: skip
def test_what_makes_no_sense_as_a_whole_is_refused(it: Glass, card: Card, wrong: dict[str, Any]) -> None:
    assert code(bring(it, card, **wrong)) == (400, "invalid")


def test_it_is_a_devices_alone(it: Glass, card: Card) -> None:
    card.walk_in()
    for key in ("read", "book"):
        assert code(bring(it, card, key=key)) == (403, "barred")
    assert bring(it, card, key="elm").json["results"][0]["outcome"] == "nothing"


def test_a_device_that_is_set_apart_brings_what_it_has(it: Glass, card: Card) -> None:
    card.walk_in()
    bring(it, card)
    card.said[0] = {**card.said[0], "hash": "0" * 64}
    assert bring(it, card).status_code == 200
    assert code(it.act("book", minutes=15)) == (403, "quarantined")
    card.said.clear()
    it.house.clock.set("11:00")
    other = Card(it.house, card.actor, epoch="another-epoch")
    other.walk_in()
    assert bring(it, other, epoch="another-epoch").json["results"][0]["outcome"] == "accepted"


def test_what_was_left_of_a_card_is_kept(it: Glass) -> None:
    sent = {"epoch": EPOCH, "body": base64.b64encode(b"\x00half an entry").decode()}
    assert it.ask("POST", "/journal/torn", json=sent).status_code == 200
    assert len(it.house.engine.tickets.page(CLI, category="journal_torn")) == 1
    for wrong in ("not base64", "", base64.b64encode(b"x" * 1_048_577).decode()):
        assert code(it.ask("POST", "/journal/torn", json=sent | {"body": wrong})) == (400, "invalid")
    huge = it.ask("POST", "/journal/torn", json=sent | {"body": "A" * 3_000_000})
    assert code(huge) == (413, "too_large")


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.sampled_from(
        ["oak", "elm", "book", "extend", "end", "undo", "check_in", "here", "confirmed", "verified", "unverified",
         "2026-06-15T08:00:00Z", "2026-06-15T08:30:00Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00+14:00", "boot-1"]
    ),
)  # fmt: skip
NAMES = ("act", "room", "start", "end", "booking", "of", "grade", "boot", "mono", "wall", "clock", "prev", "hash")
ENTRY = st.fixed_dictionaries(
    {"seq": st.integers(1, 3), "op": st.sampled_from(["op-number-1", "op-number-2"]), "hash": st.sampled_from("ab")},
    optional={name: VALUES for name in NAMES if name != "hash"}
    | {"grant": st.dictionaries(st.text(max_size=3), VALUES)},
)


def test_nothing_that_a_device_may_say_breaks_the_server(it: Glass) -> None:
    seen = set()

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(ENTRY, max_size=3), st.integers(1, 4), st.sampled_from([EPOCH, "another-epoch"]))
    def one(ops: list[dict[str, Any]], first: int, epoch: str) -> None:
        sent = json.dumps({"epoch": epoch, "first": first, "now": {"boot": "boot-1", "mono": 5000.0}, "ops": ops})
        answer = it.ask("POST", "/journal", data=sent, content_type="application/json")
        assert answer.status_code in (200, 400, 409), answer.text
        seen.update(each["outcome"] for each in answer.json.get("results", ()))

    one()
    assert "nothing" in seen
    assert it.house.engine.bookings.between("oak", CLI, None) is not None
    assert at("10:00") == it.house.clock.now()
