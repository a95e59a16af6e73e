"""Bookings as a file, row by row: as much as anybody has, in little memory.

The columns are those that the import takes (booking_rows.py), so that what was exported can be imported again. Each
page is a transaction of its own: a long export holds nothing back, and shows each booking as it was when reached.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from server.core.access import Actor, may, require
from server.core.errors import Unknown
from server.core.model import Booking, Room, Standing
from server.core.period import Period
from server.core.privacy import for_actor
from server.core.zone import wall
from server.engine.booking_rows import COLUMNS
from server.engine.sheet import write
from server.store import bookings, rooms
from server.store.database import Store

PAGE = 1_000
SHOWN = frozenset({Standing.ACCEPTED, Standing.AT_RISK})


@dataclass(frozen=True, slots=True)
class Exports:
    """The use cases of exports. All raise Unknown, Barred or Later."""

    store: Store

    def bookings(
        self, actor: Actor, window: Period | None, *, slugs: tuple[str, ...] = (),
        progress: Callable[[int, int], None] | None = None,
    ) -> Iterator[str]:  # fmt: skip
        """The accepted bookings that touch the window (None: all there are), as CSV in pieces, the header first.

        In the rooms that the actor manages, or in those of them that are named; room by room and by start. Times are
        the room's wall time with its offset. One in several rooms is a row at the first of them alone, with all their
        ids. Of one that is also in rooms of others only what the actor may read is told. `progress` is told how many
        rooms are done, and of how many.
        """
        require(actor, "admin")
        with self.store.reading() as tx:
            every = rooms.every(tx)
        if missing := set(slugs) - {room.id for room in every}:
            raise Unknown("room", min(missing))
        chosen = [room for room in every if may(actor, "admin", room) and (not slugs or room.id in slugs)]
        return self._pieces(actor, chosen, {room.number: room for room in every}, window, progress)

    def _pieces(
        self, actor: Actor, chosen: list[Room], known: dict[int, Room], window: Period | None,
        progress: Callable[[int, int], None] | None,
    ) -> Iterator[str]:  # fmt: skip
        yield write(COLUMNS, [])
        told: set[int] = set()
        for done, room in enumerate(chosen, 1):
            for page in self._pages(room, window):
                fresh = [it for it in page if it.id not in told]
                told |= {it.id for it in page if len(it.rooms) > 1}
                yield write((), [_cells(for_actor(actor, it, room), room, known) for it in fresh]).removeprefix("\n")
            if progress is not None:
                progress(done, len(chosen))

    def _pages(self, room: Room, window: Period | None) -> Iterator[list[Booking]]:
        after: tuple[int, int] | None = None
        while True:
            with self.store.reading() as tx:
                page = bookings.between(tx, room.number, window, standings=SHOWN, after=after, limit=PAGE)
            if page:
                yield page
            if len(page) < PAGE:
                return
            after = (int(page[-1].starts.timestamp()), page[-1].id)


def _cells(it: Booking, room: Room, known: dict[int, Room]) -> list[str]:
    parts = {part for number in it.rooms for part in known[number].parts}
    slugs = "+".join(known[number].id for number in it.rooms if number not in parts)
    times = [wall(moment, room.zone).isoformat() for moment in (it.starts, it.ends)]
    return [slugs, it.title, *times, it.organizer, it.organizer_email, it.description, it.uid]
