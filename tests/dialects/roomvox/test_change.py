"""PATCH and DELETE of a booking: moving, renaming, cancelling, and not on an old view."""

from typing import Any

import pytest

from tests.dialects.roomvox.door import Door


@pytest.fixture
def path(door: Door) -> str:
    """The path of a booking of Oak from 11 to 12."""
    return f"/rooms/oak/bookings/{door.book('11:00', '12:00')['uid']}"


def patch(door: Door, path: str, body: Any, **more: Any) -> tuple[int, Any]:
    response = door.ask("PATCH", path, json=body, **more)
    return response.status_code, response.json


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"title": "New"}, {"title": "New", "summary": "New", "start": "2026-06-15T11:00:00+02:00"}),
        ({"summary": "New"}, {"title": "New"}),
        ({"start": "2026-06-15T10:30"}, {"start": "2026-06-15T10:30:00+02:00", "end": "2026-06-15T12:00:00+02:00"}),
        ({"end": "2026-06-15T10:45:00Z"}, {"end": "2026-06-15T12:45:00+02:00"}),
        ({"start": "2026-06-16T08:00", "end": "2026-06-16T09:00"}, {"start": "2026-06-16T08:00:00+02:00"}),
        ({"organizer": "bob@example.org"}, {"organizer": "bob@example.org", "organizerEmail": "bob@example.org"}),
        ({"organizer": "Bob", "organizerEmail": ""}, {"organizer": "Bob", "organizerEmail": ""}),
        ({"description": "Bring\ncake"}, {"description": "Bring\ncake", "title": "Planning"}),
        ({"organizer": "Bob"}, {"organizer": "Bob", "organizerEmail": ""}),
        ({"organizerEmail": "bob@example.org"}, {"organizer": "Alice Adams", "organizerEmail": "bob@example.org"}),
    ],
)
def test_what_is_named_changes_and_the_rest_stays(door: Door, path: str, body: Any, shown: Any) -> None:
    response = door.ask("PATCH", path, json=body)
    assert (response.status_code, response.headers["ETag"]) == (200, '"2"')
    assert {name: response.json[name] for name in shown} == shown
    assert door.get(path) == response.json


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "body"),
        ({"color": "red"}, 400, "body"),
        ({"title": " "}, 400, "title"),
        ({"title": 7}, 400, "title"),
        ({"title": "a\nb"}, 400, "title"),
        ({"start": "abc"}, 400, "start"),
        ({"start": "2026-06-15T12:00"}, 400, "end"),
        ({"end": "2026-06-15T11:00"}, 400, "end"),
        ({"start": "2026-06-15T13:00", "end": "2026-06-15T12:30"}, 400, "end"),
        ({"title": "x", "version": "many"}, 400, "version"),
        ({"start": "2026-06-15T09:00"}, 422, None),
        ({"end": "2026-06-15T12:30"}, 409, None),
    ],
)
def test_a_change_that_makes_no_sense_changes_nothing(
    door: Door, path: str, body: Any, status: int, field: Any
) -> None:
    door.book("12:15", "12:45")
    before = door.get(path)
    found, answer = patch(door, path, body)
    assert (found, next(iter(answer.get("fields", [None])))) == (status, field)
    assert door.get(path) == before


def test_a_change_on_an_old_view_is_refused(door: Door, path: str) -> None:
    assert patch(door, path, {"title": "A"}, headers={"If-Match": '"1"'})[0] == 200
    status, answer = patch(door, path, {"title": "B"}, headers={"If-Match": '"1"'})
    assert (status, answer) == (412, {"error": "Booking was changed in the meantime", "version": 2})
    assert patch(door, path, {"title": "B", "version": 1})[0] == 409
    assert patch(door, path, {"title": "B"}, headers={"If-Match": '"7", "8"'})[0] == 412
    assert patch(door, path, {"title": "B"}, headers={"If-Match": 'W/"2"'})[0] == 412
    assert door.get(path)["title"] == "A"
    assert patch(door, path, {"title": "B"}, headers={"If-Match": '"9", "2"'})[0] == 200
    assert patch(door, path, {"title": "C", "version": 3})[0] == 200
    assert patch(door, path, {"title": "D"}, headers={"If-Match": "*"})[0] == 200
    assert patch(door, path, {"title": "E"}, headers={"If-Match": "3"}) == (
        400, {"error": 'If-Match: must be an entity tag such as "3"',
              "fields": {"If-Match": 'must be an entity tag such as "3"'}},
    )  # fmt: skip


def test_a_change_with_a_key_is_done_once(door: Door, path: str) -> None:
    key = {"Idempotency-Key": "k1"}
    first = patch(door, path, {"title": "A"}, headers=key)
    assert patch(door, path, {"title": "A"}, headers=key) == first
    assert door.get(path)["version"] == 2


def test_a_moved_booking_of_a_room_with_approval_waits_again(door: Door, path: str) -> None:
    door.change("oak", auto_accept=False)
    assert patch(door, path, {"title": "Same time"})[1]["status"] == "accepted"
    assert patch(door, path, {"end": "2026-06-15T12:30"})[1]["status"] == "pending"


def test_a_cancelled_booking_is_gone_and_its_time_is_free(door: Door, path: str) -> None:
    response = door.ask("DELETE", path)
    assert (response.status_code, response.json) == (200, {"status": "ok"})
    assert door.ask("GET", path).status_code == 404
    again = door.ask("DELETE", path)
    assert (again.status_code, again.json) == (404, {"error": "Booking not found"})
    assert door.book("11:00", "12:00")["version"] == 1


def test_an_unknown_booking_is_a_404_as_documented(door: Door) -> None:
    for method, body in (("DELETE", None), ("PATCH", {"title": "x"})):
        response = door.ask(method, "/rooms/oak/bookings/nobody", json=body)
        assert (response.status_code, response.json) == (404, {"error": "Booking not found"})


def test_a_booking_of_another_room_is_not_reached_through_this_one(door: Door, path: str) -> None:
    uid = path.rpartition("/")[2]
    for method, body in (("DELETE", None), ("PATCH", {"title": "x"}), ("GET", None)):
        assert door.ask(method, f"/rooms/elm/bookings/{uid}", json=body).status_code == 404
    assert door.get(path)["title"] == "Planning"


def test_an_occurrence_that_is_named_must_be_a_date(door: Door, path: str) -> None:
    response = door.ask("DELETE", f"{path}?recurrenceId=abc")
    assert (response.status_code, response.json["error"]) == (400, "Invalid recurrenceId")
    assert door.ask("DELETE", f"{path}?recurrenceId=2026-06-15T11:00:00").status_code == 200


def test_what_is_over_cannot_be_cancelled_or_changed(door: Door, path: str) -> None:
    door.set("13:00")
    for method, body in (("DELETE", None), ("PATCH", {"title": "x"})):
        response = door.ask(method, path, json=body)
        assert (response.status_code, response.json["codes"]) == (422, ["over"])


def test_a_delete_heeds_if_match_and_key(door: Door, path: str) -> None:
    assert door.ask("DELETE", path, headers={"If-Match": '"4"'}).status_code == 412
    key = {"Idempotency-Key": "gone"}
    assert door.ask("DELETE", path, headers=key).status_code == 200
    assert door.get("/rooms/oak/bookings") == []


def test_uids_may_be_percent_encoded(door: Door, path: str) -> None:
    assert door.ask("DELETE", path.replace("@", "%40")).status_code == 200
