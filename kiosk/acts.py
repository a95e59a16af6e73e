"""What a tap becomes: written to the ledger, sent, and asked for again until its outcome is known.

A tap waits about three seconds for the server. When no answer came by then, or the server is not heard at all, the door
decides by itself with the same `op` where it can (alone.py): the journal tells the server, which takes each `op` once,
whichever of the two ways it comes by first.

While the journal of a room is not delivered its walk-ins go through that, too: sent beside it they would come before
what was promised first, and be in its way.

Where the door cannot decide, the outcome is "unknown", which is a fact and not a failure: the act may have been carried
out. The same `op` is then asked for until the answer comes, and the server carries out no act anew after `expires`.
Until then nothing new can be done at this door.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Any, Protocol
from uuid import uuid4

from kiosk.alone import Alone, No
from kiosk.client import Client, Denied, Done, Heard, Refusal, Resync, Unreachable
from kiosk.clock import Clock
from kiosk.doors import Doors
from kiosk.instants import iso, parse
from kiosk.ledger import CannotSave, Entry, Ledger
from kiosk.offers import AWAY, offers, stays, walk_in_start
from kiosk.panel import Outcome, Panel
from kiosk.plan import Booking
from kiosk.taps import BadTap, Tap

log = logging.getLogger(__name__)

EXPIRES = 30  # seconds


class Sender(Protocol):
    """Carries an act to the server; see Client.act."""

    def act(self, body: dict[str, Any]) -> tuple[Done, Heard]: ...


class Acts:
    """`client` is used by one tap at a time; `poke` asks for the feed at once."""

    def __init__(
        self, *, doors: Doors, ledger: Ledger, client: Sender, clock: Clock, alone: Alone, poke: Callable[[], None]
    ) -> None:
        self._doors, self._ledger, self._client, self._clock = doors, ledger, client, clock
        self._alone, self._poke = alone, poke
        self._one = Lock()
        for entry in ledger.unsettled():
            if alone.has(entry.op):  # the power went between the two files
                ledger.settle(entry.op, "journal")

    def perform(self, tap: Tap) -> Outcome:
        """Do what was tapped, as far as it can be done now. `tap["room"]` may be left out where there is one door.

        Raises BadTap for a room that is not ours and for an end that no button could show.
        """
        panel = self._panel(tap)
        if not self._one.acquire(blocking=False):
            return _refused("pending")
        try:
            why = self._off(panel)
            keep = why in AWAY and stays(tap["act"], tap.get("start_now", False))
            if why not in (None, "offline") and not keep:
                panel.tapped()
                return _refused(why)
            entry = self._entry(panel, tap)
            if keep and not self._alone.journals(panel):
                return self._keep(panel, entry)
            if why or self._alone.concerns(tap):
                return self._by_itself(panel, tap, entry, otherwise=why or "unknown")
            if tap["act"] == "book" and panel.owes:
                return self._by_itself(panel, tap, entry, otherwise="pending")
            self._ledger.append(entry)
            panel.begin(entry.op)
            return self._send(entry, self._client, first=True, tap=tap)
        except CannotSave:
            return _refused("cannot_save")
        finally:
            self._one.release()

    def _panel(self, tap: Tap) -> Panel:
        door = self._doors.one(tap.get("room"))
        if door is None or ("room" not in tap and len(self._doors.all()) > 1):
            raise BadTap({"room": "must be one of this panel's"})
        return door.panel

    def _keep(self, panel: Panel, entry: Entry) -> Outcome:
        """In the ledger until the server is heard, where it takes no journal; saying it twice is saying it once."""
        known = next((one for one in self._ledger.unsettled() if _same(one, entry)), None)
        if known is None:
            self._ledger.append(replace(entry, expires=0))
        entry = known or entry
        log.info("act op=%s act=%s outcome=kept", entry.op, entry.act)
        outcome = Outcome("kept", entry.op)
        panel.tapped()
        panel.finish(entry.act, outcome, incarnation="")
        return outcome

    def _by_itself(self, panel: Panel, tap: Tap, entry: Entry, *, otherwise: str) -> Outcome:
        """The door's own word; what it does not do is refused, with its reason or for being `otherwise`."""
        panel.tapped()
        if panel.view()["pending"] and not stays(entry.act, entry.body.get("start_now", False)):
            return _refused("pending")
        try:
            outcome = self._alone.decide(panel, _shown(tap, entry), op=entry.op)
        except No as no:
            return Outcome("refused", None, no.error if str(no) != "offline" else _error(otherwise))
        self._poke()
        return outcome

    def owed(self) -> bool:
        """Whether there is an act whose outcome is not known."""
        return bool(self._ledger.unsettled())

    def rooms(self) -> set[str]:
        """Of all acts that are owed."""
        return self._ledger.rooms()

    def settled(self) -> bool:
        """Whether the server has all that was done at this glass: nothing is owed and nothing is under way."""
        return not self._one.locked() and not self.owed()

    def retry(self, client: Client) -> bool:
        """Ask for the outcomes that are not known, the oldest first. False while one still is not known.

        Those of rooms that are ours no more come last: the server may have no answer to them for long.
        """
        if not self._one.acquire(blocking=False):
            return True
        try:
            owed = sorted(self._ledger.unsettled(), key=lambda entry: self._doors.one(entry.body["room"]) is None)
            return all(self._send(entry, client, first=False).outcome != "unknown" for entry in owed)
        finally:
            self._one.release()

    def _off(self, panel: Panel) -> str | None:
        """Why nothing can be done now. What is wrong with one act alone is the server's to say."""
        view = panel.view()
        if panel.plan is not None and not panel.plan.policy.act:
            return "read_only"
        if view["quarantined"]:
            return "quarantined"
        if panel.plan is None or not view["online"]:
            return "offline"
        if view["clock"] != "verified":
            return "clock"
        return "pending" if view["pending"] else None

    def _entry(self, panel: Panel, tap: Tap) -> Entry:
        op, expires = str(uuid4()), int(self._clock.now()) + EXPIRES
        plan = panel.plan
        room = plan.room.id if plan else ""
        fields, last = (self._walk_in(panel, tap) if tap["act"] == "book" else tap), expires
        if stays(tap["act"], tap.get("start_now", False)):
            meant = _meant(panel, tap)
            # The meeting is named by its start: who is here is here, whatever was changed in it besides.
            fields, last = {**tap, "start": iso(meant.start)}, max(expires, meant.end)
        return Entry(op, tap["act"], expires, {**fields, "op": op, "room": room, "expires": iso(last)})

    def _walk_in(self, panel: Panel, tap: Tap) -> Tap:
        """From the minute that runs until the end on the button that was tapped."""
        plan, line, now = panel.shown, panel.line, int(self._clock.now())
        if plan is None:
            raise BadTap({"act": "no plan"})
        books = [offer for offer in offers(plan, line, now, off=None) if offer["act"] == "book"]
        ends = [parse(offer["end"]) for offer in books if offer["minutes"] == tap["minutes"]]
        end = ends[0] if ends else now - now % 60 + tap["minutes"] * 60
        if "end" in tap:
            shown = parse(tap["end"])
            # The minute may have changed since the button was drawn; more than that was on no button.
            if abs(shown - end) > 60 or shown <= now:
                raise BadTap({"end": "must be the end of the minutes from now"})
            end = shown
        for offer in books:
            if offer.get("until_next") and 0 < end - parse(offer["end"]) <= 60:
                end = parse(offer["end"])
        return {"act": "book", "start": iso(walk_in_start(plan, line, now)), "end": iso(end)}

    def _send(self, entry: Entry, client: Sender, *, first: bool, tap: Tap | None = None) -> Outcome:
        """Ask the server. `tap`: what the door may decide by itself where there is no answer."""
        door = self._doors.one(entry.body["room"])
        plan = door.panel.plan if door else None
        incarnation = plan.incarnation if plan else ""
        outcome = self._ask(entry, client, first=first)
        if outcome.outcome == "unknown" and tap is not None and door is not None:
            outcome = self._instead(door.panel, tap, entry)
            if outcome.outcome != "unknown":
                return outcome
        if outcome.outcome in ("done", "refused"):
            self._ledger.settle(entry.op, outcome.outcome)
        elif not first:
            return outcome
        log.info("act op=%s act=%s outcome=%s first=%s", entry.op, entry.act, outcome.outcome, first)
        if door is not None:
            door.panel.finish(entry.act, outcome, incarnation=incarnation)
        self._poke()
        return outcome

    def _instead(self, panel: Panel, tap: Tap, entry: Entry) -> Outcome:
        """The server did not answer: the door decides, if it can, and the journal takes over from the ledger."""
        panel.tapped()
        try:
            outcome = self._alone.decide(panel, _shown(tap, entry), op=entry.op)
        except (No, CannotSave) as error:
            log.info("act op=%s act=%s alone=no why=%s", entry.op, entry.act, error)
            return Outcome("unknown", entry.op)
        self._ledger.settle(entry.op, "journal")
        panel.word_changed()
        self._poke()
        return outcome

    def _ask(self, entry: Entry, client: Sender, *, first: bool) -> Outcome:
        try:
            done, heard = client.act(entry.body)
        except Refusal as refusal:
            if refusal.error["code"] == "quarantined":
                return _apart(entry, refusal.error, first=first)
            return Outcome("refused", entry.op, refusal.error)
        except Denied as denied:
            if first or (str(denied) == "barred" and self._over(entry)):
                return Outcome("refused", entry.op, _error(str(denied)))
            # It says nothing about the try before, which may have been carried out.
            return Outcome("unknown", entry.op)
        except (Unreachable, Resync):
            return Outcome("unknown", entry.op)
        if heard.sure:
            self._clock.learn(heard.time, sent=heard.sent, got=heard.got)
        return Outcome("done", entry.op, done=done)

    def _over(self, entry: Entry) -> bool:
        """Whether it is of a room that is ours no more, and so late that nobody would do it if it were."""
        ours = self._doors.one(entry.body["room"]) is not None
        return not ours and self._clock.verified and self._clock.now() > parse(entry.body["expires"])


def _meant(panel: Panel, tap: Tap) -> Booking:
    bookings = panel.plan.bookings if panel.plan else ()
    meant = next((one for one in bookings if one.id == tap["booking"]), None)
    if meant is None:
        raise BadTap({"booking": "is not in the plan"})
    return meant


def _apart(entry: Entry, error: dict[str, Any], *, first: bool) -> Outcome:
    """Another device speaks with our key. That people are here stays on the card until this one is trusted again."""
    if not first:
        return Outcome("unknown", entry.op)  # it says nothing about the try before
    if stays(entry.act, entry.body.get("start_now", False)):
        return Outcome("kept", entry.op)
    return Outcome("refused", entry.op, error)


def _same(one: Entry, other: Entry) -> bool:
    return (one.act, one.body.get("booking")) == (other.act, other.body.get("booking"))


def _shown(tap: Tap, entry: Entry) -> Tap:
    """The tap with the start and the end that it came to mean."""
    return {**tap, **{name: entry.body[name] for name in ("start", "end") if name in entry.body}}


def _refused(code: str) -> Outcome:
    return Outcome("refused", None, _error(code))


def _error(code: str) -> dict[str, Any]:
    return {"code": code, "objections": [], "conflicts": [], "fields": {}}
