"""People: accounts, what is known of them, and what they may do with each other's.

Decisions: administrators manage everybody; everybody may mend what concerns only themselves; who leads a group may do
the same for its people and let them in or out, but never for those who run the house, and never with what a sign-in
goes by (e-mail, login, password), for whoever has that has the person's rights. Somebody who is no longer active loses
sessions, keys, tokens, badges and feed in the same transaction.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from server.core.access import Actor, may, require
from server.core.audit_facts import moved
from server.core.clock import Clock, whole
from server.core.errors import Barred, Invalid, Objection, Refused, Stale, Unknown
from server.core.people import (
    MOST_GROUPS,
    SEARCHED,
    Account,
    Filters,
    Person,
    in_words,
    password_problem,
)
from server.core.people import person_problems as problems_of
from server.core.text import problem
from server.engine.leading import account_of, is_self, leads, leads_group
from server.engine.passwords import Passwords
from server.engine.person_attributes import filled_in, shown
from server.engine.throttle import Throttle, place_of
from server.store import groups, people
from server.store.database import Note, Store, Tx

OWN = frozenset({
    "first_name", "last_name", "language", "zone", "phone", "organization", "position", "color", "attributes",
})  # fmt: skip
"""What people may change of themselves."""
LED = OWN | {"account"}
"""What the leader of a group may change of its people."""
FIELDS = OWN | {"email", "login", "role", "account", "department", "sealed"}
REGISTER = "register"
"""Who makes an account for themselves, before they are somebody."""
PAGE = 200
MOST_CREDITS = 10**11


@dataclass(frozen=True, slots=True)
class People:
    """The use cases of accounts. All raise Invalid, Unknown, Barred, Refused, Stale, Later or Full.

    `registration`: off, awaiting (whoever registers has to be let in) or open.
    """

    store: Store
    clock: Clock
    passwords: Passwords
    throttle: Throttle
    registration: str = "off"

    def add(self, it: Person, actor: Actor, *, groups: Iterable[int] = (), password: str | None = None) -> Person:
        """A new person, in these groups and in the automatic ones; the number is given here.

        Without a login the e-mail is it. Refused with email_taken, login_taken or both.
        """
        require(actor, "people")
        it, wanted = _named(it), frozenset(groups)
        checked(it)
        digest = self._digest(password, it)
        return self.store.writing(lambda tx: self._insert(tx, it, actor, wanted, digest))

    def register(self, it: Person, password: str, *, address: str) -> Person:
        """Somebody who makes an account for themselves, where that is allowed; else Barred("identity").

        They are members, and active at once or when an administrator lets them in, as the setting says.
        """
        if self.registration == "off":
            raise Barred("identity")
        account = Account.ACTIVE if self.registration == "open" else Account.AWAITING
        kept = {name: getattr(it, name) for name in (*OWN, "email", "login")}
        it = _named(Person(0, **kept, account=account, unproven=True))
        checked(it)
        self.throttle.charge([("register", self.throttle.name("register", place_of(address)))], REGISTER)
        digest = self._digest(password, it)
        return self.store.writing(lambda tx: self._insert(tx, it, REGISTER, frozenset(), digest))

    def get(self, number: int, actor: Actor) -> Person:
        """One person: oneself, somebody one leads, or for those who see people."""
        with self.store.reading() as tx:
            if may(actor, "people.see"):
                return found(tx, number)
            it = people.by_number(tx, number)
            if it is None:
                raise Barred("identity")  # nor do they learn which numbers are somebody's
            if actor.person != number and not leads(tx, actor, it):
                raise Barred("identity")
            return shown(tx, it)

    def find(self, text: str, actor: Actor) -> Person:
        """The person of that e-mail, login or number."""
        with self.store.reading() as tx:
            it = people.by_email(tx, text) or people.by_login(tx, text)
            if it is None and text.isdecimal() and len(text) < 19:
                it = people.by_number(tx, int(text))
        if it is None or it.erased_at is not None:
            raise Unknown("person", text)
        return self.get(it.number, actor)

    def page(self, filters: Filters, actor: Actor, *, after: int = 0, limit: int = PAGE) -> tuple[Person, ...]:
        """At most `limit` (1 to 200) people whose number is above `after`, by number; a leader sees a group's."""
        sees = may(actor, "people.see")
        texts = (*filters.texts.values(), *filters.attributes.values(), filters.anything, filters.department)
        if not set(filters.texts) <= set(SEARCHED) or any(problem(text, 254) for text in texts):
            raise Invalid({"filter": f"texts up to 254 characters in {', '.join(SEARCHED)}"})
        if not 1 <= limit <= PAGE:
            raise Invalid({"limit": f"1 to {PAGE}"})
        with self.store.reading() as tx:
            group = groups.by_number(tx, filters.group) if filters.group is not None else None
            if not sees and (filters.attributes or not (group and leads_group(tx, actor, group))):
                require(actor, "people.see")
            listed = people.page(tx, filters, after=after, limit=limit)
            return tuple(it if sees else shown(tx, it) for it in listed)

    def all(self, actor: Actor) -> Iterator[Person]:
        """Everybody, page by page."""
        after = 0
        while part := self.page(Filters(), actor, after=after):
            yield from part
            after = part[-1].number

    def change(
        self, number: int, actor: Actor, *, version: int | None = None, groups: Iterable[int] | None = None,
        **fields: Any,
    ) -> Person:  # fmt: skip
        """Sets fields of a person: FIELDS for administrators, OWN of oneself, LED by a leader.

        A login that is the e-mail follows it. `groups`: puts them into just these, too; for administrators. Raises
        Stale where the version is another.
        """
        if groups is not None:
            require(actor, "people")
        wanted = None if groups is None else frozenset(groups)
        if unknown := set(fields) - FIELDS:
            raise Invalid(dict.fromkeys(sorted(unknown), "cannot be set"))
        told, bad = in_words(fields)
        if bad:
            raise Invalid(bad)
        fields |= told

        def work(tx: Tx) -> Person:
            grave = wanted is not None or {"role", "account"} & set(fields)
            with keeping_an_admin(tx) if grave else nullcontext():
                people.lock(tx, number)
                it = found(tx, number)
                self._may_change(tx, actor, it, set(fields))
                if version is not None and version != it.version:
                    raise Stale(it.version)
                sets = dict(fields)
                if "attributes" in fields:
                    manages = may(actor, "people")
                    sets["attributes"] = filled_in(tx, it.attributes, fields["attributes"], manages=manages)
                after = self._write(tx, it, sets, actor)
                if wanted is None:
                    return after
                self._put(tx, it, wanted, actor)
                return found(tx, number)

        return self.store.writing(work)

    def set_groups(self, number: int, actor: Actor, wanted: Iterable[int]) -> Person:
        """Puts somebody into just these groups."""
        require(actor, "people")
        numbers = frozenset(wanted)

        def work(tx: Tx) -> Person:
            with keeping_an_admin(tx):
                people.lock(tx, number)
                self._put(tx, found(tx, number), numbers, actor)
                return found(tx, number)

        return self.store.writing(work)

    def _put(self, tx: Tx, it: Person, numbers: frozenset[int], actor: Actor) -> None:
        """Puts somebody into just these groups."""
        _check_groups(tx, numbers)
        groups.leave(tx, [(group, it.number) for group in it.groups - numbers])
        groups.join(tx, [(group, it.number) for group in numbers - it.groups])
        if it.groups != numbers:
            codes = tuple(str(group) for group in sorted(it.groups ^ numbers))
            was, now = {"groups": sorted(it.groups)}, {"groups": sorted(numbers)}
            tx.note(Note(self._now(), "person_groups", None, it.number, actor, codes, before=was, after=now))

    def credits(self, number: int, actor: Actor, *, to: int | None = None, by: int = 0) -> int:
        """Sets (`to`) or adds (`by`) hundredths of credits; returns what there is then."""
        require(actor, "people")
        if abs(to if to is not None else by) > MOST_CREDITS:
            raise Invalid({"credits": f"at most {MOST_CREDITS // 100}"})

        def work(tx: Tx) -> int:
            was = {"credits": found(tx, number).credits}
            if to is not None:
                people.set_credits(tx, number, to)
            left = people.add_credits(tx, number, by)
            now, codes = {"credits": left}, (str(left),)
            tx.note(Note(self._now(), "credits_set", None, number, actor, codes, before=was, after=now))
            return left

        return self.store.writing(work)

    def unlock(self, number: int, actor: Actor) -> int:
        """Forgets every wrong password and PIN of somebody's, so that they may try again; returns how many counts."""
        require(actor, "people")
        names = self.throttle.of(account_of(number))

        def work(tx: Tx) -> int:
            found(tx, number)
            tx.note(Note(self._now(), "tries_cleared", None, number, actor))
            return self.throttle.forget(tx, names)

        return self.store.writing(work)

    def _now(self) -> datetime:
        return whole(self.clock.now())

    def _digest(self, password: str | None, it: Person) -> str | None:
        if password is None:
            return None
        if (why := password_problem(password, it)) is not None:
            raise Invalid({"password": why})
        return self.passwords.digest(password)

    def _insert(self, tx: Tx, it: Person, by: Actor | str, wanted: frozenset[int], digest: str | None) -> Person:
        untaken(tx, it)
        _check_groups(tx, wanted)
        it = replace(it, attributes=filled_in(tx, {}, it.attributes, manages=by != REGISTER))
        made = people.insert(tx, replace(it, version=1, made_at=self._now()))
        automatic = {group.number for group in groups.every(tx) if group.automatic} - wanted
        groups.join(tx, [(group, made.number) for group in sorted(wanted)])
        groups.join(tx, [(group, made.number) for group in sorted(automatic)], "automatic")
        if digest is not None:
            people.set_secret(tx, made.number, "password", digest)
        codes = (made.role.value, made.account.value)
        made = found(tx, made.number)
        tx.note(Note(self._now(), "person_added", None, made.number, by, codes=codes, after=moved(None, made)[1]))
        return made

    def _write(self, tx: Tx, it: Person, fields: dict[str, Any], by: Actor | str) -> Person:
        after = replace(it, **fields, version=it.version + 1)
        if it.email != after.email:
            after = replace(after, unproven=False)  # only administrators change it
        if it.login == it.email and "login" not in fields:
            after = replace(after, login=after.email)
        if after == replace(it, version=after.version):
            return it
        checked(after)
        untaken(tx, after)
        people.update(tx, after)
        changed = tuple(name for name in sorted(FIELDS) if getattr(it, name) != getattr(after, name))
        if after.account is not it.account:
            changed = (*changed, after.account.value)
        was, now = moved(it, after)
        tx.note(Note(self._now(), "person_changed", None, it.number, by, changed, before=was, after=now))
        if after.account is not Account.ACTIVE and it.account is Account.ACTIVE:
            people.end_access(tx, it.number, self._now())
        return after

    def _may_change(self, tx: Tx, actor: Actor, it: Person, fields: set[str]) -> None:
        if may(actor, "people"):
            return
        allowed: frozenset[str] = frozenset()
        if is_self(actor, it.number):
            allowed = OWN
        elif leads(tx, actor, it):
            allowed = LED
        if not allowed or not fields <= allowed:
            raise Barred("scope" if allowed else "identity", need="people")


