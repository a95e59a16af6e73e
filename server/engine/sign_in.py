"""Signing in and staying so: passwords against guesses, sessions that end by themselves.

Decisions:
- What opens a session is told once, never kept (its SHA-256 is), and new at every sign-in.
- A session ends when it was not used for a while; whoever runs the house is signed out after 12 hours in any case. A
  member at the console (their own phone or desk) stays signed in for 30 days, used or not.
- A wrong login, a wrong password, an account that is not active: one answer, after one time.
- Whether somebody is still active is looked at on every use, and once more under the lock when a session begins.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.core.access import Actor, may
from server.core.clock import Clock, whole
from server.core.credentials import Session
from server.core.errors import Barred, Invalid, Unknown, Unnamed
from server.core.people import Account, Person, Role, effective_role, folded
from server.core.privacy import FEED
from server.core.text import problem
from server.engine.last_use import LastUse
from server.engine.leading import account_of, is_self
from server.engine.passwords import Passwords
from server.engine.people import found
from server.engine.rights import Rights
from server.engine.rooms import digest
from server.engine.throttle import Throttle, place_of
from server.engine.tokens import Aside, at_once
from server.store import people, sessions
from server.store.database import Note, Store, Tx

IDLE = timedelta(minutes=30)
WORKDAY = timedelta(hours=12)
LONGEST = timedelta(days=30)
CONSOLE = "console"
MOST_SESSIONS = 50
"""So many sessions one person may have; the oldest make room."""


def secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


Make = Callable[[], str]


@dataclass(frozen=True, slots=True)
class SignIn:
    """The use cases of signing in. All raise Invalid, Unknown, Unnamed, Barred, Later or Full.

    `local`: whether passwords open anything; if not, that of the sealed account still does. `idles`: how long sessions
    last that are not used where it is not `idle`, by the door (source) that they began at.
    """

    store: Store
    clock: Clock
    passwords: Passwords
    throttle: Throttle
    rights: Rights
    aside: Aside = at_once
    idle: timedelta = IDLE
    local: bool = True
    idles: Mapping[str, timedelta] = field(default_factory=dict)
    used: LastUse[str] = field(default_factory=LastUse)

    def sign_in(
        self, login: str, password: str, *, source: str, address: str, label: str = "", old: str = "",
        make: Make = secret,
    ) -> tuple[Person, str]:  # fmt: skip
        """Who that login or e-mail and password are, and the secret of their new session; else Unnamed.

        `address` is where the request came from, `label` what is shown of the session, `old` a secret that ends by it,
        `make` how secrets look there. Later(too_many) where somebody has been wrong too often.
        """
        login = login[:300]  # longer than any there is
        with self.store.reading() as tx:
            person = people.by_email(tx, login) or people.by_login(tx, login)
            kept = people.secret_of(tx, person.number, "password") if person else None
        account, place = account_of(person.number) if person else f"typed:{folded(login)}", place_of(address)
        tries = self._tries(account, place, known=self.throttle.knows(account, place))
        self.throttle.refuse(tries)
        with self.passwords.queue.turn():
            self.throttle.charge(tries, source)
            right = self.passwords.check(kept, password[:1000])
        usable = person is not None and (self.local or person.sealed)
        if not right or not usable or person is None or kept is None:
            raise Unnamed(missing=False)
        fresh = self.passwords.digest(password) if self.passwords.stale(kept) else None

        def work(tx: Tx) -> tuple[Person, str]:
            if people.secret_of(tx, person.number, "password") != kept:
                raise Unnamed(missing=False)  # it was changed while we looked at it
            if fresh is not None:
                people.set_secret(tx, person.number, "password", fresh)
            self.throttle.right(tx, self._tries(account, place, known=False))
            self.throttle.know(tx, account, place)
            return self._begin(tx, person.number, source, label, old, make)

        return self.store.writing(work)

    def open(
        self, number: int, *, source: str, label: str = "", old: str = "", make: Make = secret
    ) -> tuple[Person, str]:
        """A new session for somebody whom others have recognised (a sign-in provider, a badge)."""
        return self.store.writing(lambda tx: self._begin(tx, number, source, label, old, make))

    def session(self, opened: str) -> Person:
        """Whose session that secret opens, which is used by it; Unnamed where it has ended."""
        now = self._now()
        with self.store.reading() as tx:
            _, person = self._found(tx, opened, now)
        if self.used.note(digest(opened), now):
            self.aside(self.flush)
        return person

    def feed(self, opened: str) -> Actor:
        """Who reads by the address of somebody's feed: all that the person sees; Unknown where it is nobody's."""
        with self.store.reading() as tx:
            person = people.by_feed(tx, digest(opened))
            actor = self.rights.actor(tx, person, scope="read", name=FEED, source=FEED) if person is not None else None
        if actor is None:
            raise Unknown("feed", "")
        return actor

    def actor(self, opened: str, *, source: str) -> Actor:
        """Who acts by that session, with all that the person may; Unnamed where it has ended."""
        return self.visitor(opened, source=source)[0]

    def visitor(self, opened: str, *, source: str) -> tuple[Actor, Person]:
        """The same, and the person."""
        now = self._now()
        with self.store.reading() as tx:
            _, person = self._found(tx, opened, now)
            actor = self.rights.actor(tx, person, source=source)
        if actor is None:
            raise Unnamed(missing=False)
        if self.used.note(digest(opened), now):
            self.aside(self.flush)
        return actor, person

    def until(self, opened: str) -> datetime:
        """When the session ends if it is not used again."""
        now = self._now()
        with self.store.reading() as tx:
            it, person = self._found(tx, opened, now)
        return self._ends(it, person, now)

    def sign_out(self, opened: str) -> None:
        """Ends a session; again is fine."""
        self.store.writing(lambda tx: sessions.delete(tx, digest(opened)))

    def sessions(self, number: int, actor: Actor) -> tuple[Session, ...]:
        """Somebody's sessions that have not ended, the newest first; one's own, or for administrators."""
        _own_or_people(actor, number)
        self.flush()
        now = self._now()
        with self.store.reading() as tx:
            person = found(tx, number)
            return tuple(it for it in sessions.of(tx, number) if now < self._ends(it, person, it.seen_at))

    def end(self, number: int, id_: str, actor: Actor) -> None:
        """Ends one of somebody's sessions, by its id."""
        _own_or_people(actor, number)

        def work(tx: Tx) -> None:
            it = sessions.by_id(tx, id_) if id_.isascii() and id_.isalnum() else None
            if it is None or it.person != number:
                raise Unknown("session", id_)
            sessions.delete(tx, id_)
            tx.note(Note(self._now(), "session_ended", None, number, actor))

        self.store.writing(work)

    def end_all(self, number: int, actor: Actor, *, but: str = "") -> int:
        """Ends all of somebody's sessions, except that with the secret `but`; returns how many."""
        _own_or_people(actor, number)

        def work(tx: Tx) -> int:
            found(tx, number)
            ended = sessions.delete_of(tx, number, but=digest(but) if but else "")
            tx.note(Note(self._now(), "sessions_ended", None, number, actor, codes=(str(ended),)))
            return ended

        return self.store.writing(work)

    def flush(self) -> None:
        """Writes when sessions were last used, as far as it is only remembered."""
        self.used.flush(lambda seen: self.store.writing(lambda tx: sessions.touch(tx, seen)))

    def tidy(self) -> int:
        """Removes sessions that have ended for good; returns how many."""
        now = self._now()
        return self.store.writing(lambda tx: sessions.delete_ended(tx, now))

    def _tries(self, account: str, place: str, *, known: bool) -> list[tuple[str, str]]:
        tries = [
            (kind, self.throttle.name(kind, *of)) for kind, of in (("pair", (account, place)), ("address", (place,)))
        ]
        if not known:
            tries.append(("account", self.throttle.name("account", account)))
        return tries

    def _begin(self, tx: Tx, number: int, source: str, label: str, old: str, make: Make) -> tuple[Person, str]:
        if problem(label, 200) is not None:
            raise Invalid({"label": "up to 200 characters"})
        people.lock(tx, number)
        person = people.by_number(tx, number)
        if person is None or person.account is not Account.ACTIVE or person.erased_at is not None:
            raise Unnamed(missing=False)
        now, opened = self._now(), make()
        if old:
            sessions.delete(tx, digest(old))
        for it in sessions.of(tx, number)[MOST_SESSIONS - 1 :]:
            sessions.delete(tx, it.id)
        sessions.insert(tx, Session(digest(opened), number, source, label, now, now, now + LONGEST))
        people.touch(tx, number, now)
        what = "break_glass" if person.sealed else "signed_in"
        tx.note(Note(now, what, None, number, account_of(number), codes=(source,)))
        return person, opened

    def _found(self, tx: Tx, opened: str, now: datetime) -> tuple[Session, Person]:
        id_ = digest(opened)
        it = sessions.by_id(tx, id_)
        person = people.by_number(tx, it.person) if it is not None else None
        if it is None or person is None or person.account is not Account.ACTIVE or person.erased_at is not None:
            raise Unnamed(missing=False)
        if now >= self._ends(it, person, self.used.latest(id_, it.seen_at)):
            raise Unnamed(missing=False)
        return it, person

    def _ends(self, it: Session, person: Person, seen: datetime) -> datetime:
        runs = effective_role(person) is not Role.MEMBER
        ends = min(it.ends_at, it.made_at + WORKDAY) if runs else it.ends_at
        return min(ends, seen + self.idles.get(it.source, self.idle)) if runs or it.source != CONSOLE else ends

    def _now(self) -> datetime:
        return whole(self.clock.now())


def _own_or_people(actor: Actor, number: int) -> None:
    if not is_self(actor, number) and not may(actor, "people"):
        raise Barred("identity", need="people")
