"""Bookings as a file: all of them, once, and fit to be imported again."""

import csv
import io
import re
from dataclasses import replace

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Unknown
from server.engine import exports
from tests.make import House, ask, at, room, span
from tests.people import cast


def rows(house: House, *slugs: str, **more: object) -> list[dict[str, str]]:
    text = "".join(house.engine.exports.bookings(more.pop("by", CLI), more.pop("window", None), slugs=slugs))
    return list(csv.DictReader(io.StringIO(text)))


def test_every_booking_is_a_row_in_the_wall_time_of_its_room(sqlite_house: House) -> None:
    it = sqlite_house.book("11:00", "12:00", title="Plan; über all", description='He said\n"no"')
    (row,) = rows(sqlite_house)
    assert row == {
        "room": "oak", "title": "Plan; über all", "start": "2026-06-15T11:00:00+02:00",
        "end": "2026-06-15T12:00:00+02:00", "organizer": "Alice Adams", "organizerEmail": "alice@example.org",
        "description": 'He said\n"no"', "uid": it.uid,
    }  # fmt: skip


def test_pages_lose_and_double_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PAGE", 3)
    made = {
        house.book(at("12:00", day), at("13:00", day), room=slug).uid for slug in ("oak", "elm") for day in range(7)
    }
    found = [row["uid"] for row in rows(house)]
    assert len(found) == 14
    assert set(found) == made


def test_a_booking_of_two_rooms_is_one_row(sqlite_house: House) -> None:
    wish = replace(ask("11:00", "12:00"), rooms=("oak", "elm"))
    sqlite_house.engine.bookings.book(wish, CLI)
    assert [row["room"] for row in rows(sqlite_house)] == ["oak+elm"]


def test_what_was_exported_is_imported_again_as_it_was(house: House) -> None:
    house.book("11:00", "12:00", title="=1+1", description="two\nlines")
    house.book("13:00", "14:00", room="elm")
    house.engine.bookings.book(replace(ask("15:00", "16:00"), rooms=("oak", "elm")), CLI)
    before = rows(house)
    text = "".join(house.engine.exports.bookings(CLI, None))
    for row in before:
        house.engine.bookings.cancel(row["uid"], CLI)
    again = re.sub(r"[0-9a-f]{16}-[0-9]+@lintel", "", text)
    done = house.engine.imports.bookings(again.encode(), CLI)
    assert (done.written, done.bad) == (True, ())
    assert [{**row, "uid": ""} for row in rows(house)] == [{**row, "uid": ""} for row in before]


def test_a_row_of_several_rooms_takes_all_of_them_or_none(sqlite_house: House) -> None:
    def take(cell: str, start: str, end: str) -> list[tuple[str, ...]]:
        text = f"room,title,start,end\n{cell},Both,2026-06-15T{start},2026-06-15T{end}\n"
        return [row.errors for row in sqlite_house.engine.imports.bookings(text.encode(), CLI).rows]

    assert take("oak + ELM+oak", "11:00", "12:00") == [()]
    assert [row["room"] for row in rows(sqlite_house)] == ["oak+elm"]
    assert take("elm", "11:00", "12:00") == [("clash",)]
    assert take("oak+nowhere", "13:00", "14:00") == take("oak+", "13:00", "14:00") == [("Room not found",)]


def test_only_what_touches_the_window_and_is_in_the_rooms_named(sqlite_house: House) -> None:
    sqlite_house.book("11:00", "12:00")
    sqlite_house.book("14:00", "15:00", title="Later")
    sqlite_house.book("14:00", "15:00", room="elm")
    assert [row["title"] for row in rows(sqlite_house, "oak", window=span("13:00", "18:00"))] == ["Later"]
    with pytest.raises(Unknown):
        rows(sqlite_house, "ash")


def test_who_manages_a_room_exports_that_room_and_who_manages_none_nothing(sqlite_house: House) -> None:
    people = cast(sqlite_house)
    sqlite_house.book("11:00", "12:00")
    sqlite_house.book("11:00", "12:00", room="elm")
    assert [row["room"] for row in rows(sqlite_house, by=people["manage"].actor)] == ["oak"]
    with pytest.raises(Barred):
        rows(sqlite_house, by=people["book"].actor)


def test_progress_is_told_by_rooms(sqlite_house: House) -> None:
    sqlite_house.engine.rooms.add(room("ash"), CLI)
    told: list[tuple[int, int]] = []
    list(sqlite_house.engine.exports.bookings(CLI, None, progress=lambda done, of: told.append((done, of))))
    assert told == [(1, 3), (2, 3), (3, 3)]
