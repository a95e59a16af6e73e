"""Who may do what: scopes are a ladder, and a token or device may be bound to rooms."""

from dataclasses import dataclass
from datetime import datetime

from server.core.errors import Barred

SCOPES = ("none", "read", "book", "admin")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `name` is what the audit keeps ("token:3", "device:1", "cli"); `rooms` None means every room.

    `source` names the door of the house ("roomvox", "panel", "cli"); `label` is what the request log shows.
    """

    name: str
    scope: str
    rooms: frozenset[int] | None = None
    source: str = ""
    label: str = ""
    expires: datetime | None = None


CLI = Actor("cli", "admin", source="cli", label="cli")


def may(actor: Actor, scope: str, room: int | None = None) -> bool:
    """True where the actor's scope reaches `scope` and, if a room is named, the actor is not bound to others."""
    return SCOPES.index(actor.scope) >= SCOPES.index(scope) and (
        room is None or actor.rooms is None or room in actor.rooms
    )


def require_everywhere(actor: Actor, scope: str) -> None:
    """For what concerns no single room: raises Barred("scope"), or Barred("room") where the actor is bound to rooms."""
    require(actor, scope)
    if actor.rooms is not None:
        raise Barred("room")


def require(actor: Actor, scope: str, room: int | None = None) -> None:
    """Raises Barred("scope") or Barred("room") where the actor may not."""
    if not may(actor, scope):
        raise Barred("scope", need=scope)
    if not may(actor, scope, room):
        raise Barred("room")
