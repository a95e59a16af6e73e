"""A zone database that says what a test wants, in the real format (RFC 9636), read by the real library."""

import struct
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from server.core import zone
from server.core.access import CLI
from server.engine.rezoning import Rezoned
from tests.engine.series_seen import shown
from tests.make import BERLIN, House

USUAL = {BERLIN: "CET-1CEST,M3.5.0,M10.5.0/3"}
NO_SUMMER = {BERLIN: "CET-1"}
ALL_SUMMER = {BERLIN: "CEST-2"}
WEEK_LATER = {BERLIN: "CET-1CEST,M3.5.0,M11.1.0/3"}
"""In 2026 the clocks go back on 1 November instead of 25 October."""
WINTER, NEXT_SUMMER, BETWEEN = date(2026, 12, 7), date(2027, 7, 5), date(2026, 10, 27)

Step = tuple[int, int]
"""From this second since 1970 on, so many seconds east of UTC."""
Install = Callable[..., None]


def tzif(rule: str = "", first: int = 0, steps: Sequence[Step] = ()) -> bytes:
    """A zone file: `first` is the offset before all steps, `rule` (POSIX) what is true after the last one."""
    offsets = sorted({first, *(seconds for _, seconds in steps)}, key=lambda it: it != first)
    kinds = b"".join(struct.pack(">lBB", seconds, 0, 0) for seconds in offsets)
    times = b"".join(struct.pack(">q", since) for since, _ in steps)
    which = bytes(offsets.index(seconds) for _, seconds in steps)

    def head(many_times: int, many_kinds: int) -> bytes:
        return b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, many_times, many_kinds, 4)

    short = head(0, 1) + struct.pack(">lBB", first, 0, 0) + b"LMT\0"
    return short + head(len(steps), len(offsets)) + times + which + kinds + b"LMT\0" + f"\n{rule}\n".encode()


@contextmanager
def zone_files(folder: Path) -> Iterator[Install]:
    """Installs zones by name, each as a POSIX rule or a whole file, until the end; the others stay as they are."""

    def install(told: dict[str, str | bytes]) -> None:
        for name, data in told.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if isinstance(data, bytes) else tzif(data))
        zone.renew()

    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[str(folder), *before])
    try:
        yield install
    finally:
        zoneinfo.reset_tzpath(to=before)
        zone.renew()


def uids(report: Rezoned) -> tuple[list[str], list[str]]:
    """Whose bookings moved, and whose clash."""
    return [it.uid for it in report.moved], [it.uid for it in report.clashing]


def lies(house: House, uid: str) -> str:
    """Where a booking lies on Berlin's wall: "12-07 10:00-11:00"."""
    it = house.engine.bookings.get(uid, CLI)
    return f"{shown(it.starts)}-{shown(it.ends)[6:]}"
