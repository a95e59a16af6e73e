"""POST /rooms/{id}/bookings: RoomVox's checks in their order, its vendor-tested examples, and odd bodies."""

import re
from typing import Any

import pytest

from server.core.access import CLI
from server.core.policy import Opening
from tests.dialects.roomvox.door import AMSTERDAM, Door
from tests.make import OFFICE, WORKDAYS, at

REQUIRED = "title, start, and end are required"
DATES = "Invalid date format for start or end"
PATH = "/rooms/oak/bookings"
GOOD = {"title": "Team", "start": "2026-06-15T11:00", "end": "2026-06-15T12:00"}


def post(door: Door, body: Any, **more: Any) -> tuple[int, Any]:
    response = door.ask("POST", PATH, json=body, **more)
    return response.status_code, response.json


def test_a_booking_is_answered_with_its_uid_and_its_local_times(any_door: Door) -> None:
    response = any_door.ask("POST", PATH, json={**GOOD, "organizer": "Alice", "description": "Bring cake\nand tea"})
    assert response.status_code == 201
    booking = response.json
    assert re.fullmatch(r"[0-9a-f]{16}-\d{10}@roomvox", booking["uid"])
    assert (booking["start"], booking["end"]) == ("2026-06-15T11:00:00+02:00", "2026-06-15T12:00:00+02:00")
    assert (booking["status"], booking["organizer"], booking["description"]) == (
        "accepted",
        "Alice",
        "Bring cake\nand tea",
    )
    assert response.headers["ETag"] == '"1"'
    where = booking["uid"].replace("@", "%40")
    assert response.headers["Location"] == f"https://rooms.example.org/rooms/oak/bookings/{where}"
    assert any_door.get(f"{PATH}/{where}") == booking


def test_the_guides_walk_in_from_a_tablet(door: Door) -> None:
    status, booking = post(door, {
        "summary": "Quick sync", "start": "2026-06-15T11:00:00+02:00", "end": "2026-06-15T11:30:00+02:00",
        "organizerEmail": "walkin@example.com",
    })  # fmt: skip
    assert (status, booking["title"], booking["organizer"]) == (201, "Quick sync", "walkin@example.com")


@pytest.mark.parametrize(
    ("given", "name", "mail"),
    [
        ({"organizer": "Alice"}, "Alice", ""),
        ({"organizer": "a@example.com"}, "a@example.com", "a@example.com"),
        ({"organizer": "Alice", "organizerEmail": "a@example.com"}, "Alice", "a@example.com"),
        ({"organizerEmail": "a@example.com"}, "a@example.com", "a@example.com"),
        ({"organizer": None, "organizerEmail": None}, "", ""),
        ({}, "", ""),
    ],
)
def test_an_organizer_is_a_name_or_an_address(door: Door, given: Any, name: str, mail: str) -> None:
    _, booking = post(door, {**GOOD, **given})
    assert (booking["organizer"], booking["organizerEmail"]) == (name, mail)


def test_title_goes_before_summary(door: Door) -> None:
    assert post(door, {**GOOD, "summary": "Other"})[1]["title"] == "Team"
    assert door.book("13:00", "14:00", json={"title": "", "summary": "Other"})["title"] == "Other"


@pytest.mark.parametrize(
    ("change", "error", "fields"),
    [
        ({"title": ""}, REQUIRED, ["title"]),
        ({"title": "   "}, REQUIRED, ["title"]),
        ({"title": None}, REQUIRED, ["title"]),
        ({"start": ""}, REQUIRED, ["start"]),
        ({"title": "", "start": "abc"}, REQUIRED, ["title"]),
        ({"start": "abc", "end": "2026-06-15T10:00"}, DATES, ["start"]),
        ({"end": "abc"}, DATES, ["end"]),
        ({"end": "2026-06-15T11:00"}, "End time must be after start time", ["end"]),
        ({"end": "2026-06-15T11:00:00.900"}, "End time must be after start time", ["end"]),
        ({"end": "2026-06-14T12:00"}, "End time must be after start time", ["end"]),
        ({"title": 5}, "title: must be text", ["title"]),
        ({"title": ["a"]}, "title: must be text", ["title"]),
        ({"start": 1700000000}, "start: must be text", ["start"]),
        ({"organizer": {"name": "x"}}, "organizer: must be text", ["organizer"]),
        ({"description": True}, "description: must be text", ["description"]),
        ({"title": "a\x00b"}, None, ["title"]),
        ({"title": "a\r\nBEGIN:VEVENT"}, None, ["title"]),
        ({"title": "\ud800"}, None, ["title"]),
        ({"title": "x" * 256}, None, ["title"]),
        ({"organizer": "x" * 256}, None, ["organizer"]),
        ({"organizer": "x" * 250 + "@example.com"}, None, ["organizerEmail"]),
        ({"organizerEmail": "a@b\x07"}, None, ["organizerEmail"]),
        ({"description": "x" * 10_001}, None, ["description"]),
        ({"description": "bell \x07"}, None, ["description"]),
        ({"start": "9999-12-31", "end": "9999-12-31T12:00"}, DATES, ["start"]),
        ({"start": "1066-10-14", "end": "1066-10-15"}, DATES, ["start"]),
    ],
)
def test_a_body_that_makes_no_sense_is_a_400_that_names_the_field(
    door: Door, change: Any, error: str | None, fields: list[str]
) -> None:
    status, answer = post(door, {**GOOD, **change})
    assert (status, list(answer["fields"])) == (400, fields)
    assert error is None or answer["error"] == error
    assert door.get(PATH) == []


