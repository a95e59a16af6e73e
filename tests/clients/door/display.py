"""A door display over Indico's export: what is in a room now, and what comes next.

`python -m tests.clients.door.display http://127.0.0.1:8080 Main 1 KEY [SECRET]` looks every ten seconds.
"""

import sys
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.clients.door.export import Export, read

WINDOW = {
    "detail": "reservations", "from": "today", "to": "1d", "occurrences": "yes", "cancelled": "no", "rejected": "no"
}  # fmt: skip


class Time(NamedTuple):
    """When a room is taken, and what for."""

    starts: datetime
    ends: datetime
    reason: str
    host: str
    sure: bool


class Display:
    """Before one door. It keeps what it was told last, and asks whether there is anything new."""

    def __init__(self, export: Export, location: str, room: int) -> None:
        self.export, self.path = export, f"/export/room/{location}/{room}.json"
        self.name, self.times, self.tag = "", [], ""  # type: str, list[Time], str

    def poll(self) -> bool:
        """Asks; whether there was anything new."""
        answer = self.export.get(self.path, WINDOW, headers={"If-None-Match": self.tag} if self.tag else None)
        if answer.status_code == 304:
            return False
        [room] = read(answer)["results"]
        self.name, self.times, self.tag = room["name"], sorted(times(room)), answer.headers.get("ETag", "")
        return True

    def shows(self, at: datetime) -> str:
        """Its two lines at an instant."""
        now = next((it for it in self.times if it.starts <= at < it.ends), None)
        then = next((it for it in self.times if it.starts > at), None)
        first = f"{self.name}: {worded(now)} until {now.ends:%H:%M}" if now else f"{self.name}: free"
        return f"{first}\nnext: {then.starts:%H:%M} {worded(then)}" if then else f"{first}\nnothing else"


def times(room: Any) -> Iterator[Time]:
    """The dates of a room's reservations, of a series each that takes place."""
    for it in room["reservations"]:
        for date in it["occurrences"]:
            if not (date["is_cancelled"] or date["is_rejected"]):
                host = it["bookedForName"] or ""
                yield Time(at(date["startDT"]), at(date["endDT"]), it["reason"], host, it["isValid"])


def worded(it: Time) -> str:
    """What for, and by whom, as far as it is told."""
    text = it.reason or "booked"
    text = f"{text} ({it.host})" if it.host else text
    return text if it.sure else f"{text}?"


def at(told: dict[str, str]) -> datetime:
    """Date, time and zone as an instant."""
    return datetime.fromisoformat(f"{told['date']}T{told['time']}").replace(tzinfo=ZoneInfo(told["tz"]))


if __name__ == "__main__":
    base, location, number, *key = sys.argv[1:]
    display = Display(Export(base, *key), location, int(number))
    while True:
        new = display.poll()
        print(f"{datetime.now():%H:%M:%S} {'new' if new else 'same'}\n{display.shows(datetime.now().astimezone())}\n")
        time.sleep(10)
