"""Faults are reported and seen to through the API; by pages, and in the room's local time."""

from server.core.access import CLI
from server.core.tickets import FAULTS
from server.engine.tickets import open_ticket
from tests.dialects.roomvox.door import Door


def test_a_fault_is_reported_shown_and_closed(any_door: Door) -> None:
    door = any_door
    made = door.ask("POST", "/rooms/oak/tickets", json={"kind": "too_warm", "note": "The sun"})
    assert made.status_code == 201
    number = made.json["number"]
    assert (made.json["kind"], made.json["room"], made.json["state"], made.json["notes"]) == (
        "too_warm", {"id": "oak", "name": "Oak"}, "open", [],
    )  # fmt: skip
    assert made.json["since"].endswith("+02:00")
    again = door.ask("POST", "/tickets", data={"room": "oak", "kind": "too_warm"})
    assert (again.json["number"], again.json["times"]) == (number, 2)
    assert [it["kind"] for it in door.get("/rooms/oak/tickets")] == ["too_warm"]
    (seen,) = door.get("/tickets?state=open", key="admin")
    assert [note["text"] for note in seen["notes"]] == ["The sun"]
    assert door.get(f"/tickets/{number}")["notes"] == []
    closed = door.ask("POST", f"/tickets/{number}/close", key="admin")
    assert (closed.status_code, closed.json["state"]) == (200, "closed")
    assert door.get("/rooms/oak/tickets") == []
    assert door.ask("POST", f"/tickets/{number}/close", key="book").status_code == 403


def test_what_cannot_be_is_refused(any_door: Door) -> None:
    for body in ({}, {"kind": "haunted"}, {"kind": "light", "note": "x" * 501}, {"kind": "light", "note": "\x00"}):
        assert any_door.ask("POST", "/rooms/oak/tickets", json=body).status_code == 400, body
    for body in ({"kind": "light"}, {"kind": "light", "room": "oak", "place": 1}):
        assert any_door.ask("POST", "/tickets", json=body).status_code == 400, body
    assert any_door.ask("POST", "/tickets", json={"kind": "light", "room": "ash"}).status_code == 404
    assert any_door.ask("POST", "/tickets", json={"kind": "light", "place": 10**9}, key="admin").status_code == 404
    assert any_door.ask("POST", "/tickets", json={"kind": "light", "place": 1}).status_code == 403
    assert any_door.ask("GET", f"/tickets/{10**30}", key="admin").status_code == 404
    assert any_door.ask("GET", "/tickets?category=mystery", key="admin").status_code == 400
    assert any_door.ask("GET", "/tickets?room=ash", key="admin").status_code == 404


def test_tickets_come_by_pages(door: Door) -> None:
    for kind in FAULTS:
        door.ask("POST", "/rooms/oak/tickets", json={"kind": kind})
    seen, path = [], "/tickets?limit=3"
    while path:
        page = door.ask("GET", path, key="admin")
        seen += [it["kind"] for it in page.json]
        cursor = page.headers.get("X-Next-Cursor")
        path = f"/tickets?limit=3&cursor={cursor}" if cursor else ""
    assert seen == list(FAULTS)[::-1]


def test_what_is_wrong_with_no_room_is_told_in_utc(door: Door) -> None:
    house = door.house
    house.store.writing(lambda tx: open_ticket(tx, house.clock.now(), "disk_low", "disk", codes=("97",)))
    (it,) = door.get("/tickets?category=disk_low", key="admin")
    assert (it["room"], it["place"], it["kind"], it["codes"]) == (None, "", "", ["97"])
    assert it["since"].endswith("+00:00")
    assert house.engine.tickets.get(it["number"], CLI).ticket.subject == "disk"
