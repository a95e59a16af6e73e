"""The carry sweep: a thousand series carried on by a week, and how long the longest of its transactions lasts."""

from datetime import timedelta
from time import perf_counter

from server.core.access import CLI
from server.core.clock import SystemClock
from server.core.model import Ask, Room
from server.core.recurrence import parse
from server.core.zone import instant
from server.engine import engine_of, prepare
from server.store.database import open_store
from tests.bench.rows import Row
from tests.bench.series import ZONE, Timed

ROOMS, EACH = 100, 10
NEAR, FAR = timedelta(days=28), timedelta(days=42)


def carrying(url: str, name: str) -> list[Row]:
    """A thousand endless weekly series in a hundred rooms; the sweep books two more dates of each."""
    store, clock = Timed(open_store(url)), SystemClock()
    prepare(store, clock)
    near = engine_of(store, clock, horizon=NEAR)
    first = (clock.now() + timedelta(days=1)).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    for number in range(ROOMS):
        near.rooms.add(Room(0, f"room-{number}", f"Room {number}", ZONE), CLI)
        for turn in range(EACH):
            start = first + turn * timedelta(hours=2)
            begins = instant(start, ZONE)
            ask = Ask((f"room-{number}",), begins, begins + timedelta(hours=1), "Bench", "Ann")
            near.series.book(ask, parse(["FREQ=WEEKLY"], start, ZONE), CLI)
    store.held.clear()
    begun = perf_counter()
    done = engine_of(store, clock, horizon=FAR).carrying.run()
    took = perf_counter() - begun
    longest = max(store.held) * 1000
    store.close()
    if done.series != ROOMS * EACH or done.left_out or done.failed:
        raise RuntimeError(f"{done.series} series were carried on, {len(done.left_out)} dates left out")
    each = took * 1000 / done.series
    return [
        Row(
            f"{done.series:,} series carried on, each, {name}",
            f"{each:.1f} ms",
            f"all {took:.1f} s",
            each,
            20,
            unit="ms",
        ),
        Row(f"longest transaction of the sweep, {name}", f"{longest:.0f} ms", "", longest, 50, unit="ms"),
    ]
