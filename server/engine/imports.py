"""Rooms and bookings from CSV files, looked at first, then all or nothing (or the good rows only, where asked).

Every row is judged, and every complaint carries the line it is about. A preview is an import that is rolled back, so it
cannot promise what the import would not do.
"""

from dataclasses import dataclass, replace

from server.core.access import Actor, require, require_everywhere
from server.core.clock import Clock, whole
from server.core.errors import Invalid
from server.engine import booking_rows, levelling, room_columns, room_rows
from server.engine.door_time import NOBODY, Asks, Doors, under, written
from server.engine.house import House
from server.engine.levelling import By, opened
from server.engine.room_import import Progress, Taking
from server.engine.room_rows import Planned
from server.engine.rooms import listed
from server.engine.sheet import read, write
from server.engine.siting import siting
from server.store import catalogue, rooms
from server.store.database import Store, Tx

UNREADABLE_COLUMNS = {"file": "has no column that names a room"}


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file. `form`: roomvox, ms365, bookings or unknown; `written` False where nothing was changed."""

    columns: tuple[str, ...]
    form: str
    rows: tuple[Planned, ...]
    written: bool

    @property
    def bad(self) -> tuple[Planned, ...]:
        return tuple(row for row in self.rows if row.errors)

    def count(self, action: str) -> int:
        """How many rows without complaints have this action."""
        return sum(1 for row in self.rows if row.action == action and not row.errors)


class _RolledBack(Exception):
    """Carries the outcome out of a transaction that is not to stay."""

    def __init__(self, outcome: Imported) -> None:
        super().__init__("rolled back")
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Imports:
    """The use cases of files. All raise Invalid (field "file"), Barred, Later or Full. Scope admin, all rooms."""

    store: Store
    clock: Clock
    house: House
    doors: Doors = NOBODY

    def rooms(
        self, data: bytes, actor: Actor, *, update: bool = False, partial: bool = False, preview: bool = False,
        zone: str = "", progress: Progress = lambda done, of: None,
    ) -> Imported:  # fmt: skip
        """Rooms in RoomVox's columns, Microsoft 365's or ours. Rooms that are there already are skipped or updated.

        `zone` is that of rooms whose row names none; where it is empty, that of the newest room, else UTC; the zone of
        the place they are in goes before both. `progress` hears how much is done, and of how much.
        """
        require_everywhere(actor, "admin")  # a file may name any room
        sheet = read(data)
        form = room_rows.form_of(sheet)
        if form == "unknown" and not preview:
            raise Invalid(UNREADABLE_COLUMNS)
        by = By(actor, whole(self.clock.now()))

        def work(tx: Tx) -> Imported:
            tree, known = opened(tx), rooms.every(tx)
            usual = zone or (known[-1].zone if known else "UTC")
            fields = tuple(it for it in catalogue.attributes(tx) if it.category == "room")
            planned = room_rows.plan(sheet, form, known, zone=usual, update=update, attributes=fields)
            there = {room.number: room for room in known}
            taking = Taking(tx, by, tree, siting(tx, tree, by), fields, there)
            outcome = Imported(sheet.columns, form, taking.take(planned, progress), written=False)
            if preview or (outcome.bad and not partial):
                raise _RolledBack(outcome)
            taking.write(outcome.rows, progress)
            return replace(outcome, written=True)

        with self.store.reading() as tx:
            there = [room.number for room in rooms.every(tx)] if update else []
        try:
            return self.store.writing(work, rooms=there)
        except _RolledBack as rolled:
            return rolled.outcome

    def bookings(self, data: bytes, actor: Actor, *, partial: bool = False, preview: bool = False) -> Imported:
        """Bookings: columns room, title, start, end, and maybe organizer, organizerEmail, description, uid.

        `room` is an id, an e-mail or a name, or several with + between; times without an offset are the (first) room's.
        What is over already is taken in as history: only the occupancy law judges it. A row whose uid is stored already
        is skipped.
        """
        require_everywhere(actor, "admin")  # a file may name any room
        sheet = read(data)
        if not preview and not {"room", "start", "end"} <= {name.lower() for name in sheet.columns}:
            raise Invalid({"file": "needs the columns room, title, start and end"})
        with self.store.reading() as tx:
            known = rooms.every(tx)
        wishes = booking_rows.wishes(sheet, known)

        def work(tx: Tx) -> Imported:
            now = whole(self.clock.now())
            asks = Asks()
            planned = tuple(booking_rows.take(tx, wish, actor, now, self.house, asks) for wish in wishes)
            asks.ask(tx)
            outcome = Imported(sheet.columns, "bookings", planned, written=True)
            if preview or (outcome.bad and not partial):
                raise _RolledBack(replace(outcome, written=False))
            return outcome

        try:
            places = {number for wish in wishes for number in wish.numbers}
            return written(self.store, self.doors, under("given", work) if preview else work, places)
        except _RolledBack as rolled:
            return rolled.outcome

    def rooms_file(self, actor: Actor) -> str:
        """All rooms as a file that `rooms` takes again: RoomVox's columns, then ours."""
        require(actor, "admin")
        with self.store.reading() as tx:
            everywhere, tree = rooms.every(tx), levelling.read(tx)
            fields = [it for it in catalogue.attributes(tx) if it.category == "room"]
        seen = [room for room in everywhere if listed(room, actor)]
        named = room_columns.columns(seen, fields)
        slugs, labels = {room.number: room.id for room in everywhere}, {it.label: it.number for it in fields}
        lines = ([*room_rows.cells(room), *room_columns.cells(room, named, tree, slugs, labels)] for room in seen)
        return write([*room_rows.COLUMNS, *named], lines)
