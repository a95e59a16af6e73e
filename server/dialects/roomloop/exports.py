"""Reservations as files: `GET /reports/export.csv` and `export.xlsx`, sent while they are read.

Decisions:
- One row for each reservation that begins on these days, whatever came of it, by its start. Dates and times are those
  of the facility, as dates and times; `created_at` too, so that one row has one clock (`timezone`).
- What somebody typed is never run by a spreadsheet (engine/tables.py): in CSV an apostrophe stands before it, in a
  workbook it is text.
- All that can be refused is refused before the first byte. What breaks later ends the connection before the file's end,
  so that no client takes half of it for all.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from server.core.period import Period
from server.core.places import Timetable
from server.core.zone import wall
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Media, Routes
from server.dialects.roomloop.desk import Desk
from server.dialects.roomloop.shown import STATUSES
from server.dialects.roomloop.timetable import label, table_of, touched
from server.dialects.roomloop.usage import Days, choice_of
from server.dialects.roomloop.wire import account_id
from server.engine.records import Record, Records
from server.engine.table_stream import xlsx_stream
from server.engine.tables import Cell, Column, Kind, csv_bytes

routes = Routes("reports")
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LAID: tuple[tuple[str, Kind, int], ...] = (
    ("id", "text", 18), ("status", "text", 11), ("facility_id", "text", 18), ("facility", "text", 28),
    ("date", "day", 0), ("start_slot", "count", 0), ("end_slot", "count", 0), ("slots", "text", 28),
    ("starts_at", "moment", 0), ("ends_at", "moment", 0), ("minutes", "minutes", 0), ("purpose", "text", 40),
    ("user_id", "text", 10), ("user", "text", 24), ("email", "text", 30), ("checked_in_at", "moment", 0),
    ("source", "text", 12), ("created_at", "moment", 0), ("timezone", "text", 18),
)  # fmt: skip
COLUMNS = tuple(Column(name, name, kind, width) for name, kind, width in LAID)
MINUTE = timedelta(minutes=1)
NAME = 'attachment; filename="reservations.{}"'


@routes(
    "GET", "/reports/export.csv", scope="admin", summary="Reservations of some days as CSV", answers={200: Media(CSV)},
    errors=(400, 404, 429, 503), detail="Streamed; UTF-8, comma, CR LF.",
)  # fmt: skip
def export_csv(desk: Desk, call: Call, query: Days) -> Answer:
    rows = _rows(desk, Records(desk.engine.figures).of(call.actor, choice_of(call.actor, query)))
    return Answer(desk.downloads.send(csv_bytes(COLUMNS, rows)), headers={"Content-Disposition": NAME.format("csv")})


@routes(
    "GET", "/reports/export.xlsx", scope="admin", summary="Reservations of some days as a workbook",
    answers={200: Media(XLSX)}, errors=(400, 404, 429, 503), detail="Streamed; further sheets where one is full.",
)  # fmt: skip
def export_xlsx(desk: Desk, call: Call, query: Days) -> Answer:
    rows = _rows(desk, Records(desk.engine.figures).of(call.actor, choice_of(call.actor, query)))
    sent = desk.downloads.send(xlsx_stream(COLUMNS, rows, sheet="Reservations"))
    return Answer(sent, headers={"Content-Disposition": NAME.format("xlsx")})


def _rows(desk: Desk, records: Iterator[Record]) -> Iterator[tuple[Cell, ...]]:
    name, tables = desk.engine.naming.res, dict[int, Timetable]()
    for record in records:
        room = record.room
        if room.number not in tables:
            tables[room.number] = table_of(desk, room)
        yield _row(record, tables[room.number], name(record.booking))


def _row(record: Record, table: Timetable, id_: str) -> tuple[Cell, ...]:
    it, room = record.booking, record.room
    zone = table.zone or room.zone
    starts, ends = _wall(it.starts, zone), _wall(it.ends, zone)
    first, last, labels = _slots(table, it.period, zone)
    return (
        id_, STATUSES[it.standing], room.id, room.name, starts.date(), first, last, labels, starts, ends,
        (it.ends - it.starts) // MINUTE, it.title, account_id(it.owner) if it.owner else "", it.organizer,
        it.organizer_email, _wall(it.checked_in_at, zone) if it.checked_in_at else None, it.source,
        _wall(it.made_at, zone), zone,
    )  # fmt: skip


@lru_cache(maxsize=4096)  # a school's reservations begin and end with the same few slots
def _slots(table: Timetable, period: Period, zone: str) -> tuple[int | None, int | None, str]:
    """The first and the last slot that a time touches on the day on which it begins, and all of them in words."""
    found = touched(table, zone, period)
    words = ", ".join(label(it.period, zone) for it in found)
    return (found[0].number, found[-1].number, words) if found else (None, None, "")


def _wall(moment: datetime, zone: str) -> datetime:
    return wall(moment, zone).replace(tzinfo=None)
