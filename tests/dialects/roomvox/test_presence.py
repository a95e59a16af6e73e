"""Our additions under RoomVox's conventions: check-in, check-out, extend, end, approve, decline."""

from typing import Any

import pytest

from tests.dialects.roomvox.door import Door


def act(door: Door, uid: str, name: str, body: Any = None, **more: Any) -> tuple[int, Any]:
    response = door.ask("POST", f"/rooms/oak/bookings/{uid}/{name}", json=body, **more)
    return response.status_code, response.json


@pytest.fixture
def uid(door: Door) -> str:
    """A booking of Oak from 10 (now) to 11."""
    found: str = door.book("10:00", "11:00")["uid"]
    return found


def test_people_come_stay_longer_and_leave(any_door: Door) -> None:
    uid = any_door.book("10:00", "11:00")["uid"]
    status, booking = act(any_door, uid, "checkin")
    assert (status, booking["checkedIn"]) == (200, "2026-06-15T10:00:00+02:00")
    status, booking = act(any_door, uid, "extend", {"minutes": 30})
    assert (booking["end"], booking["plannedEnd"]) == ("2026-06-15T11:30:00+02:00", "2026-06-15T11:00:00+02:00")
    any_door.set("10:40")
    status, booking = act(any_door, uid, "checkout")
    assert (status, booking["end"], booking["version"]) == (200, "2026-06-15T10:40:00+02:00", 4)
    assert any_door.get("/rooms/oak/status")["status"] == "available"


def test_an_answer_carries_the_version_as_its_tag(door: Door, uid: str) -> None:
    response = door.ask("POST", f"/rooms/oak/bookings/{uid}/checkin")
    assert response.headers["ETag"] == '"2"'


@pytest.mark.parametrize("body", [{"until": "2026-06-15T11:20"}, {"end": "2026-06-15T09:20:00Z"}, {"minutes": "20"}])
def test_a_later_end_in_each_form(door: Door, uid: str, body: Any) -> None:
    assert act(door, uid, "extend", body)[1]["end"] == "2026-06-15T11:20:00+02:00"


@pytest.mark.parametrize(
    ("body", "status", "names"),
    [
        ({}, 400, ["minutes"]),
        ({"minutes": 10, "until": "2026-06-15T11:20"}, 400, ["minutes"]),
        ({"minutes": 0}, 400, ["minutes"]),
        ({"minutes": -5}, 400, ["minutes"]),
        ({"minutes": 10**9}, 400, ["minutes"]),
        ({"minutes": 10**30}, 400, ["body"]),
        ({"minutes": 2.5}, 400, ["minutes"]),
        ({"minutes": "soon"}, 400, ["minutes"]),
        ({"until": "abc"}, 400, ["until"]),
        ({"until": "2026-06-15T10:30"}, 400, ["until"]),
        ({"minutes": 60}, 409, None),
        ({"minutes": 40_000}, 409, None),
        ({"until": "2026-09-15T10:30"}, 422, None),
    ],
)
def test_a_later_end_that_cannot_be(door: Door, uid: str, body: Any, status: int, names: Any) -> None:
    door.book("11:30", "12:00")
    found, answer = act(door, uid, "extend", body)
    assert (found, list(answer["fields"]) if "fields" in answer else None) == (status, names)
    assert door.get(f"/rooms/oak/bookings/{uid}")["end"] == "2026-06-15T11:00:00+02:00"


def test_an_early_check_in_can_start_the_booking_now(door: Door) -> None:
    uid = door.book("10:10", "11:00")["uid"]
    assert act(door, uid, "checkin")[1]["start"] == "2026-06-15T10:10:00+02:00"
    other = door.book("11:00", "12:00")["uid"]
    status, answer = act(door, other, "checkin")
    assert (status, answer["error"], answer["codes"]) == (422, "Check-in opens in 45 minutes", ["not_yet"])
    third = door.add("ash") and door.book("10:10", "11:00", room="ash")["uid"]
    response = door.ask("POST", f"/rooms/ash/bookings/{third}/checkin", json={"startNow": True})
    assert response.json["start"] == "2026-06-15T10:00:00+02:00"


def test_the_rest_is_free_after_the_end(door: Door, uid: str) -> None:
    door.set("10:20")
    status, booking = act(door, uid, "end")
    assert (status, booking["end"], booking["plannedEnd"]) == (
        200, "2026-06-15T10:20:00+02:00", "2026-06-15T11:00:00+02:00",
    )  # fmt: skip
    assert door.book("10:20", "11:00")["status"] == "accepted"


@pytest.mark.parametrize(
    ("action", "code"), [("checkout", "not_checked_in"), ("approve", "not_pending"), ("decline", "not_pending")]
)
def test_an_action_out_of_turn_is_refused(door: Door, uid: str, action: str, code: str) -> None:
    status, answer = act(door, uid, action, key="admin")
    assert (status, answer["codes"]) == (422, [code])
    assert answer["error"] != code


