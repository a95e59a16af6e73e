"""Tickets: opened by whatever finds something wrong and by people at a room, closed when it is well again.

Decisions:
- `open_ticket` and `settle` are for the parts that watch over themselves: they are called in the transaction in which
  the cause is met, and may be called as often as it is met. Who is told of a ticket, and when, is alarms.py.
- In the change feed a ticket has no room: there a room with a number says that a booking of it has changed.
- Whoever may see a room may report a fault of it, and sees its open faults; a key that may only read reports nothing.
  What people wrote, and everything else that is wrong, is for who manages the room. What is wrong with no room, and who
  receives what, is for those who run the places.
- Tickets are closed by who manages the room; and by a receiver, who answers the letter or follows its link: that closes
  all that the letter tells of.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from server.core.access import Actor, may, require, require_everywhere
from server.core.clock import Clock, whole
from server.core.errors import Barred, Invalid, Unknown
from server.core.text import problems
from server.core.tickets import CALM, CATEGORIES, FAULTS, LONGEST_NOTE, MOST_NOTES, Ticket
from server.engine.house import House
from server.engine.rooms import found
from server.store import tellings, tickets
from server.store.database import Note, Store, Tx
from server.store.tickets import Written

MOST_PAGE = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """A ticket with what was written of it, as far as the asker may read that, oldest first."""

    ticket: Ticket
    notes: tuple[Written, ...] = ()


@dataclass(frozen=True, slots=True)
class Tickets:
    """The use cases of tickets. All raise Invalid, Unknown, Barred, Later or Full."""

    store: Store
    clock: Clock
    house: House

    def report(self, slug: str, kind: str, actor: Actor, *, note: str = "") -> Ticket:
        """Somebody says what is wrong with a room (one of FAULTS); the same again adds to the ticket that is open."""
        note = _note(kind, note)
        if actor.scope == "read":
            raise Barred("scope", need="book")

        def work(tx: Tx) -> Ticket:
            room = found(tx, slug, actor, "read").number
            return self._reported(tx, kind, note, actor, f"room:{room}:{kind}", room=room)

        return self.store.writing(work)

    def report_at(self, place: int, kind: str, actor: Actor, *, note: str = "") -> Ticket:
        """The same of a place that is no room: a lobby, a corridor. For those who run the places."""
        note = _note(kind, note)
        require(actor, "places")

        def work(tx: Tx) -> Ticket:
            there = self.house.at(tx).places
            if place not in there:
                raise Unknown("place", f"#{place}")
            return self._reported(tx, kind, note, actor, f"place:{place}:{kind}", place=place)

        return self.store.writing(work)

    def _reported(
        self, tx: Tx, kind: str, note: str, actor: Actor, subject: str, *, room: int | None = None,
        place: int | None = None,
    ) -> Ticket:  # fmt: skip
        now = whole(self.clock.now())
        known = tickets.open_one(tx, "room_fault", subject)
        if known is not None and len(tickets.notes(tx, [known.number]).get(known.number, ())) >= MOST_NOTES:
            note = ""
        text = {"note": note} if note else None
        it = opened(tx, now, "room_fault", subject, room=room, place=place, codes=(kind,), by=actor, text=text)
        if note:
            tickets.write_note(tx, Written(it.number, actor.person, now, note), MOST_NOTES)
        return it

    def of_room(self, slug: str, actor: Actor) -> tuple[Shown, ...]:
        """What is open of a room, newest first: its faults; everything and the notes for who manages it."""
        with self.store.reading() as tx:
            room = found(tx, slug, actor, "read").number
            manages = may(actor, "admin", room)
            there = tickets.page(tx, state="open", rooms=[room], limit=MOST_PAGE)
            return _shown(tx, [it for it in there if manages or it.category == "room_fault"], notes=manages)

    def page(
        self, actor: Actor, *, state: str = "", category: str = "", room: str | None = None, limit: int = MOST_PAGE,
        after: int = 0,
    ) -> tuple[Shown, ...]:  # fmt: skip
        """Tickets newest first, those before the number `after`: of all the house, or of the rooms one manages."""
        require(actor, "admin")
        bad = {"state": "open or closed"} if state not in ("", "open", "closed") else {}
        bad |= {"category": f"one of {', '.join(CATEGORIES)}"} if category and category not in CATEGORIES else {}
        bad |= {"limit": f"1 to {MOST_PAGE}"} if not 1 <= limit <= MOST_PAGE else {}
        if bad:
            raise Invalid(bad)
        with self.store.reading() as tx:
            rooms = [found(tx, room, actor, "admin").number] if room is not None else self._own(tx, actor)
            there = tickets.page(tx, state=state, category=category, rooms=rooms, limit=limit, after=after)
            return _shown(tx, there, notes=True)

    def _own(self, tx: Tx, actor: Actor) -> list[int] | None:
        """The rooms whose tickets are the actor's to see to; None: all, and what is in no room."""
        if _everywhere(actor):
            return None
        return [number for number in self.house.at(tx).rooms if may(actor, "admin", number)]

    def get(self, number: int, actor: Actor) -> Shown:
        """One ticket, with its notes for who manages its room."""
        with self.store.reading() as tx:
            it = tickets.find(tx, number)
            if it is None:
                raise Unknown("ticket", str(number))
            manages = _manages(it, actor)
            if not manages and not (
                it.category == "room_fault" and it.room is not None and may(actor, "read", it.room)
            ):
                raise Barred("room")
            return _shown(tx, [it], notes=manages)[0]

    def close(self, number: int, actor: Actor) -> Ticket:
        """It is seen to; again is fine. For who manages its room, and for those who run the places."""

        def work(tx: Tx) -> Ticket:
            it = tickets.find(tx, number)
            if it is None:
                raise Unknown("ticket", str(number))
            if not _manages(it, actor):
                require(actor, "admin")
                raise Barred("room")
            return closed(tx, whole(self.clock.now()), number, actor) or it

        return self.store.writing(work)

    def close_from(self, number: int, address: str) -> tuple[Ticket, ...]:
        """As `answered`, in a transaction of its own."""
        return self.store.writing(lambda tx: answered(tx, whole(self.clock.now()), number, address))


