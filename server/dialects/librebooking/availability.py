"""Whether resources can be had at an instant, and until or from when, within the seven days after it.

Decisions:
- What is told is of the instant asked for, and knows closures, hours, status, lanes and the time of doors
  (engine/vacancies.py); a resource that cannot be reserved then is not available.
- `availableAt` is when what stands in the way is over, null where nothing does or where that is later than in seven
  days; `availableUntil` is the end of that free time, which LibreBooking tells only of what is available.
- Where one resource is asked for, by its path or by `resourceId`, that one is told; a hidden one is not among all.
"""

from datetime import datetime

from server.core.errors import Invalid
from server.core.zone import wall
from server.dialects.kit.app import Call
from server.dialects.kit.route import Routes
from server.dialects.librebooking import dates
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.links import link
from server.dialects.librebooking.periods import schedule_of
from server.dialects.librebooking.resource_body import STATUSES, Ground, ground
from server.dialects.librebooking.resources import schedules_asked
from server.dialects.librebooking.rooms import of_schedules, room_of
from server.dialects.librebooking.shape import Given, Id, Link, Model, Nested, Number, Stamp
from server.engine.vacancies import Vacancy

routes = Routes("Resources")
UNREAD = "is no date and time that is understood"


class AvailabilityQuery(Given):
    """At which instant, now where nothing is said; of which resource, or of the resources of which schedules."""

    dateTime: str | None = None
    resourceId: Number = None
    scheduleId: str | None = None


class OneQuery(Given):
    """At which instant, now where nothing is said."""

    dateTime: str | None = None


class ResourceRef(Model):
    """A resource, in brief."""

    resourceId: Id
    name: str
    scheduleId: Id
    statusId: Id
    statusReasonId: Id | None


class AvailabilityBody(Model):
    """Whether a resource is available, and until or from when."""

    available: bool
    resource: ResourceRef
    availableAt: Stamp
    availableUntil: Stamp


class Availabilities(Model):
    """The resources that were asked about."""

    resources: Nested[AvailabilityBody]


@routes(
    "GET", "/Resources/Availability", scope="read", summary="Whether resources are available",
    answers={200: Availabilities}, errors=(404,),
)  # fmt: skip
def get_availabilities(desk: Desk, call: Call, query: AvailabilityQuery) -> Availabilities:
    at = moment(desk, call, "dateTime", query.dateTime)
    if query.resourceId is not None:
        only = [room_of(desk, call.actor, query.resourceId).number]
        return _told(desk, call, desk.engine.vacancies.of(call.actor, at, only))
    schedules = schedules_asked(desk, query.scheduleId)
    of = None if schedules is None else of_schedules(desk.engine.house.now(), schedules)
    found = desk.engine.vacancies.of(call.actor, at, of)
    return _told(desk, call, tuple(it for it in found if it.room.active and it.room.status != "hidden"))


@routes(
    "GET", "/Resources/<resource>/Availability", scope="read", summary="Whether a resource is available",
    answers={200: Availabilities}, errors=(404,),
)  # fmt: skip
def get_availability(desk: Desk, call: Call, resource: int, query: OneQuery) -> Availabilities:
    at = moment(desk, call, "dateTime", query.dateTime)
    room = room_of(desk, call.actor, resource)
    return _told(desk, call, desk.engine.vacancies.of(call.actor, at, [room.number]))


def moment(desk: Desk, call: Call, name: str, text: str | None) -> datetime:
    """The instant that a parameter says, now where it says none; Invalid names it."""
    if text is None:
        return desk.now()
    try:
        return dates.moment(text, desk.zone_of(call.actor))
    except ValueError:
        raise Invalid({name: UNREAD}) from None


def _told(desk: Desk, call: Call, found: tuple[Vacancy, ...]) -> Availabilities:
    on, zone = ground(desk, call.actor, [it.room for it in found]), desk.zone_of(call.actor)
    return Availabilities(resources=[_body(desk, call, it, on, zone) for it in found])


def _body(desk: Desk, call: Call, it: Vacancy, on: Ground, zone: str) -> AvailabilityBody:
    free = it.free if it.room.status != "hidden" else None  # also to who manages it and could reserve it
    now = free is not None and it.now
    mine = link(call, "get_resource", it.room.number)
    return AvailabilityBody(
        links=[mine, *_links(desk, call, it)], message=None, available=now, resource=_ref(call, it, mine, on),
        availableAt=None if now or free is None else wall(free.start, zone),
        availableUntil=None if free is None else wall(free.end, zone),
    )  # fmt: skip


def _ref(call: Call, it: Vacancy, mine: Link, on: Ground) -> ResourceRef:
    room = it.room
    schedule = schedule_of(room, on.house.timetables)
    return ResourceRef(
        links=[mine, link(call, "get_schedule", schedule)], message=None,
        resourceId=room.number, name=room.name, scheduleId=schedule, statusId=STATUSES[room.status],
        statusReasonId=on.reasons.get((room.status, room.status_reason)),
    )  # fmt: skip


def _links(desk: Desk, call: Call, it: Vacancy) -> list[Link]:
    """Of who has the resource now, and of the reservation; neither where it is available."""
    found: list[Link] = []
    if it.bookings:
        held = it.bookings[0]
        if held.owner is not None:
            found.append(link(call, "get_user", held.owner))
        found.append(link(call, "get_reservation", desk.engine.naming.reference(held)))
    return found
