"""Who was given what in the house, and who somebody is when they come in: their role and their level in each room."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from server.core.access import Actor, Level, require
from server.core.audit_facts import moved
from server.core.clock import Clock, whole
from server.core.errors import Barred, Invalid, Objection, Refused, Unknown
from server.core.house import LEVELS, Right
from server.core.people import Account, Person, effective_role
from server.engine.house import House
from server.engine.leading import is_self
from server.store import groups, people
from server.store import house as rows
from server.store.database import Note, Store, Tx

MOST = 20_000
MOST_AT_ONCE = 2_000
KINDS = ("person", "group", "all")


@dataclass(frozen=True, slots=True)
class Rights:
    """The use cases of rights. All raise Invalid, Unknown, Barred, Refused, Later or Full."""

    store: Store
    clock: Clock
    house: House

    def all(self, actor: Actor) -> tuple[Right, ...]:
        """Every right that was given, in the order of giving. For those who run the places."""
        require(actor, "places")
        return self.house.now().rights

    def give(self, right: Right, actor: Actor) -> Right:
        """Gives a right, in place of the one that this subject had there. Its number is given here.

        `place` or `room` says where, exactly one of them. Managing can be given by administrators alone: who could give
        it could give it to himself.
        """
        require(actor, "people" if right.level == "manage" else "places")
        _check(right)

        def work(tx: Tx) -> Right:
            self._exists(tx, right)
            if len(self.house.at(tx).rights) >= MOST:
                raise Refused((Objection("too_many_rights", "", {"most": MOST}),))
            return self._given(tx, right, actor)

        return self.store.writing(work)

    def take(self, number: int, actor: Actor) -> Right:
        """Takes a right back; at once, also for those who are signed in."""
        require(actor, "places")

        def work(tx: Tx) -> Right:
            it = next((right for right in self.house.at(tx).rights if right.number == number), None)
            if it is None:
                raise Unknown("right", str(number))
            require(actor, "people" if it.level == "manage" else "places")
            self._taken(tx, it, actor)
            return it

        return self.store.writing(work)

    def of_person(self, number: int, actor: Actor) -> dict[int, Level]:
        """What somebody may do in each room, by its number: one's own, or for those who see people."""
        if not is_self(actor, number):
            require(actor, "people.see")
        with self.store.reading() as tx:
            it = people.by_number(tx, number)
            if it is None or it.erased_at is not None:
                raise Unknown("person", str(number))
            return self.house.levels(tx, it, effective_role(it).value)

    def of_group(self, number: int) -> dict[int, str]:
        """The highest level that a group was given in each room, by the room's number, there or on what it lies in."""
        now = self.house.now()
        given = [it for it in now.rights if (it.kind, it.subject) == ("group", number)]
        found: dict[int, str] = {}
        for room, where in now.rooms.items():
            levels = [it.level for it in given if it.room == room or it.place in where.within]
            if levels:
                found[room] = max(levels, key=LEVELS.__getitem__)
        return found

    def set_group(self, number: int, actor: Actor, wanted: Mapping[int, str]) -> None:
        """Gives a group these levels (see, ask, book) in rooms by number, and takes back those it had in other rooms.

        Managing, and what it was given on places, stays as it is.
        """
        require(actor, "places")
        rights = [Right(0, "group", number, level, room=room) for room, level in sorted(wanted.items())]
        if len(rights) > MOST_AT_ONCE or any(it.level not in ("see", "ask", "book") for it in rights):
            raise Invalid({"rooms": f"at most {MOST_AT_ONCE}; see, ask or book"})

        def work(tx: Tx) -> None:
            if groups.by_number(tx, number) is None:
                raise Unknown("group", str(number))
            every = self.house.at(tx).rights
            had = {it.room: it for it in every if it.room and (it.kind, it.subject) == ("group", number)}
            for room, it in had.items():
                if it.level != "manage" and room not in wanted:
                    self._taken(tx, it, actor)
            for right in rights:
                self._exists(tx, right)
                if right.room not in had or had[right.room].level not in ("manage", right.level):
                    self._given(tx, right, actor)
            if len(rows.rights(tx)) > MOST:
                raise Refused((Objection("too_many_rights", "", {"most": MOST}),))

        self.store.writing(work)

    def _given(self, tx: Tx, right: Right, actor: Actor) -> Right:
        made = replace(right, number=rows.give(tx, right))
        now, codes = whole(self.clock.now()), (right.kind, str(right.subject), right.level, str(right.place))
        _, given = moved(None, made)
        tx.note(Note(now, "right_given", right.room or None, made.number, actor, codes=codes, after=given))
        return made

    def _taken(self, tx: Tx, it: Right, actor: Actor) -> None:
        rows.take(tx, it.number)
        now, (was, _) = whole(self.clock.now()), moved(it, None)
        tx.note(Note(now, "right_taken", it.room or None, it.number, actor, codes=(it.level,), before=was))

    def _exists(self, tx: Tx, right: Right) -> None:
        now = self.house.at(tx)
        if right.room and right.room not in now.rooms:
            raise Unknown("room", str(right.room))
        if right.place and right.place not in now.places:
            raise Unknown("place", str(right.place))
        if right.kind == "person" and people.by_number(tx, right.subject) is None:
            raise Unknown("person", str(right.subject))
        if right.kind == "group" and groups.by_number(tx, right.subject) is None:
            raise Unknown("group", str(right.subject))

    def actor(
        self, tx: Tx, person: Person, *, scope: str = "admin", rooms: frozenset[int] | None = None, name: str = "",
        source: str = "", label: str = "", expires: datetime | None = None,
    ) -> Actor | None:  # fmt: skip
        """Who somebody is who has come in by a session or a key; None where the account is not active.

        `scope` and `rooms` bound what the key opens, whatever its person may.
        """
        if person.account is not Account.ACTIVE or person.erased_at is not None:
            return None
        role = effective_role(person).value
        return Actor(
            name or f"person:{person.number}", scope, rooms, source, label or f"person:{person.number}", expires,
            person.number, role, self.house.levels(tx, person, role),
        )  # fmt: skip

    def host(self, text: str, actor: Actor) -> Person:
        """Whom the actor books for, by e-mail or login: oneself; anybody for keys of the house and who manages a room.

        Barred("identity", need="others") else, whether there is such a person or not; Unknown where nobody is active.
        """
        require(actor, "book")
        with self.store.reading() as tx:
            it = people.by_email(tx, text) if "@" in text else people.by_login(tx, text)
        own = it is not None and it.number == actor.person
        if actor.person is not None and not own and Level.MANAGE not in (actor.levels or {}).values():
            raise Barred("identity", need="others")
        if it is None or it.erased_at is not None or it.account is not Account.ACTIVE:
            raise Unknown("person", text)
        return it


def _check(right: Right) -> None:
    bad = {}
    if right.kind not in KINDS:
        bad["kind"] = ", ".join(KINDS)
    if right.level not in LEVELS or right.level == "none":
        bad["level"] = "see, ask, book or manage"
    if bool(right.place) == bool(right.room):
        bad["place"] = "name either a place or a room"
    if (right.kind == "all") != (right.subject == 0):
        bad["subject"] = "a person or a group; none for all"
    if bad:
        raise Invalid(bad)
