"""RoomLoop's door in a house of 1,000 rooms and 100,000 bookings: both exports as files, a reservation, a day's slots.

The exports are to come at 4,000 rows a second at least, the first byte within a second, in memory that does not grow
with the rows. A reservation and a day's slots stand beside Flask's hello for the record.
"""

import itertools
import json
import socket
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from server.core.access import CLI
from server.core.model import Room
from server.core.people import Person, Role
from server.core.zone import wall
from tests.bench import load
from tests.bench.house import House, house, rss
from tests.bench.indico import spent
from tests.bench.reads import hello as reference
from tests.bench.reads import processor
from tests.bench.rows import Row

ROUNDS, ROOMS, STORED = 5, 1_000, 100_000
REPORT = "/roomloop/v1/reports/export.{}?from=2020-01-01&to=2020-01-31"
RATE, FIRST, GROWTH = 4_000, 1.0, 32
LESSON = 9


@dataclass(frozen=True, slots=True)
class Download:
    """One file: seconds to its first byte and to its last, processor time (`begun`: until the first), its size, and by
    how much memory grew (MB). `whole`: it came to its end.
    """

    first: float
    begun: float
    seconds: float
    processor: float
    size: int
    growth: float
    whole: bool


def roomloop(url: str, folder: Path, name: str) -> list[Row]:
    """Both files once for the warmth and once for the record; the rest several rounds turn about with the reference."""
    with house(url, folder, rooms=ROOMS, stored=STORED) as it, reference("flask") as (port, pid):
        key = holder(it)
        files = {kind: fetched(it, REPORT.format(kind), key) for kind in ("csv", "xlsx")}
        again = {kind: fetched(it, REPORT.format(kind), key) for kind in ("csv", "xlsx")}
        asks, slots, hellos, books = creates(it, key), [], [], []
        day = f"{it.engine.clock.now() + timedelta(days=2):%Y-%m-%d}"
        path = f"/roomloop/v1/facilities/room-{ROOMS - 1}/availability?date={day}"
        for _ in range(ROUNDS):
            hellos.append(spent(port, pid, load.always(load.request("GET", "/")))[0])
            own = it.ports[0], it.processes[0].pid
            slots.append(spent(*own, load.always(load.request("GET", path, key)))[0])
            books.append(spent(*own, load.each(asks), 201)[0])
    rows = [row for kind in files for row in told(kind, files[kind], again[kind], name)]
    hello = statistics.median(hellos)
    for what, figures, limit in (("reserve slots", books, 60), ("a day's slots", slots, 40)):
        figure = statistics.median(figures)
        beside = f"Flask's hello, {hello * 1e6:,.0f} us"
        rows.append(Row(f"RoomLoop: {what}, {name}", f"{figure * 1e6:,.0f} us", beside, figure / hello, limit))
    return rows


def told(kind: str, it: Download, warm: Download, name: str) -> list[Row]:
    """Held is processor time, which neighbours on the machine hardly touch; what the clock said stands beside."""
    if not (it.whole and warm.whole):
        raise RuntimeError(f"{kind}: the file did not come to its end")
    speed = STORED / it.processor
    clock = f"{STORED / it.seconds:,.0f}/s by the clock"
    what = f"RoomLoop: {kind} of {STORED:,}"
    return [
        Row(f"{what}, {name}", f"{speed:,.0f} rows/s", clock, speed, RATE, False, "rows/s"),
        Row(f"{what}, first byte", f"{it.begun:.2f} s", f"{warm.first:.2f} s by the clock", it.begun, FIRST, unit="s"),
        Row(f"{what}, memory", f"+{warm.growth:.0f} MB", f"{warm.size / 1e6:.1f} MB of file", warm.growth, GROWTH,
            unit="MB"),
    ]  # fmt: skip


def holder(it: House) -> str:
    """The key of an administrator."""
    ann = it.engine.people.add(Person(0, "ann@example.com", "ann", "Ann", "Adams", role=Role.ADMIN), CLI)
    return it.engine.api_keys.create(ann.number, "roomloop", CLI).secret


def fetched(it: House, path: str, key: str) -> Download:
    """Takes a file as fast as it comes. Growth is by the most memory the server had meanwhile."""
    pid = it.processes[0].pid
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # the most memory is counted anew
    before, busy, begun = rss(pid), processor(pid), time.perf_counter()
    first, began, size, last = 0.0, 0.0, 0, b""
    with socket.create_connection(("127.0.0.1", it.ports[0]), timeout=60) as made:
        made.sendall(load.request("GET", path, key, extra="Connection: close\r\n"))
        while piece := made.recv(262_144):
            if not first:
                first, began = time.perf_counter() - begun, processor(pid) - busy
                if not piece.startswith(b"HTTP/1.1 200"):
                    raise RuntimeError(piece[:300].decode())
            size += len(piece)
            last = (last + piece)[-5:]
    seconds = time.perf_counter() - begun
    return Download(first, began, seconds, processor(pid) - busy, size, most(pid) - before, last == b"0\r\n\r\n")


def most(pid: int) -> float:
    """The most memory that a process has had, in MB."""
    line = next(it for it in Path(f"/proc/{pid}/status").read_text().splitlines() if it.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def creates(it: House, key: str) -> Iterator[bytes]:
    """Requests for ever more free lessons on the workdays to come, dealt out over the rooms."""
    room: Room = it.engine.rooms.get("room-0", CLI)
    today = wall(it.engine.clock.now(), room.zone)
    for number in itertools.count():
        turn, at = divmod(number, ROOMS)
        day, slot = divmod(turn, LESSON)
        body = {
            "facility_id": f"room-{at}", "date": f"{workday(today, day):%Y-%m-%d}", "start_slot": slot,
            "end_slot": slot, "purpose": "Bench",
        }  # fmt: skip
        yield load.request("POST", "/roomloop/v1/reservations", key, json.dumps(body).encode())


def workday(today: datetime, number: int) -> datetime:
    """The workday so many after the next one."""
    monday = today + timedelta(days=7 - today.weekday())
    return monday + timedelta(days=number // 5 * 7 + number % 5)
