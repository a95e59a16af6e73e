"""`GET /free`: which rooms are to be had, for whom, and how they are told."""

import pytest

from server.core.access import CLI
from tests.dialects.roomvox.door import Door
from tests.make import at

TWELVE = "from=2026-06-15T12:00&to=2026-06-15T13:00"


def ids(door: Door, query: str, key: str = "read") -> list[str]:
    answer = door.ask("GET", f"/free?{query}", key=key)
    assert answer.status_code == 200
    return [it["room"]["id"] for it in answer.json]


def test_free_rooms_come_with_when_they_are_free(any_door: Door) -> None:
    any_door.house.book("14:00", "15:00", room="elm")
    answer = any_door.ask("GET", f"/free?{TWELVE}&people=3", key="read").json
    assert [it["room"]["id"] for it in answer] == ["elm", "oak"]
    assert {name: answer[0][name] for name in answer[0] if name != "room"} == {
        "start": "2026-06-15T12:00:00+02:00", "end": "2026-06-15T13:00:00+02:00", "whole": True,
        "freeUntil": "2026-06-15T14:00:00+02:00", "missing": [], "approval": False, "door": None,
    }  # fmt: skip
    assert answer[1]["freeUntil"] is None


def test_what_is_free_for_a_while_comes_last_and_says_so(door: Door) -> None:
    door.house.book("12:30", "13:30")
    answer = door.ask("GET", f"/free?{TWELVE}", key="read").json
    assert [(it["room"]["id"], it["whole"], it["end"][11:16]) for it in answer] == [
        ("elm", True, "13:00"), ("oak", False, "12:30"),
    ]  # fmt: skip


def test_it_is_now_for_an_hour_unless_said_otherwise(door: Door) -> None:
    door.house.book("10:30", "11:30")
    assert ids(door, "minutes=30") == ["oak", "elm"]
    assert ids(door, "") == ["elm", "oak"]
    door.house.engine.rooms.change("elm", CLI, facilities=("Projector", "whiteboard"))
    assert ids(door, "equipment=projector, whiteboard") == ["elm"]
    assert ids(door, f"{TWELVE}&wish=projector&near=oak") == ["elm", "oak"]
    assert ids(door, "type=studio") == []


def test_a_key_of_one_room_finds_that_room(door: Door) -> None:
    assert ids(door, TWELVE, key="elm") == ["elm"]
    assert door.ask("GET", f"/free?{TWELVE}&near=oak", key="elm").status_code == 403


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=never", 400), ("from=2026-06-15T12:00&to=2026-06-15T11:00", 400), ("people=-1", 400), ("minutes=0", 400),
        ("near=nowhere", 404), ("limit=101", 400), (f"from={at('12:00').date()}&to=2026-09-15", 422),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(door: Door, query: str, status: int) -> None:
    assert door.ask("GET", f"/free?{query}", key="read").status_code == status
