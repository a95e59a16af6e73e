"""Heartbeats of one room and of several, and orders with their receipts, as the protocol writes them."""

import base64
import json
from typing import Any

import pytest

from server.core.access import CLI
from server.core.clock import epoch
from tests.dialects.device.glass import Glass, code
from tests.make import room
from tests.pictures import png

OLD = {"room": "oak", "seq": 3, "state": "free", "painted_at": None, "as_of": "2026-06-15T08:00:00Z",
       "clock": "verified", "version": "0.1", "unconfirmed": 0}  # fmt: skip
BEAT: dict[str, Any] = {
    "rooms": [{"id": "oak", "seq": 3, "state": "free", "as_of": "2026-06-15T08:00:00Z"}], "life": "a1",
    "unconfirmed": 0, "version": "0.1.0", "clock": "verified", "clock_source": "server", "clock_offset_ms": -12,
    "painted_ago": 2, "painted_for": 58, "touch": "good", "touched_ago": None, "settled": True,
    "heard": "2026-06-15T07:59:59.700Z", "browser": "good", "me": "x",
    "vitals": {"temperature": 51.5, "undervoltage": False, "disk": "good", "wear": 3},
}  # fmt: skip


def beat(it: Glass, key: str = "panel", **fields: Any) -> Any:
    answer = it.ask("POST", "/heartbeat", key=key, json=BEAT | fields)
    assert answer.status_code == 200, answer.json
    return answer.json


def kept(it: Glass) -> dict[str, Any]:
    """What is kept of the one device that was heard."""
    with it.house.store.reading() as tx:
        said: dict[str, Any] = json.loads(tx.rows("SELECT heartbeat FROM device WHERE seen_at IS NOT NULL")[0][0])
    return said


def test_a_heartbeat_is_answered_with_the_time_and_the_newest_change(it: Glass) -> None:
    it.house.clock.forward(seconds=0.25)
    plan = it.snapshot()
    me = it.house.engine.devices.me(it.house.engine.devices.actor(it.keys["panel"])).digest
    told = {"time": "2026-06-15T08:00:00.250Z", "clock": "sure", "incarnation": plan["incarnation"], "me": me,
            "orders": [], "grants": {}}  # fmt: skip
    assert beat(it) == told | {"rooms": {"oak": plan["seq"]}}
    assert it.ask("POST", "/heartbeat", json=OLD).json == told | {"seq": plan["seq"]}
    it.house.book("11:00", "12:00")
    assert beat(it)["rooms"]["oak"] > plan["seq"]


def test_a_panel_of_two_rooms_hears_of_both_and_of_no_room_that_is_not_its_own(it: Glass) -> None:
    rooms = [{"id": name, "seq": 0, "state": "", "as_of": None} for name in ("oak", "elm", "cellar")]
    assert set(beat(it, "both", rooms=rooms)["rooms"]) == {"oak", "elm"}
    assert set(beat(it, rooms=rooms)["rooms"]) == {"oak"}, "it was given other rooms, and asks who it is"
    assert beat(it, rooms=[])["rooms"] == {}


def test_a_panel_that_knows_nothing_yet_beats_too(it: Glass) -> None:
    assert it.ask("POST", "/heartbeat", json={}).status_code == 200
    assert it.ask("POST", "/heartbeat", data=b"").status_code == 200


def test_what_a_later_panel_says_is_ignored_and_what_makes_no_sense_of_its_machine_left_out(it: Glass) -> None:
    vitals = {"temperature": 900, "undervoltage": "yes", "disk": "good", "wear": 101, "load": 0.5, "moon": "full"}
    beat(it, lamp={"on": True}, log="x" * 9_000, vitals=vitals)
    assert kept(it)["vitals"] == {"disk": "good", "load": 0.5}
    assert not {"lamp", "log"} & set(kept(it))
    beat(it, "elm", vitals=None, rooms=[])


def test_a_heartbeat_of_the_longest_words_is_kept_in_four_kilobytes(it: Glass) -> None:
    for number in range(30):
        it.house.engine.rooms.add(room(f"r{number:02}"), CLI)
    names = [f"r{number:02}" for number in range(30)]
    secret = it.house.engine.tokens.create("all", "book", CLI)[1]
    rooms = [{"id": name, "seq": 2**53, "state": "x" * 64, "as_of": "2026-06-15T08:00:00Z"} for name in names]
    words = dict.fromkeys(("life", "version", "clock", "clock_source", "touch", "browser", "me"), "x" * 64)
    assert set(beat(it, secret, rooms=rooms, **words)["rooms"]) == set(names)
    panel, secret = it.house.engine.devices.add("Panel", CLI, rooms=tuple(names[:20]))
    beat(it, secret, rooms=rooms, **words)
    with it.house.store.reading() as tx:
        (said,) = tx.rows("SELECT heartbeat FROM device WHERE id = ?", (panel.number,))[0]
    assert len(said) <= 4096
    assert len(json.loads(said)["rooms"]) == 20


