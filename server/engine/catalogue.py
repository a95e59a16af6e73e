"""What the house can choose from: attributes, accessories, timetables, quotas, equipment and reasons.

All six are run alike: a table of what differs (SHELVES), and one add, change and remove for all.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from server.core.access import Actor, Level, may, require
from server.core.audit_facts import moved
from server.core.catalogue import CHECKS
from server.core.clock import Clock, whole
from server.core.errors import Invalid, Objection, Refused, Stale, Unknown
from server.core.house import HouseMap
from server.core.places import Accessory, Attribute, Equipment, Quota, StatusReason, Timetable
from server.engine.house import House
from server.store import catalogue as rows
from server.store import groups
from server.store.database import Note, Store, Tx
from server.store.house import bump

Item = Attribute | Accessory | Timetable | Quota | Equipment | StatusReason
T = TypeVar("T", bound=Item)
Key = int | str
Uses = Callable[[Tx, Any, datetime], dict[str, int]]


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of thing: what it is called, how many there may be, and how it is kept.

    `alike`: two that have this in common cannot both be. `uses`: by what it is used, and how often.
    """

    word: str
    most: int
    every: Callable[[Tx], list[Any]]
    put: Callable[[Tx, Any], Any]
    remove: Callable[[Tx, Any], None]
    alike: Callable[[Any], object]
    uses: Uses


def _by_number(table: str) -> Callable[[Tx, Any], None]:
    return lambda tx, it: rows.remove(tx, table, it.number)


SHELVES: dict[type, Shelf] = {
    Attribute: Shelf(
        "attribute", 200, rows.attributes, rows.put_attribute, _by_number("attribute"),
        lambda it: (it.category, it.label.strip().casefold()), rows.attribute_uses,
    ),
    Accessory: Shelf(
        "accessory", 1_000, rows.accessories, rows.put_accessory, _by_number("accessory"),
        lambda it: it.name.strip().casefold(), lambda tx, it, now: rows.accessory_uses(tx, it.number, now),
    ),
    Timetable: Shelf(
        "timetable", 100, rows.timetables, rows.put_timetable, _by_number("timetable"),
        lambda it: it.name.strip().casefold(), lambda tx, it, now: rows.timetable_uses(tx, it.number),
    ),
    Quota: Shelf(
        "quota", 200, rows.quotas, rows.put_quota, _by_number("quota"),
        lambda it: it.name.strip().casefold(), lambda tx, it, now: {},
    ),
    Equipment: Shelf(
        "equipment", 500, rows.equipment, rows.put_equipment, lambda tx, it: rows.remove_equipment(tx, it.id),
        lambda it: it.id, lambda tx, it, now: rows.equipment_uses(tx, it.id),
    ),
    StatusReason: Shelf(
        "reason", 500, rows.reasons, rows.put_reason, _by_number("status_reason"),
        lambda it: (it.status, it.reason.strip().casefold()), lambda tx, it, now: {},
    ),
}  # fmt: skip
FIXED = {"number", "id", "version", "category"}
"""What is not changed any more."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The use cases. All raise Invalid, Unknown, Barred, Refused, Stale, Later or Full.

    Which kind is meant is said by its class: `all(Quota, actor)`. Running the catalogue needs the right to the rules.
    """

    store: Store
    clock: Clock
    house: House

    def all(self, kind: type[T], actor: Actor) -> tuple[T, ...]:
        """All of a kind in their order; attributes for managers only to those who manage some room."""
        require(actor, "read")
        with self.store.reading() as tx:
            found: list[T] = SHELVES[kind].every(tx)
        if kind is not Attribute or _manages(actor):
            return tuple(found)
        return tuple(it for it in found if not getattr(it, "admin_only", False))

    def get(self, kind: type[T], key: Key, actor: Actor) -> T:
        """The one of that number (equipment: of that id)."""
        found = next((it for it in self.all(kind, actor) if key_of(it) == key), None)
        if found is None:
            raise Unknown(SHELVES[kind].word, str(key))
        return found

    def add(self, wish: T, actor: Actor) -> T:
        """A new one; its number is given here. Refused("…_taken") where one is alike, ("too_many") at the limit."""
        require(actor, "rules")
        shelf = SHELVES[type(wish)]
        wish = _trimmed(wish)
        _check(wish)

        def work(tx: Tx) -> T:
            house, there = self._opened(tx, shelf)
            if len(there) >= shelf.most:
                raise Refused((Objection("too_many", shelf.word, {"most": shelf.most}),))
            _fits(tx, house, wish, there)
            fresh = wish if isinstance(wish, Equipment) else replace(wish, number=0)
            number = shelf.put(tx, fresh)
            made = fresh if isinstance(fresh, Equipment) else replace(fresh, number=int(number))
            self._note(tx, house, f"{shelf.word}_added", actor, made)
            return made

        return self.store.writing(work)

    def change(self, kind: type[T], key: Key, actor: Actor, /, *, version: int | None = None, **fields: Any) -> T:
        """Sets fields; Stale where it is not at `version` any more.

        An attribute that is in use keeps its kind, and what there is to choose can only become more.
        """
        require(actor, "rules")
        shelf = SHELVES[kind]
        if fixed := FIXED & set(fields):
            raise Invalid(dict.fromkeys(fixed, "is not changed"))

        def work(tx: Tx) -> T:
            house, there = self._opened(tx, shelf)
            known: T = _found(shelf, there, key)
            now = getattr(known, "version", None)
            if version is not None and now is not None and version != now:
                raise Stale(now)
            told: dict[str, Any] = {**fields, "version": now + 1} if now is not None else fields
            wish: T = _trimmed(replace(known, **told))
            _check(wish)
            _fits(tx, house, wish, [it for it in there if key_of(it) != key])
            if isinstance(known, Attribute) and isinstance(wish, Attribute) and _narrowed(known, wish):
                self._unused(tx, shelf, known)
            shelf.put(tx, wish)
            self._note(tx, house, f"{shelf.word}_changed", actor, known, wish)
            return wish

        return self.store.writing(work)

    def remove(self, kind: type[T], key: Key, actor: Actor) -> T:
        """Takes one out; Refused("in_use") says by what it is used."""
        require(actor, "rules")
        shelf = SHELVES[kind]

        def work(tx: Tx) -> T:
            house, there = self._opened(tx, shelf)
            known: T = _found(shelf, there, key)
            self._unused(tx, shelf, known)
            shelf.remove(tx, known)
            self._note(tx, house, f"{shelf.word}_removed", actor, known)
            return known

        return self.store.writing(work)

    def _opened(self, tx: Tx, shelf: Shelf) -> tuple[HouseMap, list[Any]]:
        """The house before the change and all of the kind; from here on whoever else changes the house waits."""
        house = self.house.at(tx)
        bump(tx)
        return house, shelf.every(tx)

    def _unused(self, tx: Tx, shelf: Shelf, it: Item) -> None:
        if uses := shelf.uses(tx, it, whole(self.clock.now())):
            by = ", ".join(f"{count} {word if count == 1 else word + 's'}" for word, count in uses.items())
            raise Refused((Objection("in_use", str(key_of(it)), {"by": by}),))

    def _note(self, tx: Tx, house: HouseMap, what: str, actor: Actor, *several: Item) -> None:
        """Notes the change of one item (before and after it), and of each room whose panel has to hear of it."""
        key, now = key_of(several[-1]), whole(self.clock.now())
        number, codes = (key, ()) if isinstance(key, int) else (None, (key,))
        before = None if what.endswith("_added") else several[0]
        was, then = moved(before, None if what.endswith("_removed") else several[-1])
        tx.note(Note(now, what, None, number, actor, codes=codes, before=was, after=then))
        for room in sorted(_rooms_that_ask(house, several)):
            tx.note(Note(now, "room_changed", room, None, actor))


