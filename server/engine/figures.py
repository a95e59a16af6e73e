"""Reports as tables, each with its columns: what the commands, files, the page and the monthly letter are made of."""

from collections.abc import Callable
from dataclasses import dataclass

from server.core.access import Actor
from server.core.clock import Clock
from server.core.errors import Unknown
from server.core.model import Room
from server.core.zone import wall
from server.engine import reports_facts as facts
from server.engine import reports_people as people
from server.engine.house import House
from server.engine.reports_scope import Choice, Chosen, choose, had
from server.engine.reports_time import DAYS, TimeUsed, look
from server.engine.tables import Cell, Column, Table
from server.store.database import Store, Tx

ROOM = (Column("room", "Room"), Column("name", "Name"))
SHARES = (
    Column("bookings", "Bookings", "count"), Column("accepted", "Accepted", "count"), Column("hours", "Hours", "hours"),
    Column("cancelled", "Cancelled", "count"), Column("came", "Checked in", "count"),
    Column("absent", "Nobody came", "count"),
)  # fmt: skip
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """The reports. All are for those who manage rooms (scope admin), and raise Invalid, Unknown, Barred or Later.

    `personal`: whether there are reports on departments or people (setting `reports.people`); those are for
    administrators only.
    """

    store: Store
    clock: Clock
    house: House
    personal: str = "off"

    def choose(self, actor: Actor, choice: Choice) -> Chosen:
        """The days and rooms that a report will be about."""
        with self.store.reading() as tx:
            return choose(tx, self.clock, self.house.at(tx), actor, choice)

    def time(self, chosen: Chosen) -> TimeUsed:
        """One look at how the time was used: by room, by hour and weekday, at once."""
        with self.store.reading() as tx:
            there = had(tx, chosen)
        return look(self.store, chosen, there)

    def table(self, actor: Actor, kind: str, choice: Choice) -> Table:
        """One of KINDS. Raises Unknown for another kind."""
        if kind not in KINDS:
            raise Unknown("report", kind)
        if kind in people.TERMS:
            people.require_all(actor)
            people.check(self.personal, kind)
        title, columns, make = KINDS[kind]
        chosen = self.choose(actor, choice)
        rows, notes = make(self, chosen)
        return Table(kind, title, chosen.since, chosen.until, columns, tuple(rows), notes)

    def reading(self, work: Callable[[Tx], list[people.Shares]]) -> list[people.Shares]:
        """What `work` reads as of one instant."""
        with self.store.reading() as tx:
            return work(tx)


