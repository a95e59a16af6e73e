"""RoomVox's voice: what webhooks are told, in the shapes that its routes answer with.

Decision: a booking is told as its GET shows it, with `change` beside: what was done, and what else there is to say of
that. Of a series the first date that was touched is told, and in `occurrences` how many there were.
"""

from collections.abc import Mapping
from typing import Any

from server.core.hook_events import Event
from server.core.model import Booking, Room
from server.core.series import shown
from server.dialects.roomvox.details import details_body
from server.dialects.roomvox.wire import OneBody, awaited_body, booking_body, room_body


def voice(event: Event) -> tuple[str, Mapping[str, Any]] | None:
    """The type and the data of the message; JSON values only."""
    change = dict(event.more)
    if event.booking is not None and event.room is not None:
        told = _booking(event, event.booking, event.room)
        more = {"occurrences": event.count} if event.type.startswith("series.") else {}
        return event.type, {**told, **more, "change": change}
    if event.type.startswith("room."):
        about = room_body(event.room).model_dump() if event.room is not None else {"number": event.number}
        return event.type, {**about, "change": change}
    there = {"room": event.room.id} if event.room is not None else {}
    return event.type, {"number": event.number, **there, "change": change}


def _booking(event: Event, it: Booking, room: Room) -> dict[str, Any]:
    whole = it.series is not None or event.type.startswith("series.")  # else it is no date of it any more
    lines = shown(event.series) if event.series is not None and whole else ()
    told = dict(booking_body(it, room)) | awaited_body(event.release, event.asking, room)
    body = OneBody(**told, recurrence=list(lines), rooms=list(event.rooms), details=details_body(it))
    return body.model_dump(mode="json", by_alias=True)
