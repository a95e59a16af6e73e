"""Builders for tests: a fixed cast, two rooms, and a clock that stands still until it is moved.

Alice books; Bob is of her team and books where she does; Charlie is outside, his key opens Elm alone. Rita only reads,
Ada is the administrator. It is Monday, 15 June 2026, 10:00 in Berlin, where Oak and Elm are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from server.core.access import CLI, Actor
from server.core.errors import Refused
from server.core.model import Ask, Booking, Closure, Device, Room, Standing
from server.core.period import Period
from server.core.policy import Opening, Policy
from server.core.recurrence import parse
from server.core.zone import instant, wall
from server.engine import Engine, engine_of, prepare
from server.engine.series import Outcome
from server.store.database import Store, Tx, open_store

BERLIN = "Europe/Berlin"
MONDAY = date(2026, 6, 15)
WORKDAYS = frozenset(range(5))
OFFICE = Opening(WORKDAYS, 8 * 60, 18 * 60)


def at(wall: str, day: date | int = 0, zone: str = BERLIN) -> datetime:
    """The instant of a wall time such as "14:30" or "14:30:05"; `day` is a date, or days after the Monday."""
    on = MONDAY + timedelta(days=day) if isinstance(day, int) else day
    return instant(datetime.combine(on, time.fromisoformat(wall)), zone)


def span(start: str, end: str, day: date | int = 0, zone: str = BERLIN) -> Period:
    """The period between two wall times of a day; "24:00" is the midnight that ends it."""
    if end == "24:00":
        on = MONDAY + timedelta(days=day) if isinstance(day, int) else day
        return Period(at(start, day, zone), at("00:00", on + timedelta(days=1), zone))
    return Period(at(start, day, zone), at(end, day, zone))


NOW = at("10:00")


class Clock:
    """A clock that stands until the test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def set(self, moment: datetime | str) -> None:
        """To an instant, or to a wall time of the Monday in Berlin."""
        self._now = at(moment) if isinstance(moment, str) else moment

    def forward(self, **by: float) -> None:
        """On by `seconds=`, `minutes=`, `hours=` or `days=`."""
        self._now += timedelta(**by)


def room(id_: str = "oak", policy: Policy | None = None, **fields: Any) -> Room:
    """A room that asks nothing of anybody."""
    plain = {"number": 0, "name": id_.capitalize(), "zone": BERLIN, "policy": policy or Policy()}
    return Room(id=id_, **(plain | fields))


def booking(start: str = "11:00", end: str = "12:00", **fields: Any) -> Booking:
    """A booking of Oak by Alice, as a value; nothing is stored."""
    plain: dict[str, Any] = {
        "id": 1, "uid": "b1", "rooms": (1,), "starts": at(start), "ends": at(end), "standing": Standing.ACCEPTED,
        "title": "Planning", "organizer": "Alice Adams", "organizer_email": "alice@example.org", "description": "",
        "source": "roomvox", "made_by": "token:1", "made_at": NOW, "changed_at": NOW,
    }  # fmt: skip
    return Booking(**(plain | fields))


def closure(start: str, end: str, reason: str = "Cleaning") -> Closure:
    """A closure of Oak, as a value."""
    return Closure(1, 1, at(start), at(end), reason)


def ask(start: datetime | str, end: datetime | str, room: str = "oak", **fields: Any) -> Ask:
    """Alice's wish to have a room; instants, or wall times of the Monday."""
    starts, ends = (at(moment) if isinstance(moment, str) else moment for moment in (start, end))
    plain = {"title": "Planning", "organizer": "Alice Adams", "organizer_email": "alice@example.org"}
    return Ask((room,), starts, ends, **(plain | fields))


@dataclass
class House:
    """A database with Oak (1st floor) and Elm, everybody's actor, and the engine over it."""

    store: Store
    clock: Clock
    engine: Engine
    oak: Room
    elm: Room
    alice: Actor
    bob: Actor
    charlie: Actor
    rita: Actor
    ada: Actor

    def book(self, start: datetime | str, end: datetime | str, *, by: Actor | None = None, **more: Any) -> Booking:
        """Alice's booking of Oak, unless said otherwise; `key=` is the idempotency key."""
        key = more.pop("key", None)
        return self.engine.bookings.book(ask(start, end, **more), by or self.alice, key=key)

    def recur(
        self, start: datetime | str, end: datetime | str, *lines: str, by: Actor | None = None, **more: Any
    ) -> Outcome:
        """Alice's series of Oak, weekly for four weeks unless lines say otherwise; `rooms=` for several."""
        told = {name: more.pop(name) for name in ("key", "skip", "preview", "zone") if name in more}
        places = more.pop("rooms", None)
        wish = ask(start, end, **more)
        wish = replace(wish, rooms=places or wish.rooms)
        zone = told.get("zone", BERLIN)
        first = wall(wish.starts, zone).replace(tzinfo=None)
        pattern = parse(lines or ("FREQ=WEEKLY;COUNT=4",), first, zone)
        return self.engine.series.book(wish, pattern, by or self.alice, **told)

    def policy(self, slug: str = "oak", **fields: Any) -> Room:
        """Sets fields of a room's policy, whatever is booked."""
        return self.engine.rooms.change(slug, CLI, rules=fields, anyway=True)

    def panel(self, *rooms: str) -> tuple[Device, str, Actor]:
        """A new panel (at Oak, unless said otherwise), its secret, and who it is."""
        device, secret = self.engine.devices.add("Panel", CLI, rooms=rooms or ("oak",))
        return device, secret, self.engine.devices.actor(secret)

    def day(self, slug: str = "oak") -> list[tuple[datetime, datetime]]:
        """What holds a room today, as (start, end)."""
        return [(b.starts, b.ends) for b in self.engine.rooms.now(slug, CLI).today]

    def changes(self) -> list[str]:
        """What the feed says happened to bookings, in order."""
        with self.store.reading() as tx:
            return [
                row[0]
                for row in tx.rows(
                    "SELECT what FROM change WHERE subject IS NOT NULL AND room_id IS NOT NULL ORDER BY seq"
                )
            ]

    def overlaps(self) -> list[Any]:
        """Pairs of active holds that share a room, a lane and an instant; must ever be empty."""
        with self.store.reading() as tx:
            return tx.rows(
                "SELECT a.id, b.id FROM hold a JOIN hold b ON a.id < b.id AND a.room_id = b.room_id "
                "AND a.lane = b.lane AND a.held_from < b.held_to AND b.held_from < a.held_to "
                "WHERE a.active = 1 AND b.active = 1"
            )


