"""Resources by number: a resource is a room, and a room that was switched off is as a resource that was deleted.

What nobody is shown is as good as not there: a hidden room is Unknown to who does not manage it.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress

from server.core.access import Actor
from server.core.errors import Barred, Unknown
from server.core.house import HouseMap
from server.core.model import Room
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.periods import timetable_of
from server.engine.rooms import listed


def rooms_of(desk: Desk, actor: Actor, schedules: Collection[int] | None = None) -> list[Room]:
    """The resources that the actor is shown, of these schedules or of all, in the order of their making."""
    numbers = None if schedules is None else of_schedules(desk.engine.house.now(), schedules)
    return list(desk.engine.rooms.all(actor, active=True, numbers=numbers))


def of_schedules(house: HouseMap, schedules: Collection[int]) -> list[int]:
    """The numbers of the rooms of these schedules; those that are not there have none."""
    tables = {timetable_of(it) for it in schedules}
    return sorted(number for table in tables for number in house.keeping.get(table, ()))


def room_of(desk: Desk, actor: Actor, number: int, scope: str = "read") -> Room:
    """The room of a resourceId; Unknown, or Barred where the actor may not."""
    where = desk.engine.house.now().rooms.get(number)
    if where is None:
        raise Unknown("room", str(number))
    room = desk.engine.rooms.get(where.slug, actor, scope)
    if not room.active or not listed(room, actor):
        raise Unknown("room", str(number))
    return room


def rooms_at(desk: Desk, actor: Actor, numbers: Iterable[int]) -> list[Room]:
    """Those of the rooms that the actor is shown, in this order."""
    found = []
    for number in numbers:
        with suppress(Unknown, Barred):
            found.append(room_of(desk, actor, number))
    return found
