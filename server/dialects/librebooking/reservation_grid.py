"""The period grid beside the rules: whoever errs hears of both at once, with rooms by their names.

Rooms with a timetable are held to its slots by the house itself, whatever door one comes through; the grid of the
default schedule binds here only.
"""

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from server.core.errors import Refused
from server.core.model import Room
from server.core.period import Period
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.errors import Unfit, refused
from server.dialects.librebooking.periods import misfits, table_of
from server.dialects.librebooking.sentences import SENTENCES

T = TypeVar("T")


def off_grid(desk: Desk, rooms: Iterable[Room], period: Period) -> list[str]:
    """What is wrong with a reservation's ends, in words, each once."""
    tables = desk.engine.house.now().timetables
    free = [room for room in rooms if table_of(room, tables) is None]
    return list(dict.fromkeys(sentence for room in free for sentence in misfits(room, period, tables)))


def out_of_sight(rooms: Iterable[Room], had: Collection[int] = ()) -> list[str]:
    """A hidden room is nobody's to reserve here, also not who manages it; `had`: what a reservation has already."""
    hidden = any(room.status == "hidden" and room.number not in had for room in rooms)
    return [SENTENCES["hidden"]] if hidden else []


def kept(wrong: list[str], rooms: Iterable[Room], act: Callable[[bool], T]) -> T:
    """Does it where nothing is wrong; else Unfit with that and with all that the rules say.

    `act` is told whether it is only to be tried; `rooms` are those that are asked for.
    """
    try:
        done = act(bool(wrong))
    except Refused as no:
        raise Unfit(*wrong, *refused(no, {room.id: room.name for room in rooms})) from None
    if wrong:
        raise Unfit(*wrong)
    return done
