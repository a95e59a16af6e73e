"""GET /rooms/{id}/status: the guide's shape and the wire's in one, and never free what cannot be booked."""

from collections.abc import Iterator

import pytest

from server.core.access import CLI
from server.core.policy import Opening
from tests.dialects.roomvox import door as doors
from tests.dialects.roomvox.door import Door
from tests.make import OFFICE, at, house, opened

BOTH = ("title", "summary")


@pytest.fixture
def wire_door(fresh_sqlite: str) -> Iterator[Door]:
    with opened(fresh_sqlite) as store:
        yield doors.door(house(store), words="wire")


def test_a_free_room_in_both_shapes(door: Door) -> None:
    door.book("14:00", "15:30", json={"title": "Quarterly review", "organizer": "alice@example.com"})
    status = door.get("/rooms/oak/status")
    assert (status["id"], status["name"], status["status"], status["state"]) == ("oak", "Oak", "available", "free")
    coming = status["nextBooking"]
    assert coming["start"] == "2026-06-15T14:00:00+02:00"
    assert coming["end"] == "2026-06-15T15:30:00+02:00"
    assert coming["organizer"] == "alice@example.com"
    assert [coming[name] for name in BOTH] == ["Quarterly review"] * 2
    assert coming["uid"].endswith("@roomvox")
    assert coming["minutesRemaining"] == 330
    assert status["freeUntil"] == status["until"] == coming["start"]
    assert (status["currentBooking"], status["reason"], status["room"]["id"]) == (None, None, "oak")


def test_a_booked_room_is_reserved_until_its_booking_ends(door: Door) -> None:
    door.book("10:00", "10:30")
    door.house.clock.set("10:17:30")
    status = door.get("/rooms/oak/status")
    assert (status["status"], status["state"], status["freeUntil"]) == ("reserved", "busy", None)
    assert status["currentBooking"]["minutesRemaining"] == 13
    assert [status["currentBooking"][name] for name in BOTH] == ["Planning"] * 2
    assert status["until"] == "2026-06-15T10:30:00+02:00"
    assert [b["status"] for b in status["todayBookings"]] == ["accepted"]


def test_wire_words_are_free_busy_unavailable(wire_door: Door) -> None:
    assert wire_door.get("/rooms/oak/status")["status"] == "free"
    wire_door.book("10:00", "10:30")
    assert wire_door.get("/rooms/oak/status")["status"] == "busy"
    wire_door.change("elm", active=False)
    assert wire_door.get("/rooms/elm/status")["status"] == "unavailable"


def test_other_words_are_refused_at_the_start(door: Door) -> None:
    with pytest.raises(ValueError, match="words must be"):
        doors.door(door.house, words="french")


def test_a_room_waiting_for_check_in_is_reserved(door: Door) -> None:
    door.book("10:00", "11:00")
    door.policy("oak", check_in=True)
    status = door.get("/rooms/oak/status")
    assert (status["status"], status["state"], status["currentBooking"]["checkedIn"]) == ("reserved", "reserved", None)


def test_a_pending_booking_holds_the_room(door: Door) -> None:
    door.change("oak", auto_accept=False)
    door.book("10:00", "11:00")
    status = door.get("/rooms/oak/status")
    assert status["status"] == "reserved"
    assert status["currentBooking"]["status"] == status["todayBookings"][0]["status"] == "pending"


@pytest.mark.parametrize("reason", ["inactive", "outside_booking_hours", "closed"])
def test_what_cannot_be_booked_is_unavailable_with_the_reason(door: Door, reason: str) -> None:
    door.book("16:00", "16:30")
    if reason == "inactive":
        door.change("oak", active=False)
    elif reason == "closed":
        door.house.engine.rooms.close("oak", CLI, at("09:00"), at("12:00"), "painting")
    else:
        door.policy("oak", opening=(Opening(frozenset({0}), 15 * 60, 17 * 60),))
    status = door.get("/rooms/oak/status")
    assert (status["status"], status["reason"], status["state"]) == ("unavailable", reason, "closed")
    assert (status["currentBooking"], status["nextBooking"], status["freeUntil"]) == (None, None, None)
    assert len(status["todayBookings"]) == (0 if reason == "inactive" else 1)
    assert status["reasonText"] == ("painting" if reason == "closed" else "")


def test_free_ends_with_the_opening_hours(door: Door) -> None:
    door.policy("oak", opening=(OFFICE,))
    assert door.get("/rooms/oak/status")["freeUntil"] == "2026-06-15T18:00:00+02:00"
    door.set("18:00")
    assert door.get("/rooms/oak/status")["reason"] == "outside_booking_hours"


def test_a_booking_of_tomorrow_does_not_show_as_next(door: Door) -> None:
    door.book("2026-06-16T09:00", "2026-06-16T10:00")
    status = door.get("/rooms/oak/status")
    assert (status["nextBooking"], status["todayBookings"], status["freeUntil"]) == (None, [], None)


def test_a_booking_without_organizer_has_empty_strings(door: Door) -> None:
    door.book("10:00", "11:00", json={"organizer": None})
    current = door.get("/rooms/oak/status")["currentBooking"]
    assert (current["organizer"], current["organizerEmail"]) == ("", "")


def test_the_day_is_the_rooms_own(door: Door) -> None:
    door.add("tokyo", zone="Asia/Tokyo")
    door.book("2026-06-16T00:30", "2026-06-16T01:00", room="tokyo")  # 17:30 in Berlin, tomorrow already in Tokyo
    door.set("17:00")
    assert door.get("/rooms/tokyo/status")["nextBooking"]["start"] == "2026-06-16T00:30:00+09:00"


def test_screens_that_send_a_content_type_on_get_are_answered(door: Door) -> None:
    response = door.ask("GET", "/rooms/oak/status", headers={"Content-Type": "application/json"})
    assert response.status_code == 200
