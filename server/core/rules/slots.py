"""Rooms with a timetable are booked by its slots, on the dates it is for, and only so many at once.

Decision: of a booking its two ends are judged: it begins where a bookable slot begins and ends where one ends. Breaks
and nights between are no matter of the timetable (multi_day, outside_hours and closures are asked as well).
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from server.core.errors import Objection
from server.core.places import Timetable
from server.core.rules.kinds import Facts, Wish
from server.core.rules.sweep import peak
from server.core.timetables import in_term, slots_on
from server.core.zone import wall

SECOND = timedelta(seconds=1)


def off_slots(wish: Wish, facts: Facts) -> Iterator[Objection]:
    table = _table(facts)
    if table is None:
        return
    first, last = (wall(it, table.zone or facts.room.zone).date() for it in (wish.period.start, _last(wish)))
    starts = {it.period.start for it in slots_on(table, first, facts.room.zone) if it.slot.bookable}
    ends = {it.period.end for it in slots_on(table, last, facts.room.zone) if it.slot.bookable}
    # Dates that it is not for are timetable_over's to name.
    off_start = in_term(table, first) and wish.period.start not in starts
    if off_start or (in_term(table, last) and wish.period.end not in ends):
        yield Objection("off_slots", facts.room.id, {"timetable": table.number})


def timetable_over(wish: Wish, facts: Facts) -> Iterator[Objection]:
    table = _table(facts)
    if table is None:
        return
    days = [wall(it, table.zone or facts.room.zone).date() for it in (wish.period.start, _last(wish))]
    if not all(in_term(table, day) for day in days):
        told = {"since": table.since, "until": table.until}
        numbers: dict[str, int | str] = {name: day.isoformat() for name, day in told.items() if day is not None}
        yield Objection("timetable_over", facts.room.id, {"timetable": table.number, **numbers})


def timetable_full(wish: Wish, facts: Facts) -> Iterator[Objection]:
    """A booking takes as many of the timetable's rooms as it asks for; a combined room is one."""
    tables = facts.shared.timetables
    wanted = Counter(room.policy.timetable for room in facts.rooms if room.policy.timetable in tables)
    told: set[int] = set()
    for room in facts.asking("timetable_full"):
        number = room.policy.timetable
        most = tables[number].most_at_once if number is not None and number in tables else None
        if number is None or most is None or number in told:
            continue
        told.add(number)
        running = peak((it for it in facts.shared.running if it.ref == number), wish.period)
        if running + wanted[number] > most:
            yield Objection("timetable_full", room.id, {"timetable": number, "most": most, "running": running})


def _table(facts: Facts) -> Timetable | None:
    return facts.shared.timetables.get(facts.room.policy.timetable or 0)


def _last(wish: Wish) -> datetime:
    return wish.period.end - SECOND
