"""What one act did to one booking or one series: the matter of a letter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from server.core.clock import from_epoch
from server.core.letters import LETTER_OF, SILENT, kind_of
from server.core.model import Booking, Change, Room, Series, Standing
from server.store import bookings, rooms, series
from server.store.database import Tx


@dataclass(frozen=True, slots=True)
class Matter:
    """`kind` is the letter's, `rows` the bookings as they are now, by start; `of` the series where they are of one.

    `first` is the change that tells most: the first of the first booking. `places` are the rooms by number. `whole`:
    it is about the series, not about one date of it.
    """

    kind: str
    act: int
    at: datetime
    rows: tuple[Booking, ...]
    first: Change
    places: Mapping[int, Room]
    of: Series | None = None
    whole: bool = False

    @property
    def it(self) -> Booking:
        """The booking that the letter names: the first that still stands."""
        return next((row for row in self.rows if row.standing.planned), self.rows[0])

    @property
    def held(self) -> tuple[Room, ...]:
        """The rooms of that booking that are known."""
        return tuple(self.places[number] for number in self.it.rooms if number in self.places)

    @property
    def zone(self) -> str:
        """The zone that its times are told in: the room's."""
        return self.held[0].zone if self.held else "UTC"

    @property
    def was_filed(self) -> bool:
        """Whether it may be in calendars: it stood before, or it has changed since it was asked for."""
        was: str = self.first.before.get("standing", "")
        return was in ("accepted", "at_risk", "") or self.it.version > 2

    @property
    def code(self) -> str:
        """What distinguishes it among the matters of its act."""
        return self.of.uid if self.of is not None else self.it.uid


def matters(tx: Tx, news: Sequence[Change]) -> list[Matter]:
    """The matters of these changes, in order; only what letters tell of."""
    told = [it for it in news if it.what in LETTER_OF and it.room is not None and it.subject is not None
            and it.actor not in SILENT]  # fmt: skip
    now = {it.id: it for it in bookings.by_ids(tx, {it.subject for it in told if it.subject is not None})}
    of = series.by_ids(tx, {row.series for row in now.values() if row.series is not None})
    grouped: dict[tuple[int, str], list[Change]] = {}
    for it in told:
        if it.subject in now:
            row = now[it.subject]
            grouped.setdefault((it.act, row.series_uid or row.uid), []).append(it)
    made = [_matter(tx, changes, now, of) for changes in grouped.values()]
    return [it for each in made if each is not None for it in (*_cut(tx, each), each)]


def _matter(
    tx: Tx, changes: Sequence[Change], now: Mapping[int, Booking], of: Mapping[int, Series]
) -> Matter | None:  # fmt: skip
    last = {it.subject: it for it in changes if it.subject is not None}
    rows = tuple(sorted((_as_told(now[number], it) for number, it in last.items()), key=lambda row: row.starts))
    if not any(_tells(row, now[row.id]) for row in rows):
        return None
    kind = kind_of({it.what for it in changes}, holds=any(row.standing.planned for row in rows))
    if not kind:
        return None
    first = min((it for it in changes if it.subject == rows[0].id), key=lambda it: (_rank(it, kind), it.seq))
    mine = next((of[row.series] for row in rows if row.series is not None and row.series in of), None)
    dropped = mine is None and rows[0].series_uid is not None  # by the end of its series, which all of it went with
    if dropped:
        mine = series.by_uid(tx, rows[0].series_uid or "")
    fresh = mine is not None and mine.made_at == changes[0].at and changes[0].what == "booked"
    places = {room.number: room for room in _rooms(tx, rows)}
    return Matter(
        kind, first.act, first.at, rows, first, places, mine, mine is not None and (len(rows) > 1 or fresh or dropped)
    )


def _cut(tx: Tx, it: Matter) -> list[Matter]:
    """What is left of a series whose later dates became one of their own: calendars must not show those twice."""
    if it.of is None or it.of.made_at != it.at or it.first.what != "changed":
        return []
    found = (each for each in series.changed_at(tx, it.at) if each.id != it.of.id and each.rooms == it.of.rooms)
    head = next(found, None)
    rows = tuple(row for row in series.occurrences(tx, head.id) if row.standing.planned) if head is not None else ()
    return [replace(it, rows=rows, of=head, whole=True)] if rows else []


def _as_told(it: Booking, change: Change) -> Booking:
    """The booking as the change left it, as far as the change says: the feed may be told on late."""
    moments = ("starts", "ends", "planned_end")
    said: dict[str, Any] = {name: from_epoch(change.after[name]) for name in moments if name in change.after}
    if "version" in change.after:
        said["version"] = change.after["version"]
    if "rooms" in change.after:
        said["rooms"] = tuple(change.after["rooms"])
    if "standing" in change.after:
        said["standing"] = Standing(change.after["standing"])
    return replace(it, **said)


def _tells(told: Booking, now: Booking) -> bool:
    """Whether that is still worth telling: of what was given up meanwhile, only its end is told."""
    return now.standing.planned or told.standing is not now.standing or told.version == now.version


def _rank(it: Change, kind: str) -> bool:
    return LETTER_OF[it.what] != kind


def _rooms(tx: Tx, rows: Iterable[Booking]) -> list[Room]:
    numbers = sorted({number for row in rows for number in row.rooms})
    return [rooms.by_number(tx, number) for number in numbers]
