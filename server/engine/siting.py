"""Finds the place that a room names in words, and makes it where there is none yet."""

from dataclasses import dataclass, field, replace

from server.core.audit_facts import moved
from server.core.errors import Invalid, Objection, Refused
from server.core.levels import Tree
from server.core.places import HOUSE, Place
from server.core.tree import MOST, WORDS, misfits, spoken_of, tail
from server.engine.levelling import By
from server.store import places
from server.store.database import Note, Tx

Key = tuple[int | None, str, str]


@dataclass(slots=True)
class Siting:
    """The places while they grow, found by where they are and by name: as it is written, else in any case; by address.

    `places` are numbers and values as in `Tree.places`, those made meanwhile among them.
    """

    tx: Tx
    by: By
    places: dict[int, Place]
    exact: dict[Key, Place] = field(default_factory=dict)
    folded: dict[Key, Place] = field(default_factory=dict)
    tails: dict[str, list[Place]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for it in self.places.values():
            self._index(it)

    def _index(self, it: Place) -> None:
        self.exact[it.parent, it.kind, it.name] = it
        self.folded.setdefault((it.parent, it.kind, it.name.casefold()), it)
        self.tails.setdefault(tail(it.name), []).append(it)

    def spoken_of(self, text: str) -> list[Place]:
        """The places that an address means, without a look at each."""
        return spoken_of(self.places, text, self.tails.get(tail(text), ()))

    def of(self, site: str, building: str, floor: str) -> int:
        """The number of the place that a site, building and floor name; the house where they name nothing."""
        named = [(kind, name.strip()) for kind, name in zip(WORDS, (site, building, floor), strict=True)]
        if not named[0][1] and any(name for _, name in named):
            raise Invalid({"site": "is required where a building or a floor is named"})
        at = HOUSE
        for kind, name in named:
            if name:
                known = self.exact.get((at, kind, name)) or self.folded.get((at, kind, name.casefold()))
                at = (known or self.add(Place(0, at, kind, name))).number
        return at

    def add(self, wish: Place) -> Place:
        """Writes a new place. Raises Invalid where it cannot lie there, Refused where it is there already."""
        if bad := misfits(self.places, wish):
            raise Invalid(bad)
        if (known := self.folded.get((wish.parent, wish.kind, wish.name.casefold()))) is not None:
            raise Refused((Objection("place_taken", wish.name, {"number": known.number}),))
        if len(self.places) > MOST:
            raise Refused((Objection("too_many_places", wish.name, {"most": MOST}),))
        made = replace(wish, number=places.insert(self.tx, wish))
        _, after = moved(None, made)
        self.tx.note(Note(self.by.now, "place_added", None, made.number, self.by.actor, (made.kind,), after=after))
        self.places[made.number] = made
        self._index(made)
        return made


def siting(tx: Tx, tree: Tree, by: By) -> Siting:
    """The places of the tree, to be found and added to."""
    return Siting(tx, by, dict(tree.places))
