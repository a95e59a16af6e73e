"""Workbooks that are sent while they are made: what comes out is what went in, at once and in little memory."""

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from server.engine.table_stream import xlsx_stream
from server.engine.tables import Cell, Column, fitting, xlsx_bytes

COLUMNS = (
    Column("name", "Name"), Column("many", "Many", "count"), Column("hours", "Hours", "hours"),
    Column("share", "Share", "share"), Column("day", "Day", "day"), Column("at", "At", "moment"),
    Column("here", "Here", "flag"),
)  # fmt: skip
ROW: tuple[Cell, ...] = ("Oak — é", 3, 1.5, 0.25, date(2026, 6, 15), datetime(2026, 6, 15, 10, 30), True)
NAMES = (Column("a", "A"), Column("b", "B"))
NASTY = st.text(st.sampled_from("=+-@\t\n\"', <>&;r/\uff1d\u00a0\u200bA1é\ud800\uffff_x0041_"), max_size=12)


def opened(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data))


def test_cells_are_what_they_were_and_look_as_in_a_workbook_that_is_made_whole() -> None:
    found, whole = opened(b"".join(xlsx_stream(COLUMNS, [ROW]))), opened(b"".join(xlsx_bytes(COLUMNS, [ROW])))
    for row, other in zip(found.active.iter_rows(), whole.active.iter_rows(), strict=True):
        assert [(it.value, it.number_format) for it in row] == [(it.value, it.number_format) for it in other]
    assert found.active["E2"].value == datetime(2026, 6, 15)
    assert found.active["F2"].is_date
    assert found.active.freeze_panes == whole.active.freeze_panes == "A2"
    assert found.active.auto_filter.ref == whole.active.auto_filter.ref == "A1:G2"
    assert found.active.column_dimensions["A"].width == whole.active.column_dimensions["A"].width


def test_the_first_bytes_leave_before_the_first_row_is_read() -> None:
    def rows() -> Iterator[tuple[Cell, ...]]:
        raise AssertionError("a row was asked for")
        yield ROW

    assert next(xlsx_stream(COLUMNS, rows())).startswith(b"PK")


def test_a_sheet_that_is_full_is_followed_by_another_and_no_empty_one() -> None:
    for count, sheets in ((0, [1]), (10, [11]), (11, [11, 2]), (20, [11, 11]), (25, [11, 11, 6])):
        book = opened(b"".join(xlsx_stream(NAMES, [(it, "x") for it in range(count)], most=11)))
        assert [it.max_row for it in book.worksheets] == sheets
        told = [row[0] for it in book.worksheets for row in it.iter_rows(min_row=2, values_only=True)]
        assert [it for it in told if it is not None] == list(range(count))
        assert [it.auto_filter.ref for it in book.worksheets] == [f"A1:B{it}" for it in sheets]


@settings(max_examples=60)
@given(st.lists(st.tuples(NASTY, NASTY), max_size=4))
def test_text_is_text_whatever_it_is(rows: list[tuple[str, str]]) -> None:
    sheet = opened(b"".join(xlsx_stream(NAMES, rows))).active
    for number, row in enumerate(rows, 2):
        for column, text in enumerate(row, 1):
            cell = sheet.cell(number, column)
            assert cell.data_type in ("s", "inlineStr", "n")
            assert (cell.value or "").replace("_x005F_", "_") == fitting(text)


def test_what_xml_cannot_hold_and_figures_that_are_none_break_nothing() -> None:
    rows: list[tuple[Cell, ...]] = [("a\x00\x01\x1f\r", None), ("x" * 40_000, float("nan")), ("", float("inf"))]
    sheet = opened(b"".join(xlsx_stream(NAMES, rows))).active
    assert sheet["A2"].value == "a_x0000__x0001__x001F__x000D_"
    assert len(sheet["A3"].value) == 32_767
    assert [sheet["B3"].value, sheet["B4"].value] == ["#NUM!", "#NUM!"]


def test_the_same_rows_are_the_same_file_and_each_part_is_whole() -> None:
    first, second = (b"".join(xlsx_stream(COLUMNS, [ROW] * 5)) for _ in range(2))
    assert first == second
    assert zipfile.ZipFile(io.BytesIO(first)).testzip() is None


def test_memory_stays_the_same_however_many_rows() -> None:
    def peak(count: int) -> int:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        for _ in xlsx_stream(COLUMNS, (ROW for _ in range(count))):
            pass
        return tracemalloc.get_traced_memory()[1] - before

    for _ in xlsx_stream(COLUMNS, [ROW]):
        pass
    tracemalloc.start()
    try:
        few, many = peak(500), peak(8_000)
    finally:
        tracemalloc.stop()
    assert many < few + 512 * 1024
