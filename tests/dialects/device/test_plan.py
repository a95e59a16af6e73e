"""The plan and the news: everything the panel needs, as the protocol writes it, and cheaply asked again."""

import re
from datetime import date, timedelta

import pytest

from server.core.access import CLI
from server.core.model import Edit
from server.core.policy import Opening
from tests.dialects.device.glass import Glass, code
from tests.make import at

SNAPSHOT = {"protocol", "incarnation", "seq", "time", "from", "to", "room", "offsets", "policy", "open", "closures",
            "clock", "bookings", "conflicts"}  # fmt: skip


def test_the_plan_is_as_the_protocol_writes_it(it: Glass) -> None:
    it.house.book("11:00", "12:00")
    it.house.engine.rooms.close("oak", CLI, at("13:00"), at("14:00"), "Cleaning")
    it.house.policy(opening=(Opening(frozenset({0}), 480, 1080),), max_minutes=120, gap_minutes=5)
    plan = it.snapshot()
    assert set(plan) == SNAPSHOT
    assert (plan["protocol"], plan["time"]) == (1, "2026-06-15T08:00:00.000Z")
    assert (plan["from"], plan["to"]) == ("2026-06-14T22:00:00Z", "2026-06-29T22:00:00Z")
    assert plan["room"] == {
        "id": "oak", "number": it.house.oak.number, "name": "Oak", "zone": "Europe/Berlin", "capacity": 8,
        "site": "Main", "building": "", "floor": "1", "facilities": [], "active": True,
    }  # fmt: skip
    assert plan["offsets"] == [
        {"from": "2026-06-14T22:00:00Z", "seconds": 7200}, {"from": "2026-10-25T01:00:00Z", "seconds": 3600},
        {"from": "2027-03-28T01:00:00Z", "seconds": 7200},
    ]  # fmt: skip
    assert plan["policy"] == {
        "walk_in": True, "durations": [15, 30, 60], "check_in": False, "extend": True, "extend_minutes": 30,
        "early_minutes": 15, "gap_minutes": 5, "max_minutes": 120, "min_minutes": None, "act": True,
        "release": "observe", "nobody_here": False, "door_minutes": 120, "walk_ins_per_hour": 12, "walk_ins_in_row": 2,
        "walk_in_pause_minutes": 5,
    }  # fmt: skip
    assert plan["open"][0] == {"from": "2026-06-15T06:00:00Z", "to": "2026-06-15T16:00:00Z"}
    assert plan["closures"] == [{"from": "2026-06-15T11:00:00Z", "to": "2026-06-15T12:00:00Z", "reason": "Cleaning"}]


def test_a_booking_is_as_the_protocol_writes_it(it: Glass) -> None:
    made = it.house.book("11:00", "12:00")
    (told,) = it.snapshot()["bookings"]
    assert re.fullmatch("[0-9a-f]{32}", told.pop("proof"))
    assert [told] == [
        {
            "id": made.uid, "version": 1, "start": "2026-06-15T09:00:00Z", "end": "2026-06-15T10:00:00Z",
            "host": "A. A.", "title": "", "state": "accepted", "check_in": "none", "check_in_from": None,
            "check_in_by": None,
            "checked_in_at": None, "here": False, "made_at": "2026-06-15T08:00:00Z", "joined": [], "ended": False,
            "release": None, "ask": None, "follows": None,
        }
    ]  # fmt: skip


def test_a_room_that_is_always_open_has_no_hours(it: Glass) -> None:
    assert it.snapshot()["open"] is None
    it.house.policy(opening=(Opening(frozenset({5}), 0, 60),))
    assert [span["from"] for span in it.snapshot()["open"]] == ["2026-06-19T22:00:00Z", "2026-06-26T22:00:00Z"]


def test_check_in_is_asked_for_with_its_times(it: Glass) -> None:
    it.house.policy(check_in=True)
    made = it.house.book("11:00", "12:00")
    (asked,) = it.snapshot()["bookings"]
    assert (asked["check_in"], asked["check_in_from"], asked["check_in_by"]) == (
        "asked", "2026-06-15T08:45:00Z", "2026-06-15T09:10:00Z",
    )  # fmt: skip
    it.house.clock.set("10:50")
    it.house.engine.presence.check_in(made.uid, it.house.alice)
    (done,) = it.snapshot()["bookings"]
    assert (done["check_in"], done["checked_in_at"]) == ("done", "2026-06-15T08:50:00Z")


def test_what_waits_for_approval_is_pending_and_nobody_walks_in(it: Glass) -> None:
    it.house.engine.rooms.change("oak", CLI, auto_accept=False)
    it.house.book("11:00", "12:00")
    plan = it.snapshot()
    assert plan["bookings"][0]["state"] == "pending"
    assert plan["policy"]["walk_in"] is False


