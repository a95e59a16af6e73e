"""What the panel knows at this moment, shared by its threads: plan, link and taps. Everything shown comes from `view`.

The link is judged here, by one instant: when the server last confirmed that our plan is its newest. A heartbeat that
names newer changes does not count, nor does any other answer: a plan known to be old is not live.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from kiosk import agenda, own, plan, unanswered
from kiosk.bell import Bell
from kiosk.client import Done, Heard
from kiosk.clock import Clock
from kiosk.escrow import Promises, joined
from kiosk.instants import iso
from kiosk.ledger import Entry
from kiosk.offers import stays
from kiosk.plan import News, Snapshot
from kiosk.view import Taps, Trust, View, view
from kiosk.word import NoWord, OwnWord

LIVE = 5.0  # seconds since the server confirmed the plan; then promises are withdrawn
QUIET = 30.0  # seconds until the glass says so
REFUSED = 600.0  # seconds of refusals until the plan is no longer shown
UNDO = 10  # seconds an undo is offered
TOLD = 60.0  # seconds the last outcome stays in the view
FINAL = ("undo", "here", "ask_here")  # not taken back: an answer is an answer
LATE = 5  # seconds after its expiry in which an act may still be on its way


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an act at this glass ended: done, refused (with the server's error), unknown, or kept to be sent later.

    Or promised by the door itself, which is then "confirmed" or "not_confirmed" by its `grade`.
    """

    outcome: str
    op: str | None
    error: dict[str, Any] | None = None
    done: Done | None = None
    grade: str | None = None


class Owed(Protocol):
    """What was done at this door and is not settled; see Ledger."""

    def unsettled(self) -> list[Entry]: ...


