"""When rooms have no lane left, with their parts and with the gap that is asked for around bookings."""

from collections.abc import Sequence
from datetime import timedelta

from server.core.access import Actor
from server.core.clock import Clock, whole
from server.core.house import HouseMap
from server.core.model import Room
from server.core.period import Period
from server.engine.looking import Held, Look, filled
from server.store import finding, people
from server.store.database import Tx


def look_at(tx: Tx, house: HouseMap, actor: Actor, clock: Clock) -> Look:
    """The actor's look at the house as it is now."""
    person = people.by_number(tx, actor.person) if actor.person is not None else None
    return Look(house, actor, person, whole(clock.now()))


def taken_by(tx: Tx, look: Look, places: Sequence[Room], window: Period) -> dict[int, list[Period]]:
    """When each room, or a part of it, has no lane left over the window; by its number, in no order."""
    if not places:
        return {}
    numbers = {number for it in places for number in it.parts}
    parts = finding.rooms(tx, numbers - {it.number for it in places})
    all_ = {it.number: it for it in places} | parts
    lanes = max(it.policy.lanes for it in all_.values())
    margin = timedelta(minutes=max(it.policy.gap_minutes for it in all_.values()))
    wide = Period(window.start - margin, window.end + margin)
    silent = finding.silent(tx, look.now)
    held: dict[int, Held] = dict(finding.held(tx, list(all_), wide, lanes=lanes, silent=silent))
    own = {number: filled(held.get(number, ()), it.policy.lanes, look.gap(it)) for number, it in all_.items()}
    return {it.number: [p for number in (it.number, *it.parts) for p in own.get(number, ())] for it in places}
