"""A booking with every rule switched on, in a large house: what it costs in the engine, and in statements."""

import statistics
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from server.core.access import CLI, Actor, Level
from server.core.clock import SystemClock, epoch, whole
from server.core.model import Ask, Attendee, Details
from server.core.people import Person
from server.core.places import Accessory, Attribute, Quota, Slot, Timetable
from server.engine import Engine, engine_of, prepare
from server.store import house, people, rooms
from server.store.database import Tx, open_store
from server.store.holds import SPANS
from tests import make
from tests.bench.rows import Row

ROOMS, PEOPLE, STORED = 1_000, 10_000, 100_000
HALF = 1_800
ALL_DAY = tuple(Slot(hour * 60, hour * 60 + 60) for hour in range(24))
RULES: dict[str, Any] = {
    "person_once": True, "capacity": True, "credits": 100, "peak_credits": 200, "terms": "Yes", "gap_minutes": 5,
    "min_minutes": 15, "max_minutes": 600, "multi_day": False, "notice_minutes": 5, "horizon_days": 365, "lanes": 2,
    "description_needed": True, "max_rooms": 5, "departments": ("Physics",),
}  # fmt: skip
OCCURRENCE = (
    "uid, rooms, starts, ends, standing, title, organizer, organizer_email, description, source, made_by, made_at, "
    "changed_at, version, owner_id"
)


def rules(url: str, name: str) -> list[Row]:
    """Each booking is of three rooms, ten accessories and twenty people, in the name of one who has quotas."""
    store = open_store(url)
    clock = SystemClock()
    prepare(store, clock)
    engine = engine_of(store, clock)
    ask, owners = _furnished(engine, whole(clock.now()))
    levels = dict.fromkeys(range(ROOMS + 9), Level.BOOK)
    actors = [Actor(f"person:{it}", "book", person=it, role="member", levels=levels) for it in owners]
    for turn in range(20):
        engine.bookings.book(_at(ask, turn), actors[turn], key=f"warm-{turn}")
    times, spent = [], []
    for turn in range(20, 120):
        begun, cpu = time.perf_counter(), time.process_time()
        engine.bookings.book(_at(ask, turn), actors[turn], key=f"k-{turn}")
        spent.append(time.process_time() - cpu)
        times.append(time.perf_counter() - begun)
    store.close()
    low, high = statistics.median(spent) * 1000, statistics.median(times) * 1000
    return [
        Row(f"booking with every rule on, CPU, {name}", f"{low:.2f} ms", f"{high:.2f} ms in all", low, 5, unit="ms")
    ]


def _at(ask: Ask, turn: int) -> Ask:
    starts = ask.starts + timedelta(days=turn // 5, hours=turn % 5)
    return replace(ask, starts=starts, ends=starts + timedelta(hours=1))


def _furnished(engine: Engine, now: datetime) -> tuple[Ask, list[int]]:
    catalogue = engine.catalogue
    table = catalogue.add(Timetable(0, "Hours", days=dict.fromkeys(range(7), ALL_DAY), most_at_once=900), CLI)
    things = [catalogue.add(Accessory(0, f"Thing {n}", stock=500, credits=10), CLI) for n in range(10)]
    fields = [catalogue.add(Attribute(0, "booking", f"Field {n}", required=True), CLI) for n in range(10)]
    for n in range(20):
        per = ("day", "week", "month", "year")[n % 4]
        catalogue.add(Quota(0, f"Quota {n}", ("bookings", "minutes")[n % 2], per, 100_000 + n), CLI)
    first = engine.rooms.add(make.room("first", zone="Europe/Berlin", capacity=50), CLI)
    first = engine.rooms.change("first", CLI, rules=RULES | {"timetable": table.number})

    def fill(tx: Tx) -> list[int]:
        numbers = [
            rooms.insert(tx, replace(first, id=f"room-{n}", name=f"Room {n}", number=0)) for n in range(ROOMS - 1)
        ]
        everybody = people.insert_all(
            tx,
            [
                Person(0, f"p{n}@example.org", f"p{n}", "Ann", f"N{n}", department="Physics", made_at=now)
                for n in range(PEOPLE)
            ],
        )
        tx.run("UPDATE person SET credits = 100000000")
        _bookings(tx, [first.number, *numbers], [it.number for it in everybody], table.number, things[0].number, now)
        house.bump(tx)
        return [it.number for it in everybody]

    numbers = engine.store.writing(fill)
    engine.store.writing(lambda tx: tx.run("ANALYZE"))
    details = Details(
        attendees=tuple(Attendee("participant", number) for number in numbers[1:21]),
        attributes={it.number: "said" for it in fields}, accessories={it.number: 1 for it in things}, terms=True,
    )  # fmt: skip
    starts = (now + timedelta(days=3)).replace(hour=8, minute=0, second=0)
    slugs = ("first", "room-1", "room-2")
    return Ask(slugs, starts, starts + timedelta(hours=1), "All", description="Why", details=details), numbers[100:]


def _bookings(tx: Tx, places: list[int], persons: list[int], table: int, thing: int, now: datetime) -> None:
    """Half hours from sixty days ago on, dealt out over the rooms and the people, with all that they claim."""
    start = epoch(now) // 86_400 * 86_400 - 60 * 86_400
    rows, each = [], STORED // len(places)
    for number, room in enumerate(places):
        for slot in range(each):
            at = start + slot * 86_400 + 50_400 + (number % 16) * HALF
            owner = persons[(number * each + slot) % len(persons)]
            rows.append((f"old-{room}-{slot}", str(room), at, at + HALF, owner, room))
    marks = "(?,?,?,?,'accepted','Old','Ann','','','cli','cli',0,0,1,?)"
    for begin in range(0, len(rows), 1_000):
        some = rows[begin : begin + 1_000]
        cells = [cell for row in some for cell in row[:5]]
        tx.run(f"INSERT INTO occurrence ({OCCURRENCE}) VALUES {','.join([marks] * len(some))}", cells)
    tx.run(
        "INSERT INTO hold (occurrence_id, room_id, held_from, held_to) "
        "SELECT id, CAST(rooms AS INTEGER), starts, ends FROM occurrence"
    )
    for kind, ref in (("owner", "owner_id"), ("person", "owner_id"), ("timetable", table), ("accessory", thing)):
        tx.run(
            "INSERT INTO claim (occurrence_id, kind, ref, room_id, quantity, held_from, held_to, span) "
            f"SELECT id, '{kind}', {ref}, CAST(rooms AS INTEGER), 1, starts, ends, {SPANS[0]} FROM occurrence"
        )
