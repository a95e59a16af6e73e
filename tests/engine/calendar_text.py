"""Calendar files as the tests write them: a few lines, with what every event needs filled in; and read at once."""

from datetime import datetime, timedelta

from server.engine.calendar_files import reader, worker
from server.engine.calendar_files.worker import Found


def here(data: bytes, now: datetime, horizon: timedelta, room: str) -> Found:
    """Stands in for `worker.read` without its process."""
    return worker._found("".join(f"{line}\n" for line in reader.answer(data, now, horizon, room)).encode())


def calendar(*parts: str) -> bytes:
    """A file of these components (or lines of its own)."""
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *parts, "END:VCALENDAR", ""]).encode()


def event(*lines: str, uid: str = "u", at: str = "20260617T090000", length: str = "PT1H", title: str = "Talk") -> str:
    """An event on Wednesday at nine in the room's zone, an hour long; `at` may bring parameters (";TZID=…:")."""
    start = f"DTSTART{at}" if at.startswith(";") else f"DTSTART:{at}"
    more = [f"DURATION:{length}"] if length else []
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{title}", start, *more, *lines, "END:VEVENT"])


def zone(tzid: str, *observances: str) -> str:
    """A VTIMEZONE."""
    return "\r\n".join(["BEGIN:VTIMEZONE", f"TZID:{tzid}", *observances, "END:VTIMEZONE"])


def observance(kind: str, start: str, offsets: str, *lines: str) -> str:
    """A STANDARD or DAYLIGHT; `offsets` are from and to: "+0200 +0100"."""
    past, to = offsets.split()
    return "\r\n".join([f"BEGIN:{kind}", f"DTSTART:{start}", f"TZOFFSETFROM:{past}", f"TZOFFSETTO:{to}", *lines,
                        f"END:{kind}"])  # fmt: skip


SUMMER = observance("DAYLIGHT", "16010101T020000", "+0100 +0200", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3")
WINTER = observance("STANDARD", "16010101T030000", "+0200 +0100", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10")
