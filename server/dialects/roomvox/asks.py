"""What comes in: the bodies of bookings and actions, and what they mean to core.

Both spellings are taken: `title` or `summary`, `organizer` or `organizerEmail`. An organizer with an @ is an e-mail.
Lengths and characters are judged by the engine; only what RoomVox words itself is refused here.
"""

import secrets
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from server.core.clock import epoch
from server.core.model import Ask, Edit, Room
from server.dialects.roomvox import windows
from server.dialects.roomvox.details import DetailsAsk, details_of, parts_of
from server.dialects.roomvox.errors import Unfit
from server.dialects.roomvox.series import Lines

LINE: dict[str, Any] = {"maxLength": 255}
PROSE: dict[str, Any] = {"maxLength": 10_000}
TIME = "A date and time; without an offset it is the room's local time"
RECURRENCE = "RRULE, RDATE, EXDATE and EXRULE lines (RFC 5545), as a list or as one text"
OWNER = "The person whose booking it is, by number; for keys of the house and those who manage the rooms"
SKIP = "Leave out the dates of a series that something is in the way of, instead of refusing all"
AT_RISK = "Rather a booking that is not certain than none, where a panel owns the time and cannot be asked"


class BookingAsk(BaseModel):
    """What a booking says. To create one, title (or summary), start and end are needed."""

    title: str | None = Field(default=None, json_schema_extra=LINE)
    summary: str | None = Field(default=None, json_schema_extra=LINE, description="Another spelling of title")
    start: str | None = Field(default=None, description=TIME)
    end: str | None = Field(default=None, description=TIME)
    organizer: str | None = Field(default=None, json_schema_extra=LINE, description="A name or an e-mail address")
    organizerEmail: str | None = Field(default=None, json_schema_extra=LINE)
    description: str | None = Field(default=None, json_schema_extra=PROSE)
    details: DetailsAsk | None = Field(default=None, description="What it carries beside these; JSON bodies only")
    owner: Annotated[int, Field(strict=True, ge=1, lt=1 << 31)] | None = Field(default=None, description=OWNER)


class NewBooking(BookingAsk):
    """A booking, or with `recurrence` a series of them."""

    recurrence: Lines | None = Field(default=None, description=f"{RECURRENCE}; the start is always a date")
    skipConflicts: bool = Field(default=False, description=SKIP)
    rooms: list[Annotated[str, Field(max_length=64)]] = Field(
        default_factory=list, max_length=100, description="Further rooms to book with this one, by id"
    )
    atRisk: bool = Field(default=False, description=AT_RISK)


class BookingEdit(BookingAsk):
    """What to change of a booking, or of a series from one of its dates on; what is absent stays."""

    recurrence: Lines | None = Field(default=None, description=f"{RECURRENCE}: the new pattern, from there on")
    skipConflicts: bool = Field(default=False, description=SKIP)
    dropExceptions: bool = Field(
        default=False, description="Give up changes of single dates that the new pattern has no place for"
    )
    version: int | None = Field(default=None, description="The version that was seen; If-Match says the same")


class ActionAsk(BaseModel):
    """An action on a booking."""

    version: int | None = Field(default=None, description="The version that was seen; If-Match says the same")


class CheckInAsk(ActionAsk):
    """People are here."""

    startNow: bool = Field(default=False, description="Move a coming start to now, if the room is free")


class HereAsk(ActionAsk):
    """The people are here."""

    how: Literal["api", "badge", "qr", "sensor", "room_device"] | None = Field(
        default=None, description="By what it is known, if not by its people's own word (api)"
    )


class NobodyHereAsk(ActionAsk):
    """Somebody would like the room."""

    minutes: int | None = Field(default=None, description="For how long; half an hour unless said")


class ExtendAsk(ActionAsk):
    """A later end: by minutes, or up to a time."""

    minutes: int | None = None
    until: str | None = Field(default=None, description=TIME)
    end: str | None = Field(default=None, description="Another spelling of until")


def ask_of(body: BookingAsk, room: Room, now: datetime) -> Ask:
    """The wish to book; Unfit in RoomVox's texts and their order."""
    title = _either(body.title, body.summary)
    given = {"title": title, "start": body.start, "end": body.end}
    missing = {name: "is required" for name, value in given.items() if not (value or "").strip()}
    if missing:
        raise Unfit("title, start, and end are required", missing)
    starts, ends = windows.booked(body.start or "", body.end or "", now, room.zone)
    name, mail = _organizer(body)
    uid = f"{secrets.token_hex(8)}-{epoch(now)}@roomvox"
    rooms, risky = ((room.id, *body.rooms), body.atRisk) if isinstance(body, NewBooking) else ((room.id,), False)
    return Ask(
        rooms, starts, ends, title or "", name or "", mail or "", body.description or "", uid, body.owner,
        details_of(body.details), risky,
    )  # fmt: skip


def edit_of(body: BookingEdit, room: Room, now: datetime) -> Edit:
    """The wish to change; Unfit where nothing is to be changed or the title is taken away."""
    title = _either(body.title, body.summary)
    if title is not None and not title.strip():
        raise Unfit("title must not be empty", {"title": "must not be empty"})
    starts = ends = None
    if body.start and body.end:
        starts, ends = windows.booked(body.start, body.end, now, room.zone)
    elif body.start or body.end:
        starts = windows.instant("start", body.start, now, room.zone) if body.start else None
        ends = windows.instant("end", body.end, now, room.zone) if body.end else None
    name, mail = _organizer(body)
    edit = Edit(starts, ends, title, name, mail, body.description, body.owner, carry=parts_of(body.details))
    if edit == Edit() and body.recurrence is None:
        raise Unfit("Nothing to change", {"body": "names nothing to change"})
    return edit


def until_of(body: ExtendAsk, room: Room, now: datetime) -> datetime | None:
    text = _either(body.until, body.end)
    return windows.instant("until", text, now, room.zone) if text else None


def _either(first: str | None, second: str | None) -> str | None:
    return second if first is None or (not first and second) else first


def _organizer(body: BookingAsk) -> tuple[str | None, str | None]:
    """Name and e-mail; None where nothing was said. Another name does not keep the old one's address."""
    name, mail = body.organizer, body.organizerEmail
    if name is None:
        return name, mail
    return ("", name) if "@" in name and not mail else (name, mail or "")
