"""Tables as files: rows in, CSV or XLSX out, in little memory however many there are.

Decisions:
- A cell is a Python value and its column says what it is, so a date is a date in the spreadsheet and a sum can be
  taken. Times are wall times of the room; there is no zone in a cell.
- Text that somebody typed is never a formula. In CSV an apostrophe is put before what a spreadsheet would run, also
  where blanks or full-width signs hide it; in XLSX text is written as text and nothing is guessed from it.
- XlsxWriter keeps one row at a time; what it has written lies in the given folder until the file is put together.
"""

import csv
import io
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Kind = Literal["text", "count", "hours", "minutes", "share", "day", "moment", "flag"]
Cell = str | int | float | date | datetime | bool | None
FORMATS: dict[Kind, str] = {
    "count": "#,##0", "hours": "#,##0.0", "minutes": "#,##0", "share": "0.0%", "day": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
}  # fmt: skip
WIDTHS: dict[Kind, int] = {"text": 24, "day": 12, "moment": 17}
NARROW = 10
FORMULA = frozenset("=+-@\t\r\x00")
PIECE = 64 * 1024
LONGEST = 32_767
"""Characters that a cell of a spreadsheet holds."""
SHEET_ROWS = 1_048_576
"""Rows of a sheet, its header among them."""
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name for machines, its title for people, what its cells are.

    hours: decimal; share: 1 is all; day and moment: wall time; flag: yes or no. Width in characters, 0: by its kind.
    """

    name: str
    title: str
    kind: Kind = "text"
    width: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A report: its name and title, the local days it is about (both included), its columns and rows.

    `notes` are sentences that belong to the figures.
    """

    name: str
    title: str
    since: date
    until: date
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    def dicts(self) -> list[dict[str, Cell]]:
        """The rows with the columns' names; days and moments in ISO 8601."""
        names = [column.name for column in self.columns]
        return [
            {name: it.isoformat() if isinstance(it, date) else it for name, it in zip(names, row, strict=True)}
            for row in self.rows
        ]


def safe(text: str) -> str:
    """The text as no spreadsheet takes it for a formula."""
    return "'" + text if runs(text) else text


def runs(text: str) -> bool:
    """Whether a spreadsheet takes the text for a formula."""
    if not text or (text[0].isalnum() and text[0].isascii()):
        return False
    return _sign(text) in FORMULA


def _sign(text: str) -> str:
    """The sign that the text begins with for a reader that overlooks blanks and marks that are not seen."""
    for char in text:
        if char in "\t\r\x00":
            return char
        if not char.isspace() and unicodedata.category(char) not in ("Cf", "Cc", "Zs"):
            return unicodedata.normalize("NFKC", char)[0]
    return ""


