"""What a link in a letter opens: first looked at, which changes nothing, then answered, once.

Decisions:
- The link is used in the transaction of what it does: whatever is refused leaves it as it was, and of two answers at
  once one finds it used.
- Who answers is the person the letter was for, with what they may by now. To an address without an account the letter
  itself is the key, but to that one booking only, and only while the address still is what made us write there: the
  organizer's, or the contact of all its rooms.
- A link that a webhook was told is nobody's: whoever it is passed on to may say that people are here, and reads no more
  than room and time.
- Who may approve sees of a request what their letter said: not its title. Nor does anybody see it whose booking it is
  not any more.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from server.core.access import Actor
from server.core.clock import Clock, whole
from server.core.errors import Barred, Objection, Refused, Unknown
from server.core.letters import Link
from server.core.model import Booking, Room, Standing
from server.core.people import Person, folded
from server.engine import links
from server.engine.booking import Bookings
from server.engine.desk import Desk
from server.engine.presence import Presence
from server.engine.rights import Rights
from server.engine.series import Recurring
from server.engine.tickets import answered
from server.engine.waiting import Waiting
from server.store import bookings, people, rooms, series, waits
from server.store.database import Store, Tx
from server.store.within import Within

SOURCE, HOOK = "mail", "hook"
GRANTING = frozenset({"approve", "decline"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a link asks. `state`: open, used or expired. Without a booking it is about a ticket. `language` "" for whom
    we do not know."""

    purpose: str
    state: str
    language: str
    rooms: tuple[str, ...] = ()
    zone: str = "UTC"
    title: str = ""
    organizer: str = ""
    starts: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """The use cases. Both raise Unknown where there is no such link, Later or Full."""

    store: Store
    clock: Clock
    desk: Desk
    rights: Rights
    recurring: Recurring

    def look(self, secret: str) -> Asked:
        """What the link asks; changes nothing."""
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            try:
                links.find(tx, secret, now)
                state = "open"
            except Refused as no:
                state = "used" if no.objections[0].code == "link_used" else "expired"
            return _asked(tx, links.known(tx, secret), state)

    def give(self, secret: str) -> Asked:
        """Does what the link is for. Raises Refused where it was used, has expired, or rules are against it, and Barred
        where its reader may not do that any more."""
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            seen = links.known(tx, secret)
            found = bookings.by_ids(tx, [seen.booking]) if seen.booking is not None else []

        def work(tx: Tx) -> Asked:
            it = links.use(tx, secret, now)
            if it.ticket is not None:
                answered(tx, now, it.ticket, it.address)
            else:
                self._do(tx, it)
            return _asked(tx, it, "used")

        return self.desk.written(work, sorted({room for row in found for room in row.rooms}))

    def _do(self, tx: Tx, it: Link) -> None:
        row = _booking(tx, it)
        actor, desk = self._actor(tx, it, row), replace(self.desk, store=Within(self.store, tx))
        made = Bookings(desk)
        deeds: dict[str, Callable[[], object]] = {
            "here": lambda: Presence(desk).check_in(row.uid, actor, how="api" if actor.source == HOOK else SOURCE),
            "undo_release": lambda: Presence(desk).check_in(row.uid, actor, how=SOURCE),
            "approve": lambda: self._answer(tx, desk, row, actor, accept=True),
            "decline": lambda: self._answer(tx, desk, row, actor, accept=False),
            "accept_offer": lambda: Waiting(desk, made, self.rights).accept(_wait(tx, row), actor),
            "decline_offer": lambda: Waiting(desk, made, self.rights).leave(_wait(tx, row), actor),
        }
        deeds[it.purpose]()

    def _answer(self, tx: Tx, desk: Desk, row: Booking, actor: Actor, *, accept: bool) -> None:
        """A request for a series is answered whole, as it was asked."""
        of = series.by_ids(tx, [row.series]).get(row.series) if row.series is not None else None
        if of is not None and sum(it.standing is Standing.PENDING for it in series.occurrences(tx, of.id)) > 1:
            replace(self.recurring, desk=desk, bookings=Bookings(desk)).answer(of.uid, actor, accept=accept)
        elif accept:
            Bookings(desk).approve(row.uid, actor)
        else:
            Bookings(desk).decline(row.uid, actor)

    def _actor(self, tx: Tx, it: Link, row: Booking) -> Actor:
        person = people.by_number(tx, it.person) if it.person is not None else None
        actor = self.rights.actor(tx, person, source=SOURCE) if person is not None else None
        if it.person is not None and actor is None:
            raise Barred("identity")  # their account has ended
        if it.purpose == "here" and _passed_on(it):
            return Actor(HOOK, "book", frozenset(row.rooms), HOOK, HOOK)
        own = folded(it.address) == folded(row.organizer_email)
        if it.purpose in ("here", "undo_release") and own:
            return Actor(f"person:{it.person}" if it.person else SOURCE, "book", frozenset(row.rooms), SOURCE, SOURCE)
        if actor is not None:
            return actor
        theirs = [room for room in _rooms(tx, row) if folded(room.contact) == folded(it.address)]
        granted = {number for room in theirs for number in (room.number, *room.parts)}
        if it.purpose in GRANTING and it.address and granted.issuperset(row.rooms):
            return Actor(SOURCE, "admin", frozenset(row.rooms), SOURCE, SOURCE)
        raise Barred("identity")


def _asked(tx: Tx, it: Link, state: str) -> Asked:
    person = people.by_number(tx, it.person) if it.person is not None else None
    language = _language(person)
    if it.booking is None:
        return Asked(it.purpose, state, language)
    row = _booking(tx, it)
    places = _rooms(tx, row)
    theirs = it.purpose not in GRANTING and _theirs(it, row)
    return Asked(
        it.purpose, state, language, tuple(room.name for room in places), places[0].zone if places else "UTC",
        row.title if theirs else "", row.organizer if theirs or it.purpose in GRANTING else "", row.starts, row.ends,
    )  # fmt: skip


def _theirs(it: Link, row: Booking) -> bool:
    """Whether the booking is still that of the link's reader."""
    hosts = (row.owner, row.details.booked_for)
    own = it.address != "" and folded(it.address) == folded(row.organizer_email)
    return own or (it.person is not None and it.person in hosts)


def _passed_on(it: Link) -> bool:
    """Whether the link was told to a webhook, and so is nobody's."""
    return it.person is None and not it.address


def _language(person: Person | None) -> str:
    return person.language if person is not None and person.erased_at is None else ""


def _booking(tx: Tx, it: Link) -> Booking:
    found = bookings.by_ids(tx, [it.booking] if it.booking is not None else [])
    if not found:
        raise Unknown("link", "")
    return found[0]


def _rooms(tx: Tx, row: Booking) -> list[Room]:
    return [rooms.by_number(tx, number) for number in row.rooms]


def _wait(tx: Tx, row: Booking) -> int:
    it = waits.offer_of(tx, row.id)
    if it is None:
        raise Refused((Objection("no_offer", ""),))
    return it.number
