"""Gathers what the rules look at, under the lock, and lets them judge."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from server.core.errors import Conflict, Objection, Refused
from server.core.model import Booking, Room
from server.core.period import Period
from server.core.rules import Rule, objections
from server.core.rules.closure import closed
from server.core.rules.kinds import Facts, Wish
from server.store.database import Tx
from server.store.holds import Held, around


def judge(
    tx: Tx, places: Iterable[Room], wish: Wish, rules: tuple[Rule, ...], now: datetime, *, own: int | None = None,
    alone: bool = False,
) -> None:  # fmt: skip
    """Raises Refused with every objection and every conflict in every room; `own` is the booking that is changed.

    `alone`: it is known that nothing holds a room anywhere near.
    """
    against: list[Objection] = []
    clashes: list[Conflict] = []
    rooms = list(places)
    held = [] if alone else around(tx, [(room.number, widened(wish.period, room)) for room in rooms])
    for room in rooms:
        near = [h for h in held if h.room == room.number and (own is None or h.occurrence != own)]
        facts = facts_of(room, wish, near, now)
        against += objections(rules, wish, facts)
        # A closure is the rule's to name; where the rule is not asked, it still stands in the way as a hold.
        clashes += [
            Conflict(room.id, h.starts, h.ends, h.uid, h.organizer, series_uid=h.series_uid)
            for h in near
            if (h.occurrence is not None or closed not in rules) and h.period.overlaps(wish.period)
        ]
    if against or clashes:
        raise Refused(tuple(against), tuple(clashes))


def judge_as_is(places: Iterable[Room], it: Booking, rules: tuple[Rule, ...], now: datetime) -> None:
    """Raises Refused with what the rules say of a booking whose time stays as it is."""
    wish = Wish(it.period, it.period)
    against = [objection for room in places for objection in objections(rules, wish, Facts(now, room))]
    if against:
        raise Refused(tuple(against))


def facts_of(room: Room, wish: Wish, near: list[Held], now: datetime) -> Facts:
    """The facts of one room from the holds around the wish."""
    before = [h.ends for h in near if h.occurrence is not None and h.ends <= wish.period.start]
    after = [h.starts for h in near if h.occurrence is not None and h.starts >= wish.period.end]
    shut = tuple({h.closure: h.shut for h in near if h.closure is not None}.values())
    return Facts(now, room, max(before, default=None), min(after, default=None), shut)


def widened(period: Period, room: Room) -> Period:
    """The time with the room's gap on both sides."""
    gap = timedelta(minutes=room.policy.gap_minutes)
    return Period(period.start - gap, period.end + gap)
