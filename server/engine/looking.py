"""Looks at rooms without booking them: what each leaves free, and what the rules would say, in memory.

Decision: what is looked at is what the house asks of anybody at that time (`FIND`), not what a booking says, carries or
costs, nor what its people do elsewhere: nobody has said that yet. Who then books is judged anew, under the lock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.core.access import Actor, Level, may
from server.core.clock import from_epoch
from server.core.house import HouseMap
from server.core.model import Room
from server.core.people import Person
from server.core.period import Period, merged
from server.core.policy import Policy
from server.core.ranking import Spot, spot_of
from server.core.rules import AHEAD, LENGTHS, SERVICE, WHO, objections
from server.core.rules.hours import outside_hours
from server.core.rules.kinds import Asker, Facts, Shared, Wish
from server.core.rules.notice import in_past
from server.core.rules.slots import off_slots, timetable_over
from server.store.finding import Beside

FIND = (*SERVICE, *WHO, in_past, *LENGTHS, *AHEAD, outside_hours, timetable_over, off_slots)
EVER = 253_370_764_800
"""Seconds since 1970 that no hold reaches: the year 9999."""
Held = Sequence[tuple[Period, bool]]


@dataclass(slots=True)
class Look:
    """One look at the house as one instant has it. What was judged once is not judged again for a room alike."""

    house: HouseMap
    actor: Actor
    person: Person | None
    now: datetime
    _known: dict[tuple[object, ...], tuple[str, ...]] = field(default_factory=dict)
    _alike: dict[tuple[object, ...], int] = field(default_factory=dict)
    _policies: dict[int, tuple[Policy, int]] = field(default_factory=dict)
    _spots: dict[int, Spot] = field(default_factory=dict)

    def offered(self, number: int) -> bool:
        """Whether the actor sees the room and, where a person looks, may book it or ask for it."""
        if not may(self.actor, "read", number):
            return False
        levels = self.actor.levels
        return levels is None or levels.get(number, Level.NONE) >= Level.ASK

    def against(self, room: Room | Beside, wish: Period) -> tuple[str, ...]:
        """The codes of the rules that refuse the time in the room, whatever else holds it."""
        role = self.actor.role_in(room.number)
        key = (self._asked(room.policy), room.zone, room.active, room.status, role, wish)
        found = self._known.get(key)
        if found is None:
            found = self._judged(_whole(room), role, wish)
            self._known[key] = found
        return found

    def _asked(self, policy: Policy) -> int:
        """A number for what the rules of FIND look at in a policy; alike where they would say the same."""
        known = self._policies.get(id(policy))
        if known is not None:
            return known[1]
        looked_at = (
            policy.opening, policy.special_days, policy.timetable, policy.min_minutes, policy.max_minutes,
            policy.multi_day, policy.notice_minutes, policy.horizon_days, policy.end_horizon_days, policy.roles,
            policy.departments, policy.groups, policy.off, str(policy.exempt) if policy.exempt else "",
        )  # fmt: skip
        number = self._alike.setdefault(looked_at, len(self._alike))
        self._policies[id(policy)] = policy, number  # kept, for an id is its own only as long as the thing is there
        return number

    def _judged(self, room: Room, role: str, wish: Period) -> tuple[str, ...]:
        shared = Shared(rooms=(room,), timetables=self.house.timetables)
        facts = Facts(self.now, room, asker=Asker(role, self.person), shared=shared)
        return tuple(it.code for it in objections(FIND, Wish(wish), facts))

    def spot(self, row: Beside) -> Spot:
        """Where a room is."""
        known = self._spots.get(row.place)
        if known is None:
            known = self._spots[row.place] = spot_of(self.house.places, row.place)
        return Spot(known.site, known.building, known.floor, known.height, row.plan, row.walk)

    def gap(self, room: Room | Beside) -> timedelta:
        """What has to lie between two bookings of the room, where that is asked of the actor."""
        minutes = room.policy.gap_minutes
        return timedelta(minutes=minutes) if minutes and self.asks("too_close", room) else timedelta()

    def asks(self, code: str, room: Room | Beside) -> bool:
        """Whether the room asks a rule, which a policy may switch off, of the actor."""
        policy = room.policy
        if not policy.off and not policy.exempt:
            return True
        exempt = policy.exempt.get(self.actor.role_in(room.number) or "key", ())
        return code not in policy.off and code not in exempt


def until(row: Beside, start: int, gap: int) -> int | None:
    """Up to when (seconds since 1970) a room of one lane is free from an instant on; None where it is not."""
    before = None if row.before is None else row.before + (gap if row.before_booked else 0)
    if before is not None and before > start:
        return None
    if row.after is None:
        return EVER
    after = row.after - (gap if row.after_booked else 0)
    return after if after > start else None


def filled(held: Held, lanes: int, gap: timedelta) -> list[Period]:
    """When a room of so many lanes has none left; a closure holds all of them, a booking one and the gap around it."""
    wide = [Period(it.start - gap, it.end + gap) if booked else it for it, booked in held]
    if lanes == 1:
        return merged(wide)
    turns = sorted([(it.start, 1) for it in wide] + [(it.end, -1) for it in wide])
    found: list[Period] = []
    count, since = 0, None
    for at, step in turns:
        count += step
        if count >= lanes and since is None:
            since = at
        elif count < lanes and since is not None:
            if since < at:
                found.append(Period(since, at))
            since = None
    return merged(found)


def free_to(filled_: Iterable[Period], start: datetime) -> datetime | None:
    """Up to when nothing is filled from an instant on; None where something is at once."""
    ahead = [it for it in filled_ if it.end > start]
    if any(it.start <= start for it in ahead):
        return None
    return min((it.start for it in ahead), default=from_epoch(EVER))


def _whole(room: Room | Beside) -> Room:
    if isinstance(room, Room):
        return room
    return Room(
        room.number, room.slug, room.slug, room.zone, capacity=room.capacity, active=room.active, policy=room.policy,
        status=room.status,
    )  # fmt: skip
