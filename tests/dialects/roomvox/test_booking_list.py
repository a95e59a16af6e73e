"""GET /rooms/{id}/bookings and one booking: windows, filters, pages, and what a booking looks like."""

from typing import Any

import pytest

from server.core.access import CLI
from tests.dialects.roomvox.door import Door
from tests.make import at

SEVEN = {"uid", "title", "start", "end", "organizer", "status", "room"}


def titles(door: Door, query: str = "", **more: Any) -> list[str]:
    return [booking["title"] for booking in door.get(f"/rooms/oak/bookings{query}", **more)]


@pytest.fixture
def full(door: Door) -> Door:
    """Oak with A at 11-12, B at 13-14, C the next day at 9-10, D in ten days."""
    for title, start, end in (
        ("A", "11:00", "12:00"), ("B", "13:00", "14:00"), ("C", "2026-06-16T09:00", "2026-06-16T10:00"),
        ("D", "2026-06-25T09:00", "2026-06-25T10:00"),
    ):  # fmt: skip
        door.book(start, end, json={"title": title})
    return door


def test_a_booking_carries_both_spellings_and_no_null_strings(full: Door) -> None:
    booking = full.get("/rooms/oak/bookings")[0]
    assert set(booking) >= SEVEN
    assert booking["title"] == booking["summary"] == "A"
    assert booking["start"] == "2026-06-15T11:00:00+02:00"
    assert booking["room"] == {"id": "oak", "name": "Oak"}
    assert (booking["version"], booking["checkedIn"], booking["plannedEnd"]) == (1, None, None)
    assert {type(booking[name]) for name in SEVEN - {"room"}} == {str}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "ABCD"),
        ("?from=2026-06-15T00:00&to=2026-06-15T23:59:59", "AB"),
        ("?from=2026-06-15&to=2026-06-16", "AB"),
        ("?from=2026-06-15T12:00&to=2026-06-15T13:00", "AB"),  # touching edges are in
        ("?from=2026-06-15T12:00:01&to=2026-06-15T12:59:59", ""),
        ("?from=2026-06-15T12:30&to=2026-06-15T12:30", ""),
        ("?from=2026-06-15T11:30&to=2026-06-15T11:30", "A"),
        ("?from=2026-06-16", "CD"),
        ("?to=2026-06-16", "AB"),
        ("?from=2026-06-15T09:00:00Z&to=2026-06-15T10:30:00Z", "A"),
        ("?from=2026-06-02T00:00:00Z&to=2026-06-03T00:00:00Z", ""),
        ("?from=&to=tomorrow", "AB"),
        ("?from=2027-06-01", ""),
        ("?from=9999-11-30", ""),
        ("?to=1970-01-01", ""),
        ("?status=accepted", "ABCD"),
        ("?status=pending", ""),
        ("?status=nonsense", "ABCD"),
    ],
)
def test_windows_and_filters(full: Door, query: str, found: str) -> None:
    assert "".join(titles(full, query)) == found


@pytest.mark.parametrize(
    ("query", "error", "field"),
    [
        ("from=abc", 'Invalid "from" date format', "from"),
        ("to=abc", 'Invalid "to" date format', "to"),
        ("from=2026-06-15T10:00:00+02:00", 'Invalid "from" date format', "from"),
        ("from=2026-06-16&to=2026-06-15", '"from" must be before "to"', "from"),
        ("from=2026-01-01&to=2027-01-01T00:00:01", "Date range must not exceed 365 days", "to"),
        ("from=0001-01-01", 'Invalid "from" date format', "from"),
        ("to=99999-01-01", 'Invalid "to" date format', "to"),
        ("from=%00", "from: must not contain control characters", "from"),
    ],
)
def test_bad_windows_are_refused_in_roomvoxs_words(door: Door, query: str, error: str, field: str) -> None:
    response = door.ask("GET", f"/rooms/oak/bookings?{query}")
    assert (response.status_code, response.json["error"], list(response.json["fields"])) == (400, error, [field])


def test_365_days_are_allowed_even_over_a_change_of_the_clock(full: Door) -> None:
    for query in ("from=2026-01-01&to=2027-01-01", "from=2026-03-28&to=2027-03-28", "from=2026-10-31&to=2027-10-31"):
        assert full.ask("GET", f"/rooms/oak/bookings?{query}").status_code == 200


