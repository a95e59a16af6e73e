"""Tickets: opened by whatever finds something wrong and by people at a room, closed when it is well again.

Decisions:
- `open_ticket` and `settle` are for the parts that watch over themselves: they are called in the transaction in which
  the cause is met, and may be called as often as it is met. Who is told of a ticket, and when, is alarms.py.
- In the change feed a ticket has no room: there a room with a number says that a booking of it has changed.
"""

from collections.abc import Iterable
from datetime import datetime

from server.core.access import Actor
from server.core.tickets import CALM, CATEGORIES, Ticket
from server.store import tickets
from server.store.database import Note, Tx


def open_ticket(
    tx: Tx, now: datetime, category: str, subject: str, *, room: int | None = None, place: int | None = None,
    codes: Iterable[str] = (), by: Actor | str = "",
) -> int:  # fmt: skip
    """Opens a ticket, or counts once more the one that is open; returns its number.

    `place` is the room's, or the house, unless it is named. `codes` hold neither names nor commas.
    """
    return opened(tx, now, category, subject, room=room, place=place, codes=codes, by=by).number


def opened(
    tx: Tx, now: datetime, category: str, subject: str, *, room: int | None = None, place: int | None = None,
    codes: Iterable[str] = (), by: Actor | str = "", text: dict[str, str] | None = None,
) -> Ticket:  # fmt: skip
    """The same with what somebody wrote of it, for the audit; returns the ticket."""
    if category not in CATEGORIES:
        raise ValueError(f"no category of tickets: {category}")
    if (known := tickets.again(tx, category, subject, now)) is not None:
        if text:
            _tell(tx, now, "ticket_again", known, by, text)
        return known
    if (known := tickets.reopen(tx, category, subject, now, now - CALM)) is not None:
        _tell(tx, now, "ticket_reopened", known, by, text)
        return known
    there = tickets.place_of(tx, room) if place is None else place
    made = tickets.insert(
        tx, Ticket(0, category, subject, there, room, tuple(codes), now, _name(by), since=now, again_at=now)
    )
    if made.times == 1:
        _tell(tx, now, "ticket_opened", made, by, text)
    return made


def settle(tx: Tx, now: datetime, category: str, subject: str, by: Actor | str) -> bool:
    """Closes the ticket whose cause is gone; False where none is open."""
    known = tickets.open_one(tx, category, subject)
    return known is not None and closed(tx, now, known.number, by) is not None


def closed(tx: Tx, now: datetime, number: int, by: Actor | str) -> Ticket | None:
    """Closes a ticket, whoever does it; None where it is not open."""
    it = tickets.close(tx, number, now, _name(by))
    if it is not None:
        _tell(tx, now, "ticket_closed", it, by, None)
    return it


def _name(by: Actor | str) -> str:
    return by if isinstance(by, str) else by.name


def _tell(tx: Tx, now: datetime, what: str, it: Ticket, by: Actor | str, text: dict[str, str] | None) -> None:
    places = {"place": it.place} | ({"room": it.room} if it.room is not None else {})
    tx.note(
        Note(
            now, what, None, it.number, by, codes=(it.category, it.subject, *it.codes), text=text,
            after={**places, "state": it.state, "times": it.times},
        )
    )  # fmt: skip
