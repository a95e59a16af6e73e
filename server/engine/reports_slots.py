"""How many slots of their timetables the rooms' bookings take, for houses that are run by lessons."""

from collections.abc import Mapping

from server.core.clock import from_epoch
from server.core.period import Period
from server.core.places import Timetable
from server.core.timetables import slots_within
from server.engine.reports_facts import asked
from server.engine.reports_scope import Chosen
from server.store import reports
from server.store.database import Store

ACCEPTED = " AND o.standing = 'accepted'"


def slots(store: Store, chosen: Chosen, tables: Mapping[int, Timetable]) -> tuple[dict[int, int], int]:
    """By room, and of all bookings together: slots that share time with the accepted bookings that begin on these days.

    `tables` by room; a room without one takes none. A booking of several rooms takes the slots of each; in the sum they
    count once.
    """
    each, whole = {room.number: 0 for room in chosen.rooms}, 0
    parts = {room.number: frozenset(room.parts) for room in chosen.rooms}
    for zone in chosen.zones:
        for page in reports.pages(store, "o.rooms, o.starts, o.ends", chosen.scope(zone), ACCEPTED):
            for text, starts, ends in page:
                window, most = Period(from_epoch(starts), from_epoch(ends)), 0
                for number in asked(text, parts):
                    table = tables.get(number)
                    count = slots_within(table, window, zone) if table is not None else 0
                    each[number] += count
                    most = max(most, count)
                whole += most
    return each, whole
