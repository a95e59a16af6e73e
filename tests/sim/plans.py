"""A room's bookings as a panel's plan has them: the wire between the two halves, without its bytes."""

from functools import lru_cache

from kiosk.plan import Booking as Shown
from kiosk.plan import Policy, Room, Snapshot, Span, by_start
from tests.sim.database import ACCEPTED, AT_RISK, Booking
from tests.sim.database import Room as Rows

DAY = 86_400
POLICY = Policy(True, (15, 30, 60), True, 15, 15, 0, None, None, True, door_minutes=120)


@lru_cache(100_000)
def shown(it: Booking, mine: bool) -> Shown:
    """`mine`: made at that very door."""
    return Shown(
        id=str(it.uid), version=it.version, start=it.start, end=it.end, host="", title="", state=it.standing.value,
        check_in="none", check_in_from=None, check_in_by=None, checked_in_at=it.checked, here=mine, ended=it.ended,
    )  # fmt: skip


@lru_cache(64)
def room_of(number: int) -> Room:
    return Room(str(number), "", "UTC", 1, "", (), True)


def snapshot(incarnation: str, number: int, rows: Rows, device: int, now: int) -> Snapshot:
    """The plan of a room as it is now."""
    found = [shown(it, it.device == device) for it in rows.live.values() if it.standing in (ACCEPTED, AT_RISK)]
    closures = tuple(Span(*span) for span in sorted(rows.closures.values()))
    return Snapshot(
        incarnation, rows.seq, now - DAY, now + 14 * DAY, room_of(number), POLICY, (), None, closures, by_start(found)
    )  # fmt: skip
