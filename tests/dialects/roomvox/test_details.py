"""What bookings carry, in and out of the API."""

from typing import Any

import pytest

from server.core.access import CLI
from server.core.people import Role
from server.core.places import Accessory, Attribute
from tests.dialects.roomvox.door import Door
from tests.people import key_of, person, someone

PATH = "/rooms/oak/bookings"
WHEN = {"title": "Team", "start": "2026-06-15T11:00", "end": "2026-06-15T12:00"}
PLAIN = {
    "publicTitle": "", "link": "", "privacy": "public", "color": "", "bookedFor": None, "attendees": [],
    "reminders": [], "endReminders": [], "attributes": {}, "accessories": {}, "termsAccepted": False,
    "joinable": False, "owner": None, "credits": 0.0,
}  # fmt: skip


def post(door: Door, status: int = 201, key: str = "", **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key else None
    response = door.ask("POST", PATH, json={**WHEN, **more}, headers=headers, **({"key": None} if key else {}))
    assert response.status_code == status, response.json
    return response.json


def test_a_booking_carries_what_it_was_given(any_door: Door) -> None:
    alice = person(any_door.house, "alice")
    beamer = any_door.house.engine.catalogue.add(Accessory(0, "Beamer", stock=2), CLI)
    cost = any_door.house.engine.catalogue.add(Attribute(0, "booking", "Cost centre"), CLI)
    given = {
        "publicTitle": "Open day", "link": "https://meet.example.org/1", "privacy": "private", "color": "#aabbcc",
        "attendees": [
            {"kind": "participant", "person": alice.number},
            {"kind": "guest", "email": "g@example.org", "name": "Gast"},
        ],
        "reminders": [15, 60], "endReminders": [5], "attributes": {str(cost.number): "4711"},
        "accessories": {str(beamer.number): 2}, "termsAccepted": True, "joinable": True,
    }  # fmt: skip
    made = post(any_door, details=given, owner=alice.number)
    usual = {"person": None, "email": "", "name": "", "answer": ""}
    attendees = [{**usual, **it} for it in given["attendees"]]  # type: ignore[attr-defined]
    assert made["details"] == {**PLAIN, **given, "attendees": attendees, "owner": alice.number}
    assert any_door.get(f"{PATH}/{made['uid']}")["details"] == made["details"]
    assert "details" not in any_door.get(PATH)[0]


def test_a_change_touches_only_what_it_names(any_door: Door) -> None:
    fields = [any_door.house.engine.catalogue.add(Attribute(0, "booking", f"F{n}"), CLI).number for n in range(3)]
    one, two, three = map(str, fields)
    made = post(any_door, details={"publicTitle": "Old", "link": "https://x.org", "attributes": {one: "1", two: "2"}})
    body = {"details": {"publicTitle": "New", "attributes": {two: "", three: "3"}}}
    found = any_door.ask("PATCH", f"{PATH}/{made['uid']}", json=body).json
    assert found["details"] == {
        **PLAIN, "publicTitle": "New", "link": "https://x.org", "attributes": {one: "1", three: "3"},
    }  # fmt: skip
    assert found["version"] == made["version"] + 1


def test_a_series_carries_it_too_and_several_rooms_are_one_booking(any_door: Door) -> None:
    made = post(any_door, recurrence=["FREQ=WEEKLY;COUNT=3"], rooms=["elm"], details={"joinable": True})
    assert (made["rooms"], made["occurrences"], made["details"]["joinable"]) == (["oak", "elm"], 3, True)
    changed = any_door.ask("PATCH", f"{PATH}/{made['uid']}", json={"details": {"joinable": False}}).json
    assert changed["changed"] == 3
    assert [it["start"][:10] for it in any_door.get("/rooms/elm/bookings")] == [
        "2026-06-15",
        "2026-06-22",
        "2026-06-29",
    ]


@pytest.mark.parametrize(
    "bad",
    [
        {"link": "ftp://x"}, {"privacy": "secret"}, {"reminders": [-1]}, {"reminders": ["5"]},
        {"accessories": {"x": 1}}, {"accessories": {"1": -1}}, {"attendees": [{"kind": "boss"}]}, {"attendees": [{}]},
        {"surprise": 1}, {"attendees": [{"person": 99}]}, {"bookedFor": 99}, {"color": "blue"},
        {"attributes": {"1": 5}}, {"attendees": [{"email": f"g{n}@x.de"} for n in range(201)]}, "text", [],
    ],
    ids=str,
)  # fmt: skip
def test_what_makes_no_sense_is_a_400(door: Door, bad: Any) -> None:
    assert post(door, 400, details=bad)["error"]
    assert door.get(PATH) == []


def test_strangers_read_nothing_of_it(any_door: Door) -> None:
    alice, bob = someone(any_door.house, "alice"), someone(any_door.house, "bob")
    made = post(any_door, key=alice.secret, details={"link": "https://secret.example.org"})
    assert made["organizer"] == "Alice Nobody"
    seen = any_door.ask("GET", f"{PATH}/{made['uid']}", key=None, headers=bearer(bob.secret)).json
    assert (seen["title"], seen["details"]["link"], seen["details"]["owner"]) == ("", "", None)
    status = any_door.ask("GET", "/rooms/oak/status", key=None, headers=bearer(bob.secret))
    assert "Team" not in status.get_data(as_text=True)
    answer = any_door.ask("DELETE", f"{PATH}/{made['uid']}", key=None, headers=bearer(bob.secret))
    assert answer.status_code == 403


def test_nobody_books_in_anothers_name(door: Door) -> None:
    alice, bob = someone(door.house, "alice"), person(door.house, "bob")
    told = post(door, 403, key=alice.secret, owner=bob.number)
    assert told == {"error": "Only who manages the room books for somebody else"}
    post(door, 403, key=alice.secret, organizerEmail="bob@example.org")
    manager = key_of(door.house, person(door.house, "root", Role.STAFF))
    assert post(door, key=manager, owner=bob.number)["details"]["owner"] == bob.number


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}
