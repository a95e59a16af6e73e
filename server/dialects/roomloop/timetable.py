"""Slots as RoomLoop numbers them, and the times that they mean in a facility.

Decisions:
- A facility's slots are those of its room's timetable; a room without one has a school's day: ten slots of fifty
  minutes, one each hour, the first (number 0) at 08:00, from Monday to Friday. So slots 2 and 3 are 10:00–10:50 and
  11:00–11:50, as on RoomLoop's page. Rooms with a timetable number its bookable slots of the day from 0.
- Slots are wall time in the facility's zone. Where the clocks go forward a slot in the gap moves with them; one that
  the gap swallows is none that day, and the others keep their numbers.
- Several slots are held as one interval from the start of the first to the end of the last, breaks between them too.
- What was booked elsewhere by the minute is shown by the slots that it touches.
- Labels have an en dash: 10:00–10:50.
"""

from datetime import date

from server.core.errors import Objection, Refused
from server.core.model import Room
from server.core.period import Period
from server.core.places import Timetable
from server.core.timetables import Lesson, school, slots_on
from server.core.zone import wall
from server.dialects.roomloop.desk import Desk
from server.dialects.roomloop.errors import wrong

USUAL = school()
MOST_SLOT = 1440
"""No day has more slots than minutes."""


def table_of(desk: Desk, room: Room) -> Timetable:
    """The timetable that a room's slots come of."""
    return desk.engine.house.now().timetables.get(room.policy.timetable or 0, USUAL)


def lessons(desk: Desk, room: Room, on: date) -> list[Lesson]:
    """The bookable slots of a local date in their order."""
    return [it for it in slots_on(table_of(desk, room), on, room.zone) if it.number is not None]


def label(period: Period, zone: str) -> str:
    """10:00–10:50."""
    return f"{wall(period.start, zone):%H:%M}–{wall(period.end, zone):%H:%M}"


def zone_of(desk: Desk, room: Room) -> str:
    """The zone that a room's slots are told in."""
    return table_of(desk, room).zone or room.zone


def held(desk: Desk, room: Room, on: date, first: int, last: int) -> Period:
    """The interval from the start of one slot to the end of another. A 400 for slots that there are never, Refused
    (R-02) for a day that has none."""
    if last < first:
        raise wrong(end_slot="must not be before start_slot")
    found = {it.number: it.period for it in lessons(desk, room, on)}
    if not found:
        raise Refused((Objection("timetable_over", room.id),))
    bad = {name: number for name, number in (("start_slot", first), ("end_slot", last)) if number not in found}
    if bad:
        there = f"{min(n for n in found if n is not None)} to {max(n for n in found if n is not None)}"
        raise wrong(
            **{name: f"there is no slot {number} on this day; there are {there}" for name, number in bad.items()}
        )
    return Period(found[first].start, found[last].end)


def touched(table: Timetable, zone: str, it: Period) -> list[Lesson]:
    """The bookable slots of the local date on which a time begins that it shares time with."""
    on = wall(it.start, zone).date()
    return [each for each in slots_on(table, on, zone) if each.number is not None and each.period.overlaps(it)]
