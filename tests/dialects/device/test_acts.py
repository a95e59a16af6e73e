"""What people do at the glass, as it travels: what it answers, what it refuses, and that it is done once."""

from typing import Any

import pytest

from tests.dialects.device.glass import Glass, code
from tests.make import at


def test_one_tap_books_and_the_answer_is_what_the_plan_says(it: Glass) -> None:
    answer = it.act("book", minutes=30)
    assert answer.status_code == 201
    assert set(answer.json) == {"booking", "gone", "time", "clock", "incarnation", "seq"}
    booking = answer.json["booking"]
    assert (booking["start"], booking["end"], booking["here"]) == ("2026-06-15T08:00:00Z", "2026-06-15T08:30:00Z", True)
    assert (booking["check_in"], booking["host"], booking["state"]) == ("done", "", "accepted")
    assert answer.json["gone"] is False
    plan = it.snapshot()
    assert plan["bookings"] == [booking]
    assert (answer.json["incarnation"], answer.json["seq"]) == (plan["incarnation"], plan["seq"])
    assert it.snapshot(key="both", query_string={"room": "oak"})["bookings"][0]["here"] is False


def test_a_tap_may_say_until_when_and_from_when(it: Glass) -> None:
    answer = it.act("book", start="2026-06-15T10:02:00+02:00", end="2026-06-15T08:45:00Z")
    assert (answer.json["booking"]["start"], answer.json["booking"]["end"]) == (
        "2026-06-15T08:02:00Z", "2026-06-15T08:45:00Z",
    )  # fmt: skip


def test_the_whole_of_a_meeting(it: Glass) -> None:
    it.house.policy(check_in=True)
    made = it.house.book("10:10", "11:00")
    early = it.act("check_in", booking=made.uid, version=1, start_now=True)
    assert (early.status_code, early.json["booking"]["start"]) == (200, "2026-06-15T08:00:00Z")
    longer = it.act("extend", booking=made.uid, version=2, minutes=15)
    assert longer.json["booking"]["end"] == "2026-06-15T09:15:00Z"
    op = f"op-{it.ops:08}"
    back = it.act("undo", of=op)
    assert (back.status_code, back.json["booking"]["end"], back.json["gone"]) == (200, "2026-06-15T09:00:00Z", False)


def test_a_walk_in_is_ended_by_anyone_and_taken_back(it: Glass) -> None:
    made = it.act("book", minutes=30, op="op-walk-in").json["booking"]
    it.house.clock.forward(minutes=5)
    ended = it.act("end", booking=made["id"], version=1, op="op-end-it")
    assert (ended.status_code, ended.json["booking"]["end"]) == (200, "2026-06-15T08:05:00Z")
    back = it.act("undo", of="op-end-it")
    assert back.json["booking"]["end"] == made["end"]


def test_an_undone_walk_in_is_gone(it: Glass) -> None:
    it.act("book", minutes=30, op="op-walk-in")
    gone = it.act("undo", of="op-walk-in")
    assert (gone.status_code, gone.json["gone"]) == (200, True)
    assert it.snapshot()["bookings"] == []


# once


