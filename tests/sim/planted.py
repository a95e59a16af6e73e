"""Bugs that are planted, each to be found by the simulation: what a tired programmer would really do.

Each is a list of places with what is put there while a seed is played; the code itself has no switches. Those over
server.core and kiosk spoil the production functions, those over tests.sim the glue that plays what is around them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import kiosk.escrow
import kiosk.journal
import kiosk.own
import kiosk.taken
import server.core.escrow
import server.core.intake
import tests.sim.server
from kiosk.ledger import CannotSave
from server.core.escrow import Grant, Said
from server.core.model import Standing
from server.core.stretches import NONE, minus, touches
from tests.sim import syncing
from tests.sim.card import Card
from tests.sim.database import ACCEPTED, Booking, Done
from tests.sim.door import Unit
from tests.sim.people import People
from tests.sim.server import Server
from tests.sim.taking import Taking

Patch = tuple[Any, str, Any]
CORE, INTAKE, DOOR = server.core.escrow, server.core.intake, kiosk.escrow
_recalled, _acknowledged, _lay, _grown = CORE.recalled, CORE.acknowledged, INTAKE.lay, CORE.grown
_reading, _covers, _told = INTAKE.reading, DOOR.covers, kiosk.taken.Taken.told
_free, _judged, _walk_in, _put = Server.free_for_door, Server.judged, Taking._walk_in, Server.put
_restored, _revoke, _claims, _swept = Server.restored, Server.revoke, syncing.claims, Server.swept


def _only_newest(grant: Grant) -> Grant:
    return replace(grant, held=grant.held[-1:])


def _shrunk(grant: Grant, start: int, end: int, now: int) -> Grant:
    return _only_newest(_recalled(grant, start, end, now))


def _undrained(grant: Grant, version: int, *, head: int, applied: int) -> Grant:
    return _acknowledged(grant, version, head=head, applied=head)


def _any_version(grant: Grant, version: int, *, head: int, applied: int) -> Grant:
    return _only_newest(grant) if applied >= head and version else grant


def _forgetful(held: tuple[Any, ...]) -> tuple[Any, ...]:
    return held if len(held) <= 6 else (held[0], *held[2:])


def _wide(times: Any, start: int, end: int) -> bool:
    return _covers(times, start, end) or _covers(times, start, end - 1)


def _uncut(start: int, end: int, taken: Any, others: Any) -> Any:
    lies = _lay(start, end, taken, others)
    return replace(lies, kept=(start, end)) if lies.standing is not Standing.CONFLICT else lies


def _unlooked(start: int, end: int, taken: Any, others: Any) -> Any:
    return _lay(start, end, [each for each in taken if each[0] > start], others)


def _sure(owned: Any, start: int, end: int, busy: Any, *, verified: bool) -> str:
    return DOOR.CONFIRMED if _covers(minus_(owned.times, busy), start, end) else DOOR.NOT_CONFIRMED


def _longer(owned: Any, start: int, end: int, busy: Any, *, verified: bool) -> str:
    more = [(low, high + 1_800) for low, high in owned.times]
    return DOOR.CONFIRMED if verified and _covers(minus_(more, busy), start, end) else DOOR.NOT_CONFIRMED


minus_ = DOOR.minus


def _never_less(self: Any, incarnation: str, applied: int, seqs: Any, now: int) -> Any:
    return _told(self, incarnation, max(applied, self.applied), seqs, now)


def _unknown(self: Taking, op: str, device: int) -> Done | None:
    return None


def _of_device(self: Taking, op: str, device: int) -> Done | None:
    done = self.db.ops.get(op)
    return done if done and done.after and done.after.device == device else None


def _same_life(self: Server, backup: Any, incarnation: str) -> None:
    _restored(self, backup, backup.incarnation)


def _swapped(self: Server, device: int) -> None:
    _revoke(self, device)
    for number, room in enumerate(self.db.rooms):
        if room.grants.pop(device, None):
            self.touched.add(number)
    self.commit()


def _dropped(self: Taking, device: int, number: int, entry: Any, span: Any) -> Done:
    if any(low <= span[0] < high for low, high, _ in self._taken(number, -1)):
        return Done("nothing")
    return _walk_in(self, device, number, entry, span)


def _promoted(self: Server, number: int) -> None:
    for it in [it for it in self.db.rooms[number].live.values() if it.standing is Standing.AT_RISK]:
        self.put(replace(it, standing=ACCEPTED, version=it.version + 1), "promoted")


def _both_panels(self: Server, number: int, device: int) -> Any:
    room = self.db.rooms[number]
    kept, room.grants = room.grants, {device: room.grants[device]} if device in room.grants else {}
    try:
        return _free(self, number, device)
    finally:
        room.grants = kept


def _closed_too(self: Server, number: int, device: int) -> Any:
    room = self.db.rooms[number]
    kept, room.closures = room.closures, {}
    try:
        return _free(self, number, device)
    finally:
        room.closures = kept


def _set_apart_too(self: Server, number: int, device: int) -> Any:
    row = self.db.devices[device]
    kept, row.state = row.state, "good"
    try:
        return _free(self, number, device)
    finally:
        row.state = kept


def _newest_only(self: Server, number: int, start: int, end: int, *, but: int = -1, device: int = -1) -> Any:
    verdict, doors = _judged(self, number, start, end, but=but, device=device)
    grants = self.db.rooms[number].grants
    doors = [it for it in doors if touches(grants[it].newest, start, end)]
    return (verdict, doors) if verdict == "clash" or doors else ("", [])


def _forced_is_free(self: Server, number: int, start: int, end: int, *, but: int = -1, device: int = -1) -> Any:
    verdict, doors = _judged(self, number, start, end, but=but, device=device)
    doors = [it for it in doors if self.db.rooms[number].grants[it].forced is None]
    return (verdict, doors) if verdict == "clash" or doors else ("", [])


def _impatient(self: People, it: Any) -> None:
    if not it.uid:
        self._written(it, ACCEPTED)


def _cut_for_ever(self: Server, it: Booking, why: str) -> Booking:
    made = _put(self, it, why)
    if it.standing is ACCEPTED:
        for device, grant in self.db.rooms[it.room].grants.items():
            held = tuple((number, minus(times, ((it.start, it.end),))) for number, times in grant.held)
            self.db.rooms[it.room].grants[device] = replace(grant, held=held)
    return made


def _own_in_way(self: Taking, number: int, device: int, entry: Any, moved: bool) -> Any:
    return tuple(span for grant in self.db.rooms[number].grants.values() for span in grant.reserved)


def _no_closures(self: Taking, number: int, but: int) -> Any:
    room = self.db.rooms[number]
    return [(it.start, it.end, it.uid) for it in room.live.values() if it.standing is ACCEPTED and it.uid != but]


def _unlisted(self: Server, room: int, kind: str, booking: int | None, other: int | None, span: Any) -> int:
    return self.draw()


def _always_free(self: Taking, device: int, number: int, row: Any, known: Booking | None) -> None:
    self.put(Booking(int(row.id), number, row.start, row.end, ACCEPTED, attested=True), "recovered")


def _told_before_held(unit: Unit, room: int, owned: Any) -> None:
    if owned is not unit.doors[room].owned:
        unit.doors[room].owned = owned
        unit.hurry = True
        unit.laws.dirty.add(room)
        unit.card.put(f"grant {room}", owned, anyway=True)


def _unsynced(self: Card, name: str, data: bytes) -> None:
    self._refuse()
    self.loose[name] = (self.have(name) or b"") + data


def _headless(unit: Unit, rooms: Any) -> Any:
    return (_claims(unit, rooms)[0], unit.journal.newest[0], 0)


def _kept_anyway(self: Unit, entry: Any) -> None:
    self.owed = True
    with suppress(CannotSave):
        self.journal.add(entry)


def _trusting(incarnation: str, version: int, want: bool, head: int, trusted: bool) -> Said:
    return Said(incarnation, version, want, head)


def _silent(unit: Unit) -> None:
    for door in unit.doors.values():
        door.attested = unit.life


def _plan_alone(self: Unit, number: int) -> Any:
    plan = self.doors[number].plan
    return DOOR.joined((it.start, it.end) for it in plan.bookings) if plan else ()


def _whatever_comes(unit: Unit, kind: Any, number: int, answer: Any) -> None:
    unit.asked[kind] = syncing.Asked(number, unit.time + 1)
    _answered(unit, kind, number, answer)


def _any_lower(owned: Any, incarnation: str, version: int, times: Any) -> Any:
    return DOOR.Owned(incarnation, version, DOOR.joined(times))


def _swept_early(self: Server) -> None:
    for number, room in enumerate(self.db.rooms):
        for device in [it for it in room.grants if not self.is_panel(number, it)]:
            del room.grants[device]
            self.touched.add(number)
    _swept(self)


def _grown_over(grant: Grant, free: Any, now: int, horizon: int) -> Grant:
    return _only_newest(_grown(grant, free, now, horizon))


_answered, _with_answer, _was_taken, _came = syncing.answered, syncing.with_answer, kiosk.taken.load, Taking._came


def _not_set_aside(self: Any) -> None:
    self._aside = None


def _over_by_then(self: Taking, it: Booking, entry: Any, at: int) -> Done:
    return _came(self, it, entry, at) if self.now < it.end else Done("nothing", it, it)


def _nobody_there(self: Server, it: Booking, why: str) -> Booking:
    return _put(self, replace(it, checked=None) if why in ("extend", "end") else it, why)


def _as_the_plan_has_it(self: Any, entry: Any, id_: str) -> None:
    if entry.of not in self.before:
        _not_ended(self, entry, id_)


def _left_alone(self: Taking, it: Booking, span: Any) -> Done:
    return Done("nothing", it, it)


def _by_number(plan: Any, booking: Any, *, gone: bool, seq: int, incarnation: str = "") -> Any:
    return _with_answer(plan, booking, gone=gone, seq=seq)


def _only_walk_ins(self: Unit, body: Any, shown: Any) -> tuple[int, int]:
    return (body["start"], body["end"]) if body["act"] == "book" else (0, 0)


def _nothing_made(card: Any) -> Any:
    return replace(_was_taken(card), made={})


def _when_heard(entry: Any, at: int | None, now: int) -> int:
    return now if at is None else at


_not_ended = kiosk.own._Drawn._not_ended

PLANTED: Mapping[str, tuple[Patch, ...]] = {
    "time is taken back before the door has let go of it": ((CORE, "recalled", _shrunk),),
    "any version is taken, however late it comes": (
        (syncing, "answered", _whatever_comes), (DOOR, "adopted", _any_lower),
    ),
    "an op counts as often as it comes": ((Taking, "known", _unknown),),
    "a door promises beyond its grant": ((DOOR, "grade", _longer),),
    "a swap frees what the old panel may hold": ((Server, "revoke", _swapped),),
    "a restore begins no new life": ((Server, "restored", _same_life),),
    "an acknowledgement counts before the journal is taken": ((CORE, "acknowledged", _undrained),),
    "nothing is assumed to be the doors' after a restore": ((CORE, "assumed", lambda free: Grant(0, ((0, NONE),))),),
    "an entry that meets something is dropped": ((Taking, "_walk_in", _dropped),),
    "the glass says so before the card has it": ((Card, "append", _unsynced),),
    "the door trusts its own memory of receipts": ((kiosk.taken.Taken, "told", _never_less),),
    "a version is acknowledged before the card has it": ((syncing, "adopt", _told_before_held),),
    "a promise is a second longer than what is owned": ((DOOR, "covers", _wide),),
    "doors' holds are laid over bookings": ((CORE, "laid", lambda grant, busy: grant.reserved),),
    "whatever version is acknowledged, the newest counts": ((CORE, "acknowledged", _any_version),),
    "of too many versions the oldest is forgotten": ((CORE, "_bounded", _forgetful),),
    "a clock that nobody verified counts as verified": ((DOOR, "grade", _sure),),
    "a walk-in is not cut where something begins": ((INTAKE, "lay", _uncut),),
    "what runs already is overlooked": ((INTAKE, "lay", _unlooked),),
    "an op is known only of the device that brought it": ((Taking, "known", _of_device),),
    "a booking at risk is accepted without a look": ((Server, "promote", _promoted),),
    "two panels of a room are given its time": ((Server, "free_for_door", _both_panels),),
    "closed time is given to a door": ((Server, "free_for_door", _closed_too),),
    "a panel that was set apart is given more": (
        (Server, "free_for_door", _set_apart_too), (tests.sim.server, "Said", _trusting),
    ),
    "the door forgets what it did when it looks what is free": ((Unit, "busy", _plan_alone),),
    "a card that takes nothing is no reason to say no": ((Unit, "keep", _kept_anyway),),
    "a door's own grant is in the way of its journal": ((Taking, "_others", _own_in_way),),
    "closures are no bookings, so nobody looks for them": ((Taking, "_taken", _no_closures),),
    "a booking into a door's time is made without its word": ((People, "_settled_for", _impatient),),
    "only the newest version is asked about": ((Server, "judged", _newest_only),),
    "what staff do not wait for counts as free": ((Server, "judged", _forced_is_free),),
    "a booking cuts its time out of what is reserved for good": ((Server, "put", _cut_for_ever),),
    "what gave way is not listed": ((Server, "record", _unlisted),),
    "what panels bring back is always accepted": ((Taking, "_recover", _always_free),),
    "nothing is attested": ((syncing, "_attest", _silent),),
    "an acknowledgement does not say how far the journal goes": ((syncing, "claims", _headless),),
    "grants of devices that have left go at once": ((Server, "swept", _swept_early),),
    "growing forgets what the device may still hold": ((CORE, "grown", _grown_over),),
    "a torn journal is not set aside": ((kiosk.journal.Journal, "_set_aside", _not_set_aside),),
    "that people came is left where the meeting is over by then": ((Taking, "_came", _over_by_then),),
    "a change forgets that people are there": ((Server, "put", _nobody_there),),
    "an end that was taken back is drawn as the plan has it": ((kiosk.own._Drawn, "_not_ended", _as_the_plan_has_it),),
    "a longer end of what was given up elsewhere is left": ((Taking, "_given_up", _left_alone),),
    "an answer of the next life counts by its number": ((syncing, "with_answer", _by_number),),
    "a longer end without an answer is promised again": ((Unit, "_asked", _only_walk_ins),),
    "a restart forgets which bookings its taps made": ((kiosk.taken, "load", _nothing_made),),
    "who left is noted when it is heard": ((INTAKE, "left", _when_heard),),
    "what a panel that left may have promised goes with its time": ((CORE, "KEPT", 0),),
}  # fmt: skip


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The bug is there within the block."""
    kept: list[tuple[Any, str, Callable[..., Any]]] = []
    try:
        for place, attribute, spoilt in PLANTED[name]:
            kept.append((place, attribute, getattr(place, attribute)))
            setattr(place, attribute, spoilt)
        yield
    finally:
        for place, attribute, whole in reversed(kept):
            setattr(place, attribute, whole)
