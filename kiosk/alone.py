"""What the door decides by itself: acts that the server cannot be asked for now, journal first, then the glass.

Decisions:
- A walk-in is taken where a button for it would be on: the room is free by the plan, it fits, and people have not had
  too many. It is confirmed where all of it is owned and free, otherwise people are told that it is not.
- A longer end is taken only inside what is owned: those inside have nowhere to go if it fails. So not of a meeting that
  has other rooms as well: another door owns those, or nobody. An end and an undo are taken of what was made here:
  nobody else's booking is ended by a door.
- That people are here is always taken: it is as true later.
- The `op` is that of the tap. So what was sent to the server and not answered is the same act, whichever comes first.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kiosk import agenda, own
from kiosk.chain import Entry
from kiosk.clock import Clock
from kiosk.escrow import CONFIRMED, NOT_CONFIRMED, Promises
from kiosk.instants import parse
from kiosk.ledger import CannotSave
from kiosk.offers import offers, stays
from kiosk.panel import Outcome, Panel
from kiosk.plan import Booking, Snapshot, coming
from kiosk.taps import Tap
from kiosk.walking import restless, too_many
from kiosk.word import Word

log = logging.getLogger(__name__)

MINUTE = 60


class No(Exception):
    """The door does not do it by itself. `error` is as the server would say it."""

    def __init__(self, code: str, *objections: object) -> None:
        super().__init__(code)
        self.error: dict[str, Any] = {"code": code, "objections": list(objections), "conflicts": [], "fields": {}}


class Alone:
    """For all doors of this agent. `wrote` is told whether the card took it."""

    def __init__(self, *, word: Word, clock: Clock, wrote: Callable[[bool], None] = lambda well: None) -> None:
        self._word, self._clock, self._wrote = word, clock, wrote

    def decide(self, panel: Panel, tap: Tap, *, op: str) -> Outcome:
        """Do it by the door's own word. Raises No where it does not, CannotSave where the card takes nothing."""
        shown = panel.shown
        if shown is None or not self.journals(panel):
            raise No("offline")
        with self._word.lock:
            draft = self._draft(panel, shown, tap, op)
            known = self._said(draft)
            op = known or op
            try:
                if not known:
                    self._word.journal.add(draft)
            except CannotSave:
                self._wrote(False)
                raise
        promised = draft.act in ("book", "extend")
        kept = draft.act in ("check_in", "here")
        outcome = Outcome("kept" if kept else "promised", op, grade=draft.grade if promised else None)
        log.info("act op=%s act=%s outcome=%s grade=%s", op, draft.act, outcome.outcome, draft.grade)
        panel.finish(draft.act, outcome, incarnation="")
        return outcome

    def journals(self, panel: Panel) -> bool:
        """Whether the server takes a journal of this panel at all."""
        return self._word.may() and panel.plan is not None and panel.plan.policy.door_minutes is not None

    def _said(self, draft: Entry) -> str | None:
        """The op by which the same presence was said and not delivered yet: saying it twice is saying it once."""
        if draft.act not in ("check_in", "here"):
            return None
        waiting = self._word.journal.waiting()
        same = (one.op for one in waiting if (one.act, one.booking) == (draft.act, draft.booking))
        return next(same, None)

    def has(self, op: str) -> bool:
        """Whether that act is in the journal."""
        return self._entry(op) is not None

    def concerns(self, tap: Tap) -> bool:
        """Whether only the journal can tell the server of it: it is about what the server has no name for yet."""
        if tap["act"] == "undo":
            return self.has(str(tap.get("of")))
        return str(tap.get("booking", "")).startswith(own.MADE)

    def _entry(self, op: str) -> Entry | None:
        return next((entry for entry, _ in self._word.journal.entries() if entry.op == op), None)

    def _draft(self, panel: Panel, shown: Snapshot, tap: Tap, op: str) -> Entry:
        act, promises = tap["act"], panel.promises()
        if stays(act, tap.get("start_now", False)):
            return self._present(shown, tap, op)
        made = [entry for entry, _ in self._word.journal.entries()]
        if not promises.may or self._clock_is_off(shown) or restless(made, shown.room.id, int(self._clock.now())):
            raise No("offline")
        if act == "book":
            return self._book(panel, shown, tap, op, promises)
        if act == "undo":
            return self._undo(panel, shown, tap, op)
        if act == "extend":
            return self._extend(panel, shown, tap, op, promises)
        if act == "end":
            return self._end(shown, tap, op)
        raise No("offline")

    def _clock_is_off(self, shown: Snapshot) -> bool:
        """Outside the plan nobody knows anything."""
        return not shown.start <= self._clock.now() < shown.end

    def _book(self, panel: Panel, shown: Snapshot, tap: Tap, op: str, promises: Promises) -> Entry:
        start, end = parse(tap["start"]), parse(tap["end"])
        now = int(self._clock.now())
        offered = [offer for offer in offers(shown, panel.line, now, off=None) if offer["act"] == "book"]
        fits = [offer for offer in offered if abs(parse(offer["end"]) - end) <= MINUTE]
        if not fits or not _free(shown, panel.line, start, end):
            raise No("clash" if not offered else "offline")
        if not any(offer["enabled"] for offer in fits):
            raise No(str(fits[0]["why"]))
        entries = [entry for entry, _ in self._word.journal.entries() if entry.room == shown.room.id]
        many = too_many(shown, entries, start, end)
        if many:
            raise No("refused", many)
        return self._stamped(shown, op, "book", start=start, end=end, grade=promises.grade(start, end))

    def _extend(self, panel: Panel, shown: Snapshot, tap: Tap, op: str, promises: Promises) -> Entry:
        meant = self._meant(shown, tap)
        if not meant.confirmed or meant.joined:
            raise No("offline")
        if meant.id == tap["booking"] and meant.version != tap["version"]:
            raise No("stale")  # not as people saw it: this very tap may be in there already
        end = meant.end + tap["minutes"] * MINUTE
        now = int(self._clock.now())
        offered = [one for one in offers(shown, panel.line, now, off=None) if one["act"] == "extend"]
        if not any(one["enabled"] and one["booking"] == meant.id and parse(one["end"]) == end for one in offered):
            raise No("offline")
        if promises.grade(meant.end, end) != CONFIRMED:
            raise No("offline")
        return self._stamped(shown, op, "extend", meant=meant, end=end, grade=CONFIRMED)

    def _end(self, shown: Snapshot, tap: Tap, op: str) -> Entry:
        meant = self._meant(shown, tap)
        if not meant.here:
            raise No("offline")
        return self._stamped(shown, op, "end", meant=meant)

    def _undo(self, panel: Panel, shown: Snapshot, tap: Tap, op: str) -> Entry:
        before = self._entry(tap["of"])
        if before is None or before.room != shown.room.id:
            raise No("offline")
        journal = self._word.journal
        last = [entry for entry, _ in journal.entries() if entry.room == before.room][-1]
        # What was given up and is known to the server may be somebody else's by now.
        if last.op != before.op or (before.act == "end" and last not in own.pending(shown, journal.entries())):
            raise No("stale")
        if before.act == "end" and before not in self._word.pending(shown):
            raise No("offline")  # the plan has it, and no longer how long it was: the room would look free
        entry = self._stamped(shown, op, "undo", of=before.op)
        if before.act != "end" or panel.plan is None:
            return entry
        # The end may be delivered before this is: then only what it says itself tells how long the room is taken.
        was = own.before(panel.plan, self._word.pending(panel.plan), self._word.made(), before.op)
        if was is None or was.ended or was.end <= before.wall:
            raise No("offline")  # the plan has the end already
        return replace(entry, booking=was.id, end=was.end)

    def _present(self, shown: Snapshot, tap: Tap, op: str) -> Entry:
        meant = self._meant(shown, tap)
        return self._stamped(shown, op, tap["act"], meant=meant, start=meant.start)

    def _meant(self, shown: Snapshot, tap: Tap) -> Booking:
        """The booking that the tap names, also by the name that it had before the server gave it one."""
        id_ = str(tap["booking"])
        known = self._word.made().get(id_.removeprefix(own.MADE), id_)
        meant = next((one for one in shown.bookings if one.id in (id_, known)), None)
        if meant is None:
            raise No("unknown")
        return meant

    def _stamped(
        self,
        shown: Snapshot,
        op: str,
        act: str,
        *,
        meant: Booking | None = None,
        start: int | None = None,
        end: int | None = None,
        of: str = "",
        grade: str = NOT_CONFIRMED,
    ) -> Entry:
        owned, clock = self._word.owned(shown.room.id), self._clock
        made_here = meant is not None and meant.id.startswith(own.MADE)
        return Entry(
            op=op,
            act=act,
            room=shown.room.id,
            start=start,
            end=end,
            booking=meant.id if meant and not made_here else "",
            of=meant.id.removeprefix(own.MADE) if meant and made_here else of,
            grade=grade,
            incarnation=owned.incarnation,
            version=owned.version,
            boot=clock.boot,
            mono=round(clock.elapsed(), 3),
            wall=int(clock.now()),
            clock="verified" if clock.verified else "unverified",
        )


def _free(shown: Snapshot, line: agenda.Timeline, start: int, end: int) -> bool:
    """Whether the room is free for all of it, the gap to the next booking included."""
    index = agenda.at(line, start)
    until = line[index + 1].at if index + 1 < len(line) else start
    gap = shown.policy.gap_minutes * MINUTE
    near = any(one.start < end + gap for one in coming(shown, start - 1))
    return line[index].state == "free" and end <= until and not near
