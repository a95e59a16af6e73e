"""Exactly what travels out: RoomVox's keys in both spellings and our additions, and how they come from core's values.

Strings are never null, times carry the room's local offset, and unknown keys are ignored by every known client, so the
additions (uid in every booking, organizerEmail, version, zone, …) do no harm.
"""

from datetime import datetime

from pydantic import BaseModel, Field

from server.core.model import Booking, Room, Standing
from server.core.nobody_here import Asking
from server.core.release import Times
from server.core.status import State
from server.core.zone import wall
from server.dialects.roomvox.details import DetailsBody
from server.engine.ical.event import location
from server.engine.rooms import RoomNow

WORDS = {
    "documented": {State.FREE: "available", State.BUSY: "reserved", State.RESERVED: "reserved"},
    "wire": {State.FREE: "free", State.BUSY: "busy", State.RESERVED: "busy"},
}
UNAVAILABLE = "unavailable"
REASONS = {
    "inactive": "inactive", "out_of_service": "out_of_service", "hours": "outside_booking_hours", "closure": "closed",
}  # fmt: skip


class RoomRef(BaseModel):
    """The room of a booking."""

    id: str
    name: str


class RoomBody(BaseModel):
    """A room: RoomVox's twelve keys, then ours."""

    id: str
    name: str
    email: str
    capacity: int = Field(description="0: not known")
    roomNumber: str
    roomType: str
    facilities: list[str]
    description: str
    responsibleContact: str
    location: str = Field(description="Street, PostalCode City (Building, Room 2.17)")
    autoAccept: bool
    active: bool
    number: int = Field(description="Never reused")
    site: str
    building: str
    floor: str
    zone: str = Field(description="IANA name; all times of this room are in it")


SERIES_UID = "Of an occurrence that of its series, as in RoomVox"
UNCERTAIN = frozenset({Standing.AT_RISK, Standing.CONFLICT})
CERTAIN = "yes; at_risk: a panel owned the time and has not answered yet; conflict: it gave way, and people have to say"
OWN_UID = "The uid of this booking alone; other than uid where it is an occurrence of a series"
ADDRESS = "The original start of an occurrence of a series, wherever it was moved since; null for a single booking"


class BookingBody(BaseModel):
    """A booking. `title` and `summary` are the same; `organizer` is the name, else the e-mail, else empty."""

    uid: str = Field(description=SERIES_UID)
    title: str
    summary: str
    start: str = Field(description="ISO 8601 with the room's local offset")
    end: str
    organizer: str
    organizerEmail: str
    status: str = Field(description="accepted, pending, declined or cancelled")
    room: RoomRef
    description: str
    version: int = Field(description="Grows with every change; the ETag of the booking")
    checkedIn: str | None = Field(description="When people checked in")
    plannedEnd: str | None = Field(description="The end before it was extended or cut short")
    source: str
    occurrenceUid: str = Field(description=OWN_UID)
    recurrenceId: str | None = Field(description=ADDRESS)
    certain: str = Field(description=CERTAIN)


class OneBody(BookingBody):
    """A booking that was asked for by itself."""

    recurrence: list[str] = Field(description="The RFC 5545 lines of its series; empty for a single booking")
    rooms: list[str] = Field(description="All its rooms by id; of a combined room its parts, too")
    details: DetailsBody
    releaseAt: str | None = Field(default=None, description="When it is released unless its people say they are here")
    released: str | None = Field(default=None, description="Since when it is released; it is held until heldUntil")
    heldUntil: str | None = Field(default=None, description="Until when saying so still undoes the release")
    askedUntil: str | None = Field(default=None, description="Until when those inside may answer who asks for the room")


class Meeting(BaseModel):
    """A booking as the status shows it."""

    uid: str = Field(description=SERIES_UID)
    title: str
    summary: str
    organizer: str
    organizerEmail: str
    start: str
    end: str
    minutesRemaining: int = Field(description="Minutes from now to its end, rounded up")
    status: str
    version: int
    checkedIn: str | None
    occurrenceUid: str = Field(description=OWN_UID)
    recurrenceId: str | None = Field(description=ADDRESS)


class TodayBooking(BaseModel):
    """A booking of the local day."""

    uid: str = Field(description=SERIES_UID)
    title: str
    summary: str
    organizer: str
    start: str
    end: str
    status: str
    occurrenceUid: str = Field(description=OWN_UID)
    recurrenceId: str | None = Field(description=ADDRESS)
    certain: str = Field(description=CERTAIN)


class StatusBody(BaseModel):
    """What a room is now: the guide's shape (id, name, status, nextBooking) and the wire's in one."""

    id: str
    name: str
    status: str = Field(description="available, reserved, unavailable; on the wire mount free, busy, unavailable")
    nextBooking: Meeting | None = Field(description="The next one that starts later today")
    room: RoomBody
    state: str = Field(description="free, reserved (waiting for check-in), busy or closed")
    reason: str | None = Field(description="Why unavailable: inactive, out_of_service, outside_booking_hours or closed")
    reasonText: str
    currentBooking: Meeting | None
    freeUntil: str | None = Field(description="While free: when the room can no longer be had, if it ends")
    until: str | None = Field(description="When this state ends, if it does")
    todayBookings: list[TodayBooking]


