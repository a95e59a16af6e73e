"""The local day of the room, from the offsets the server sent: when it begins and ends, and what fills it.

The panel has no zone data. The wall time of an instant is the instant plus the offset in force then, and a day may
have 23 or 25 hours: its edges are instants found through the offsets, never "plus 24 hours".
"""

from typing import Any

from kiosk import agenda
from kiosk.agenda import Timeline
from kiosk.instants import iso
from kiosk.plan import Snapshot

DAY = 86_400


def offset_at(offsets: tuple[tuple[int, int], ...], instant: float) -> int:
    """Seconds east of UTC in force at the instant; the first offset also holds before it begins."""
    current = offsets[0][1]
    for since, seconds in offsets:
        if since <= instant:
            current = seconds
    return current


def day_of(offsets: tuple[tuple[int, int], ...], now: int) -> tuple[int, int]:
    """The first instant of the local day of `now`, and the first of the day after."""
    today = (now + offset_at(offsets, now)) // DAY
    return _first_instant(offsets, today), _first_instant(offsets, today + 1)


def _first_instant(offsets: tuple[tuple[int, int], ...], day: int) -> int:
    """The first instant whose wall clock has reached that day (counted from 1970).

    Midnight itself may be missing where clocks go forward at midnight: then the day begins at that change.
    """
    for index, (since, seconds) in enumerate(offsets):
        begins = day * DAY - seconds
        if index + 1 == len(offsets) or begins < offsets[index + 1][0]:
            return begins if index == 0 else max(begins, since)
    raise AssertionError("offsets are never empty")


def strip(plan: Snapshot, line: Timeline, now: int) -> list[dict[str, Any]]:
    """Today from midnight to midnight without a hole: what is free, booked, closed, or (no plan) unknown."""
    start, end = day_of(plan.offsets, now)
    parts: list[dict[str, Any]] = []
    for index in range(agenda.at(line, start), agenda.at(line, end - 1) + 1):
        moment = line[index]
        begins = max(start, moment.at)
        ends = min(end, line[index + 1].at) if index + 1 < len(line) else end
        part: dict[str, Any] = {"kind": moment.state, "start": iso(begins), "end": iso(ends)}
        if moment.booking:
            booking = moment.booking
            part |= {
                "kind": "booking",
                "id": booking.id,
                "host": booking.host,
                "title": booking.title,
                "check_in": booking.check_in,
                "state": booking.state,
                "confirmed": booking.confirmed,
                "synced": booking.synced,
            }
        parts.append(part)
    return parts