def test_declined_and_pending_are_listed_and_cancelled_only_when_asked_for(full: Door) -> None:
    uids = [booking["uid"] for booking in full.get("/rooms/oak/bookings")]
    full.ask("DELETE", f"/rooms/oak/bookings/{uids[0]}")
    full.change("oak", auto_accept=False)
    pending = full.book("15:00", "16:00", json={"title": "E"})["uid"]
    declined = full.book("16:00", "17:00", json={"title": "F"})["uid"]
    full.ask("POST", f"/rooms/oak/bookings/{declined}/decline", key="admin")
    assert titles(full) == ["B", "E", "F", "C", "D"]
    assert titles(full, "?status=pending") == ["E"]
    assert titles(full, "?status=declined") == ["F"]
    assert titles(full, "?status=cancelled") == ["A"]
    assert full.get(f"/rooms/oak/bookings/{pending}")["status"] == "pending"


def test_without_a_window_a_year_back_and_a_year_ahead_are_listed(full: Door) -> None:
    full.set(at("10:00", 400))
    assert titles(full) == []
    assert titles(full, "?limit=10") == ["A", "B", "C", "D"]  # by pages, all that is stored
    full.set(at("10:00", 300))
    assert titles(full) == ["A", "B", "C", "D"]


def test_pages_lead_through_all_bookings_of_a_window(full: Door) -> None:
    path, seen, pages = "/rooms/oak/bookings?from=2026-06-15&limit=1", [], 0
    while path:
        response = full.ask("GET", path)
        seen += [booking["title"] for booking in response.json]
        pages += 1
        path = response.headers.get("Link", "").partition(">")[0].removeprefix("<https://rooms.example.org")
    assert (seen, pages) == (["A", "B", "C", "D"], 4)


def test_a_page_stays_where_it_was_when_something_is_booked_before_it(full: Door) -> None:
    first = full.ask("GET", "/rooms/oak/bookings?limit=2")
    full.book("10:00", "10:30", json={"title": "Z"})
    rest = titles(full, f"?limit=2&cursor={first.headers['X-Next-Cursor']}")
    assert rest == ["C", "D"]


@pytest.mark.parametrize("cursor", ["x", "%%%", "AAAA", "MTIzNDU2Nzg5MDEyMzQ1OjE", "LTE6LTE", "OjE6Mg", "%E2%82%AC"])
def test_a_cursor_that_is_not_ours_is_refused(door: Door, cursor: str) -> None:
    response = door.ask("GET", f"/rooms/oak/bookings?limit=2&cursor={cursor}")
    assert (response.status_code, response.json["error"]) == (400, "Invalid cursor")


def test_parameters_may_come_as_json_or_form(full: Door) -> None:
    assert titles(full, json={"from": "2026-06-15T10:30", "to": "2026-06-15T12:30"}) == ["A"]
    assert titles(full, data={"from": "2026-06-16"}) == ["C", "D"]


def test_one_booking_is_found_by_its_uid_in_its_room_only(full: Door) -> None:
    uid = full.get("/rooms/oak/bookings")[0]["uid"]
    response = full.ask("GET", f"/rooms/oak/bookings/{uid.replace('@', '%40')}")
    assert (response.json["uid"], response.headers["ETag"]) == (uid, '"1"')
    for path in (f"/rooms/elm/bookings/{uid}", "/rooms/oak/bookings/nobody", "/rooms/oak/bookings/%00"):
        missing = full.ask("GET", path)
        assert missing.status_code == 404
    assert full.ask("GET", "/rooms/oak/bookings/nobody").json == {"error": "Booking not found"}


def test_mixed_offsets_never_come_out(door: Door) -> None:
    """RoomVox answers in the offset a booking was made with; we always in the room's."""
    for day, start in (("2026-07-01", "07:00:00Z"), ("2026-12-01", "09:00:00+05:00")):
        end = start.replace("07:", "08:").replace("09:", "10:")
        door.book(f"{day}T{start}", f"{day}T{end}")
    assert [booking["start"][-6:] for booking in door.get("/rooms/oak/bookings")] == ["+02:00", "+01:00"]


def test_a_closure_is_no_booking(door: Door) -> None:
    door.house.engine.rooms.close("oak", CLI, at("12:00"), at("13:00"), "painting")
    assert door.get("/rooms/oak/bookings") == []