def test_texts_of_full_length_are_taken(door: Door) -> None:
    body = {**GOOD, "title": "é" * 255, "organizer": "x" * 255, "description": "日" * 10_000}
    assert post(door, body)[0] == 201


@pytest.mark.parametrize("start", ["2026-06-15T09:54:59", "2026-06-14T12:00", "2000-01-01T00:00"])
def test_a_start_more_than_five_minutes_past_is_refused(door: Door, start: str) -> None:
    status, answer = post(door, {**GOOD, "start": start})
    assert (status, answer["error"]) == (422, "Booking starts in the past") or answer["codes"][-1] == "too_long"
    assert post(door, {**GOOD, "start": "2026-06-15T09:55"})[0] == 201


def test_a_clash_lists_what_is_in_the_way(door: Door) -> None:
    uid = door.book("11:30", "12:30")["uid"]
    status, answer = post(door, GOOD)
    assert (status, answer["error"], answer["codes"]) == (409, "Room is already booked during this time", ["clash"])
    assert answer["conflicts"] == [
        {
            "uid": uid,
            "start": "2026-06-15T11:30:00+02:00",
            "end": "2026-06-15T12:30:00+02:00",
            "organizer": "Alice Adams",
        }
    ]
    assert door.book("12:30", "13:00")  # back to back is fine
    door.ask("DELETE", f"{PATH}/{uid}")
    assert post(door, GOOD)[0] == 201


def test_a_pending_booking_blocks_and_a_declined_one_does_not(door: Door) -> None:
    door.change("oak", auto_accept=False)
    uid = post(door, GOOD)[1]["uid"]
    assert post(door, GOOD)[0] == 409
    door.ask("POST", f"{PATH}/{uid}/decline", key="admin")
    assert post(door, GOOD)[1]["status"] == "pending"


def test_refusals_are_ranked_as_in_roomvox(door: Door) -> None:
    door.book("19:00", "20:00")
    door.policy("oak", opening=(OFFICE,), horizon_days=1)
    late = {**GOOD, "start": "2026-06-15T19:00", "end": "2026-06-15T20:00"}
    status, answer = post(door, late)
    assert (status, answer["codes"]) == (409, ["clash", "outside_hours"])
    door.change("oak", active=False)
    status, answer = post(door, late)
    assert (status, answer["error"]) == (422, "Room is not active and cannot be booked")
    assert answer["codes"] == ["inactive", "outside_hours", "clash"]
    door.change("oak", active=True)
    far = {**GOOD, "start": "2026-06-20T19:00", "end": "2026-06-20T20:00"}  # a Saturday, too
    status, answer = post(door, far)
    assert (status, answer["error"], answer["codes"]) == (
        422, "Booking is outside available hours", ["outside_hours", "too_far"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "body", "code", "error"),
    [
        ({"horizon_days": 3}, {"start": "2026-06-19T11:00", "end": "2026-06-19T12:00"}, "too_far",
         "Booking exceeds maximum booking horizon"),
        ({"min_minutes": 90}, {}, "too_short", "Booking is shorter than the minimum of 90 minutes"),
        ({"max_minutes": 30}, {}, "too_long", "Booking is longer than the maximum of 30 minutes"),
        ({"notice_minutes": 120}, {}, "too_soon", "Booking must be made at least 120 minutes ahead"),
        ({"opening": (Opening(WORKDAYS, 900, 1000),)}, {}, "outside_hours", "Booking is outside available hours"),
        ({}, {"end": "2026-07-20T11:00"}, "too_long", "Booking is longer than the maximum of 44640 minutes"),
    ],
)  # fmt: skip
def test_each_rule_has_its_sentence_and_its_code(door: Door, policy: Any, body: Any, code: str, error: str) -> None:
    door.policy("oak", **policy)
    status, answer = post(door, {**GOOD, **body})
    assert (status, answer["error"], answer["codes"]) == (422, error, [code])


