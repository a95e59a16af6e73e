"""Bookings as those who made them count them, single ones and whole series, in rooms somebody may see."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from server.core.access import Actor, require
from server.core.clock import epoch, from_epoch
from server.core.engagements import Choice, Date, Engagement, Key, engaged, grouped
from server.core.errors import Invalid
from server.core.model import Booking, Room, Series, Standing
from server.core.period import Period
from server.core.privacy import for_actor, series_for_actor
from server.core.series import Whole, whole_of
from server.engine.rooms import listed
from server.store import bookings, engagements, finding, people, rooms, series
from server.store.database import Store, Tx

PIECE = 200
"""So many are read at once where what is in them decides."""
MOST, MOST_READ = 50_000, 10_000
"""So many dates are looked at, and so many bookings read; whoever wants more asks for less time or fewer rooms."""
FIRST = 3_600
"""Seconds of the first slice of all time; each further one is twice as long."""


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
    """The use case. Raises Barred, Later, or Invalid where there is more than anybody reads."""

    store: Store

    def rooms(self, numbers: Collection[int], actor: Actor) -> tuple[Room, ...]:
        """Those of these rooms that are there and that a list shows the actor."""
        require(actor, "read")
        with self.store.reading() as tx:
            return tuple(room for room in finding.rooms(tx, numbers).values() if listed(room, actor))

    def open_rooms(self) -> tuple[Room, ...]:
        """The rooms in use that everybody in the house may see, not hidden nor for some only: for who has no key."""
        with self.store.reading() as tx:
            found = rooms.every(tx, active=True)
            return tuple(it for it in found if it.status != "hidden" and it.policy.members != "none")

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
    there: set[Key] | None = None

    def chosen(self) -> tuple[list[Told], bool]:
        choice = self.choice
        begin, end = choice.offset, choice.offset + choice.limit
        bare: list[Engagement] = []
        told: list[Told] = []
        more = False
        for lot in self._lots():
            if choice.reads:
                liked = (it for it in self._read(lot) if choice.likes(it.face, it.host))
                some = list(islice(liked, begin, end + 1))
                told, more = told + some[: choice.limit], more or len(some) > choice.limit
            else:
                few = list(islice(lot, begin, end + 1))
                bare, more = bare + few[: choice.limit], more or len(few) > choice.limit
        return told or list(self._read(bare)), more

    def _lots(self) -> list[Iterable[Engagement]]:
        """What is wanted in its order, in each room or in all together."""
        choice = self.choice
        if choice.window is None and not (choice.each_room or choice.by_end or choice.descending):
            return [self._from_the_start()]
        wanted = choice.ordered(self._wanted(self._near(choice.window)))
        return list(self._by_room(wanted)) if choice.each_room else [wanted]

    def _from_the_start(self) -> Iterator[Engagement]:
        """All by start, looked up in ever longer slices of time: whoever wants the first few does not wait for all."""
        there = engagements.bounds(self.tx)
        if there is None:
            return
        low, last, length = *there, FIRST
        seen: set[Key] = set()
        while low <= last:
            part = Period(from_epoch(low), from_epoch(min(low + length, last + 1)))
            fresh = [it for it in self._near(part) if it.key not in seen]
            seen.update(it.key for it in fresh)
            yield from self.choice.ordered(self._wanted(self._whole(fresh)))
            low, length = low + length, 2 * length

    def _whole(self, those: Sequence[Engagement]) -> list[Engagement]:
        """The same, the series with all their dates."""
        dates = engagements.dates(self.tx, {it.series for it in those if it.series is not None})
        found = []
        for it in those:
            near = [date._replace(room=it.key[0]) for date in dates.get(it.series or 0, ())] or it.near
            found.append(engaged(near, it.first, it.last))
        return found

    def _near(self, window: Period | None) -> list[Engagement]:
        made_of = [(room.number, part) for room in self.rooms.values() for part in room.parts]
        numbers = list(dict.fromkeys([*self.rooms, *(part for _, part in made_of)]))
        if not numbers:
            return []
        dates = engagements.near(self.tx, numbers, window, most=MOST + 1)
        if len(dates) > MOST:
            raise Invalid({"window": f"has more than {MOST} dates in it"})
        groups = grouped(dates, made_of)
        spans = engagements.spans(self.tx, {key[1] for key in groups if key[1]})
        found = []
        for key, near in groups.items():
            if key[0] in self.rooms:
                first, last = spans.get(key[1]) or (near[0].starts, max(it.ends for it in near))
                found.append(engaged(near, first, last))
        return found

    def _wanted(self, those: Iterable[Engagement]) -> list[Engagement]:
        wanted = [it for it in those if self.choice.takes(it)]
        if self.choice.on is None:
            return wanted
        if self.there is None:
            self.there = self._on(self.choice.on)
        return [it for it in wanted if it.key in self.there]

    def _on(self, periods: Sequence[Period]) -> set[Key]:
        """What really takes place in one of these times."""
        if not periods:
            return set()
        hull = Period(min(it.start for it in periods), max(it.end for it in periods))
        bounds = [(epoch(it.start), epoch(it.end)) for it in periods]
        return {
            it.key
            for each in self._near(hull)
            for it in each.near
            if it.standing is Standing.ACCEPTED and any(it.starts < high and it.ends > low for low, high in bounds)
        }

    def _by_room(self, those: Sequence[Engagement]) -> Iterable[list[Engagement]]:
        lots: dict[int, list[Engagement]] = {number: [] for number in self.rooms}
        for it in those:
            lots[it.key[0]].append(it)
        return lots.values()

    def _read(self, those: Iterable[Engagement]) -> Iterator[Told]:
        """With their texts, as far as the actor may read them; read in pieces, as they are taken."""
        rest, count = iter(those), 0
        while some := list(islice(rest, PIECE)):
            count += len(some)
            if count > MOST_READ:
                raise Invalid({"window": f"has more than {MOST_READ} bookings to look through"})
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
                 tuple(dates.get(it.series.id, ()) if it.series is not None else it.it.near), wholes.get(it.it.key))
            for it in told
        ]  # fmt: skip

    def _wholes(self, told: Sequence[Told]) -> dict[Key, Whole]:
        found = {}
        left_out = series.left_out_of(self.tx, {it.series.id for it in told if it.series is not None})
        for it in told:
            if it.series is not None:
                rows = [for_actor(self.actor, row, it.room) for row in series.occurrences(self.tx, it.series.id)]
                shown = series_for_actor(self.actor, it.series, it.room)
                found[it.it.key] = whole_of(shown, rows, left_out.get(it.series.id, ()))
        return found
