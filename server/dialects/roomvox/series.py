"""Series: what recurs as it comes in, and what came of booking, changing or cancelling it as it goes out."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from server.core.model import Booking, Edit, Room
from server.core.recurrence import Pattern, parse
from server.core.series import shown
from server.core.zone import instant
from server.dialects.kit.app import Call
from server.dialects.kit.conditional import version_tag
from server.dialects.kit.route import Answer
from server.dialects.kit.text import sound
from server.dialects.roomvox import dates
from server.dialects.roomvox.desk import Desk
from server.dialects.roomvox.details import details_body
from server.dialects.roomvox.errors import DateBody, Unfit
from server.dialects.roomvox.parts import Meant
from server.dialects.roomvox.wire import OneBody, awaited_body, booking_body, local, series_or_own
from server.engine.outcome import Outcome


def _split(value: Any) -> Any:
    """One text is as many lines as it has; one that begins with a blank carries on the one before (RFC 5545, 3.1)."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        return value
    return [line for text in texts for line in re.split(r"\r\n|\n|\r", text) if line.strip()]


def _sound(lines: list[str]) -> list[str]:
    if not all(map(sound, lines)):
        raise PydanticCustomError("text", "must not contain control characters")
    return lines


TEXT = {"type": "string"}
Lines = Annotated[
    list[str], BeforeValidator(_split), AfterValidator(_sound),
    WithJsonSchema({"anyOf": [{"type": "array", "items": TEXT}, TEXT]}),
]  # fmt: skip
"""Content lines, as a list or as one text."""


class LostBody(BaseModel):
    """What had been changed for one date alone and finds no place in the new pattern."""

    recurrenceId: str
    changes: list[str] = Field(description="moved, extended, renamed, cancelled or declined")


class BookedBody(OneBody):
    """A new series: its first booking, and what was made of the others."""

    occurrences: int = Field(description="How many bookings were made")
    leftOut: list[DateBody] = Field(description="Dates that hold nothing, because something was in the way")
    preview: bool = Field(description="Nothing was written")


class ChangedBody(OneBody):
    """A part of a series that was changed: the first booking it touched, and how many it was."""

    changed: int
    made: int
    cancelled: int
    leftOut: list[DateBody] = Field(description="Dates that now hold nothing, because something was in the way")
    lost: list[LostBody] = Field(description="Changes of single dates that are gone")
    preview: bool = Field(description="Nothing was written")


class Cancelled(BaseModel):
    """RoomVox's yes, and how many bookings were cancelled."""

    status: str = "ok"
    cancelled: int
    preview: bool = Field(description="Nothing was written")


def pattern_of(lines: list[str], start: str, room: Room, now: datetime) -> Pattern:
    """What the lines say from the start on, which is always a date. Invalid, or Unfit in the second of two hours."""
    first = dates.local(start, now, room.zone)
    if instant(first, room.zone) != dates.moment(start, now, room.zone):
        why = "is the second of two hours with the same name, at which no series can start"
        raise Unfit(f"start: {why}", {"start": why})
    return parse(lines, first, room.zone)


def new_lines(it: Meant, lines: list[str] | None) -> tuple[str, ...] | None:
    """The new pattern that a change asks for. Unfit where it is none, or there is nothing that it could be of."""
    single = it.booking.series_uid is None
    if lines is None or (single and not lines):  # as the answer of a single booking shows it
        return None
    if lines and it.series is not None:
        return tuple(lines)
    why = "can only be changed for a series" if single else "is not one date's: give scope=following or scope=all"
    why = why if lines else "must not be empty"
    raise Unfit(f"recurrence {why}", {"recurrence": why})


def whole_edit(edit: Edit, it: Meant) -> Edit:
    """The change with both times where it moves the start: the end stays unless said, as with a single booking."""
    return replace(edit, ends=it.booking.ends) if edit.starts is not None and edit.ends is None else edit


def one(desk: Desk, call: Call, room: Room, booking: Booking, status: int = 200) -> Answer:
    """The answer of one booking."""
    lines: tuple[str, ...] = ()
    if booking.series_uid is not None and booking.series is not None:
        lines = shown(desk.engine.series.find(booking.series_uid, call.actor, room=room.id))
    return Answer(_one(OneBody, desk, call, booking, room, lines), status, headers(call, room, booking, status))


def booked(desk: Desk, call: Call, room: Room, it: Outcome) -> Answer:
    """The answer to a new series."""
    more = {"occurrences": it.made, "leftOut": _left_out(it, room), "preview": not it.written}
    status = 201 if it.written else 200
    body = _one(BookedBody, desk, call, it.first, room, shown(it.series), **more)
    return Answer(body, status, headers(call, room, it.first, status))


def changed(desk: Desk, call: Call, room: Room, it: Outcome) -> Answer:
    """The answer to a change of a series or a part of it."""
    lost = [LostBody(recurrenceId=local(each.at, room.zone), changes=list(each.kinds)) for each in it.lost]
    more = {
        "changed": it.changed, "made": it.made, "cancelled": it.cancelled, "leftOut": _left_out(it, room), "lost": lost,
        "preview": not it.written,
    }  # fmt: skip
    body = _one(ChangedBody, desk, call, it.first, room, shown(it.series), **more)
    return Answer(body, 200, headers(call, room, it.first, 200))


def headers(call: Call, room: Room, booking: Booking, status: int) -> dict[str, str]:
    found = {"ETag": version_tag(booking.version)}
    if status == 201:
        found["Location"] = call.link("/rooms/{}/bookings/{}", room.id, series_or_own(booking))
    return found


def _one(
    kind: type[OneBody], desk: Desk, call: Call, booking: Booking, room: Room, lines: tuple[str, ...], **more: Any
) -> OneBody:  # fmt: skip
    it, there = desk.engine.bookings.shown(booking, call.actor), desk.engine.house.now().rooms
    slugs = [there[number].slug for number in it.rooms if number in there]
    body = dict(booking_body(it, room)) | _awaited(desk, booking, room)
    return kind(**body, recurrence=list(lines), rooms=slugs, details=details_body(it), **more)


def _awaited(desk: Desk, booking: Booking, room: Room) -> dict[str, str | None]:
    if not room.policy.check_in:
        return {}
    it = desk.engine.presence.awaited(booking, room)
    return awaited_body(it.release, it.asking, room)


def _left_out(it: Outcome, room: Room) -> list[DateBody]:
    return [DateBody(recurrenceId=local(each.at, room.zone), codes=list(each.codes)) for each in it.left_out]
