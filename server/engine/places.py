"""Places: sites, buildings, floors and groups of rooms, as a tree; and the types of rooms."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from server.core.access import Actor, require
from server.core.audit_facts import moved
from server.core.clock import Clock, whole
from server.core.errors import Invalid, Later, Objection, Refused, Unknown
from server.core.levels import Tree
from server.core.places import HOUSE, KINDS, Place, RoomType
from server.core.text import SLUG, problems
from server.core.tree import NAMES, address, misfits, namesake, spoken_of
from server.core.zone import zone
from server.engine import shutting
from server.engine.levelling import By, opened, read, rooms_below, settle, strays
from server.engine.room_checks import COLOR
from server.engine.siting import siting
from server.store import places
from server.store.database import Note, Store, Tx

MOST_TYPES = 500
TRIES = 5
ONE = {"accessories": "accessory"}

T = TypeVar("T")


class _Grown(Exception):
    """More rooms are concerned than were locked."""


@dataclass(frozen=True, slots=True)
class Places:
    """The use cases of places and types. All raise Invalid, Unknown, Barred, Refused, Later or Full."""

    store: Store
    clock: Clock

    def tree(self, actor: Actor) -> Tree:
        """The whole tree, the groups of rooms and the types."""
        require(actor, "read")
        with self.store.reading() as tx:
            return read(tx)

    def find(self, text: str, actor: Actor) -> Place:
        """The place of an address such as "Berlin/Timber House/2"; Invalid where it means several."""
        return found(self.tree(actor), text)

    def add(self, wish: Place, actor: Actor) -> Place:
        """A new place; its number is given here. Refused("place_taken") where it has a namesake there."""
        require(actor, "places")
        wish = replace(wish, name=wish.name.strip(), policy={}, version=1)
        checked(wish)
        if wish.kind == "house":
            raise Invalid({"kind": "there is one house"})
        by = self._by(actor)

        def work(tx: Tx) -> Place:
            return siting(tx, opened(tx), by).add(wish)

        return self.store.writing(work)

    def change(self, number: int, actor: Actor, *, anyway: bool = False, **fields: Any) -> Place:
        """Sets name, parent, zone, contact, color or walk; rooms below follow in words and in what they inherit.

        Refused where the rules of where it comes to shut out bookings to come, unless `anyway`.
        """
        require(actor, "places")
        by = self._by(actor)
        fields = {name: it for name, it in fields.items() if name not in ("number", "kind", "policy", "version")}

        def work(tx: Tx, tree: Tree) -> Place:
            known = at(tree, number)
            wish = replace(known, **fields, version=known.version + 1)
            wish = replace(wish, name=wish.name.strip())
            checked(wish)
            if bad := misfits(tree.places, wish):
                raise Invalid(bad)
            if (other := namesake(tree.places.values(), wish)) is not None:
                raise Refused((Objection("place_taken", wish.name, {"number": other.number}),))
            concerned = rooms_below(tx, tree, number)
            tree = replace(tree, places={**tree.places, number: wish})
            places.update(tx, wish)
            if lost := strays(tree, concerned):
                raise Refused(tuple(Objection("group_elsewhere", room.id, {"group": it.name}) for room, it in lost))
            was, now = moved(known, wish)
            codes = tuple(sorted(fields))
            tx.note(Note(by.now, "place_changed", None, number, by.actor, codes, before=was, after=now))
            changed = settle(tx, concerned, tree, by)
            if not anyway:
                shutting.refuse(tx, changed, by.now)
            return wish

        return over_rooms(self.store, lambda tx, tree: {it.number for it in rooms_below(tx, tree, number)}, work)

    def remove(self, number: int, actor: Actor) -> Place:
        """Removes a place that nothing is in and nothing names; Refused("in_use") says by what."""
        require(actor, "places")
        if number == HOUSE:
            raise Refused((Objection("in_use", "house", {"by": "everything"}),))
        by = self._by(actor)

        def work(tx: Tx) -> Place:
            known = at(opened(tx), number)
            if users := places.users(tx, number):
                raise in_use(known.name, users)
            places.delete(tx, number)
            was, _ = moved(known, None)
            tx.note(Note(by.now, "place_removed", None, number, by.actor, codes=(known.kind,), before=was))
            return known

        return self.store.writing(work)

    def types(self, actor: Actor) -> tuple[RoomType, ...]:
        """The types of rooms by id."""
        return tuple(self.tree(actor).types.values())

    def put_type(self, wish: RoomType, actor: Actor, *, new: bool) -> RoomType:
        """Adds a type, or changes label and description of one that is there. Its policy stays as it is."""
        require(actor, "places")
        bad = problems({"label": (wish.label, 64), "description": (wish.description, 2_000)}, lines=("description",))
        if not SLUG.fullmatch(wish.id):
            bad["id"] = "lower-case letters, digits and hyphens, 1 to 64"
        if bad:
            raise Invalid(bad)
        by = self._by(actor)

        def work(tx: Tx) -> RoomType:
            types = opened(tx).types
            if new and wish.id in types:
                raise Refused((Objection("type_taken", wish.id),))
            if new and len(types) >= MOST_TYPES:
                raise Refused((Objection("too_many_types", wish.id, {"most": MOST_TYPES}),))
            made = replace(wish, policy={} if new else type_at(types, wish.id).policy)
            places.put_type(tx, made)
            was, now = moved(None if new else types[made.id], made)
            what = "type_added" if new else "type_changed"
            tx.note(Note(by.now, what, None, None, by.actor, codes=(made.id,), before=was, after=now))
            return made

        return self.store.writing(work)

    def remove_type(self, slug: str, actor: Actor) -> RoomType:
        """Removes a type that no room is of; Refused("in_use") says by what it is used."""
        require(actor, "places")
        by = self._by(actor)

        def work(tx: Tx) -> RoomType:
            known = type_at(opened(tx).types, slug)
            if users := places.type_users(tx, slug):
                raise in_use(slug, users)
            places.delete_type(tx, slug)
            was, _ = moved(known, None)
            tx.note(Note(by.now, "type_removed", None, None, by.actor, codes=(slug,), before=was))
            return known

        return self.store.writing(work)

    def zone_of(self, site: str, building: str, floor: str) -> str:
        """The zone of the place that these name, or of what it is in; "" where none is set or there is no such."""
        with self.store.reading() as tx:
            tree = read(tx)
        at_place, zones = HOUSE, [tree.places[HOUSE].zone]
        for kind, name in (("site", site), ("building", building), ("floor", floor)):
            known = namesake(tree.places.values(), Place(0, at_place, kind, name.strip())) if name.strip() else None
            if known is not None:
                at_place = known.number
                zones.append(known.zone)
        return next((it for it in reversed(zones) if it), "")

    def _by(self, actor: Actor) -> By:
        return By(actor, whole(self.clock.now()))


def over_rooms(store: Store, pick: Callable[[Tx, Tree], set[int]], work: Callable[[Tx, Tree], T]) -> T:
    """Runs `work` with the house taken and with the rooms locked that `pick` says; again where others joined them."""

    def guarded(tx: Tx) -> T:
        tree = opened(tx)
        if not pick(tx, tree) <= wanted:
            raise _Grown
        return work(tx, tree)

    for _ in range(TRIES):
        with store.reading() as tx:
            wanted = pick(tx, read(tx))
        try:
            return store.writing(guarded, rooms=wanted)
        except _Grown:
            continue
    raise Later(1)


def at(tree: Tree, number: int) -> Place:
    """The place of a number; Unknown where there is none."""
    if number not in tree.places:
        raise Unknown("place", f"#{number}")
    return tree.places[number]


def type_at(types: Any, slug: str) -> RoomType:
    """The type of an id; Unknown where there is none."""
    if slug not in types:
        raise Unknown("type", slug)
    known: RoomType = types[slug]
    return known


def found(tree: Tree, text: str) -> Place:
    """The one place that an address means; Unknown where there is none, Invalid where there are several."""
    fit = spoken_of(tree.places, text)
    if not fit:
        raise Unknown("place", text)
    if len(fit) > 1:
        said = ", ".join(f"#{it.number} ({it.kind} {address(tree.places, it.number)})" for it in fit[:5])
        raise Invalid({"place": f"{text!r} may be {said}"})
    return fit[0]


def in_use(subject: str, users: dict[str, int]) -> Refused:
    """The refusal of who removes what others need, and by how many of what it is needed."""
    by = ", ".join(f"{many} {name if many > 1 else ONE.get(name, name[:-1])}" for name, many in users.items())
    return Refused((Objection("in_use", subject, {"by": by}),))


def checked(place: Place) -> None:
    """Raises Invalid for a place that cannot be, wherever it lies."""
    limits = {"name": (place.name, NAMES.get(place.kind, 255)), "contact": (place.contact, 255)}
    bad = problems(limits)
    if not place.name:
        bad["name"] = "is required"
    if place.kind not in KINDS:
        bad["kind"] = "site, building, floor or group"
    if place.color and not COLOR.fullmatch(place.color):
        bad["color"] = "such as #2e7d32"
    if not 0 <= place.walk <= 1_000_000:
        bad["walk"] = "0 to 1000000"
    try:
        _ = zone(place.zone) if place.zone else None
    except ValueError:
        bad["zone"] = "not a known time zone"
    if bad:
        raise Invalid(bad)
