"""Devices themselves: made, given rooms, set apart, ended; who a key stands for, and what a device is told of itself.

Decisions:
- A board reads, and what it opens is looked up when it asks: the rooms that are below its place then, but those that
  are hidden or switched off.
- A device that is set apart keeps its rooms and reads them on. Its acts are refused as `quarantined`, which says that
  they may be done later, so that its card keeps them.
- What a device is told of itself has a digest, which it hears with every heartbeat. It is kept as long as nothing has
  changed that is no room's (keys, settings) and no place, so a thousand heartbeats cost a thousand small questions.
"""

import hashlib
import json
import secrets
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from server.core.access import Actor, require, require_everywhere
from server.core.audit_facts import moved
from server.core.clock import Clock, whole
from server.core.errors import Invalid, Unknown, Unnamed
from server.core.model import Device
from server.core.text import problem
from server.engine import assigning
from server.engine.assigning import CLONED, Newcomer, Post, let_in, named, post
from server.engine.house import House
from server.engine.panel_settings import PanelSettings
from server.engine.rooms import LETTERS, digest
from server.engine.tickets import settle
from server.engine.tokens import Tokens
from server.store import changes, house, keys, meta, pairing, rooms
from server.store.database import Note, Store, Tx

KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Me:
    """What a device is told of itself. `digest` differs whenever anything of it does."""

    number: int
    name: str
    kind: str
    rooms: tuple[str, ...]
    state: str
    settings: Mapping[str, Any]
    why: Mapping[str, str]
    authorities: tuple[str, ...]
    push: str | None
    incarnation: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What an answer was made of: equal stamps, equal answers."""

    head: int
    house: int
    authorities: tuple[str, ...]
    push: str | None
    rooms: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """The use cases. All raise Invalid, Unknown, Unnamed, Barred, Later or Full.

    `authorities`: certificates (PEM) of those whom devices believe; `push`: where they hear of news.
    """

    store: Store
    clock: Clock
    house: House
    tokens: Tokens
    settings: PanelSettings
    authorities: Callable[[], tuple[str, ...]]
    push: Callable[[], str | None]
    told: dict[str, tuple[_Stamp, Me]] = field(default_factory=dict)

    def add(self, name: str, actor: Actor, *, rooms: tuple[str, ...]) -> tuple[Device, str]:
        """A new device and its secret, told this once: `rk_dev_ID_SECRET_CRC`, so that leaks and typos are found."""
        require(actor, "admin" if actor.person is None else "devices")  # a panel outlives what somebody may
        if not rooms or not name.strip() or problem(name, 255) is not None:
            raise Invalid({"name" if rooms else "rooms": "is required"})
        now = whole(self.clock.now())
        body = "rk_dev_" + secrets.token_hex(4) + "_" + "".join(secrets.choice(LETTERS) for _ in range(43))
        secret = f"{body}_{zlib.crc32(body.encode()):08x}"
        new = Newcomer(digest(secret), secret[:15])
        return self.store.writing(lambda tx: let_in(tx, new, post(tx, actor, rooms, None, name), now, actor)), secret

    def all(self, actor: Actor) -> tuple[Device, ...]:
        """Every device, revoked ones too. Scope admin, all rooms."""
        require_everywhere(actor, "admin")
        with self.store.reading() as tx:
            return tuple(keys.devices(tx))

    def assign(
        self, number: int, actor: Actor, *, rooms: tuple[str, ...] | None = None, place: int | None = None,
        name: str | None = None,
    ) -> Device:  # fmt: skip
        """Makes a device the panel of other rooms or the board of a place, or calls it otherwise; effective at once."""
        require(actor, "devices")
        now, called = whole(self.clock.now()), named(name or "")
        if name is not None and not called:
            raise Invalid({"name": "is required"})

        def work(tx: Tx) -> Device:
            it = _in_use(tx, number)
            if rooms is None and place is None:
                to = Post(it.rooms_in_order, it.place, called)
            else:
                to = post(tx, actor, rooms or (), place, called)
            return assigning.assign(tx, it, to, now, actor)

        return self.store.writing(work)

    def revoke(self, number: int, actor: Actor) -> Device:
        """Ends a device's key at once; again is fine. Scope admin, all rooms."""
        require_everywhere(actor, "admin")
        now = whole(self.clock.now())

        def work(tx: Tx) -> Device:
            assigning.revoke(tx, _found(tx, number), now, actor)
            return _found(tx, number)

        return self.store.writing(work)

    def release_quarantine(self, number: int, actor: Actor) -> Device:
        """Takes back a device that was set apart, once somebody has looked; its lives begin anew. Again is fine."""
        require(actor, "devices")
        now = whole(self.clock.now())

        def work(tx: Tx) -> Device:
            it = _in_use(tx, number)
            if keys.quarantine_device(tx, number, None):
                pairing.forget_lives(tx, number)
                settle(tx, now, CLONED, f"device:{number}", actor.name)
                was, after = moved(it, _found(tx, number))
                tx.note(Note(now, "device_released", None, number, actor, before=was, after=after))
            return _found(tx, number)

        return self.store.writing(work)

    def actor(self, secret: str) -> Actor:
        """Who the secret stands for: a device with its rooms, or a token used by a panel."""
        if not secret.startswith("rk_dev_"):
            return self.tokens.actor(secret, source="panel")
        with self.store.reading() as tx:
            it = keys.device_by_digest(tx, digest(secret))
            if it is None or it.revoked_at is not None:
                raise Unnamed(missing=False)
            shut = "quarantined" if it.quarantined_at is not None else ""
            scope = "read" if shut or it.kind == "board" else "book"
            opens = frozenset(self._rooms(tx, it))
        return Actor(f"device:{it.number}", scope, opens, source="panel", label=it.prefix, barred=shut)

    def me(self, actor: Actor) -> Me:
        """Who the actor is and how it is to be; a token that is no device has the number 0."""
        require(actor, "read")
        authorities, push = self.authorities(), self.push()
        with self.store.reading() as tx:
            stamp = _Stamp(changes.general_head(tx), house.version(tx), authorities, push, actor.rooms)
            known = self.told.get(actor.name)
            if known is not None and known[0] == stamp:
                return known[1]
            found = self._me(tx, actor, stamp)
        if len(self.told) >= KEPT:
            self.told.clear()
        self.told[actor.name] = stamp, found
        return found

    def _me(self, tx: Tx, actor: Actor, stamp: _Stamp) -> Me:
        incarnation = meta.get(tx, "incarnation") or ""
        it = keys.device_by_number(tx, int(actor.name[7:])) if actor.name.startswith("device:") else None
        if it is None:
            slugs = self._slugs(tx, sorted(actor.rooms or ()))
            found = Me(0, actor.label, "panel", slugs, "good", {}, {}, stamp.authorities, stamp.push, incarnation)
        else:
            how = self.settings.at(tx, it)
            found = Me(
                it.number, it.name, it.kind, self._slugs(tx, self._rooms(tx, it)), it.state, dict(how.values),
                dict(how.why), stamp.authorities, stamp.push, incarnation,
            )  # fmt: skip
        text = json.dumps(asdict(found), sort_keys=True, ensure_ascii=False)
        return replace(found, digest=hashlib.sha256(text.encode()).hexdigest()[:32])

    def _rooms(self, tx: Tx, it: Device) -> tuple[int, ...]:
        """The rooms that a device opens, a panel's in its order, a board's by their walking order."""
        if it.kind != "board":
            return it.rooms_in_order
        within = self.house.at(tx).rooms
        shown = rooms.on_boards(tx)
        return tuple(number for number in shown if number in within and it.place in within[number].within)

    def _slugs(self, tx: Tx, numbers: tuple[int, ...] | list[int]) -> tuple[str, ...]:
        known = self.house.at(tx).rooms
        return tuple(known[number].slug for number in numbers if number in known)


def _found(tx: Tx, number: int) -> Device:
    if (it := keys.device_by_number(tx, number)) is None:
        raise Unknown("device", str(number))
    return it


def _in_use(tx: Tx, number: int) -> Device:
    """The device, which nobody else changes until the end; Unknown where it was revoked."""
    keys.lock_device(tx, number)
    it = _found(tx, number)
    if it.revoked_at is not None:
        raise Unknown("device", str(number))
    return it
