"""The house as it is now, remembered by its version: one small question instead of reading all of it.

Decision: what is remembered is one value that is replaced as a whole, so that readers need no lock; two threads that
find it old both read it anew, and the same comes of it.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from server.core.access import Level
from server.core.house import HouseMap, levels_of
from server.core.people import Person
from server.store import house
from server.store.database import Store, Tx

REMEMBERED = 512
"""So many people's levels are kept; a thousand rooms each are some 60 kB."""


@dataclass(slots=True)
class Kept:
    """What is remembered: the house, and the levels of the people who were here last, by who they were then."""

    house: HouseMap | None = None
    levels: "OrderedDict[tuple[object, ...], dict[int, Level]]" = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)


@dataclass(frozen=True, slots=True)
class House:
    """Reads the house. One is shared by all use cases."""

    store: Store
    kept: Kept = field(default_factory=Kept)

    def now(self) -> HouseMap:
        """The house as the last commit left it."""
        with self.store.reading() as tx:
            return self.at(tx)

    def at(self, tx: Tx) -> HouseMap:
        """The house as the transaction sees it; within one that changes it, ask before the change or `store.load`."""
        return self.of(tx, house.version(tx))

    def of(self, tx: Tx, version: int) -> HouseMap:
        """The house of that version, which is known to be the one that the transaction sees."""
        found = self.kept.house
        if found is None or found.version != version:
            found = house.load(tx)
            self.kept.house = found
        return found

    def levels(self, tx: Tx, person: Person, role: str) -> dict[int, Level]:
        """What somebody may do in each room, by number."""
        now = self.at(tx)
        key = (now.version, person.number, person.groups, role)
        with self.kept.lock:
            if (known := self.kept.levels.get(key)) is not None:
                self.kept.levels.move_to_end(key)
                return known
        found = levels_of(now, person, role)
        with self.kept.lock:
            self.kept.levels[key] = found
            while len(self.kept.levels) > REMEMBERED:
                self.kept.levels.popitem(last=False)
        return found
