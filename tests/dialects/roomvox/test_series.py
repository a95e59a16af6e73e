"""Series through RoomVox's door: booked, shown, and what stands in their way."""

from typing import Any

import pytest

from server.core.access import CLI
from tests.dialects.roomvox.door import Door
from tests.make import at

PATH = "/rooms/oak/bookings"
WEEKLY = {"title": "Team", "start": "2026-06-16T11:00", "end": "2026-06-16T12:00",
          "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"]}  # fmt: skip
DAYS = ["2026-06-16", "2026-06-23", "2026-06-30", "2026-07-07"]


def post(door: Door, body: Any, path: str = PATH, **more: Any) -> tuple[int, Any]:
    response = door.ask("POST", path, json=body, **more)
    return response.status_code, response.json


def series(door: Door, **more: Any) -> Any:
    """The answer of four Tuesdays from 11 to 12, unless said otherwise."""
    status, answer = post(door, {**WEEKLY, **more})
    assert status == 201, answer
    return answer


def starts(door: Door, query: str = "") -> list[str]:
    """Where Oak's bookings begin: 2026-06-16T11:00."""
    return [booking["start"][:16] for booking in door.get(PATH + query)]


def test_a_series_is_answered_with_its_first_booking_and_what_became_of_the_rest(any_door: Door) -> None:
    response = any_door.ask("POST", PATH, json=WEEKLY)
    assert response.status_code == 201
    answer = response.json
    assert (answer["start"], answer["recurrenceId"]) == ("2026-06-16T11:00:00+02:00",) * 2
    assert answer["recurrence"] == ["RRULE:FREQ=WEEKLY;COUNT=4"]
    assert (answer["occurrences"], answer["leftOut"], answer["preview"]) == (4, [], False)
    assert answer["uid"] != answer["occurrenceUid"]
    assert response.headers["Location"].endswith(answer["uid"].replace("@", "%40"))
    listed = any_door.get(PATH)
    assert [booking["start"][:10] for booking in listed] == DAYS
    assert {booking["uid"] for booking in listed} == {answer["uid"]}
    assert [booking["recurrenceId"] for booking in listed] == [booking["start"] for booking in listed]
    assert len({booking["occurrenceUid"] for booking in listed}) == 4


def test_a_single_booking_has_no_address_and_one_uid(door: Door) -> None:
    booking = door.book("11:00", "12:00")
    assert (booking["recurrenceId"], booking["recurrence"], booking["occurrenceUid"]) == (None, [], booking["uid"])
    assert door.get(f"{PATH}/{booking['uid']}") == booking
    assert post(door, {**WEEKLY, "recurrence": []})[1]["recurrenceId"] is None


@pytest.mark.parametrize(
    "sent",
    [
        {"json": {**WEEKLY, "recurrence": "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE:20260623T110000"}},
        {"json": {**WEEKLY, "recurrence": ["freq=weekly;count=4", "EXDATE;VALUE=DATE:20260623"]}},
        {"data": {**WEEKLY, "recurrence": "RRULE:FREQ=WEEKLY;\r\n COUNT=4\r\nEXDATE:20260623T090000Z\r\n"}},
        {"query_string": {**WEEKLY, "recurrence": "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE:20260623T110000"}},
    ],
)
def test_the_lines_come_as_a_list_or_as_a_text(door: Door, sent: Any) -> None:
    response = door.ask("POST", PATH, **sent)
    assert response.status_code == 201, response.text
    assert response.json["recurrence"] == [
        "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE;TZID=Europe/Berlin:20260623T110000",
    ]  # fmt: skip
    assert [start[:10] for start in starts(door)] == [DAYS[0], *DAYS[2:]]


def test_the_start_is_a_date_though_the_rule_has_it_not(door: Door) -> None:
    answer = series(door, recurrence="FREQ=WEEKLY;BYDAY=FR;COUNT=2")
    assert answer["occurrences"] == 3
    assert [start[:10] for start in starts(door)] == ["2026-06-16", "2026-06-19", "2026-06-26"]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["RRULE:FREQ=HOURLY"], "HOURLY is too often: a booking recurs daily at most"),
        (["RRULE:FREQ=NEVER"], None),
        (["DTSTART:20260616T110000"], "DTSTART is not taken; only RRULE, EXRULE, RDATE and EXDATE are"),
        (["RRULE:FREQ=DAILY;BYHOUR=11,14"], "makes more than 1100 bookings"),
        (["EXDATE:20260616T110000"], "no date is left"),
        (["RRULE:FREQ=DAILY;COUNT=2\x07"], "must not contain control characters"),
        (["RDATE;VALUE=\ud800:20260616T110000"], "must not contain control characters"),
        ([7], None),
        ({"FREQ": "DAILY"}, None),
        (7, None),
    ],
)  # fmt: skip
def test_lines_that_make_no_sense_are_said_to_be_so(door: Door, lines: Any, why: str | None) -> None:
    status, answer = post(door, {**WEEKLY, "recurrence": lines})
    assert (status, [name.partition(".")[0] for name in answer["fields"]]) == (400, ["recurrence"])
    assert why is None or answer["fields"]["recurrence"] == why
    assert door.get(PATH) == []


