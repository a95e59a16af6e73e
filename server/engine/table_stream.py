"""A table as a workbook that is sent while it is made: the first bytes leave before the first row is read.

Decisions:
- XlsxWriter puts a workbook together only when all of it is known (its author says that it will not do otherwise), and
  no library that is kept up streams one. So XlsxWriter makes the frame with all that is difficult (styles, header,
  panes, relations), and what is written here are only the rows between, into the standard library's `zipfile`, which
  can write to what cannot be wound back.
- Parts whose content depends on what came (which sheets there are, their filters) follow the rows: their order in the
  file is free.
- Nothing lies on the disk and nothing is kept but some rows and what the packer holds.
"""

import io
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from server.engine.tables import PIECE, SHEET_ROWS, Cell, Column, Kind, add_sheet, finish_sheet, fitting, looks, serial

SHEET_BYTES = 1 << 30
"""So much of a sheet's XML at most: a zip file without 64-bit sizes holds twice that."""
BATCH = 200
"""Rows that are handed to the packer at once."""
LEVEL = 3
WHEN = (2000, 1, 1, 0, 0, 0)
_PARTS = re.compile(rb"^(.*?<sheetData>.*?</row>)(.*)(</sheetData>.*)$", re.DOTALL)
_DIMENSION = re.compile(rb"<dimension [^>]*/>")
_SAMPLE = re.compile(r'<c r="([A-Z]+)2"( s="\d+")?')
_ODD = re.compile("[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")


def xlsx_stream(
    columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, sheet: str = "Lintel", most: int = SHEET_ROWS
) -> Iterator[bytes]:
    """The workbook in pieces of about 64 KiB, the first one at once. `most`: rows of a sheet, its header among them."""
    sink, counts, body = _Sink(), list[int](), _Body(columns, rows)
    with zipfile.ZipFile(_binary(sink), "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        while not body.over:
            frame = _frame(columns, sheet, [*counts, 1])
            with archive.open(_part(f"xl/worksheets/sheet{len(counts) + 1}.xml"), "w") as part:
                part.write(frame.head)
                yield sink.take()
                counts.append(0)
                for count, data in body.batches(frame.cells, most - 1):
                    part.write(data)
                    counts[-1] += count
                    if sink.size >= PIECE:
                        yield sink.take()
                frame = _frame(columns, sheet, counts)
                part.write(frame.tail)
        for name, data in frame.others.items():
            archive.writestr(_part(name), data)
    yield sink.take()


class _Sink:
    """What the packer writes to; it cannot be wound back."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back here."""

    def take(self) -> bytes:
        """What was written since this was last asked."""
        taken, self._parts, self.size = b"".join(self._parts), [], 0
        return taken


def _binary(sink: _Sink) -> Any:
    """The sink as zipfile's types want it: it asks for no more than `write` and `flush` where that is all there is."""
    return sink


def _part(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, WHEN)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


class _Body:
    """The rows as XML, from sheet to sheet."""

    def __init__(self, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> None:
        self._writers = [_WRITERS.get(column.kind, _plain) for column in columns]
        self._rows = iter(rows)
        self._next: Sequence[Cell] | None = None
        self.over = False

    def batches(self, cells: Sequence[tuple[str, str]], most: int) -> Iterator[tuple[int, bytes]]:
        """Some rows at a time, how many and their XML, until the sheet is full; `over` once there are no more."""
        written, size = 0, 0
        while not self.over and written < most and size < SHEET_BYTES:
            out = list[str]()
            while len(out) < min(BATCH, most - written) and (row := self._take()) is not None:
                out.append(self._row(row, written + len(out) + 2, cells))
            written += len(out)
            data = "".join(out).encode()
            size += len(data)
            yield len(out), data
            self._next = self._take()
            self.over = self._next is None

    def _take(self) -> Sequence[Cell] | None:
        row, self._next = self._next, None
        return row if row is not None else next(self._rows, None)

    def _row(self, row: Sequence[Cell], at: int, cells: Sequence[tuple[str, str]]) -> str:
        told = [
            f'<c r="{letters}{at}"{style}{say(it)}</c>'
            for (letters, style), say, it in zip(cells, self._writers, row, strict=True)
            if it is not None and it != ""
        ]
        return f'<row r="{at}">{"".join(told)}</row>'


def _text(it: str) -> str:
    text = fitting(it)
    if _ODD.search(text):  # as spreadsheets write what XML cannot
        text = _ODD.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f' t="inlineStr"><is><t xml:space="preserve">{text}</t></is>'


def _plain(it: Any) -> str:
    if isinstance(it, str):
        return _text(it)
    if isinstance(it, bool):
        return f' t="b"><v>{int(it)}</v>'
    return f"><v>{it!r}</v>" if math.isfinite(it) else ' t="e"><v>#NUM!</v>'


def _moment(it: Any) -> str:
    return _text(it) if isinstance(it, str) else f"><v>{serial(it):.16g}</v>"


_WRITERS: dict[Kind, Callable[[Any], str]] = {"day": _moment, "moment": _moment}


@dataclass(frozen=True, slots=True)
class _Frame:
    """A workbook's parts but for its sheets, and of the last of these what stands before and after the rows.

    `cells`: of each column the letters, and the attribute that says how its cells look.
    """

    others: dict[str, bytes]
    head: bytes
    tail: bytes
    cells: tuple[tuple[str, str], ...]


def _frame(columns: Sequence[Column], name: str, counts: Sequence[int]) -> _Frame:
    """The frame of a workbook whose sheets have so many rows each; a sample row in each tells how its cells look."""
    import xlsxwriter  # 10 MiB that only who writes a workbook needs

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        formats, head = looks(book)
        for count in counts:
            page = add_sheet(book, name, columns, head)
            for at, column in enumerate(columns):
                page.write_number(1, at, 0, formats.get(column.kind))
            finish_sheet(page, columns, count)
    last = f"xl/worksheets/sheet{len(counts)}.xml"
    with zipfile.ZipFile(out) as archive:
        others = {it: archive.read(it) for it in archive.namelist() if not it.startswith("xl/worksheets/sheet")}
        found = _PARTS.match(_DIMENSION.sub(b"", archive.read(last)))  # how far it reaches nobody knows yet
    if found is None:
        raise RuntimeError("XlsxWriter writes its sheets otherwise than this knows")
    cells = tuple((it[1], it[2] or "") for it in _SAMPLE.finditer(found[2].decode()))
    return _Frame(others, found[1], found[3], cells)
