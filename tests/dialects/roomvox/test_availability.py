"""GET /rooms/{id}/availability: contiguous local slots, free or busy, and never free what cannot be booked."""

from datetime import date
from typing import Any

import pytest

from server.core.access import CLI
from server.core.policy import Opening
from tests.dialects.roomvox.door import AMSTERDAM, Door
from tests.make import OFFICE, WORKDAYS, at


def slots(answer: Any) -> list[str]:
    """The slots in short: "08:00-09:00 free", with the title where busy."""
    return [f"{s['start']}-{s['end']} {s['status']} {s.get('title', '')}".strip() for s in answer["slots"]]


def test_a_day_is_laid_out_between_the_hours(door: Door) -> None:
    door.policy("oak", opening=(OFFICE,))
    door.book("11:00", "11:30", json={"title": "Standup"})
    answer = door.get("/rooms/oak/availability")
    assert (answer["date"], answer["room"]) == ("2026-06-15", {"id": "oak", "name": "Oak"})
    assert answer["availabilityRules"] == {"start": "08:00", "end": "18:00", "days": [1, 2, 3, 4, 5]}
    assert slots(answer) == ["08:00-11:00 free", "11:00-11:30 busy Standup", "11:30-18:00 free"]
    assert set(answer["slots"][0]) == {"start", "end", "status"}


def test_without_hours_the_day_is_whole(door: Door) -> None:
    answer = door.get("/rooms/oak/availability")
    assert (answer["availabilityRules"], slots(answer)) == (None, ["00:00-23:59 free"])


def test_back_to_back_bookings_stay_apart(door: Door) -> None:
    door.book("11:00", "12:00", json={"title": "A"})
    door.book("12:00", "13:00", json={"title": "B"})
    assert slots(door.get("/rooms/oak/availability"))[1:3] == ["11:00-12:00 busy A", "12:00-13:00 busy B"]


def test_seconds_are_rounded_so_that_nothing_taken_reads_free(door: Door) -> None:
    door.book("11:00:30", "11:59:30")
    assert slots(door.get("/rooms/oak/availability"))[1] == "11:00-12:00 busy Planning"


def test_a_booking_over_midnight_is_cut_to_the_day(door: Door) -> None:
    door.book("22:00", "2026-06-16T02:00")
    assert slots(door.get("/rooms/oak/availability"))[-1] == "22:00-23:59 busy Planning"
    assert slots(door.get("/rooms/oak/availability?date=2026-06-16"))[0] == "00:00-02:00 busy Planning"


def test_a_booking_wholly_before_opening_is_left_out(door: Door) -> None:
    door.set("05:00")
    door.book("06:00", "07:00")
    door.policy("oak", opening=(OFFICE,))
    assert slots(door.get("/rooms/oak/availability")) == ["08:00-18:00 free"]


def test_an_all_day_booking_blocks_the_whole_window_as_one_slot(door: Door) -> None:
    door.book("2026-06-16", "2026-06-17", json={"title": "Fair"})
    door.policy("oak", opening=(OFFICE,))
    assert slots(door.get("/rooms/oak/availability?date=2026-06-16")) == ["08:00-18:00 busy Fair"]


@pytest.mark.parametrize("case", ["weekday", "inactive", "closure", "horizon", "pending", "break"])
def test_what_cannot_be_booked_is_never_free(door: Door, case: str) -> None:
    day = "2026-06-15"
    if case == "weekday":
        door.policy("oak", opening=(OFFICE,))
        day, reason, expected = "2026-06-21", "outside_booking_hours", ["00:00-23:59 busy Closed"]
    elif case == "inactive":
        door.change("oak", active=False)
        reason, expected = "inactive", ["00:00-23:59 busy Closed"]
    elif case == "closure":
        door.house.engine.rooms.close("oak", CLI, at("00:00"), at("00:00", 1), "painting")
        reason, expected = "closed", ["00:00-23:59 busy painting"]
    elif case == "horizon":
        door.policy("oak", horizon_days=1)
        day, reason, expected = "2026-06-17", "beyond_horizon", ["00:00-23:59 busy Closed"]
    elif case == "pending":
        door.change("oak", auto_accept=False)
        door.book("2026-06-17T00:00", "2026-06-18T00:00")
        day, reason, expected = "2026-06-17", "pending", ["00:00-23:59 busy Planning"]
    else:
        door.policy("oak", opening=(Opening(WORKDAYS, 480, 720), Opening(WORKDAYS, 780, 1080)))
        reason = "outside_booking_hours"
        expected = ["08:00-12:00 free", "12:00-13:00 busy Closed", "13:00-18:00 free"]
    answer = door.get(f"/rooms/oak/availability?date={day}")
    assert slots(answer) == expected
    assert {s["reason"] for s in answer["slots"] if s["status"] == "busy"} == {reason}


