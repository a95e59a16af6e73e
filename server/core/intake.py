"""What a door did by its own word, and how it is taken in: its chain, when it was, and where it lies.

Decisions:
- An entry's hash is of what was sent, whatever else that carries, so a field that a later device adds breaks no chain.
- Nothing is refused. An entry with a number that is taken but another hash is of another card (a fork) and is taken in
  as well; so is one that does not follow from the one before it, and one whose hash is not its own.
- An entry that was taken and is not known any more is taken like a new one: its `op` is what keeps it from counting
  twice, not its number.
- A panel's verified clock is believed, an unverified one never: then the time is worked out from the seconds that its
  boot has counted since. What cannot be worked out is for people to say.
- A walk-in is cut where something else begins; where something else already runs, it holds nothing.
Everything here is in whole seconds since 1970.
"""

import hashlib
import json
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from server.core.clock import epoch
from server.core.errors import Invalid
from server.core.model import Standing

Times = tuple[tuple[int, int], ...]
ACTS = ("book", "extend", "end", "undo", "check_in", "here")
LONGEST = 24 * 3_600
"""The longest walk-in, as at the glass."""
NEAR = 15 * 60
"""So far from the tap a walk-in may begin."""
AHEAD = 5 * 60
"""So much later than now nothing was tapped: whatever says so has a clock that is wrong."""
OWNED = 11 * 3_600
"""So far ahead, and a little more, a door may own time. What it confirmed of it counts as it was told, whatever its
clock says: moved to another time it could meet what others were promised."""
OLDEST = 400 * 86_400
"""What is older has no place any more: nobody knows its `op`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a door's journal (docs/device-protocol.md). Instants are seconds; None where there is none.

    `hash` is the one it claims, `own` what it comes to. `fault` names the field that makes no sense, "" where all do:
    then it can only be kept.
    """

    seq: int
    op: str
    act: str
    room: str
    start: int | None = None
    end: int | None = None
    booking: str = ""
    of: str = ""
    grade: str = "not_confirmed"
    incarnation: str = ""
    version: int = 0
    boot: str = ""
    mono: float = 0.0
    wall: int | None = None
    clock: str = "unverified"
    prev: str = ""
    hash: str = ""
    own: str = ""
    fault: str = ""

    @property
    def sound(self) -> bool:
        """Whether its hash is its own."""
        return self.hash == self.own


