"""Indico's door in a house of 1,000 rooms and 100,000 bookings: a room's day, and bookings, both by signed requests.

Beside Flask's hello in the same run; the original takes 22 to 26 ms for a room's day and 37 to 49 ms for a booking, and
makes 53 a second of 8 clients (measured on a machine of this class): held is a fifth of its time, and more than it.
"""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from server.core.access import CLI
from server.core.model import Ask
from server.core.people import Person
from server.engine.api_keys import Made
from tests.bench import load
from tests.bench.house import House, house
from tests.bench.reads import hello as reference
from tests.bench.reads import processor
from tests.bench.rows import Row
from tests.dialects.indico.signing import Key

ROUNDS, SECONDS, CLIENTS = 5, 1.5, 8
ROOMS, STORED, A_DAY = 1_000, 100_000, 8
EXPORT, BOOK = "/export/room/Main/{}.json", "/api/roomBooking/bookRoom.json"


def indico(url: str, folder: Path, name: str) -> list[Row]:
    """The export and the bookings, several rounds turn about with the reference."""
    with house(url, folder, rooms=ROOMS, stored=STORED) as it, reference("flask") as (port, pid):
        key = holder(it)
        today = book_a_day(it)
        day = key.url(EXPORT.format(4), {"detail": "reservations", "from": today, "to": today}, int(time.time()))
        first = it.engine.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=30)
        asks = creates(key, first)
        exports, books, hellos, rates = [], [], [], []
        for _ in range(ROUNDS):
            hellos.append(spent(port, pid, load.always(load.request("GET", "/")))[0])
            exports.append(spent(it.ports[0], it.processes[0].pid, load.always(load.request("GET", day)))[0])
            taken, rate = spent(it.ports[0], it.processes[0].pid, load.each(asks))
            books.append(taken)
            rates.append(rate)
    hello, rate = statistics.median(hellos), statistics.median(rates)
    return [
        beside(f"export a room's day of {A_DAY}, {name}", statistics.median(exports), hello, 24),
        beside(f"book by Indico's API, {name}", statistics.median(books), hello, 39),
        Row(f"book by Indico's API, {CLIENTS} clients, {name}", f"{rate:,.0f}/s", "53/s", rate, 53,
            at_most=False, unit="/s"),
    ]  # fmt: skip


def holder(it: House) -> Key:
    """A key of somebody who may book."""
    ann = it.engine.people.add(Person(0, "ann@example.com", "ann", "Ann", "Adams"), CLI)
    made: Made = it.engine.api_keys.create(ann.number, "indico", CLI)
    return Key(made.key.number, made.ak, made.secret)


def book_a_day(it: House) -> str:
    """Books a coming day of one room, an hour each; returns the day."""
    day = (it.engine.clock.now() + timedelta(days=7)).replace(hour=8, minute=0, second=0, microsecond=0)
    for hour in range(A_DAY):
        starts = day + timedelta(hours=hour)
        it.engine.bookings.book(Ask(("room-3",), starts, starts + timedelta(hours=1), "Bench", "Ann"), CLI)
    return f"{day:%Y-%m-%d}"


def creates(key: Key, first: datetime) -> Iterator[bytes]:
    """Signed requests for ever more free times within a day, dealt out over the rooms."""
    for number in itertools.count():
        day, half = divmod(number // ROOMS, 20)
        starts = first.replace(hour=8) + timedelta(days=day, minutes=30 * half)
        ends = starts + timedelta(minutes=30)
        form = {
            "location": "Main", "roomid": str(number % ROOMS + 1), "from": f"{starts:%Y-%m-%dT%H:%M}",
            "to": f"{ends:%Y-%m-%dT%H:%M}", "reason": "Bench", "username": "ann",
        }  # fmt: skip
        yield posted(urlencode(key.signed(BOOK, form, int(time.time()))).encode())


def posted(body: bytes) -> bytes:
    """The bytes of a request with a form."""
    head = f"POST {BOOK} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def spent(port: int, pid: int, asks: Callable[[], bytes | None], status: int = 200) -> tuple[float, float]:
    """Seconds of processor time for an answer of that status, and answers a second."""
    before = processor(pid)
    done = load.run([port], asks, clients=CLIENTS, seconds=SECONDS)
    if set(done.statuses) != {status}:
        raise RuntimeError(f"answers: {done.statuses}")
    return (processor(pid) - before) / len(done.waits), done.rate


def beside(name: str, figure: float, hello: float, limit: float) -> Row:
    return Row(name, f"{figure * 1e6:,.0f} us", f"Flask's hello, {hello * 1e6:,.0f} us", figure / hello, limit)
