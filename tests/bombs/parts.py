"""What the corpus is built of: a calendar, events, zones, and the list that each bomb joins."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

MIB = 1024 * 1024
ROOM = 2 * MIB - 4096
"""What just fits."""


class Bomb(NamedTuple):
    """A file that is built when wanted, and what is to become of it.

    `dates`: how many it honestly asks for, where they are thousands: each is judged, and costs what any date costs.
    """

    build: Callable[[], bytes]
    outcome: str
    dates: int = 0


MADE: dict[str, Bomb] = {}


def bomb(outcome: str, *, dates: int = 0) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    """Adds a builder to the corpus under its own name."""

    def add(build: Callable[[], bytes]) -> Callable[[], bytes]:
        MADE[build.__name__.replace("_", "-")] = Bomb(build, outcome, dates)
        return build

    return add


def walls(number: int, start: str = "20270101T090000", **apart: int) -> list[str]:
    """So many wall times, a day apart or as said."""
    first, step = datetime.fromisoformat(start), timedelta(**apart or {"days": 1})
    return [f"{first + n * step:%Y%m%dT%H%M%S}" for n in range(number)]


def calendar(*parts: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *parts, "END:VCALENDAR", ""]).encode()


def event(*lines: str, uid: str = "b", start: str = "20260617T090000", length: str = "DURATION:PT1H") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART:{start}", length, *lines, "END:VEVENT"])


def series(*lines: str, start: str = "20260617T090000", uid: str = "b") -> bytes:
    return calendar(event(*lines, start=start, uid=uid))


def many(number: int, *lines: str, start: str = "20260617T090000") -> bytes:
    """As many events as fit, with different UIDs."""
    return calendar(*(event(*lines, start=start, uid=f"b{n}") for n in range(number)))


def zone(*observances: str, name: str = "Odd") -> str:
    return "\r\n".join(["BEGIN:VTIMEZONE", f"TZID:{name}", *observances, "END:VTIMEZONE"])


def standard(*lines: str, start: str = "19700101T000000", to: str = "+0137") -> str:
    return "\r\n".join(["BEGIN:STANDARD", f"DTSTART:{start}", "TZOFFSETFROM:+0100", f"TZOFFSETTO:{to}", *lines,
                        "END:STANDARD"])  # fmt: skip


def in_odd_zone(*observances: str) -> bytes:
    return calendar(zone(*observances), event("SUMMARY:x").replace("DTSTART:", "DTSTART;TZID=Odd:"))