def test_nine_oclock_stays_nine_oclock_and_the_gap_is_stepped_over(door: Door) -> None:
    body = {**WEEKLY, "start": "2027-03-27T02:30", "end": "2027-03-27T03:30", "recurrence": "FREQ=DAILY;COUNT=3"}
    assert post(door, body)[0] == 201
    window = "?from=2027-03-01&to=2027-04-01"
    assert starts(door, window) == ["2027-03-27T02:30", "2027-03-28T03:30", "2027-03-29T02:30"]
    first_in_the_gap = {**body, "start": "2028-03-26T02:30", "end": "2028-03-26T03:30"}
    assert post(door, first_in_the_gap)[1]["start"] == "2028-03-26T03:30:00+02:00"
    assert starts(door, "?from=2028-03-01&to=2028-04-01")[1:] == ["2028-03-27T02:30", "2028-03-28T02:30"]


def test_a_series_cannot_start_in_the_second_of_two_hours(door: Door) -> None:
    body = {**WEEKLY, "start": "2026-10-25T02:30:00+01:00", "end": "2026-10-25T03:30:00+01:00"}
    status, answer = post(door, body)
    assert (status, list(answer["fields"])) == (400, ["start"])
    assert post(door, {**body, "recurrence": []})[0] == 201
    assert post(door, {**body, "start": "2026-10-25T02:00:00+02:00", "end": "2026-10-25T02:30:00+02:00"})[0] == 201


def test_a_clash_is_told_with_the_date_it_hits(door: Door) -> None:
    other = door.book("2026-06-23T11:30", "2026-06-23T13:00")
    mine = series(door, start="2026-07-07T11:30", end="2026-07-07T12:30", recurrence="FREQ=DAILY;COUNT=2")
    door.policy("oak", max_minutes=30)
    status, answer = post(door, WEEKLY)
    assert (status, answer["error"]) == (409, "Room is already booked during this time")
    assert answer["codes"] == ["clash", "too_long"]
    first, second = answer["conflicts"]
    assert first == {
        "uid": other["uid"], "start": "2026-06-23T11:30:00+02:00", "end": "2026-06-23T13:00:00+02:00",
        "organizer": "Alice Adams", "recurrenceId": "2026-06-23T11:00:00+02:00",
    }  # fmt: skip
    assert (second["uid"], second["occurrenceUid"]) == (mine["uid"], mine["occurrenceUid"])
    assert answer["dates"] == [
        {"recurrenceId": f"{day}T11:00:00+02:00", "codes": ["clash", "too_long"] if clash else ["too_long"]}
        for day, clash in zip(DAYS, (False, True, False, True), strict=True)
    ]
    assert len(door.get(PATH)) == 3


def test_conflicts_are_skipped_where_that_is_asked_and_told(door: Door) -> None:
    door.book("2026-06-23T11:30", "2026-06-23T13:00")
    door.house.engine.rooms.close("oak", CLI, at("08:00", 22), at("18:00", 22), "painting")
    answer = series(door, skipConflicts=True)
    assert answer["occurrences"] == 2
    assert answer["leftOut"] == [
        {"recurrenceId": "2026-06-23T11:00:00+02:00", "codes": ["clash"]},
        {"recurrenceId": "2026-07-07T11:00:00+02:00", "codes": ["closed"]},
    ]
    assert door.ask("GET", f"{PATH}/{answer['uid']}?recurrenceId={DAYS[1]}T11:00").status_code == 404


@pytest.mark.parametrize(
    ("policy", "body", "status", "code", "error"),
    [
        ({"series": "no"}, {}, 422, "no_series", "Room does not take bookings that recur"),
        ({"series_most": 3}, {}, 422, "too_many_dates", "A series in this room may have 3 dates at most"),
        ({}, {"end": "2026-06-25T11:00"}, 422, "overlaps_itself", "Dates of the series overlap each other"),
        ({"horizon_days": 14}, {}, 422, "too_far", "Booking exceeds maximum booking horizon"),
        ({"horizon_days": 14}, {"skipConflicts": True}, 422, "too_far", "Booking exceeds maximum booking horizon"),
    ],
)
def test_what_a_room_has_against_a_series(
    door: Door, policy: Any, body: Any, status: int, code: str, error: str
) -> None:
    door.policy("oak", **policy)
    found, answer = post(door, {**WEEKLY, **body})
    assert (found, answer["error"], answer["codes"]) == (status, error, [code])
    assert door.get(PATH) == []


def test_a_series_of_which_nothing_is_left_is_none(door: Door) -> None:
    for day in DAYS:
        door.book(f"{day}T11:30", f"{day}T11:45")
    status, answer = post(door, {**WEEKLY, "skipConflicts": True})
    assert (status, answer["codes"], answer["error"]) == (
        422, ["nothing_left"], "Not one date of the series can be booked",
    )  # fmt: skip