class Panel:
    """One room's. Safe to use from several threads; `bell` is shared by all doors of the agent."""

    def __init__(
        self, *, clock: Clock, ledger: Owed, language: str, bell: Bell | None = None, word: OwnWord | None = None
    ) -> None:
        self._clock, self._ledger, self._language = clock, ledger, language
        self._word: OwnWord = word or NoWord()
        self._bell = bell or Bell()
        self._changed = self._bell.changed
        self._quarantined = False
        self._plan: Snapshot | None = None
        self._shown: Snapshot | None = None
        self._line = agenda.timeline(None)
        self._as_of: int | None = None
        self._confirmed: float | None = None
        self._refused: float | None = None
        self._tapped = float("-inf")
        self._ahead: tuple[str, Done] | None = None
        self._running: str | None = None
        self._last: tuple[float, dict[str, Any]] | None = None
        self._undo: tuple[int, dict[str, Any]] | None = None

    # What it knows

    @property
    def plan(self) -> Snapshot | None:
        return self._plan

    @property
    def line(self) -> agenda.Timeline:
        return self._line

    @property
    def as_of(self) -> int | None:
        """When the server last confirmed the plan, by its clock."""
        return self._as_of

    def view(self) -> View:
        with self._changed:
            now = int(self._clock.now())
            shown = view(
                self._shown,
                self._line,
                now,
                trust=self._trust(),
                taps=self._taps(now),
                language=self._language,
                promises=self._promises(),
            )
            # The answer to a tap and the stream may overtake each other: the page never goes back to an older edition.
            return shown | {"edition": self._bell.edition}

    def unconfirmed(self) -> int:
        """How many things were done here that the server has not confirmed."""
        room = self._plan.room.id if self._plan else ""
        return sum(entry.op != self._running for entry in self._ledger.unsettled()) + self._word.waiting(room)

    @property
    def owes(self) -> bool:
        """Whether the server has not got all that was done here by the door's own word."""
        return self._plan is not None and self._word.waiting(self._plan.room.id) > 0

    @property
    def shown(self) -> Snapshot | None:
        """The plan with what was done here and is not in it yet."""
        return self._shown

    def promises(self) -> Promises:
        """What the door can promise now by its own word."""
        with self._changed:
            return self._promises()

    def live(self) -> bool:
        with self._changed:
            return self._trust().live

    def state(self) -> str:
        """The state that `view` shows, without the rest."""
        with self._changed:
            moment = self._line[agenda.at(self._line, int(self._clock.now()))]
            return "unknown" if self._trust().refused else moment.state

    # What it hears

    def restore(self, plan_: Snapshot, *, as_of: int | None) -> None:
        """Start with the plan from the cache."""
        with self._changed:
            self._as_of = as_of
            self._set(plan_)

    def take(self, snapshot: Snapshot, heard: Heard, *, whatever: bool = False) -> bool:
        """Take a new plan. False for one that is older than ours, unless the server has told us to (`whatever`)."""
        with self._changed:
            old = self._plan
            same = old is not None and old.incarnation == snapshot.incarnation
            if same and old and snapshot.seq < old.seq and not whatever:
                return False
            if whatever:
                self._ahead = None
            self._confirm(heard)
            self._set(self._with_ahead(snapshot))
            return True

    def hear(self, news: News, heard: Heard) -> None:
        """Take the feed's news; they are of our incarnation and not older than our plan."""
        with self._changed:
            if self._plan is not None:
                self._confirm(heard)
                self._set(self._with_ahead(plan.merged(self._plan, news)))

    def confirm(self, heard: Heard) -> None:
        """The server says that our plan is its newest."""
        with self._changed:
            self._renew(heard)

    def confirm_again(self, heard: Heard) -> None:
        """The push says the same, as of a moment that may have passed; it never stands against a refusal."""
        with self._changed:
            if self._refused is None and heard.got > (self._confirmed or float("-inf")):
                self._renew(heard)

    def deny(self) -> None:
        """The server refuses this panel."""
        with self._changed:
            if self._refused is None:
                self._refused = self._clock.elapsed()
            self._touch()

    def quarantine(self, on: bool) -> None:
        """Another device speaks with our key: nothing can be done here."""
        with self._changed:
            if on != self._quarantined:
                self._quarantined = on
                self._touch()

    # What is done here

    def tapped(self) -> None:
        """Somebody asked for what cannot be had now: from here on the glass says why."""
        with self._changed:
            self._tapped = self._clock.elapsed()
            self._touch()

    def begin(self, op: str) -> None:
        """The act is on its way."""
        with self._changed:
            self._running = op
            self._touch()

    def finish(self, act: str, outcome: Outcome, *, incarnation: str) -> None:
        """The act ended so, as far as is known; what it changed shows at once."""
        with self._changed:
            self._running = None
            told = {"op": outcome.op, "act": act, "outcome": outcome.outcome, "error": outcome.error}
            self._last = (self._clock.elapsed(), told | {"grade": outcome.grade})
            if outcome.done or outcome.outcome == "promised":
                until = int(self._clock.now()) + UNDO
                undo = {"op": outcome.op, "act": act, "until": iso(until)}
                self._undo = None if act in FINAL else (until, undo)
            if outcome.done:
                self._show(outcome.done, incarnation)
            self._draw()
            self._touch()

    def word_changed(self) -> None:
        """The server knows more of what the door did by its own word, or what it owns is other."""
        with self._changed:
            self._draw()
            self._touch()

    def _show(self, done: Done, incarnation: str) -> None:
        """`incarnation`: of the plan by which it was asked. The answer may be of the life after that."""
        life = done.incarnation or incarnation
        if self._plan is None or self._plan.incarnation not in (incarnation, life):
            return
        self._ahead = (life, done)
        self._set(plan.with_answer(self._plan, done.booking, gone=done.gone, seq=done.seq, incarnation=life))

    def _with_ahead(self, new: Snapshot) -> Snapshot:
        """The plan with our last act, where it was asked for before that act and answered after it."""
        if self._ahead is None or self._ahead[0] != new.incarnation:
            return new
        done = self._ahead[1]
        return plan.with_answer(new, done.booking, gone=done.gone, seq=done.seq)

    def _renew(self, heard: Heard) -> None:
        """Confirm a plan that stays as it is; nobody need be woken where the panel was live and still is."""
        live = self._trust().live
        self._confirm(heard)
        if not live:
            self._touch()

    def _confirm(self, heard: Heard) -> None:
        self._confirmed = (heard.sent + heard.got) / 2  # about when the server said so
        if heard.sure:
            self._as_of = int(heard.time)
        elif self._clock.verified:
            self._as_of = int(self._clock.now())
        self._refused = None

    def _set(self, new: Snapshot) -> None:
        if new is not self._plan:
            self._plan = new
            self._draw()
        self._touch()

    def _draw(self) -> None:
        """The plan as it is shown: with what was said at this glass and waits to be sent."""
        if self._plan is None:
            return
        kept = {
            entry.body["booking"]
            for entry in self._ledger.unsettled()
            if entry.op != self._running and stays(entry.act, entry.body.get("start_now", False))
        }
        shown = plan.with_presence(self._plan, kept)
        shown = own.with_own(shown, self._word.pending(self._plan), self._word.made())
        if shown != self._shown:
            self._shown, self._line = shown, agenda.timeline(shown)

    def _promises(self) -> Promises:
        shown, trust = self._shown, self._trust()
        if shown is None:
            return Promises()
        says = shown.policy.act and shown.policy.door_minutes is not None
        # A server that refuses us may never take our journal: from its first no on nothing is promised at all.
        may = says and self._word.may() and not trust.quarantined and self._refused is None
        owned = self._word.owned(shown.room.id)
        asked = [one for one in self._ledger.unsettled() if one.op != self._running]
        busy = joined((*own.taken_by(shown, owned.times), *unanswered.taken(asked, shown, owned.times)))
        return Promises(owned, busy, verified=trust.verified, may=may)

    def _touch(self) -> None:
        self._bell.ring()

    def _trust(self) -> Trust:
        elapsed = self._clock.elapsed()
        refused = self._refused is not None
        since = float("inf") if self._confirmed is None else elapsed - self._confirmed
        live = since <= LIVE and not refused and self._plan is not None
        tapped = self._confirmed is not None and self._tapped > self._confirmed
        return Trust(
            live=live,
            quiet=not live and since < QUIET and not tapped and not refused,
            verified=self._clock.verified,
            as_of=self._as_of,
            quarantined=self._quarantined,
            refused=refused and (self._plan is None or elapsed - (self._refused or 0) >= REFUSED),
        )

    def _taps(self, now: int) -> Taps:
        unsettled = self._ledger.unsettled()
        # After its expiry the server never carries out an act anew, so it stands in no new act's way.
        waiting = [entry for entry in unsettled if now < entry.expires + LATE]
        last = self._last[1] if self._last and self._clock.elapsed() - self._last[0] < TOLD else None
        return Taps(
            pending={"op": waiting[0].op, "act": waiting[0].act} if waiting else None,
            last=last,
            undo=self._undo[1] if self._undo and now < self._undo[0] else None,
            unconfirmed=self.unconfirmed(),
        )
