"""Series: CPU time of their dates over a year; what it takes to book, change and cancel one where much is stored."""

import statistics
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import partial
from time import perf_counter, process_time
from typing import TypeVar

from dateutil import rrule

from server.core.access import CLI
from server.core.clock import SystemClock
from server.core.errors import Refused
from server.core.model import Ask, Edit, Room
from server.core.recurrence import Length, occurrences, parse
from server.core.zone import instant
from server.engine import Engine, engine_of, prepare
from server.store.database import Store, Tx, open_store
from tests.bench.house import fill
from tests.bench.rows import Row

ZONE = "Europe/Berlin"
START = datetime(2026, 10, 5, 9)
YEAR_LATER = datetime(2027, 10, 5, tzinfo=UTC)
SERIES = 100
HOUR = timedelta(hours=1)
STORED, TURNS = 100_000, 7
T = TypeVar("T")
RULES = ("FREQ=DAILY", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR")


def expansion() -> list[Row]:
    """A hundred daily and weekly series over a year; beside it dateutil for the wall times alone."""
    patterns = [parse([RULES[number % len(RULES)]], START, ZONE) for number in range(SERIES)]
    begun = process_time()
    made = sum(len(occurrences(pattern, ZONE, Length(0, 3600), YEAR_LATER)) for pattern in patterns)
    ours = (process_time() - begun) * 1e6 / made
    theirs = _dateutil() * 1e6 / made
    name = f"{SERIES} series over a year, each 1,000 occurrences"
    return [Row(name, f"{ours:.1f} ms CPU", f"dateutil, walls {theirs:.1f} ms", ours, 50, unit="ms")]


def _dateutil() -> float:
    end = YEAR_LATER.replace(tzinfo=None)
    begun = process_time()
    for number in range(SERIES):
        rule = rrule.rrulestr(RULES[number % len(RULES)], dtstart=START).replace(until=end)
        assert len(list(rule)) >= 52
    return process_time() - begun


class Timed:
    """A store that remembers how long each writing took, from the lock to the disk."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.postgres = store.postgres
        self.generation, self.migrate, self.pending = store.generation, store.migrate, store.pending
        self.version, self.close = store.version, store.close
        self.held: list[float] = []

    def reading(self) -> AbstractContextManager[Tx]:
        return self._store.reading()

    def writing(self, work: Callable[[Tx], T], *, rooms: Iterable[int] = ()) -> T:
        begun = perf_counter()
        try:
            return self._store.writing(work, rooms=rooms)
        finally:
            self.held.append(perf_counter() - begun)


def booking(url: str, name: str) -> list[Row]:
    """Weekly and daily series over two years in a room with a hundred thousand bookings; the middle of some turns."""
    store, clock = Timed(open_store(url)), SystemClock()
    prepare(store, clock)
    engine = engine_of(store, clock)
    engine.rooms.add(Room(0, "room-0", "Room 0", ZONE), CLI)
    fill(engine, url, 1, STORED)
    weekly = _round(engine, store, "FREQ=WEEKLY", 105)
    daily = _round(engine, store, "FREQ=DAILY", 731)
    store.close()
    rows = [
        Row(f"weekly for two years, {what}, {name}", f"{weekly[what]:.0f} ms", f"daily {daily[what]:.0f} ms",
            weekly[what], 100, unit="ms")
        for what in weekly if what != "lock"
    ]  # fmt: skip
    lock = daily["lock"]
    return [*rows, Row(f"longest lock for 731 dates, {name}", f"{lock:.0f} ms", "", lock, 250, unit="ms")]


def _round(engine: Engine, store: Timed, line: str, dates: int) -> dict[str, float]:
    """Milliseconds for each act on a series: the middle of some turns; `lock` is the longest writing of a turn."""
    first = (engine.clock.now() + timedelta(days=7)).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    took: dict[str, list[float]] = {}

    def timed(what: str, act: Callable[[], T]) -> T:
        begun = perf_counter()
        done = act()
        took.setdefault(what, []).append((perf_counter() - begun) * 1000)
        return done

    for turn in range(TURNS):
        store.held.clear()
        start = first + turn * 3 * HOUR
        begins = instant(start, ZONE)
        ask = Ask(("room-0",), begins, begins + HOUR, "Bench", "Ann")
        book = partial(engine.series.book, ask, parse([line], start, ZONE), CLI)
        it = timed("booked", book)
        if it.made != dates:
            raise RuntimeError(f"{it.made} dates were booked")
        timed("refused", partial(_refused, book, dates))
        change = partial(engine.series.change, it.series.uid, actor=CLI)
        timed("renamed", partial(change, edit=Edit(title="Bench 2"), following=False))
        timed("moved", partial(change, edit=Edit(starts=begins + HOUR), following=False))
        second = engine.series.whole(it.series.uid, CLI).rows[1].original_start
        tail = timed("split", partial(change, edit=Edit(title="Bench 3"), following=True, at=second))
        timed("cancelled", partial(engine.series.cancel, tail.series.uid, CLI, following=False))
        engine.series.cancel(it.series.uid, CLI, following=False)
        took.setdefault("lock", []).append(max(store.held) * 1000)
    return {what: statistics.median(times) for what, times in took.items()}


def _refused(book: Callable[[], object], dates: int) -> None:
    try:
        book()
    except Refused as no:
        if len(no.conflicts) == dates:
            return
    raise RuntimeError("a series was booked over another")
