"""Facilities: the list, one, changes; and slot by slot whether one is to be had."""

from typing import Any

from server.core.access import CLI
from server.core.house import Right
from server.core.policy import Opening
from tests.dialects.roomloop.door import Door
from tests.make import at, room

TUESDAY = "2026-06-16"


def slots(door: Door, on: str = TUESDAY, by: str = "alice", facility: str = "oak") -> list[dict[str, object]]:
    found: list[dict[str, object]] = door.get(f"/facilities/{facility}/availability?date={on}", by)["slots"]
    return found


def why(door: Door, on: str = TUESDAY, by: str = "alice") -> list[object]:
    """The reasons of a day's slots, None where one is available."""
    shown = slots(door, on, by)
    assert all(it["available"] == (it["reason"] is None) == (it["rule"] is None) for it in shown)
    return [it["reason"] for it in shown]


def test_a_facility_tells_its_amenities_and_capacity(door: Door) -> None:
    door.house.engine.rooms.change("oak", CLI, facilities=("projector", "sink"), building="Main", description="Big")
    assert door.get("/facilities/oak", "alice") == {
        "id": "oak", "name": "Oak", "type": "", "building": "Main", "status": "available", "status_reason": "",
        "capacity": 8, "amenities": ["projector", "sink"], "description": "Big", "site": "Main", "floor": "1",
        "timezone": "Europe/Berlin", "needs_approval": False,
    }  # fmt: skip
    assert door.refused("GET", "/facilities/attic", 404, by="alice")["code"] == "not_found"


def test_they_are_listed_by_type_building_and_status_all_or_page_by_page(door: Door) -> None:
    engine = door.house.engine
    engine.rooms.add(room("lab", room_type="lab", building="North"), CLI)
    engine.rooms.add(room("gym", room_type="gym", building="North", status="unavailable"), CLI)
    engine.rooms.add(room("den", status="hidden"), CLI)
    engine.rooms.add(room("old", active=False), CLI)

    def listed(query: str = "", by: str = "alice") -> list[str]:
        return [it["id"] for it in door.get(f"/facilities?{query}", by)["data"]]

    assert listed() == ["oak", "elm", "lab", "gym", "old"]
    assert listed(by="ada") == ["oak", "elm", "lab", "gym", "den", "old"]
    assert listed("type=lab") == ["lab"]
    assert listed("building=north&status=available") == ["lab"]
    assert listed("status=unavailable") == ["gym", "old"]
    assert listed("status=hidden", "ada") == ["den"]
    first = door.get("/facilities?limit=2", "alice")
    rest = door.get(f"/facilities?limit=200&cursor={first['next_cursor']}", "alice")
    assert [it["id"] for it in first["data"] + rest["data"]] == listed()
    for query, path in (("limit=-1", "limit"), ("cursor=x", "cursor"), ("kind=lab", "kind"), ("status=free", "status")):
        assert list(door.bad("GET", f"/facilities?{query}")) == [path]


def test_rooms_that_somebody_may_not_see_are_no_facilities_to_him(door: Door) -> None:
    door.house.engine.rooms.change("elm", CLI, rules={"members": "none"})
    assert [it["id"] for it in door.get("/facilities", "alice")["data"]] == ["oak"]
    assert door.refused("GET", "/facilities/elm", 403, by="alice")["capability"] == "facilities.read"
    assert door.refused("GET", f"/facilities/elm/availability?date={TUESDAY}", 403, by="alice")["code"] == "forbidden"


def test_who_manages_a_facility_changes_what_is_said_of_it(any_door: Door) -> None:
    door = any_door
    body = {
        "name": "STEM Lab",
        "capacity": 24,
        "amenities": ["sink"],
        "status": "unavailable",
        "status_reason": "Paint",
    }
    after = door.patch("/facilities/oak", body)
    assert {name: after[name] for name in body} == body
    assert door.get("/facilities/oak", "alice") == after
    assert door.patch("/facilities/oak", {"status": "available"}, "stan")["capacity"] == 24
    door.house.engine.rooms.change("oak", CLI, active=False)
    assert door.get("/facilities/oak")["status"] == "unavailable"
    assert door.patch("/facilities/oak", {"status": "available"})["status"] == "available"
    assert door.patch("/facilities/oak", {"building": "North"})["building"] == "North"
    error = door.refused("PATCH", "/facilities/oak", 403, body, "alice")
    assert error["capability"] == "facilities.update"
    assert door.refused("PATCH", "/facilities/attic", 404, body)["code"] == "not_found"


def test_a_change_that_is_none_is_refused_by_name(door: Door) -> None:
    cases: tuple[Any, ...] = (
        ({}, "body"), ({"id": "ash"}, "id"), ({"name": ""}, "name"), ({"name": None}, "name"), ({"name": 3}, "name"),
        ({"capacity": -1}, "capacity"), ({"capacity": "8"}, "capacity"), ({"status": "open"}, "status"),
        ({"amenities": "sink"}, "amenities"), ({"amenities": [""]}, "amenities.0"), ({"name": "a\x07"}, "name"),
    )  # fmt: skip
    for body, field in cases:
        assert list(door.bad("PATCH", "/facilities/oak", body)) == [field]
        assert door.get("/facilities/oak")["name"] == "Oak"


