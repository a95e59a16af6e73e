"""A thousand devices that hold a connection: how soon they hear, what they cost, and what is left for the rest.

The listeners are a process of their own on the first core, the server is on the last. What is timed begins when the
booking is sent and ends when the device has read that there is news.
"""

import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from pathlib import Path
from typing import Any

from server import compose
from server.core.access import CLI
from server.core.model import Room
from server.settings import Settings, environment
from tests.bench import load
from tests.bench.house import rss
from tests.bench.reads import processor
from tests.bench.rows import Row
from tests.cluster import free_port
from tests.processes import stop, wait_for

LOBBY = "lobby"
"""The room that every device has beside its own."""
ROUNDS = 3
"""The middle one counts: a neighbour on the machine may spoil one."""
OWN, ALL = 150, 12
"""Bookings of a round at devices' own doors, and such that all of them hear of."""
SECONDS, CLIENTS = 3.0, 8


class Crowd:
    """The listeners' process."""

    def __init__(self, port: int, keys: Path) -> None:
        command = [sys.executable, "-m", "tests.bench.listeners", str(port), str(keys), "0"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, what: str) -> Any:
        """Has it do something; what it answers."""
        self.begin(what)
        return self.answer()

    def begin(self, what: str) -> None:
        if self._process.stdin is not None:
            print(what, file=self._process.stdin, flush=True)

    def answer(self) -> Any:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise RuntimeError("the listeners have ended")
        return json.loads(line)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


class Place:
    """A server with that many devices, each at a door of its own and at the lobby."""

    def __init__(self, url: str, folder: Path, devices: int) -> None:
        engine = compose.engine(Settings(database_url=url))
        for number in range(devices):
            engine.rooms.add(Room(0, f"room-{number}", f"Room {number}", "Europe/Berlin"), CLI)
        engine.rooms.add(Room(0, LOBBY, "Lobby", "Europe/Berlin"), CLI)
        _, self.token = engine.tokens.create("bench", "admin", CLI)
        keys = [engine.devices.add(f"Panel {n}", CLI, rooms=(f"room-{n}", LOBBY))[1] for n in range(devices)]
        engine.store.close()
        self.keys = folder / "keys"
        self.keys.write_text("\n".join(keys))
        self.port, self.push = free_port(), free_port()
        self.devices = devices
        self._url, self._folder = url, folder
        self._starts = count()

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        """The server, on the last core."""
        command = [sys.executable, "-m", "server", "serve", "--data", str(self._folder)]
        env = environment(
            LINTEL_DATABASE_URL=self._url, LINTEL_LISTEN=f"127.0.0.1:{self.port}", LINTEL_RATE="0",
            LINTEL_LOG_LEVEL="warning", LINTEL_PUSH_LISTEN=f"127.0.0.1:{self.push}", LINTEL_PUSH_CONNECTIONS="20000",
        )  # fmt: skip
        process = subprocess.Popen(command, env=env)
        try:
            wait_for(f"http://127.0.0.1:{self.port}/readyz", process)
            yield process
        finally:
            stop(process)

    def book(self, room: str) -> float:
        """Books an hour that nobody has; when it was sent."""
        start = datetime(2031, 1, 1, tzinfo=UTC) + timedelta(hours=next(self._starts))
        end = start + timedelta(hours=1)
        body = {"title": "Bench", "start": start.isoformat(), "end": end.isoformat(), "organizer": "ann@example.com"}
        asked = load.request("POST", f"/api/v1/rooms/{room}/bookings", self.token, json.dumps(body).encode())
        data = iter([asked])
        sent = time.monotonic()
        done = load.run([self.port], lambda: next(data, None), clients=1, seconds=20)
        if set(done.statuses) != {201}:
            raise RuntimeError(f"not booked: {done.statuses}")
        return sent


def push(
    url: str, folder: Path, name: str, devices: int = 1_000, *, all_doors: float = 250, left: float = 0.8
) -> list[Row]:
    """All figures at one number of devices. `all_doors`: milliseconds for each to hear; `left`: what others keep."""
    it = Place(url, folder, devices)
    with it.serving() as server:
        crowd = Crowd(it.push, it.keys)
        try:
            alone = _rest(it, server)
            before = rss(server.pid)
            storms = [crowd.tell("open")]
            each = (rss(server.pid) - before) * 1024 / devices
            doors = [f"room-{n % devices}" for n in range(OWN)]
            own = [_heard(crowd, it, doors, 1) for _ in range(ROUNDS)]
            every = [_heard(crowd, it, [LOBBY] * ALL, devices) for _ in range(ROUNDS)]
            beside = _rest(it, server)
            busy = _saturated(crowd, it)
            crowd.tell("close")
            storms.append(crowd.tell("open"))
        finally:
            crowd.end()
    where = f"{devices:,} on {name}"
    figure, reference = (f"{r:,.0f}/s, {c * 1e6:.0f} us" for r, c in (beside, alone))
    return [
        _ms(f"booked to its own door, p99, {where}", own, 100),
        _ms(f"booked to all doors, p99, {where}", every, all_doors),
        _ms(f"the same with the API saturated, {where}", busy, all_doors),
        Row(f"memory a device, {where}", f"{each:.1f} kB", "", each, 15, unit="kB"),
        Row(f"other requests beside {where}", figure, reference, alone[1] / beside[1], left, at_most=False),
        Row(f"all connect at once, {where}", f"{max(storms):.1f} s", "", max(storms), 10 * devices / 1_000, unit="s"),
    ]


def _heard(crowd: Crowd, it: Place, rooms: Iterable[str], count: int) -> list[float]:
    """Seconds after which each of so many devices has heard of a booking, for bookings in these rooms."""
    found = []
    for room in rooms:
        crowd.begin(f"hear {count}")
        sent = it.book(room)
        heard = crowd.answer()
        if len(heard) != count:
            raise RuntimeError(f"{count - len(heard)} have not heard")
        found += [moment - sent for moment in heard]
    return found


def _rest(it: Place, server: "subprocess.Popen[bytes]") -> tuple[float, float]:
    """Answers a second, and seconds of the server's processor time for each, while it does nothing else but push."""
    before = processor(server.pid)
    data = load.request("GET", "/api/v1/rooms/room-3/status", it.token)
    done = load.run([it.port], load.always(data), clients=CLIENTS, seconds=SECONDS)
    if set(done.statuses) != {200}:
        raise RuntimeError(f"{done.statuses}")
    return done.rate, (processor(server.pid) - before) / len(done.waits)


def _saturated(crowd: Crowd, it: Place) -> list[list[float]]:
    """What each hears of bookings at the lobby while as many read as can be answered."""
    over = threading.Event()
    data = load.request("GET", "/api/v1/rooms/room-3/status", it.token)

    def ask() -> bytes | None:
        return None if over.is_set() else data

    reading = threading.Thread(target=lambda: load.run([it.port], ask, clients=CLIENTS, seconds=60))
    reading.start()
    try:
        return [_heard(crowd, it, [LOBBY] * ALL, it.devices) for _ in range(ROUNDS)]
    finally:
        over.set()
        reading.join()


def _ms(name: str, rounds: list[list[float]], limit: float) -> Row:
    """The middle one of the rounds' p99."""
    every = sorted(chain.from_iterable(rounds))
    p99 = statistics.median(sorted(each)[int(len(each) * 0.99)] for each in rounds) * 1000
    return Row(name, f"{p99:.0f} ms", f"the middle {every[len(every) // 2] * 1000:.0f} ms", p99, limit, unit="ms")
