"""The outline of a calendar file: unpacked, unfolded, cut into components, its size checked. No value is read here."""

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from server.engine.calendar_files.limits import (
    LONGEST_LINE,
    MOST_BYTES,
    MOST_COMPONENTS,
    MOST_NESTED,
    Unreadable,
)

FOLD = re.compile(rb"\r?\n[ \t]")
BOM = b"\xef\xbb\xbf"
TOO_LARGE = f"is larger than {MOST_BYTES // 1024 // 1024} MiB"
NOT_ICALENDAR = "is no iCalendar file"


@dataclass(slots=True)
class Component:
    """What stands between BEGIN and END: its own lines, unfolded, and the components in it."""

    name: str
    lines: list[str] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)


def outline(data: bytes) -> list[Component]:
    """The calendars of the file; most files have one. Raises Unreadable."""
    calendars: list[Component] = []
    opened: list[Component] = []
    seen = 0
    for line in _lines(unpacked(data)):
        word = line[:6].upper()
        if word == "BEGIN:":
            seen += 1
            opened.append(Component(line[6:].strip().upper()))
            if seen > MOST_COMPONENTS:
                raise Unreadable(f"has more than {MOST_COMPONENTS} components")
            if len(opened) > MOST_NESTED:
                raise Unreadable(f"is nested more than {MOST_NESTED} deep")
            if len(opened) == 1 and opened[0].name != "VCALENDAR":
                raise Unreadable(NOT_ICALENDAR)
        elif not opened:
            raise Unreadable(NOT_ICALENDAR)
        elif line[:4].upper() == "END:":
            done = opened.pop()
            if line[4:].strip().upper() != done.name:
                raise Unreadable("has a BEGIN without its END")
            (opened[-1].parts if opened else calendars).append(done)
        else:
            opened[-1].lines.append(line)
    if opened:
        raise Unreadable("ends in the middle")
    if not calendars:
        raise Unreadable("is empty" if not data.strip() else NOT_ICALENDAR)
    return calendars


def unpacked(data: bytes) -> bytes:
    """The text of a plain file, of one packed by gzip, or of the one calendar in a zip archive."""
    try:
        if data.startswith(b"\x1f\x8b"):
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                data = packed.read(MOST_BYTES + 1)
        elif data.startswith(b"PK\x03\x04"):
            data = _from_archive(data)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, ValueError) as error:
        raise Unreadable("is packed, and cannot be unpacked") from error
    if len(data) > MOST_BYTES:
        raise Unreadable(TOO_LARGE)
    return data


def _from_archive(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = [it for it in archive.infolist() if it.filename.lower().endswith(".ics")]
        if len(found) != 1:
            raise Unreadable("is an archive of none or several calendars; give them one by one")
        if found[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("the others cannot be unpacked piece by piece")
        with archive.open(found[0]) as member:
            return member.read(MOST_BYTES + 1)


def _lines(data: bytes) -> Iterator[str]:
    """The content lines, unfolded as bytes: some fold within a character. What is no UTF-8 becomes U+FFFD."""
    data = data.removeprefix(BOM)
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    for line in FOLD.sub(b"", data).split(b"\n"):
        if len(line) > LONGEST_LINE:
            raise Unreadable(f"has a line of more than {LONGEST_LINE // 1024} KiB")
        if line.strip():
            yield line.rstrip(b"\r").decode("utf-8", "replace")
