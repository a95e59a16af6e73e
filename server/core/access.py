"""Who may do what. One question: `may(actor, act, thing)`.

Three things bound an actor, and all must allow: the scope of the key (a ladder), the rooms the key is bound to, and,
where the actor is a person, what that person may do there. A person's level in a room is the highest of what everybody
may (the room's policy `members`), of what was given to them or to their groups there or on any place above, and of what
their role gives: admin and staff manage every room.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from server.core.errors import Barred
from server.core.model import Booking, Room, Series

SCOPES = ("none", "read", "book", "admin")


class Level(IntEnum):
    """What somebody may do with a room: see it, book it with approval, book it, manage it."""

    NONE = 0
    SEE = 1
    ASK = 2
    BOOK = 3
    MANAGE = 4


NEEDED = {"none": Level.NONE, "read": Level.SEE, "book": Level.ASK, "admin": Level.MANAGE}
"""What an act on a room asks of a person, by the scope that it asks of a key."""

SCOPED = {"none": Level.NONE, "read": Level.SEE, "book": Level.BOOK, "admin": Level.MANAGE}
"""What a scope lets somebody do in a room at most."""

HOUSE_ACTS = {
    "places": frozenset({"admin", "staff"}),
    "rules": frozenset({"admin", "staff"}),
    "devices": frozenset({"admin", "staff"}),
    "people.see": frozenset({"admin", "staff"}),
    "people": frozenset({"admin"}),
    "keys": frozenset({"admin"}),
    "audit": frozenset({"admin"}),
}
"""Acts on the house as a whole, and the roles that may. A key of the house needs scope admin and no room of its own."""

TOUCH = {"look": Level.SEE, "change": Level.ASK, "attend": Level.ASK, "run": Level.ASK, "approve": Level.MANAGE}
"""Acts on one booking: read all of it; change or cancel it; check in; extend, end and check out; answer a
request. What a key needs."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `name` is what the audit keeps ("person:7", "token:3", "device:1", "cli"); `rooms` None: every room.

    `source` names the door of the house ("roomvox", "panel", "cli"); `label` is what the request log shows. `person`:
    the number of the person who acts, with their `role` and the `levels` they have in rooms by number, resolved when
    they were let in; a room that is not in it is not theirs. None of the three where a key of the house acts.
    `barred`: why the scope is less than it was, where that is for now ("quarantined").
    """

    name: str
    scope: str
    rooms: frozenset[int] | None = None
    source: str = ""
    label: str = ""
    expires: datetime | None = None
    person: int | None = None
    role: str = ""
    levels: Mapping[int, Level] | None = None
    barred: str = ""

    def level(self, room: int) -> Level:
        """What the actor may do in a room at most."""
        if self.rooms is not None and room not in self.rooms:
            return Level.NONE
        scoped = SCOPED[self.scope]
        if self.levels is None:
            return scoped
        own = self.levels.get(room, Level.NONE)
        return own if own < scoped else scoped

    def role_in(self, room: int) -> str:
        """As what the rules see the actor there: admin, staff, manager, member, device or "" (a key)."""
        if self.name.startswith("device:"):
            return "device"
        if self.role in ("admin", "staff"):
            return self.role
        if self.person is None:
            return ""
        return "manager" if self.level(room) is Level.MANAGE else "member"


CLI = Actor("cli", "admin", source="cli", label="cli")

Thing = int | Room | Booking | Series | None


def may(actor: Actor, act: str, thing: Thing = None) -> bool:
    """Whether the actor may do that to that.

    `act` is a scope (none, read, book, admin) asked of a room (or its number) or, without one, of the actor at all; one
    of TOUCH on a booking; or one of HOUSE_ACTS on the house. Raises KeyError for an act that is none of these.
    """
    if isinstance(thing, Booking | Series):
        return _may_touch(actor, act, thing)
    if act in HOUSE_ACTS:
        return _may_run(actor, act)
    if act not in SCOPES:
        raise KeyError(act)
    if SCOPES.index(actor.scope) < SCOPES.index(act):
        return False
    if thing is None:
        # Of no room in particular: whoever has none to do it in need not be asked further.
        most = max((actor.levels or {}).values(), default=Level.NONE)
        return actor.levels is None or act in ("none", "read") or most >= NEEDED[act]
    number = thing if isinstance(thing, int) else thing.number
    return actor.level(number) >= NEEDED[act] and (actor.rooms is None or number in actor.rooms)


def _may_run(actor: Actor, act: str) -> bool:
    if actor.scope != "admin" or actor.rooms is not None:
        return False
    return actor.person is None or actor.role in HOUSE_ACTS[act]


def _may_touch(actor: Actor, act: str, it: Booking | Series) -> bool:
    """A key needs its scope in the booking's rooms; a person must be one of its people, or manage all its rooms."""
    if act not in TOUCH:
        raise KeyError(act)
    levels = [actor.level(room) for room in it.rooms]
    if act in ("attend", "run") and actor.person is None:
        return max(levels) >= Level.ASK  # whoever stands at one of a booking's rooms stands at the booking
    if actor.person is None or min(levels) >= Level.MANAGE:
        return min(levels) >= TOUCH[act]
    if act == "approve" or max(levels) < NEEDED["read" if act == "look" else "book"]:
        return False
    hosts = {it.owner, it.details.booked_for}
    # Where anybody may join, who has joined does not rule over the others' time.
    guests = act != "change" and not (act == "run" and it.details.joinable)
    return actor.person in hosts or (guests and actor.person in it.details.people(it.owner))


def require(actor: Actor, act: str, thing: Thing = None) -> None:
    """Raises Barred("scope") or Barred("room") where the actor may not."""
    if act in SCOPES and SCOPES.index(actor.scope) < SCOPES.index(act):
        raise Barred(actor.barred or "scope", need=act)
    if not may(actor, act, thing):
        raise Barred("scope" if act in HOUSE_ACTS else "room", need=act if act in HOUSE_ACTS else "")


def require_everywhere(actor: Actor, scope: str) -> None:
    """For what concerns no single room: raises Barred("scope"), or Barred("room") where the actor is bound to rooms."""
    require(actor, scope)
    if actor.rooms is not None or (actor.person is not None and actor.role not in ("admin", "staff")):
        raise Barred("room")
