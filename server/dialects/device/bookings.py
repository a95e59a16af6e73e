"""A booking as a panel is told of it, masked for the people at the door."""

from collections.abc import Callable, Mapping

from pydantic import BaseModel

from server.core.access import Actor
from server.core.model import Booking, Room
from server.core.presence import due_by, opens_at
from server.core.privacy import at_door
from server.core.release import Times
from server.dialects.device.instants import instant
from server.engine.awaiting import NOTHING, Awaiting
from server.engine.tapping import made_here

Prove = Callable[[Booking, Room, str, str, str, str], str]
"""The proof of a booking as a panel of that room is told of it: with its host, title, start and end there."""


class ReleaseOut(BaseModel):
    """When a booking that nobody has checked in to is given back."""

    warn_at: str
    at: str
    released_at: str | None
    until: str


class AskOut(BaseModel):
    """Somebody asked whether anybody is there; `open` while it is not answered."""

    until: str
    open: bool


class BookingOut(BaseModel):
    """A booking as the people at the door may see it."""

    id: str
    version: int
    start: str
    end: str
    host: str
    title: str
    state: str
    check_in: str
    check_in_from: str | None
    check_in_by: str | None
    checked_in_at: str | None
    here: bool
    ended: bool
    made_at: str
    joined: list[str]
    release: ReleaseOut | None
    ask: AskOut | None
    follows: str | None
    proof: str


def booking_out(
    it: Booking, room: Room, actor: Actor, prove: Prove, more: Awaiting = NOTHING,
    doors: Mapping[int, str] | None = None,
) -> BookingOut:  # fmt: skip
    """A booking, masked for the door; `doors` are the names of its further rooms."""
    host, title = at_door(it, room)
    asks = room.policy.check_in
    done = it.checked_in_at is not None
    start, end = instant(it.starts), instant(it.ends)
    return BookingOut(
        id=it.uid,
        version=it.version,
        start=start,
        end=end,
        host=host,
        title=title,
        state=it.standing.value,
        check_in="done" if done else "asked" if asks else "none",
        check_in_from=instant(opens_at(it, room)) if asks else None,
        check_in_by=instant(due_by(it, room)) if asks else None,
        checked_in_at=instant(it.checked_in_at) if it.checked_in_at else None,
        here=made_here(it, actor),
        ended=it.ended_at is not None,
        made_at=instant(it.made_at),
        joined=[name for number in it.rooms if (name := (doors or {}).get(number))],
        release=_release(more.release) if more.release else None,
        ask=AskOut(until=instant(more.asking.until), open=more.asking.outcome == "asked") if more.asking else None,
        follows=more.follows,
        proof=prove(it, room, host, title, start, end),
    )


def _release(it: Times) -> ReleaseOut:
    released = instant(it.released_at) if it.released_at else None
    return ReleaseOut(warn_at=instant(it.warn_at), at=instant(it.at), released_at=released, until=instant(it.until))
