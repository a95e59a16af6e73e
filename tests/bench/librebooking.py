"""LibreBooking's door in a house of 1,000 rooms and 100,000 bookings, in a session, beside Flask's hello in the run.

The original's p50 with one worker and 3 rooms, measured on a machine of this class: Resources 6.8 ms, Reservations 9.3,
Availability 11.9, a day of Slots 33.6. Held is a fifth of that for the same calls about 3 rooms of the 1,000, and that
lists of all of them take less than 150 ms.
"""

import secrets
import statistics
import time
import urllib.request
from datetime import timedelta
from pathlib import Path

from server.core.access import CLI
from server.core.model import Ask
from server.core.people import Person
from server.core.places import Slot, Timetable
from tests.bench import load
from tests.bench.house import House, house
from tests.bench.indico import beside, spent
from tests.bench.reads import hello as reference
from tests.bench.reads import processor
from tests.bench.rows import Row

ROUNDS, ROOMS, STORED, A_DAY, FEW = 5, 1_000, 100_000, 4, 3
MOUNT = "/Web/Services/index.php"
WITHIN = 0.15
DAY = timedelta(days=1)
HALVES = tuple(Slot(30 * count, 30 * count + 30) for count in range(8, 48))
LIMITS = {"Resources": 7, "Reservations": 10, "Availability": 12, "Slots": 35}


def librebooking(url: str, folder: Path, name: str) -> list[Row]:
    """Four reads about three rooms, several rounds turn about with the reference; then those about all rooms."""
    with house(url, folder, rooms=ROOMS, stored=STORED) as it, reference("flask") as (port, pid):
        headers, schedule, day = furnish(it)
        told = "".join(f"{header}: {value}\r\n" for header, value in headers.items())
        asks = {name: load.request("GET", path, extra=told) for name, path in few(schedule, day).items()}
        hellos: list[float] = []
        found: dict[str, list[float]] = {name: [] for name in asks}
        for _ in range(ROUNDS):
            hellos.append(spent(port, pid, load.always(load.request("GET", "/")))[0])
            for what, ask in asks.items():
                found[what].append(spent(it.ports[0], it.processes[0].pid, load.always(ask))[0])
        hello = statistics.median(hellos)
        rows = [beside(f"{it} of {FEW}, {name}", statistics.median(found[it]), hello, LIMITS[it]) for it in asks]
        return rows + [waited(it, what, path, headers, name) for what, path in everything(day).items()]


def furnish(it: House) -> tuple[dict[str, str], int, str]:
    """Three rooms with a timetable and a day full of bookings; a member's session, the schedule, and the day."""
    ann = it.engine.people.add(Person(0, "ann@example.com", "ann", "Ann", "Adams", zone="Europe/Berlin"), CLI)
    _, token = it.engine.sign_in.open(ann.number, source="librebooking", make=lambda: secrets.token_hex(25))
    table = it.engine.catalogue.add(Timetable(0, "Halves", "UTC", dict.fromkeys(range(7), HALVES)), CLI)
    day = (it.engine.clock.now() + 7 * DAY).replace(hour=8, minute=0, second=0, microsecond=0)
    for number in range(FEW):
        it.engine.rooms.change(f"room-{number}", CLI, rules={"timetable": table.number})
        for hour in range(A_DAY):
            starts = day + hour * DAY / 24
            ask = Ask((f"room-{number}",), starts, starts + DAY / 24, "Bench", "Ann", "ann@example.com")
            it.engine.bookings.book(ask, CLI)
    headers = {"X-Booked-SessionToken": token, "X-Booked-UserId": str(ann.number)}
    return headers, table.number + 1, f"{day:%Y-%m-%d}"


def few(schedule: int, day: str) -> dict[str, str]:
    """The calls about the three rooms."""
    dates = f"startDateTime={day}&endDateTime={day}T23:59:00Z"
    return {
        "Resources": f"{MOUNT}/Resources/?scheduleId={schedule}",
        "Reservations": f"{MOUNT}/Reservations/?scheduleId={schedule}&{dates}",
        "Availability": f"{MOUNT}/Resources/Availability?scheduleId={schedule}&dateTime={day}T10:10:00Z",
        "Slots": f"{MOUNT}/Schedules/{schedule}/Slots?startDateTime={day}&endDateTime={day}",
    }


def everything(day: str) -> dict[str, str]:
    """The calls about all rooms."""
    return {
        "Resources": f"{MOUNT}/Resources/",
        "Reservations": f"{MOUNT}/Reservations/?startDateTime={day}&endDateTime={day}T23:59:00Z",
        "Availability": f"{MOUNT}/Resources/Availability",
        "Slots": f"{MOUNT}/Schedules/1/Slots?startDateTime={day}&endDateTime={day}",
    }


def waited(it: House, what: str, path: str, headers: dict[str, str], name: str) -> Row:
    """Processor time of the whole answer, which neighbours on the machine hardly touch."""
    pid, took, sizes = it.processes[0].pid, list[float](), list[int]()
    before = processor(pid)
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        ask = urllib.request.Request(f"http://127.0.0.1:{it.ports[0]}{path}", headers=headers)
        with urllib.request.urlopen(ask) as answer:
            body = answer.read(65_536)
            first = time.perf_counter() - begun
            body += answer.read()
        took.append(first)
        sizes.append(len(body))
    spent = (processor(pid) - before) / ROUNDS
    told = f"{sizes[0] / 1e6:.1f} MB, first after {statistics.median(took) * 1e3:.0f} ms"
    return Row(f"{what} of {ROOMS:,}, {name}", f"{spent * 1e3:.0f} ms", told, spent, WITHIN, unit="s")