def _rooms_that_ask(house: HouseMap, several: Iterable[Item]) -> set[int]:
    """The rooms whose bookings are asked for these, and which so take walk-ins or not."""
    asked = [it for it in several if isinstance(it, Attribute) and it.category == "booking" and it.required]
    return {room for it in asked for room in (it.rooms or house.rooms)}


def key_of(it: Item) -> Key:
    """By what one of them is asked for: its number, or the id of a kind of equipment."""
    return it.id if isinstance(it, Equipment) else it.number


def _narrowed(before: Attribute, after: Attribute) -> bool:
    """Whether values that were good would be good no more: another kind, or a choice that is gone."""
    return before.kind != after.kind or not set(before.choices) <= set(after.choices)


def _found(shelf: Shelf, there: list[T], key: Key) -> T:
    found = next((it for it in there if key_of(it) == key), None)
    if found is None:
        raise Unknown(shelf.word, str(key))
    return found


def _fits(tx: Tx, house: HouseMap, wish: Item, others: list[Any]) -> None:
    """Raises Refused where another one is alike, Invalid where it names what is not there."""
    shelf = SHELVES[type(wish)]
    if any(shelf.alike(it) == shelf.alike(wish) for it in others):
        raise Refused((Objection(f"{shelf.word}_taken", str(key_of(wish))),))
    bad = {}
    if isinstance(wish, Attribute | Accessory) and not set(wish.rooms) <= set(house.rooms):
        bad["rooms"] = "there is no such room"
    if isinstance(wish, Quota):
        if wish.place is not None and wish.place not in house.places:
            bad["place"] = "there is no such place"
        if wish.room is not None and wish.room not in house.rooms:
            bad["room"] = "there is no such room"
        if wish.room_type and wish.room_type not in {*house.room_types, *(it.kind for it in house.rooms.values())}:
            bad["room_type"] = "there is no such type"
        if wish.group is not None and groups.by_number(tx, wish.group) is None:
            bad["group"] = "there is no such group"
    if bad:
        raise Invalid(bad)


def _trimmed(it: T) -> T:
    texts = {
        name: text.strip() for name in ("name", "label", "reason") if isinstance(text := getattr(it, name, 0), str)
    }
    return replace(it, **texts)  # type: ignore[arg-type]


def _check(it: Item) -> None:
    if bad := CHECKS[type(it)](it):
        raise Invalid(bad)


def _manages(actor: Actor) -> bool:
    return may(actor, "rules") or (actor.levels is not None and Level.MANAGE in actor.levels.values())
