"""What people prove themselves by, beside a session: passwords set and changed, PINs, badges, the personal feed.

A PIN or badge is checked here alone; no panel ever holds what it could be checked against. A PIN is short, so it is
asked for with its owner known, and wrong ones are counted per door, per person, and for the two together. Badge
numbers are short as well: their digests are made with the instance's key.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from server.core.access import Actor, may, require
from server.core.clock import Clock, whole
from server.core.credentials import Badge
from server.core.errors import Barred, Invalid, Objection, Refused, Unknown, Unnamed
from server.core.people import Account, Person, folded, password_problem
from server.core.text import problem
from server.engine.instance import Instance
from server.engine.leading import account_of, in_person
from server.engine.passwords import Passwords, generated
from server.engine.people import found
from server.engine.rooms import LETTERS, digest
from server.engine.throttle import Throttle
from server.store import api_keys, people, sessions
from server.store.database import Note, Store, Tx

PIN = re.compile(r"[0-9]{4,8}")
MOST_BADGES = 10


@dataclass(frozen=True, slots=True)
class Credentials:
    """The use cases of passwords, PINs, badges and feeds.

    All raise Invalid, Unknown, Unnamed, Barred, Refused, Later or Full.
    """

    store: Store
    clock: Clock
    instance: Instance
    passwords: Passwords
    throttle: Throttle

    def set_password(
        self, number: int, actor: Actor, password: str, *, current: str | None = None, keep: str = ""
    ) -> Person:
        """Sets a password and ends the person's other sessions (that with the secret `keep` stays).

        Whoever sets their own says the `current` one, where there is one; administrators need not for others.
        """
        person, kept = self._known(number, actor)
        if actor.person == number and kept is not None:
            self._prove(person, kept, current or "", actor)
        if (why := password_problem(password, person)) is not None:
            raise Invalid({"password": why})
        fresh = self.passwords.digest(password)

        def work(tx: Tx) -> Person:
            it = found(tx, number)
            people.set_secret(tx, number, "password", fresh)
            sessions.delete_of(tx, number, but=digest(keep) if keep else "")
            tx.note(Note(self._now(), "password_set", None, number, actor))
            return it

        return self.store.writing(work)

    def generate_password(self, number: int, actor: Actor) -> str:
        """Sets a password that nobody chose and tells it, this once. For administrators."""
        require(actor, "people")
        fresh = generated()
        self.set_password(number, actor, fresh)
        return fresh

    def set_pin(self, number: int, actor: Actor, pin: str | None) -> None:
        """Sets or (None) takes somebody's PIN: 4 to 8 digits; one's own, or for administrators."""
        self._known(number, actor)
        if pin is not None and (not PIN.fullmatch(pin) or len(set(pin)) == 1):
            raise Invalid({"pin": "4 to 8 digits, not all alike"})
        fresh = self.passwords.digest(pin) if pin is not None else None

        def work(tx: Tx) -> None:
            found(tx, number)
            people.set_secret(tx, number, "pin", fresh)
            tx.note(Note(self._now(), "pin_set", None, number, actor, codes=() if pin else ("none",)))

        self.store.writing(work)

    def by_pin(self, number: int, pin: str, *, door: str, about: str) -> Person:
        """Somebody who proves to be who they are at a door by their PIN; Unnamed where it is wrong.

        `door` names the panel or room, `about` the booking (or person) it is about. Later(too_many) after five wrong
        ones there within 15 minutes, or too many anywhere.
        """
        with self.store.reading() as tx:
            person = people.by_number(tx, number)
            kept = people.secret_of(tx, number, "pin")
        account = account_of(number)
        own = [
            ("pin", self.throttle.name("pin", account, door, about)),
            ("holder", self.throttle.name("holder", account)),
        ]
        tries = [*own, ("door", self.throttle.name("door", door))]
        self.throttle.refuse(tries)
        with self.passwords.queue.turn():
            self.throttle.charge(tries, door)
            right = self.passwords.check(kept, pin[:100])
        if not right or person is None or person.account is not Account.ACTIVE:
            raise Unnamed(missing=False)
        self.store.writing(lambda tx: self.throttle.right(tx, tries))
        return person

    def add_badge(self, number: int, actor: Actor, text: str, *, label: str = "") -> Badge:
        """Gives somebody a badge, as a reader types it; Refused("badge_taken") where it is somebody's already."""
        require(actor, "people")
        kept = self._badge(text)
        if not kept or problem(label, 100) is not None:
            raise Invalid({"badge": "4 to 128 letters and digits; its label up to 100 characters"})

        def work(tx: Tx) -> Badge:
            found(tx, number)
            if api_keys.badge_holder(tx, kept) is not None:
                raise Refused((Objection("badge_taken", ""),))
            if len(api_keys.badges(tx, number)) >= MOST_BADGES:
                raise Refused((Objection("too_many_badges", "", {"most": MOST_BADGES}),))
            api_keys.insert_badge(tx, number, kept, label, self._now())
            tx.note(Note(self._now(), "badge_added", None, number, actor))
            return next(it for it in api_keys.badges(tx, number) if kept.startswith(it.id))

        return self.store.writing(work)

    def badges(self, number: int, actor: Actor) -> tuple[Badge, ...]:
        """Somebody's badges; one's own, or for administrators."""
        self._known(number, actor)
        with self.store.reading() as tx:
            return tuple(api_keys.badges(tx, number))

    def remove_badge(self, number: int, actor: Actor, id_: str) -> None:
        """Ends a badge (a lost one by its owner, too), by its id."""
        self._known(number, actor)

        def work(tx: Tx) -> None:
            if not id_.isalnum() or not api_keys.remove_badge(tx, number, id_):
                raise Unknown("badge", id_)
            tx.note(Note(self._now(), "badge_removed", None, number, actor))

        self.store.writing(work)

    def by_badge(self, text: str, *, door: str) -> Person:
        """Whose badge it is; Unnamed where it is nobody's, Later(too_many) after too many of those at one door."""
        kept, name = self._badge(text), self.throttle.name("badge", door)
        with self.store.reading() as tx:
            holder = api_keys.badge_holder(tx, kept) if kept else None
            person = people.by_number(tx, holder) if holder is not None else None
        self.throttle.refuse([("badge", name)])
        if person is None or person.account is not Account.ACTIVE:
            self.throttle.charge([("badge", name)], door)
            raise Unnamed(missing=False)
        return person

    def feed(self, number: int, actor: Actor, action: str) -> str:
        """Makes ("enable", "rotate") or ends ("disable") the secret of a personal calendar feed, told this once."""
        self._known(number, actor)
        if action not in ("enable", "rotate", "disable"):
            raise Invalid({"action": "enable, rotate or disable"})
        fresh = "" if action == "disable" else "lpf_" + "".join(secrets.choice(LETTERS) for _ in range(40))

        def work(tx: Tx) -> None:
            found(tx, number)
            people.set_secret(tx, number, "feed_digest", digest(fresh) if fresh else None)
            tx.note(Note(self._now(), "person_feed", None, number, actor, codes=(action,)))

        self.store.writing(work)
        return fresh

    def by_feed_secret(self, opened: str) -> Person:
        """Whose feed the secret opens; Unknown where it is nobody's."""
        with self.store.reading() as tx:
            person = people.by_feed(tx, digest(opened))
        if person is None or person.account is not Account.ACTIVE:
            raise Unknown("feed", "")
        return person

    def _known(self, number: int, actor: Actor) -> tuple[Person, str | None]:
        if not in_person(actor, number) and not may(actor, "people"):
            raise Barred("identity", need="people")
        with self.store.reading() as tx:
            return found(tx, number), people.secret_of(tx, number, "password")

    def _prove(self, person: Person, kept: str, current: str, actor: Actor) -> None:
        name = self.throttle.name("pair", account_of(person.number), "own")
        with self.passwords.queue.turn():
            self.throttle.charge([("pair", name)], actor.name)
            right = self.passwords.check(kept, current[:1000])
        if not right:
            raise Invalid({"current": "is not your password"})
        self.store.writing(lambda tx: self.throttle.right(tx, [("pair", name)]))

    def _badge(self, text: str) -> str:
        """The digest of what a reader typed, whatever its case, spaces and separators; "" for what is no badge."""
        plain = "".join(char for char in folded(text[:300]) if char.isalnum())
        return self.instance.digest("badge", plain) if 4 <= len(plain) <= 128 else ""

    def _now(self) -> datetime:
        return whole(self.clock.now())
