"""Tables as files: what comes out is what went in, with its kind, and no text is ever run."""

import csv
import io
import tracemalloc
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.engine import tables
from server.engine.tables import Cell, Column, csv_bytes, safe, serial, write_xlsx, xlsx_bytes

COLUMNS = (
    Column("name", "Name"), Column("many", "Many", "count"), Column("hours", "Hours", "hours"),
    Column("share", "Share", "share"), Column("day", "Day", "day"), Column("at", "At", "moment"),
    Column("here", "Here", "flag"),
)  # fmt: skip
ROW: tuple[Cell, ...] = ("Oak", 3, 1.5, 0.25, date(2026, 6, 15), datetime(2026, 6, 15, 10, 30), True)
NASTY = st.text(
    st.sampled_from("=+-@\t\r\n\x00\"', ;<>r/\uff1d\uff0b\uff0d\uff20\ufe63\u00a0\u3000\u200b\ufeffA1é\ud800\uffff"),
    max_size=12,
)
NAMES = (Column("a", "A"), Column("b", "B"))


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def opened(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data))


def test_csv_is_what_the_standard_says() -> None:
    data = b"".join(csv_bytes(NAMES, [('say "hi"', "a,b"), ("two\r\nlines", None)]))
    assert data == b'A,B\r\n"say ""hi""","a,b"\r\n"two\r\nlines",\r\n'
    assert b"".join(csv_bytes(NAMES, [], bom=True)) == b"\xef\xbb\xbfA,B\r\n"


def test_csv_writes_days_times_and_shares_so_that_programs_read_them() -> None:
    assert read(b"".join(csv_bytes(COLUMNS, [ROW])))[1] == [
        "Oak", "3", "1.50", "0.2500", "2026-06-15", "2026-06-15 10:30:00", "yes",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\x00=1", "  =1", "\u3000=1", "\u200b=1", "\ufeff=1", "\uff1d1",
     "\uff20x", "\ufe631"],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_has_an_apostrophe_before_it(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Oak", "a=b", "2 + 2", "'=1", "(-1)", "ö", "  Oak"])
def test_what_is_harmless_stays_as_it_is(cell: str) -> None:
    assert safe(cell) == cell


@settings(max_examples=150)
@given(st.lists(st.tuples(NASTY | st.text(max_size=20), NASTY), max_size=5))
def test_no_cell_of_a_csv_begins_as_a_formula_and_all_text_comes_back(rows: list[tuple[str, str]]) -> None:
    found = read(b"".join(csv_bytes(NAMES, rows)))[1:]
    assert len(found) == len(rows)
    for line, row in zip(found, rows, strict=True):
        for cell, was in zip(line, row, strict=True):
            visible = [it for it in cell if not it.isspace() and unicodedata.category(it) not in ("Cf", "Cc", "Zs")]
            first = unicodedata.normalize("NFKC", visible[0])[0] if visible else "x"
            assert first not in "=+-@"
            assert cell[:1] not in ("\t", "\r", "\x00")
            assert cell in (sane(was), "'" + sane(was))


def sane(text: str) -> str:
    """The text as it can be written as UTF-8."""
    return text.encode("utf-8", "replace").decode()


def test_a_workbook_has_each_cell_as_what_it_is(tmp_path: Path) -> None:
    page = opened(b"".join(xlsx_bytes(COLUMNS, [ROW, (None,) * 7], folder=tmp_path)))["Lintel"]
    cells = [page.cell(2, place) for place in range(1, 8)]
    assert [it.data_type for it in cells] == ["s", "n", "n", "n", "d", "d", "b"]
    assert [it.value for it in cells] == [
        "Oak", 3, 1.5, 0.25, datetime(2026, 6, 15), datetime(2026, 6, 15, 10, 30), True,
    ]  # fmt: skip
    assert [it.number_format for it in cells[1:6]] == ["#,##0", "#,##0.0", "0.0%", "yyyy-mm-dd", "yyyy-mm-dd hh:mm"]
    assert (page.freeze_panes, page.auto_filter.ref) == ("A2", "A1:G3")
    assert page.column_dimensions["A"].width > page.column_dimensions["B"].width
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=40)
@given(rows=st.lists(st.tuples(NASTY, st.text(max_size=20)), max_size=6))
def test_no_text_in_a_workbook_is_a_formula_or_a_link(rows: list[tuple[str, str]]) -> None:
    page = opened(b"".join(xlsx_bytes(NAMES, rows)))["Lintel"]
    for number, row in enumerate(rows, 2):
        for place, was in enumerate(row, 1):
            cell = page.cell(number, place)
            assert cell.hyperlink is None
            assert cell.data_type == ("s" if was else "n")
            assert (cell.value is None) == (was == "")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "{=1}", "https://example.org", "mailto:a@b.c", "internal:Sheet1!A1", "007", "1e5", "<r><t>x</t></r>",
     "TRUE", "#N/A"],
)  # fmt: skip
def test_nothing_is_guessed_from_a_text(text: str) -> None:
    cell = opened(b"".join(xlsx_bytes((Column("a", "A"),), [(text,)])))["Lintel"].cell(2, 1)
    assert (cell.data_type, cell.value.strip(), cell.hyperlink) == ("s", text, None)


def test_a_text_that_no_cell_holds_is_cut_and_no_row_is_lost(tmp_path: Path) -> None:
    page = opened(b"".join(xlsx_bytes(NAMES, [("x" * 40_000, "y"), ("\ud800\uffff", "z")])))["Lintel"]
    assert len(page.cell(2, 1).value) == tables.LONGEST
    assert [page.cell(3, 1).value, page.cell(3, 2).value] == ["?\ufffd", "z"]


def test_a_sheet_that_is_full_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SHEET_ROWS", 4)
    assert write_xlsx(tmp_path / "t.xlsx", NAMES, [(str(n), "x") for n in range(7)]) == 7
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert [[row[0].value for row in page.iter_rows(min_row=2)] for page in book] == [
        ["0", "1", "2"], ["3", "4", "5"], ["6"],
    ]  # fmt: skip
    assert [page.cell(1, 1).value for page in book] == ["A"] * 3


def test_a_table_without_rows_is_a_file_with_its_header(tmp_path: Path) -> None:
    page = opened(b"".join(xlsx_bytes(NAMES, [])))["Lintel"]
    assert [cell.value for cell in page[1]] == ["A", "B"]


@given(st.datetimes(datetime(1900, 3, 1), datetime(9998, 1, 1)).map(lambda it: it.replace(microsecond=0)))
def test_an_instant_in_a_workbook_is_the_one_that_went_in(at: datetime) -> None:
    found = openpyxl.utils.datetime.from_excel(serial(at))
    assert abs((found - at).total_seconds()) < 1


def test_a_long_table_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    def rows(many: int) -> Iterator[tuple[Cell, ...]]:
        return (("Oak", n, 1.5, 0.25, date(2026, 6, 15), datetime(2026, 6, 15, 10, 30), True) for n in range(many))

    def most(many: int) -> int:
        tracemalloc.start()
        for _ in csv_bytes(COLUMNS, rows(many)):
            pass
        write_xlsx(tmp_path / "t.xlsx", COLUMNS, rows(many))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    short = most(500)
    assert most(3_000) < short * 1.2 + 300_000
