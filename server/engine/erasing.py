"""Somebody who leaves for good: all that is held about them told, or taken away.

Decisions:
- The number stays, and with it every entry of the change feed: it says "person 7", and nobody can say any more who that
  was. Names, addresses and whatever else was known go from the account, from bookings (whoever made them), from stored
  answers and from the feed's texts; where a title or description of these names the person, "…" stands there.
- First the account ends, then what is to come is cancelled by the ordinary way, then all is taken in one transaction.
  Whatever breaks off in between is made good by asking again.
"""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from server.core.access import CLI, Actor, require
from server.core.audit_facts import moved
from server.core.clock import Clock, epoch, whole
from server.core.errors import Refused, Unknown
from server.core.model import Attendee, Booking, Details, Series
from server.core.people import Account, Person, folded
from server.engine.booking import Bookings
from server.engine.people import found, keeping_an_admin
from server.engine.series import Recurring
from server.store import deliveries, groups, hooks, house, leaving, letters, people, rooms
from server.store.database import Note, Store, Tx

GAP = "…"


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done: bookings cancelled, and those that could not be; bookings and answers that were rewritten."""

    cancelled: int
    refused: tuple[str, ...]
    bookings: int
    answers: int


@dataclass(frozen=True, slots=True)
class Leaving:
    """The use cases, for administrators. All raise Unknown, Barred, Refused("last_admin"), Later or Full."""

    store: Store
    clock: Clock
    bookings: Bookings
    series: Recurring

    def erase(self, number: int, actor: Actor, *, keep: bool = False) -> Erased:
        """Takes away all that is known of somebody. `keep`: bookings to come stay, without a name."""
        require(actor, "people")
        person = self.store.writing(lambda tx: self._shut_out(tx, number, actor))
        cancelled, refused = (0, ()) if keep else self._cancel(person)
        begun = whole(self.clock.now())
        strike = striking(person)
        with self.store.reading() as tx:
            rooms = {room for it in leaving.bookings_of(tx, number, person.email) for room in it.rooms}
            listed = [fresh for it in leaving.answers(tx) if (fresh := leaving.struck(it, strike)) is not None]

        def work(tx: Tx) -> Erased:
            late = [fresh for it in leaving.answers(tx, epoch(begun)) if (fresh := leaving.struck(it, strike))]
            leaving.write_answers(tx, [*listed, *late])
            touched = self._struck(tx, person, strike)
            self._forget(tx, person, actor)
            return Erased(cancelled, refused, touched, len({(it.actor, it.key) for it in (*listed, *late)}))

        return self.store.writing(work, rooms=rooms)

    def about(self, number: int, actor: Actor) -> dict[str, Any]:
        """Everything that is held about somebody, as plain values; instants as seconds since 1970."""
        require(actor, "people")
        with self.store.reading() as tx:
            person = found(tx, number)
            theirs = leaving.bookings_of(tx, number, person.email)
            series = leaving.series_of(tx, number, person.email)
            return {
                "person": _plain(asdict(person)),
                "groups": [it.name for it in groups.of(tx, number)],
                **leaving.held_about(tx, number),
                "letters": letters.told(tx, number),
                "letter_choices": letters.choices(tx, number),
                "bookings": [_plain(asdict(it)) for it in theirs],
                "series": [_plain(asdict(it)) for it in series],
            }

    def _shut_out(self, tx: Tx, number: int, actor: Actor) -> Person:
        with keeping_an_admin(tx):
            people.lock(tx, number)
            person = found(tx, number)
            after = replace(person, account=Account.INACTIVE, version=person.version + 1)
            if person.account is Account.ACTIVE:
                people.update(tx, after)
            people.end_access(tx, number, self._now())
            (was, now), codes = moved(person, after), ("account", "inactive")
            tx.note(Note(self._now(), "person_changed", None, number, actor, codes, before=was, after=now))
            return person

    def _cancel(self, person: Person) -> tuple[int, tuple[str, ...]]:
        """Cancels what is to come of what is theirs."""
        now, refused, done = self._now(), list[str](), 0
        with self.store.reading() as tx:
            theirs = leaving.series_of(tx, person.number, person.email)
        for row in [it for it in theirs if _own(it, person)]:
            try:
                done += self.series.cancel(row.uid, CLI, following=False).cancelled
            except (Refused, Unknown):
                continue  # it is over already
        with self.store.reading() as tx:
            singles = leaving.bookings_of(tx, person.number, person.email)
        for it in [it for it in singles if _own(it, person) and it.starts > now and it.standing.live]:
            try:
                self.bookings.cancel(it.uid, CLI)
                done += 1
            except (Refused, Unknown):
                refused.append(it.uid)
        return done, tuple(refused)

    def _struck(self, tx: Tx, person: Person, strike: "leaving.Strike") -> int:
        seen = leaving.bookings_of(tx, person.number, person.email)
        changed = [it for row in seen if isinstance(it := strike(row), Booking) and it is not row]
        changed = [replace(it, version=it.version + 1) for it in changed]
        leaving.write_bookings(tx, changed)
        rows = leaving.series_of(tx, person.number, person.email)
        leaving.write_series(tx, [it for row in rows if isinstance(it := strike(row), Series) and it is not row])
        leaving.forget_texts(tx, [it.id for it in seen], person.number)
        now = self._now()
        for it in changed:
            if it.ends > now and it.standing.planned:  # it is on somebody's door
                for room in rooms.concerned(tx, it.rooms):
                    tx.note(Note(now, "changed", room, it.id, "erase"))
        return len(changed)

    def _forget(self, tx: Tx, person: Person, actor: Actor) -> None:
        nobody = f"erased {person.number}"  # no e-mail and no login looks like this
        people.update(
            tx, Person(
                person.number, nobody, nobody, account=Account.INACTIVE, made_at=person.made_at,
                erased_at=self._now(), version=person.version + 2,
            ),
        )  # fmt: skip
        leaving.forget_person(tx, person.number, self._now())
        letters.forget_person(tx, person.number, person.email, person.name)
        leaving.forget_receiver(tx, person.email)
        for hook in hooks.of_person(tx, person.number):
            hooks.remove(tx, hook.number)
            tx.note(Note(self._now(), "hook_removed", None, hook.number, actor))
        names = [person.name] if " " in person.name else []  # a short word is in many that mean nobody
        deliveries.forget_texts(tx, [person.email, *names], self._now())
        house.bump(tx)
        tx.note(Note(self._now(), "person_erased", None, person.number, actor))

    def _now(self) -> datetime:
        return whole(self.clock.now())


def striking(person: Person) -> "leaving.Strike":
    """What takes somebody out of a booking or a series; the same value comes back where they are not in it."""
    gone = _words(person)

    def strike(it: Booking | Series) -> Booking | Series:
        own = _own(it, person)
        if not own and not _there(it.details, person):
            return it  # a namesake's, as far as anybody can tell
        details = _details(it.details, person, gone, own=own)
        fields: dict[str, Any] = {"title": gone(it.title), "description": gone(it.description), "details": details}
        if own:
            fields |= {"organizer": "", "organizer_email": ""}
        elif it.organizer:
            fields["organizer"] = gone(it.organizer)
        after = replace(it, **fields)
        return it if after == it else after

    return strike


def _own(it: Booking | Series, person: Person) -> bool:
    by_mail = it.organizer_email != "" and folded(it.organizer_email) == folded(person.email)
    return by_mail or it.owner == person.number


def _words(person: Person) -> Callable[[str], str]:
    """Puts a gap where a text names the person in full, or by an address of theirs."""
    names = {person.name, f"{person.last_name}, {person.first_name}", person.email, person.phone}
    known = sorted((name for name in names if len(name.strip(", ")) > 3), key=len, reverse=True)
    pattern = re.compile("|".join(re.escape(name) for name in known), re.IGNORECASE) if known else None
    return lambda text: pattern.sub(GAP, text) if pattern and text else text


def _named(each: Attendee, person: Person) -> bool:
    return each.person == person.number or (each.email != "" and folded(each.email) == folded(person.email))


def _there(it: Details, person: Person) -> bool:
    return it.booked_for == person.number or any(_named(each, person) for each in it.attendees)


def _details(it: Details, person: Person, gone: Callable[[str], str], *, own: bool) -> Details:
    there = tuple(replace(each, email="", name="") if _named(each, person) else each for each in it.attendees)
    kept = replace(it, attendees=there, public_title=gone(it.public_title), link=gone(it.link))
    return replace(kept, attributes={}, link="") if own else kept


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return sorted((_plain(each) for each in value), key=str) if isinstance(value, set | frozenset) else [
            _plain(each) for each in value
        ]  # fmt: skip
    return epoch(value) if isinstance(value, datetime) else value if isinstance(value, int | None) else str(value)
