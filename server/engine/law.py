"""Gathers what the rules look at, under the lock, and lets them judge."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from server.core.claims import Taking, asked, claims_of
from server.core.credits import price
from server.core.errors import Conflict, Objection, Refused
from server.core.lanes import Laid, Lying, NotFarEnough, free_lane, laid_anew
from server.core.model import Booking, Room
from server.core.people import Person
from server.core.period import Period
from server.core.privacy import for_actor
from server.core.rules import Rule, objections
from server.core.rules.accessories import wanted
from server.core.rules.kinds import Facts, Wish
from server.core.rules.walking import too_many_walk_ins
from server.engine.counting import Case, Gathered, gather, priced
from server.engine.door_time import InWay
from server.store import bookings, grants, holds
from server.store.database import Tx
from server.store.holds import Held
from server.store.walk_ins import walked

AHEAD = (timedelta(days=2), timedelta(days=31), timedelta(days=93))
"""How far ahead bookings are looked at that may change lanes; nobody waits for more."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be had: how the booking will lie, what it claims and costs, and whose it is, where that was read."""

    taking: Taking
    person: Person | None = None


@dataclass(slots=True)
class _Lanes:
    """Where the booking comes to lie in rooms with several lanes, and which holds make room for it."""

    chosen: dict[int, int] = field(default_factory=dict)
    moved: dict[int, int] = field(default_factory=dict)


def judge(
    tx: Tx, places: Sequence[Room], wish: Wish, rules: tuple[Rule, ...], now: datetime, case: Case, *,
    alone: bool = False,
) -> Verdict:  # fmt: skip
    """Raises Refused with every objection and every conflict in every room, Invalid for people who are not there.

    `alone`: it is known that nothing holds a room anywhere near. Where nothing but doors is in the way the refusal says
    what is wanted of them (`Refused.wants`), unless the work goes past them (`tx.word`). A door's own time is not in
    its way: it gives up its hold for what is to be written.
    """
    held = [] if alone else holds.around(tx, _wide(places, wish.period), most=_most(places))
    found = gather(tx, case, places, wish, rules)
    against: list[Objection] = []
    clashes: list[tuple[Room, Held]] = []
    lanes, doors = _Lanes(), InWay()
    for room in places:
        near = [h for h in held if h.room == room.number and (case.own is None or h.occurrence != case.own)]
        near = doors.apart(tx, room, near, wish.period, case.actor)
        if room.policy.lanes > 1:
            near = _in_lanes(tx, room, wish, near, case, lanes)
        facts = facts_of(room, wish, near, now, found)
        if too_many_walk_ins in rules and nobody_known(case):
            facts = replace(facts, walked=walked(tx, room, wish.period, now))
        refused = objections(rules, wish, facts, first=room is found.shared.rooms[0])
        against += refused
        # A closure is the rule's to name; where the rule is not asked, it still stands in the way as a hold.
        named = any(it.code == "closed" for it in refused)
        clashes += [
            (room, h) for h in near if (h.occurrence is not None or not named) and h.period.overlaps(wish.period)
        ]
    if against or clashes:
        raise Refused(tuple(against), tuple(dict.fromkeys(_conflicts(tx, clashes, case))))
    doors.pass_by(tx, wish.period)
    if lanes.moved:
        grants.lift(tx, [h.grant for h in held if h.grant is not None])
        holds.lay_anew(tx, lanes.moved, case.own)
    taking = _taking(case, places, wish, found, lanes.chosen)
    return Verdict(replace(taking, at_risk=doors.risky(tx)), found.person)


def nobody_known(case: Case) -> bool:
    """Whether somebody stands at a panel who has not said who they are."""
    return case.actor.source == "panel" and case.actor.person is None and case.owner is None


def _conflicts(tx: Tx, clashes: Sequence[tuple[Room, Held]], case: Case) -> list[Conflict]:
    """What stands in the way; to a person only with those names that the person may read."""
    names = {h.occurrence: h.organizer for _, h in clashes}
    if case.actor.person is not None:
        rooms = {h.occurrence: room for room, h in clashes}
        known = bookings.by_ids(tx, {number for number in names if number is not None})
        names = {it.id: for_actor(case.actor, it, rooms[it.id]).organizer for it in known}
    return [
        Conflict(room.id, h.starts, h.ends, h.uid, names.get(h.occurrence, ""), series_uid=h.series_uid)
        for room, h in clashes
    ]


