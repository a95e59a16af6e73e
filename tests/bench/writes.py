"""Bookings over HTTP, and in the engine with few and with a million stored."""

import itertools
import json
import statistics
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from server import compose
from server.core.access import CLI
from server.core.errors import Refused
from server.core.model import Ask, Room
from server.engine import Engine
from server.settings import Settings
from tests.bench import load
from tests.bench.house import fill, house
from tests.bench.rows import Row

LATER = timedelta(days=30)


def creates(token: str, first: datetime, rooms: int) -> Iterator[bytes]:
    """Requests for ever more free slots, dealt out over the rooms."""
    for number in itertools.count():
        starts = first + timedelta(minutes=30 * (number // rooms))
        body = {
            "title": "Bench",
            "organizer": "ann@example.com",
            "start": starts.isoformat(),
            "end": (starts + timedelta(minutes=30)).isoformat(),
        }
        path = f"/api/v1/rooms/room-{number % rooms}/bookings"
        yield load.request("POST", path, token, json.dumps(body).encode())


def over_http(url: str, folder: Path, *, servers: int, name: str, limit: float) -> list[Row]:
    """Creates of 8 clients for a while: the rate, and the slowest hundredth."""
    with house(url, folder, stored=2_000, servers=servers) as it:
        first = it.engine.clock.now().replace(minute=0, second=0, microsecond=0) + LATER
        asks = creates(it.token, first, 20)
        load.run(it.ports, load.each(itertools.islice(asks, 200)), clients=8, seconds=10)
        done = load.run(it.ports, load.each(asks), clients=8, seconds=8)
        if set(done.statuses) != {201}:
            raise RuntimeError(f"creates: {done.statuses}")
        p99 = done.percentile(0.99) * 1000
    return [
        Row(
            f"create booking, 8 clients, {name}", f"{done.rate:,.0f}/s", "", done.rate, limit, at_most=False, unit="/s"
        ),
        Row(f"create booking, slowest hundredth, {name}", f"{p99:.1f} ms", "", p99, 50, unit="ms"),
    ]


def growth(few_url: str, many_url: str, many: int, name: str) -> list[Row]:
    """The same read and the same booking with 1,000 stored and with many, turn about."""
    engines = [_engine(few_url, 1_000), _engine(many_url, many)]
    reads: list[list[float]] = [[], []]
    books: list[list[float]] = [[], []]
    first = engines[0].clock.now().replace(minute=0, second=0, microsecond=0) + LATER
    for turn in range(40):
        for which, engine in enumerate(engines):
            reads[which].append(_timed(lambda e=engine: e.rooms.now("room-3", CLI), 25))  # type: ignore[misc]
            books[which].append(_book_some(engine, first, turn))
    for engine in engines:
        engine.store.close()
    return [
        _grown(f"status read, 1,000 → {many:,} bookings, {name}", reads),
        _grown(f"create, 1,000 → {many:,} bookings, {name}", books),
    ]


def _book_some(engine: Engine, first: datetime, turn: int) -> float:
    times = iter(range(turn * 10, turn * 10 + 10))

    def one() -> None:
        starts = first + timedelta(hours=next(times))
        engine.bookings.book(Ask(("room-3",), starts, starts + timedelta(hours=1), "Bench", "Ann"), CLI)

    return _timed(one, 10)


def _engine(url: str, stored: int) -> Engine:
    engine = compose.engine(Settings(database_url=url))
    for number in range(20):
        engine.rooms.add(Room(0, f"room-{number}", f"Room {number}", "Europe/Berlin"), CLI)
    fill(engine, url, 20, stored)
    return engine


def _grown(name: str, found: list[list[float]]) -> Row:
    # The quickest turn of each: on two cores the middle one tells beside which core PostgreSQL's process was put, and
    # shows two databases of one size as far apart as 1.6.
    few, many = (min(times) * 1e6 for times in found)
    return Row(name, f"{many:,.0f} us", f"{few:,.0f} us", many / few, 1.3)


def _timed(work: object, times: int) -> float:
    begun = time.perf_counter()
    for _ in range(times):
        work()  # type: ignore[operator]
    return (time.perf_counter() - begun) / times


def refusals(url: str) -> list[Row]:
    """What a refused double booking costs beside an accepted booking."""
    engine = _engine(url, 1_000)
    first = engine.clock.now().replace(minute=0, second=0, microsecond=0) + LATER
    taken = Ask(("room-3",), first, first + timedelta(hours=1), "Bench", "Ann")
    engine.bookings.book(taken, CLI)

    def refused() -> None:
        try:
            engine.bookings.book(taken, CLI)
        except Refused:
            return
        raise RuntimeError("a double booking was accepted")

    no, yes = [], []
    for turn in range(1, 31):
        no.append(_timed(refused, 20))
        yes.append(_book_some(engine, first + timedelta(hours=2), turn))
    engine.store.close()
    low, high = statistics.median(no) * 1e6, statistics.median(yes) * 1e6
    return [Row("refused double booking beside an accepted one", f"{low:,.0f} us", f"{high:,.0f} us", low / high, 0.5)]


def waits(url: str) -> list[Row]:
    """The longest wait of any of 16 threads that write all the time."""
    engine = _engine(url, 1_000)
    first = engine.clock.now().replace(minute=0, second=0, microsecond=0) + LATER
    longest = [0.0] * 16

    def write(which: int) -> None:
        for number in range(150):
            starts = first + timedelta(hours=number)
            begun = time.perf_counter()
            engine.bookings.book(Ask((f"room-{which}",), starts, starts + timedelta(hours=1), "Bench", "Ann"), CLI)
            longest[which] = max(longest[which], time.perf_counter() - begun)

    threads = [threading.Thread(target=write, args=(which,)) for which in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worst = max(longest) * 1000
    return [Row("longest wait of 16 writers, SQLite", f"{worst:.0f} ms", "", worst, 250, unit="ms")]
