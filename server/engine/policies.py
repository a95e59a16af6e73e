"""What each level of the house sets, what that comes to in a room, and where every value comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from server.core.access import Actor, require
from server.core.audit_facts import moved
from server.core.clock import Clock, whole
from server.core.errors import Invalid, LintelError, Unknown
from server.core.house import above
from server.core.levels import Setting, Tree, effective, levels, name_of, whence
from server.core.model import Room
from server.core.places import HOUSE, Place, RoomType
from server.core.policy import Policy
from server.core.policy_words import FIELDS
from server.core.rules import SWITCHABLE
from server.engine import shutting
from server.engine.levelling import By, exist, read, rooms_below, settle
from server.engine.places import at, found, over_rooms, type_at
from server.engine.room_checks import rules_checked, setting
from server.store import places, rooms
from server.store.database import Note, Store, Tx

Level = Room | Place | RoomType
"""What can set rules."""


@dataclass(frozen=True, slots=True)
class Value:
    """One field of a policy: what it is, the level it comes from, and whether that is the one that was asked about."""

    field: str
    value: Any
    source: str
    own: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A level's name, what it and those above it come to, field by field."""

    name: str
    policy: Policy
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of setting rules: the rooms whose policy changed, before and after. `written` False in a preview."""

    name: str
    changed: tuple[tuple[Room, Room], ...]
    written: bool


class _Preview(Exception):
    """Carries what would be done out of a transaction that is not to stay."""

    def __init__(self, done: Done) -> None:
        super().__init__("preview")
        self.done = done


@dataclass(frozen=True, slots=True)
class Policies:
    """The use cases of policies. All raise Invalid, Unknown, Barred, Refused, Later or Full."""

    store: Store
    clock: Clock

    def show(self, target: str, actor: Actor) -> Shown:
        """What is in force at a room, place or type, and whence. A room: who sees it; else who runs the rules."""
        with self.store.reading() as tx:
            tree = read(tx)
            level = meant(tx, tree, target)
        if isinstance(level, Room):
            require(actor, "read", level)
        else:
            require(actor, "rules")
        settings = levels_of(level, tree)
        policy, own = effective(settings), settings[-1].name
        values = []
        for field in FIELDS:
            source = whence(settings, field)
            values.append(Value(field, getattr(policy, field), source, source == own))
        return Shown(own, policy, tuple(values))

    def set(
        self, target: str, rules: Mapping[str, Any], actor: Actor, *, anyway: bool = False, preview: bool = False
    ) -> Done:
        """Sets fields of the policy on a level (INHERIT unsets one); every room below follows at once.

        Refused where that shuts out bookings to come, unless `anyway`. A preview says what would change.
        """
        rules_checked(rules, SWITCHABLE)
        by = By(actor, whole(self.clock.now()))

        def pick(tx: Tx, tree: Tree) -> set[int]:
            return {it.number for it in concerned(tx, tree, allowed(meant(tx, tree, target), actor))}

        def work(tx: Tx, tree: Tree) -> Done:
            level = allowed(meant(tx, tree, target), actor)
            exist(tx, rules)
            known = concerned(tx, tree, level)
            tree, known = self._put(tx, tree, level, known, rules, by)
            changed = tuple(settle(tx, known, tree, by))
            if not anyway:
                shutting.refuse(tx, changed, by.now)
            done = Done(levels_of(level, tree)[-1].name, changed, written=not preview)
            if preview:
                raise _Preview(done)
            return done

        try:
            return over_rooms(self.store, pick, work)
        except _Preview as told:
            return told.done

    def _put(
        self, tx: Tx, tree: Tree, level: Level, known: list[Room], rules: Mapping[str, Any], by: By
    ) -> tuple[Tree, list[Room]]:
        """Writes what the level sets now; a room's own rules are written when it is settled."""
        if isinstance(level, Room):
            own = setting(level.own_policy, rules)
            rooms.update(tx, replace(level, own_policy=own))
            return tree, [replace(level, own_policy=own)]
        codes = tuple(sorted(rules))
        if isinstance(level, RoomType):
            kind = replace(level, policy=setting(level.policy, rules))
            places.put_type(tx, kind)
            was, now = moved(level, kind)
            codes = (kind.id, *codes)
            tx.note(Note(by.now, "type_changed", None, None, by.actor, codes, before=was, after=now))
            return replace(tree, types={**tree.types, kind.id: kind}), known
        place = replace(level, policy=setting(level.policy, rules), version=level.version + 1)
        places.update(tx, place)
        was, now = moved(level, place)
        tx.note(Note(by.now, "place_changed", None, place.number, by.actor, codes, before=was, after=now))
        return replace(tree, places={**tree.places, place.number: place}), known


def meant(tx: Tx, tree: Tree, target: str) -> Level:
    """The room, place or type that somebody names: "oak", "Berlin/Timber House", "house", "type:studio", "#7".

    "room:oak" and "group:Labs" where a name alone could be either. Raises Unknown, or Invalid where it could.
    """
    kind, colon, rest = target.partition(":")
    if colon and kind == "type":
        return type_at(tree.types, rest)
    room = rooms.by_slug(tx, rest if colon and kind == "room" else target)
    if colon and kind == "room":
        if room is None:
            raise Unknown("room", rest)
        return room
    try:
        place = found(tree, target)
    except LintelError:
        if room is None:
            raise
        return room
    if room is not None:
        raise Invalid({"target": f"say room:{room.id} or {place.kind}:{place.name}"})
    return place


def levels_of(level: Level, tree: Tree) -> tuple[Setting, ...]:
    """The levels that count at a room, place or type, the least specific first, itself the last."""
    if isinstance(level, Room):
        return levels(level, tree)
    if isinstance(level, RoomType):
        return Setting("house", tree.places[HOUSE].policy), Setting(f"type {level.id}", tree.types[level.id].policy)
    path = [tree.places[number] for number in reversed(above(tree.places, level.number))]
    return tuple(Setting(name_of(it), it.policy) for it in path)


def concerned(tx: Tx, tree: Tree, level: Level) -> list[Room]:
    """The rooms that a level counts for."""
    if isinstance(level, Room):
        return [level]
    if isinstance(level, RoomType):
        return rooms.every(tx, room_type=level.id)
    return rooms_below(tx, tree, at(tree, level.number).number)


def allowed(level: Level, actor: Actor) -> Level:
    """The level, where the actor may set rules there; else Barred."""
    if isinstance(level, Room):
        require(actor, "admin", level)
    else:
        require(actor, "rules")
    return level
