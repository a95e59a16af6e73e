"""How much the rooms are used: counts by standing, time booked, time there was.

Decision: the time there was comes from the room's real opening hours as instants, so a day on which the
clock changes is an hour shorter or longer only if the room is open then. A room that is always open is
measured against a working day of eight hours, for a share of 24 would say nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from server.core.access import Actor, may, require
from server.core.clock import Clock
from server.core.model import Room, Standing
from server.core.period import Period, merged
from server.core.policy import Opening, open_on
from server.core.zone import midnight
from server.engine.reports_scope import WORKING_DAY, span
from server.engine.rooms import found
from server.store import reports, rooms
from server.store.database import Store


@dataclass(frozen=True, slots=True)
class RoomUsage:
    """One room's days: bookings by standing, the time that accepted ones take, and the time there was."""

    room: Room
    counts: Mapping[Standing, int]
    booked: timedelta
    available: timedelta


@dataclass(frozen=True, slots=True)
class Usage:
    """Local days `since` to `until`, both included. `rooms` are all that the actor sees, `of` those reported on."""

    since: date
    until: date
    rooms: tuple[Room, ...]
    of: tuple[RoomUsage, ...]

    def count(self, *standings: Standing) -> int:
        """How many bookings of these standings, over all rooms."""
        return sum(usage.counts.get(standing, 0) for usage in self.of for standing in standings)


@dataclass(frozen=True, slots=True)
class Reports:
    """The use cases of reports. All raise Invalid, Unknown, Barred or Later."""

    store: Store
    clock: Clock

    def usage(
        self, actor: Actor, *, since: date | None = None, until: date | None = None, room: str | None = None
    ) -> Usage:
        """The usage of all the actor's rooms or one, by default of the last 30 days up to today. Scope admin."""
        require(actor, "admin")
        with self.store.reading() as tx:
            seen = tuple(r for r in rooms.every(tx) if may(actor, "admin", r))
            chosen = seen if room is None else (found(tx, room, actor, "admin"),)
            since, until = span(self.clock, since, until, chosen[0].zone if chosen else "UTC")
            hours: dict[tuple[tuple[Opening, ...], str], timedelta] = {}
            of = []
            for it in chosen:
                key = (it.policy.opening, it.zone)
                if key not in hours:
                    hours[key] = available(it, since, until)
                window = Period(midnight(since, it.zone), midnight(until + timedelta(days=1), it.zone))
                sums = reports.tally(tx, it.number, window)
                taken = timedelta(seconds=sums.get(Standing.ACCEPTED, (0, 0))[1])
                of.append(RoomUsage(it, {s: count for s, (count, _) in sums.items()}, taken, hours[key]))
        return Usage(since, until, seen, tuple(of))


def available(room: Room, since: date, until: date) -> timedelta:
    """How long the room was to be had on these days, both included."""
    dates = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    if not room.policy.opening:
        return WORKING_DAY * len(dates)
    hours = merged(span for day in dates for span in open_on(room.policy, day, room.zone))
    return sum((span.length for span in hours), timedelta())
