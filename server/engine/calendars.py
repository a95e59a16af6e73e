"""What a calendar of a room shows, read as of one instant: single bookings, and series whole; and a person's own."""

from dataclasses import dataclass

from server.core.access import Actor
from server.core.model import Booking, Room, Standing
from server.core.period import Period
from server.core.privacy import for_actor, series_for_actor
from server.core.series import Whole, whole_of
from server.engine.rooms import found
from server.store import agenda, bookings, rooms, series
from server.store.database import Store

SHOWN = frozenset({Standing.ACCEPTED, Standing.AT_RISK})
"""What a calendar tells; what is not certain is tentative there."""


@dataclass(frozen=True, slots=True)
class RoomCalendar:
    """By start: `shown`, the accepted bookings that touch a window. `wholes`: the series of which any is, the oldest
    first, with all their occurrences, whatever became of them and whenever they are.
    """

    shown: tuple[Booking, ...]
    wholes: tuple[Whole, ...]


@dataclass(frozen=True, slots=True)
class PersonCalendar:
    """By start, the accepted bookings in which somebody is to take part, each as a date of its own; and their rooms."""

    shown: tuple[Booking, ...]
    rooms: dict[int, Room]


@dataclass(frozen=True, slots=True)
class Calendars:
    """The use cases of calendars. All raise Unknown, Barred or Later."""

    store: Store

    def of(self, slug: str, actor: Actor, window: Period) -> RoomCalendar:
        """A room's calendar around a window, as far as the actor may read it."""
        with self.store.reading() as tx:
            room = found(tx, slug, actor, "read")
            shown = tuple(bookings.between(tx, room.number, window, standings=SHOWN))
            rows: dict[int, list[Booking]] = {}
            for it in shown:
                if it.series is not None:
                    rows.setdefault(it.series, []).append(it)
            for it in series.occurrences_outside(tx, rows, window):
                rows[it.series or 0].append(it)
            left_out = series.left_out_of(tx, rows)
            known = series.by_ids(tx, rows)
        told = {id_: [for_actor(actor, it, room) for it in rows[id_]] for id_ in known}
        wholes = (
            whole_of(series_for_actor(actor, known[id_], room), told[id_], left_out.get(id_, ()))
            for id_ in sorted(known)
        )
        return RoomCalendar(tuple(for_actor(actor, it, room) for it in shown), tuple(wholes))

    def of_person(self, person: int, window: Period) -> PersonCalendar:
        """Somebody's own calendar, for whoever holds the secret of it; a date of a series is a booking of its own."""
        with self.store.reading() as tx:
            found = agenda.of_person(tx, person, window)
            shown = tuple(it for it in found if it.standing in SHOWN)
            places = {number: rooms.by_number(tx, number) for number in {n for it in shown for n in it.rooms}}
        return PersonCalendar(shown, places)
