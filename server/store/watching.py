"""What panels were heard of last, for whoever watches over them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from server.core.clock import epoch
from server.core.fleet import Told
from server.store import fleet
from server.store.database import Tx
from server.store.fleet import Known


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel that has been heard of: `as_of` is how old the oldest plan was that it showed then; `room` its first.

    `place` is that of a board. `troubles`: what was wrong by its last heartbeat, which came at `told_at`.
    """

    number: int
    room: int | None
    place: int | None
    seen_at: datetime
    told_at: datetime
    as_of: datetime | None
    touch: str
    troubles: dict[str, datetime]
    revoked: bool


def panels(tx: Tx) -> list[Panel]:
    """All that were ever heard of, revoked ones too."""
    return panels_of(fleet.known(tx, revoked=True))


def panels_of(known: Iterable[Known]) -> list[Panel]:
    """Those of these devices that were ever heard of."""
    found = []
    for it in known:
        if it.facts.seen_at is None or it.told_at is None:
            continue
        rooms = it.device.rooms_in_order
        found.append(
            Panel(
                it.device.number, rooms[0] if rooms else None, it.device.place, it.facts.seen_at, it.told_at,
                oldest(it.told), it.touch, dict(it.facts.troubles), it.device.revoked_at is not None,
            )
        )  # fmt: skip
    return found


def oldest(told: Told) -> datetime | None:
    """As of when the oldest plan is that a heartbeat tells of; None where it says nothing that can be understood."""
    plans = [it.as_of for it in told.rooms.values() if it.as_of is not None]
    return min(plans) if plans else told.as_of


def behind(told: Told, room: int, at: datetime, by: float) -> bool:
    """Whether a heartbeat that came at that instant tells of a plan of the room that is older than so many seconds.

    One that names rooms, and not this one, shows no plan of it at all.
    """
    if told.names:
        plan = told.rooms.get(room)
        return plan is None or plan.as_of is None or (at - plan.as_of).total_seconds() > by
    return told.as_of is not None and (at - told.as_of).total_seconds() > by


def dismissed(tx: Tx, category: str, subject: str, since: datetime, by_itself: str) -> bool:
    """Whether somebody closed such a ticket at that instant or later, other than what opens and closes it by itself."""
    row = tx.one(
        "SELECT 1 FROM ticket WHERE subject = ? AND category = ? AND state = 'closed' AND closed_at >= ? "
        "AND closed_by <> ? LIMIT 1",
        (subject, category, epoch(since), by_itself),
    )
    return row is not None
