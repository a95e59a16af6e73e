"""Bookings as those who made them count them, single ones and whole series, in rooms somebody may see."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from server.core.access import Actor, require
from server.core.clock import epoch
from server.core.engagements import Choice, Date, Engagement, grouped
from server.core.model import Booking, Room, Series
from server.core.period import Period
from server.core.privacy import for_actor, series_for_actor
from server.core.series import Whole, whole_of
from server.engine.rooms import listed
from server.store import bookings, engagements, finding, people, rooms, series
from server.store.database import Store, Tx

PIECE = 200
"""So many are read at once where what is in them decides."""


@dataclass(frozen=True, slots=True)
class Told:
    """An engagement in a room, with its `face`: the booking whose texts are shown, as far as the actor may read it.

    `host` and `email`: whom it is for. `series`: of what it is a date, and `dates` all of its dates where that was
    asked, `whole` where the series was asked for to be shown by its rule.
    """

    it: Engagement
    room: Room
    face: Booking
    host: str
    email: str
    series: Series | None = None
    dates: tuple[Date, ...] = ()
    whole: Whole | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was wanted, by room where it counts in each; and the rooms in which there is more than the limit."""

    told: tuple[Told, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Engagements:
    """The use case. Raises Barred or Later."""

    store: Store

    def rooms(self, numbers: Collection[int], actor: Actor) -> tuple[Room, ...]:
        """Those of these rooms that are there and that a list shows the actor."""
        require(actor, "read")
        with self.store.reading() as tx:
            return tuple(room for room in finding.rooms(tx, numbers).values() if listed(room, actor))

    def open_rooms(self) -> tuple[Room, ...]:
        """The rooms that everybody in the house may see, neither hidden nor for some only: for who has no key."""
        with self.store.reading() as tx:
            return tuple(it for it in rooms.every(tx) if it.status != "hidden" and it.policy.members != "none")

    def of(
        self, places: Sequence[Room], actor: Actor, choice: Choice, *, dates: bool = False, whole: bool = False
    ) -> Chosen:  # fmt: skip
        """What is wanted in these rooms. `dates`: with all the dates of each; `whole`: with their rules."""
        require(actor, "read")
        with self.store.reading() as tx:
            look = _Look(tx, actor, choice, {room.number: room for room in places})
            told, more = look.chosen()
            if dates or whole:
                told = look.completed(told, whole=whole)
        return Chosen(tuple(told), more)


@dataclass(slots=True)
class _Look:
    """One look, in one reading."""

    tx: Tx
    actor: Actor
    choice: Choice
    rooms: dict[int, Room]

    def chosen(self) -> tuple[list[Told], bool]:
        wanted = [it for it in self._near(self.choice.window) if self.choice.takes(it)]
        if self.choice.on is not None:
            there = self._on(self.choice.on)
            wanted = [it for it in wanted if it.key in there]
        wanted = self.choice.ordered(wanted)
        lots = self._by_room(wanted) if self.choice.each_room else [wanted]
        told: list[Told] = []
        more = False
        if not self.choice.reads:
            begin, end = self.choice.offset, self.choice.offset + self.choice.limit
            more = any(len(lot) > end for lot in lots)
            return list(self._read([it for lot in lots for it in lot[begin:end]])), more
        for lot in lots:
            liked = (it for it in self._read(lot) if self.choice.likes(it.face, it.host))
            some = list(islice(liked, self.choice.offset, self.choice.offset + self.choice.limit + 1))
            more = more or len(some) > self.choice.limit
            told += some[: self.choice.limit]
        return told, more

    def _near(self, window: Period | None) -> list[Engagement]:
        made_of = [(room.number, part) for room in self.rooms.values() for part in room.parts]
        numbers = list(dict.fromkeys([*self.rooms, *(part for _, part in made_of)]))
        if not numbers:
            return []
        groups = grouped(engagements.near(self.tx, numbers, window), made_of)
        spans = engagements.spans(self.tx, {key[1] for key in groups if key[1]})
        found = []
        for key, dates in groups.items():
            if key[0] in self.rooms:
                first, last = spans.get(key[1]) or (dates[0].starts, max(it.ends for it in dates))
                found.append(Engagement(tuple(dates), first, last))
        return found

    def _on(self, periods: Sequence[Period]) -> set[tuple[int, int, int]]:
        """What really takes place in one of these times."""
        if not periods:
            return set()
        hull = Period(min(it.start for it in periods), max(it.end for it in periods))
        bounds = [(epoch(it.start), epoch(it.end)) for it in periods]
        return {
            it.key
            for each in self._near(hull)
            for it in each.near
            if it.standing.value == "accepted" and any(it.starts < high and it.ends > low for low, high in bounds)
        }

    def _by_room(self, those: Sequence[Engagement]) -> list[list[Engagement]]:
        lots: dict[int, list[Engagement]] = {number: [] for number in self.rooms}
        for it in those:
            lots[it.key[0]].append(it)
        return list(lots.values())

    def _read(self, those: Sequence[Engagement]) -> Iterator[Told]:
        """With their texts, as far as the actor may read them; read in pieces, as they are taken."""
        for start in range(0, len(those), PIECE):
            some = those[start : start + PIECE]
            rows = {it.id: it for it in bookings.by_ids(self.tx, {it.face.id for it in some})}
            of = series.by_ids(self.tx, {it.series for it in some if it.series is not None})
            seen = [
                (it, for_actor(self.actor, rows[it.face.id], self.rooms[it.key[0]]))
                for it in some
                if it.face.id in rows
            ]
            guests = {face.details.booked_for for _, face in seen} - {None}
            names = people.by_numbers(self.tx, [number for number in guests if number is not None]) if guests else {}
            for it, face in seen:
                guest = names.get(face.details.booked_for or 0)
                host = (guest.name, guest.email) if guest else (face.organizer, face.organizer_email)
                yield Told(it, self.rooms[it.key[0]], face, host[0] or host[1], host[1], of.get(it.series or 0))

    def completed(self, told: Sequence[Told], *, whole: bool) -> list[Told]:
        ids = {it.series.id for it in told if it.series is not None}
        dates = engagements.dates(self.tx, ids)
        wholes = self._wholes(told) if whole else {}
        return [
            Told(it.it, it.room, it.face, it.host, it.email, it.series,
                 tuple(dates.get(it.series.id, ())) if it.series is not None else it.it.near, wholes.get(it.it.key))
            for it in told
        ]  # fmt: skip

    def _wholes(self, told: Sequence[Told]) -> dict[tuple[int, int, int], Whole]:
        found = {}
        left_out = series.left_out_of(self.tx, {it.series.id for it in told if it.series is not None})
        for it in told:
            if it.series is not None:
                rows = [for_actor(self.actor, row, it.room) for row in series.occurrences(self.tx, it.series.id)]
                shown = series_for_actor(self.actor, it.series, it.room)
                found[it.it.key] = whole_of(shown, rows, left_out.get(it.series.id, ()))
        return found
