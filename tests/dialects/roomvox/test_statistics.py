"""GET /statistics: counts, hours booked and hours there were, also over the days on which the clock changes."""

from datetime import date

import pytest

from server.core.policy import Opening
from tests.dialects.roomvox.door import Door
from tests.make import OFFICE, at

NIGHT = Opening(frozenset(range(7)), 0, 6 * 60)


def test_counts_and_hours(any_door: Door) -> None:
    door = any_door
    door.policy("oak", opening=(OFFICE,))
    uids = [door.book(f"{hour}:00", f"{hour}:30")["uid"] for hour in (11, 12, 13)]
    door.book("14:00", "16:00")
    door.ask("DELETE", f"/rooms/oak/bookings/{uids[0]}")
    door.change("oak", auto_accept=False, room_type="meeting-room")
    pending = door.book("16:00", "17:00")["uid"]
    declined = door.book("17:00", "18:00")["uid"]
    door.ask("POST", f"/rooms/oak/bookings/{declined}/decline", key="admin")
    door.add("ash", active=False)
    answer = door.get("/statistics?from=2026-06-15&to=2026-06-21", key="admin")
    assert answer["period"] == {"from": "2026-06-15", "to": "2026-06-21"}
    assert answer["rooms"] == {"total": 3, "active": 2, "byType": {"meeting-room": 1, "other": 2}}
    assert answer["bookings"] == {"total": 6, "accepted": 3, "declined": 1, "pending": 1, "cancelled": 2}
    assert answer["utilization"][0] == {
        "roomId": "oak", "roomName": "Oak", "totalHoursBooked": 3, "totalHoursAvailable": 50, "utilizationPercent": 6,
        "bookingCount": 3,
    }  # fmt: skip
    assert answer["utilization"][1]["totalHoursAvailable"] == 56  # always open: eight hours a day
    assert pending


def test_by_default_the_last_thirty_days_up_to_today(door: Door) -> None:
    door.book("11:00", "12:00")
    answer = door.get("/statistics", key="admin")
    assert answer["period"] == {"from": "2026-05-16", "to": "2026-06-15"}
    assert answer["bookings"]["total"] == 1


def test_a_room_narrows_bookings_and_utilization_but_not_rooms(door: Door) -> None:
    door.book("11:00", "12:00")
    door.book("11:00", "12:00", room="elm")
    answer = door.get("/statistics?room=elm", key="admin")
    assert (answer["rooms"]["total"], answer["bookings"]["total"]) == (2, 1)
    assert [it["roomId"] for it in answer["utilization"]] == ["elm"]
    assert door.ask("GET", "/statistics?room=nowhere", key="admin").status_code == 404


def test_a_booking_over_the_edge_counts_with_its_part_inside(door: Door) -> None:
    door.book("22:00", "2026-06-16T02:00")
    for day, hours in (("2026-06-15", 2), ("2026-06-16", 2), ("2026-06-17", 0)):
        answer = door.get(f"/statistics?from={day}&to={day}&room=oak", key="admin")
        assert answer["utilization"][0]["totalHoursBooked"] == hours
        assert answer["utilization"][0]["bookingCount"] == (1 if hours else 0)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 5), ("2026-10-25", 7), ("2026-06-15", 6)])
def test_the_hours_there_were_are_real_hours(door: Door, day: str, hours: int) -> None:
    """Open from midnight to six: the spring night is an hour shorter, the autumn night an hour longer."""
    door.set(at("00:00", date(2026, 1, 1)))
    door.policy("oak", opening=(NIGHT,))
    door.book(f"{day}T00:00", f"{day}T06:00")
    answer = door.get(f"/statistics?from={day}&to={day}&room=oak", key="admin")["utilization"][0]
    assert (answer["totalHoursAvailable"], answer["totalHoursBooked"]) == (hours, hours)
    assert answer["utilizationPercent"] == 100


def test_overlapping_hours_count_once_and_a_room_never_open_has_none(door: Door) -> None:
    door.policy("oak", opening=(Opening(frozenset({0}), 480, 720), Opening(frozenset({0}), 600, 1080)))
    door.policy("elm", opening=(Opening(frozenset({6}), 480, 720),))
    oak, elm = door.get("/statistics?from=2026-06-15&to=2026-06-15", key="admin")["utilization"]
    assert (oak["totalHoursAvailable"], elm["totalHoursAvailable"]) == (10, 0)
    assert (oak["utilizationPercent"], elm["utilizationPercent"]) == (0, 0)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("from=abc", 'Invalid "from" date format'),
        ("to=2026-99-01", 'Invalid "to" date format'),
        ("from=2026-06-16&to=2026-06-15", '"from" must be before "to"'),
        ("from=2025-06-14&to=2026-06-15", "Date range must not exceed 365 days"),
    ],
)
def test_bad_days_are_refused_in_roomvoxs_words(door: Door, query: str, error: str) -> None:
    response = door.ask("GET", f"/statistics?{query}", key="admin")
    assert (response.status_code, response.json["error"]) == (400, error)


def test_a_year_is_allowed_and_other_forms_of_dates_too(door: Door) -> None:
    answer = door.get("/statistics?from=16.06.2025&to=2026-06-15T23:30:00Z", key="admin")  # the 16th in Berlin
    assert answer["period"] == {"from": "2025-06-16", "to": "2026-06-16"}


def test_shares_have_one_decimal(door: Door) -> None:
    door.book("11:00", "11:20")
    it = door.get("/statistics?from=2026-06-15&to=2026-06-15&room=oak", key="admin")["utilization"][0]
    assert (it["totalHoursBooked"], it["utilizationPercent"]) == (0.3, 4.2)
