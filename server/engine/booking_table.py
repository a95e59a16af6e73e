"""Bookings as a table for people: one row each by start, in the wall time of its room, however many there are.

It is read in pages, each a transaction of its own, so that an hour's export keeps nobody waiting; a booking is as it
was when its page was read. What is told of people is told to those who manage all rooms of the booking.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from server.core.access import Actor
from server.core.clock import from_epoch
from server.core.model import Room
from server.core.zone import wall
from server.engine.figures import Figures
from server.engine.reports_scope import Choice, Chosen
from server.engine.tables import Cell, Column
from server.store import reports
from server.store.database import Row
from server.store.fields import details_value, numbers

COLUMNS = (
    Column("room", "Room", width=18), Column("rooms", "Room names", width=28), Column("starts", "Start", "moment"),
    Column("ends", "End", "moment"), Column("minutes", "Minutes", "minutes"), Column("standing", "Standing", width=11),
    Column("title", "Title", width=32), Column("organizer", "Organizer"),
    Column("organizer_email", "E-mail", width=30), Column("people", "People named", "count"),
    Column("checked_in", "Checked in", "moment"), Column("planned_end", "Planned end", "moment"),
    Column("ended", "Ended", "moment"), Column("source", "Door", width=11), Column("made", "Made", "moment"),
    Column("series", "Series", width=14), Column("uid", "UID", width=38), Column("zone", "Time zone", width=18),
)  # fmt: skip
READ = (
    "o.rooms, o.starts, o.ends, o.standing, o.title, o.organizer, o.organizer_email, o.details, o.checked_in_at, "
    "o.planned_end, o.ended_at, o.source, o.made_at, o.series_uid, o.uid"
)
PAGE = 1_000


@dataclass(frozen=True, slots=True)
class BookingTable:
    """The table of the bookings that begin on some days, whatever came of them. Scope admin."""

    figures: Figures

    def sparing(self) -> None:
        """Uses little memory from now on in this thread; for a process that does nothing else."""
        reports.sparing(self.figures.store)

    def many(self, actor: Actor, choice: Choice) -> int:
        """How many rows there will be."""
        chosen = self.figures.choose(actor, choice)
        with self.figures.store.reading() as tx:
            return sum(reports.many(tx, scope) for scope in chosen.scopes)

    def rows(
        self, actor: Actor, choice: Choice, *, progress: Callable[[int], None] | None = None
    ) -> Iterator[tuple[Cell, ...]]:
        """The rows as the COLUMNS have them; `progress` is told now and then how many there were."""
        return self._rows(self.figures.choose(actor, choice), progress)

    def _rows(self, chosen: Chosen, progress: Callable[[int], None] | None) -> Iterator[tuple[Cell, ...]]:
        told = 0
        for zone in chosen.zones:
            rooms = Rooms(chosen)
            for page in reports.pages(self.figures.store, READ, chosen.scope(zone), limit=PAGE):
                for row in page:
                    yield _row(row, rooms.named(row[0]))
                told += len(page)
                if progress is not None:
                    progress(told)


@dataclass(frozen=True, slots=True)
class Named:
    """The rooms of a booking in words. `ours`: the actor manages all of them."""

    ids: str
    names: str
    zone: str
    ours: bool


class Rooms:
    """What rooms are called, by the text of their numbers; kept, for the same few come again and again."""

    def __init__(self, chosen: Chosen) -> None:
        self._rooms = {room.number: room for room in chosen.rooms}
        self.named = lru_cache(maxsize=10_000)(self._named)

    def _named(self, text: str) -> "Named":
        there = [self._rooms.get(number) for number in numbers(text)]
        known = [room for room in there if room is not None]
        inner = {part for room in known for part in room.parts}
        shown: list[Room] = [room for room in known if room.number not in inner]
        zone = shown[0].zone if shown else "UTC"
        ids, names = "+".join(room.id for room in shown), ", ".join(room.name for room in shown)
        return Named(ids, names, zone, None not in there)


def _row(row: Row, named: "Named") -> tuple[Cell, ...]:
    (_, starts, ends, standing, title, organizer, email, details, here, planned, ended, source, made, series,
     uid) = row  # fmt: skip
    people = len(details_value(details).attendees) if named.ours and '"attendees"' in details else None
    texts = (title, organizer, email) if named.ours else ("", "", "")
    zone = named.zone
    return (
        named.ids, named.names, _wall(starts, zone), _wall(ends, zone), (ends - starts) / 60, standing, *texts, people,
        _wall(here, zone), _wall(planned, zone), _wall(ended, zone), source, _wall(made, zone), series or "", uid, zone,
    )  # fmt: skip


def _wall(seconds: int | None, zone: str) -> datetime | None:
    return wall(from_epoch(seconds), zone).replace(tzinfo=None) if seconds is not None else None