def test_a_range_gives_each_of_its_days(door: Door) -> None:
    door.book("11:00", "12:00", json={"title": "A"})
    door.book("2026-06-17T09:00", "2026-06-17T10:00", json={"title": "C"})
    answer = door.get("/rooms/oak/availability?from=2026-06-15T10:30&to=2026-06-17T09:30")
    assert [(day["date"], slots(day)) for day in answer["days"]] == [
        ("2026-06-15", ["10:30-11:00 free", "11:00-12:00 busy A", "12:00-23:59 free"]),
        ("2026-06-16", ["00:00-23:59 free"]),
        ("2026-06-17", ["00:00-09:00 free", "09:00-09:30 busy C"]),
    ]
    assert (answer["date"], answer["slots"]) == ("2026-06-15", answer["days"][0]["slots"])


def test_a_date_goes_before_a_range_and_half_a_range_is_ignored(door: Door) -> None:
    query = "date=2026-06-20&from=2026-06-15&to=2026-06-16"
    assert door.get(f"/rooms/oak/availability?{query}")["date"] == "2026-06-20"
    assert door.get("/rooms/oak/availability?from=2026-06-18")["date"] == "2026-06-15"
    assert door.get("/rooms/oak/availability?to=junk")["date"] == "2026-06-15"


def test_equal_ends_are_allowed_and_empty(door: Door) -> None:
    answer = door.get("/rooms/oak/availability?from=2026-06-15T12:00&to=2026-06-15T12:00")
    assert (answer["date"], answer["slots"]) == ("2026-06-15", [])


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("date=abc", "Invalid date format"),
        ("from=abc&to=2026-06-16", 'Invalid "from" date format'),
        ("from=2026-06-16&to=abc", 'Invalid "to" date format'),
        ("from=2026-06-17&to=2026-06-16", '"from" must be before "to"'),
        ("from=2026-01-01&to=2027-01-02", "Date range must not exceed 365 days"),
        ("from=2026-06-15T10:00:00+02:00&to=2026-06-16", 'Invalid "from" date format'),
    ],
)
def test_bad_times_are_refused_in_roomvoxs_words(door: Door, query: str, error: str) -> None:
    response = door.ask("GET", f"/rooms/oak/availability?{query}")
    assert (response.status_code, response.json["error"]) == (400, error)


def test_365_days_are_allowed_exactly(door: Door) -> None:
    answer = door.get("/rooms/oak/availability?from=2026-01-01&to=2027-01-01")
    assert len(answer["days"]) == 365


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        # Spring: 02:00 to 03:00 does not exist; this booking is one hour long.
        ("2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00", ["01:30-03:30 busy X"]),
        # Autumn: 02:00 to 03:00 comes twice; half an hour of the second turn makes those minutes busy.
        ("2026-10-25T02:15:00+01:00", "2026-10-25T02:45:00+01:00", ["02:15-02:45 busy X"]),
        ("2026-10-25T02:50:00+02:00", "2026-10-25T02:10:00+01:00", ["02:00-03:00 busy X"]),
    ],
)
def test_the_days_on_which_the_clock_changes(door: Door, start: str, end: str, expected: list[str]) -> None:
    door.set(at("00:00", date(2026, 3, 1)))
    door.book(start, end, json={"title": "X"})
    found = slots(door.get(f"/rooms/oak/availability?date={start[:10]}"))
    assert [slot for slot in found if "busy" in slot] == expected
    assert found[0].startswith("00:00")
    assert found[-1] == f"{expected[0][6:11]}-23:59 free"


def test_local_clock_times_whatever_the_offset_was(door: Door) -> None:
    """The vendor's own example: one instant given in two ways appears at one local time."""
    door.add("ams", zone=AMSTERDAM)
    door.book("2026-10-05T09:00:00+02:00", "2026-10-05T10:00:00+02:00", room="ams", json={"title": "API"})
    door.book("2026-10-05T09:00:00Z", "2026-10-05T10:00:00Z", room="ams", json={"title": "Z"})
    door.book("2026-10-05T12:00", "2026-10-05T13:00", room="ams", json={"title": "naive"})
    found = slots(door.get("/rooms/ams/availability?date=2026-10-05"))
    assert found == [
        "00:00-09:00 free", "09:00-10:00 busy API", "10:00-11:00 free", "11:00-12:00 busy Z", "12:00-13:00 busy naive",
        "13:00-23:59 free",
    ]  # fmt: skip
