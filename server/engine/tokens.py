"""Keys to the API: made once, shown once, kept as a digest, checked on every request.

Decision: when a token was last used is remembered in memory and written at most once a minute, so that reading never
costs a commit; a disk that is full must not stop reading either.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from server.core.access import Actor, require, require_everywhere
from server.core.audit_facts import moved
from server.core.clock import Clock, whole
from server.core.errors import Invalid, Objection, Refused, Unknown, Unnamed
from server.core.model import Token
from server.core.people import Account
from server.core.text import problem
from server.engine.last_use import LastUse
from server.engine.leading import in_person, is_self
from server.engine.people import found as owner
from server.engine.rights import Rights
from server.engine.rooms import LETTERS, digest, found
from server.store import keys, people
from server.store.database import Note, Store, Tx

SCOPES = ("read", "book", "admin")

Aside = Callable[[Callable[[], None]], None]
"""Does a piece of work that an answer must not wait for: a reader never waits for a writer."""


def at_once(work: Callable[[], None]) -> None:
    """Does it here and now."""
    work()


@dataclass(frozen=True, slots=True)
class Tokens:
    """The use cases of API tokens. All raise Invalid, Unknown, Unnamed, Barred, Refused, Later or Full."""

    store: Store
    clock: Clock
    rights: Rights
    aside: Aside = at_once
    used: LastUse[int] = field(default_factory=LastUse)

    def create(
        self, name: str, scope: str, actor: Actor, *, rooms: tuple[str, ...] = (), expires: datetime | None = None,
        person: int | None = None,
    ) -> tuple[Token, str]:  # fmt: skip
        """A new token and its secret ("rvx_" and 40 letters and digits), which is never told again.

        `person`: whose it is and what it may at most; people make their own, administrators anybody's.
        """
        if person is not None and in_person(actor, person):
            pass  # their own, which may no more than they may
        elif person is not None or actor.person is not None:
            require(actor, "keys")  # the house's keys outlive whoever makes them
        elif rooms:
            require(actor, "admin")
        else:
            require_everywhere(actor, "admin")  # nobody gives more than he has
        now, expires = whole(self.clock.now()), whole(expires) if expires else None
        check(name, scope, expires, now)
        secret = "rvx_" + "".join(secrets.choice(LETTERS) for _ in range(40))

        def work(tx: Tx) -> Token:
            if person is not None and owner(tx, person).account is not Account.ACTIVE:
                raise Refused((Objection("account_not_active", ""),))
            numbers = frozenset(found(tx, slug, actor, "read" if person else "admin").number for slug in rooms)
            id_ = "tok_" + "".join(secrets.choice(LETTERS) for _ in range(12))
            it = Token(0, id_, name, scope, secret[:8], numbers, now, expires_at=expires, person=person)
            number = keys.insert_token(tx, it, digest(secret))
            _, made = moved(None, it)
            tx.note(Note(now, "token_made", None, number, actor, codes=(scope,), after=made))
            return replace(it, number=number)

        return self.store.writing(work), secret

    def all(self, actor: Actor, *, person: int | None = None) -> tuple[Token, ...]:
        """Every token, revoked ones too; of one person or of all. Scope admin, all rooms; people see their own."""
        if person is not None:
            _own(actor, person)
        else:
            _keeps(actor)
        self.flush()
        with self.store.reading() as tx:
            return tuple(it for it in keys.tokens(tx) if person in (None, it.person))

    def revoke(self, id_: str, actor: Actor) -> Token:
        """Ends a token at once; again is fine. Scope admin, all rooms; people end their own."""
        if actor.person is None:
            _keeps(actor)
        now = whole(self.clock.now())

        def work(tx: Tx) -> Token:
            it = keys.token_by_id(tx, id_)
            if it is None or it.person is None or not is_self(actor, it.person):
                _keeps(actor)
            if it is None:
                raise Unknown("token", id_)
            keys.revoke_token(tx, it.number, now)
            was, _ = moved(it, None)
            tx.note(Note(now, "token_revoked", None, it.number, actor, before=was))
            return keys.token_by_id(tx, id_) or it

        return self.store.writing(work)

    def actor(self, secret: str, *, source: str = "roomvox") -> Actor:
        """Who the secret stands for; Unnamed where it is unknown, revoked or expired, or its person's account is shut.

        A person's token may what its scope and its rooms say, and no more than the person may at this moment.
        """
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            it = keys.token_by_digest(tx, digest(secret))
            if it is None or it.revoked_at is not None or (it.expires_at is not None and it.expires_at <= now):
                raise Unnamed(missing=False)
            found = self._who(tx, it, source)
        self.note_use(it.number, now)
        return found

    def _who(self, tx: Tx, it: Token, source: str) -> Actor:
        name, rooms = f"token:{it.number}", it.rooms or None
        if it.person is None:
            return Actor(name, it.scope, rooms, source, it.prefix, it.expires_at)
        person = people.by_number(tx, it.person)
        found = person and self.rights.actor(
            tx, person, scope=it.scope, rooms=rooms, name=name, source=source, label=it.prefix, expires=it.expires_at
        )
        if not found:
            raise Unnamed(missing=False)
        return found

    def note_actor(self, actor: Actor, now: datetime) -> None:
        """Remembers that an actor's token was used, where it is one."""
        if actor.name.startswith("token:"):
            self.note_use(int(actor.name[6:]), now)

    def note_use(self, number: int, now: datetime) -> None:
        """Remembers a use, and writes what is remembered once a minute."""
        if self.used.note(number, now):
            self.aside(self.flush)

    def flush(self) -> None:
        """Writes the remembered uses; keeps them where the database can't take them now."""
        self.used.flush(lambda used: self.store.writing(lambda tx: keys.touch_tokens(tx, used)))


def _own(actor: Actor, person: int) -> None:
    if not is_self(actor, person):
        require(actor, "keys")


def _keeps(actor: Actor) -> None:
    """Raises Barred unless the actor keeps the keys of the whole house."""
    require_everywhere(actor, "admin")
    require(actor, "keys")


def check(name: str, scope: str, expires: datetime | None, now: datetime) -> None:
    """Raises Invalid for a token that cannot be."""
    bad = {}
    if not name.strip():
        bad["name"] = "is required"
    elif (why := problem(name, 255)) is not None:
        bad["name"] = why
    if scope not in SCOPES:
        bad["scope"] = "read, book or admin"
    if expires is not None and expires <= now:
        bad["expires"] = "is in the past"
    if bad:
        raise Invalid(bad)
