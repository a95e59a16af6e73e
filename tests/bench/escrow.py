"""What a thousand doors cost that own time: giving it, asking it back, and what the bookings beside them pay.

Growing and acknowledging are measured in the engine, as the server does them; a booking into a door's time over HTTP
with a door that hears the push and answers as a panel does, so that it is the whole way there and back.
"""

import http.client
import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count, cycle
from pathlib import Path
from typing import Any
from unittest.mock import patch

from server import compose
from server.core.access import CLI
from server.core.model import Ask, Room
from server.engine import Engine
from server.engine.granting import Holding, Says
from server.settings import Settings
from server.store import postgres, sqlite
from server.store.database import Tx
from tests.bench import load
from tests.bench.push import Place
from tests.bench.rows import Row

QUARTER = 900.0
ROUNDS = 7
ROOMS = 40
LATER = timedelta(days=30)


def escrow(url: str, beside: str, folder: Path, name: str, doors: int = 1_000) -> list[Row]:
    """All figures on one kind of database. `beside`: another empty one."""
    return [*_asking(url, name, doors), *_elsewhere(url, name), *_over_http(beside, folder, name)]


def _asking(url: str, name: str, doors: int) -> list[Row]:
    """The rates at which doors are given time and acknowledge it, beside what they need in a quarter of an hour."""
    engine = compose.engine(Settings(database_url=url))
    for number in range(doors):
        engine.rooms.add(Room(0, f"room-{number}", f"Room {number}", "Europe/Berlin"), CLI)
    keys = [engine.devices.add(f"Panel {n}", CLI, rooms=(f"room-{n}",))[1] for n in range(doors)]
    actors = [engine.devices.actor(key) for key in keys]
    life = ""
    rows, needed = [], doors / QUARTER
    for what, version in (("grants grown", 0), ("grants acknowledged", 1), ("grants asked for in vain", 1)):
        begun = time.perf_counter()
        for number, actor in enumerate(actors):
            told = engine.escrow.ask(Says((Holding(f"room-{number}", life, version),)), actor)
        rate = doors / (time.perf_counter() - begun)
        life = told.incarnation
        rows.append(
            Row(f"{what}, {name}", f"{rate:,.0f}/s", f"{needed:.1f}/s needed", rate, 60, at_most=False, unit="/s")
        )
    engine.store.close()
    return rows


def _elsewhere(url: str, name: str) -> list[Row]:
    """A booking far ahead in a house full of grants, beside one for which nothing is laid anew."""
    engine = compose.engine(Settings(database_url=url))
    plain = engine.rooms.add(Room(0, "no-door", "No door", "Europe/Berlin"), CLI)
    hours = count()
    doors = cycle(range(ROOMS))
    _book(engine, plain.id, hours)
    plainly, laid, at_doors = [], [], []
    for _ in range(ROUNDS):
        with _unlaid():
            plainly.append(min(_book(engine, plain.id, hours) for _ in range(60)))
        laid.append(min(_book(engine, plain.id, hours) for _ in range(60)))
        at_doors.append(min(_book(engine, f"room-{next(doors)}", hours) for _ in range(60)))
    engine.store.close()
    low, high, door = (statistics.median(times) * 1e6 for times in (plainly, laid, at_doors))
    return [
        Row(f"booking in a room without a door, {name}", f"{high:,.0f} us", f"{low:,.0f} us", high / low, 1.03),
        Row(f"booking in a room with a door, {name}", f"{door:,.0f} us", f"{low:,.0f} us", door / low, 1.25),
    ]


@contextmanager
def _unlaid() -> Iterator[None]:
    """Writes after which nothing is laid anew."""

    def nothing(tx: Tx) -> None:
        """Does nothing."""

    with patch.object(sqlite, "settle", nothing), patch.object(postgres, "settle", nothing):
        yield


