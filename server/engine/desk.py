"""Where every change of a booking passes: replay, lock, version, write, pay, note, answer, in one transaction.

Decision: only successes are kept under an idempotency key. A refusal changed nothing, so asking again may well be
answered otherwise; a success is answered again word for word.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from server.core.access import Actor, may, require
from server.core.audit import difference
from server.core.claims import asked
from server.core.clock import Clock, whole
from server.core.errors import Barred, Invalid, Objection, Refused, Stale, Unknown
from server.core.model import Booking, Series, Standing
from server.engine.door_time import NOBODY, Doors, under, written
from server.engine.house import House
from server.engine.scene import Placed, Scene, pay, scene_at
from server.store import bookings, gathering, ops, rooms
from server.store.database import Note, Store, Tx

T = TypeVar("T")
Held = TypeVar("Held", Booking, Series)
Decide = Callable[[Booking, Scene], Booking | Placed]
"""What becomes of a booking: it lies where it did, or anew. The same value back means nothing to do."""
ACTS = {"see": "read", "look": "read", "change": "book", "attend": "book", "run": "book", "approve": "admin"}
"""What may be done to a booking, and the scope that a key needs for it; whoever sees its rooms may see that it is."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for what: `what` is the change's name, `args` all that distinguishes it, `key` its idempotency key.

    `codes` are told with the change. `at_risk`: rather a booking that is not certain than none.
    """

    what: str
    actor: Actor
    args: tuple[Any, ...]
    key: str | None = None
    codes: tuple[str, ...] = ()
    at_risk: bool = False

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps([self.what, *self.args], default=str).encode()).hexdigest()


class _Seen(Exception):
    """Carries what would have come of it out of a transaction that is not to stay."""

    def __init__(self, found: Any) -> None:
        super().__init__("preview")
        self.found = found


@dataclass(frozen=True, slots=True)
class Desk:
    """Writes bookings. One is shared by all use cases. `doors`: whom time that doors own is asked of."""

    store: Store
    clock: Clock
    house: House
    doors: Doors = NOBODY

    def find(self, uid: str, actor: Actor, *, room: str | None = None, act: str = "look") -> Booking:
        """The booking; Barred without the scope, Unknown where there is none (in that room), Barred where it is not
        the actor's to do that."""
        require(actor, ACTS[act])
        with self.store.reading() as tx:
            return within_reach(tx, bookings.by_uid(tx, uid), uid, actor, room=room, act=act)

    def scene(self, tx: Tx, numbers: Sequence[int], actor: Actor) -> Scene:
        """These rooms as they stand now."""
        return scene_at(tx, self.house, numbers, actor, whole(self.clock.now()))

    def make(
        self, request: Request, places: Sequence[int], compose: Callable[[Scene], Placed], *, preview: bool = False
    ) -> Booking:  # fmt: skip
        """A new booking, `compose`d under the lock of its rooms."""
        check_key(request.key)

        def work(tx: Tx) -> Booking:
            if not preview and (known := self._replay(tx, request)) is not None:
                return known
            scene = self.scene(tx, places, request.actor)
            placed = compose(scene)
            fresh = placed.whole
            made = replace(fresh, id=bookings.insert(tx, fresh, placed.taking))
            pay(tx, None, made, owed=placed.taking.owed)
            self._record(scene, request, None, made)
            return made

        return self.written(work, places, preview=preview, at_risk=request.at_risk)

    def act(
        self, request: Request, uid: str, decide: Decide, *, room: str | None, version: int | None,
        act: str = "change", preview: bool = False,
    ) -> Booking:  # fmt: skip
        """Changes an existing booking to what `decide` makes of it; the same value back means nothing to do."""
        check_key(request.key)
        seen = self.find(uid, request.actor, room=room, act=act)

        def work(tx: Tx) -> Booking:
            if not preview and (known := self._replay(tx, request)) is not None:
                return known
            it = bookings.by_uid(tx, uid)
            if it is None or it.standing is Standing.CANCELLED:
                raise Unknown("booking", uid)
            if version is not None and version != it.version:
                raise Stale(it.version)
            scene = self.scene(tx, it.rooms, request.actor)
            decided = decide(it, scene)
            placed = decided if isinstance(decided, Placed) else None
            changed = decided if isinstance(decided, Booking) else decided.whole
            if changed == it:
                self._keep(tx, request, it, it, scene.now)
                return it
            after = replace(changed, version=it.version + 1, changed_at=scene.now)
            bookings.update(tx, after, placed.taking if placed is not None else None)
            pay(tx, it, after, owed=placed is not None and placed.taking.owed)
            self._record(scene, request, it, after)
            return after

        risky = request.at_risk or seen.standing is Standing.AT_RISK
        return self.written(work, seen.rooms, preview=preview, at_risk=risky)

    def written(
        self, work: Callable[[Tx], T], places: Iterable[int], *, preview: bool = False, at_risk: bool = False,
        wait: bool = True,
    ) -> T:  # fmt: skip
        """What the work returns, done under the lock of the rooms once doors have given what it needs; of a preview
        nothing stays."""
        if not preview:
            return written(self.store, self.doors, work, places, at_risk=at_risk, wait=wait)
        rooms = tuple(places)
        try:
            return self._seen(work, rooms)
        except Refused as no:
            to_be_had = all(it.device is None or self.doors.heard(it.device) for it in no.conflicts)
            if not no.wants or not (at_risk or to_be_had):
                raise
        return self._seen(under("given" if to_be_had else "at_risk", work), rooms)

    def _seen(self, work: Callable[[Tx], T], rooms: tuple[int, ...]) -> T:
        def seen(tx: Tx) -> T:
            raise _Seen(work(tx))

        try:
            return self.store.writing(seen, rooms=rooms)
        except _Seen as error:
            found: T = error.found
            return found

    def known(self, tx: Tx, request: Request) -> ops.Op | None:
        """What was answered under the request's key; None for a new one. Raises Refused for another request's key."""
        op = ops.find(tx, request.actor.name, request.key) if request.key is not None else None
        if op is not None and op.digest not in (request.digest, ops.DOORS):
            raise Refused((Objection("key_reused", ""),))
        return op

    def _replay(self, tx: Tx, request: Request) -> Booking | None:
        op = self.known(tx, request)
        return op.after if op is not None else None

    def _record(self, scene: Scene, request: Request, before: Booking | None, after: Booking) -> None:
        text = {"title": after.title, "organizer": after.organizer, "organizer_email": after.organizer_email,
                "description": after.description}  # fmt: skip
        said = text if before is None or request.what == "changed" else None
        was, now = difference(before, after)
        for number in scene.house.touched(after.rooms):
            scene.tx.note(Note(scene.now, request.what, number, after.id, request.actor, request.codes, said, was, now))
        self._keep(scene.tx, request, before, after, scene.now)

    def _keep(self, tx: Tx, request: Request, before: Booking | None, after: Booking, now: datetime) -> None:
        if request.key is not None:
            op = ops.Op(request.digest, now, request.what, before, after)
            ops.keep(tx, request.actor.name, request.key, op)


def within_reach(tx: Tx, it: Held | None, uid: str, actor: Actor, *, room: str | None, act: str) -> Held:
    """What was found; Unknown where nothing was (in that room), Barred where the actor may not do that to it.

    Who may in a combined room need not be allowed into its parts.
    """
    place = rooms.by_slug(tx, room) if room is not None else None
    if it is None or (room is not None and (place is None or place.number not in it.rooms)):
        raise Unknown("booking", uid)
    if _reaches(actor, act, it):
        return it
    if len(it.rooms) > 1:
        whole_rooms = tuple(each.number for each in asked(gathering.standing(tx, it.rooms).rooms))
        if _reaches(actor, act, replace(it, rooms=whole_rooms)):
            return it
    raise Barred("room")


def _reaches(actor: Actor, act: str, it: Booking | Series) -> bool:
    return all(may(actor, "read", number) for number in it.rooms) if act == "see" else may(actor, act, it)


def check_key(key: str | None) -> None:
    """Raises Invalid unless the idempotency key is 1 to 255 visible ASCII characters."""
    if key is not None and not (1 <= len(key) <= 255 and all("!" <= char <= "~" for char in key)):
        raise Invalid({"Idempotency-Key": "1 to 255 visible ASCII characters"})
