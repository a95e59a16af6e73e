"""What a simulated panel says to the server and makes of the answers: the glue of kiosk/sync.py.

In another life of the server the order is: attest what the plan had, bring the journal, take the plan, ask for grants.
One request of a kind is under way at a time; an answer to any but the latest is not listened to. A grant is on the card
before it is held, and held before it is acknowledged.
"""

from collections.abc import Sequence
from typing import Any

from kiosk import chain, escrow
from kiosk.escrow import Owned
from kiosk.plan import with_answer
from tests.sim.door import Asked, Unit

PATIENCE = 6
"""Seconds after which a request is given up; its answer may still come, and is not listened to."""


def request(unit: Unit) -> tuple[Any, Any] | None:
    """The next request and what it says; None where there is nothing to say now."""
    for kind, asked in list(unit.asked.items()):
        if asked.until <= unit.time:
            del unit.asked[kind]
    return _attest(unit) or _journal(unit) or _beat(unit) or _plan(unit) or _torn(unit) or _grants(unit)


def _attest(unit: Unit) -> tuple[Any, Any] | None:
    for number, door in unit.doors.items():
        if unit.life and door.plan is not None and door.life != unit.life and door.attested != unit.life:
            return _free(unit, "attest", (number, door.life, door.plan.bookings))
    return None


def _free(unit: Unit, kind: Any, said: Any) -> tuple[Any, Any] | None:
    return None if kind in unit.asked else (kind, said)


def _journal(unit: Unit) -> tuple[Any, Any] | None:
    if not unit.owed or "journal" in unit.asked or not unit.life:
        return None
    batch = unit.journal.batch()
    if batch is None:
        unit.owed = False
        return None
    ops = [chain.entry_json(entry) for entry in batch.entries]
    said = {"epoch": batch.epoch, "first": batch.first, "boot": unit.boot, "mono": unit.mono, "ops": ops}
    return "journal", said


def _torn(unit: Unit) -> tuple[Any, Any] | None:
    """What could not be read goes to the server as it was found."""
    found = unit.journal.torn() if unit.life else None
    return _free(unit, "torn", found) if found is not None else None


def _plan(unit: Unit) -> tuple[Any, Any] | None:
    for number, door in unit.doors.items():
        plan = door.plan
        if not unit.life or (plan is not None and door.life == unit.life and plan.seq >= door.told_seq):
            continue
        fresh = plan is None or door.life == unit.life
        if fresh or (door.attested == unit.life and not unit.owed):
            return _free(unit, "plan", number)
    return None


def _grants(unit: Unit) -> tuple[Any, Any] | None:
    ready = [number for number, door in unit.doors.items() if door.life == unit.life]
    due = unit.hurry or any(_wants(unit, number) for number in ready)
    if not ready or not unit.life or not due or "grants" in unit.asked:
        return None
    batch = unit.journal.batch() if unit.owed else None
    if batch is not None and batch.entries and batch.epoch != unit.journal.newest[0]:
        return None  # an acknowledgement could not speak of what an earlier epoch still owes
    if unit.asked_at >= unit.time and not unit.hurry:
        return None
    unit.hurry, unit.asked_at = False, unit.time
    return "grants", claims(unit, ready)


def _wants(unit: Unit, number: int) -> bool:
    door = unit.doors[number]
    ahead = escrow.owned_until(door.owned, unit.now, ()) or 0
    if door.owned.incarnation != unit.life:
        return True
    return door.told_version != door.owned.version or ahead < unit.now + 1_800


def claims(unit: Unit, rooms: Sequence[int]) -> tuple[dict[int, tuple[str, int, bool]], str, int]:
    """What it holds, and how far its journal goes: read at one instant."""
    held = {it: (unit.doors[it].owned.incarnation, unit.doors[it].owned.version, not unit.give_back) for it in rooms}
    return (held, *unit.journal.newest)


def _beat(unit: Unit) -> tuple[Any, Any] | None:
    if unit.beat_at > unit.time or "beat" in unit.asked:
        return None
    unit.beat_at = unit.time + 5
    return "beat", tuple(unit.doors)


def asked(unit: Unit, kind: Any) -> int:
    """Notes that it was asked; the request's number."""
    unit.drawn += 1
    unit.asked[kind] = Asked(unit.drawn, unit.time + PATIENCE)
    return unit.drawn


def answered(unit: Unit, kind: Any, number: int, answer: Any) -> None:
    """What an answer changes. `answer` starts with a word on who is asking."""
    word, time, body = answer
    it = unit.asked.get(kind)
    if it is None or it.number != number:
        return
    del unit.asked[kind]
    if word == "unnamed":
        unit.laws.tell("unit", unit.number, "is unnamed")
        unit.forget()
        return
    unit.barred = word == "quarantined"
    if not unit.verified:
        unit.offset, unit.verified = time - unit.time + unit.rng.choice(SKEWS), True
    if body is None:
        return
    {"attest": _attested, "journal": _brought, "plan": _planned, "grants": _granted, "beat": _beaten,
     "torn": lambda unit, name: unit.journal.uploaded(name)}[kind](unit, body)  # fmt: skip


