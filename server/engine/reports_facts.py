"""What became of bookings, how long ahead they are made and how long they are: counted by the database.

Each booking counts once, on the day it begins, also one in several rooms; in a table by room it is in the line of each
room that was asked for, not of the parts of a combined one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from server.core.model import Room
from server.engine.reports_scope import Chosen
from server.store import reports
from server.store.database import Store, Tx
from server.store.fields import details_value, numbers

HOUR, DAY = 3_600, 86_400
LEADS = (300, HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY)
LEAD_WORDS = ("on the spot", "up to 1 hour", "up to 1 day", "up to 2 days", "up to 1 week", "up to 2 weeks",
              "up to 30 days", "up to 90 days", "longer")  # fmt: skip
LENGTHS = (901, 1_801, 2_701, HOUR + 1, 5_401, 2 * HOUR + 1, 4 * HOUR + 1, 8 * HOUR + 1)
LENGTH_WORDS = ("up to 15 min", "up to 30 min", "up to 45 min", "up to 1 h", "up to 1 ½ h", "up to 2 h", "up to 4 h",
                "up to 8 h", "longer")  # fmt: skip


@dataclass(slots=True)
class Fate:
    """What became of bookings: how many of each.

    `late`: cancelled less than an hour before the start; `door`: made at a panel; `came`: checked in. Of those that
    were looked for: `freed` (the room was given back), `observed` (it would have been), `unknown`; `minutes` won back,
    `could` be won.
    """

    accepted: int = 0
    pending: int = 0
    declined: int = 0
    cancelled: int = 0
    late: int = 0
    door: int = 0
    came: int = 0
    freed: int = 0
    observed: int = 0
    unknown: int = 0
    minutes: int = 0
    could: int = 0

    @property
    def all(self) -> int:
        return self.accepted + self.pending + self.declined + self.cancelled

    @property
    def absent(self) -> int:
        """Bookings to which nobody came, released or not."""
        return self.freed + self.observed

    @property
    def absent_share(self) -> float | None:
        """Of those of which it is known whether somebody came."""
        known = self.came + self.absent
        return self.absent / known if known else None

    def add(self, other: "Fate") -> None:
        for it in fields(self):
            setattr(self, it.name, getattr(self, it.name) + getattr(other, it.name))


COUNTED = ("accepted", "pending", "declined", "cancelled", "late", "door", "came")


def fates(store: Store, chosen: Chosen) -> tuple[dict[int, Fate], Fate]:
    """By room, and of all together."""
    each = {room.number: Fate() for room in chosen.rooms}
    whole = Fate()
    parts = {room.number: frozenset(room.parts) for room in chosen.rooms}
    with store.reading() as tx:
        for scope in chosen.scopes:
            for text, *found in reports.counts(tx, scope):
                fate = Fate(**dict(zip(COUNTED, found, strict=True)))
                _add(each, whole, asked(text, parts), fate)
            for text, outcome, many, minutes in reports.releases(tx, scope):
                _add(each, whole, asked(text, parts), _released(outcome, many, minutes))
    return each, whole


def asked(text: str, parts: dict[int, frozenset[int]]) -> list[int]:
    """The rooms of the report that a booking was made for; of `parts` those that each room of the report has."""
    there = [number for number in numbers(text) if number in parts]
    inner = frozenset().union(*(parts[number] for number in there))
    return [number for number in there if number not in inner]


def _released(outcome: str, many: int, minutes: int) -> Fate:
    if outcome == "freed":
        return Fate(freed=many, minutes=minutes)
    if outcome == "observed":
        return Fate(observed=many, could=minutes)
    if outcome == "opened":
        return Fate(minutes=minutes)
    return Fate(unknown=many) if outcome == "unknown" else Fate()


def _add(each: dict[int, Fate], whole: Fate, rooms: list[int], fate: Fate) -> None:
    for number in rooms:
        each[number].add(fate)
    if rooms:
        whole.add(fate)


@dataclass(frozen=True, slots=True)
class Step:
    """A range of a figure in words: how many accepted bookings are in it, and their mean, in minutes."""

    words: str
    bookings: int
    share: float
    mean: float | None


def leads(tx: Tx, chosen: Chosen) -> list[Step]:
    """How long before their start bookings were made."""
    return _steps(tx, chosen, "(o.starts - o.made_at)", LEADS, LEAD_WORDS)


def lengths(tx: Tx, chosen: Chosen) -> list[Step]:
    """How long bookings were, as they ended."""
    return _steps(tx, chosen, "(o.ends - o.starts)", LENGTHS, LENGTH_WORDS)


def _steps(tx: Tx, chosen: Chosen, figure: str, above: tuple[int, ...], words: tuple[str, ...]) -> list[Step]:
    count, total = [0] * len(words), [0] * len(words)
    for scope in chosen.scopes:
        for at, many, seconds in reports.spread(tx, scope, figure, above):
            count[at] += many
            total[at] += seconds
    all_ = sum(count)
    return [
        Step(word, many, many / all_ if all_ else 0.0, max(0, seconds) / many / 60 if many else None)
        for word, many, seconds in zip(words, count, total, strict=True)
    ]


@dataclass(slots=True)
class Seats:
    """A room's bookings that name people: how many, how many people on average, and how the seats suited them.

    `answers`: how many of the people said that they come. `over`: more people than seats; `half`: at most half of them.
    """

    room: Room
    bookings: int = 0
    people: int = 0
    answers: int = 0
    over: int = 0
    half: int = 0

    @property
    def share(self) -> float | None:
        """People of seats, on average."""
        seats = self.bookings * self.room.capacity
        return self.people / seats if seats else None


NAMED = " AND o.standing = 'accepted' AND o.details LIKE '%\"attendees\"%'"


def seats(store: Store, chosen: Chosen) -> list[Seats]:
    """How the rooms suit those who are to be there, of the bookings that say who; the host is one of them."""
    each = {room.number: Seats(room) for room in chosen.rooms}
    parts = {room.number: frozenset(room.parts) for room in chosen.rooms}
    for scope in chosen.scopes:
        for page in reports.pages(store, "o.rooms, o.details", scope, NAMED, limit=1_000):
            for text, details in page:
                coming = [it for it in details_value(details).attendees if it.answer != "declined"]
                answers = sum(it.answer == "accepted" for it in coming)
                for number in asked(text, parts):
                    _seat(each[number], len(coming) + 1, answers)
    return list(each.values())


def _seat(it: Seats, people: int, answers: int) -> None:
    it.bookings += 1
    it.people += people
    it.answers += answers
    if it.room.capacity:
        it.over += people > it.room.capacity
        it.half += people * 2 <= it.room.capacity


def many(tx: Tx, chosen: Chosen) -> int:
    """How many bookings there are, for whoever waits."""
    return sum(reports.many(tx, scope) for scope in chosen.scopes)


def ends(steps: Iterable[Step]) -> str:
    """The range in which the middle booking is."""
    known = list(steps)
    half, seen = sum(it.bookings for it in known) / 2, 0
    for it in known:
        seen += it.bookings
        if it.bookings and seen >= half:
            return it.words
    return ""