def test_what_has_not_begun_cannot_be_ended(door: Door) -> None:
    uid = door.book("14:00", "15:00")["uid"]
    assert act(door, uid, "end")[1]["error"] == "Booking has not started yet"


@pytest.mark.parametrize("action", ["checkin", "extend", "end"])
def test_what_is_over_stays_as_it_was(door: Door, uid: str, action: str) -> None:
    door.set("12:00")
    status, answer = act(door, uid, action, {"minutes": 10})
    assert (status, answer["codes"]) == (422, ["over"])


def test_staff_approve_and_decline(any_door: Door) -> None:
    any_door.change("oak", auto_accept=False)
    first = any_door.book("10:00", "11:00")["uid"]
    second = any_door.book("11:00", "12:00")["uid"]
    assert act(any_door, first, "approve", key="book")[0] == 403
    assert act(any_door, first, "approve", key="admin")[1]["status"] == "accepted"
    assert act(any_door, second, "decline", key="admin")[1]["status"] == "declined"
    assert act(any_door, second, "checkin")[1]["codes"] == ["declined"]
    assert any_door.book("11:00", "12:00")["status"] == "pending"


def test_an_action_on_an_old_view_is_refused(door: Door, uid: str) -> None:
    for action in ("checkin", "checkout", "end", "extend"):
        headers = {"If-Match": '"9"'}
        assert act(door, uid, action, {"minutes": 5}, headers=headers)[0] == 412
        assert act(door, uid, action, {"minutes": 5, "version": 9})[0] == 409


def test_the_same_key_acts_once(door: Door, uid: str) -> None:
    key = {"Idempotency-Key": "longer"}
    first = act(door, uid, "extend", {"minutes": 10}, headers=key)
    assert act(door, uid, "extend", {"minutes": 10}, headers=key) == first
    assert act(door, uid, "extend", {"minutes": 20}, headers=key)[1]["codes"] == ["key_reused"]
    assert door.get(f"/rooms/oak/bookings/{uid}")["end"] == "2026-06-15T11:10:00+02:00"


@pytest.mark.parametrize("action", ["approve", "decline"])
def test_staff_may_repeat_themselves_under_a_key(door: Door, action: str) -> None:
    door.change("oak", auto_accept=False)
    uid = door.book("10:00", "11:00")["uid"]
    key = {"Idempotency-Key": "answer"}
    first = act(door, uid, action, key="admin", headers=key)
    assert first[0] == 200
    assert act(door, uid, action, key="admin", headers=key) == first


def test_an_unknown_booking_or_action_is_a_404(door: Door, uid: str) -> None:
    assert act(door, "nobody", "checkin") == (404, {"error": "Booking not found"})
    assert act(door, uid, "dance") == (404, {"error": "Not found"})


def test_a_form_does_as_well(door: Door, uid: str) -> None:
    response = door.ask("POST", f"/rooms/oak/bookings/{uid}/extend", data={"minutes": "15"})
    assert response.json["end"] == "2026-06-15T11:15:00+02:00"


def test_it_is_told_when_a_booking_is_given_back_and_that_its_people_are_here(any_door: Door) -> None:
    door = any_door
    door.house.policy("oak", check_in=True, release="on")
    uid = door.book("10:00", "11:00")["uid"]
    booking = door.get(f"/rooms/oak/bookings/{uid}")
    names = ("releaseAt", "released", "heldUntil", "askedUntil")
    assert [booking[name] for name in names] == ["2026-06-15T10:10:00+02:00", None, None, None]
    status, booking = act(door, uid, "here", {"how": "sensor"})
    assert (status, booking["checkedIn"], booking["releaseAt"]) == (200, "2026-06-15T10:00:00+02:00", None)
    status, booking = act(door, uid, "nobody-here", {"minutes": 20})
    assert (status, booking["askedUntil"]) == (200, "2026-06-15T10:05:00+02:00")
    assert act(door, uid, "here")[1]["askedUntil"] is None
    assert act(door, uid, "nobody-here")[1]["codes"] == ["asked_already"]


@pytest.mark.parametrize("body", [{"how": "corridor"}, {"how": "inherited"}, {"how": 7}])
def test_what_says_nothing_about_the_room_is_no_presence(door: Door, uid: str, body: Any) -> None:
    assert act(door, uid, "here", body)[0] == 400


@pytest.mark.parametrize("minutes", [0, -1, 1_441, "long"])
def test_who_asks_for_the_room_says_for_how_long(door: Door, uid: str, minutes: Any) -> None:
    door.house.policy("oak", check_in=True)
    assert act(door, uid, "nobody-here", {"minutes": minutes})[0] == 400
