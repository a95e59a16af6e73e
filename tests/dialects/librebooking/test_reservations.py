"""Reservations: made, read, listed, changed and deleted; whose they are, and what others see of them."""

from typing import Any

import pytest

from tests.dialects.librebooking.door import BASE, Door
from tests.make import at

DAY = "2026-06-15"


def body(door: Door, start: str = "11:00", end: str = "12:00", **more: Any) -> dict[str, Any]:
    """A request for Oak today, in Berlin's wall time."""
    return {
        "resourceId": door.house.oak.number, "startDateTime": f"{DAY}T{start}:00+0200",
        "endDateTime": f"{DAY}T{end}:00+0200", "title": "Planning", **more,
    }  # fmt: skip


def made(door: Door, by: str = "alice", **more: Any) -> str:
    """The reference of a new reservation."""
    reference: str = door.post("/Reservations/", body(door, **more), by, 201)["referenceNumber"]
    return reference


def listed(door: Door, by: str = "alice", query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = door.get(f"/Reservations/{query}", by)["reservations"]
    return found


def test_it_is_made_read_and_listed(door: Door) -> None:
    answer = door.post("/Reservations/", body(door), "alice", 201)
    reference = answer["referenceNumber"]
    assert answer == {
        "links": [
            {"href": f"{BASE}/Reservations/{reference}", "title": "get_reservation"},
            {"href": f"{BASE}/Reservations/{reference}", "title": "update_reservation"},
        ],
        "message": None, "referenceNumber": reference, "isPendingApproval": False,
    }  # fmt: skip
    it = door.get(f"/Reservations/{reference}", "alice")
    assert (it["startDate"], it["endDate"]) == (f"{DAY}T05:00:00-0400", f"{DAY}T06:00:00-0400")  # she is in New York
    assert (it["title"], it["owner"]["emailAddress"]) == ("Planning", "alice@example.org")
    (row,) = listed(door)
    assert (row["referenceNumber"], row["startDate"]) == (reference, f"{DAY}T09:00:00+0000")