def hashed(said: Mapping[str, Any]) -> str:
    """The hash of an entry as it is sent: SHA-256 in hex of all of it but `hash`."""
    rest = {name: value for name, value in said.items() if name != "hash"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def entry_of(said: Mapping[str, Any]) -> Entry:
    """The entry of what was sent. Raises Invalid where it has no number, op or hash; all else is a fault of its own."""
    seq, op, digest = said.get("seq"), said.get("op"), said.get("hash")
    if not isinstance(seq, int) or isinstance(seq, bool) or not 1 <= seq < 2**53:
        raise Invalid({"ops": "each needs a seq of 1 or more"})
    if not isinstance(op, str) or not 8 <= len(op) <= 64 or not all("!" <= each <= "~" for each in op):
        raise Invalid({"ops": "each needs an op of 8 to 64 visible ASCII characters"})
    if not isinstance(digest, str) or not 1 <= len(digest) <= 64 or not digest.isascii() or not digest.isalnum():
        raise Invalid({"ops": "each needs a hash"})
    if not all(_flat(value) for value in said.values()):
        raise Invalid({"ops": "entries are flat"})
    grant = said.get("grant")
    given: Mapping[str, Any] = grant if isinstance(grant, Mapping) else {}
    mono, version = said.get("mono"), given.get("version")
    number = isinstance(mono, int | float) and not isinstance(mono, bool) and 0 <= mono < 2**40
    entry = Entry(
        seq, op, _word(said, "act"), _word(said, "room"), _instant(said.get("start")), _instant(said.get("end")),
        _word(said, "booking"), _word(said, "of"), _word(said, "grade"), _word(given, "incarnation"),
        version if isinstance(version, int) and 0 <= version < 2**53 else 0, _word(said, "boot"),
        float(mono) if number and mono is not None else -1.0, _instant(said.get("wall")), _word(said, "clock"),
        _word(said, "prev"), digest, hashed(said),
    )  # fmt: skip
    return _judged(entry)


def _judged(it: Entry) -> Entry:
    """The entry with the first field that makes no sense."""
    books, wall, start, end = it.act == "book", it.wall or 0, it.start, it.end
    least, most = (start, (start or 0) + LONGEST) if books else (wall - 1, wall + LONGEST)
    faults = {
        "act": it.act not in ACTS,
        "wall": it.wall is None,
        "start": books and (start is None or abs(start - wall) > NEAR),
        "end": it.act in ("book", "extend") and (end is None or least is None or not least < end <= most),
        "booking": it.act in ("check_in", "here") and not it.booking,
        "of": it.act in ("extend", "end", "undo") and not (it.booking or it.of),
    }
    return replace(it, fault=next((name for name, wrong in faults.items() if wrong), ""))


def _flat(value: Any) -> bool:
    inner = value.values() if isinstance(value, Mapping) else (value,)
    return all(each is None or isinstance(each, str | int | float) for each in inner)


def _word(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    fits = isinstance(value, str) and len(value) <= 255 and all(" " <= each <= "~" for each in value)
    return value if fits and isinstance(value, str) else ""


def _instant(value: Any) -> int | None:
    if not isinstance(value, str) or not 20 <= len(value) <= 32:
        return None
    try:
        found = datetime.fromisoformat(value)
        return epoch(found) if found.tzinfo is not None and 1970 <= found.year < 9000 else None
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Read:
    """An entry and what it is: `new`, `again` (taken before, word for word) or `fork` (of another card)."""

    entry: Entry
    kind: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a batch comes to: its entries in order up to the first hole, and how far the journal is taken then.

    `gap`: entries before it are missing that the device still has; then nothing is taken.
    """

    entries: tuple[Read, ...]
    applied: int
    last: str
    gap: bool = False

    @property
    def forked(self) -> bool:
        return any(each.kind == "fork" for each in self.entries)


def reading(
    batch: Sequence[Entry], first: int, applied: int, last: str, known: Mapping[int, Collection[str]]
) -> Reading:  # fmt: skip
    """A batch against what was taken: up to `applied`, whose hash was `last`; `known` are the hashes by number.

    `first` is the oldest entry that the device still has: older ones are not waited for. Who skips some of what was
    never taken has lost them; nothing can be said of how the next one follows then.
    """
    if batch and batch[0].seq > max(applied + 1, first):
        return Reading((), applied, last, gap=True)
    out: list[Read] = []
    for entry in batch:
        if out and entry.seq != out[-1].entry.seq + 1:
            break
        hashes = known.get(entry.seq, ())
        if entry.hash in hashes:
            kind = "again"
        elif hashes or not entry.sound:
            kind = "fork"
        elif entry.seq == applied + 1:
            kind = "new" if entry.prev == last else "fork"
        else:
            kind = "new"
        out.append(Read(entry, kind))
        if entry.seq > applied:
            applied, last = entry.seq, entry.hash
    return Reading(tuple(out), applied, last)


def tapped(entry: Entry, now: int, boot: str, mono: float) -> int | None:
    """When it was done, as far as that can be told `now`, where the device's boot and its seconds are these."""
    if entry.wall is None:
        return None
    ahead = OWNED if entry.grade == "confirmed" else AHEAD
    believed = entry.clock == "verified" and entry.wall <= now + ahead
    if believed:
        return entry.wall if entry.wall > now - OLDEST else None
    if not boot or entry.boot != boot or not 0 <= entry.mono <= mono or mono - entry.mono > OLDEST:
        return None
    return now - int(mono - entry.mono)


def placed(entry: Entry, now: int, boot: str, mono: float) -> tuple[int, int] | None:
    """The time of a walk-in, or from the tap to the end of what else has one; None where nobody can tell."""
    at = tapped(entry, now, boot, mono)
    if at is None or entry.wall is None or entry.end is None:
        return None
    start = entry.start if entry.act == "book" else entry.wall
    if start is None:
        return None
    moved = at - entry.wall
    return start + moved, entry.end + moved


def left(entry: Entry, at: int | None, now: int) -> int:
    """When people left who ended a booking; `at` as `tapped` has it.

    Where that cannot be told it is when they left by the door's own clock, as its glass has it: what was promised there
    since lies behind that. It is no later than now.
    """
    if at is not None or entry.wall is None:
        return now if at is None else at
    return min(entry.wall, now)


@dataclass(frozen=True, slots=True)
class Lies:
    """Where a walk-in comes to lie: `kept` as much of its time as it is given, how it stands, and what it `met`.

    Accepted and at-risk ones have `kept`; one that is a conflict holds nothing, and `kept` is what was promised.
    """

    kept: tuple[int, int]
    standing: Standing
    met: tuple[Hashable, ...] = ()


def lay(start: int, end: int, taken: Sequence[tuple[int, int, Hashable]], others: Times) -> Lies:
    """A walk-in among what is `taken` (from, to, what) and the time that other doors own."""
    across = sorted(((low, high, what) for low, high, what in taken if low < end and start < high), key=_begin)
    met = tuple(what for _, _, what in across)
    if across and across[0][0] <= start:
        return Lies((start, end), Standing.CONFLICT, met)
    kept = (start, across[0][0] if across else end)
    risky = any(low < kept[1] and kept[0] < high for low, high in others)
    return Lies(kept, Standing.AT_RISK if risky else Standing.ACCEPTED, met)


def _begin(it: tuple[int, int, Hashable]) -> tuple[int, int]:
    return it[0], it[1]
