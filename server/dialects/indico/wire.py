"""Exactly what travels: rooms and reservations with the fields of 2011 and of today in one, and where they come from.

Decisions:
- `name` is the room's own name and `fullName` has building, floor and number before it, as in 2011; Indico writes
  building, floor and number in `name`, too, where a location says nothing else.
- `legacy`: a building of digits is a number, types have the location's name behind them where that is CERN, links have
  the form of 2011. Nothing else differs, and nothing is left out.
- `isConfirmed` and `isValid` are true of what is accepted, of nothing else; where a door has still to be asked, or
  people have to decide, a reservation is as good as pending.
- What a room has is what its facilities say: those whose words are among VIDEO make `vcList`, those or AV make `avc`.
- Of somebody else's booking the name and the reason are as much as the house's rules show; then null and "".
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from server.core.clock import epoch, from_epoch
from server.core.engagements import Choice, folded
from server.core.model import Room, Standing
from server.core.zone import wall
from server.dialects.indico.desk import Desk
from server.dialects.indico.formats import Moment
from server.dialects.indico.links import BOOKING, ROOM
from server.dialects.indico.parameters import Asked, choice
from server.dialects.indico.recurrence import repetition_of
from server.dialects.kit.app import Call
from server.engine.engagements import Told

VIDEO = frozenset(
    {
        "vc",
        "vidyo",
        "video",
        "videoconference",
        "videoconferencing",
        "webcam",
        "camera",
        "zoom",
        "teams",
        "webex",
        "meet",
    }
)
AV = VIDEO | frozenset(
    {
        "av",
        "avc",
        "audio",
        "beamer",
        "projector",
        "screen",
        "display",
        "monitor",
        "tv",
        "microphone",
        "speakers",
        "sound",
    }
)
PLUGIN = "CERN"
"""The location whose rooms had a type of their own in 2011."""
_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Shape:
    """How this request wants it: whether as in 2011, and what the links to bookings begin with."""

    call: Call
    desk: Desk
    legacy: bool
    bookings: str

    def type_of(self, word: str, location: str) -> str:
        return word + PLUGIN if self.legacy and location == PLUGIN else word


def shape_of(desk: Desk, call: Call, query: Asked) -> Shape:
    """As the request wants it, else as the house does."""
    wanted = choice(query.legacy)
    return Shape(call, desk, desk.terms.legacy if wanted is None else wanted, call.links.to("", BOOKING, ""))


def is_at(room: Room, location: str) -> bool:
    """Whether a location in an address is the room's."""
    return location in (room.site, location_of(room)) or " ".join(location.split()) == location_of(room)


def location_of(room: Room) -> str:
    """The location of a room: the name of its site, with what no address can hold as blanks."""
    return _location(room.site)


@lru_cache(maxsize=1024)
def _location(site: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", site).split())


def full_name(room: Room) -> str:
    """500-1-201 - Mezzanine; the name alone where neither building nor number are known."""
    if not (room.building or room.room_number):
        return room.name
    return "-".join(filter(None, (room.building, room.floor, room.room_number))) + f" - {room.name}"


def place_of(room: Room) -> tuple[str, ...]:
    """The order of rooms in a list."""
    return (location_of(room), room.building, room.floor, room.room_number, room.name)


def room_body(room: Room, shape: Shape, reservations: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    location, number = location_of(room), room.building
    whole = shape.legacy and number.isascii() and number.isdecimal() and len(number) < 16
    video = [it for it in room.facilities if _among(it, VIDEO)]
    body: dict[str, Any] = {
        "_type": shape.type_of("Room", location),
        "_fossil": "roomMetadata" if reservations is None else "roomMetadataWithReservations",
        "id": room.number, "name": room.name, "fullName": full_name(room), "location": location,
        "building": int(number) if whole else number, "floor": room.floor, "roomNr": room.room_number,
        "bookingUrl": _room_link(room, location, shape), "avc": any(_among(it, AV) for it in room.facilities),
        "vcList": video, "equipment": list(room.facilities), "longitude": None, "latitude": None,
    }  # fmt: skip
    if reservations is not None:
        body["reservations"] = reservations
    return body


def reservation_body(told: Told, shape: Shape, *, inside: bool) -> dict[str, Any]:
    """One reservation; `inside`: of its room's list, else with its room."""
    face, room, state = told.face, told.room, told.it.state
    location, number = location_of(room), shape.desk.engine.naming.number(face)
    again = repetition_of(told.series.pattern if told.series is not None else None)
    valid = state is Standing.ACCEPTED
    body: dict[str, Any] = {
        "_type": shape.type_of("Reservation", location),
        "_fossil": "roomReservationMetadata" if inside else "reservationMetadata",
        "id": number, "startDT": _moment(told.it.first, room), "endDT": _moment(told.it.last, room),
        "reason": face.title, "bookedForName": told.host or None, "booked_for_user_email": told.email or None,
        "bookingUrl": link_of(told, shape), "isConfirmed": valid, "isValid": valid,
        "is_cancelled": state is Standing.CANCELLED, "is_rejected": state is Standing.DECLINED,
        "repeatability": again.repeatability, "repeat_frequency": again.frequency, "repeat_interval": again.interval,
        "usesAVC": face.details.uses_av, "needsAVCSupport": face.details.needs_av_support,
        "needs_assistance": face.details.needs_av_support, "location": location,
        "vcList": [it for it in room.facilities if _among(it, VIDEO)] if face.details.uses_av else [],
    }  # fmt: skip
    if not inside:
        body["room"] = {
            "_type": shape.type_of("Room", location), "_fossil": "minimalRoomMetadata", "id": room.number,
            "fullName": full_name(room),
        }  # fmt: skip
    return body


def occurrences(told: Told, wanted: Choice, shape: Shape) -> list[dict[str, Any]]:
    """The dates of a reservation, whatever became of each; as in 2011 only those in the window."""
    dates, room = told.dates, told.room
    if shape.legacy and wanted.window is not None:
        low, high = epoch(wanted.window.start), epoch(wanted.window.end)
        dates = tuple(it for it in dates if it.starts < high and it.ends > low)
    return [
        {
            "startDT": _moment(it.starts, room), "endDT": _moment(it.ends, room),
            "is_cancelled": folded(it.standing) is Standing.CANCELLED,
            "is_rejected": folded(it.standing) is Standing.DECLINED,
        }
        for it in dates
    ]  # fmt: skip


def _moment(seconds: int, room: Room) -> Moment:
    return Moment(wall(from_epoch(seconds), room.zone), room.zone)


def _among(facility: str, words: frozenset[str]) -> bool:
    return not words.isdisjoint(_words(facility))


@lru_cache(maxsize=1024)
def _words(facility: str) -> tuple[str, ...]:
    return tuple(_WORDS.split(facility.casefold()))


def link_of(told: Told, shape: Shape) -> str:
    """Where people read of a reservation."""
    number = shape.desk.engine.naming.number(told.face)
    if shape.legacy:
        asked = {"roomLocation": location_of(told.room), "resvID": str(number)}
        return shape.call.link("/roomBooking.py/bookingDetails", query=asked)
    return f"{shape.bookings}{number}"


def _room_link(room: Room, location: str, shape: Shape) -> str:
    if shape.legacy:
        asked = {"roomLocation": location, "roomID": str(room.number)}
        return shape.call.link("/roomBooking.py/bookingForm", query=asked)
    return shape.call.links.to("", ROOM, str(room.number))
