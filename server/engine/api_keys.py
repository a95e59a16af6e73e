"""Keys that act as a person, in the shape that clients of two products know.

An Indico key is a name (`ak`, sent with each request) and a secret that requests are signed with, both UUIDs; the
secret must be read again to check a signature, so it is sealed with the instance's key. A RoomLoop key is one secret,
sent as it is, of which only the digest is kept.
"""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from server.core.access import Actor, may, require
from server.core.clock import Clock, whole
from server.core.credentials import ApiKey
from server.core.errors import Barred, Invalid, Objection, Refused, Unknown, Unnamed
from server.core.people import Account, Person
from server.core.text import problem
from server.engine.instance import Instance
from server.engine.last_use import LastUse
from server.engine.leading import in_person, is_self
from server.engine.people import found
from server.engine.rights import Rights
from server.engine.rooms import LETTERS, digest
from server.engine.tokens import Aside, at_once
from server.store import api_keys, people
from server.store.database import Note, Store, Tx

Act = Callable[[Tx, datetime], None]
KINDS = ("indico", "roomloop")
MOST = 50
"""So many keys that still open something one person may have."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new key and what is told of it this once: `ak` and `secret`, or (`ak` empty) the `secret` alone."""

    key: ApiKey
    ak: str
    secret: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What a key opens: whose it is, as whom they act at no door yet, and the secret its requests are signed with
    ("" where there is none)."""

    key: ApiKey
    person: Person
    acts: Actor
    secret: str = ""


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """The use cases of such keys. All raise Invalid, Unknown, Unnamed, Barred, Refused, Later or Full."""

    store: Store
    clock: Clock
    instance: Instance
    rights: Rights
    aside: Aside = at_once
    used: LastUse[int] = field(default_factory=LastUse)

    def create(
        self, number: int, kind: str, actor: Actor, *, name: str = "", persistent: bool = False,
        expires: datetime | None = None,
    ) -> Made:  # fmt: skip
        """A new key of somebody's; one's own, or for administrators. `persistent`: signatures without a time count."""
        if not in_person(actor, number):
            require(actor, "keys")
        now, expires = whole(self.clock.now()), whole(expires) if expires else None
        _check(kind, name, persistent, expires, now)
        ak = str(uuid.uuid4()) if kind == "indico" else ""
        secret = str(uuid.uuid4()) if ak else "sk_live_" + "".join(secrets.choice(LETTERS) for _ in range(40))
        sealed = self.instance.seal("api_key", secret) if ak else None
        it = ApiKey(
            0, number, kind, name, (ak or secret)[: 8 if ak else 12], sealed, persistent, False, now, None, expires
        )

        def work(tx: Tx) -> ApiKey:
            if found(tx, number).account is not Account.ACTIVE:
                raise Refused((Objection("account_not_active", ""),))
            if sum(key.revoked_at is None for key in api_keys.every(tx, person=number)) >= MOST:
                raise Refused((Objection("too_many_keys", "", {"most": MOST}),))
            made = replace(it, number=api_keys.insert(tx, it, digest(ak or secret)))
            tx.note(Note(now, "key_made", None, made.number, actor, codes=(kind, str(number))))
            return made

        return Made(self.store.writing(work), ak, secret)

    def all(self, actor: Actor, *, person: int | None = None) -> tuple[ApiKey, ...]:
        """Every key, revoked ones too; of one person or (administrators) of all. Never a secret."""
        self._own_or_keys(actor, person)
        self.flush()
        with self.store.reading() as tx:
            return tuple(api_keys.every(tx, person=person))

    def revoke(self, number: int, actor: Actor) -> ApiKey:
        """Ends a key at once; again is fine."""
        return self._act(number, actor, "key_revoked", lambda tx, at: api_keys.revoke(tx, number, at))

    def block(self, number: int, actor: Actor, *, blocked: bool) -> ApiKey:
        """Shuts a key, or opens it again. For administrators."""
        require(actor, "keys")
        what = "key_blocked" if blocked else "key_unblocked"
        return self._act(number, actor, what, lambda tx, _: api_keys.block(tx, number, blocked=blocked))

    def by_ak(self, ak: str) -> Opened:
        """The key of that name, whose it is, and its secret; also where it is blocked. Else Unnamed."""
        opened = self._opened(ak, "indico")
        return replace(opened, secret=self.instance.unseal("api_key", opened.key.sealed or ""))

    def by_roomloop(self, secret: str) -> Opened:
        """The key of that secret and whose it is; Unnamed where it opens nothing."""
        opened = self._opened(secret, "roomloop")
        if opened.key.blocked:
            raise Unnamed(missing=False)
        return opened

    def actor(self, opened: Opened, *, source: str, scope: str = "admin") -> Actor:
        """Who acts by a key: its person, with all they may, within the scope."""
        if self.used.note(opened.key.number, whole(self.clock.now())):
            self.aside(self.flush)
        return replace(opened.acts, source=source, scope=scope)

    def flush(self) -> None:
        """Writes when keys were last used, as far as it is only remembered."""
        self.used.flush(lambda used: self.store.writing(lambda tx: api_keys.touch(tx, used)))

    def _opened(self, shown: str, kind: str) -> Opened:
        now = whole(self.clock.now())
        with self.store.reading() as tx:  # one look at everything: each costs a signed request three round trips
            it = api_keys.by_digest(tx, digest(shown))
            if it is None or it.kind != kind or it.revoked_at is not None:
                raise Unnamed(missing=False)
            person = people.by_number(tx, it.person)
            acts = person and self.rights.actor(
                tx, person, name=f"key:{it.number}", label=it.prefix, expires=it.expires_at
            )
        if person is None or not acts or (it.expires_at is not None and it.expires_at <= now):
            raise Unnamed(missing=False)
        return Opened(it, person, acts)

    def _act(self, number: int, actor: Actor, what: str, act: Act) -> ApiKey:
        now = whole(self.clock.now())

        def work(tx: Tx) -> ApiKey:
            it = api_keys.by_number(tx, number)
            if it is None or not (is_self(actor, it.person) or may(actor, "keys")):
                raise Unknown("key", str(number))  # others' keys are not there to be counted
            act(tx, now)
            tx.note(Note(now, what, None, number, actor))
            return api_keys.by_number(tx, number) or it

        return self.store.writing(work)

    def _own_or_keys(self, actor: Actor, number: int | None) -> None:
        if (number is None or not is_self(actor, number)) and not may(actor, "keys"):
            raise Barred("identity", need="keys")


def _check(kind: str, name: str, persistent: bool, expires: datetime | None, now: datetime) -> None:
    bad = {}
    if kind not in KINDS:
        bad["kind"] = " or ".join(KINDS)
    if (why := problem(name, 255)) is not None:
        bad["name"] = why
    if persistent and kind != "indico":
        bad["persistent"] = "only where requests are signed"
    if expires is not None and expires <= now:
        bad["expires"] = "is in the past"
    if bad:
        raise Invalid(bad)
