"""Rooms: which there are, what each is now, its feed secret and its closures."""

import hashlib
import hmac
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from server.core.access import Actor, require, require_everywhere
from server.core.clock import Clock, whole
from server.core.errors import Conflict, Invalid, Objection, Refused, Unknown
from server.core.model import Booking, Closure, Room
from server.core.period import Period
from server.core.policy import Policy
from server.core.status import RoomStatus, status
from server.core.text import SLUG, problem, problems
from server.core.zone import day_of, zone
from server.engine.booking import check_period
from server.store import bookings, changes, closures, rooms
from server.store.database import Note, Store, Tx

TEXTS = {
    "name": 255, "email": 255, "room_number": 64, "room_type": 64, "description": 2000, "contact": 255, "site": 255,
    "building": 255, "floor": 64, "street": 255, "postal_code": 32, "city": 255,
}  # fmt: skip
LETTERS = string.ascii_letters + string.digits


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
        self, actor: Actor, *, active: bool | None = None, room_type: str | None = None, capacity_min: int = 0
    ) -> tuple[Room, ...]:
        """The rooms that the actor's rooms reach, in the order of their making."""
        require(actor, "read")
        with self.store.reading() as tx:
            found = rooms.every(tx, active=active, room_type=room_type, capacity_min=capacity_min)
        return tuple(room for room in found if actor.rooms is None or room.number in actor.rooms)

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
            held = tuple(bookings.holding(tx, room.number, day))
            shut = tuple(closures.touching(tx, room.number, day))
        return RoomNow(room, now, status(room, now, held, shut), held, shut)

    def stamp(self, number: int | None) -> tuple[int, int]:
        """The newest change of a room (None: of all), and of what is no room's (keys): equal stamps, equal answers."""
        with self.store.reading() as tx:
            return changes.head(tx, number), changes.general_head(tx)

    def add(self, room: Room, actor: Actor) -> Room:
        """A new room; its number is given here. Refused("slug_taken") where the id exists. Scope admin, all rooms."""
        require_everywhere(actor, "admin")
        checked(room)

        def work(tx: Tx) -> Room:
            if rooms.by_slug(tx, room.id) is not None:
                raise Refused((Objection("slug_taken", room.id),))
            made = replace(room, number=rooms.insert(tx, room), version=1)
            tx.note(Note(whole(self.clock.now()), "room_added", made.number, None, actor.name))
            return made

        return self.store.writing(work)

    def change(self, slug: str, actor: Actor, *, rules: Mapping[str, Any] | None = None, **fields: Any) -> Room:
        """Sets fields of a room (its number and id stay); `rules` sets fields of its policy."""
        room = self.get(slug, actor, "admin")

        def work(tx: Tx) -> Room:
            known = rooms.by_number(tx, room.number)
            changed = replace(known, **fields, number=known.number, id=known.id, version=known.version + 1)
            changed = replace(changed, policy=replace(changed.policy, **rules or {}))
            checked(changed)
            rooms.update(tx, changed)
            tx.note(Note(whole(self.clock.now()), "room_changed", room.number, None, actor.name))
            return changed

        return self.store.writing(work, rooms=(room.number,))

    def feed(self, slug: str, actor: Actor, action: str) -> str:
        """Makes ("enable", "rotate") or ends ("disable") the secret feed; the new secret is told this once."""
        room = self.get(slug, actor, "admin")
        if action not in ("enable", "rotate", "disable"):
            raise Invalid({"action": "enable, rotate or disable"})
        secret = "" if action == "disable" else "rvxf_" + "".join(secrets.choice(LETTERS) for _ in range(40))

        def work(tx: Tx) -> None:
            rooms.set_feed(tx, room.number, digest(secret) if secret else None)
            tx.note(Note(whole(self.clock.now()), "feed_secret", room.number, None, actor.name, codes=(action,)))

        self.store.writing(work, rooms=(room.number,))
        return secret

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
            return tuple(closures.touching(tx, found(tx, slug, actor, "read").number, window))

    def close(self, slug: str, actor: Actor, starts: datetime, ends: datetime, reason: str) -> Closure:
        """Takes a room out of use for a time. Refused with the conflicts where something is booked then."""
        room = self.get(slug, actor, "admin")
        if bad := problems({"reason": (reason, 255)}):
            raise Invalid(bad)
        check_period(starts, ends)
        wish = Period(starts, ends)

        def work(tx: Tx) -> Closure:
            in_way = bookings.around(tx, room.number, wish, timedelta())
            if in_way:
                raise Refused((), tuple(Conflict(room.id, h.starts, h.ends, h.uid, h.organizer) for h in in_way))
            now, text = whole(self.clock.now()), {"reason": reason}
            tx.note(Note(now, "room_closed", room.number, None, actor.name, text=text))
            return closures.insert(tx, room.number, wish, reason, lanes=room.policy.lanes)

        return self.store.writing(work, rooms=(room.number,))

    def reopen(self, number: int, actor: Actor) -> Closure:
        """Ends a closure and gives its time back."""
        require(actor, "admin")
        with self.store.reading() as tx:
            shut = closures.find(tx, number)
        if shut is None:
            raise Unknown("closure", str(number))
        require(actor, "admin", shut.room)

        def work(tx: Tx) -> None:
            closures.remove(tx, number)
            tx.note(Note(whole(self.clock.now()), "room_reopened", shut.room, None, actor.name))

        self.store.writing(work, rooms=(shut.room,))
        return shut