Made = tuple[list[Row], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Used:
    """One room (None: all together): accepted bookings, seconds booked and to be had, the share used (None: there was
    no time), and what became of all its bookings."""

    room: Room | None
    bookings: int
    booked: int
    available: int
    share: float | None
    fate: facts.Fate


def used(it: Figures, chosen: Chosen) -> tuple[list[Used], Used]:
    """By room, and of all together; there a combined room does not count beside its parts."""
    time = it.time(chosen)
    fates, whole = facts.fates(it.store, chosen)
    each = [
        Used(use.room, use.bookings, use.booked, use.available, use.share, fates[use.room.number]) for use in time.uses
    ]
    counted = chosen.plain()
    plain = [use for use in time.uses if use.room.number in counted]
    there = sum(use.available for use in plain)
    inside = sum(min(use.available, use.booked if use.had.always else use.inside) for use in plain)
    share = inside / there if there else None
    return each, Used(None, time.bookings, sum(use.booked for use in plain), there, share, whole)


def _named(room: Room | None) -> Row:
    return (room.id, room.name) if room is not None else ("", "All rooms")


def usage(it: Figures, chosen: Chosen) -> Made:
    """By room: what was booked, how much of the available time that is, and what became of the bookings."""
    each, whole = used(it, chosen)
    rows: list[Row] = []
    for use in (*each, whole):
        fate = use.fate
        rows.append((*_named(use.room), use.bookings, use.booked / 3600, use.available / 3600, use.share,
                     fate.pending, fate.declined, fate.cancelled, fate.late, fate.door))  # fmt: skip
    notes = ["A room without opening hours is measured against eight hours a day."]
    if len(chosen.plain()) < len(each):
        notes.append("Combined rooms are not in the sum beside their parts.")
    return rows, tuple(notes)


def hours(it: Figures, chosen: Chosen) -> Made:
    """By hour of the day and weekday: how much of the time that rooms were to be had was used."""
    week = it.time(chosen).week
    rows: list[Row] = []
    for hour in range(24):
        rows.append((f"{hour:02}:00", *(week.share([day], [hour]) for day in range(7)), week.share(range(7), [hour])))
    rows.append(("All day", *(week.share([day], range(24)) for day in range(7)), week.share(range(7), range(24))))
    return rows, ("Of the time in which rooms were open; empty where none was.",)


def no_shows(it: Figures, chosen: Chosen) -> Made:
    """By room: of how many bookings people came, and what was won back where they did not."""
    fates, whole = facts.fates(it.store, chosen)
    rows: list[Row] = [(*_named(room), *_absent(fates[room.number])) for room in chosen.rooms]
    rows.append(("", "All rooms", *_absent(whole)))
    return rows, ("Only bookings of rooms that ask for check-in are looked for.",)


def _absent(fate: facts.Fate) -> Row:
    return (fate.accepted, fate.came, fate.absent, fate.absent_share, fate.freed, fate.minutes, fate.observed,
            fate.could, fate.unknown)  # fmt: skip


def lead(it: Figures, chosen: Chosen) -> Made:
    """How long before its start a booking was made."""
    with it.store.reading() as tx:
        return _steps(facts.leads(tx, chosen))


def length(it: Figures, chosen: Chosen) -> Made:
    """How long a booking was."""
    with it.store.reading() as tx:
        return _steps(facts.lengths(tx, chosen))


def _steps(steps: list[facts.Step]) -> Made:
    rows: list[Row] = [(it.words, it.bookings, it.share, it.mean) for it in steps]
    middle = facts.ends(steps)
    return rows, ((f"The middle booking: {middle}.",) if middle else ())


def peak(it: Figures, chosen: Chosen) -> Made:
    """The most rooms in use at once, day by day."""
    used = it.time(chosen)
    rows: list[Row] = [
        (day, found.rooms, used.most, found.rooms / used.most if used.most else None,
         wall(found.at, chosen.zone).replace(tzinfo=None))
        for day, found in sorted(used.peaks.items())
    ]  # fmt: skip
    return rows, (f"Times are those of {chosen.zone}.",)


def capacity(it: Figures, chosen: Chosen) -> Made:
    """By room: its seats, and the people of the bookings that say who is to be there."""
    rows: list[Row] = []
    for seat in facts.seats(it.store, chosen):
        mean = seat.people / seat.bookings if seat.bookings else None
        rows.append((*_named(seat.room), seat.room.capacity or None, seat.bookings, mean, seat.share, seat.answers,
                     seat.over, seat.half))  # fmt: skip
    return rows, ("Of bookings that name people; the host is one of them.",)


def by_person(it: Figures, chosen: Chosen) -> Made:
    found = it.reading(lambda tx: people.persons(tx, chosen))
    return [(who.name, who.email, who.department, *_shares(who)) for who in found], ()


def by_department(it: Figures, chosen: Chosen) -> Made:
    found = it.reading(lambda tx: people.departments(tx, chosen))
    return [(of.name, of.people, *_shares(of)) for of in found], (
        "Departments of fewer than 5 people are not told of.",
    )


def by_source(it: Figures, chosen: Chosen) -> Made:
    return [(of.name, *_shares(of)) for of in it.reading(lambda tx: people.sources(tx, chosen))], ()


def _shares(it: people.Shares) -> Row:
    all_, accepted, seconds, cancelled, came, absent = it.figures
    return all_, accepted, seconds / 3600, cancelled, came, absent


STEPS = (
    Column("step", "How long"), Column("bookings", "Bookings", "count"), Column("share", "Share", "share"),
    Column("mean", "Mean, minutes", "minutes"),
)  # fmt: skip
KINDS: dict[str, tuple[str, tuple[Column, ...], Callable[[Figures, Chosen], Made]]] = {
    "usage": ("Use of the rooms", (
        *ROOM, Column("bookings", "Bookings", "count"), Column("hours", "Hours booked", "hours"),
        Column("available", "Hours available", "hours"), Column("share", "Used", "share"),
        Column("pending", "Waiting", "count"), Column("declined", "Declined", "count"),
        Column("cancelled", "Cancelled", "count"), Column("late", "Cancelled in the last hour", "count"),
        Column("door", "Booked at the door", "count"),
    ), usage),
    "hours": ("Use by hour and weekday", (
        Column("hour", "Hour", width=9), *(Column(day.lower(), day, "share") for day in DAYS),
        Column("all", "All days", "share"),
    ), hours),
    "no-shows": ("No-shows and minutes won back", (
        *ROOM, Column("accepted", "Bookings", "count"), Column("came", "Checked in", "count"),
        Column("absent", "Nobody came", "count"), Column("share", "Share", "share"),
        Column("freed", "Given back", "count"), Column("minutes", "Minutes won back", "minutes"),
        Column("observed", "Only observed", "count"), Column("could", "Minutes that could be won", "minutes"),
        Column("unknown", "Attendance unknown", "count"),
    ), no_shows),
    "lead": ("How long ahead is booked", STEPS, lead),
    "length": ("How long bookings are", STEPS, length),
    "peak": ("Rooms in use at once", (
        Column("day", "Day", "day"), Column("rooms", "Most rooms at once", "count"), Column("of", "Of", "count"),
        Column("share", "Share", "share"), Column("at", "First at", "moment"),
    ), peak),
    "capacity": ("Seats and people", (
        *ROOM, Column("seats", "Seats", "count"), Column("bookings", "Bookings that name people", "count"),
        Column("people", "People, on average", "hours"), Column("share", "Seats taken", "share"),
        Column("answers", "Said they come", "count"), Column("over", "More people than seats", "count"),
        Column("half", "At most half the seats", "count"),
    ), capacity),
    "people": ("By person", (
        Column("name", "Name"), Column("email", "E-mail", width=30), Column("department", "Department"), *SHARES,
    ), by_person),
    "departments": (
        "By department", (Column("department", "Department"), Column("people", "People", "count"), *SHARES),
        by_department,
    ),
    "sources": ("By the door they came through", (Column("source", "Door"), *SHARES), by_source),
}  # fmt: skip
"""Title, columns and maker of each report."""
