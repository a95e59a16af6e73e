"""Letting devices in: one that nobody knows shows a code, staff type it and compare what both screens show.

Decisions (reliability T07):
- A device draws its key itself and tells only its digest. So nobody on the way, and no letter or list, ever has a key.
- Anybody may begin. So all of it is bounded: beginnings by address, those who wait by address and in all. Where no more
  fit, whoever has not asked for longest goes; of those that are asking only one of an address that has more than the
  newcomer's, so that some addresses in one hand keep nobody out.
- A code is kept as a digest by the instance's key, for it could be guessed from a plain one. Whoever approves is
  counted before the code is judged, and gets the try back where it was right; what is unknown, over, used or renewed
  is answered alike.
- A refused device is told so for ten minutes, and is let ask again only then.
"""

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from server.core.access import Actor, require
from server.core.clock import Clock, whole
from server.core.errors import Full, Invalid, Later, LintelError, Unknown
from server.core.model import Device
from server.core.pairing import DIGEST, PREFIX, drawn, fingerprint, shown, typed
from server.core.text import problem
from server.engine.assigning import Newcomer, Post, let_in, named, post, take_over
from server.engine.enrolment import Enrolments, serial_of
from server.engine.throttle import Throttle, place_of
from server.store import keys, pairing, rooms
from server.store.database import Note, Store, Tx
from server.store.pairing import Asking

TERM = timedelta(minutes=10)
MOST, MOST_THERE = 500, 100
"""Devices that wait in all, and those from one address."""
ASKING = timedelta(seconds=30)
"""Who has asked in this time stands before people."""
UNSEEN = timedelta(minutes=3)
"""Who has not asked for so long has gone."""
SEEN = timedelta(seconds=20)
"""It is written at most so often that a device has asked."""
LENGTHS = {"serial": 64, "model": 100, "version": 40, "glass": 20}
SELF = "pairing"