class Done(BaseModel):
    """RoomVox's yes."""

    status: str = "ok"


def local(instant: datetime, zone: str) -> str:
    """2026-10-05T09:00:00+02:00."""
    return wall(instant, zone).isoformat(timespec="seconds")


def local_or_none(instant: datetime | None, zone: str) -> str | None:
    return None if instant is None else local(instant, zone)


def room_body(room: Room) -> RoomBody:
    return RoomBody(
        id=room.id, name=room.name, email=room.email, capacity=room.capacity, roomNumber=room.room_number,
        roomType=room.room_type, facilities=list(room.facilities), description=room.description,
        responsibleContact=room.contact, location=location(room), autoAccept=room.auto_accept, active=room.active,
        number=room.number, site=room.site, building=room.building, floor=room.floor, zone=room.zone,
    )  # fmt: skip


def organizer(booking: Booking) -> str:
    return booking.organizer or booking.organizer_email


def series_or_own(booking: Booking) -> str:
    """The uid that RoomVox's clients know a booking by."""
    return booking.series_uid or booking.uid


def address(booking: Booking, zone: str) -> str | None:
    """What tells an occurrence from the others of its series."""
    return local_or_none(booking.original_start, zone)


def booking_body(booking: Booking, room: Room) -> BookingBody:
    return BookingBody(
        uid=series_or_own(booking), title=booking.title, summary=booking.title, start=local(booking.starts, room.zone),
        end=local(booking.ends, room.zone), organizer=organizer(booking), organizerEmail=booking.organizer_email,
        status=status_word(booking.standing), room=RoomRef(id=room.id, name=room.name), description=booking.description,
        version=booking.version, checkedIn=local_or_none(booking.checked_in_at, room.zone),
        plannedEnd=local_or_none(booking.planned_end, room.zone), source=booking.source, occurrenceUid=booking.uid,
        recurrenceId=address(booking, room.zone), certain=_certain(booking.standing),
    )  # fmt: skip


def status_word(it: Standing) -> str:
    """RoomVox's word for where a booking stands: it has none for what is not certain, which waits for somebody."""
    return "pending" if it in UNCERTAIN else it.value


def _certain(it: Standing) -> str:
    return it.value if it in UNCERTAIN else "yes"


def status_body(now: RoomNow, words: str) -> StatusBody:
    """The status in one of the two sets of WORDS. An unavailable room shows no current and no next booking."""
    room, it = now.room, now.status
    closed = it.state is State.CLOSED
    until = local_or_none(it.until, room.zone)
    return StatusBody(
        id=room.id,
        name=room.name,
        status=WORDS[words].get(it.state, UNAVAILABLE),
        nextBooking=None if closed or it.next is None else _meeting(it.next, now),
        room=room_body(room),
        state=it.state.value,
        reason=REASONS[it.reason] if it.reason else None,
        reasonText=it.reason_text,
        currentBooking=None if closed or it.current is None else _meeting(it.current, now),
        freeUntil=until if it.state is State.FREE else None,
        until=until,
        todayBookings=[_today(booking, room) for booking in now.today] if room.active else [],
    )


def _meeting(booking: Booking, now: RoomNow) -> Meeting:
    zone = now.room.zone
    return Meeting(
        uid=series_or_own(booking), title=booking.title, summary=booking.title, organizer=organizer(booking),
        organizerEmail=booking.organizer_email, start=local(booking.starts, zone), end=local(booking.ends, zone),
        minutesRemaining=-int((now.at - booking.ends).total_seconds() // 60), status=status_word(booking.standing),
        version=booking.version, checkedIn=local_or_none(booking.checked_in_at, zone), occurrenceUid=booking.uid,
        recurrenceId=address(booking, zone),
    )  # fmt: skip


def _today(booking: Booking, room: Room) -> TodayBooking:
    return TodayBooking(
        uid=series_or_own(booking), title=booking.title, summary=booking.title, organizer=organizer(booking),
        start=local(booking.starts, room.zone), end=local(booking.ends, room.zone), occurrenceUid=booking.uid,
        status=status_word(booking.standing), recurrenceId=address(booking, room.zone),
        certain=_certain(booking.standing),
    )  # fmt: skip


def awaited_body(release: Times | None, asking: Asking | None, room: Room) -> dict[str, str | None]:
    """What becomes of a booking where its people say nothing; nothing in rooms that do not ask."""
    told: dict[str, str | None] = {}
    if asking is not None and asking.outcome == "asked":
        told["askedUntil"] = local(asking.until, room.zone)
    if release is not None and release.released_at is None:
        told["releaseAt"] = local(release.at, room.zone)
    elif release is not None:
        told["released"] = local_or_none(release.released_at, room.zone)
        told["heldUntil"] = local(release.until, room.zone)
    return told