def csv_bytes(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, bom: bool = False) -> Iterator[bytes]:
    """The table as CSV by RFC 4180 (comma, CR LF, UTF-8) in pieces of about 64 KiB, its header at once.

    `bom`: for spreadsheets.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([safe(column.title) for column in columns])
    yield (BOM if bom else b"") + _taken(out)
    texts = [_TEXTS.get(column.kind, _plain) for column in columns]
    for row in rows:
        writer.writerow(["" if it is None else say(it) for say, it in zip(texts, row, strict=True)])
        if out.tell() >= PIECE:
            yield _taken(out)
    yield _taken(out)


def _taken(out: io.StringIO) -> bytes:
    """What was written since this was last asked."""
    data = out.getvalue().encode("utf-8", "replace")
    out.seek(0)
    out.truncate()
    return data


def _plain(it: Any) -> str:
    return safe(it) if isinstance(it, str) else str(it)


def _moment(it: datetime) -> str:
    return it.isoformat(" ", "seconds")  # always: who reads a column by one pattern must find it in each row


def _flag(it: bool) -> str:
    return "yes" if it else "no"


_TEXTS: dict[Kind, Callable[[Any], str]] = {
    "hours": "{:.2f}".format,
    "share": "{:.4f}".format,
    "moment": _moment,
    "flag": _flag,
}


def xlsx_bytes(
    columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, folder: Path | None = None, sheet: str = "Lintel"
) -> Iterator[bytes]:
    """The table as a workbook in pieces; further sheets where one is full. `folder` holds what is being written."""
    with tempfile.TemporaryDirectory(prefix="lintel-table-", dir=folder) as place:
        path = Path(place) / "table.xlsx"
        write_xlsx(path, columns, rows, sheet=sheet)
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


def write_xlsx(path: Path, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, sheet: str = "Lintel") -> int:
    """Writes the workbook beside where it shall be; returns how many rows it has. Raises OSError."""
    from xlsxwriter.exceptions import FileCreateError  # 10 MiB that only who writes a workbook needs

    try:
        return _write_xlsx(path, columns, rows, sheet)
    except FileCreateError as error:  # the library's own, around what the system said
        raise error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError(str(error)) from error


def _write_xlsx(path: Path, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], sheet: str) -> int:
    import xlsxwriter

    told = {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_formulas": False,
            "strings_to_urls": False, "strings_to_numbers": False, "nan_inf_to_errors": True}  # fmt: skip
    with xlsxwriter.Workbook(str(path), told) as book:
        formats, head = looks(book)
        count, number, page = 0, 0, None
        for row in rows:
            if page is None or number == SHEET_ROWS - 1:
                finish_sheet(page, columns, number)
                page, number = add_sheet(book, sheet, columns, head), 0
            number += 1
            count += 1
            _row(page, number, columns, row, formats)
        finish_sheet(page or add_sheet(book, sheet, columns, head), columns, number)
    return count


def looks(book: "Workbook") -> "tuple[dict[Kind, Format], Format]":
    """How cells of each kind look, and how the header does."""
    # Not the moment of writing: the same figures are the same file.
    book.set_properties({"created": datetime(2000, 1, 1)})
    formats = {kind: book.add_format({"num_format": form}) for kind, form in FORMATS.items()}
    return formats, book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})


def add_sheet(book: "Workbook", name: str, columns: Sequence[Column], head: "Format") -> "Worksheet":
    """A further sheet with its header and nothing else."""
    there = len(book.worksheets())
    page = book.add_worksheet(name[:25] if not there else f"{name[:25]} {there + 1}")
    for at, column in enumerate(columns):
        wide = column.width or max(WIDTHS.get(column.kind, NARROW), min(len(column.title) + 2, 18))
        page.set_column(at, at, wide)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_landscape()
    for at, column in enumerate(columns):
        page.write_string(0, at, column.title, head)
    return page


def finish_sheet(page: "Worksheet | None", columns: Sequence[Column], rows: int) -> None:
    """Lays the filter over the sheet's rows."""
    if page is not None and columns:
        page.autofilter(0, 0, rows, len(columns) - 1)


def _row(
    page: "Worksheet", at: int, columns: Sequence[Column], row: Sequence[Cell], formats: "dict[Kind, Format]"
) -> None:
    for place, (column, it) in enumerate(zip(columns, row, strict=True)):
        if it is None or it == "":
            continue
        if isinstance(it, str):
            page.write_string(at, place, cell_text(it))
        elif isinstance(it, bool):
            page.write_boolean(at, place, it)
        elif isinstance(it, date):
            page.write_number(at, place, serial(it), formats.get(column.kind))
        else:
            page.write_number(at, place, it, formats.get(column.kind))


def cell_text(text: str) -> str:
    """The text as a cell can hold it: no lone surrogates, no more than fits.

    XlsxWriter takes a text between these two marks for its own rich text and writes it as it is, so a blank is added.
    """
    text = fitting(text)
    return text[: LONGEST - 1] + " " if text.startswith("<r>") and text.endswith("</r>") else text


def fitting(text: str) -> str:
    """As much of the text as XML and a cell can hold."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
        text = text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")  # XML knows no such characters
    return text[:LONGEST]


_FIRST = date(1899, 12, 30).toordinal()


def serial(it: date) -> float:
    """The day of the spreadsheet's calendar, the time as its fraction. Right from March 1900 on."""
    days = it.toordinal() - _FIRST
    at = it.time() if isinstance(it, datetime) else time()
    return days + (at.hour * 3600 + at.minute * 60 + at.second) / 86_400
