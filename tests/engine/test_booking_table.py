"""Bookings as rows, in pages and in the order of their start; and the report on one page."""

from datetime import timedelta
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.engine import engine_of
from server.engine.booking_table import COLUMNS, BookingTable
from server.engine.figures import Figures
from server.engine.report_page import page
from server.engine.reports_scope import Choice
from server.store.database import Tx
from tests import make
from tests.make import MONDAY, House, at

TODAY = Choice(MONDAY, MONDAY)
WEEK = Choice(MONDAY, MONDAY + timedelta(days=6))


def test_bookings_are_a_row_each_in_the_wall_time_of_their_room(house: House) -> None:
    house.book("11:00", "12:30", title="=Planning")
    house.book(at("09:00", 1), at("09:30", 1), room="elm")
    house.book(at("09:00", 9), at("09:30", 9), room="elm")
    table = BookingTable(house.engine.figures)
    seen: list[int] = []
    rows = [
        dict(zip((it.name for it in COLUMNS), row, strict=True)) for row in table.rows(CLI, WEEK, progress=seen.append)
    ]
    assert (table.many(CLI, WEEK), seen) == (2, [2])
    assert [(row["room"], str(row["starts"]), row["minutes"]) for row in rows] == [
        ("oak", "2026-06-15 11:00:00", 90.0), ("elm", "2026-06-16 09:00:00", 30.0),
    ]  # fmt: skip
    assert rows[0]["title"] == "=Planning"


def test_an_export_is_read_in_pages_and_misses_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.engine.booking_table.PAGE", 3)
    for number in range(7):
        house.book(f"{11 + number}:00", f"{12 + number}:00", room="oak")
        house.book(f"{11 + number}:00", f"{12 + number}:00", room="elm")
    rows = list(BookingTable(house.engine.figures).rows(CLI, TODAY))
    assert len({row[-2] for row in rows}) == len(rows) == 14


def test_pages_are_read_in_the_order_of_the_index(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, plans = Tx.rows, []

    def explained(tx: Tx, sql: str, params: Any = ()) -> Any:
        if "ORDER BY o.starts" in sql:
            how = "EXPLAIN " if tx.postgres else "EXPLAIN QUERY PLAN "
            plans.append("\n".join(str(row[-1]) for row in rows(tx, how + sql, params)))
        return rows(tx, sql, params)

    house.book("11:00", "12:00")
    monkeypatch.setattr(Tx, "rows", explained)
    house.engine.figures.table(CLI, "usage", TODAY)
    list(BookingTable(house.engine.figures).rows(CLI, TODAY))
    assert len(plans) == 2
    for plan in plans:
        assert "occurrence_starts" in plan
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan


def test_of_a_booking_that_is_also_in_somebody_elses_room_no_names_are_told(house: House) -> None:
    house.engine.bookings.book(make.ask("11:00", "12:00", title="Salary talk"), house.alice)
    both = house.engine.bookings.book(
        make.replace(make.ask("13:00", "14:00", title="Salary talk"), rooms=("oak", "elm")), house.alice
    )
    narrow = Actor("token:9", "admin", frozenset({house.elm.number}), "roomvox")
    (row,) = BookingTable(house.engine.figures).rows(narrow, TODAY)
    assert both.uid in row
    assert "Salary talk" not in row


def test_the_page_has_every_picture_and_no_script_and_escapes_names(house: House) -> None:
    house.engine.rooms.change("oak", CLI, name="<b>Oak</b> & 'co'")
    house.book("11:00", "12:00")
    text = page(house.engine.figures, CLI, WEEK, house="<i>House</i>")
    assert text.count("<svg") >= 5
    assert "<script" not in text.lower()
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "<b>" not in text
    assert "<i>" not in text
    assert "&lt;b&gt;Oak&lt;/b&gt; &amp; &#x27;co&#x27;" in text


def test_a_house_that_asks_nobody_to_check_in_has_no_picture_and_no_share_of_who_came(house: House) -> None:
    house.book("11:00", "12:00")
    text = page(house.engine.figures, CLI, WEEK)
    assert "no room asked people to check in" in text
    assert "Bookings by whether people came" not in text
    assert "– %" not in text
    assert text.count("Room by room") == 1


def test_the_page_of_a_house_without_rooms_is_a_page(fresh_sqlite: str) -> None:
    with make.opened(fresh_sqlite) as store:
        make.prepare(store, make.Clock())
        figures: Figures = engine_of(store, make.Clock()).figures
        assert "<svg" in page(figures, CLI, Choice())
