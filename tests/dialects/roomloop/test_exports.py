"""Reservations as CSV and as a workbook: what is in them, and that they are sent while they are read."""

import csv
import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from waitress.server import create_server

from server.core.access import CLI
from server.core.house import Right
from server.core.model import Details
from server.dialects.roomloop import exports
from server.dialects.roomloop.downloads import Downloads
from server.dialects.roomloop.exports import COLUMNS
from server.serving import waitress
from server.settings import Settings
from server.streams import begin_at_once
from tests.dialects.roomloop.door import Door
from tests.make import at

pytestmark = pytest.mark.filterwarnings("ignore:send_bytes")
DAYS = "from=2026-06-15&to=2026-06-19"
NAMES = [column.name for column in COLUMNS]


def rows(door: Door, query: str = DAYS, by: str = "ada") -> list[dict[str, str]]:
    answer = door.ask("GET", f"/reports/export.csv?{query}", by)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="reservations.csv"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in answer.headers
    return list(csv.DictReader(io.StringIO(answer.data.decode(), newline="")))


def sheet(door: Door, query: str = DAYS) -> list[dict[str, Any]]:
    answer = door.ask("GET", f"/reports/export.xlsx?{query}")
    assert answer.headers["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="reservations.xlsx"'
    head, *found = openpyxl.load_workbook(io.BytesIO(answer.data)).active.values
    return [dict(zip(head, row, strict=True)) for row in found]


def reserve(door: Door, by: str = "alice", **fields: Any) -> Any:
    body = {"facility_id": "oak", "date": "2026-06-16", "start_slot": 2, "end_slot": 3, **fields}
    return door.post("/reservations", {"purpose": "Grade 10 Chemistry — titration lab", **body}, by)


def test_a_row_says_what_the_reservation_says_with_dates_as_dates(any_door: Door) -> None:
    door = any_door
    made = reserve(door)
    (row,) = rows(door)
    assert row == {
        "id": made["id"], "status": "confirmed", "facility_id": "oak", "facility": "Oak", "date": "2026-06-16",
        "start_slot": "2", "end_slot": "3", "slots": "10:00–10:50, 11:00–11:50", "starts_at": "2026-06-16 10:00:00",
        "ends_at": "2026-06-16 11:50:00", "minutes": "110", "purpose": "Grade 10 Chemistry — titration lab",
        "user_id": f"u{door.people['alice'].number}", "user": "Alice Nobody", "email": "alice@example.org",
        "checked_in_at": "", "source": "roomloop", "created_at": "2026-06-15 10:00:00", "timezone": "Europe/Berlin",
    }  # fmt: skip
    (cells,) = sheet(door)
    assert list(cells) == NAMES == list(row)
    assert (cells["date"], cells["starts_at"]) == (datetime(2026, 6, 16), datetime(2026, 6, 16, 10))
    assert (cells["start_slot"], cells["minutes"], cells["checked_in_at"]) == (2, 110, None)
    assert cells["slots"] == "10:00–10:50, 11:00–11:50"


def test_all_that_begins_on_the_days_is_told_whatever_came_of_it_but_nothing_that_was_deleted(door: Door) -> None:
    gone = reserve(door)
    door.patch(f"/reservations/{gone['id']}", {"status": "cancelled"}, "alice")
    deleted = reserve(door, start_slot=5, end_slot=5)
    assert door.ask("DELETE", f"/reservations/{deleted['id']}").status_code == 204
    door.house.book(at("19:05", 2), at("19:20", 2), title="By the minute", room="elm", organizer_email="")
    door.house.book(at("09:00", 5), at("10:00", 5))
    told = rows(door)
    assert [(it["status"], it["purpose"], it["slots"], it["start_slot"]) for it in told] == [
        ("cancelled", "Grade 10 Chemistry — titration lab", "10:00–10:50, 11:00–11:50", "2"),
        ("confirmed", "By the minute", "", ""),
    ]  # fmt: skip
    assert [it["status"] for it in sheet(door)] == ["cancelled", "confirmed"]
    assert [it["facility_id"] for it in rows(door, f"{DAYS}&facility_id=elm")] == ["elm"]
    assert [it["status"] for it in rows(door, f"{DAYS}&user_id=u{door.people['alice'].number}")] == ["cancelled"]
    assert rows(door, "to=2026-06-01") == []
    assert sheet(door, "to=2026-06-01") == []


@pytest.mark.parametrize("purpose", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1", "  =1"])
def test_what_somebody_typed_is_never_run(door: Door, purpose: str) -> None:
    reserve(door, purpose=purpose)
    assert rows(door)[0]["purpose"] == f"'{purpose}"
    assert sheet(door)[0]["purpose"] == purpose
    answer = door.ask("GET", f"/reports/export.xlsx?{DAYS}")
    cell = openpyxl.load_workbook(io.BytesIO(answer.data)).active.cell(2, NAMES.index("purpose") + 1)
    assert cell.data_type in ("s", "inlineStr")


def test_of_what_is_not_all_theirs_people_read_a_time(door: Door) -> None:
    bob = door.people["bob"].number
    door.house.engine.rights.give(Right(0, "person", bob, "manage", room=door.house.elm.number), CLI)
    door.house.recur(
        at("11:00", 1), at("12:00", 1), "FREQ=DAILY;COUNT=1", rooms=("oak", "elm"), title="Merger",
        details=Details(privacy="private"),
    )  # fmt: skip
    (row,) = rows(door, by="bob")
    assert (row["facility_id"], row["purpose"], row["email"], row["user_id"]) == ("elm", "", "", "")


def test_so_many_files_are_under_way_at_once_and_the_next_is_asked_to_come_back(door: Door) -> None:
    reserve(door)
    path = f"/reports/export.csv?{DAYS}"
    under_way = [door.ask("GET", path, buffered=False) for _ in range(2)]
    error = door.ask("GET", path)
    assert (error.status_code, error.headers["Retry-After"], error.json["error"]["code"]) == (429, "10", "rate_limited")
    assert b"".join(under_way[0].response).count(b"\r\n") == 2
    assert door.ask("GET", path, buffered=True).status_code == 200
    under_way[1].close()
    assert [door.ask("HEAD", path, buffered=True).status_code for _ in range(3)] == [200] * 3


def test_a_place_is_given_back_whatever_becomes_of_the_file() -> None:
    def broken() -> Any:
        yield b"x"
        raise BrokenPipeError

    downloads = Downloads(1)
    first = downloads.send(broken())
    assert next(first) == b"x"
    with pytest.raises(BrokenPipeError):
        next(first)
    second = downloads.send(iter([b"y"]))
    second.close()
    second.close()
    assert list(downloads.send(iter([b"z"]))) == [b"z"]


def test_a_file_begins_although_small_answers_are_sent_whole(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = threading.Event()

    def slow(*told: object, **more: object) -> Iterator[bytes]:
        yield b"id,status\r\n"
        assert seen.wait(60), "nothing came before the rest was read"
        yield b"res_1,confirmed\r\n"

    monkeypatch.setattr(exports, "csv_bytes", slow)
    with served(door) as port, socket.create_connection(("127.0.0.1", port), timeout=60) as made:
        made.sendall(asked(door, "Connection: close\r\n"))
        data = b""
        while b"id,status" not in data:
            data += made.recv(4_096)
        seen.set()
        while piece := made.recv(4_096):
            data += piece
    assert data.endswith(b"res_1,confirmed\r\n\r\n0\r\n\r\n")


@contextmanager
def served(door: Door) -> Iterator[int]:
    """The door over HTTP, with the server's own settings; its port."""
    server = begin_at_once(create_server(door.app, listen="127.0.0.1:0", **waitress(Settings(threads=2))))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.effective_port
    finally:
        server.close()
        thread.join(60)


def asked(door: Door, more: str = "") -> bytes:
    """Ada's request for a file."""
    head = f"GET /reports/export.csv?{DAYS} HTTP/1.1\r\nHost: x\r\n{more}"
    return f"{head}Authorization: Bearer {door.keys['ada']}\r\n\r\n".encode()


def test_who_hangs_up_in_the_middle_makes_room(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def endless(*told: object, **more: object) -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 1_000_000  # no buffer holds it all
        finally:
            ended.set()

    monkeypatch.setattr(exports, "csv_bytes", endless)
    with served(door) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as made:
            made.sendall(asked(door))
            assert made.recv(4_096).startswith(b"HTTP/1.1 200 OK")
            assert not ended.is_set()
        assert ended.wait(60)
    monkeypatch.undo()
    assert [len(rows(door)) for _ in range(3)] == [0, 0, 0]
