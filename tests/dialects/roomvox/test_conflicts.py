"""Conflicts through the API: listed with both sides in the room's local time, and settled."""

from tests.dialects.roomvox.door import Door
from tests.engine.card import Card


def clash(door: Door) -> int:
    """A walk-in met Alice's booking; the number."""
    card = Card(door.house, door.house.panel()[2])
    card.walk_in()
    door.house.book("10:20", "11:00")
    found = card.bring().results[0].conflict
    assert found is not None
    return found


def test_both_sides_are_told_as_they_are_now(any_door: Door) -> None:
    door = any_door
    number = clash(door)
    (it,) = door.get("/conflicts", key="admin")
    assert (it["id"], it["kind"], it["room"], it["state"]) == (number, "walk_in", {"id": "oak", "name": "Oak"}, "open")
    assert (it["start"], it["end"]) == ("2026-06-15T10:00:00+02:00", "2026-06-15T10:30:00+02:00")
    assert (it["booking"]["organizer"], it["booking"]["certain"]) == ("Alice Adams", "yes")
    assert (it["walkIn"]["end"], it["walkIn"]["certain"]) == ("2026-06-15T10:20:00+02:00", "yes")
    assert door.get(f"/conflicts/{number}", key="admin") == it
    assert door.get("/conflicts?room=elm", key="admin") == []
    assert door.get("/conflicts?state=resolved", key="admin") == []


def test_who_manages_the_room_settles_it_once(any_door: Door) -> None:
    door = any_door
    number = clash(door)
    url = f"/conflicts/{number}/resolve"
    assert door.ask("POST", url, json={"resolution": "both"}).status_code == 403
    assert door.ask("POST", url, json={"resolution": "perhaps"}, key="admin").status_code == 400
    done = door.ask("POST", url, json={"resolution": "walk_in"}, key="admin")
    assert (done.status_code, done.json["state"], done.json["resolution"]) == (200, "resolved", "walk_in")
    assert done.json["booking"]["certain"] == "no"
    assert done.json["walkIn"]["end"] == "2026-06-15T10:30:00+02:00"
    again = door.ask("POST", url, json={"resolution": "both"}, key="admin")
    assert again.status_code == 422
    assert again.json["error"] == "It was decided already"
    for lost in ("999", "x", "9" * 30):
        assert (
            door.ask("POST", f"/conflicts/{lost}/resolve", json={"resolution": "both"}, key="admin").status_code == 404
        )
