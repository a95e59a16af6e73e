"""What has to be known of rooms and people to judge a booking, in as few statements as there can be.

Decision: however many rooms, people, accessories and quotas a booking has, each question here is one statement.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.model import Room
from server.core.people import Person, Role, folded
from server.core.period import Period
from server.core.rules.kinds import Use
from server.store.database import Row, Tx
from server.store.fields import storable
from server.store.holds import SPANS
from server.store.rooms import value
from server.store.tables import ROOM, STANDING

WIDTH = len(ROOM)


@dataclass(frozen=True, slots=True)
class Found:
    """Rooms as they stand, the version of the house that they stand in, and who has the e-mail that was asked for."""

    rooms: tuple[Room, ...]
    version: int
    person: int | None = None


def named(tx: Tx, slugs: Sequence[str], email: str = "") -> Found:
    """The rooms of these ids, in this order, those that are not there left out; and whose e-mail this is.

    It is nobody's of whom it is not known that the e-mail is theirs.
    """
    known = [slug for slug in slugs if storable(slug)]
    key = folded(email) if email and storable(email) else ""
    ask = STANDING.replace(" FROM room r", ", (SELECT id FROM person WHERE email_key = ? AND unproven = 0) FROM room r")
    rows = tx.rows(f"{ask} WHERE r.slug IN ({','.join('?' * len(known))})", (key, *known)) if known else []
    by_slug = {row[1]: row for row in rows}
    found = [by_slug[slug] for slug in slugs if slug in by_slug]
    person = found[0][WIDTH + 1] if found else None
    return Found(tuple(_room(row) for row in found), _version(found), person)


def standing(tx: Tx, numbers: Sequence[int]) -> Found:
    """The rooms of these numbers, in this order; raises LookupError where one is not there.

    As they were when they were locked, where locking read them; only the first time, for then they may have changed.
    """
    rows = {number: tx.locked.pop(number) for number in numbers if number in tx.locked}
    if missing := [number for number in numbers if number not in rows]:
        marks = ",".join("?" * len(missing))
        rows |= {row[0]: row for row in tx.rows(f"{STANDING} WHERE r.id IN ({marks})", missing)}
    if len(rows) != len(set(numbers)):
        raise LookupError(numbers)
    found = [rows[number] for number in numbers]
    return Found(tuple(_room(row) for row in found), _version(found))


def door_names(tx: Tx, numbers: Collection[int]) -> dict[int, str]:
    """The names of these rooms by number, combined ones left out: whose doors people stand at."""
    if not numbers:
        return {}
    marks = ",".join("?" * len(numbers))
    rows = tx.rows(f"SELECT id, name FROM room WHERE parts = '' AND id IN ({marks})", sorted(numbers))
    return {int(row[0]): str(row[1]) for row in rows}


def _room(row: Row) -> Room:
    return value(row[:WIDTH])


def _version(rows: Sequence[Row]) -> int:
    return int(rows[0][WIDTH] or 0) if rows else 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be counted: `owner` with all that is theirs within `reach`; what takes these people, accessories and
    timetables within `around`; whether `known` are persons; whether a booking or a series has the `uid`.

    `aside`: the booking whose own claims do not count. `person`: whether the owner is to be read, too.
    """

    around: Period
    owner: int | None = None
    person: bool = False
    reach: Period | None = None
    people: Collection[int] = ()
    accessories: Collection[int] = ()
    timetables: Collection[int] = ()
    known: Collection[int] = ()
    uid: str = ""
    aside: int | None = None

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to ask."""
        any_ = self.people or self.accessories or self.timetables or self.known or self.uid
        return not any_ and (self.owner is None or not (self.person or self.reach))


@dataclass(frozen=True, slots=True)
class Counted:
    """What was found: the owner as the rules see them (without attributes), uses by what they take."""

    person: Person | None = None
    own: tuple[Use, ...] = ()
    people: tuple[Use, ...] = ()
    stock: tuple[Use, ...] = ()
    running: tuple[Use, ...] = ()
    known: frozenset[int] = frozenset()
    uid_taken: bool = False


@dataclass(slots=True)
class _Question:
    """One statement in parts, and its values."""

    parts: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def claims(self, kind: str, refs: Collection[int], within: Period, aside: int | None) -> None:
        """Active claims of a kind on any of these that share time with the period."""
        low, high = epoch(within.start), epoch(within.end)
        for span in SPANS if refs else ():
            self.parts.append(
                "SELECT kind, ref, room_id, quantity, held_from, held_to, occurrence_id, '', '', '', '' FROM claim "
                f"WHERE kind = '{kind}' AND ref IN ({','.join('?' * len(refs))}) AND active = 1 AND span = {span} "
                "AND held_from < ? AND held_from > ? AND held_to > ? AND occurrence_id <> ?"
            )
            self.values += [*sorted(refs), high, low - span, low, aside or 0]

    def add(self, part: str, *values: object) -> None:
        self.parts.append(part)
        self.values += values


_PERSON = (
    "SELECT 'is', p.id, p.credits, 0, 0, 0, 0, p.role, p.department, p.email || chr(10) || p.first_name || chr(10) "
    "|| p.last_name, coalesce((SELECT string_agg(CAST(team_id AS TEXT), ',') FROM membership WHERE person_id = p.id), "
    "'') FROM person p WHERE p.id = ?"
)
_KNOWN = "SELECT 'known', id, 0, 0, 0, 0, 0, '', '', '', '' FROM person WHERE erased_at IS NULL AND id IN "
_UID = "SELECT 'uid', 0, 0, 0, 0, 0, 0, '', '', '', '' FROM "


def count(tx: Tx, it: Wanted) -> Counted:
    """All that is wanted, by one statement; by none where it is nothing."""
    if it.nothing:
        return Counted()
    ask = _Question()
    if it.owner is not None and it.reach is not None:
        ask.claims("owner", [it.owner], it.reach, it.aside)
    ask.claims("person", it.people, it.around, it.aside)
    ask.claims("accessory", it.accessories, it.around, it.aside)
    ask.claims("timetable", it.timetables, it.around, it.aside)
    if it.owner is not None and it.person:
        ask.add(_PERSON if tx.postgres else _PERSON.replace("chr(", "char("), it.owner)
    if it.known:
        ask.add(f"{_KNOWN}({','.join('?' * len(it.known))})", *sorted(it.known))
    if it.uid:
        ask.add(f"{_UID}occurrence WHERE uid = ?", it.uid)
        ask.add(f"{_UID}series WHERE uid = ?", it.uid)
    rows = tx.rows(" UNION ALL ".join(ask.parts), ask.values)
    by_kind: dict[str, list[Row]] = {}
    for row in rows:
        by_kind.setdefault(row[0], []).append(row)
    return Counted(
        person=next((_person(row) for row in by_kind.get("is", ())), None),
        own=_uses(by_kind.get("owner", ())),
        people=_uses(by_kind.get("person", ())),
        stock=_uses(by_kind.get("accessory", ())),
        running=_uses(by_kind.get("timetable", ())),
        known=frozenset(row[1] for row in by_kind.get("known", ())),
        uid_taken="uid" in by_kind,
    )


def _uses(rows: Iterable[Row]) -> tuple[Use, ...]:
    return tuple(
        Use(ref, room, _period(start, end), quantity, booking)
        for _, ref, room, quantity, start, end, booking, *_ in rows
    )


def _period(start: int, end: int) -> Period:
    begins: datetime = from_epoch(start)
    return Period(begins, from_epoch(end))


def _person(row: Row) -> Person:
    role, department, texts, groups = row[7:]
    email, first, last = texts.split("\n")
    joined = frozenset(int(part) for part in groups.split(",")) if groups else frozenset()
    return Person(
        row[1], email, "", first, last, role=Role(role), department=department, credits=row[2], groups=joined
    )  # fmt: skip
