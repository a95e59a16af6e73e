"""Door panels: what they are told, and what is done at their glass. Their keys are kept by device_keys.py."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.core.access import Actor, require
from server.core.attest import uid_of
from server.core.clock import Clock, whole
from server.core.errors import Barred, Invalid, Later, Unknown
from server.core.lanes import full
from server.core.model import Ask, Booking, Closure, Device, Room, Standing
from server.core.nobody_here import USUAL
from server.core.period import Period, clipped
from server.core.policy import open_during
from server.core.rules.service import takes_walk_ins
from server.core.zone import day_of, offsets_ahead
from server.engine.awaiting import NOTHING, Awaiting, awaiting
from server.engine.booking import Bookings, taken
from server.engine.conflicts import Standoff, at_room
from server.engine.device_keys import DeviceKeys, Me
from server.engine.presence import Presence
from server.engine.recovering import came_back, own_again
from server.engine.rooms import found
from server.engine.tapping import STAYING, Act, check, made_here, same_to_people
from server.engine.tokens import Tokens
from server.store import bookings, catalogue, changes, closures, gathering, meta, ops, rooms
from server.store.database import Store, Tx

PLAN = timedelta(days=14)
MOST_CHANGES = 500


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a panel needs for two weeks. `offsets`: (valid from, seconds); `open` None: always open.

    `walk_in`: whether somebody may book on the spot, whom nobody knows and who types nothing. Of a room with several
    lanes only what runs while none is free is among the `bookings`. `doors`: the names of further rooms of bookings.
    """

    incarnation: str
    seq: int
    at: datetime
    window: Period
    room: Room
    offsets: tuple[tuple[datetime, int], ...]
    open: tuple[Period, ...] | None
    closures: tuple[Closure, ...]
    bookings: tuple[Booking, ...]
    walk_in: bool
    doors: Mapping[int, str]
    awaiting: Mapping[int, Awaiting]
    conflicts: tuple[Standoff, ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    """What changed after a cursor: bookings as they stand now, whatever their standing; `reload`: take a snapshot."""

    incarnation: str
    seq: int
    at: datetime
    room: Room
    bookings: tuple[Booking, ...]
    reload: bool
    doors: Mapping[int, str]
    awaiting: Mapping[int, Awaiting]
    conflicts: tuple[Standoff, ...] = ()


class Resync(Exception):
    """The cursor means nothing here: it is ahead of the feed, or of another incarnation."""


@dataclass(frozen=True, slots=True)
class Devices:
    """The use cases of panels. All raise Invalid, Unknown, Unnamed, Barred, Refused, Stale, Later or Full."""

    store: Store
    clock: Clock
    tokens: Tokens
    bookings: Bookings
    presence: Presence
    kept: DeviceKeys

    def add(self, name: str, actor: Actor, *, rooms: tuple[str, ...]) -> tuple[Device, str]:
        return self.kept.add(name, actor, rooms=rooms)

    def all(self, actor: Actor) -> tuple[Device, ...]:
        return self.kept.all(actor)

    def assign(
        self, number: int, actor: Actor, *, rooms: tuple[str, ...] | None = None, place: int | None = None,
        name: str | None = None,
    ) -> Device:  # fmt: skip
        return self.kept.assign(number, actor, rooms=rooms, place=place, name=name)

    def revoke(self, number: int, actor: Actor) -> Device:
        return self.kept.revoke(number, actor)

    def release_quarantine(self, number: int, actor: Actor) -> Device:
        return self.kept.release_quarantine(number, actor)

    def actor(self, secret: str) -> Actor:
        return self.kept.actor(secret)

    def me(self, actor: Actor) -> Me:
        return self.kept.me(actor)

    def room_of(self, slug: str | None, actor: Actor) -> str:
        """The slug, or that of the only room the actor opens where none is named."""
        if slug:
            return slug
        require(actor, "read")
        if actor.rooms is None or len(actor.rooms) != 1:
            raise Invalid({"room": "name the room: this key opens more than one"})
        with self.store.reading() as tx:
            return rooms.by_number(tx, min(actor.rooms)).id

    def snapshot(self, slug: str, actor: Actor) -> Snapshot:
        """The room's plan from its local midnight on for 14 days, as of one instant."""
        require(actor, "read")
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            room = found(tx, slug, actor, "read")
            today = day_of(now, room.zone).start
            window = Period(today, today + PLAN + timedelta(days=1))
            there = (room.number, *room.parts)
            bounded = room.policy.opening or room.policy.special_days
            spans = clipped(open_during(room.policy, window, room.zone), window) if bounded else None
            risky = [it for number in there for it in bookings.at_risk(tx, number, window)]
            held = _shown(room, sorted([*bookings.holding_all(tx, there, window), *risky], key=lambda it: it.starts))
            return Snapshot(
                incarnation(tx), changes.head(tx, room.number), now, window, room,
                tuple(offsets_ahead(window, room.zone)), None if spans is None else tuple(spans),
                tuple(it for number in there for it in closures.touching(tx, number, window)),
                held,
                room.status == "available" and takes_walk_ins(room, catalogue.attributes(tx)), _doors(tx, room, held),
                awaiting(tx, room, held, now, entire=True), at_room(tx, room, now),
            )  # fmt: skip

    def feed(self, slug: str, actor: Actor, after: int, known: str) -> News:
        """What changed after the cursor. Raises Resync where the cursor is not of this feed."""
        require(actor, "read")
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            room = found(tx, slug, actor, "read")
            life, head = incarnation(tx), changes.head(tx, room.number)
            if known != life or after > head or after < 0:
                raise Resync
            news = changes.after(tx, room.number, after, MOST_CHANGES + 1) if after < head else []
            reload = len(news) > MOST_CHANGES or any(change.subject is None for change in news)
            reload = reload or (bool(news) and room.policy.lanes > 1)  # which bookings it is shown may be others now
            ids = {change.subject for change in news if change.subject is not None}
            touched = [] if reload else [_here(it, room) for it in bookings.by_ids(tx, ids)]
            doors, more = _doors(tx, room, touched), awaiting(tx, room, touched, now)
            there = at_room(tx, room, now)
        return News(life, head, now, room, tuple(sorted(touched, key=lambda b: b.starts)), reload, doors, more, there)

    def head(self, slug: str, actor: Actor) -> int:
        """The newest seq of the room."""
        with self.store.reading() as tx:
            return changes.head(tx, found(tx, slug, actor, "read").number)

    def awaiting(self, slug: str, it: Booking, actor: Actor) -> Awaiting:
        """What a panel of the room is told beside a booking."""
        require(actor, "read")
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            return awaiting(tx, found(tx, slug, actor, "read"), [it], now).get(it.id, NOTHING)

    def act(self, act: Act, actor: Actor) -> Booking:
        """Does what a person did at the glass, once; a repeat gets the first answer, however late it comes."""
        require(actor, "book")
        with self.store.reading() as tx:
            room = found(tx, act.room, actor, "book")
            done = ops.find(tx, actor.name, act.op)
        if done is None:
            check(act, room, self.clock.now())
            if act.what == "end" and not made_here(self._meant(act, actor), actor):
                raise Barred("identity")
        if act.what == "book":
            return self._book(act, room, actor, now=self.clock.now() if done is None else done.after.starts)
        if act.what == "undo":
            return self.presence.undo(act.of, actor, room=act.room, key=act.op)
        if act.what in STAYING:
            return self._here(act, actor, new=done is None)
        uid, place, version, key = act.booking, act.room, act.version, act.op
        if act.what == "extend":
            more = act.minutes
            return self.presence.extend(uid, actor, minutes=more, room=place, version=version, key=key)
        if act.what == "ask_here":
            wished = act.minutes or USUAL
            return self.presence.ask_here(uid, actor, minutes=wished, room=place, version=version, key=key)
        return self.presence.end(uid, actor, room=place, version=version, key=key)

    def _here(self, act: Act, actor: Actor, *, new: bool) -> Booking:
        """That people are here stays true whatever else was done to their meeting, as long as it begins as they saw."""
        version, room, key = act.version, act.room, act.op
        if new and same_to_people(act, self._meant(act, actor)):
            version = None
        if act.what == "here":
            return self.presence.here(act.booking, actor, room=room, version=version, key=key)
        now = act.start_now
        return self.presence.check_in(act.booking, actor, start_now=now, room=room, version=version, key=key)

    def _meant(self, act: Act, actor: Actor) -> Booking:
        return self.bookings.get(act.booking, actor, room=act.room)

    def _book(self, act: Act, room: Room, actor: Actor, *, now: datetime) -> Booking:
        start = whole(act.start if act.start is not None else now)
        end = whole(act.end) if act.end is not None else start + timedelta(minutes=act.minutes or 0)
        said, uid = (room.id, act.start, act.end, act.minutes), uid_of(act.op)
        with self.store.reading() as tx:
            known, back = taken(tx, uid), came_back(tx, act.op, room.number)
        if back is not None:
            return self._back(act, room, back, actor)
        # Who stands at the door is not sent away because another panel of the room cannot be asked.
        ask = Ask((room.id,), start, end, "Walk-in", uid="" if known else uid, at_risk=True)
        return self.bookings.book(ask, actor, key=act.op, walk_in=True, said=said)

    def _back(self, act: Act, room: Room, it: Booking, actor: Actor) -> Booking:
        """The walk-in of a tap whose answer was lost, and that a panel brought back after a restore."""
        desk = self.bookings.desk

        def work(tx: Tx) -> Booking:
            there = came_back(tx, act.op, room.number)
            if there is None or there.rooms != it.rooms:
                raise Later(1)
            return own_again(desk.scene(tx, there.rooms, actor), there, act.op, there.starts)

        return self.store.writing(work, rooms=it.rooms)


def _shown(room: Room, held: list[Booking]) -> tuple[Booking, ...]:
    """What a panel is told of: in a room with several lanes what runs while none of them is free."""
    if room.policy.lanes == 1:
        return tuple(held)
    taken = full([it.period for it in held], room.policy.lanes)
    return tuple(it for it in held if any(it.period.overlaps(time) for time in taken))


def _here(it: Booking, room: Room) -> Booking:
    """The booking as the room has it: one that was moved into another is not to be here any more."""
    return it if {room.number, *room.parts} & {*it.rooms} else replace(it, standing=Standing.CANCELLED)


def _doors(tx: Tx, room: Room, held: Iterable[Booking]) -> dict[int, str]:
    """The names of the rooms that bookings have besides this one; a combined room's own parts are it itself."""
    others = {number for it in held if len(it.rooms) > 1 for number in it.rooms}
    return gathering.door_names(tx, others - {room.number, *room.parts})


def incarnation(tx: Tx) -> str:
    """The name of this life of the database."""
    return meta.get(tx, "incarnation") or ""


def _gone(number: int) -> Device:
    raise Unknown("device", str(number))