def test_a_gap_and_a_closure_have_their_sentences(door: Door) -> None:
    door.book("12:10", "13:00")
    door.policy("oak", gap_minutes=15)
    assert post(door, GOOD)[1]["error"] == "At least 15 minutes must lie between two bookings of this room"
    door.house.engine.rooms.close("oak", CLI, at("15:00"), at("16:00"), "painting")
    status, answer = post(door, {**GOOD, "start": "2026-06-15T15:30", "end": "2026-06-15T15:45"})
    assert (status, answer["error"]) == (422, "Room is closed during this time: painting")


def test_the_vendors_own_examples(door: Door) -> None:
    """Europe/Amsterdam, Monday to Friday 08:00-18:00 (wire facts, section 1.6)."""
    door.add("ams", zone=AMSTERDAM)
    door.policy("ams", opening=(OFFICE,))

    def status(start: str, end: str) -> int:
        body = {"title": "T", "start": start, "end": end}
        return door.ask("POST", "/rooms/ams/bookings", json=body).status_code

    assert status("2026-10-05T09:00:00+02:00", "2026-10-05T10:00:00+02:00") == 201
    window = "from=2026-10-05T07:00:00Z&to=2026-10-05T07:00:01Z"
    assert len(door.get(f"/rooms/ams/bookings?{window}")) == 1
    assert status("2026-10-05T07:00:00Z", "2026-10-05T08:00:00Z") == 409
    assert status("2026-10-05T06:30:00Z", "2026-10-05T07:00:00Z") == 201
    assert status("2026-10-05T17:00:00Z", "2026-10-05T18:00:00Z") == 422
    assert status("2026-10-04T10:00:00+02:00", "2026-10-04T11:00:00+02:00") == 422


@pytest.mark.parametrize("how", ["form", "query", "json with charset", "mixed"])
def test_parameters_come_from_anywhere(door: Door, how: str) -> None:
    if how == "form":
        response = door.ask("POST", PATH, data=GOOD)
    elif how == "query":
        response = door.ask("POST", PATH, query_string=GOOD)
    elif how == "json with charset":
        sent = '{"title":"Team","start":"2026-06-15T11:00","end":"2026-06-15T12:00","unknown":[{}]}'
        response = door.ask("POST", PATH, data=sent, content_type="application/json; charset=UTF-8")
    else:
        response = door.ask(
            "POST", f"{PATH}?title=Query&start={GOOD['start']}", json={"title": "Team", "end": GOOD["end"]}
        )
    assert (response.status_code, response.json["title"]) == (201, "Team")


def test_the_same_key_has_one_effect_and_one_answer(any_door: Door) -> None:
    key = {"Idempotency-Key": "tap-1"}
    first, again = post(any_door, GOOD, headers=key), post(any_door, GOOD, headers=key)
    assert (first[0], again) == (201, first)
    status, answer = post(any_door, {**GOOD, "title": "Other"}, headers=key)
    assert (status, answer["codes"]) == (422, ["key_reused"])
    assert len(any_door.get(PATH)) == 1


def test_a_repeat_is_known_by_what_was_said(door: Door) -> None:
    """The same words after midnight are the same request, though "tomorrow" is another day by then."""
    key, body = {"Idempotency-Key": "tap-2"}, {**GOOD, "start": "tomorrow 11:00", "end": "tomorrow 12:00"}
    first = post(door, body, headers=key)
    door.set(at("09:00", 1))
    assert post(door, body, headers=key) == first
    assert len(door.get(PATH)) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "caf\u00e9"])
def test_a_key_that_is_none_is_refused(door: Door, key: str) -> None:
    status, answer = post(door, GOOD, headers={"Idempotency-Key": key})
    assert (status, list(answer["fields"])) == (400, ["Idempotency-Key"])


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2027-03-28T02:30", "2027-03-28T03:30", ("03:30:00+02:00", "04:30:00+02:00")),  # keeps its hour
        ("2027-03-28T02:15", "2027-03-28T02:45", ("03:15:00+02:00", "03:45:00+02:00")),
        ("2027-03-28T01:30", "2027-03-28T03:30", ("01:30:00+01:00", "03:30:00+02:00")),  # an hour in truth
        ("2027-03-28T02:30", "2027-03-28T03:30+02:00", None),  # an end with an offset is exact: nothing is left
        ("2026-10-25T02:30", "2026-10-25T03:00", ("02:30:00+02:00", "03:00:00+01:00")),  # the first of the two hours
        ("2026-10-25T02:30+01:00", "2026-10-25T03:00", ("02:30:00+01:00", "03:00:00+01:00")),
    ],
)
def test_local_times_over_a_change_of_the_clock(door: Door, start: str, end: str, expected: Any) -> None:
    status, answer = post(door, {"title": "T", "start": start, "end": end})
    assert status == (400 if expected is None else 201)
    assert expected is None or (answer["start"][11:], answer["end"][11:]) == expected
