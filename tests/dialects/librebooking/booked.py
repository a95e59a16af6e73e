"""Reservations for tests: requests for Oak on the Monday, and what comes of them."""

from typing import Any

from tests.dialects.librebooking.door import Door
from tests.make import at

DAY = "2026-06-15"
NO_ACCESS = "You do not have access to the requested resource"
OTHERS = 401
"""The status of what is somebody else's."""


def body(door: Door, start: str = "11:00", end: str = "12:00", day: str = DAY, **more: Any) -> dict[str, Any]:
    """A request for Oak, in Berlin's wall time."""
    return {
        "resourceId": door.house.oak.number, "startDateTime": f"{day}T{start}:00+0200",
        "endDateTime": f"{day}T{end}:00+0200", "title": "Planning", **more,
    }  # fmt: skip


def made(door: Door, by: str = "alice", **more: Any) -> str:
    """The reference of a new reservation."""
    reference: str = door.post("/Reservations/", body(door, **more), by, 201)["referenceNumber"]
    return reference


def single(door: Door, reference: str, by: str = "alice") -> dict[str, Any]:
    """One reservation as somebody reads it."""
    found: dict[str, Any] = door.get(f"/Reservations/{reference}", by)
    return found


def listed(door: Door, by: str = "alice", query: str = "") -> list[dict[str, Any]]:
    """The rows of a list."""
    found: list[dict[str, Any]] = door.get(f"/Reservations/{query}", by)["reservations"]
    return found


def row(door: Door, by: str = "alice") -> dict[str, Any]:
    """The only row there is."""
    (found,) = listed(door, by)
    return found


def later(door: Door, wall: str) -> None:
    """It is that time of the Monday in Berlin, and everybody has signed in anew."""
    door.house.clock.set(at(wall))
    for name, person in door.people.items():
        door.sessions[name] = door.signed_in(person)


def rule(kind: str = "daily", last: str = "2026-06-18", **more: Any) -> dict[str, Any]:
    """Every day from the Monday to the Thursday, unless said otherwise."""
    return {"type": kind, "interval": 1, "monthlyType": None, "weekdays": [], "repeatTerminationDate": last, **more}


def daily(door: Door, **more: Any) -> list[str]:
    """Alice's reservation of Monday to Thursday, 11:00 to 12:00: the references."""
    made(door, recurrenceRule=rule(), **more)
    return [it["referenceNumber"] for it in listed(door, "ada")]
