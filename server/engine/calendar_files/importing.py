"""Books what a calendar file holds, meeting by meeting, and says of each what came of it.

Decisions:
- Each meeting is booked whole or not at all, and by itself: one that is refused does not stop the others. They are
  written a few at a time (so many dates, or for so long) with pauses, so that others can book meanwhile.
- A preview is the import itself in one transaction that is rolled back. So it says just what would be, clashes between
  meetings of the file too; the price is that nobody else books for as long.
- The room's rules hold, but for how far ahead and how long beforehand one may book. An administrator imports, so what
  waits for approval elsewhere stands at once.
- What is there already, by its UID, is left alone: importing twice changes nothing. A UID that is taken in another room
  (a meeting in two rooms stands in both their calendars) is made different by the room's id.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from time import sleep

from server.core.access import Actor, require
from server.core.clock import Clock, monotonic, whole
from server.core.errors import Invalid, Refused, Unknown
from server.core.model import Ask, Edit, Room, Standing
from server.engine.asking import check
from server.engine.booking import Bookings, taken
from server.engine.booking_rows import FUTURE, store
from server.engine.calendar_files.item import BOOK, SKIP, Item, Own, Texts
from server.engine.calendar_files.worker import read
from server.engine.desk import Desk
from server.engine.door_time import NOBODY, Asks, Doors, under, written
from server.engine.house import House
from server.engine.scene import scene_at
from server.engine.series import Recurring
from server.store import bookings, rooms, series
from server.store.database import Store, Tx
from server.store.within import Within

TOGETHER = 200
"""Dates that are written at once, unless one meeting has more."""
LONGEST_TURN = 0.1
"""Seconds after which no further meeting is begun before others had their turn."""
PAUSE = 0.1
"""Seconds for others, who look whether they may write at least as often as that."""

BOOKED, SKIPPED, REFUSED = "booked", "skipped", "refused"
Dates = tuple[tuple[datetime, tuple[str, ...]], ...]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one meeting: `outcome` is booked, skipped or refused, `reasons` codes or short sentences why.

    `at` is its first date to come (UTC), `dates` how many were booked, `over` whether earlier ones were left behind;
    `left_out` are dates that hold nothing, or for whose sake all was refused, each with its reasons.
    """

    uid: str
    title: str
    at: datetime | None
    outcome: str
    dates: int = 0
    over: bool = False
    left_out: Dates = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a file, in its order. `ignored` counts what is no event; `written` is False where nothing stayed."""

    results: tuple[Result, ...]
    ignored: dict[str, int]
    written: bool

    def count(self, outcome: str) -> int:
        return sum(1 for it in self.results if it.outcome == outcome)


class _RolledBack(Exception):
    """Carries the results out of a transaction that is not to stay."""

    def __init__(self, results: list[Result]) -> None:
        super().__init__("rolled back")
        self.results = results


@dataclass(frozen=True, slots=True)
class CalendarFiles:
    """The use case of calendar files. Scope admin for the room."""

    store: Store
    clock: Clock
    house: House
    horizon: timedelta
    doors: Doors = NOBODY

    def take(
        self, data: bytes, slug: str, actor: Actor, *, skip: bool = False, preview: bool = False,
        together: bool = False, progress: Progress | None = None,
    ) -> Taken:  # fmt: skip
        """Books the file's events in the room. `skip`: dates of a series that conflict are left out.

        `together`: all meetings or none. `progress` is told how many meetings are done, of how many.
        Raises Invalid (field "file") for a file that cannot be read, Unknown, Barred, Later or Full.
        """
        require(actor, "admin")
        with self.store.reading() as tx:
            room = rooms.by_slug(tx, slug)
        if room is None:
            raise Unknown("room", slug)
        require(actor, "admin", room.number)
        found = read(data, whole(self.clock.now()), self.horizon, room.zone)
        course = _Course(self, room.number, replace(actor, source="import"), skip, progress, len(found.items))
        if not (preview or together):
            return Taken(tuple(course.piecemeal(found.items)), found.ignored, written=True)
        results, written = course.at_once(found.items, keep=not preview)
        return Taken(tuple(results), found.ignored, written)


@dataclass(slots=True)
class _Course:
    """One import into one room."""

    files: CalendarFiles
    room: int
    actor: Actor
    skip: bool
    progress: Progress | None
    all: int
    _done: int = 0
    _asks: Asks = field(default_factory=Asks)

    def piecemeal(self, items: tuple[Item, ...]) -> Iterator[Result]:
        """Books in groups, and lets others write between them."""
        for group in grouped(items):
            while group:
                results = self._written(partial(self._take_some, items=group))
                yield from results
                self._tell(len(results))
                group = group[len(results) :]
                if self._done < self.all:
                    sleep(PAUSE)

    def at_once(self, items: tuple[Item, ...], *, keep: bool) -> tuple[list[Result], bool]:
        """Books all in one transaction; it stays where it is to be kept and nothing is refused."""

        def work(tx: Tx) -> list[Result]:
            self._done = 0  # it may be asked to do it all again
            results = list(self._take_all(tx, items))
            self._asks.ask(tx)
            if not keep or any(it.outcome == REFUSED for it in results):
                raise _RolledBack(results)
            return results

        try:
            return self._written(work if keep else under("given", work)), True
        except _RolledBack as rolled:
            return rolled.results, False

    def _written(self, work: Callable[[Tx], list[Result]]) -> list[Result]:
        """What the work returns, under the lock of the room; where doors own time that is wanted, once they gave it."""

        def asking(tx: Tx) -> list[Result]:
            self._asks = Asks()
            results = work(tx)
            self._asks.ask(tx)
            return results

        return written(self.files.store, self.files.doors, asking, [self.room])

    def _tell(self, more: int) -> None:
        self._done += more
        if self.progress is not None:
            self.progress(self._done, self.all)

    def _take_some(self, tx: Tx, *, items: tuple[Item, ...]) -> list[Result]:
        """The first, and as many more as there is time for."""
        room = rooms.by_number(tx, self.room)
        begun = monotonic()
        results: list[Result] = []
        for item in items:
            if results and monotonic() - begun > LONGEST_TURN:
                break
            results.append(self._take(tx, room, item))
        return results

    def _take_all(self, tx: Tx, items: tuple[Item, ...]) -> Iterator[Result]:
        room = rooms.by_number(tx, self.room)
        for item in items:
            yield self._take(tx, room, item)
            self._tell(1)

    def _take(self, tx: Tx, room: Room, item: Item) -> Result:
        told = Result(item.uid, item.title, item.at, REFUSED)
        if item.verdict != BOOK:
            return replace(told, outcome=SKIPPED if item.verdict == SKIP else REFUSED, reasons=(item.why,))
        uid = free_uid(tx, item.uid, room)
        if not uid:
            return replace(told, outcome=SKIPPED, reasons=("already_there",))
        within = Within(self.files.store, tx)
        try:
            dates, left_out = within.writing(lambda tx: self._book(tx, within, room, item, uid))
        except Refused as no:
            self._asks.add(no)
            return replace(told, left_out=_dates(no), reasons=_codes(no))
        except Invalid as error:
            return replace(told, reasons=(str(error),))
        return replace(told, outcome=BOOKED, dates=dates, left_out=left_out, over=item.over)

    def _book(self, tx: Tx, within: Within, room: Room, item: Item, uid: str) -> tuple[int, Dates]:
        """Books all parts of a meeting; returns how many dates, and those that were left out."""
        desk = Desk(within, self.files.clock, self.files.house)
        engine = Recurring(desk, Bookings(desk), self.files.horizon)
        made, left_out = 0, []
        for number, part in enumerate(item.parts):
            ask = asked(part.starts, part.ends, part.texts, room, uid if number == 0 else f"{uid}#{number}")
            if part.pattern is None:
                check(ask)
                numbers = (room.number, *room.parts)
                store(scene_at(tx, self.files.house, numbers, self.actor, whole(self.files.clock.now())), ask)
                made += 1
                continue
            for it in part.own:
                check(asked(it.starts, it.ends, it.texts, room, uid))
            own = {it.at: edited(it) for it in part.own}
            done = engine.book(
                ask, part.pattern, self.actor, zone=part.zone, skip=self.skip, law=FUTURE, own=own
            )  # fmt: skip
            if done.first.standing is Standing.PENDING:
                engine.answer(ask.uid, self.actor, accept=True)
            made += done.made
            left_out += [(it.at, it.codes) for it in done.left_out]
        return made, tuple(left_out)


def grouped(items: tuple[Item, ...]) -> Iterator[tuple[Item, ...]]:
    """The items in groups that are written at once."""
    group: list[Item] = []
    dates = 0
    for item in items:
        size = max(1, item.dates)
        if group and dates + size > TOGETHER:
            yield tuple(group)
            group, dates = [], 0
        group.append(item)
        dates += size
    if group:
        yield tuple(group)


def free_uid(tx: Tx, uid: str, room: Room) -> str:
    """The uid to book it by in this room; "" where it is there already."""
    one, several = bookings.by_uid(tx, uid), series.by_uid(tx, uid)
    there = one or several
    if there is None:
        return uid
    here = f"{uid}#{room.id}"
    return "" if room.number in there.rooms or taken(tx, here) else here


def asked(starts: datetime, ends: datetime, texts: Texts, room: Room, uid: str) -> Ask:
    """What a part asks for."""
    return Ask((room.id,), starts, ends, texts.title, texts.organizer, texts.organizer_email, texts.description, uid)


def edited(it: Own) -> Edit:
    """What a date has for itself."""
    texts = it.texts
    return Edit(it.starts, it.ends, texts.title, texts.organizer, texts.organizer_email, texts.description)


def _codes(no: Refused) -> tuple[str, ...]:
    """Each code once, with its numbers; the clash first."""
    said = [o.code + "".join(f" {value}" for value in o.numbers.values()) for o in no.objections]
    return tuple(dict.fromkeys([*("clash" for _ in no.conflicts), *said]))


def _dates(no: Refused) -> Dates:
    """The dates of a series that were objected to, each with its codes."""
    found: dict[datetime, list[str]] = {}
    pairs = [(it.at, "clash") for it in no.conflicts] + [(it.at, it.code) for it in no.objections]
    for at, code in pairs:
        if at is not None:
            found.setdefault(at, []).append(code)
    return tuple((at, tuple(dict.fromkeys(codes))) for at, codes in sorted(found.items()))
