"""One reservation whole: its people, resources, accessories, attributes, files, and what can be done to it now.

Check-in opens five minutes before the begin, as there, unless a level of the house says otherwise; it is offered as
long as it would be taken. Reminders are told in the largest unit that says them exactly; where there are several, the
one nearest to the begin or the end, for there is one of each here. Whoever invites somebody by number is told the name,
and not the e-mail address: else members could read off everybody's by inviting one number after the other.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from server.core.access import may
from server.core.errors import Barred, Unknown
from server.core.house import HouseMap
from server.core.model import Booking, Room, Standing
from server.core.people import Person
from server.dialects.kit.app import Call
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.links import link, links
from server.dialects.librebooking.periods import schedule_of
from server.dialects.librebooking.recurrence import rule_of
from server.dialects.librebooking.reservation_body import (
    Attachment,
    RecurrenceBody,
    Reminder,
    ReservationBody,
    ReservedAccessory,
    ReservedResource,
    Somebody,
)
from server.dialects.librebooking.reservation_rows import cast_of, masked, name_of
from server.dialects.librebooking.resource_body import AttributeValue, auto_release, groups_of
from server.dialects.librebooking.rooms import rooms_at

EARLY = 5
"""Minutes before the begin."""
UNITS = ((1440, "days"), (60, "hours"), (1, "minutes"))
PRIVATE = "Private"


def whole(desk: Desk, call: Call, it: Booking) -> ReservationBody:
    """The reservation, as far as the asker may read it. Unknown where he sees none of its resources."""
    rooms = rooms_at(desk, call.actor, it.rooms)
    if not rooms:
        raise Unknown("booking", it.uid)
    house, people, hidden = desk.engine.house.now(), desk.engine.listing.named(it), masked(it)
    told, first, reference = cast_of(it, people), rooms[0], desk.engine.naming.reference(it)
    pending = it.standing is Standing.PENDING
    more = " approve_reservation" if pending and may(call.actor, "approve", it) else ""
    return ReservationBody(
        links=links(call, f"get_reservation update_reservation{more}", reference), referenceNumber=reference,
        startDate=desk.local(it.starts, call.actor), endDate=desk.local(it.ends, call.actor),
        title=it.title or None if hidden else it.title, description=None if hidden else it.description,
        requiresApproval=pending, isRecurring=it.series is not None,
        scheduleId=schedule_of(first, house.timetables), resourceId=first.number,
        owner=_owner(call, it, people, hidden=hidden),
        participants=[_guest(call, person) for person in told.participants.values()],
        invitees=[_guest(call, person) for person in told.invitees.values()],
        participatingGuests=told.participating, invitedGuests=told.invited,
        customAttributes=_attributes(it, house), recurrenceRule=_recurrence(desk, call, it),
        attachments=_attachments(desk, call, it, reference), resources=_resources(call, rooms, house),
        accessories=_accessories(it, house), startReminder=_reminder(it.details.remind_start),
        endReminder=_reminder(it.details.remind_end), allowParticipation=it.details.joinable,
        checkInDate=it.checked_in_at, checkOutDate=it.ended_at, originalEndDate=it.planned_end,
        isCheckInAvailable=_may_come(desk, it, rooms), isCheckoutAvailable=_may_leave(it, desk.now()),
        autoReleaseMinutes=auto_release(first),
    )  # fmt: skip


def _owner(call: Call, it: Booking, people: dict[int, Person], *, hidden: bool) -> Somebody:
    owner = people.get(it.owner or 0)
    if owner is not None:
        return _somebody(call, owner)
    if hidden:
        return Somebody(userId=None, firstName=PRIVATE, lastName=PRIVATE, emailAddress=PRIVATE)
    first, last = name_of(it, None)
    return Somebody(userId=None, firstName=first, lastName=last, emailAddress=it.organizer_email or None)


def _guest(call: Call, it: Person) -> Somebody:
    """Somebody of a reservation; the address is for themselves and for who may see people anyway."""
    told = _somebody(call, it)
    known = it.number == call.actor.person or may(call.actor, "people.see")
    return told if known else told.model_copy(update={"emailAddress": None})


def _somebody(call: Call, it: Person) -> Somebody:
    return Somebody(
        links=[link(call, "get_user", it.number)], userId=it.number, firstName=it.first_name, lastName=it.last_name,
        emailAddress=it.email,
    )  # fmt: skip


def _attributes(it: Booking, house: HouseMap) -> list[AttributeValue]:
    values = it.details.attributes
    return [
        AttributeValue(id=each.number, label=each.label, value=values[each.number])
        for each in house.of("booking")
        if each.number in values
    ]


def _recurrence(desk: Desk, call: Call, it: Booking) -> RecurrenceBody:
    of = desk.engine.series.find(it.uid, call.actor) if it.series is not None else None
    rule = rule_of(of.pattern, of.zone) if of is not None else rule_of(None, "UTC")
    last = str(rule.pop("repeatTerminationDate"))
    return RecurrenceBody(**rule, repeatTerminationDate=datetime.fromisoformat(last) if last else None)


def _attachments(desk: Desk, call: Call, it: Booking, reference: str) -> list[Attachment]:
    try:
        found = desk.engine.files.all("booking", it.uid, call.actor)
    except Barred:
        return []
    base = "/Reservations/{}/Attachments/{}"
    return [Attachment(url=call.link(base, reference, str(file.number))) for file in found]


def _resources(call: Call, rooms: Iterable[Room], house: HouseMap) -> list[ReservedResource]:
    return [
        ReservedResource(
            links=[link(call, "get_resource", room.number)], id=room.number, name=room.name,
            type=_type(room, house), groups=groups_of(house, room.number) or None,
        )
        for room in rooms
    ]  # fmt: skip


def _type(room: Room, house: HouseMap) -> str | None:
    known = house.room_types.get(room.room_type)
    return (known.label if known is not None else room.room_type) or None


def _accessories(it: Booking, house: HouseMap) -> list[ReservedAccessory]:
    return [
        ReservedAccessory(id=number, name=known.name, quantityAvailable=known.stock, quantityReserved=count)
        for number, count in sorted(it.details.accessories.items())
        if (known := house.accessories.get(number)) is not None
    ]


def _reminder(minutes: Iterable[int]) -> Reminder | None:
    least = min(minutes, default=None)
    if least is None:
        return None
    size, name = next((size, name) for size, name in UNITS if (least % size == 0 and least >= size) or size == 1)
    return Reminder(value=least // size, interval=name)


def _may_come(desk: Desk, it: Booking, rooms: list[Room]) -> bool:
    """Whether a check-in would be taken now."""
    asking = [room for room in rooms if room.policy.check_in]
    if not asking or it.standing is not Standing.ACCEPTED or it.checked_in_at is not None or it.ends <= desk.now():
        return False
    if it.starts - timedelta(days=7) > desk.now():  # a day is the most that any policy says
        return False
    return any(desk.engine.presence.opens(it, room, early=EARLY) <= desk.now() for room in asking)


def _may_leave(it: Booking, now: datetime) -> bool:
    """Whether a check-out would be taken now."""
    return it.checked_in_at is not None and it.ended_at is None and it.starts <= now < it.ends