@pytest.mark.parametrize(
    ("field", "value"),
    [("seq", -1), ("seq", "3"), ("seq", 1.5), ("seq", True), ("state", 5), ("state", "x" * 65), ("as_of", "yesterday"),
     ("as_of", 5), ("as_of", "2026-06-15T08:00:00"), ("as_of", "9999-12-31T23:59:59-12:00"), ("unconfirmed", -1),
     ("unconfirmed", None), ("clock", ["x"]), ("painted_ago", -1), ("touched_ago", 2.5), ("settled", "yes"),
     ("clock_offset_ms", 2**55), ("life", "x" * 65), ("rooms", {}), ("rooms", [{}] * 501)],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_the_field_named(it: Glass, field: str, value: object) -> None:
    answer = it.ask("POST", "/heartbeat", json=OLD | {field: value})
    assert code(answer) == (400, "invalid")
    assert next(iter(answer.json["error"]["fields"])).startswith(field)


def test_what_a_panel_says_of_its_page_its_touch_and_its_debts_is_kept_as_evidence(it: Glass) -> None:
    more = {"painted_ago": 2, "painted_for": 58, "touch": "good", "settled": True, "heard": "2026-06-15T07:59:59.700Z"}

    def evidence(**other: object) -> tuple[object, ...]:
        it.house.clock.forward(seconds=60)
        assert it.ask("POST", "/heartbeat", json=OLD | more | other).status_code == 200
        with it.house.store.reading() as tx:
            return tuple(tx.rows("SELECT painted_since, settled_at, touch FROM device WHERE seen_at IS NOT NULL")[0])

    begun = epoch(it.house.clock.now())
    assert evidence() == (begun, begun - 1, "good")
    assert evidence(heard="2026-06-15T08:01:59Z", unconfirmed=1, touch="suspect") == (begun + 60, begun - 1, "suspect")
    assert evidence(heard="2026-06-15T08:02:59Z", settled=False, painted_for=178) == (begun, begun - 1, "good")


def test_the_age_of_each_rooms_plan_is_kept_by_the_rooms_number(it: Glass) -> None:
    rooms = [{"id": "oak", "as_of": "2026-06-15T08:00:00Z"}, {"id": "elm", "as_of": None}]
    beat(it, "both", rooms=rooms)
    assert kept(it)["rooms"] == [
        {"number": it.house.oak.number, "seq": 0, "state": "", "as_of": "2026-06-15T08:00:00Z"},
        {"number": it.house.elm.number, "seq": 0, "state": "", "as_of": None},
    ]


# orders


def test_an_order_comes_with_every_heartbeat_until_its_receipt_and_counts_once(it: Glass) -> None:
    fleet, number = it.house.engine.fleet, _number(it, "panel")
    order = fleet.order(number, "identify", CLI, with_={"seconds": 30})
    told = {"id": order.number, "what": "identify", "with": {"seconds": 30}}
    assert beat(it)["orders"] == beat(it)["orders"] == [told]
    assert it.ask("POST", "/heartbeat", json=OLD).json["orders"] == [told]
    assert beat(it, "elm", rooms=[])["orders"] == [], "another's"
    path = f"/orders/{order.number}"
    assert code(it.ask("POST", path, key="elm", json={"outcome": "done"})) == (404, "unknown")
    assert code(it.ask("POST", path, key="book", json={"outcome": "done"})) == (403, "barred")
    for outcome in ("done", "failed"):
        assert list(it.ask("POST", path, json={"outcome": outcome}).json) == ["time"]
    assert beat(it)["orders"] == []
    assert [it.outcome for it in fleet.orders(number, CLI)] == ["done"]


def test_a_picture_comes_as_base64_of_a_png(it: Glass) -> None:
    fleet, number = it.house.engine.fleet, _number(it, "panel")
    order = fleet.order(number, "screenshot", CLI).number
    for bad in ("***", base64.b64encode(b"GIF89a").decode(), base64.b64encode(png(9_000)).decode()):
        answer = it.ask("POST", f"/orders/{order}", json={"outcome": "done", "picture": bad})
        assert (code(answer), list(answer.json["error"]["fields"])) == ((400, "invalid"), ["picture"])
    assert fleet.picture(number, CLI) is None
    sent = {"outcome": "done", "picture": base64.b64encode(png()).decode()}
    assert it.ask("POST", f"/orders/{order}", json=sent).status_code == 200
    assert fleet.picture(number, CLI) == png()


def test_receipts_are_bounded(it: Glass) -> None:
    order = it.house.engine.fleet.order(_number(it, "panel"), "log", CLI).number
    path = f"/orders/{order}"
    assert code(it.ask("POST", path, json={"outcome": "perhaps"})) == (400, "invalid")
    assert code(it.ask("POST", path, json={"outcome": "done", "text": "x" * 65_537})) == (400, "invalid")
    assert code(it.ask("POST", path, json={"outcome": "done", "text": "x" * 1_600_000})) == (413, "too_large")
    assert code(it.ask("POST", "/orders/x", json={"outcome": "done"})) == (404, "unknown")
    assert it.ask("POST", path, json={"outcome": "done", "text": "x" * 65_536}).status_code == 200


def _number(it: Glass, key: str) -> int:
    return int(it.house.engine.devices.actor(it.keys[key]).name[7:])


def test_no_word_of_a_heartbeat_steers_a_terminal_or_spoils_an_answer(it: Glass) -> None:
    beat(it, version="1\x1b]0;x\x07", clock="\u202efree", browser="\x9b2J", me="\x00", vitals={"disk": "\ud800"})
    said = kept(it)
    assert (said["version"], said["clock"]) == ("1\ufffd]0;x\ufffd", "\ufffdfree")
    assert (said["browser"], said["me"], said["vitals"]) == ("\ufffd2J", "\ufffd", {})