def house(store: Store, clock: Clock | None = None) -> House:
    """Furnishes an empty database."""
    clock = clock or Clock()
    prepare(store, clock)
    engine = engine_of(store, clock)
    oak = engine.rooms.add(room("oak", floor="1", capacity=8), CLI)
    elm = engine.rooms.add(room("elm", floor="2", capacity=4), CLI)
    return House(
        store, clock, engine, oak, elm,
        alice=Actor("token:1", "book", None, "roomvox", "alice"),
        bob=Actor("token:2", "book", None, "roomvox", "bob"),
        charlie=Actor("token:3", "book", frozenset({elm.number}), "roomvox", "charlie"),
        rita=Actor("token:4", "read", None, "roomvox", "rita"),
        ada=Actor("token:5", "admin", None, "roomvox", "ada"),
    )  # fmt: skip


TABLES = (
    "recovered", "conflict", "torn_journal", "door_op", "door_journal",
    "sighting", "device_order", "device_picture", "panel_setting",
    "pairing", "expected", "enrolment", "life",
    "letter_choice", "link", "letter",
    "reminded", "token_panel", "release", "asking", "ending", "emergency", "delivery", "hook", "letter", "link",
    "telling", "ticket_note", "ticket", "receiver", "lease",
    "run", "alive", "outbox", "stuck", "audit_head", "hold", "door_grant", "claim",
    "wait", "left_out", "occurrence", "series", "zone_data", "closure", "closure_left_out", "closure_plan",
    "token_room", "token", "device_room", "device_left", "device", "op", "change_text", "change", "room_in_group",
    "file", "room", "room_type", "equipment", "status_reason", "attribute", "accessory", "quota", "timetable", "rights",
    "session", "api_key", "badge", "identity", "membership", "team", "person", "throttle", "meta",
)  # fmt: skip


def emptied(store: Store) -> Store:
    """The store with its schema and without a row: quicker than a new PostgreSQL database for each test."""

    def work(tx: Tx) -> None:
        # Most are empty, and to ask all of them at once is quicker than to empty each.
        asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in TABLES)
        used = {row[0] for row in tx.rows(asked)}
        for table in TABLES:
            if table in used:
                tx.run(f"DELETE FROM {table}")
        tx.run("UPDATE change_end SET seq = 0, chain = ''")
        tx.run("DELETE FROM audit_head")
        tx.run("DELETE FROM place WHERE id > 1")
        tx.run("UPDATE change_end SET seq = 0, chain = ''")
        tx.run("UPDATE place SET policy = '{}', name = 'House', zone = '', version = 1")

    store.migrate(NOW)
    store.writing(work)
    return store


@cache
def _laid() -> bytes:
    """A new SQLite database with its schema and nothing in it: a third of what furnishing a house takes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lintel.db"
        store = open_store(f"sqlite:///{path}")
        store.migrate(NOW)
        store.close()
        return path.read_bytes()


def begun(folder: Path) -> Store:
    """A new store on SQLite, in a new folder in this one, with its schema and nothing in it."""
    path = Path(mkdtemp(dir=folder)) / "lintel.db"
    path.write_bytes(_laid())
    return open_store(f"sqlite:///{path}")


@contextmanager
def opened(url: str, *, bare: bool = False) -> Iterator[Store]:
    """A store, closed at the end; a new one on SQLite has its schema already, unless it is to be `bare`."""
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and not path.exists() and not bare:
        path.write_bytes(_laid())
    store = open_store(url)
    try:
        yield store
    finally:
        store.close()


def codes(error: Refused) -> list[str]:
    """The codes of the objections, then "clash" for each conflict."""
    return [objection.code for objection in error.objections] + ["clash" for _ in error.conflicts]
