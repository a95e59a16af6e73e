"""Groups of people: who is in them, what they make of their people, and who leads whom.

A group whose people are group admins leads others: they may let people in and out of those. Groups that make people
administrators are the administrators' own business, whoever leads them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from server.core.access import Actor, may, require
from server.core.audit_facts import moved
from server.core.clock import Clock, whole
from server.core.errors import Barred, Invalid, Objection, Refused, Stale, Unknown
from server.core.people import MOST_GROUPS, Group, group_problems
from server.engine.leading import leads_group
from server.engine.people import keeping_an_admin
from server.store import groups, house, people
from server.store.database import Note, Store, Tx

MOST = 2_000
ONE = {"policies": "policy"}
Moves = Callable[[frozenset[int]], tuple[frozenset[int], frozenset[int]]]
"""From who is in a group: who comes, and who goes."""
FIELDS = frozenset({"name", "automatic", "roles", "led_by", "external"})


@dataclass(frozen=True, slots=True)
class Groups:
    """The use cases of groups. All raise Invalid, Unknown, Barred, Refused, Stale, Later or Full."""

    store: Store
    clock: Clock

    def add(self, it: Group, actor: Actor) -> Group:
        """A new group; its number is given here. Refused("name_taken") where one is called so."""
        require(actor, "people")

        def work(tx: Tx) -> Group:
            if len(groups.every(tx)) >= MOST:
                raise Refused((Objection("too_many_groups", "", {"most": MOST}),))
            _checked(tx, it)
            made = replace(it, number=groups.insert(tx, replace(it, version=1)), version=1)
            _, told = moved(None, made)
            tx.note(Note(self._now(), "group_added", None, made.number, actor, after=told))
            return made

        return self.store.writing(work)

    def all(self, actor: Actor) -> tuple[tuple[Group, int], ...]:
        """Every group with the number of its people, in the order of their making."""
        require(actor, "people.see")
        with self.store.reading() as tx:
            sizes = groups.sizes(tx)
            return tuple((it, sizes.get(it.number, 0)) for it in groups.every(tx))

    def seen(self, actor: Actor) -> tuple[Group, ...]:
        """The groups that the actor may know of, in the order of their making: all, or theirs and those they lead."""
        with self.store.reading() as tx:
            every = groups.every(tx)
            if may(actor, "people.see") or actor.person is None:
                require(actor, "people.see")
                return tuple(every)
            own = {it.number for it in groups.of(tx, actor.person)}
            return tuple(it for it in every if it.number in own or leads_group(tx, actor, it))

    def one(self, number: int, actor: Actor) -> tuple[Group, frozenset[int] | None]:
        """A group that the actor may know of (else Unknown), and who is in it; None: that is not for them to know."""
        it = next((it for it in self.seen(actor) if it.number == number), None)
        if it is None:
            raise Unknown("group", str(number))
        with self.store.reading() as tx:
            shown = may(actor, "people.see") or leads_group(tx, actor, it)
            return it, groups.members(tx, number) if shown else None

    def find(self, text: str, actor: Actor) -> Group:
        """The group of that name or number."""
        require(actor, "people.see")
        with self.store.reading() as tx:
            it = groups.by_name(tx, text)
            if it is None and text.isdecimal() and len(text) < 19:
                it = groups.by_number(tx, int(text))
        if it is None:
            raise Unknown("group", text)
        return it

    def members(self, number: int, actor: Actor) -> frozenset[int]:
        """Numbers of the people in a group; for those who see people, and who leads it."""
        with self.store.reading() as tx:
            it = _found(tx, number)
            if not may(actor, "people.see") and not leads_group(tx, actor, it):
                raise Barred("identity")
            return groups.members(tx, number)

    def change(self, number: int, actor: Actor, *, version: int | None = None, **fields: Any) -> Group:
        """Sets fields of a group."""
        require(actor, "people")
        if unknown := set(fields) - FIELDS:
            raise Invalid(dict.fromkeys(sorted(unknown), "cannot be set"))

        def work(tx: Tx) -> Group:
            with keeping_an_admin(tx):
                groups.lock(tx, number)
                it = _found(tx, number)
                if version is not None and version != it.version:
                    raise Stale(it.version)
                after = replace(it, **fields, version=it.version + 1)
                _checked(tx, after)
                groups.update(tx, after)
                (was, now), codes = moved(it, after), tuple(sorted(fields))
                tx.note(Note(self._now(), "group_changed", None, number, actor, codes, before=was, after=now))
                return after

        return self.store.writing(work)

    def remove(self, number: int, actor: Actor, *, rights: bool = False) -> Group:
        """Removes a group, and its people from it; Refused("in_use") where something still names it.

        `rights`: what was given to it goes with it.
        """
        require(actor, "people")

        def work(tx: Tx) -> Group:
            with keeping_an_admin(tx):
                it = _found(tx, number)
                if rights:
                    self._take_rights(tx, number, actor)
                if uses := groups.uses(tx, number):
                    by = ", ".join(
                        f"{count} {what if count > 1 else ONE.get(what, what[:-1])}" for what, count in uses.items()
                    )
                    raise Refused((Objection("in_use", it.name, {"by": by}),))
                groups.delete(tx, number)
                was, _ = moved(it, None)
                tx.note(Note(self._now(), "group_removed", None, number, actor, before=was))
                return it

        return self.store.writing(work)

    def _take_rights(self, tx: Tx, number: int, actor: Actor) -> None:
        for it in house.rights(tx):
            if (it.kind, it.subject) == ("group", number):
                house.take(tx, it.number)
                was, _ = moved(it, None)
                tx.note(Note(self._now(), "right_taken", it.room or None, it.number, actor, (it.level,), before=was))

    def set_members(self, number: int, actor: Actor, wanted: Iterable[int]) -> frozenset[int]:
        """Makes these people, and nobody else, the group's; returns them."""
        numbers = frozenset(wanted)
        return self._move(number, actor, lambda now: (numbers - now, now - numbers))

    def move(self, number: int, actor: Actor, *, add: Iterable[int] = (), remove: Iterable[int] = ()) -> frozenset[int]:
        """Lets people into a group and out of it; returns who is in it then."""
        coming, leaving = frozenset(add), frozenset(remove)
        return self._move(number, actor, lambda now: (coming - now - leaving, leaving & now))

    def _move(self, number: int, actor: Actor, moves: Moves) -> frozenset[int]:
        def work(tx: Tx) -> frozenset[int]:
            with keeping_an_admin(tx):
                groups.lock(tx, number)
                it = _found(tx, number)
                if not may(actor, "people") and ("admin" in it.roles or not leads_group(tx, actor, it)):
                    raise Barred("identity", need="people")
                now = groups.members(tx, number)
                coming, leaving = moves(now)
                _exist(tx, coming)
                groups.join(tx, [(number, person) for person in sorted(coming)])
                groups.leave(tx, [(number, person) for person in sorted(leaving)])
                if crowded := groups.most_of(tx, coming, MOST_GROUPS):
                    raise Refused((Objection("too_many_groups", str(crowded), {"most": MOST_GROUPS}),))
                if coming or leaving:
                    codes = (f"+{len(coming)}", f"-{len(leaving)}")
                    was, then = {"people": sorted(leaving)}, {"people": sorted(coming)}
                    tx.note(Note(self._now(), "group_members", None, number, actor, codes, before=was, after=then))
                return (now | coming) - leaving

        return self.store.writing(work)

    def _now(self) -> datetime:
        return whole(self.clock.now())


def _found(tx: Tx, number: int) -> Group:
    it = groups.by_number(tx, number)
    if it is None:
        raise Unknown("group", str(number))
    return it


def _checked(tx: Tx, it: Group) -> None:
    if bad := group_problems(it):
        raise Invalid(bad)
    other = groups.by_name(tx, it.name)
    if other is not None and other.number != it.number:
        raise Refused((Objection("name_taken", it.name),))
    above, seen = it.led_by, {it.number}
    while above is not None:
        if above in seen and above:
            raise Invalid({"led_by": "a group cannot lead itself, nor those that lead it"})
        seen.add(above)
        above = _found(tx, above).led_by


def _exist(tx: Tx, numbers: frozenset[int]) -> None:
    known = {number for number, it in people.by_numbers(tx, numbers).items() if it.erased_at is None}
    if missing := sorted(numbers - known):
        raise Unknown("person", ", ".join(map(str, missing[:10])))
