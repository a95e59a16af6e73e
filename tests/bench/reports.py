"""Reports and exports over a year of a large house: how long they take, how many rows a second, and in what memory."""

import json
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from server.core.access import CLI
from server.core.clock import SystemClock, epoch
from server.core.model import Room
from server.core.policy import Opening, Policy
from server.engine import engine_of, prepare
from server.engine.booking_table import COLUMNS, BookingTable
from server.engine.reports_scope import Choice
from server.engine.tables import csv_bytes, write_xlsx
from server.store import house, rooms
from server.store.database import Tx, open_store
from tests.bench.rows import Row

ROOMS = 1_000
SINCE, UNTIL = date(2025, 1, 1), date(2025, 12, 31)
YEAR = Choice(SINCE, UNTIL)
MEMORY = 80
CSV_RATE, XLSX_RATE = 20_000, 4_000
KINDS = ("usage", "no-shows", "lead", "capacity")


def reports(url: str, folder: Path, name: str, stored: int) -> list[Row]:
    """Each measurement is a process of its own, which also tells the most memory it had.

    Held is its processor time, which neighbours on the machine hardly touch; what the clock said stands beside.
    """
    fill(url, stored)
    found = {what: measured(url, folder, what) for what in (*KINDS, "csv", "xlsx")}
    where = f"{stored:,} bookings"
    rows = [
        Row(f"report {kind}, {name}", f"{it['processor']:.1f} s", f"{where}, {it['seconds']:.1f} s", it["processor"],
            max(2.0, 10 * stored / 1e6), unit="s")
        for kind in KINDS
        for it in [found[kind]]
    ]  # fmt: skip
    for kind, rate in (("csv", CSV_RATE), ("xlsx", XLSX_RATE)):
        it = found[kind]
        speed, clock = it["rows"] / it["processor"], f"{where}, {it['rows'] / it['seconds']:,.0f}/s"
        rows.append(Row(f"export {kind}, {name}", f"{speed:,.0f} rows/s", clock, speed, rate, False, "rows/s"))
        rows.append(Row(f"export {kind}, memory, {name}", f"{it['memory']:.0f} MB", where, it["memory"], MEMORY,
                        unit="MB"))  # fmt: skip
    return rows


def measured(url: str, folder: Path, what: str) -> dict[str, Any]:
    """Seconds, rows and memory (MB) of one of them."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.reports", url, str(folder), what], check=True, stdout=subprocess.PIPE
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def one(url: str, folder: Path, what: str) -> dict[str, Any]:
    """One measurement, here."""
    engine = engine_of(open_store(url), SystemClock())
    bookings = BookingTable(engine.figures)
    bookings.sparing()
    begun, busy, count = time.monotonic(), time.process_time(), 0
    if what == "csv":
        with (folder / "all.csv").open("wb") as file:
            for piece in csv_bytes(COLUMNS, bookings.rows(CLI, YEAR)):
                count += piece.count(b"\r\n")
                file.write(piece)
    elif what == "xlsx":
        count = write_xlsx(folder / "all.xlsx", COLUMNS, bookings.rows(CLI, YEAR))
    else:
        count = len(engine.figures.table(CLI, what, YEAR).rows)
    spent = time.monotonic() - begun
    return {"seconds": spent, "processor": time.process_time() - busy, "rows": count, "memory": peak()}


def peak() -> float:
    """The most memory this process has had, in MB."""
    line = next(it for it in Path("/proc/self/status").read_text().splitlines() if it.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def fill(url: str, stored: int) -> None:
    """Rooms that are open on workdays, and a year of bookings at quarters of hours; every tenth names people."""
    store = open_store(url)
    prepare(store, SystemClock())
    store.writing(_furnished)
    first = epoch(datetime.combine(SINCE, datetime.min.time(), UTC)) + 6 * 3_600
    part = 50_000
    for start in range(0, stored, part):
        store.writing(lambda tx, start=start: _booked(tx, first, start, min(start + part, stored), stored))  # type: ignore[misc]
    store.close()


def _furnished(tx: Tx) -> None:
    days = frozenset(range(5))
    for number in range(ROOMS):
        policy = Policy(opening=(Opening(days, 420 + number % 8 * 15, 1_140),))
        rooms.insert(tx, Room(0, f"room-{number}", f"Room {number}", "Europe/Berlin", capacity=4 + number % 9,
                              policy=policy))  # fmt: skip
    house.bump(tx)


def _booked(tx: Tx, first: int, low: int, high: int, stored: int) -> None:
    each = max(1, stored // ROOMS)
    rows = []
    for number in range(low, high):
        room, turn = number % ROOMS + 1, number // ROOMS
        day, slot = turn * 365 // each, turn % 4
        start = first + day * 86_400 + slot * 9_000 + number % 3 * 900
        details = '{"attendees": [{"email": "a@b.c"}]}' if number % 10 == 0 else "{}"
        rows.append((f"b-{number}", str(room), start, start + (2 + number % 6) * 900, f"Meeting {number}",
                     "cancelled" if number % 12 == 0 else "accepted", details, start - number % 40 * 43_200,
                     start - 60 if number % 3 else None))  # fmt: skip
    tx.many(
        "INSERT INTO occurrence (uid, rooms, starts, ends, title, standing, details, made_at, checked_in_at, "
        "organizer, organizer_email, description, source, made_by, changed_at, version) "
        "VALUES (?,?,?,?,?,?,?,?,?,'Ann Archer','ann@example.org','','roomvox','token:1',0,1)",
        rows,
    )


def main() -> None:
    url, folder, what = sys.argv[1:]
    print(json.dumps(one(url, Path(folder), what)))


if __name__ == "__main__":
    main()
