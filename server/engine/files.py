"""Photos and attachments of rooms, plans of places, attachments of bookings."""

import hashlib
from dataclasses import dataclass, replace

from server.core.access import Actor, require
from server.core.clock import Clock, whole
from server.core.errors import Invalid, Objection, Refused, Unknown
from server.core.files import KINDS, LARGEST, LIKE, MOST, PICTURES, File, media_of, name_problem
from server.core.model import Booking, Room
from server.core.places import Place
from server.engine.levelling import read
from server.engine.places import found as place_found
from server.engine.rooms import found as room_found
from server.store import bookings, files, places, rooms
from server.store.database import Note, Store, Tx

Thing = Room | Place | Booking


@dataclass(frozen=True, slots=True)
class Files:
    """The use cases of files. All raise Invalid, Unknown, Barred, Refused, Later or Full.

    Who sees a room sees its files; who manages it changes them. Plans are for who runs the places to change. Those of a
    booking are for who may read all of it, and are changed by who may change it.
    """

    store: Store
    clock: Clock

    def all(self, kind: str, subject: str, actor: Actor) -> tuple[File, ...]:
        """The files of one kind that a room (id), place (address) or booking (uid) has, oldest first."""
        with self.store.reading() as tx:
            thing = self._thing(tx, kind, subject, actor)
            _allow(actor, thing, change=False)
            return tuple(files.every(tx, kind, _number(thing)))

    def get(self, number: int, actor: Actor) -> tuple[File, bytes]:
        """A file with its bytes."""
        require(actor, "read")
        with self.store.reading() as tx:
            it = self._known(tx, number)
            _allow(actor, self._of(tx, it), change=False)
            return it, files.body(tx, number)

    def add(self, kind: str, subject: str, name: str, data: bytes, actor: Actor) -> File:
        """A new file of a room, place or booking; its number is given here."""
        bad = {"name": why} if (why := name_problem(name)) else {}
        if not 0 < len(data) <= LARGEST:
            bad["file"] = f"1 to {LARGEST} bytes"
        media = media_of(name, data) if not bad else None
        if not bad and media is None:
            bad["file"] = f"must be one of {LIKE}, and what its name says"
        if media is not None and kind in PICTURES and not media.startswith("image/"):
            bad["file"] = "must be a picture"
        digest, now = hashlib.sha256(data).hexdigest(), whole(self.clock.now())

        def work(tx: Tx) -> File:
            thing = self._thing(tx, kind, subject, actor)
            _allow(actor, thing, change=True)
            if bad:
                raise Invalid(bad)
            number = _number(thing)
            if len(files.every(tx, kind, number)) >= MOST:
                raise Refused((Objection("too_many_files", subject, {"most": MOST}),))
            made = File(0, kind, number, name, media or "", len(data), digest, now, actor.name)
            made = replace(made, number=files.insert(tx, made, data))
            _note(tx, "file_added", made, thing, actor)
            return made

        return self.store.writing(work)

    def remove(self, number: int, actor: Actor) -> File:
        """Removes a file."""

        def work(tx: Tx) -> File:
            it = self._known(tx, number)
            thing = self._of(tx, it)
            _allow(actor, thing, change=True)
            files.delete(tx, number)
            _note(tx, "file_removed", replace(it, made_at=whole(self.clock.now())), thing, actor)
            return it

        return self.store.writing(work)

    def _known(self, tx: Tx, number: int) -> File:
        it = files.by_number(tx, number)
        if it is None:
            raise Unknown("file", str(number))
        return it

    def _thing(self, tx: Tx, kind: str, subject: str, actor: Actor) -> Thing:
        if kind not in KINDS:
            raise Invalid({"kind": ", ".join(KINDS)})
        if kind == "plan":
            require(actor, "read")
            return place_found(read(tx), subject)
        if kind == "booking":
            require(actor, "read")
            it = bookings.by_uid(tx, subject)
            if it is None:
                raise Unknown("booking", subject)
            return it
        return room_found(tx, subject, actor, "read")

    def _of(self, tx: Tx, it: File) -> Thing:
        """The thing that a file is of."""
        if it.kind in ("photo", "room"):
            return rooms.by_number(tx, it.subject)
        booked = next(iter(bookings.by_ids(tx, {it.subject})), None) if it.kind == "booking" else None
        thing = places.by_number(tx, it.subject) if it.kind == "plan" else booked
        if thing is None:
            raise Unknown("file", str(it.number))
        return thing


def _number(thing: Thing) -> int:
    return thing.id if isinstance(thing, Booking) else thing.number


def _allow(actor: Actor, thing: Thing, *, change: bool) -> None:
    if isinstance(thing, Booking):
        require(actor, "change" if change else "look", thing)
    elif isinstance(thing, Room):
        require(actor, "admin" if change else "read", thing)
    else:
        require(actor, "places" if change else "read")


def _note(tx: Tx, what: str, it: File, thing: Thing, actor: Actor) -> None:
    room = thing.number if isinstance(thing, Room) else thing.rooms[0] if isinstance(thing, Booking) else None
    codes = (it.kind, str(it.number), str(it.subject))
    tx.note(Note(it.made_at, what, room, None, actor, codes=codes, text={"name": it.name}))