@contextmanager
def keeping_an_admin(tx: Tx) -> Iterator[None]:
    """What is done within may not leave the house without an active administrator: Refused("last_admin")."""
    people.lock_admins(tx)
    before = people.admins(tx)
    yield
    if before and not people.admins(tx):
        raise Refused((Objection("last_admin", ""),))


def found(tx: Tx, number: int) -> Person:
    """The person of that number; Unknown where there is none, or no more."""
    it = people.by_number(tx, number)
    if it is None or it.erased_at is not None:
        raise Unknown("person", str(number))
    return it


def checked(it: Person) -> None:
    """Raises Invalid for a person who cannot be."""
    if bad := problems_of(it):
        raise Invalid(bad)


def untaken(tx: Tx, it: Person) -> None:
    """Raises Refused with email_taken, login_taken or both where somebody else has them."""
    codes = ("email_taken", "login_taken")
    if told := tuple(Objection(code, "") for code, is_so in zip(codes, people.taken(tx, it), strict=True) if is_so):
        raise Refused(told)


def _named(it: Person) -> Person:
    trimmed = {name: getattr(it, name).strip() for name in ("email", "login", "first_name", "last_name")}
    return replace(it, **{**trimmed, "login": trimmed["login"] or trimmed["email"]})


def _check_groups(tx: Tx, numbers: frozenset[int]) -> None:
    if len(numbers) > MOST_GROUPS:
        raise Invalid({"groups": f"at most {MOST_GROUPS}"})
    for number in sorted(numbers):
        if groups.by_number(tx, number) is None:
            raise Unknown("group", str(number))