def judge_as_is(
    tx: Tx, places: Sequence[Room], it: Booking, rules: tuple[Rule, ...], now: datetime, case: Case
) -> None:  # fmt: skip
    """Raises Refused with what the rules say of a booking whose time stays as it is and that carries what it did."""
    wish = Wish(it.period, it.period, title=it.title, description=it.description, kept=it.details)
    reword(tx, places, wish, rules, now, case)


def reword(tx: Tx, places: Sequence[Room], wish: Wish, rules: tuple[Rule, ...], now: datetime, case: Case) -> Verdict:
    """As `judge`, of a booking whose time stays as it is: what holds its rooms is not looked at."""
    found = gather(tx, case, places, wish, rules)
    first = found.shared.rooms[0]
    against = [
        objection
        for room in places
        for objection in objections(rules, wish, facts_of(room, wish, (), now, found), first=room is first)
    ]
    if against:
        raise Refused(tuple(against))
    return Verdict(_taking(case, places, wish, found, {}), found.person)


def _taking(case: Case, places: Sequence[Room], wish: Wish, found: Gathered, lanes: dict[int, int]) -> Taking:
    rooms, costs, owed = asked(places), 0, False
    if priced(case, rooms):
        first = Facts(wish.period.start, rooms[0], shared=found.shared)
        costs = price(rooms, wanted(wish, first), wish.period, case.house.timetables)
        owed = costs - case.paid > max(0, found.person.credits if found.person is not None else 0)
    return Taking(lanes, claims_of(case.owner, case.details, places), costs, owed)


def facts_of(room: Room, wish: Wish, near: Iterable[Held], now: datetime, found: Gathered | None = None) -> Facts:
    """The facts of one room from the holds around the wish."""
    there = list(near)
    before = [h.ends for h in there if h.occurrence is not None and h.ends <= wish.period.start]
    after = [h.starts for h in there if h.occurrence is not None and h.starts >= wish.period.end]
    shut = tuple({h.closure: h.shut for h in there if h.closure is not None}.values())
    ends, starts = max(before, default=None), min(after, default=None)
    if found is None:
        return Facts(now, room, ends, starts, shut)
    return Facts(now, room, ends, starts, shut, found.asker(room), found.shared)


def _wide(places: Iterable[Room], period: Period) -> list[tuple[int, Period]]:
    """Each room with the time widened by its gap on both sides."""
    gaps = [(room.number, timedelta(minutes=room.policy.gap_minutes)) for room in places]
    return [(number, Period(period.start - gap, period.end + gap)) for number, gap in gaps]


def _most(places: Iterable[Room]) -> int | None:
    return None if any(room.policy.lanes > 1 for room in places) else holds.MOST


def _in_lanes(tx: Tx, room: Room, wish: Wish, near: list[Held], case: Case, lanes: _Lanes) -> list[Held]:
    """Finds a lane; returns what still stands in the way: closures, and of bookings those that leave no lane.

    A lane that is free but for the gap will do where nothing better is to be had: whether the gap counts is the rule's
    to say.
    """
    shut = list({h.closure: h for h in near if h.closure is not None}.values())
    lying = [Lying(h.id, h.lane, h.period) for h in near if h.occurrence is not None]
    count, gap = room.policy.lanes, timedelta(minutes=room.policy.gap_minutes)
    for space in dict.fromkeys((gap, timedelta())):
        laid = _lane(tx, room, wish.period, lying, count, space, case.own)
        if laid is not None:
            lanes.chosen[room.number] = laid.lane
            lanes.moved |= laid.moved
            return shut if space == gap else [*shut, *(h for h in near if h.lane == laid.lane and h.closure is None)]
    return [*shut, *(h for h in near if h.closure is None)]


def _lane(
    tx: Tx, room: Room, wish: Period, lying: list[Lying], count: int, gap: timedelta, own: int | None
) -> Laid | None:
    if (lane := free_lane(lying, wish, count, gap)) is not None:
        return Laid(lane, {})
    for ahead in AHEAD:
        known = wish.end + ahead
        there = holds.around(tx, [(room.number, Period(wish.start - gap, known))], most=None)
        after = [Lying(h.id, h.lane, h.period) for h in there if h.occurrence is not None and h.occurrence != own]
        try:
            return laid_anew(after, wish, count, gap, known)
        except NotFarEnough:
            continue
    return None