def _book(engine: Engine, room: str, hours: Iterator[int]) -> float:
    starts = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + LATER + timedelta(hours=next(hours))
    begun = time.perf_counter()
    engine.bookings.book(Ask((room,), starts, starts + timedelta(hours=1), "Bench", "Ann"), CLI)
    return time.perf_counter() - begun


class Panel(threading.Thread):
    """Hears the push, and takes and acknowledges what it is told; `ready` once it owns time."""

    def __init__(self, it: Place, room: str, key: str) -> None:
        super().__init__(daemon=True)
        self._it, self._room, self._key = it, room, key
        self._life, self._version = "", 0
        self.ready = threading.Event()

    def run(self) -> None:
        with suppress(OSError, http.client.HTTPException):  # the server has ended
            self._hear()

    def _hear(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self._it.push, timeout=60)
        line.request("GET", "/push", headers={"Authorization": f"Bearer {self._key}"})
        stream = line.getresponse()
        way = http.client.HTTPConnection("127.0.0.1", self._it.port, timeout=10)
        self._settle(way)
        self.ready.set()
        while event := stream.readline():
            if event.startswith(b"event: grants"):
                self._settle(way)
            elif event.startswith(b"event: beat"):
                self._say(way, "/heartbeat", {"rooms": []})

    def _settle(self, way: http.client.HTTPConnection) -> None:
        while True:
            held = {"id": self._room, "incarnation": self._life, "version": self._version, "want": True}
            told = self._say(way, "/grants", {"rooms": [held], "journal": {"epoch": "", "head": 0}})
            newest = told["grants"][self._room]["version"]
            if newest == self._version:
                return
            self._life, self._version = told["incarnation"], newest

    def _say(self, way: http.client.HTTPConnection, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        way.request("POST", f"/device/v1{path}", json.dumps(body), headers)
        return json.loads(way.getresponse().read())


def _over_http(url: str, folder: Path, name: str) -> list[Row]:
    """A booking into the time of a door that is there, and what asking for grants costs it."""
    it = Place(url, folder, ROOMS)
    keys = it.keys.read_text().split()
    with it.serving():
        panels = [Panel(it, f"room-{number}", key) for number, key in enumerate(keys)]
        for panel in panels:
            panel.start()
        if not all(panel.ready.wait(30) for panel in panels):
            raise RuntimeError("a panel has got nothing")
        took = [_into(it, number % ROOMS, 20 + 10 * (number // ROOMS)) for number in range(ROOMS * 5)]
        body = {"rooms": [{"id": "room-0", "incarnation": "", "version": 0, "want": True}]}
        ask = load.request("POST", "/device/v1/grants", keys[0], json.dumps(body).encode())
        done = load.run([it.port], lambda: ask, clients=4, seconds=5)
    if set(done.statuses) != {200}:
        raise RuntimeError(f"not told: {done.statuses}")
    late = sorted(took)[int(len(took) * 0.95)]
    p99 = done.percentile(0.99) * 1e3
    return [
        Row(f"booking into a live door's time, p95, {name}", f"{late * 1e3:.0f} ms", "", late, 1.0, unit="s"),
        Row(f"/grants, p99 of 4 at once, {name}", f"{p99:.1f} ms", f"{done.rate:,.0f}/s", p99, 50, unit="ms"),
    ]


def _into(it: Place, room: int, minutes: int) -> float:
    """Books ten minutes of a door's time; how long it took."""
    start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=minutes)
    body = {"title": "Bench", "start": start.isoformat(), "end": (start + timedelta(minutes=5)).isoformat(),
            "organizer": "ann@example.com"}  # fmt: skip
    way = http.client.HTTPConnection("127.0.0.1", it.port, timeout=10)
    begun = time.perf_counter()
    headers = {"Authorization": f"Bearer {it.token}", "Content-Type": "application/json"}
    way.request("POST", f"/api/v1/rooms/room-{room}/bookings", json.dumps(body), headers)
    answer = way.getresponse()
    said = answer.read()
    took = time.perf_counter() - begun
    if answer.status != 201:
        raise RuntimeError(f"not booked: {said.decode()[:300]}")
    return took
