"""What the tests of series look at: an occurrence, or all of them, told in a few words."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from server.core.access import CLI
from server.core.errors import Refused
from server.core.model import Booking, Edit, Standing
from server.core.zone import wall
from server.engine.outcome import Outcome
from tests.make import BERLIN, House, codes

WEEKS = ["06-15 14:00", "06-22 14:00", "06-29 14:00", "07-06 14:00"]
"""Where `house.recur("14:00", "15:00")` begins."""


def shown(moment: datetime, zone: str = BERLIN) -> str:
    """The instant on the wall: "06-15 14:00"."""
    return f"{wall(moment, zone):%m-%d %H:%M}"


def live(house: House, uid: str) -> list[Booking]:
    """The occurrences of a series that are not cancelled, by start."""
    rows = house.engine.series.whole(uid, CLI).rows
    return sorted((row for row in rows if row.standing is not Standing.CANCELLED), key=lambda row: row.starts)


def starts(house: House, uid: str, zone: str = BERLIN) -> list[str]:
    """Where they begin, on the wall."""
    return [shown(row.starts, zone) for row in live(house, uid)]


def spans(house: House, uid: str, zone: str = BERLIN) -> list[str]:
    """Where they lie, on the wall: "06-15 14:00-15:00"."""
    return [f"{shown(row.starts, zone)}-{wall(row.ends, zone):%H:%M}" for row in live(house, uid)]


def titles(house: House, uid: str) -> list[str]:
    return [row.title for row in live(house, uid)]


def left_out(house: House, uid: str, zone: str = BERLIN) -> list[tuple[str, str]]:
    """The dates that hold nothing, each with its codes."""
    found = house.engine.series.whole(uid, CLI).left_out
    return [(shown(it.at, zone), " ".join(it.codes)) for it in found]


def occurrence(house: House, uid: str, address: datetime) -> Booking:
    """What the address means."""
    return house.engine.series.occurrence(uid, address, CLI)


def refused(act: Callable[[], Any]) -> Refused:
    """What the act is refused with."""
    with pytest.raises(Refused) as told:
        act()
    return told.value


def refusal(act: Callable[[], Any], zone: str = BERLIN) -> list[tuple[str, str]]:
    """The refusal as (code or "clash", date it hit; empty for what concerns the whole), in order."""
    told = refused(act)
    dates = [each.at for each in (*told.objections, *told.conflicts)]
    return [
        (code, shown(date, zone) if date is not None else "") for code, date in zip(codes(told), dates, strict=True)
    ]


def change(
    house: House, uid: str, *, following: bool = False, lines: tuple[str, ...] | None = None, **more: object
) -> Outcome:
    """Alice's edit; texts and times go to the Edit, the rest to the engine."""
    said = {name: more.pop(name) for name in list(more) if name in Edit.__dataclass_fields__}
    edit = Edit(**said)  # type: ignore[arg-type]
    return house.engine.series.change(uid, edit, house.alice, following=following, lines=lines, **more)  # type: ignore[arg-type]