def answered(tx: Tx, now: datetime, number: int, address: str) -> tuple[Ticket, ...]:
    """Closes a ticket and all that the same letter to that address told of, because its reader says so.

    Gives those that were open. Raises Unknown, or Barred where nobody of that address was told of it.
    """
    if tickets.find(tx, number) is None:
        raise Unknown("ticket", str(number))
    receiver, numbers = tellings.same_letter(tx, number, address)
    if receiver is None:
        raise Barred("identity")
    by = f"receiver:{receiver}"
    return tuple(it for each in numbers if (it := closed(tx, now, each, by)) is not None)


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


def _note(kind: str, note: str) -> str:
    """What somebody wrote, without the space around it; Invalid for a kind that is none, and for a text too long."""
    bad = problems({"note": (note.strip(), LONGEST_NOTE)}, lines=("note",))
    if kind not in FAULTS:
        bad["kind"] = f"one of {', '.join(FAULTS)}"
    if bad:
        raise Invalid(bad)
    return note.strip()


def _everywhere(actor: Actor) -> bool:
    """Whether somebody sees to the whole house."""
    try:
        require_everywhere(actor, "admin")
    except Barred:
        return False
    return True


def _manages(it: Ticket, actor: Actor) -> bool:
    return _everywhere(actor) or (it.room is not None and may(actor, "admin", it.room))


def _shown(tx: Tx, found: list[Ticket], *, notes: bool) -> tuple[Shown, ...]:
    written: Mapping[int, list[Written]] = tickets.notes(tx, [it.number for it in found]) if notes else {}
    return tuple(Shown(it, tuple(written.get(it.number, ()))) for it in found)
