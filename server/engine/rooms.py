"""Rooms: which there are, what each is now, its feed secret and its closures."""

import hashlib
import hmac
import secrets
import string
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.core.access import Actor, may, require, require_everywhere
from server.core.audit_facts import moved
from server.core.clock import Clock, whole
from server.core.errors import Conflict, Invalid, Refused, Unknown
from server.core.model import Booking, Closure, Room
from server.core.period import Period
from server.core.privacy import for_actor
from server.core.status import RoomStatus, status
from server.core.text import problems
from server.core.zone import day_of
from server.engine import room_changes
from server.engine.asking import check_period
from server.engine.closing import give_back
from server.engine.levelling import By
from server.store import bookings, changes, closures, finding, grants, places, rooms
from server.store.database import Note, Store, Tx

MOVING = frozenset({"place", "site", "building", "floor", "groups"})
LETTERS = string.ascii_letters + string.digits
MANY = 300
"""Rooms that are looked up one by one rather than read with all others."""


@dataclass(frozen=True, slots=True)
class RoomNow:
    """A room at an instant: its status, the holding bookings of its local day (by start) and the day's closures."""

    room: Room
    at: datetime
    status: RoomStatus
    today: tuple[Booking, ...]
    closures: tuple[Closure, ...]


@dataclass(frozen=True, slots=True)
class Rooms:
    """The use cases of rooms. All raise Invalid, Unknown, Barred, Refused, Stale, Later or Full."""

    store: Store
    clock: Clock

    def all(
        self, actor: Actor, *, active: bool | None = None, room_type: str | None = None, capacity_min: int = 0,
        numbers: Collection[int] | None = None,
    ) -> tuple[Room, ...]:  # fmt: skip
        """The rooms that the actor may see, in the order of their making; hidden ones for those who manage them.

        `numbers`: of these alone; those that are not there are passed over.
        """
        require(actor, "read")
        with self.store.reading() as tx:
            found = seen(tx, actor, numbers)
            if found is None:
                found = rooms.every(tx, active=active, room_type=room_type, capacity_min=capacity_min)
        return tuple(
            room for room in found
            if active in (None, room.active) and room_type in (None, room.room_type) and room.capacity >= capacity_min
            and listed(room, actor)
        )  # fmt: skip

    def get(self, slug: str, actor: Actor, scope: str = "read") -> Room:
        """One room. Scope is judged first, then whether it exists, then whether the actor reaches it."""
        require(actor, scope)
        with self.store.reading() as tx:
            return found(tx, slug, actor, scope)

    def now(self, slug: str, actor: Actor) -> RoomNow:
        """What a room is now, with its local day around it."""
        require(actor, "read")
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            room = found(tx, slug, actor, "read")
            day = day_of(now, room.zone)
            there = (room.number, *room.parts)
            risky = [it for number in there for it in bookings.at_risk(tx, number, day)]
            held = tuple(sorted([*bookings.holding_all(tx, there, day), *risky], key=lambda it: it.starts))
            shut = tuple(it for number in there for it in closures.touching(tx, number, day))
        if actor.person is not None or actor.rooms is not None:
            held = tuple(for_actor(actor, it, room) for it in held)
        return RoomNow(room, now, status(room, now, held, shut), held, shut)

    def stamp(self, number: int | None) -> tuple[int, int]:
        """The newest change of a room (None: of all), and of what is no room's (keys): equal stamps, equal answers."""
        with self.store.reading() as tx:
            return changes.head(tx, number), changes.general_head(tx)

    def add(self, room: Room, actor: Actor, *, groups: Iterable[int] = ()) -> Room:
        """A new room; its number is given here. Refused("slug_taken") where the id exists. Scope admin, all rooms.

        It is put where its site, building and floor say, which are made where they are not there; what its policy has
        beyond the default is set on the room itself, and so is `own_policy`. `groups`: numbers of groups it is in.
        """
        require_everywhere(actor, "admin")
        by = By(actor, whole(self.clock.now()))
        return self.store.writing(lambda tx: room_changes.add(tx, room, frozenset(groups), by))

    def change(
        self, slug: str, actor: Actor, *, rules: Mapping[str, Any] | None = None, anyway: bool = False, **fields: Any
    ) -> Room:
        """Sets fields of a room (its number and id stay) and returns it.

        `rules` sets fields of the policy on the room itself; INHERIT (core/levels.py) unsets one. `policy` does so with
        those that differ from what is in force. `groups`: all the groups that it is in, by number. Refused where that
        shuts out bookings to come, unless `anyway`. Who moves a room or changes its groups must run the places.
        """
        room = self.get(slug, actor, "admin")
        if MOVING & set(fields):
            require_everywhere(actor, "admin")
        for part in set(fields.get("parts", room.parts)) ^ set(room.parts):
            require(actor, "admin", part)  # who has the whole has its parts
        by = By(actor, whole(self.clock.now()))
        wish = room_changes.Change(fields, dict(rules or {}), anyway=anyway)
        return self.store.writing(lambda tx: room_changes.change(tx, room.number, wish, by), rooms=(room.number,))

    def remove(self, slug: str, actor: Actor) -> Room | None:
        """Removes a room that never had a booking; one that had is switched off instead and returned.

        Refused("in_use") where keys, panels, quotas or other rooms name it.
        """
        require_everywhere(actor, "admin")
        room = self.get(slug, actor, "admin")
        by = By(actor, whole(self.clock.now()))
        return self.store.writing(lambda tx: room_changes.remove(tx, room.number, by), rooms=(room.number,))

    def groups(self, slug: str, actor: Actor) -> frozenset[int]:
        """The numbers of the groups that a room is in by itself."""
        room = self.get(slug, actor)
        with self.store.reading() as tx:
            return places.groups_of(tx, room.number)

    def feed(self, slug: str, actor: Actor, action: str) -> str:
        """Makes ("enable", "rotate") or ends ("disable") the secret feed; the new secret is told this once."""
        room = self.get(slug, actor, "admin")
        if action not in ("enable", "rotate", "disable"):
            raise Invalid({"action": "enable, rotate or disable"})
        secret = "" if action == "disable" else "rvxf_" + "".join(secrets.choice(LETTERS) for _ in range(40))

        def work(tx: Tx) -> None:
            rooms.set_feed(tx, room.number, digest(secret) if secret else None)
            tx.note(Note(whole(self.clock.now()), "feed_secret", room.number, None, actor, codes=(action,)))

        self.store.writing(work, rooms=(room.number,))
        return secret

    def with_feeds(self) -> frozenset[int]:
        """The numbers of the rooms whose secret feed is on."""
        with self.store.reading() as tx:
            return frozenset(rooms.fed(tx))

    def by_feed_secret(self, slug: str, secret: str) -> Room:
        """The room whose feed the secret opens; Unknown for a wrong room and a wrong secret alike."""
        with self.store.reading() as tx:
            room = rooms.by_slug(tx, slug)
            kept = rooms.feed_digest(tx, room.number) if room is not None else None
        if not hmac.compare_digest(kept or "", digest(secret)) or room is None:
            raise Unknown("room", slug)
        return room

    def closures(self, slug: str, actor: Actor, window: Period) -> tuple[Closure, ...]:
        """The room's closures that touch the window, by start."""
        with self.store.reading() as tx:
            room = found(tx, slug, actor, "read")
            each = (it for number in (room.number, *room.parts) for it in closures.touching(tx, number, window))
            return tuple(sorted(each, key=lambda it: it.starts))

    def close(self, slug: str, actor: Actor, starts: datetime, ends: datetime, reason: str) -> Closure:
        """Takes a room out of use for a time. Refused with the conflicts where something is booked then."""
        room = self.get(slug, actor, "admin")
        if bad := problems({"reason": (reason, 255)}):
            raise Invalid(bad)
        check_period(starts, ends)
        wish = Period(starts, ends)

        def work(tx: Tx) -> Closure:
            in_way = [it for it in bookings.around(tx, room.number, wish, timedelta()) if it.grant is None]
            if in_way:
                raise Refused((), tuple(Conflict(room.id, h.starts, h.ends, h.uid, h.organizer) for h in in_way))
            now, text = whole(self.clock.now()), {"reason": reason}
            grants.clear(tx, [room.number])  # staff's word counts at once; what a door has promised is a conflict
            made = closures.insert(tx, room.number, wish, reason, lanes=room.policy.lanes)
            for number in rooms.concerned(tx, [room.number]):
                tx.note(Note(now, "room_closed", number, None, actor, text=text, after=moved(None, made)[1]))
            return made

        return self.store.writing(work, rooms=(room.number,))

    def reopen(self, number: int, actor: Actor) -> Closure:
        """Ends a closure and gives its time back, but for what other closures were to have of it."""
        require(actor, "admin")
        with self.store.reading() as tx:
            shut = closures.find(tx, number)
        if shut is None:
            raise Unknown("closure", str(number))
        require(actor, "admin", shut.room)

        def work(tx: Tx) -> None:
            now = whole(self.clock.now())
            closures.remove(tx, number)
            give_back(tx, [shut], now, actor)
            for room in rooms.concerned(tx, [shut.room]):
                tx.note(Note(now, "room_reopened", room, None, actor, before=moved(shut, None)[0]))

        self.store.writing(work, rooms=(shut.room,))
        return shut


def found(tx: Tx, slug: str, actor: Actor, scope: str) -> Room:
    """The room of that slug; Unknown before Barred, so that what is not there is said first."""
    room = rooms.by_slug(tx, slug)
    if room is None:
        raise Unknown("room", slug)
    require(actor, scope, room.number)
    return room


def seen(tx: Tx, actor: Actor, numbers: Collection[int] | None) -> list[Room] | None:
    """These rooms, or where all are asked for those that the actor may see at most; None: it is quicker to read all."""
    own = actor.levels if actor.rooms is None else actor.rooms
    wanted = numbers if numbers is not None else own
    if wanted is None or len(wanted) > MANY:
        return None if numbers is None else [it for it in rooms.every(tx) if it.number in set(numbers)]
    return sorted(finding.rooms(tx, wanted).values(), key=lambda it: it.number)


def listed(room: Room, actor: Actor) -> bool:
    """Whether a list shows the room: a hidden one only to who manages it and to keys that are for this very room."""
    if not may(actor, "read", room):
        return False
    return room.status != "hidden" or may(actor, "admin", room) or actor.rooms is not None


def digest(secret: str) -> str:
    """How secrets of 200 bits and more are kept: SHA-256, for there is nothing to guess in them."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
