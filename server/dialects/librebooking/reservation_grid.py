"""The period grid beside the rules: whoever errs hears of both at once.

Rooms with a timetable are held to its slots by the house itself, whatever door one comes through; the grid of the
default schedule binds here only.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from server.core.errors import Refused
from server.core.model import Room
from server.core.period import Period
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.errors import Unfit, refused
from server.dialects.librebooking.periods import misfits, table_of

T = TypeVar("T")


def off_grid(desk: Desk, rooms: Iterable[Room], period: Period) -> list[str]:
    """What is wrong with a reservation's ends, in words, each once."""
    tables = desk.engine.house.now().timetables
    free = [room for room in rooms if table_of(room, tables) is None]
    return list(dict.fromkeys(sentence for room in free for sentence in misfits(room, period, tables)))


def kept(wrong: list[str], act: Callable[[bool], T]) -> T:
    """Does it where nothing is wrong; else Unfit with that and with all that the rules would have said.

    `act` is told whether it is only to be tried.
    """
    if not wrong:
        return act(False)
    try:
        act(True)
    except Refused as no:
        raise Unfit(*wrong, *refused(no)) from None
    raise Unfit(*wrong)
