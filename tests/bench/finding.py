"""Looking through a large house for a free room: what it costs, and how many statements it asks."""

import random
import statistics
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from server.core.access import CLI
from server.core.clock import SystemClock, epoch, whole
from server.core.model import Ask, Room
from server.core.period import Period
from server.core.policy import Opening, Policy
from server.engine import Engine, engine_of, prepare
from server.engine.finding import Want
from server.store import house, rooms
from server.store.database import Tx, open_store
from tests.bench.rows import Row

ROOMS, STORED = 1_000, 100_000
OFTEN = 25


def finding(url: str, name: str) -> list[Row]:
    """Free rooms by seats, equipment and nearness among a thousand, each with rules; then what else there is."""
    store = open_store(url)
    clock = SystemClock()
    prepare(store, clock)
    engine = engine_of(store, clock)
    store.writing(_furnished)
    now = whole(clock.now())
    store.writing(lambda tx: _booked(tx, epoch(now) // 3_600 * 3_600 - 30 * 86_400))
    period = Period(now + timedelta(hours=1), now + timedelta(hours=2))
    want = Want(people=5, equipment=("projector",), wished=("camera",), near="room-3")
    free = _spent(lambda: engine.finding.free(CLI, period, want))
    ask = Ask(("room-1",), period.start, period.end, "x")
    instead = _spent(lambda: engine.finding.instead(ask, CLI))
    asked = _statements(engine, period, want)
    store.close()
    where = f"{ROOMS:,} rooms, {STORED:,} bookings"
    return [
        Row(f"free rooms, CPU, {name}", f"{free:.1f} ms", where, free, 20, unit="ms"),
        Row(f"free rooms, statements, {name}", f"{asked}", where, asked, 6, unit=""),
        Row(f"what else there is, CPU, {name}", f"{instead:.1f} ms", where, instead, 40, unit="ms"),
    ]


def _spent(act: Any) -> float:
    """Milliseconds of processor time, the middle of many."""
    times = []
    act()
    for _ in range(OFTEN):
        begun = time.process_time()
        act()
        times.append(time.process_time() - begun)
    return statistics.median(times) * 1_000


def _statements(engine: Engine, period: Period, want: Want) -> int:
    count, rows = 0, Tx.rows

    def counted(tx: Tx, sql: str, params: Sequence[Any] = ()) -> list[Any]:
        nonlocal count
        count += 1
        return rows(tx, sql, params)

    Tx.rows = counted  # type: ignore[method-assign]
    try:
        engine.finding.free(CLI, period, want)
    finally:
        Tx.rows = rows  # type: ignore[method-assign]
    return count


def _furnished(tx: Tx) -> None:
    dice = random.Random(1)
    days = frozenset(range(7))
    for number in range(ROOMS):
        policy = Policy(opening=(Opening(days, number % 20, 1_440),), max_minutes=600, horizon_days=400, gap_minutes=5)
        rooms.insert(tx, Room(
            0, f"room-{number}", f"Room {number}", "Europe/Berlin", capacity=dice.choice([0, 4, 6, 8, 12, 20]),
            facilities=("projector", "camera") if number % 3 else ("projector",), policy=policy,
            plan=(dice.randrange(1_000), dice.randrange(1_000)),
        ))  # fmt: skip
    house.bump(tx)


def _booked(tx: Tx, since: int) -> None:
    """Bookings of an hour, some thirty to one room on each side of now."""
    rows = [
        (f"old-{number}", str(number % ROOMS + 1), start, start + 3_600, since, since)
        for number in range(STORED)
        for start in [since + (number // ROOMS * 14 + number % 5) * 3_600]
    ]
    tx.many(
        "INSERT INTO occurrence (uid, rooms, starts, ends, standing, title, organizer, organizer_email, description, "
        "source, made_by, made_at, changed_at, version) "
        "VALUES (?,?,?,?,'accepted','Old','Ann','','','cli','cli',?,?,1)",
        rows,
    )
    tx.run(
        "INSERT INTO hold (occurrence_id, room_id, held_from, held_to) "
        "SELECT id, CAST(rooms AS INTEGER), starts, ends FROM occurrence"
    )
