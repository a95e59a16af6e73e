"""How bookings are called at doors that know no uid: by a whole number, by a reference, or by a name of their own.

Decisions:
- A number and both kinds of names come of the rows' ids, which no database gives out twice (AUTOINCREMENT, IDENTITY),
  and of the installation's key, which lies beside the bookings in every backup. So nothing is stored for them, naming
  many asks the database nothing, and a restored house calls everything as before. What was made since the backup keeps
  its names for itself, too: the ids go on far beyond them (lineage.py).
- LibreBooking's reference is one date's, also where it is of a series; it keeps it when the date leaves its series.
  The other two are the series' as long as the date belongs to it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from server.core.access import Actor, require
from server.core.errors import Unknown
from server.core.model import Booking, Series
from server.core.naming import MOST, SERIES, SINGLE, Names, number_of, row_of
from server.engine.booking import Bookings
from server.engine.desk import within_reach
from server.engine.instance import Instance
from server.store import bookings, series
from server.store.database import Store

PREFIX = "res_"


@dataclass(frozen=True, slots=True)
class Named:
    """What a number or a name stands for: kind single or series, the uid it has, and the number it goes by now.

    It is there and in the actor's reach; it may have been cancelled, and nothing of what is in it is told.
    """

    kind: str
    uid: str
    number: int


@dataclass(frozen=True)
class Naming:
    """Names bookings, and finds them again. What finds raises Unknown, or Barred where the actor may not see rooms."""

    store: Store
    bookings: Bookings
    instance: Instance = field(repr=False)

    def number(self, it: Booking | Series) -> int:
        """The whole number of a single booking, or of the series that it belongs to."""
        if isinstance(it, Series):
            return number_of(SERIES, it.id)
        return number_of(SINGLE, it.id) if it.series is None else number_of(SERIES, it.series)

    def numbered(self, number: int, actor: Actor) -> Named:
        """What the number stands for."""
        return self._named(number, str(number), actor)

    def reference(self, it: Booking) -> str:
        """The name of one date, 12 hex digits."""
        return self._known(it.id)

    def referenced(self, text: str, actor: Actor) -> Booking:
        """The booking of that reference, as far as the actor may read it; a cancelled one is Unknown."""
        return self.bookings.get(self._uid(self._references.number(text), text), actor)

    def res(self, it: Booking | Series) -> str:
        """The name of a single booking, or of the series that it belongs to: res_ and 12 hex digits."""
        return PREFIX + self._res.name(self.number(it))

    def by_res(self, text: str, actor: Actor) -> Named:
        """What the name stands for."""
        number = self._res.number(text.removeprefix(PREFIX)) if text.startswith(PREFIX) else None
        return self._named(number, text, actor)

    @cached_property
    def _references(self) -> Names:
        return Names(self.instance.key("naming.reference"))

    @cached_property
    def _known(self) -> Callable[[int], str]:
        """Names of dates, those of late remembered: lists tell the same ones again and again."""
        return lru_cache(maxsize=8192)(self._references.name)

    @cached_property
    def _res(self) -> Names:
        return Names(self.instance.key("naming.res"))

    def _uid(self, row: int | None, text: str) -> str:
        with self.store.reading() as tx:
            found = bookings.by_ids(tx, [row]) if row is not None and 0 < row <= MOST else []
        if not found:
            raise Unknown("booking", text)
        return found[0].uid

    def _named(self, number: int | None, text: str, actor: Actor) -> Named:
        require(actor, "read")
        if number is None or not 0 < number <= MOST:
            raise Unknown("booking", text)
        kind, row = row_of(number)
        with self.store.reading() as tx:
            of = row
            if kind == SINGLE:
                it = next(iter(bookings.by_ids(tx, [row])), None)
                one = within_reach(tx, it, text, actor, room=None, act="see")
                if one.series is None:
                    return Named(SINGLE, one.uid, number)
                of = one.series  # it was a single one, and became the first date of a series
            whole = within_reach(tx, series.by_ids(tx, [of]).get(of), text, actor, room=None, act="see")
            return Named(SERIES, whole.uid, number_of(SERIES, of))
