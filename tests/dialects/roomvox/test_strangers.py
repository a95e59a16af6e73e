"""What strangers read through the door: not a word of what is not theirs, whatever they ask and by whichever route."""

from typing import Any

import pytest

from server.core.access import CLI
from server.core.house import Right
from server.core.places import Attribute
from tests.dialects.roomvox.door import Door
from tests.people import cast, key_of, person

HIDDEN = ("Secret", "secret@")
DETAILS = {
    "publicTitle": "Secret lobby", "link": "https://example.org/Secret", "privacy": "private",
    "attendees": [{"kind": "guest", "email": "secret@guest.example", "name": "Secret guest"}],
}  # fmt: skip


@pytest.fixture
def secrets(door: Door) -> dict[str, str]:
    """Somebody's private bookings, single and recurring, in Oak; uids by name. Keys of the cast are by level."""
    house = door.house
    people = cast(house)
    for name, it in people.items():
        door.keys[f"p-{name}"] = it.secret
    house.engine.catalogue.add(Attribute(0, "booking", "Project"), CLI)
    owner = person(house, "secret", last_name="Secret")
    house.engine.rights.give(Right(0, "person", owner.number, "book", room=house.oak.number), CLI)
    door.keys["owner"] = key_of(house, owner, "book")
    details = {**DETAILS, "attributes": {"1": "Secret project"}}
    body = {"title": "Secret plans", "description": "Secret words", "details": details}
    made = {}
    for name, more in (
        ("now", {"start": "2026-06-15T10:00", "end": "2026-06-15T10:45"}),
        ("one", {"start": "2026-06-15T12:00", "end": "2026-06-15T13:00"}),
        ("many", {"start": "2026-06-15T15:00", "end": "2026-06-15T16:00", "recurrence": "RRULE:FREQ=DAILY;COUNT=3"}),
    ):
        answer = door.ask("POST", "/rooms/oak/bookings", key="owner", json={**body, **more})
        assert answer.status_code == 201, answer.json
        made[name] = answer.json["uid"]
    return made


def told(answer: Any) -> bool:
    text = answer.get_data(as_text=True)
    return any(word in text for word in HIDDEN)


ASKED = ("p-see", "p-ask", "p-book", "p-nobody")


def test_reading_tells_strangers_nothing(door: Door, secrets: dict[str, str]) -> None:
    paths = [
        "/rooms", "/free", "/rooms/oak", "/rooms/oak/status", "/rooms/oak/availability?date=2026-06-15",
        "/rooms/oak/bookings", "/rooms/oak/calendar.ics", "/rooms/oak/calendar.ics?expand=yes",
        *(f"/rooms/oak/bookings/{uid}" for uid in secrets.values()),
    ]  # fmt: skip
    for key in ASKED:
        for path in paths:
            assert not told(door.ask("GET", path, key=key)), (key, path)
    assert told(door.ask("GET", "/rooms/oak/bookings", key="owner"))
    assert told(door.ask("GET", "/rooms/oak/bookings", key="p-manage"))


def test_trying_to_write_tells_strangers_nothing(door: Door, secrets: dict[str, str]) -> None:
    tries: list[tuple[str, str, Any]] = [
        ("POST", "/rooms/oak/bookings", {"title": "x", "start": "2026-06-15T10:00", "end": "2026-06-15T18:00"}),
        (
            "POST", "/rooms/oak/bookings",
            {"title": "x", "start": "2026-06-15T15:30", "end": "2026-06-15T17:00", "recurrence": "FREQ=DAILY;COUNT=3"},
        ),
        (
            "POST", "/rooms/oak/bookings?preview=yes",
            {"title": "x", "start": "2026-06-15T10:00", "end": "2026-06-15T18:00"},
        ),
    ]  # fmt: skip
    for uid in secrets.values():
        at = f"/rooms/oak/bookings/{uid}"
        tries += [
            ("PATCH", at, {"title": "mine"}), ("PATCH", f"{at}?preview=yes", {"title": "mine"}), ("DELETE", at, None),
            ("DELETE", f"{at}?preview=yes", None),
            ("PATCH", f"{at}?scope=all", {"recurrence": "FREQ=WEEKLY"}),
            ("POST", f"{at}/restore?recurrenceId=2026-06-16T15:00", None),
            *(("POST", f"{at}/{act}", {}) for act in ("checkin", "checkout", "end", "approve", "decline")),
            ("POST", f"{at}/extend", {"minutes": 5}),
        ]  # fmt: skip
    for key in ASKED:
        for method, path, body in tries:
            answer = door.ask(method, path, key=key, json=body, headers={"Idempotency-Key": "k"})
            assert answer.status_code in (400, 403, 404, 409, 422), (key, method, path, answer.status_code)
            assert not told(answer), (key, method, path, answer.json)
    assert told(door.ask("GET", f"/rooms/oak/bookings/{secrets['one']}", key="owner"))
