"""What a panel is told beside a booking: when it is given back, whether somebody asks for it, whose stay it goes on.

Only instants travel, so that a panel knows what comes next without asking. Where a release is only observed, nothing is
told of it at the door.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.core.claims import asked
from server.core.model import Booking, Room, Standing
from server.core.nobody_here import Asking
from server.core.period import Period
from server.core.presence import JOINED, inherits
from server.core.release import Times, times
from server.store import askings, bookings, gathering, releases
from server.store.database import Tx


@dataclass(frozen=True, slots=True)
class Awaiting:
    """Of one booking. `asking`: what somebody asked of those inside, ever; `follows`: the uid of the booking right
    before it, of the same people, whose presence it goes on with.
    """

    release: Times | None = None
    asking: Asking | None = None
    follows: str | None = None


NOTHING = Awaiting()


def awaiting(
    tx: Tx, room: Room, shown: Sequence[Booking], now: datetime, *, entire: bool = False
) -> Mapping[int, Awaiting]:
    """By the numbers of the bookings; those of which nothing is to be told are left out.

    `entire`: they are all that the room has, by start, so that what is right before one need not be looked up.
    """
    if not room.policy.check_in:
        return {}
    live = [it for it in shown if it.standing is Standing.ACCEPTED and it.ends > now]
    courses = releases.courses(tx, [it.id for it in live if it.starts <= now])
    asks = askings.of_bookings(tx, [it.id for it in live if it.starts <= now])
    before = dict(zip((it.id for it in live[1:]), live, strict=False)) if entire and not room.parts else {}
    found: dict[int, Awaiting] = {}
    for it in live:
        waits = it.checked_in_at is None
        release = times(it.period, _places(tx, room, it), courses.get(it.id)) if waits else None
        follows = _former(tx, room, it, before.get(it.id)) if waits else None
        it_is = Awaiting(release, asks.get(it.id), follows)
        if it_is != NOTHING:
            found[it.id] = it_is
    return found


def _places(tx: Tx, room: Room, it: Booking) -> Sequence[Room]:
    """The rooms that were asked for."""
    return [room] if it.rooms == (room.number,) else asked(gathering.standing(tx, it.rooms).rooms)


def _former(tx: Tx, room: Room, it: Booking, before: Booking | None) -> str | None:
    """The booking right before this one that would hand its people's presence on, were they there till its end."""
    if room.policy.lanes > 1 or (it.owner is None and not it.organizer_email):
        return None
    if before is not None:
        return before.uid if _hands_on(before, it, room) else None
    most = max(JOINED, timedelta(minutes=room.policy.gap_minutes))
    window = Period(it.starts - most - timedelta(seconds=1), it.starts)
    near = bookings.holding(tx, it.rooms[0], window)
    return next((former.uid for former in near if _hands_on(former, it, room)), None)


def _hands_on(former: Booking, it: Booking, room: Room) -> bool:
    there = replace(former, checked_in_at=former.starts)
    return former.standing is Standing.ACCEPTED and inherits(there, it, room)
