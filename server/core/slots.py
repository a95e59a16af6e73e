"""A room's day as a table: each slot free, busy, closed, a break or past, and why.

What fills a slot is told by code: "booked" for bookings, "closed" for closures (with the reason), and the codes of the
rules that refuse it. A slot is free only where a booking of exactly that slot would be taken.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from server.core.model import Closure
from server.core.period import Period
from server.core.places import Timetable
from server.core.timetables import slots_on
from server.core.zone import midnight

BOOKED, CLOSED = "booked", "closed"


class State(StrEnum):
    FREE = "free"
    BUSY = "busy"
    CLOSED = "closed"
    BREAK = "break"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Cell:
    """One slot of a room's day. `number`: its place among the bookable ones of a timetable's day, from 0.

    `codes`: what stands in the way, nothing where it is free; `reason` is the closure's, where one is among them.
    """

    period: Period
    state: State
    codes: tuple[str, ...] = ()
    reason: str = ""
    label: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A slot before anybody looked at what is in it."""

    period: Period
    bookable: bool = True
    label: str = ""
    number: int | None = None


def lines(day: date, zone: str, *, minutes: int = 0, table: Timetable | None = None) -> list[Line]:
    """The slots of a local date: a timetable's, or all of the day in steps of so many minutes.

    The steps are counted from the first instant of the day, so that a day of 25 hours has more of them.
    """
    if table is not None:
        return [Line(it.period, it.slot.bookable, it.slot.label, it.number) for it in slots_on(table, day, zone)]
    at, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    step, found = timedelta(minutes=minutes), []
    while at < end:
        found.append(Line(Period(at, min(at + step, end))))
        at += step
    return found


def cell(line: Line, now: datetime, *, taken: bool, shut: Iterable[Closure], codes: Iterable[str]) -> Cell:
    """What a slot is at `now`: `taken` where bookings leave no room, `codes` what the rules have against it."""
    over = [it for it in shut if it.period.overlaps(line.period)]
    found = ((BOOKED,) if taken and not over else ()) + ((CLOSED,) if over else ())
    found += tuple(code for code in codes if code not in found)
    reason = over[0].reason if over else ""
    if not line.bookable:
        state = State.BREAK
    elif line.period.end <= now:
        state = State.PAST
    elif taken and not over:
        state = State.BUSY
    else:
        state = State.CLOSED if found else State.FREE
    return Cell(line.period, state, found if line.bookable else (), reason, line.label, line.number)