T = TypeVar("T")
Tries = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What a device says of itself, and the address it asks from."""

    serial: str = ""
    model: str = ""
    version: str = ""
    glass: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """What came of asking: `state` waiting (with the code as it is shown, and until when), paired or refused."""

    state: str
    code: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A device that waits to be let in, as staff see it; never its code.

    `rooms`: ids of those that it is expected for, in their order; `place`: of which place it is expected as the board.
    """

    number: int
    fingerprint: str
    serial: str
    model: str
    version: str
    glass: str
    since: datetime
    expires: datetime
    rooms: tuple[str, ...] = ()
    place: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Pairing:
    """The use cases. All raise Invalid, Unknown, Barred, Later or Full.

    `authorities`: those devices are told of; `seen`: who has asked, as is being written.
    """

    store: Store
    clock: Clock
    throttle: Throttle
    enrolments: Enrolments
    authorities: Callable[[], tuple[str, ...]]
    aside: Callable[[Callable[[], None]], None]
    seen: set[str] = field(default_factory=set)

    def begin(self, digest: str, prefix: str, told: Told, enrolment: str = "") -> Begun:
        """A device asks to be let in, or asks for a new code, which makes the one before void."""
        _check(digest, prefix, told)
        now = whole(self.clock.now())
        if known := self._settled(digest, now):
            return Begun(known, "", now)
        address = self.throttle.name("pairing", place_of(told.address))
        if not (enrolment and self.enrolments.good(enrolment)):  # who has such a key is no stranger, and waits for none
            self.throttle.refuse([("pairing", address)])
            self.throttle.charge([("pairing", address)], "anyone")
        it = Asking(
            0, digest, prefix, "waiting", address, serial_of(told.serial), told.model, told.version, told.glass,
            fingerprint(digest, self.authorities()), now, now, now + TERM,
        )  # fmt: skip
        return self.store.writing(lambda tx: self._begin(tx, it, enrolment))

    def state(self, digest: str) -> str:
        """What became of who asked: waiting, paired or refused; Unknown where nobody waits (any more)."""
        now = whole(self.clock.now())
        if known := self._settled(digest, now):
            return known
        with self.store.reading() as tx:
            it = pairing.by_digest(tx, digest) if DIGEST.fullmatch(digest) else None
        if it is None or it.expires_at <= now:
            raise Unknown("pairing", "")
        if not timedelta(0) <= now - it.seen_at < SEEN and digest not in self.seen:
            self.seen.add(digest)  # once, however often it asks while the writers' turn is long in coming
            self.aside(lambda: self._seen(digest, now))
        return it.state

    def waiting(self, actor: Actor) -> tuple[Waiting, ...]:
        """Who waits and still asks; the one that waits longest first."""
        require(actor, "devices")
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            found = pairing.waiting(tx, now, now - UNSEEN)
            expected = pairing.expected_of(tx, {it.serial for it in found if it.serial})
            return tuple(_waiting(tx, it, expected.get(it.serial)) for it in found)

    def look(self, code: str, actor: Actor) -> Waiting:
        """Who shows that code. Unknown where nobody does; Later(too_many) where too much was guessed."""
        digest, tries = self._tried(code, actor)
        now = whole(self.clock.now())

        def work(tx: Tx) -> Waiting:
            if (it := pairing.by_code(tx, digest, now)) is None:
                raise Unknown("code", "")
            self.throttle.right(tx, tries)
            return _waiting(tx, it, pairing.expected_of(tx, {it.serial}).get(it.serial) if it.serial else None)

        return self._judged(tries, work)

    def approve(
        self, code: str, actor: Actor, *, rooms: tuple[str, ...] = (), place: int | None = None, name: str = "",
        replaces: int | None = None,
    ) -> Device:  # fmt: skip
        """Lets in who shows the code: as the panel of rooms, as a board, or in the place of a broken device.

        Where none of them is named it becomes what is expected of its serial number.
        """
        require(actor, "devices")
        if replaces is not None and (rooms or place is not None):
            raise Invalid({"replaces": "a spare has the rooms of the one that it replaces"})
        name = named(name)
        digest, tries = self._tried(code, actor)
        now = whole(self.clock.now())

        def work(tx: Tx) -> Device:
            if (it := pairing.take(tx, digest, now)) is None:
                raise Unknown("code", "")
            self.throttle.right(tx, tries)
            new = Newcomer(it.digest, it.prefix, it.serial, it.model, it.fingerprint)
            expected = pairing.expected_of(tx, {it.serial}).get(it.serial) if it.serial else None
            if expected is not None:
                pairing.unexpect(tx, it.serial)
            if replaces is not None:
                return take_over(tx, new, replaces, name, now, actor)
            if expected is not None and not rooms and place is None:
                as_expected = Post(expected.rooms, expected.place, name or expected.name)
                return let_in(tx, new, as_expected, now, actor)
            return let_in(tx, new, post(tx, actor, rooms, place, name), now, actor)

        return self._judged(tries, work)

    def refuse(self, code: str, actor: Actor) -> None:
        """Does not let in who shows the code."""
        digest, tries = self._tried(code, actor)
        now = whole(self.clock.now())

        def work(tx: Tx) -> None:
            if (it := pairing.by_code(tx, digest, now)) is None:
                raise Unknown("code", "")
            self.throttle.right(tx, tries)
            pairing.refuse(tx, it.number, now + TERM)
            tx.note(Note(now, "pairing_refused", None, None, actor, after={"fingerprint": it.fingerprint}))

        self._judged(tries, work)

    def run(self) -> dict[str, int]:
        """Forgets who asks no more, and enrolment keys that are long over."""
        now = whole(self.clock.now())
        gone = self.store.writing(lambda tx: pairing.tidy(tx, now, now - UNSEEN))
        return {"pairings": gone, "enrolments": self.enrolments.tidy()}

    def _settled(self, digest: str, now: datetime) -> str:
        """What is decided of a key already: paired, refused, or "" where nothing is. A revoked key stays refused."""
        if not DIGEST.fullmatch(digest):
            return ""
        with self.store.reading() as tx:
            if (device := keys.device_by_digest(tx, digest)) is not None:
                return "paired" if device.revoked_at is None else "refused"
            it = pairing.by_digest(tx, digest)
        return "refused" if it is not None and it.state == "refused" and it.expires_at > now else ""

    def _begin(self, tx: Tx, it: Asking, enrolment: str) -> Begun:
        if keys.device_by_digest(tx, it.digest) is not None:
            return Begun("paired", "", it.began_at)
        if enrolment and self.enrolments.let_in(tx, it, enrolment) is not None:
            pairing.forget(tx, it.digest)
            return Begun("paired", "", it.began_at)
        total, there = pairing.counted(tx, it.address, it.digest)
        if there >= MOST_THERE:
            raise Later(60, too_many=True)
        if total >= MOST and not pairing.make_room(tx, it.began_at - ASKING, there + 1):
            raise Later(60)
        code = drawn(secrets.choice)
        while pairing.code_taken(tx, self._kept(code)):
            code = drawn(secrets.choice)
        pairing.put(tx, it, self._kept(code))
        return Begun("waiting", shown(code), it.expires_at)

    def _tried(self, code: str, actor: Actor) -> tuple[str, Tries]:
        """What is kept of a code that somebody typed, and the counts that it was written to."""
        require(actor, "devices")
        if (letters := typed(code)) is None:
            raise Invalid({"code": "eight letters, as on the glass: BCDF-GHJK"})
        who = f"person:{actor.person}" if actor.person is not None else actor.name
        tries = (("code", self.throttle.name("code", who)), ("codes", self.throttle.name("codes", "house")))
        self.throttle.refuse(tries)
        self.throttle.charge(tries, actor.name)
        return self._kept(letters), tries

    def _judged(self, tries: Tries, work: Callable[[Tx], T]) -> T:
        """Does what a code was typed for; where that fails though the code was right, the try is given back."""
        try:
            return self.store.writing(work)
        except LintelError as error:
            if not isinstance(error, Unknown) or error.what != "code":
                with suppress(Later, Full):
                    self.store.writing(lambda tx: self.throttle.right(tx, tries))
            raise

    def _kept(self, code: str) -> str:
        return self.throttle.instance.digest("pairing", code)

    def _seen(self, digest: str, now: datetime) -> None:
        try:
            with suppress(Later, Full):
                self.store.writing(lambda tx: pairing.seen(tx, digest, now))
        finally:
            self.seen.discard(digest)


def _waiting(tx: Tx, it: Asking, expected: pairing.Expected | None) -> Waiting:
    slugs = tuple(rooms.by_number(tx, number).id for number in expected.rooms) if expected else ()
    return Waiting(
        it.number, it.fingerprint, it.serial, it.model, it.version, it.glass, it.began_at, it.expires_at, slugs,
        expected.place if expected else None, expected.name if expected else "",
    )  # fmt: skip


def _check(digest: str, prefix: str, told: Told) -> None:
    bad = {}
    if not DIGEST.fullmatch(digest):
        bad["digest"] = "the SHA-256 of the key, 64 hex digits"
    if not PREFIX.fullmatch(prefix):
        bad["prefix"] = "rk_dev_ and 8 hex digits"
    for name, longest in LENGTHS.items():
        if (why := problem(getattr(told, name), longest)) is not None:
            bad[name] = why
    if bad:
        raise Invalid(bad)
