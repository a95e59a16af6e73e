"""How the simulated server takes what doors bring: acts, journals, what they attest, and what people say of conflicts.

The glue around server/core/intake.py, the same as engine/intake.py, attesting.py and conflicts.py have it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kiosk.plan import Booking as Shown
from server.core import intake
from server.core.intake import Entry
from server.core.stretches import NONE, Times, joined, touches
from tests.sim.database import ACCEPTED, AT_RISK, CANCELLED, CONFLICT, Booking, Done, Journal
from tests.sim.plans import shown
from tests.sim.server import BY_TAP, Answer, Server, standing

AT_MOST = 600
"""An act that is to be taken later than so many seconds from now has a wrong clock."""


class Taking(Server):
    """The server's ears."""

    # Acts

    def act(self, device: int, op: str, body: Mapping[str, Any]) -> Answer:
        """POST /act. The same op has one effect and one answer, whoever brought it first."""
        done = self.known(op, device)
        if done is not None:
            return self._answered(done)
        if not self.now <= body["expires"] <= self.now + AT_MOST:
            return ("refused", None, False, 0, "", None)
        row, number = self.db.devices[device], body["room"]
        if row.state != "good" or number not in row.rooms:
            return ("refused", None, False, 0, "", None)
        before = self.db.bookings.get(body["booking"])
        after = getattr(self, "_act_" + body["act"])(device, op, number, body, before)
        if after is not None:
            self.db.ops[op] = Done("accepted", before, after)
            self.acts.add(op)
        self.commit()
        if after is None:
            return ("refused", None, False, 0, "", None)
        self.db.ops[op] = done = replace(self.db.ops[op], seq=self.db.rooms[number].seq)
        return self._answered(done)

    def known(self, op: str, device: int) -> Done | None:
        """What came of an op, whoever brought it."""
        return self.db.ops.get(op)

    def _answered(self, done: Done) -> Answer:
        it = self.db.bookings.get(done.uid)
        if it is None:
            return ("refused", None, False, 0, "", None)
        gone = it.standing not in (ACCEPTED, AT_RISK)
        return ("done", shown(it, it.device is not None), gone, self.db.rooms[it.room].seq, self.db.incarnation, it)

    def _act_book(
        self, device: int, op: str, number: int, body: Mapping[str, Any], before: Booking | None
    ) -> Booking | None:  # fmt: skip
        start, end = body["start"], body["end"]
        if abs(start - self.now) > 300 or end <= self.now or not self.db.rooms[number].walk_ins:
            return None
        if self.judged(number, start, end, device=device)[0]:
            return None
        return self.put(Booking(self.uid_of(op), number, start, end, ACCEPTED, device, op, checked=self.now), "act")

    def _act_extend(
        self, device: int, op: str, number: int, body: Mapping[str, Any], it: Booking | None
    ) -> Booking | None:  # fmt: skip
        if it is None or it.standing is not ACCEPTED or it.end >= body["end"] or it.end <= self.now:
            return None
        if self.judged(number, it.end, body["end"], but=it.uid, device=device)[0]:
            return None
        return self.put(replace(it, end=body["end"], version=it.version + 1), "extend")

    def _act_end(
        self, device: int, op: str, number: int, body: Mapping[str, Any], it: Booking | None
    ) -> Booking | None:  # fmt: skip
        return self._ended(it, self.now, "hung up") if it is not None and it.device == device else None

    def _ended(self, it: Booking, at: int, why: str = "end") -> Booking | None:
        ends = max(at, it.start + 1)
        if ends >= it.end or it.standing is CANCELLED:
            return None
        return self.put(replace(it, end=ends, version=it.version + 1, ended=True), why)

    # Journals

    def bring(self, device: int, batch: Mapping[str, Any]) -> Answer:
        """POST /journal: each entry once, in order, whatever stands in its way (engine/intake.py)."""
        journal = self.db.journals.setdefault((device, batch["epoch"]), Journal())
        entries = [intake.entry_of(said) for said in batch["ops"]]
        found = intake.reading(entries, batch["first"], journal.applied, journal.last, journal.known)
        made = {}
        for each in found.entries:
            entry = each.entry
            if each.kind != "again":
                before = self.known(entry.op, device)
                done = before or self._placed(device, entry, batch["boot"], batch["mono"])
                self.db.ops[entry.op] = done
                journal.known[entry.seq] = journal.known.get(entry.seq, frozenset()) | {entry.hash}
                self.laws.took(entry.op, done)
            done = self.db.ops[entry.op]
            if done.uid and done.outcome not in ("nothing", "conflict"):
                made[entry.op] = str(done.uid)
        if not found.gap:
            journal.applied, journal.last = found.applied, found.last
        if found.forked:
            self.db.devices[device].state = "quarantined"
        self.commit()
        seqs = {str(number): self.db.rooms[number].seq for number in {int(it.room) for it in entries if it.room}}
        brought = (entries[0].seq - 1, entries[-1].seq) if entries else (0, 0)
        return (batch["epoch"], self.db.incarnation, journal.applied, seqs, made, brought, found.gap)

    def _placed(self, device: int, entry: Entry, boot: str, mono: float) -> Done:
        """What becomes of an entry that is new (engine/door_acts.py)."""
        if entry.fault:
            return Done("nothing")
        number = int(entry.room)
        at, span = (f(entry, self.now, boot, mono) for f in (intake.tapped, intake.placed))
        if entry.act == "book":
            return self._walk_in(device, number, entry, span) if span else self._unplaced(number)
        was = self.db.ops.get(entry.of)
        named = (was.uid if was else 0) if entry.of else int(entry.booking)
        it = self.db.bookings.get(named)
        if it is None:
            return self._unplaced(number) if entry.act == "extend" else Done("nothing")
        if entry.act == "extend":
            return self._extend(device, it, span, entry) if span else self._unplaced(number)
        if entry.act in ("check_in", "here"):
            return self._came(it, entry, at if at is not None else self.now)
        if entry.act == "undo":
            return self._undo(device, it, was, entry)
        made = was is not None and was.before is None
        left = it.device is not None and not self.is_panel(number, it.device)  # its card may be in this one
        own = it.device == device or made or left or (it.attested and it.uid >= BY_TAP)
        after = self._ended(it, intake.left(entry, at, self.now)) if own else None
        return Done("accepted" if after else "nothing", it, after or it)

    def _unplaced(self, number: int) -> Done:
        return Done("unplaced", conflict=self.record(number, "unplaced", None, None, (0, 0)))

    def _came(self, it: Booking, entry: Entry, at: int) -> Done:
        """Once people were there, they were."""
        if it.standing not in (ACCEPTED, AT_RISK) or (entry.start is not None and entry.start != it.start):
            return Done("nothing", it, it)
        if it.checked is None:
            it = self.put(replace(it, checked=min(at, it.end), version=it.version + 1), "came")
        return Done("accepted", it, it)

    def torn(self, device: int, content: bytes) -> None:
        """POST /journal/torn: kept as it was found."""
        self.db.torn[device] = self.db.torn.get(device, frozenset()) | {content}
        self.laws.torn_heard.add(content)

    def _undo(self, device: int, it: Booking, was: Done | None, entry: Entry) -> Done:
        if was is None or it.standing is CANCELLED:
            return Done("nothing", it, it)
        if was.before is None:
            return Done("accepted", it, self.put(standing(it, CANCELLED), "undo"))
        if was.after is None or it.version != was.after.version or it.end == was.before.end:
            return Done("nothing", it, it)
        if was.before.end < it.end:
            former = replace(it, end=was.before.end, version=it.version + 1, ended=was.before.ended)
            return Done("accepted", it, self.put(former, "undo"))
        return self._longer(device, it, was.before.end, entry)

    def _extend(self, device: int, it: Booking, span: tuple[int, int], entry: Entry) -> Done:
        if it.standing is CANCELLED:
            return self._given_up(it, span)
        if span[1] <= it.end:
            return Done("nothing", it, it)
        if it.ended or it.end < span[0]:
            return self._given_up(it, span)
        if it.standing is not ACCEPTED:
            after = replace(it, end=span[1], version=it.version + 1, ended=False)
            return Done(str(it.standing), it, self.put(after, "extend"))
        return self._longer(device, it, span[1], entry)

    def _given_up(self, it: Booking, span: tuple[int, int]) -> Done:
        """What its people were promised more of has been ended or cancelled elsewhere."""
        if span[1] <= span[0]:
            return Done("nothing", it, it)
        return Done("conflict", it, it, self.record(it.room, "walk_in", it.uid, None, span))

    def _taken(self, number: int, but: int) -> list[tuple[int, int, Any]]:
        room = self.db.rooms[number]
        holding = [it for it in room.live.values() if it.standing is ACCEPTED and it.uid != but]
        taken: list[tuple[int, int, Any]] = [(it.start, it.end, it.uid) for it in holding]
        return taken + [(low, high, None) for low, high in room.closures.values()]

    def _others(self, number: int, device: int, entry: Entry, moved: bool) -> Times:
        """What other doors own; what a door confirmed was its own. What was moved to another time than the door knew of
        may meet what it promised out of its own."""
        if entry.grade == "confirmed":
            return NONE
        grants = self.db.rooms[number].grants
        return joined(span for other, grant in grants.items() if moved or other != device for span in grant.reserved)

    def _walk_in(self, device: int, number: int, entry: Entry, span: tuple[int, int]) -> Done:
        uid, at = self.uid_of(entry.op), span[0]
        back = self.db.bookings.get(uid)
        if back is not None and back.attested:
            return self._back(device, back, entry.op, at)
        lies = intake.lay(*span, self._taken(number, -1), self._others(number, device, entry, span[0] != entry.start))
        it = Booking(uid, number, *lies.kept, lies.standing, device, entry.op, checked=at)
        it = self.put(it, "intake")
        conflict = self._recorded(it, lies, span)
        self._pushed(it)
        return Done(_outcome(lies, span[1]), None, it, conflict)

    def _back(self, device: int, it: Booking, op: str, at: int) -> Done:
        """The walk-in that a panel's plan brought back after a restore is its door's again."""
        if it.standing is CANCELLED:
            return Done("nothing", it, it)
        checked = at if it.checked is None else it.checked
        mine = replace(it, device=device, op=op, attested=False, version=it.version + 1, checked=checked)
        it = self.put(mine, "same")
        numbers = sorted(self.db.gave_way.get(it.uid, ()))
        outcome = "accepted" if it.standing is ACCEPTED else str(it.standing)
        return Done(outcome, None, it, numbers[0] if numbers else None)

    def _longer(self, device: int, it: Booking, end: int, entry: Entry) -> Done:
        lies = intake.lay(it.end, end, self._taken(it.room, it.uid), self._others(it.room, device, entry, False))
        wanted = (it.end, end)
        if lies.standing is not ACCEPTED:
            conflict = self._recorded(it, lies, wanted) or self.record(it.room, "walk_in", it.uid, None, wanted)
            return Done("conflict", it, it, conflict)
        longer = replace(it, end=lies.kept[1], version=it.version + 1, ended=False)
        after = self.put(longer, "extend")
        conflict = self._recorded(after, lies, wanted)
        self._pushed(after)
        return Done(_outcome(lies, end), it, after, conflict)

    def _recorded(self, it: Booking, lies: intake.Lies, wanted: tuple[int, int]) -> int | None:
        """What it gave way to."""
        numbers = [self.record(it.room, "walk_in", it.uid, other, wanted) for other in lies.met]
        return numbers[0] if numbers else None

    def _pushed(self, made: Booking) -> None:
        """For its people are in the room."""
        if made.standing is ACCEPTED:
            self.give_way(made)

    # Restore

    def attest(self, device: int, incarnation: str, number: int, rows: Sequence[Shown]) -> str:
        """POST /attest: what a panel's plan had, and the backup has not, is made anew."""
        if incarnation == self.db.incarnation:
            return incarnation
        for row in rows:
            known = self.db.bookings.get(int(row.id))
            if known is not None and (known.version >= row.version or (known.start, known.end) == (row.start, row.end)):
                continue
            if known is not None and known.uid in self.db.changed:
                self.db.recovered[known.uid] = "listed"
            elif row.end >= self.now - 86_400:
                self._recover(device, number, row, known)
        self.commit()
        return self.db.incarnation

    def _recover(self, device: int, number: int, row: Shown, known: Booking | None) -> None:
        uid = int(row.id)
        room = self.db.rooms[number]
        verdict = self.judged(number, row.start, row.end, but=uid)[0]
        if verdict == "door" and row.state != AT_RISK:  # time that is only assumed to be a door's counts as free
            doors = [it for it, grant in room.grants.items() if touches(grant.reserved, row.start, row.end)]
            if all(it == device or room.grants[it].version == 0 for it in doors):
                verdict = ""
        stands = {"": ACCEPTED, "door": AT_RISK}.get(verdict, CONFLICT)
        mine = device if row.here else None
        self.put(Booking(uid, number, row.start, row.end, stands, mine, "", row.version, True), "recovered")
        self.db.recovered[uid] = str(stands)
        if stands is CONFLICT:
            self.record(number, "recovered", uid, None, (row.start, row.end))
        self.laws.counts["recovered"] += 1

    # People

    def resolve(self, number: int, choice: str) -> None:
        """`booking`: who was there keeps the time; `walk_in`: who gave way gets what it was told; `both`: as it is."""
        it = self.db.conflicts[number]
        gave, met = self.db.bookings.get(it.booking or 0), self.db.bookings.get(it.other or 0)
        if choice == "walk_in" and gave is not None and gave.standing is CONFLICT:
            if met is not None and met.standing is ACCEPTED:
                self.put(standing(met, CANCELLED), "resolve")
                self.lay(it.room)
            if not self.judged(it.room, gave.start, gave.end, but=gave.uid)[0]:
                self.put(standing(gave, ACCEPTED), "resolve")
        elif choice == "booking" and gave is not None and gave.standing is CONFLICT:
            self.put(standing(gave, CANCELLED), "resolve")
        self.db.conflicts[number] = replace(it, open=False)
        self.commit()


def _outcome(lies: intake.Lies, end: int) -> str:
    if lies.standing is ACCEPTED:
        return "accepted" if lies.kept[1] == end else "shortened"
    return str(lies.standing)
