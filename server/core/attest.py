"""What a panel was told of a booking, by which the server knows its own word again after a backup was put back.

A proof is over all that makes the booking: its uid, the rooms that it has behind that door, its time, who and what as
the people at the door may read it, how it stands, and its version. Whoever has no key of the house cannot make one.

Decision: BLAKE2b with a key (RFC 7693) and not an HMAC, which takes four times as long: a plan of two hundred bookings
is proved at each change of the room.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from server.core.clock import epoch, from_epoch
from server.core.model import Booking, Standing

PURPOSE = "attest"
DIGITS = 32
LENGTH = DIGITS // 2
MOST_PARTS = 6
"""Of a combined room with more parts a booking of several of them, but not of all, is not known again."""

OLD = 86_400
"""Seconds: of what has been over for longer nothing is brought back."""
OUTCOMES = ("made", "changed", "joined", "at_risk", "conflict", "listed")
"""What became of a booking that a panel knew: made anew; given the time and standing that it had come to; given this
room, too; made at risk, for another door owns its time; made as a conflict; only listed."""
Missing = Literal["", "make", "change", "join", "list"]


@dataclass(frozen=True, slots=True)
class Told:
    """A booking as a panel was told of it. Instants are whole seconds; `state` is the booking's standing.

    `rooms` are those that the booking has of the panel's room and, where that is combined, of its parts, by number.
    """

    uid: str
    rooms: tuple[int, ...]
    starts: int
    ends: int
    host: str
    title: str
    state: str
    version: int


def proof(key: bytes, it: Told) -> str:
    """32 hex digits that nobody without the key can make. The key has at most 64 bytes."""
    return prove(key, it.uid, it.rooms, said_at(it.starts), said_at(it.ends), it.host, it.title, it.state, it.version)


def said_at(seconds: int) -> str:
    """An instant as panels are told of it."""
    return from_epoch(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def prove(
    key: bytes, uid: str, rooms: tuple[int, ...], starts: str, ends: str, host: str, title: str, state: str,
    version: int,
) -> str:  # fmt: skip
    """The same of a booking in its parts, its instants as they are told.

    The lengths of the texts are in it, so that none is the end of another.
    """
    there = str(rooms[0]) if len(rooms) == 1 else ",".join(map(str, rooms))
    said = f"{there} {starts} {ends} {version} {len(uid)} {len(host)} {len(title)} {uid}{host}{title}{state}"
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), key=key, digest_size=LENGTH).hexdigest()


def proved(key: bytes, it: Told, said: str, room: int, parts: tuple[int, ...] = ()) -> Told | None:
    """The booking with the rooms that its proof is over, None where it is not our word.

    A panel does not know which parts of a combined room a booking has, so that all that they may be are tried.
    """
    if len(said) != DIGITS or not said.isascii():
        return None
    for rooms in behind(room, parts):
        one = replace(it, rooms=rooms)
        if hmac.compare_digest(proof(key, one), said):
            return one
    return None


def behind(room: int, parts: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Which rooms a booking in the plan of a room may have there, the likeliest first."""
    yield tuple(sorted((room, *parts)))
    for part in parts:
        yield (part,)
    if len(parts) <= MOST_PARTS:
        for size in range(2, len(parts) + 1):
            yield from combinations(sorted(parts), size)


def missing(it: Told, known: Booking | None, now: int, *, back: bool) -> Missing:
    """What is to be done for a booking that a panel was told of, "" where all of it is known.

    `known` is what the database has of it, `back` whether that was brought back, too: the first door makes it with its
    own room, others add theirs.
    """
    if it.ends <= now - OLD:
        return ""
    if known is None:
        return "make"
    if not set(it.rooms) <= set(known.rooms) and known.standing is not Standing.CANCELLED:
        return "join" if back else "list"
    if known.version >= it.version:
        return ""
    same = (epoch(known.starts), epoch(known.ends), known.standing.value) == (it.starts, it.ends, it.state)
    return "" if same else "change"


def uid_of(op: str) -> str:
    """The uid of the booking that a tap makes, whichever way it comes and however often: by its `op`."""
    return f"{hashlib.sha256(op.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}@lintel"


def by_tap(uid: str) -> bool:
    """Whether it is the uid of a booking that a tap made."""
    name, _, rest = uid.partition("@")
    return rest == "lintel" and len(name) == DIGITS and set(name) <= set("0123456789abcdef")
