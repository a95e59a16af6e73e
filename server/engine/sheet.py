"""Reading a CSV file that a person made: encoding, delimiter, header, limits, and lines to point at.

Refused as a whole: what is no UTF-8, has no header, is too large. A first line
like `sep=;` is for spreadsheets and no header. Cells are kept as they are, except that
an apostrophe that our export put before a formula sign is taken off again.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.core.errors import Invalid
from server.engine.tables import runs

LARGEST = 5 * 1024 * 1024
ROWS = 20_000
COLUMNS = 200
UNREADABLE = "Empty or unreadable file"
SEPARATOR = re.compile("sep=([,;\t]?)", re.IGNORECASE)
"""A first line that only tells the delimiter, as some programs write for Excel; a tab at its end has been stripped."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file under its header: `cells` by lower-case column name, `problem` where it can't be read."""

    line: int
    cells: dict[str, str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file: its columns as written, and its rows (empty lines left out)."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read(data: bytes, *, most: int = ROWS) -> Sheet:
    """The file's rows, `most` of them; Invalid({"file": why}) where it is none that can be read."""
    if len(data) > LARGEST:
        raise Invalid({"file": "File too large (max 5MB)"})
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid({"file": "must be UTF-8 (in Excel: save as CSV UTF-8)"}) from None
    header, _, _ = text.partition("\n")
    if not header.strip():
        raise Invalid({"file": UNREADABLE})
    told = SEPARATOR.fullmatch(header.strip())
    delimiter = (told[1] or "\t") if told else _delimiter(header)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        if told:
            next(lines)
        columns = tuple(cell.strip() for cell in next(lines, ()))
        _check(columns)
        return Sheet(columns, tuple(_rows(lines, columns, most)))
    except csv.Error as error:
        raise Invalid({"file": f"line {lines.line_num}: {error}"}) from None


def write(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV (comma, LF), cells that a spreadsheet would run as formulas escaped by an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_escaped(cell) for cell in row] for row in rows)
    return out.getvalue()


def _delimiter(header: str) -> str:
    bare = "".join(header.split('"')[::2])  # what stands outside quotes
    return max((",", ";", "\t"), key=bare.count)


def _check(columns: tuple[str, ...]) -> None:
    names = [name.lower() for name in columns if name]
    if not names:
        raise Invalid({"file": UNREADABLE})
    if len(columns) > COLUMNS:
        raise Invalid({"file": f"has more than {COLUMNS} columns"})
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Invalid({"file": f"has the column {twice[:40]} twice"})


def _rows(lines: Iterable[list[str]], columns: tuple[str, ...], most: int) -> Iterable[Row]:
    names = [name.lower() for name in columns]
    count, begins = 0, getattr(lines, "line_num", 1) + 1
    for cells in lines:
        line, begins = begins, getattr(lines, "line_num", begins) + 1
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        if count > most:
            raise Invalid({"file": f"has more than {most} rows"})
        found = {name: _bare(cell.strip()).strip() for name, cell in zip(names, cells, strict=False) if name}
        yield Row(line, found, "More cells than columns" if len(cells) > len(names) else "")


def _escaped(cell: str) -> str:
    # Also where apostrophes stand before the sign: so `_bare` gives back just what was there.
    return "'" + cell if runs(cell.lstrip("'")) else cell


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and runs(cell.lstrip("'")) else cell
