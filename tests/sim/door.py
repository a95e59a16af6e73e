"""A simulated panel: the production decisions of the door's half over a simulated card, with the glue of alone.py.

A `Unit` is a thing of glass and card; `device` is the identity that it has at the moment. It knows only its own clock
(`now`), which is verified where the server was heard in this boot, and may be wrong by years all the same. All doors
of a unit share one journal. What a tap becomes: sent to the server where it seems to be there, decided by the door
itself, with the same `op`, where no answer came in time; in the journal first, told on the glass after.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from kiosk import escrow, own
from kiosk.chain import Entry
from kiosk.escrow import Owned
from kiosk.journal import Journal
from kiosk.ledger import CannotSave
from kiosk.plan import Booking as Shown
from kiosk.plan import Snapshot
from tests.sim.card import Card
from tests.sim.database import ACCEPTED
from tests.sim.laws import Laws
from tests.sim.promises import Promise

NO_ANSWER = 3
"""Seconds after which the door decides by itself."""
EXPIRES = 30
UNDO_WITHIN = 60
AS_OFFERED = 60
FAR = 86_400
EARLY = 900


NOTHING = Owned()


@dataclass(slots=True)
class Door:
    """One room of a unit. `told_seq`, `told_version`: what the server last said there is. `known`: what is shown, and
    what that was made of. `ahead`: the last act that was answered, and in which life."""

    owned: Owned = NOTHING
    plan: Snapshot | None = None
    told_seq: int = 0
    told_version: int = -1
    attested: str = ""
    known: tuple[tuple[object, ...], Snapshot] | None = None
    ahead: tuple[str, Shown, bool, int] | None = None

    @property
    def life(self) -> str:
        """The incarnation of its plan; "" where it has none."""
        return self.plan.incarnation if self.plan is not None else ""


@dataclass(slots=True)
class Asked:
    """A request that is under way."""

    number: int
    until: int


@dataclass(slots=True)
class Tapped:
    """An act that waits for the server's answer; `entry` is what the door writes by itself where none comes.

    `base` is the `op` of the booking that it is about, `was` that booking's end.
    """

    entry: Entry
    room: int
    base: str
    until: int
    was: int


@dataclass(slots=True)
class Unit:
    """See the module. `tainted`: its card was copied, so what it promises is nobody's fault but the copier's."""

    number: int
    rng: Random
    laws: Laws
    counts: Counter[str]
    card: Card
    device: int | None
    doors: dict[int, Door]
    on: bool = True
    tainted: bool = False
    barred: bool = False
    boot: str = ""
    booted: int = 0
    offset: int = 0
    verified: bool = False
    life: str = ""
    hurry: bool = False
    give_back: bool = False
    time: int = 0
    beat_at: int = 0
    asked_at: int = 0
    drawn: int = 0
    asked: dict[Any, Asked] = field(default_factory=dict)
    tapped: Tapped | None = None
    ledger: dict[str, Any] = field(default_factory=dict)
    journal: Journal = field(init=False)
    owed: bool = True

    def __post_init__(self) -> None:
        self.started(self.time)

    # Life

    def draw(self) -> str:
        """A name nobody had."""
        self.drawn += 1
        return f"{self.number:03d}-{self.drawn:08d}"

    def started(self, true: int) -> None:
        """Power on: another boot, no clock that anybody could rely on, and what the card has."""
        self.boot, self.booted, self.on, self.verified = self.draw(), true, True, False
        self.offset = self.rng.choice((0, 0, 0, -30, -3_600, 40, -86_400 * 400, 3_600, 86_400 * 365 * 3))
        self.loaded()

    def loaded(self) -> None:
        """The agent starts: all that it knows is on the card."""
        self.asked.clear()
        self.tapped, self.owed, self.hurry, self.life = None, True, True, ""
        self.laws.found(self)
        self.journal = Journal(self.card, draw=self.draw)
        self.ledger = dict(self.card.have("ledger") or {})
        for op in [op for op in self.ledger if self.wrote(op)]:
            self.settle(op)
        for entry, base, then in list(self.laws.meant.values()):
            if self.wrote(entry.op):  # the power went when the card had it, and nobody was told
                self.laws.gave_up(self, entry, base, then)
        for number in self.doors:
            owned, plan = self.card.have(f"grant {number}"), self.card.have(f"plan {number}")
            self.doors[number] = Door(owned or Owned(), plan, told_seq=plan.seq if plan else 0)

    def crashed(self) -> None:
        """The power went."""
        self.on, self.tapped = False, None
        self.asked.clear()
        self.card.lose_power()

    def forget(self) -> None:
        """Nobody knows this identity: all that came with it goes, but the journal is the card's."""
        self.device, self.tapped = None, None
        for number in self.doors:
            self.card.drop(f"grant {number}")
            self.card.drop(f"plan {number}")
        self.doors = {}
        self.asked.clear()

    @property
    def now(self) -> int:
        return self.time + self.offset

    @property
    def mono(self) -> float:
        return float(self.time - self.booted)

    # What it knows

    def shown(self, number: int) -> Snapshot:
        """The plan with what was done here and is not in it yet."""
        door, journal = self.doors[number], self.journal
        assert door.plan is not None
        key = (door.plan, journal.chapters, journal._word, journal.made)
        if door.known is None or not all(a is b for a, b in zip(door.known[0], key, strict=True)):
            entries = own.pending(door.plan, journal.entries())
            door.known = (key, own.with_own(door.plan, entries, journal.made))
        return door.known[1]

    def busy(self, number: int) -> escrow.Times:
        """What is taken, as far as is known here; also what was asked for and not answered (kiosk/unanswered.py)."""
        shown = self.shown(number)
        asked = [self._asked(it, shown) for it in self.ledger.values() if it["room"] == number and it["act"] != "end"]
        taken = own.taken_by(shown)
        return escrow.joined([*taken, *asked]) if asked else taken

    def _asked(self, body: dict[str, Any], shown: Snapshot) -> tuple[int, int]:
        if body["act"] == "book":
            return body["start"], body["end"]
        meant = next((it for it in shown.bookings if it.id == str(body["booking"])), None)
        return (meant.end, body["end"]) if meant is not None else (self.now, self.now + FAR)

    def wrote(self, op: str) -> bool:
        """Whether it is in the journal."""
        return any(entry.op == op for chapter in self.journal.chapters for entry in chapter.entries)

    def settle(self, op: str) -> None:
        """The outcome of an act is known."""
        self.ledger.pop(op, None)
        self.card.put("ledger", dict(self.ledger), anyway=True)

    # Taps

    def fit(self, number: int) -> bool:
        """Whether anything may be done here at all."""
        if not self.on or self.device is None or self.barred or self.tapped is not None:
            return False
        plan = self.doors[number].plan
        return plan is not None and plan.start <= self.now < plan.end

    def tap_book(self, number: int, seconds: int, online: bool) -> dict[str, Any] | None:
        """A walk-in from now on; what is sent where it is sent."""
        start, busy = self.now, self.busy(number)
        plan = self.doors[number].plan
        assert plan is not None
        busy = escrow.joined([*busy, *((it.start, it.end) for it in plan.closures)])
        end = min((low for low, _ in busy if low > start), default=start + seconds)
        end = min(end, start + seconds)
        edge = escrow.owned_until(self.doors[number].owned, start, busy)
        if edge is not None and self.rng.random() < 0.3:  # to where what is owned ends, and one second further
            end = min(end, edge) if edge < start + 86_400 and self.rng.random() < 0.5 else edge + 1
            end = min((low for low, _ in busy if start < low < end), default=end)
        if end - start < 60 or escrow.covers(busy, start, start + 1):
            return None
        draft = self.drafted("book", number, start=start, end=end)
        return self._done(Tapped(draft, number, draft.op, 0, start), online)

    def tap_extend(self, number: int, seconds: int, online: bool) -> dict[str, Any] | None:
        """What was made here and runs now is made longer, within what is owned where the server is not there."""
        it = self._running(number)
        if it is None or not it.confirmed or it.ended or it.state != ACCEPTED:
            return None
        draft = self.drafted("extend", number, end=it.end + seconds, **_named(it))
        return self._done(Tapped(draft, number, self._base(it), 0, it.end), online)

    def tap_end(self, number: int, online: bool) -> dict[str, Any] | None:
        """Ends what was made here."""
        it = self._running(number)
        if it is None:
            return None
        return self._done(Tapped(self.drafted("end", number, **_named(it)), number, self._base(it), 0, it.end), online)

    def tap_undo(self, number: int) -> dict[str, Any] | None:
        """Takes back what was last done here by the door's own word."""
        last = self.journal.chapters[-1].entries[-1] if self.journal.chapters else None
        fits = last is not None and last.room == str(number) and last.act in ("book", "extend", "end")
        if last is None or not fits or last.boot != self.boot or self.mono - last.mono > UNDO_WITHIN:
            return None
        base = last.op if last.act == "book" else last.of or self.laws.op_of(last.booking)
        more: dict[str, Any] = {"of": last.op}
        plan = self.doors[number].plan
        if last.act == "end" and plan is not None:
            pending = own.pending(plan, self.journal.entries())
            was = own.before(plan, pending, self.journal.made, last.op)
            if was is None or last not in pending or was.ended or was.end <= last.wall:
                return None  # by a plan that has it already nobody knows how long it was
            more |= {"booking": was.id, "end": was.end}
        return self._done(Tapped(self.drafted("undo", number, **more), number, base, 0, 0), False)

    def tap_check_in(self, number: int) -> dict[str, Any] | None:
        """People say that they are here, at a door that is cut off."""
        waiting = {entry.booking for entry in self.journal.waiting() if entry.act == "check_in"}
        expected = (it for it in self.shown(number).bookings if it.id.isdecimal() and it.id not in waiting)
        meant = (it for it in expected if it.checked_in_at is None and it.start - EARLY <= self.now < it.end)
        it = next((it for it in meant if it.state == ACCEPTED), None)
        if it is None:
            return None
        draft = self.drafted("check_in", number, booking=it.id, start=it.start)
        return self._done(Tapped(draft, number, "", 0, it.start), False)

    def _running(self, number: int) -> Shown | None:
        now = self.now
        return next((it for it in self.shown(number).bookings if it.here and it.start <= now < it.end), None)

    def _base(self, it: Shown) -> str:
        """The op that made it."""
        return it.id.removeprefix(own.MADE) if it.id.startswith(own.MADE) else self.laws.op_of(it.id)

    def drafted(self, act: str, number: int, **more: Any) -> Entry:
        owned = self.doors[number].owned
        clock = "verified" if self.verified else "unverified"
        return Entry(
            self.draw(), act, str(number), incarnation=owned.incarnation, version=owned.version, boot=self.boot,
            mono=self.mono, wall=self.now, clock=clock, **more,
        )  # fmt: skip

    def _grade(self, number: int, start: int, end: int) -> str:
        return escrow.grade(self.doors[number].owned, start, end, self.busy(number), verified=self.verified)

    def _done(self, it: Tapped, online: bool) -> dict[str, Any] | None:
        it.until = self.time + NO_ANSWER
        self.tapped = it
        draft = it.entry
        owes = any(entry.room == draft.room for entry in self.journal.waiting())
        if (
            not (online and self.verified)
            or (draft.act == "book" and owes)
            or (draft.act != "book" and not draft.booking)
        ):
            self.decide()
            return None
        body: dict[str, Any] = {"act": draft.act, "room": it.room, "start": draft.start, "end": draft.end}
        body |= {"expires": self.now + EXPIRES, "booking": int(draft.booking or 0)}
        try:
            self.card.replace("ledger", {**self.ledger, draft.op: body})
        except OSError:
            self.tapped = None
            self.counts["refused, card"] += 1
            return None
        self.ledger[draft.op] = body
        return body

    def decide(self) -> None:
        """No answer in time: the door decides by itself. In the journal first, on the glass after."""
        assert self.tapped is not None
        it, self.tapped = self.tapped, None
        number = it.room
        entry = replace(it.entry, wall=self.now, mono=self.mono, clock="verified" if self.verified else "unverified")
        if entry.act == "book" and abs((entry.start or 0) - entry.wall) > AS_OFFERED:
            return  # by our clock it is another time now than when it was tapped
        if entry.act == "extend" and (entry.wall >= it.was or abs(entry.wall - it.entry.wall) > AS_OFFERED):
            return  # it is over by now, or our clock has jumped
        waits = self.ledger.pop(entry.op, None)
        start = entry.start if entry.start is not None else it.was
        end = entry.end if entry.end is not None else start
        grade = self._grade(number, start, end) if entry.act in ("book", "extend") else escrow.NOT_CONFIRMED
        crossed = entry.act == "book" and any(low < end and start < high for low, high in self.busy(number))
        if waits is not None:
            self.ledger[entry.op] = waits
        if crossed or (entry.act == "extend" and grade != escrow.CONFIRMED):
            return
        if entry.act in ("end", "undo"):
            self.laws.meant[entry.op] = (entry, it.base, self.time)
        try:
            self.keep(replace(entry, grade=grade))
        except CannotSave:
            self.laws.meant.pop(entry.op, None)
            self.counts["refused, card"] += 1
            return
        if waits is not None:
            self.settle(entry.op)
        if entry.act in ("book", "extend"):
            sure = grade == escrow.CONFIRMED
            excused = "copied card" if self.tainted else ""
            life = self.doors[number].owned.incarnation
            promise = Promise(entry.op, entry.act, self, number, start, end, sure, it.base, life, excused)
            self.laws.promised(promise)
        elif entry.act == "check_in":
            self.laws.came(self, entry)
        else:
            self.laws.gave_up(self, entry, it.base, self.time)

    def keep(self, entry: Entry) -> None:
        """Raises CannotSave, and then nothing may be promised."""
        self.owed = True
        self.journal.add(entry)


def _named(it: Shown) -> dict[str, str]:
    """How an entry names the booking that it is about."""
    return {"of": it.id.removeprefix(own.MADE)} if it.id.startswith(own.MADE) else {"booking": it.id}