def test_a_preview_tells_what_would_come_of_it_and_writes_nothing(door: Door) -> None:
    door.book("2026-06-23T11:30", "2026-06-23T13:00")
    status, answer = post(door, {**WEEKLY, "skipConflicts": True}, f"{PATH}?preview=yes")
    assert (status, answer["preview"], answer["occurrences"], len(answer["leftOut"])) == (200, True, 3, 1)
    assert post(door, {**WEEKLY, "preview": True})[0] == 409
    single = {**WEEKLY, "recurrence": [], "preview": "yes"}
    status, answer = post(door, single)
    assert (status, answer["start"]) == (200, "2026-06-16T11:00:00+02:00")
    assert post(door, {**single, "start": "2026-06-23T11:00", "end": "2026-06-23T12:00"})[0] == 409
    assert len(door.get(PATH)) == 1


def test_a_repeated_series_is_answered_word_for_word_whatever_became_of_it(any_door: Door) -> None:
    any_door.book("2026-06-23T11:30", "2026-06-23T13:00")
    key = {"Idempotency-Key": "series-1"}
    first = post(any_door, {**WEEKLY, "skipConflicts": True}, headers=key)
    uid = first[1]["uid"]
    any_door.ask("DELETE", f"{PATH}/{uid}?recurrenceId={DAYS[2]}T11:00&scope=following")
    assert any_door.get(f"{PATH}/{uid}")["recurrence"] != first[1]["recurrence"]
    assert post(any_door, {**WEEKLY, "skipConflicts": True}, headers=key) == first
    status, answer = post(any_door, WEEKLY, headers=key)
    assert (status, answer["codes"]) == (422, ["key_reused"])


def test_a_room_with_approval_takes_a_series_as_pending_and_approves_it_whole(door: Door) -> None:
    door.change("oak", auto_accept=False)
    uid = series(door)["uid"]
    assert {booking["status"] for booking in door.get(PATH)} == {"pending"}
    one = door.ask("POST", f"{PATH}/{uid}/decline?recurrenceId={DAYS[1]}T11:00", key="admin")
    assert (one.status_code, one.json["status"], one.json["recurrenceId"][:10]) == (200, "declined", DAYS[1])
    stale = door.ask("POST", f"{PATH}/{uid}/approve", key="admin", headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    rest = door.ask("POST", f"{PATH}/{uid}/approve", key="admin", headers={"If-Match": '"1"'})
    assert (rest.status_code, rest.json["changed"], rest.json["start"][:10]) == (200, 3, DAYS[0])
    assert [booking["status"] for booking in door.get(PATH)] == ["accepted", "declined", "accepted", "accepted"]
    assert door.ask("POST", f"{PATH}/{uid}/approve", key="admin").json["codes"] == ["not_pending"]


def test_an_endless_series_is_booked_as_far_as_the_horizon(door: Door) -> None:
    answer = series(door, recurrence="RRULE:FREQ=MONTHLY")
    assert answer["recurrence"] == ["RRULE:FREQ=MONTHLY"]
    assert answer["occurrences"] == 24
    all_day = series(door, start="2026-06-17", end="2026-06-18", recurrence="FREQ=YEARLY")
    assert (all_day["start"], all_day["end"]) == ("2026-06-17T00:00:00+02:00", "2026-06-18T00:00:00+02:00")


def test_the_status_tells_which_occurrence_it_is(door: Door) -> None:
    uid = series(door, start="2026-06-15T10:00", end="2026-06-15T11:00")["uid"]
    single = door.book("12:00", "13:00")
    status = door.get("/rooms/oak/status")
    assert (status["currentBooking"]["uid"], status["currentBooking"]["recurrenceId"]) == (
        uid, "2026-06-15T10:00:00+02:00",
    )  # fmt: skip
    assert status["nextBooking"]["recurrenceId"] is None
    assert [(it["uid"], it["recurrenceId"] is None) for it in status["todayBookings"]] == [
        (uid, False), (single["uid"], True),
    ]  # fmt: skip
    assert status["todayBookings"][0]["occurrenceUid"] == status["currentBooking"]["occurrenceUid"] != uid


def test_statistics_count_occurrences(door: Door) -> None:
    series(door)
    door.set(at("09:00", 30))
    usage = door.get("/statistics?from=2026-06-15&to=2026-07-15", key="admin")
    assert (usage["bookings"]["accepted"], usage["utilization"][0]["totalHoursBooked"]) == (4, 4)


def test_an_imported_uid_that_a_series_has_is_skipped(door: Door) -> None:
    uid = series(door)["uid"]
    rows = f"room,title,start,end,uid\noak,Again,2026-06-18T09:00,2026-06-18T10:00,{uid}\n"
    response = door.ask("POST", "/bookings/import", key="admin", data=rows.encode(), content_type="text/csv")
    assert (response.status_code, response.json["skipped"], response.json["created"]) == (200, 1, 0)