def test_a_change_that_would_shut_out_bookings_is_refused(door: Door) -> None:
    door.house.book(at("10:00", 1), at("11:00", 1))
    error = door.refused("PATCH", "/facilities/oak", 422, {"status": "unavailable"})
    assert [(it["rule"], it["reason"]) for it in error["rules"]] == [("R-00", "shuts_out"), ("R-03", "clash")]


def test_a_day_has_the_ten_slots_of_a_school_by_the_clock_on_the_wall(door: Door) -> None:
    shown = slots(door)
    assert [it["slot"] for it in shown] == list(range(10))
    assert [it["label"] for it in shown] == [f"{hour:02}:00–{hour:02}:50" for hour in range(8, 18)]
    assert (shown[2]["start"], shown[2]["end"]) == ("2026-06-16T08:00:00Z", "2026-06-16T08:50:00Z")
    assert why(door) == [None] * 10
    assert slots(door, "2026-06-20") == []


def test_what_was_booked_anywhere_is_never_available(door: Door) -> None:
    mine = door.post("/reservations", {
        "facility_id": "oak", "date": TUESDAY, "start_slot": 1, "end_slot": 1, "purpose": "x",
    }, "alice")  # fmt: skip
    door.house.book(at("10:49", 1), at("11:00", 1))
    door.house.engine.rooms.change("oak", CLI, auto_accept=False)
    door.house.book(at("14:00", 1), at("14:10", 1))
    shown = slots(door, by="bob")
    assert [(it["slot"], it["reason"], it["rule"]) for it in shown if not it["available"]] == [
        (1, "booked", "R-03"), (2, "booked", "R-03"), (6, "booked", "R-03"),
    ]  # fmt: skip
    assert shown[1]["reservation_id"] == mine["id"]
    assert all((it["reservation_id"] is None) == it["available"] for it in shown)


def test_what_cannot_be_booked_for_any_other_reason_is_not_available_and_says_why(door: Door) -> None:
    engine = door.house.engine
    monday = why(door, "2026-06-15")
    assert monday[:3] == ["past", "past", None]
    door.house.clock.set("10:01")
    assert why(door, "2026-06-15")[:4] == ["past", "past", "past", None]
    assert set(why(door, "2026-06-12")) == {"past"}
    engine.rooms.close("oak", CLI, at("10:30", 1), at("11:30", 1), "Paint")
    assert why(door)[2:4] == ["closed", "closed"]
    door.house.policy(opening=(Opening(frozenset(range(5)), 9 * 60, 12 * 60),), horizon_days=3, notice_minutes=60)
    assert why(door) == ["outside_hours", None, "closed", "closed", *["outside_hours"] * 6]
    assert set(why(door, "2026-06-19")) >= {"too_far"}
    assert why(door, "2026-06-15")[3] == "too_soon"
    engine.rooms.change("oak", CLI, status="unavailable", anyway=True)
    assert set(why(door)) <= {"out_of_service", "closed"}
    engine.rooms.change("oak", CLI, active=False, anyway=True)
    assert set(why(door)) <= {"inactive", "closed"}


def test_nothing_is_available_to_who_may_not_book(door: Door) -> None:
    door.house.engine.rooms.change("oak", CLI, rules={"members": "see"})
    assert set(why(door)) == {"not_allowed"}
    right = Right(0, "person", door.people["bob"].number, "book", room=door.house.oak.number)
    door.house.engine.rights.give(right, CLI)
    assert set(why(door, by="bob")) == {None}
    door.house.policy(roles=("staff",))
    assert set(why(door, by="bob")) == {"not_your_role"}


def test_a_date_must_be_one(door: Door) -> None:
    for query in ("", "?date=", "?date=tomorrow", "?date=2026-02-29", "?date=1970-12-31", "?date=9999-01-01"):
        assert list(door.bad("GET", f"/facilities/oak/availability{query}")) == ["date"]


def test_what_is_told_available_is_what_a_reservation_gets(door: Door) -> None:

    door.house.book(at("10:49", 1), at("11:00", 1))
    door.house.policy(opening=(Opening(frozenset(range(5)), 9 * 60, 16 * 60),), gap_minutes=15)
    shown = slots(door)
    for it in shown:
        body = {"facility_id": "oak", "date": TUESDAY, "start_slot": it["slot"], "end_slot": it["slot"], "purpose": "x"}
        answer = door.ask("POST", "/reservations", "alice", json=body)
        assert (answer.status_code == 201) == it["available"], (it, answer.text)
        if answer.status_code == 201:
            assert door.ask("DELETE", f"/reservations/{answer.json['id']}").status_code == 204
    assert any(it["available"] for it in shown)
