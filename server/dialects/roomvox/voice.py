"""RoomVox's voice: what webhooks are told, in the shapes that its routes answer with.

Decision: a booking is told as its GET shows it, with `change` beside: what was done, and what else there is to say of
that. Of a series the first date that was touched is told, and in `occurrences` how many there were.
"""

from collections.abc import Mapping
from typing import Any

from server.core.clock import from_epoch
from server.core.hook_events import Event
from server.core.model import Booking, Room
from server.core.series import shown
from server.core.zone import wall
from server.dialects.roomvox.conflicts import side_body
from server.dialects.roomvox.details import details_body
from server.dialects.roomvox.wire import OneBody, awaited_body, booking_body, room_body


def voice(event: Event) -> tuple[str, Mapping[str, Any]] | None:
    """The type and the data of the message; JSON values only."""
    change = dict(event.more)
    if event.booking is not None and event.room is not None:
        told = _booking(event, event.booking, event.room)
        more = {"occurrences": event.count} if event.type.startswith("series.") else {}
        return event.type, {**told, **more, "change": change}
    if event.sides is not None and event.room is not None:
        return event.type, _conflict(event, event.room)
    if event.type.startswith("room."):
        about = room_body(event.room).model_dump() if event.room is not None else {"number": event.number}
        return event.type, {**about, "change": change}
    there = {"room": event.room.id} if event.room is not None else {}
    about = {"number": event.number} if event.number is not None else {}
    return event.type, {**about, **there, "change": change}


def _conflict(event: Event, room: Room) -> dict[str, Any]:
    """Who was promised the same time, with both sides as they are now."""
    more = dict(event.more)
    start, end = (wall(from_epoch(more.pop(name)), room.zone).isoformat() for name in ("from", "to"))
    resolution, kind = more.pop("resolution"), more.pop("kind")
    booking, walk_in = (side_body(side, room.zone) for side in event.sides or (None, None))
    return {
        "id": event.number, "kind": kind, "room": room.id, "start": start, "end": end, "resolution": resolution,
        "booking": booking.model_dump() if booking is not None else None,
        "walkIn": walk_in.model_dump() if walk_in is not None else None, "change": more,
    }  # fmt: skip


def _booking(event: Event, it: Booking, room: Room) -> dict[str, Any]:
    whole = it.series is not None or event.type.startswith("series.")  # else it is no date of it any more
    lines = shown(event.series) if event.series is not None and whole else ()
    told = dict(booking_body(it, room)) | awaited_body(event.release, event.asking, room)
    body = OneBody(**told, recurrence=list(lines), rooms=list(event.rooms), details=details_body(it))
    return body.model_dump(mode="json", by_alias=True)
