"""What changing the rules of a site of a thousand rooms costs, and rooms as a file of twenty thousand rows."""

import time
from collections.abc import Callable
from datetime import timedelta

from server.core.access import CLI
from server.core.clock import SystemClock, whole
from server.core.model import Booking, Standing
from server.engine import Engine, engine_of, prepare
from server.store import bookings
from server.store.database import Tx, open_store
from tests.bench.rows import Row

ROOMS, EACH, FILE = 1_000, 100, 20_000


def places(url: str, more: str, name: str) -> list[Row]:
    """A rule that passes all that is booked, one that is not asked of it, where a rule comes from; and a file."""
    engine = _opened(url)
    engine.imports.rooms(_file(ROOMS), CLI)
    numbers = [it.number for it in engine.rooms.all(CLI)]
    engine.store.writing(lambda tx: _booked(tx, numbers, engine))
    turns = iter(range(60, 1_000))
    asked = _quickest(lambda: engine.policies.set("Berlin", {"max_minutes": next(turns)}, CLI))
    other = _quickest(lambda: engine.policies.set("Berlin", {"horizon_days": next(turns)}, CLI))
    shown = _quickest(lambda: engine.policies.show("room-7", CLI))
    engine.store.close()
    fresh = _opened(more)
    taken = _quickest(lambda: fresh.imports.rooms(_file(FILE), CLI), often=1)
    fresh.store.close()
    where = f"{ROOMS:,} rooms, {ROOMS * EACH:,} bookings"
    return [
        Row(f"a site's longest booking, {name}", f"{asked:.2f} s", where, asked, 1, unit="s"),
        Row(f"a site's horizon, {name}", f"{other:.2f} s", where, other, 1, unit="s"),
        Row(f"where a room's rules come from, {name}", f"{shown * 1_000:.1f} ms", where, shown * 1_000, 50, unit="ms"),
        Row(f"rooms from a file, {name}", f"{taken:.1f} s", f"{FILE:,} rows", taken, 60, unit="s"),
    ]


def _opened(url: str) -> Engine:
    store, clock = open_store(url), SystemClock()
    prepare(store, clock)
    return engine_of(store, clock)


def _file(rows: int) -> bytes:
    lines = (f"Room {n},Berlin,House {n % 7},{n % 5},8,{1 + n % 3},Labs {n % 20}" for n in range(rows))
    return "\n".join(["name,site,building,floor,capacity,policy.gap_minutes,groups", *lines]).encode()


def _booked(tx: Tx, rooms: list[int], engine: Engine) -> None:
    """An hour in each room every other hour from tomorrow on."""
    now = whole(engine.clock.now())
    start = now + timedelta(days=1)
    rows = [
        Booking(
            0, f"b-{room}-{n}", (room,), start + timedelta(hours=3 * n), start + timedelta(hours=3 * n + 1),
            Standing.ACCEPTED, "Planning", "", "", "", "bench", "cli", now, now,
        )
        for room in rooms
        for n in range(EACH)
    ]  # fmt: skip
    for first in range(0, len(rows), 5_000):
        bookings.insert_all(tx, rows[first : first + 5_000])


def _quickest(act: Callable[[], object], often: int = 3) -> float:
    """Seconds, the least of some turns."""
    times = []
    for _ in range(often):
        begun = time.perf_counter()
        act()
        times.append(time.perf_counter() - begun)
    return min(times)
