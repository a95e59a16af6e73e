"""Which rooms are to be had: now or at a time, the best first; a day as slots; what else there is where one is refused.

Decision: rooms are judged in memory, from one statement about all of them, so that a house of a thousand rooms is
looked through in a few milliseconds. A room found free can still be taken by somebody quicker.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from server.core.access import Actor, require
from server.core.approval import stands
from server.core.clock import Clock, epoch, from_epoch
from server.core.errors import Invalid, Unknown
from server.core.model import Ask, Room
from server.core.period import Period
from server.core.places import Timetable
from server.core.ranking import Spot, distance, order, spot_of
from server.core.slots import Cell, cell, lines
from server.core.text import problem
from server.core.zone import midnight
from server.engine.alternatives import SHORTEST, shorter, times
from server.engine.asking import check_period
from server.engine.fullness import look_at, taken_by
from server.engine.house import House
from server.engine.looking import EVER, Look, filled, free_to, until
from server.store import closures, finding, rooms
from server.store.database import Store, Tx
from server.store.finding import Beside

MOST_ROOMS, MOST_FOUND, MOST_INSTEAD = 50, 100, 5
BEFORE, AFTER = timedelta(days=3), timedelta(days=4)
SECOND = timedelta(seconds=1)
_Ranked = tuple[tuple[int, ...], Beside, Period, int, int]
"""By what a room is ranked, the room, for when it is to be had, up to when it is free, and how far it is."""


@dataclass(frozen=True, slots=True)
class Want:
    """What a room has to be: for so many people (0: anybody's guess), with this equipment, of this type.

    `wished`: equipment that would be nice. `near`: a room's slug, or `near_place` the number of a place.
    """

    people: int = 0
    equipment: tuple[str, ...] = ()
    wished: tuple[str, ...] = ()
    kind: str = ""
    near: str = ""
    near_place: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A room to be had for `period`, and free until then (None: nothing follows that was looked at).

    `missing`: of what was wished. `distance`: how far from what it is to be near to, 0 where nothing was said.
    `waits`: a booking needs approval. `door`: what follows is time of a door that cannot be asked.
    """

    room: Room
    period: Period
    free_until: datetime | None
    missing: tuple[str, ...] = ()
    distance: int = 0
    waits: bool = False
    door: bool = False


@dataclass(frozen=True, slots=True)
class Free:
    """Rooms free for all of the time, and those free from its start for some of it; the best first."""

    whole: tuple[Found, ...]
    partly: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Instead:
    """What else there is: other times in the same rooms, the nearest first; shorter ones; other rooms at that time."""

    times: tuple[Period, ...]
    shorter: tuple[Period, ...]
    rooms: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """The use cases of looking for a room. All raise Invalid, Unknown, Barred, Refused or Later."""

    store: Store
    clock: Clock
    house: House

    def free(self, actor: Actor, period: Period, want: Want | None = None, *, limit: int = 20) -> Free:
        """The rooms that the actor may see and could book then, ranked (core/ranking.py)."""
        want = want or Want()
        require(actor, "read")
        check_period(period.start, period.end)
        _check(want, limit)
        with self.store.reading() as tx:
            return self._free(tx, look_at(tx, self.house.at(tx), actor, self.clock), period, want, limit)

    def _free(
        self, tx: Tx, look: Look, period: Period, want: Want, limit: int, *, but: Collection[int] = ()
    ) -> Free:  # fmt: skip
        silent = finding.silent(tx, look.now)
        rows = finding.beside(tx, epoch(period.start), silent)
        by_number = {row.number: row for row in rows}
        near = self._near(look, by_number, want)
        fitting = [row for row in rows if row.number not in but and look.offered(row.number) and _fits(row, want)]
        ends = self._ends(tx, look, fitting, by_number, period, silent)
        whole: list[_Ranked] = []
        partly: list[_Ranked] = []
        for row in fitting:
            if (end := ends.get(row.number)) is None:
                continue
            had = period if end >= epoch(period.end) else Period(period.start, from_epoch(end))
            least = max(SHORTEST, timedelta(minutes=row.policy.min_minutes or 0))
            if had is not period and had.length < least:
                continue
            if look.against(row, had):
                continue
            missing = sum(name.casefold() not in row.facilities for name in want.wished)
            way = distance(near, look.spot(row)) if near is not None else 0
            rank = order(row.capacity, want.people, missing, way, row.number)
            (whole if had is period else partly).append((rank, row, had, end, way))
        whole.sort(key=lambda it: it[0])
        partly.sort(key=lambda it: (epoch(it[2].start) - epoch(it[2].end), it[0]))
        chosen = [whole[:limit], partly[:limit]]
        shown = finding.rooms(tx, [it[1].number for some in chosen for it in some])
        first, second = (
            tuple(_found(shown[row.number], row, had, end, way, want, look.actor) for _, row, had, end, way in some)
            for some in chosen
        )
        return Free(first, second)

    def _ends(
        self, tx: Tx, look: Look, rows: Sequence[Beside], all_: dict[int, Beside], period: Period,
        silent: Collection[int],
    ) -> dict[int, int]:  # fmt: skip
        """Up to when each room, with all its parts, is free from the start on; rooms that are not are left out."""
        parts = {part for row in rows for part in row.parts if part in all_}
        wanted = list({row.number: row for row in [*rows, *(all_[part] for part in parts)]}.values())
        many = [row for row in wanted if row.policy.lanes > 1]
        lanes = max((row.policy.lanes for row in many), default=1)
        margin = timedelta(minutes=max((row.policy.gap_minutes for row in many), default=0))
        window = Period(period.start - margin, period.end + margin)
        held = finding.held(tx, [row.number for row in many], window, lanes=lanes, silent=silent)
        start, own = epoch(period.start), {}
        for row in wanted:
            gap = look.gap(row)
            if row.policy.lanes == 1:
                own[row.number] = until(row, start, int(gap.total_seconds()))
            else:
                end = free_to(filled(held.get(row.number, ()), row.policy.lanes, gap), period.start)
                own[row.number] = epoch(end) if end is not None else None
        found = {}
        for row in rows:
            ends = [own[number] for number in (row.number, *row.parts) if number in own]
            known = [end for end in ends if end is not None]
            if len(known) == len(ends):
                found[row.number] = min(known)
        return found

    def _near(self, look: Look, rows: dict[int, Beside], want: Want) -> Spot | None:
        if want.near_place is not None:
            if want.near_place not in look.house.places:
                raise Unknown("place", str(want.near_place))
            return spot_of(look.house.places, want.near_place)
        if not want.near:
            return None
        row = next((row for row in rows.values() if row.slug == want.near), None)
        if row is None:
            raise Unknown("room", want.near)
        require(look.actor, "read", row.number)
        return look.spot(row)

    def slots(
        self, slugs: Sequence[str], day: date, actor: Actor, *, minutes: int | None = None,
        usual: Timetable | None = None,
    ) -> tuple[tuple[Room, tuple[Cell, ...]], ...]:  # fmt: skip
        """A local day of each room as slots: of so many minutes, else its timetable's, else of half an hour.

        `usual`: the timetable of rooms that have none, instead of the half hours.
        """
        if minutes is not None and not 5 <= minutes <= 1_440:
            raise Invalid({"minutes": "5 to 1440"})
        if not 1 <= len(set(slugs)) == len(slugs) <= MOST_ROOMS:
            raise Invalid({"rooms": f"name 1 to {MOST_ROOMS} rooms once each"})
        if not 1971 <= day.year <= 9998:
            raise Invalid({"day": "is out of range"})
        require(actor, "read")
        with self.store.reading() as tx:
            look = look_at(tx, self.house.at(tx), actor, self.clock)
            places = _rooms(tx, slugs, actor)
            spans = {it.number: Period(midnight(day, it.zone), midnight(day + timedelta(days=1), it.zone))
                     for it in places}  # fmt: skip
            window = Period(min(it.start for it in spans.values()), max(it.end for it in spans.values()))
            taken = taken_by(tx, look, places, window)
            shut = closures.everywhere(tx, window, [number for it in places for number in (it.number, *it.parts)])
        found = []
        for room in places:
            table = look.house.timetables.get(room.policy.timetable or 0, usual) if minutes is None else None
            mine = [it for it in shut if it.room in (room.number, *room.parts)]
            cells = []
            for line in lines(day, room.zone, minutes=minutes or 30, table=table):
                rest = Period(min(max(line.period.start, look.now), line.period.end - SECOND), line.period.end)
                codes = [code for code in look.against(room, rest) if code not in ("too_short", "off_slots")]
                full = any(it.overlaps(line.period) for it in taken[room.number])
                cells.append(cell(line, look.now, taken=full, shut=mine, codes=codes))
            found.append((room, tuple(cells)))
        return tuple(found)

    def instead(self, ask: Ask, actor: Actor) -> Instead:
        """What else there is for a wish that was refused, at most five of each: judged, but not kept."""
        check_period(ask.starts, ask.ends)
        require(actor, "read")
        with self.store.reading() as tx:
            look = look_at(tx, self.house.at(tx), actor, self.clock)
            places = _rooms(tx, ask.rooms[:MOST_ROOMS], actor)
            wish = Period(ask.starts, ask.ends)
            window = Period(max(look.now, wish.start - BEFORE), max(look.now, wish.start) + AFTER + wish.length)
            taken = taken_by(tx, look, places, window)
            others = times(look, places, wish, window, [it for some in taken.values() for it in some])
            briefer = shorter(look, places, wish, [it for some in taken.values() for it in some])
            heads = 1 + len(ask.details.attendees) if ask.details.attendees else 0
            want = Want(heads, near=places[0].id)
            ours = {number for it in places for number in (it.number, *it.parts)}
            free = self._free(tx, look, wish, want, MOST_INSTEAD, but=ours)
        return Instead(others[:MOST_INSTEAD], briefer[:MOST_INSTEAD], free.whole)


def _check(want: Want, limit: int) -> None:
    bad = {}
    if not 0 <= want.people <= 100_000:
        bad["people"] = "0 to 100000"
    names = (*want.equipment, *want.wished)
    if len(names) > 64 or any(problem(name, 64) is not None for name in names):
        bad["equipment"] = "up to 64 names of up to 64 characters"
    if want.near and want.near_place is not None:
        bad["near"] = "a room or a place"
    if not 1 <= limit <= MOST_FOUND:
        bad["limit"] = f"1 to {MOST_FOUND}"
    if bad:
        raise Invalid(bad)


def _fits(row: Beside, want: Want) -> bool:
    if want.kind and row.kind != want.kind:
        return False
    if want.people and 0 < row.capacity < want.people:
        return False
    return all(name.casefold() in row.facilities for name in want.equipment)


def _found(room: Room, row: Beside, had: Period, end: int, way: int, want: Want, actor: Actor) -> Found:
    there = {name.casefold() for name in room.facilities}
    missing = tuple(name for name in want.wished if name.casefold() not in there)
    free_until = from_epoch(end) if end < EVER else None
    door = row.after_door and row.after == end
    return Found(room, had, free_until, missing, way, not stands([room], actor), door)


def _rooms(tx: Tx, slugs: Sequence[str], actor: Actor) -> list[Room]:
    found = []
    for slug in slugs:
        room = rooms.by_slug(tx, slug)
        if room is None:
            raise Unknown("room", slug)
        require(actor, "read", room.number)
        found.append(room)
    if not found:
        raise Invalid({"rooms": "name a room"})
    return found
