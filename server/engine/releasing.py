"""What becomes of bookings whose people do not come: decided under the lock of their rooms, and written at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from server.core.audit import difference
from server.core.claims import asked
from server.core.clock import epoch
from server.core.emergencies import Emergency, suspends
from server.core.house import HouseMap
from server.core.model import Booking, Room
from server.core.presence import one_stay
from server.core.release import HOUR, Course, Step, Terms, deadline, next_step, of_now, terms_of
from server.store import releases
from server.store.database import Note, Tx
from server.store.releases import Awaited

SWEEP = "release"
COUNTED = {
    Step.WARN: "warned", Step.RELEASE: "released", Step.FREE: "freed", Step.OBSERVE: "observed",
    Step.UNKNOWN: "unknown", Step.CALL_OFF: "called_off", Step.ASK: "asked", Step.OPEN: "opened",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Due:
    """A booking with which something is to be done, and why its people may not have been able to say they are here."""

    it: Awaited
    terms: Terms
    step: Step
    at: datetime | None
    why: str = ""

    def same(self, other: "Due") -> bool:
        """Whether the same is to be done, for the same reason."""
        return (self.step, self.at) == (other.step, other.at)


@dataclass(frozen=True, slots=True)
class Scene:
    """The rooms and emergencies as the transaction sees them."""

    tx: Tx
    house: HouseMap
    rooms: Mapping[int, Room]
    emergencies: Sequence[Emergency]
    now: datetime

    def asked(self, it: Awaited) -> list[Room]:
        """The rooms that were asked for."""
        return asked([self.rooms[number] for number in it.rooms])

    def terms(self, it: Awaited) -> Terms:
        return terms_of(it.period, self.asked(it), of_now(it.course, it.period.start))

    def due(self, it: Awaited) -> Due | None:
        """What is to be done with a booking now, as far as that depends on no evidence."""
        former, terms = it.former, self.terms(it)
        there = former is not None and set(it.rooms) <= set(former.rooms)
        if there and former is not None and one_stay(former.ends, it.period.start, self.asked(it)[0]):
            return Due(it, terms, Step.NOTHING, None)  # who is there stays there
        suspended = bool(self.emergencies) and suspends(self.emergencies, self._within(it), terms.opens, self.now)
        step, at = next_step(terms, of_now(it.course, it.period.start), self.now, suspended=suspended)
        return Due(it, terms, step, at) if step is not Step.NOTHING else None

    def _within(self, it: Awaited) -> frozenset[int]:
        return frozenset().union(*(self.house.rooms[n].within for n in it.rooms if n in self.house.rooms))


@dataclass(slots=True)
class Done:
    """What a transaction does, gathered so that it is written in few statements."""

    scene: Scene
    changed: list[Booking] = field(default_factory=list)
    courses: list[Course] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)

    def inherit(self, row: Booking) -> None:
        """The people of the meeting before are still there."""
        after = replace(row, checked_in_at=row.starts, version=row.version + 1, changed_at=self.scene.now)
        self.changed.append(after)
        self._note("checked_in", row, ("inherited",), after=after)
        self.counted.append("inherited")

    def do(self, row: Booking, due: Due, why: str = "") -> None:
        """`why`: the reason for which nobody can know whether its people came."""
        scene, step = self.scene, Step.UNKNOWN if why else due.step
        terms, now = due.terms, scene.now
        course = of_now(due.it.course, row.starts) or Course(row.id, row.series, row.starts, terms.due, "", now)
        if step is Step.WARN:
            course = replace(course, warned_at=now, outcome="warned", changed_at=now)
            told = {"release_at": epoch(deadline(terms, course))}
            self._note("release_warned", row, told=told)
        elif step is Step.RELEASE:
            course = replace(course, released_at=now, outcome="released", changed_at=now)
            self._note("released", row)
        elif step is Step.FREE:
            course = self._free(row, course)
        elif step is Step.OPEN:
            course = self._open(row, course)
        elif step is Step.ASK:
            course = replace(course, warned_at=now, outcome="asked", changed_at=now)
            self._note("here_asked", row, ("long",))
        elif step is Step.OBSERVE:
            won = 60 if terms.long else (terms.ends - now) // timedelta(minutes=1)
            course = replace(course, outcome="observed", minutes=won, changed_at=now)
            self._note("release_observed", row, (str(won),))
        elif step is Step.UNKNOWN:
            course = replace(course, outcome="unknown", changed_at=now)
            self._note("attendance_unknown", row, (why,))
        else:
            course = self._called_off(row, course, terms)
        self.courses.append(course)
        self.counted.append(COUNTED[step])

    def _called_off(self, row: Booking, course: Course, terms: Terms) -> Course:
        if course.warned_at is not None and not terms.long:
            self._note("release_undone", row, ("policy" if terms.mode != "on" else "emergency",))
        return replace(course, outcome="called_off", changed_at=self.scene.now)

    def _free(self, row: Booking, course: Course) -> Course:
        now = self.scene.now
        ends = max(now, row.starts + timedelta(seconds=1))
        won = (row.ends - ends) // timedelta(minutes=1)
        after = replace(
            row, ends=ends, planned_end=row.planned_end or row.ends, ended_at=now, version=row.version + 1,
            changed_at=now,
        )  # fmt: skip
        self.changed.append(after)
        self._note("freed", row, (str(won),), after=after)
        return replace(course, freed_at=now, outcome="freed", minutes=won, changed_at=now)

    def _open(self, row: Booking, course: Course) -> Course:
        """An hour of a long hold goes to whoever comes: it begins later by that."""
        now = self.scene.now
        starts = (now + HOUR).replace(second=0)
        after = replace(row, starts=starts, version=row.version + 1, changed_at=now)
        self.changed.append(after)
        self._note("opened", row, ("60",), after=after)
        seen = (
            course.versions[0] if course.same_to_people(row.version, row.version) and course.versions else row.version
        )
        return replace(
            course, starts=starts, due=starts, outcome="opened", minutes=course.minutes + 60,
            first_start=course.first_start or row.starts, versions=(seen, after.version), changed_at=now,
        )  # fmt: skip

    def _note(
        self, what: str, row: Booking, codes: tuple[str, ...] = (), *, after: Booking | None = None,
        told: Mapping[str, int] | None = None,
    ) -> None:  # fmt: skip
        scene = self.scene
        was, now = difference(row, after) if after is not None else ({}, told or {})
        for room in scene.house.touched(row.rooms):
            scene.tx.note(Note(scene.now, what, room, row.id, SWEEP, codes=codes, before=was, after=now))

    def write(self) -> None:
        releases.move_all(self.scene.tx, self.changed)
        releases.put(self.scene.tx, self.courses)