SKEWS = (0,) * 12 + (-1, 1, 2, -2, 30, -240, 200, -3_000, 2_000, 86_400 * 3, -86_400 * 800)
"""How wrong a clock may be that counts as verified: mostly not at all, and now and then beyond reason (I8)."""


def _alive(unit: Unit, incarnation: str) -> None:
    """Whose word this is. Another life: what the server said of the journal is to be asked for again."""
    if incarnation != unit.life:
        unit.life, unit.owed = incarnation, True
        unit.journal.forget_word()
        for door in unit.doors.values():
            door.told_seq, door.told_version = 0, -1


def _attested(unit: Unit, body: Any) -> None:
    incarnation, room, of = body
    _alive(unit, incarnation)
    door = unit.doors.get(room)
    if door is not None and door.life == of:
        door.attested = incarnation


def _brought(unit: Unit, body: Any) -> None:
    epoch, incarnation, applied, seqs, made, (after, brought), gap = body
    _alive(unit, incarnation)
    if gap:
        unit.journal.took(epoch, "", applied, seqs={}, now=0)
        return
    unit.journal.took(
        epoch, incarnation, applied, seqs=seqs, now=unit.now if unit.verified else 0, made=made,
        brought=brought, after=after,
    )  # fmt: skip
    for number, door in unit.doors.items():
        door.told_seq = max(door.told_seq, seqs.get(str(number), 0))
    unit.hurry = True


def _planned(unit: Unit, body: Any) -> None:
    room, plan = body
    _alive(unit, plan.incarnation)
    door = unit.doors.get(room)
    if door is None:
        return
    old = door.plan
    if old is not None:
        if old.incarnation == plan.incarnation and plan.seq < old.seq:
            return
        if old.incarnation != plan.incarnation and (door.attested != plan.incarnation or unit.owed):
            return
        unit.laws.replaced(unit, old, plan.incarnation)
    unit.laws.tell("unit", unit.number, "plan of", room, plan.incarnation, plan.seq)
    if door.ahead is not None and door.ahead[0] == plan.incarnation:  # it was asked for before that act
        _, booking, gone, seq = door.ahead
        plan = with_answer(plan, booking, gone=gone, seq=seq)
    door.plan, door.attested = plan, ""
    _cached(unit, room)


def _cached(unit: Unit, room: int) -> None:
    try:
        unit.card.put(f"plan {room}", unit.doors[room].plan)
    except OSError:
        unit.counts["card full"] += 1


def _granted(unit: Unit, body: Any) -> None:
    incarnation, told, applied, epoch = body
    _alive(unit, incarnation)
    if epoch:
        unit.journal.reminded(epoch, incarnation, applied)
    for room, (version, times) in told.items():
        door = unit.doors.get(room)
        if door is None or door.life != incarnation:
            continue
        adopt(unit, room, escrow.adopted(door.owned, incarnation, version, times))
        door.told_version = version


def adopt(unit: Unit, room: int, owned: Owned) -> None:
    """Holds a version: on the card first. Where the card does not take it, the one before stays."""
    door = unit.doors[room]
    if owned is door.owned:
        return
    try:
        unit.card.replace(f"grant {room}", owned)
    except OSError:
        unit.counts["card full"] += 1
        return
    unit.laws.tell("unit", unit.number, "holds of", room, owned)
    door.owned = owned
    unit.hurry = True
    unit.laws.dirty.add(room)


def _beaten(unit: Unit, body: Any) -> None:
    incarnation, told = body
    _alive(unit, incarnation)
    for room, (seq, version) in told.items():
        door = unit.doors.get(room)
        if door is not None:
            door.told_seq, door.told_version = max(door.told_seq, seq), version


def act_answered(unit: Unit, op: str, asked_in: str, answer: Any) -> bool:
    """The answer to a tap; whether the glass says that it is done. `asked_in`: the life of the plan at the asking."""
    body = unit.ledger.get(op)
    if body is None:
        return False
    word, booking, gone, seq, life = answer
    unit.settle(op)
    if unit.tapped is not None and unit.tapped.entry.op == op:
        unit.tapped = None
    door, room = unit.doors.get(body["room"]), body["room"]
    if word != "done" or door is None or door.plan is None or door.life not in (asked_in, life):
        return False
    door.plan = with_answer(door.plan, booking, gone=gone, seq=seq, incarnation=life)
    door.attested, door.ahead = "", (life, booking, gone, seq)
    _cached(unit, room)
    return not gone
