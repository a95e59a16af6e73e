"""Which series there are, what comes next in each, and which of their dates hold nothing: for lists."""

from dataclasses import dataclass
from datetime import datetime

from server.core.access import Actor, may, require
from server.core.clock import Clock, from_epoch, whole
from server.core.errors import Unknown
from server.core.model import Booking, LeftOut, Series
from server.store import carrying, rooms, series
from server.store.database import Store


@dataclass(frozen=True, slots=True)
class Listed:
    """A series, its next booking that holds its rooms (None where there is none), and how many dates it leaves out."""

    series: Series
    next: Booking | None
    left_out: int


@dataclass(frozen=True, slots=True)
class SeriesList:
    """Looks only. Raises Unknown or Barred."""

    store: Store
    clock: Clock

    def all(self, actor: Actor, *, room: str | None = None) -> tuple[Listed, ...]:
        """The series in rooms that the actor reaches (in that one where it is named), the oldest first."""
        require(actor, "read")
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            place = rooms.by_slug(tx, room) if room is not None else None
            if room is not None and place is None:
                raise Unknown("room", room)
            if place is not None:
                require(actor, "read", place.number)
            found = [it for it in series.every(tx) if place is None or place.number in it.rooms]
            found = [it for it in found if all(may(actor, "read", room) for room in it.rooms)]
            ahead, gaps = carrying.next_ones(tx, now), carrying.left_out_counts(tx)
        return tuple(Listed(it, ahead.get(it.id), gaps.get(it.id, 0)) for it in found)

    def left_out(self, actor: Actor, *, since: datetime | None = None) -> tuple[tuple[Series, LeftOut], ...]:
        """Every date found wanting since an instant (None: ever) with its series, the newest find first."""
        require(actor, "read")
        with self.store.reading() as tx:
            found = series.left_out_since(tx, since or from_epoch(0))
            of = series.by_ids(tx, {it.series for it in found})
        pairs = [(of[it.series], it) for it in found]
        return tuple((it, gap) for it, gap in pairs if all(may(actor, "read", room) for room in it.rooms))