def test_a_key_that_reads_may_only_show(it: Glass) -> None:
    assert it.snapshot(key="read", query_string={"room": "oak"})["policy"]["act"] is False


def test_the_change_of_the_clock_is_told(it: Glass) -> None:
    it.house.clock.set(at("10:00", date(2026, 3, 20)))
    assert it.snapshot()["offsets"][:2] == [
        {"from": "2026-03-19T23:00:00Z", "seconds": 3600},
        {"from": "2026-03-29T01:00:00Z", "seconds": 7200},
    ]


def test_the_only_room_need_not_be_named(it: Glass) -> None:
    assert it.snapshot()["room"]["id"] == "oak"
    assert it.snapshot(query_string={"room": "oak"})["room"]["id"] == "oak"
    for key in ("both", "book"):
        assert code(it.ask("GET", "/snapshot", key=key)) == (400, "invalid")
        assert it.snapshot(key=key, query_string={"room": "elm"})["room"]["id"] == "elm"


# the feed


def test_the_feed_brings_what_changed_whole_and_names_what_is_gone(it: Glass) -> None:
    stays, goes = it.house.book("11:00", "12:00"), it.house.book("13:00", "14:00")
    plan = it.snapshot()
    quiet = it.feed(plan["seq"], plan["incarnation"]).json
    assert (quiet["bookings"], quiet["gone"], quiet["reload"], quiet["seq"]) == ([], [], False, plan["seq"])
    it.house.engine.bookings.change(stays.uid, Edit(ends=at("12:30")), it.house.alice)
    it.house.engine.bookings.cancel(goes.uid, it.house.alice)
    news = it.feed(plan["seq"], plan["incarnation"]).json
    assert set(news) == {"incarnation", "seq", "time", "bookings", "gone", "reload", "conflicts"}
    assert [(b["id"], b["version"], b["end"]) for b in news["bookings"]] == [(stays.uid, 2, "2026-06-15T10:30:00Z")]
    assert news["gone"] == [goes.uid]
    assert news["seq"] > plan["seq"]
    assert it.snapshot()["bookings"] == news["bookings"]


def test_a_new_policy_asks_for_a_new_plan(it: Glass) -> None:
    plan = it.snapshot()
    it.house.policy(check_in=True)
    assert it.feed(plan["seq"], plan["incarnation"]).json["reload"] is True


def test_a_cursor_of_another_life_or_ahead_is_answered_with_resync(it: Glass) -> None:
    plan = it.snapshot()
    for after, incarnation in (
        (plan["seq"] + 1, plan["incarnation"]),
        (0, "other"),
        (0, ""),
        (2**53, plan["incarnation"]),
    ):
        assert code(it.feed(after, incarnation)) == (410, "resync")


@pytest.mark.parametrize(
    "query",
    [{}, {"after": 1}, {"incarnation": "x"}, {"after": "x", "incarnation": "x"}, {"after": -1, "incarnation": "x"},
     {"after": 2**53 + 1, "incarnation": "x"}, {"after": "1.5", "incarnation": "x"},
     {"after": 1, "incarnation": "x" * 256}, {"after": "1" * 30, "incarnation": "x"},
     {"after": 1, "incarnation": "\0"}],
)  # fmt: skip
def test_a_cursor_that_is_none_is_refused_with_the_field_named(it: Glass, query: dict[str, object]) -> None:
    answer = it.ask("GET", "/feed", query_string=query)
    assert code(answer) == (400, "invalid")
    assert set(answer.json["error"]["fields"]) <= {"after", "incarnation"}


# asked again


@pytest.mark.parametrize("path", ["/snapshot", "/feed"])
def test_who_has_seen_it_is_told_so_however_late_it_is(it: Glass, path: str) -> None:
    plan = it.snapshot()
    query = {"after": plan["seq"], "incarnation": plan["incarnation"]} if path == "/feed" else {}
    first = it.ask("GET", path, query_string=query)
    tag = {"If-None-Match": first.headers["ETag"]}
    it.house.clock.forward(seconds=1.234)
    again = it.ask("GET", path, query_string=query, headers=tag)
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert it.ask("GET", path, query_string=query, headers={"If-None-Match": '"other"'}).status_code == 200
    it.house.book("11:00", "12:00")
    changed = it.ask("GET", path, query_string=query, headers=tag)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_a_new_day_is_a_new_plan(it: Glass) -> None:
    tag = {"If-None-Match": it.ask("GET", "/snapshot").headers["ETag"]}
    it.house.clock.set(at("00:00", 1) - timedelta(seconds=1))
    assert it.ask("GET", "/snapshot", headers=tag).status_code == 304
    it.house.clock.set(at("00:00", 1))
    assert it.ask("GET", "/snapshot", headers=tag).status_code == 200