def found(tx: Tx, slug: str, actor: Actor, scope: str) -> Room:
    """The room of that slug; Unknown before Barred, so that what is not there is said first."""
    room = rooms.by_slug(tx, slug)
    if room is None:
        raise Unknown("room", slug)
    require(actor, scope, room.number)
    return room


def digest(secret: str) -> str:
    """How secrets of 200 bits and more are kept: SHA-256, for there is nothing to guess in them."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def checked(room: Room) -> None:
    """Raises Invalid for a room that cannot be."""
    bad = problems({name: (getattr(room, name), limit) for name, limit in TEXTS.items()}, lines=("description",))
    if not SLUG.fullmatch(room.id):
        bad["id"] = "lower-case letters, digits and hyphens, 1 to 64"
    if not room.name.strip():
        bad["name"] = "is required"
    if len(room.facilities) > 64 or any(problem(name, 64) is not None for name in room.facilities):
        bad["facilities"] = "up to 64 names of up to 64 characters"
    if not 0 <= room.capacity <= 100_000:
        bad["capacity"] = "0 to 100000"
    try:
        zone(room.zone)
    except ValueError:
        bad["zone"] = "not a known time zone"
    bad |= _policy_problems(room.policy)
    if bad:
        raise Invalid(bad)


def _policy_problems(policy: Policy) -> dict[str, str]:
    ranges = {
        "min_minutes": (1, 44_640), "max_minutes": (1, 44_640), "notice_minutes": (0, 525_600),
        "horizon_days": (0, 3_660), "gap_minutes": (0, 1_440), "check_in_minutes": (1, 1_440),
        "early_minutes": (0, 1_440), "extend_minutes": (1, 1_440), "series_most": (1, 1_100),
    }  # fmt: skip
    bad = {}
    for name, (low, high) in ranges.items():
        value = getattr(policy, name)
        if value is not None and not low <= value <= high:
            bad[name] = f"{low} to {high}"
    if policy.min_minutes and policy.max_minutes and policy.min_minutes > policy.max_minutes:
        bad["min_minutes"] = "more than max_minutes"
    if not all(1 <= minutes <= 1_440 for minutes in policy.walk_in_minutes) or len(policy.walk_in_minutes) > 6:
        bad["walk_in_minutes"] = "up to six lengths of 1 to 1440 minutes"
    if policy.series not in ("yes", "approval", "no"):
        bad["series"] = "yes, approval or no"
    if policy.door_host not in ("full", "initials", "hidden"):
        bad["door_host"] = "full, initials or hidden"
    for opening in policy.opening:
        if not (opening.weekdays <= frozenset(range(7)) and 0 <= opening.opens < opening.closes <= 1_440):
            bad["opening"] = "weekdays 0 to 6, from before to, within one day"
    return bad