def test_the_same_op_with_the_same_body_has_one_effect_and_one_answer(it: Glass) -> None:
    it.house.clock.forward(seconds=0.4)
    body = {"op": "op-00000042", "act": "book", "minutes": 30, "expires": "2026-06-15T08:05:00Z"}
    first = it.ask("POST", "/act", json=body)
    it.house.clock.forward(days=2)
    again = it.ask("POST", "/act", json=body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json["booking"] == first.json["booking"]
    assert it.house.changes() == ["walked_in"]


@pytest.mark.parametrize(
    "other", [{"minutes": 45}, {"minutes": 30, "start": "2026-06-15T08:01:00Z"}, {"act": "check_in"}]
)
def test_with_another_body_it_is_refused(it: Glass, other: dict[str, Any]) -> None:
    it.act("book", minutes=30, op="op-00000042")
    body = {"act": "book", **other}
    if body["act"] == "check_in":
        body["booking"] = it.house.book("11:00", "12:00").uid
    assert code(it.act(**body, op="op-00000042")) == (422, "op_reused")


def test_what_comes_too_late_is_refused_but_what_was_done_keeps_its_answer(it: Glass) -> None:
    assert code(it.act("book", minutes=30, wait=0)) == (422, "expired")
    assert code(it.act("book", minutes=30, wait=601)) == (400, "invalid")
    done = it.act("book", minutes=30, op="op-00000042", wait=600)
    it.house.clock.forward(hours=1)
    late = it.act("book", minutes=30, op="op-00000042", wait=-1)
    assert (late.status_code, late.json["booking"]) == (201, done.json["booking"])


# refused


def test_a_taken_time_is_a_clash_and_says_when_but_not_who(it: Glass) -> None:
    made = it.house.book("10:10", "11:00")
    answer = it.act("book", minutes=30)
    assert code(answer) == (409, "clash")
    assert answer.json["error"]["conflicts"] == [
        {"id": made.uid, "start": "2026-06-15T08:10:00Z", "end": "2026-06-15T09:00:00Z"}
    ]


def test_an_old_view_is_stale(it: Glass) -> None:
    made = it.house.book("10:00", "11:00")
    it.act("check_in", booking=made.uid, version=1)
    answer = it.act("extend", booking=made.uid, version=1, minutes=5)
    assert code(answer) == (409, "stale")
    assert "2" in answer.json["error"]["message"]


def test_what_the_rules_say_is_listed_with_its_numbers(it: Glass) -> None:
    it.house.policy(max_minutes=20, walk_in=False)
    answer = it.act("book", minutes=30)
    assert code(answer) == (422, "refused")
    assert answer.json["error"]["objections"] == [
        {"code": "no_walk_in", "numbers": {}},
        {"code": "too_long", "numbers": {"minutes": 20}},
    ]


def test_a_clash_comes_before_the_rules_and_both_are_told(it: Glass) -> None:
    it.house.policy(max_minutes=20)
    it.house.book("10:10", "10:30")
    answer = it.act("book", minutes=30)
    assert code(answer) == (409, "clash")
    assert [o["code"] for o in answer.json["error"]["objections"]] == ["too_long"]


def test_a_closure_is_told_with_its_reason(it: Glass) -> None:
    from server.core.access import CLI

    it.house.engine.rooms.close("oak", CLI, at("10:10"), at("11:00"), "Painting")
    answer = it.act("book", minutes=30)
    assert code(answer) == (422, "refused")
    assert answer.json["error"]["objections"] == [{"code": "closed", "numbers": {"reason": "Painting"}}]


@pytest.mark.parametrize(("act", "fields"), [("end", {}), ("book", {"minutes": 15, "start": "2026-06-15T09:00:00Z"})])
def test_what_needs_a_known_person_says_so(it: Glass, act: str, fields: dict[str, Any]) -> None:
    made = it.house.book("10:00", "11:00")
    assert code(it.act(act, booking=made.uid, **fields)) == (403, "identity")


def test_unknown_bookings_ops_and_rooms_are_unknown(it: Glass) -> None:
    elsewhere = it.house.book("10:00", "11:00", room="elm").uid
    for fields in (
        {"act": "check_in", "booking": "nobody"}, {"act": "check_in"}, {"act": "check_in", "booking": "a\0b"},
        {"act": "check_in", "booking": elsewhere}, {"act": "undo", "of": "x"}, {"act": "undo"},
        {"act": "undo", "of": "\0"}, {"act": "book", "minutes": 5, "room": "nowhere"},
        {"act": "book", "minutes": 5, "room": "o\0k"},
    ):  # fmt: skip
        assert code(it.act(**fields)) == (404, "unknown"), fields  # type: ignore[arg-type]


GOOD = {"op": "op-00000001", "act": "book", "minutes": 15, "expires": "2026-06-15T08:05:00Z"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("op", None), ("op", ""), ("op", "short"), ("op", "x" * 65), ("op", "with space"), ("op", "umläut-1"),
        ("op", 12345678), ("op", "op-0000001\n"), ("op", "op-000\x0001"),
        ("act", None), ("act", "dance"), ("act", ["book"]), ("act", "BOOK"),
        ("expires", None), ("expires", "soon"), ("expires", 1781510700), ("expires", "2026-06-15"),
        ("expires", "2026-06-15T08:05:00"), ("expires", "2026-06-15T25:05:00Z"),
        ("expires", "0001-01-01T00:00:00+14:00"), ("booking", "\ud800"), ("room", "\udc00"), ("of", "\ud800"),
        ("minutes", 0), ("minutes", -1), ("minutes", "15"), ("minutes", 15.0), ("minutes", True), ("minutes", 10**12),
        ("version", 0), ("version", "1"), ("version", 2**40), ("start_now", "yes"), ("start_now", 1),
        ("start", "now"), ("start", ""), ("end", "2026-02-30T10:00:00Z"), ("end", "9999-12-31T23:00:00Z"),
        ("booking", 5), ("booking", "x" * 256), ("of", {}), ("room", ["oak"]), ("room", "x" * 256),
    ],
)  # fmt: skip
def test_a_field_that_makes_no_sense_is_named(it: Glass, field: str, value: object) -> None:
    body = {name: given for name, given in (GOOD | {field: value}).items() if given is not None}
    answer = it.ask("POST", "/act", json=body)
    assert code(answer) == (400, "invalid")
    assert list(answer.json["error"]["fields"]) == [field]
    assert it.house.changes() == []


@pytest.mark.parametrize(
    "fields", [{}, {"minutes": 15, "end": "2026-06-15T09:00:00Z"}, {"end": "2026-06-15T08:00:00Z"}]
)
def test_a_walk_in_has_one_length(it: Glass, fields: dict[str, Any]) -> None:
    assert code(it.act("book", **fields)) == (400, "invalid")


def test_fields_of_a_later_version_are_ignored(it: Glass) -> None:
    assert it.act("book", minutes=15, mood="good").status_code == 201
