"""Bookings as reservations go out: the row of a list, and one of them whole.

Decisions:
- A booking of several rooms is as many rows of a list, as there; the parts of a combined room are among them, for they
  are taken.
- A person who was invited and has accepted is told among the participants, one who has declined not at all. Guests are
  told by their e-mail, also where somebody else's system named them as participants.
- The owner is the person whose booking it is. One that has none (a key of another system made it) is told by the name
  that it was made with, without a userId.
- Colours: the reservation's own, else the owner's, else the resource's.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from server.core.house import HouseMap
from server.core.model import Attendee, Booking, Room, Standing
from server.core.people import Person
from server.core.privacy import OPEN
from server.dialects.kit.app import Call
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.links import href
from server.dialects.librebooking.periods import schedule_of
from server.dialects.librebooking.reservation_body import ReservationItem
from server.dialects.librebooking.resource_body import STATUSES, auto_release
from server.dialects.librebooking.shape import in_words, row_marks
from server.engine.listing import Listed

DARK, LIGHT = "#000000", "#FFFFFF"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in a reservation, as it is told: people by number, guests by e-mail."""

    participants: dict[int, Person]
    invitees: dict[int, Person]
    participating: list[str]
    invited: list[str]


@dataclass(frozen=True, slots=True)
class Known:
    """The links of one answer, which are made once for all its rows."""

    call: Call
    links: dict[tuple[str, int], dict[str, str]] = field(default_factory=dict)

    def link(self, title: str, number: int) -> dict[str, str]:
        found = self.links.get((title, number))
        if found is None:
            found = self.links[title, number] = {"href": href(self.call, title, number), "title": title}
        return found


def items(desk: Desk, call: Call, found: Listed, *, owner: int | None = None) -> list[Any]:
    """Each booking with each of its rooms that was asked for, as it is written; of one owner alone where said."""
    house, known, marks = desk.engine.house.now(), Known(call), row_marks(ReservationItem, desk.shape)
    rows = []
    for it, room in found.rows():
        if owner is None or it.owner == owner:
            row = _fields(desk, known, it, room, found.people, house)
            for name, write in marks:
                row[name] = write(row[name])
            rows.append(row)
    return rows


def item(
    desk: Desk, known: Known, it: Booking, room: Room, people: dict[int, Person], house: HouseMap
) -> ReservationItem:  # fmt: skip
    """One booking in one of its rooms; `people` are those whom it names, by number."""
    return ReservationItem(**_fields(desk, known, it, room, people, house))


def _fields(
    desk: Desk, known: Known, it: Booking, room: Room, people: dict[int, Person], house: HouseMap
) -> dict[str, Any]:  # fmt: skip
    """The fields of a ReservationItem, in their order, as the model has them."""
    owner, told, buffer = people.get(it.owner or 0), cast_of(it, people), timedelta(minutes=room.policy.gap_minutes)
    reference, schedule, hidden = desk.engine.naming.reference(it), schedule_of(room, house.timetables), masked(it)
    first, last = name_of(it, owner)
    color = it.details.color or (owner.color if owner is not None else "") or room.color
    shown = [
        {"href": href(known.call, "get_reservation", reference), "title": "get_reservation"},
        known.link("get_resource", room.number),
    ]
    if owner is not None:
        shown.append(known.link("get_user", owner.number))
    return {
        "links": [*shown, known.link("get_schedule", schedule)], "message": None,
        "referenceNumber": reference, "startDate": it.starts, "endDate": it.ends, "firstName": first, "lastName": last,
        "resourceName": room.name, "title": it.title or None if hidden else it.title,
        "description": None if hidden else it.description, "requiresApproval": it.standing is Standing.PENDING,
        "isRecurring": it.series is not None, "scheduleId": schedule, "userId": it.owner, "resourceId": room.number,
        "duration": in_words(it.ends - it.starts), "bufferTime": buffer, "bufferedStartDate": it.starts - buffer,
        "bufferedEndDate": it.ends + buffer,
        "participants": {number: person.name for number, person in told.participants.items()},
        "invitees": {number: person.name for number, person in told.invitees.items()},
        "participatingGuests": told.participating, "invitedGuests": told.invited,
        "startReminder": min(it.details.remind_start, default=None),
        "endReminder": min(it.details.remind_end, default=None),
        "color": color, "textColor": text_color(color), "checkInDate": it.checked_in_at, "checkOutDate": it.ended_at,
        "originalEndDate": it.planned_end, "isCheckInEnabled": room.policy.check_in,
        "autoReleaseMinutes": auto_release(room),
        "resourceStatusId": STATUSES[room.status], "creditsConsumed": None if hidden else it.credits,
    }  # fmt: skip


def masked(it: Booking) -> bool:
    """Whether the reader is told no more than when and where it is."""
    return it.made_by == ""


def name_of(it: Booking, owner: Person | None) -> tuple[str | None, str | None]:
    """First and last name of whose it is; None where that is not told."""
    if owner is not None:
        return owner.first_name, owner.last_name
    said = it.organizer or it.organizer_email
    if not said or (masked(it) and it.details.privacy != OPEN):
        return None, None
    first, _, last = said.rpartition(" ")
    return (first, last) if first else (last, "")


def cast_of(it: Booking, people: dict[int, Person]) -> Cast:
    """The people of a booking."""
    told = Cast({}, {}, [], [])
    for each in it.details.attendees:
        if each.answer == "declined":
            continue
        if each.person is None:
            (told.participating if coming(each) else told.invited).append(each.email or each.name)
        elif (person := people.get(each.person)) is not None:
            (told.participants if coming(each) else told.invitees)[person.number] = person
    return told


def coming(it: Attendee) -> bool:
    """Whether somebody is to be there for sure: named as a participant, or has accepted."""
    return it.kind == "participant" or it.answer == "accepted"


def text_color(color: str) -> str:
    """Black or white, whichever is read on the colour; "" on none."""
    if not color:
        return ""
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return DARK if (299 * red + 587 * green + 114 * blue) / 1000 >= 128 else LIGHT
