"""Carries out the rows of a room file: in their places and groups, levelled, with their parts; each row judged alone.

Everything is worked out before anything is written, but for the places that rows name. New rooms have numbers below
zero until they are written, so that a row may name, as parts, rooms that other rows bring.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from server.core.attributes import check_values
from server.core.errors import Invalid, LintelError, Objection, Refused
from server.core.levels import Tree
from server.core.model import Room
from server.core.places import HOUSE, Attribute, Place
from server.core.policy_bounds import problems
from server.engine import shutting
from server.engine.levelling import By, exist, levelled, named, noted, strays
from server.engine.room_checks import MOST_GROUPS, MOST_PARTS, among, setting
from server.engine.room_rows import CREATE, SKIP, Planned
from server.engine.siting import Siting
from server.store import places, rooms
from server.store.database import Tx

Progress = Callable[[int, int], None]
BATCH = 200
"""Rows after which it is told how far it is."""


@dataclass(slots=True)
class Taking:
    """A file that is being taken in: the house as it was (`tree`, `known`), and as it will be.

    `rooms` by number, `slugs` their ids, `groups` what each is in, `here` the levels, `wholes` what a part may be of.
    """

    tx: Tx
    by: By
    tree: Tree
    sites: Siting
    attributes: tuple[Attribute, ...]
    known: dict[int, Room]
    rooms: dict[int, Room] = field(default_factory=dict)
    slugs: dict[str, int] = field(default_factory=dict)
    groups: dict[int, frozenset[int]] = field(default_factory=dict)
    here: Tree = field(init=False)
    wholes: dict[int, set[int]] = field(default_factory=dict)

    def take(self, planned: Sequence[Planned], progress: Progress) -> tuple[Planned, ...]:
        """The rows with everything that is wrong with them; `write` then writes those with which nothing is."""
        self.rooms, self.groups = dict(self.known), dict(self.tree.groups)
        self.here = replace(self.tree, places=self.sites.places, groups=self.groups)
        for room in self.rooms.values():
            self._join(room)
        self.slugs = {room.id: number for number, room in self.rooms.items()}
        rows = []
        for count, row in enumerate(planned):
            rows.append(self._placed(row))
            if count % BATCH == 0:
                progress(count, 2 * len(planned))
        rows = self._consistent([self._with_parts(row) for row in rows])
        return tuple(self._consistent(self._not_shut_out(rows)))

    def _placed(self, row: Planned) -> Planned:
        """The row with its room where it says, levelled."""
        if row.errors or row.room is None or row.action == SKIP:
            return row
        number = row.matched.number if row.matched is not None else -row.line
        try:
            room = self._sited(replace(row.room, number=number), row)
            if row.said.groups is not None:
                self.groups[number] = self._groups(row.said.groups)
            exist(self.tx, row.said.rules)
            room = levelled(replace(room, own_policy=setting(room.own_policy, row.said.rules)), self.here)
            if bad := problems(room.policy) | self._attributes(row, room):
                raise Invalid(bad)
            if lost := strays(self.here, [room]):
                raise Refused(tuple(Objection(f"group {it.name} lies elsewhere", room.id) for _, it in lost))
        except LintelError as error:
            self.groups.pop(number, None)
            if number in self.tree.groups:
                self.groups[number] = self.tree.groups[number]
            return replace(row, errors=_said(error))
        self.rooms[number] = room
        self.slugs[room.id] = number
        return replace(row, room=room)

    def _sited(self, room: Room, row: Planned) -> Room:
        old = row.matched
        if old is not None and (room.site, room.building, room.floor) == (old.site, old.building, old.floor):
            return room
        room = replace(room, place=self.sites.of(room.site, room.building, room.floor))
        if old is None and not row.zoned:
            at: int | None = room.place
            while at is not None and not self.sites.places[at].zone:
                at = self.sites.places[at].parent
            room = replace(room, zone=self.sites.places[at].zone) if at is not None else room
        return named(room, self.here)

    def _groups(self, addresses: Sequence[str]) -> frozenset[int]:
        """The groups of these addresses; one that is not there is made, in the place that its address begins with."""
        if len(addresses) > MOST_GROUPS:
            raise Invalid({"groups": f"at most {MOST_GROUPS}"})
        found = set()
        for text in addresses:
            fit = self.sites.spoken_of(text if text.startswith(("#", "group:")) else f"group:{text}")
            if len(fit) > 1:
                raise Invalid({"groups": f"{text[:60]!r} may be several"})
            found.add(fit[0].number if fit else self._made(text.removeprefix("group:")))
        if strange := [number for number in found if self.sites.places[number].kind != "group"]:
            raise Invalid({"groups": f"#{strange[0]} is no group of rooms"})
        return frozenset(found)

    def _made(self, text: str) -> int:
        if text.startswith("#") or len(text) > 1_000:
            raise Invalid({"groups": f"there is no {text[:60]!r}"})
        inside, _, name = text.rpartition("/")
        fit = self.sites.spoken_of(inside) if inside else [self.sites.places[HOUSE]]
        parent = fit[0].number if len(fit) == 1 else self._made(inside)
        if not name.strip() or len(name) > 255:
            raise Invalid({"groups": "names of 1 to 255 characters"})
        return self.sites.add(Place(0, parent, "group", name.strip())).number

    def _attributes(self, row: Planned, room: Room) -> dict[str, str]:
        if row.matched is not None and not row.said.attributes:
            return {}
        labels = {f"attributes.{it.number}": it.label for it in self.attributes}
        bad = check_values(self.attributes, room.attributes, manages=True)
        return {labels.get(name, name): why for name, why in bad.items()}

    def _with_parts(self, row: Planned) -> Planned:
        """The row with what its room is made of; the rooms that other rows bring are known by now."""
        if row.errors or row.room is None or row.action == SKIP or row.said.parts is None:
            return row
        if unknown := [slug for slug in row.said.parts if slug not in self.slugs]:
            return self._dropped(row, f"parts: there is no room {unknown[0][:64]!r}")
        room = replace(row.room, parts=tuple(self.slugs[slug] for slug in row.said.parts))
        self.rooms[room.number] = room
        self._join(room)
        return replace(row, room=room)

    def _consistent(self, rows: list[Planned]) -> list[Planned]:
        """The rows without combined rooms that do not go with the others, and without those that count on such."""
        while True:
            again = [self._among_others(row) for row in rows]
            if again == rows:
                return rows
            rows = again

    def _among_others(self, row: Planned) -> Planned:
        if row.errors or row.room is None or row.action == SKIP:
            return row
        room, wholes = row.room, self._wholes(row.room.number)
        if not room.parts and not wholes:
            return row
        if missing := [slug for slug in row.said.parts or () if self.slugs.get(slug) not in self.rooms]:
            return self._dropped(row, f"parts: there is no room {missing[0][:64]!r}")
        if len(room.parts) > MOST_PARTS or len(set(room.parts)) < len(room.parts):
            return self._dropped(row, f"parts: up to {MOST_PARTS} rooms, each once")
        bad = among(room, self.rooms, wholes)
        return self._dropped(row, *(f"{name}: {why}" for name, why in bad.items())) if bad else row

    def _join(self, room: Room) -> None:
        for part in room.parts:
            self.wholes.setdefault(part, set()).add(room.number)

    def _wholes(self, number: int) -> list[Room]:
        """The rooms that this one is a part of."""
        there = (self.rooms[it] for it in self.wholes.get(number, ()) if it in self.rooms and it != number)
        return [it for it in there if number in it.parts]

    def _dropped(self, row: Planned, *errors: str) -> Planned:
        """The row as a bad one; its room is as it was, or is none."""
        number = row.room.number if row.room is not None else 0
        if row.matched is not None:
            self.rooms[number] = row.matched
        else:
            self.slugs.pop(self.rooms.pop(number).id, None)
        return replace(row, errors=errors)

    def _not_shut_out(self, rows: list[Planned]) -> list[Planned]:
        changed = [(it.matched, it.room) for it in rows if not it.errors and it.matched and it.room]
        shut = Counter((it.room, code) for it, code in shutting.against(self.tx, changed, self.by.now))
        told: dict[int, list[str]] = {}
        for (number, code), many in sorted(shut.items()):
            told.setdefault(number, []).append(f"would shut out {many} bookings ({code})")
        return [
            self._dropped(row, *told[row.room.number])
            if not row.errors and row.matched and row.room and row.room.number in told
            else row
            for row in rows
        ]

    def write(self, rows: Sequence[Planned], progress: Progress) -> None:
        """Writes the rooms of the good rows."""
        good = [(row, row.room) for row in rows if not row.errors and row.room is not None and row.action != SKIP]
        fresh = [replace(room, parts=()) for row, room in good if row.action == CREATE]
        made: dict[str, int] = {}
        for first in range(0, len(fresh), BATCH):
            made |= rooms.insert_all(self.tx, fresh[first : first + BATCH])
            progress(len(rows) + first, 2 * len(rows))
        numbers = {room.number: made[room.id] for room in fresh}
        again, grouped = [], {}
        for row, room in good:
            parts = tuple(numbers.get(part, part) for part in room.parts)
            number = numbers.get(room.number, room.number)
            if row.action != CREATE:
                again.append(replace(room, parts=parts, version=room.version + 1))
            elif parts:
                again.append(replace(room, number=number, parts=parts))
            if row.said.groups is not None:
                grouped[number] = self.groups[room.number]
            what = "room_added" if row.action == CREATE else "room_changed"
            noted(self.tx, what, row.matched, replace(room, number=number), self.by)
        places.put_all_groups(self.tx, grouped)
        rooms.update_all(self.tx, again)


def _said(error: LintelError) -> tuple[str, ...]:
    if isinstance(error, Invalid):
        return tuple(f"{name}: {why}" for name, why in error.fields.items())
    if isinstance(error, Refused):
        return tuple(it.code for it in error.objections)
    return (str(error),)
