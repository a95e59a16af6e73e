"""What the rules of a booking count over beside its rooms: what of it is locked, and how it is gathered.

Decision: only what some rule of these rooms will look at is asked for and locked. Whoever writes names what he expects
beforehand; what turns out to be missing (a policy has changed meanwhile) is locked when it is found out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from server.core.access import Actor
from server.core.claims import Taking, asked
from server.core.errors import Invalid, Objection, Refused
from server.core.house import HouseMap
from server.core.model import Booking, Details, Room
from server.core.people import Person
from server.core.period import Period
from server.core.rules import TAKEN, WHO, Rule
from server.core.rules.kinds import Asker, Shared, Use, Wish
from server.core.rules.people import too_many_people
from server.core.rules.quota import reach
from server.store.database import Lock, Tx, lock_also
from server.store.gathering import Counted, Wanted, count

COUNTING = frozenset({*TAKEN, *WHO, too_many_people})
"""Rules that look at more than the rooms."""


@dataclass(frozen=True, slots=True)
class Case:
    """Whose booking is judged, who asks, and what it carries.

    `own` is the booking itself where there is one already, `paid` what it has cost the owner so far and `handed`
    whether it was somebody else's until now; `uid` one that must not be taken yet, `newly` people who were named just
    now and must be there. `before` are bookings of the same series that
    are judged but not written yet, with what they take, and `due` what their owner has to pay for them.
    """

    actor: Actor
    house: HouseMap
    owner: int | None = None
    details: Details = field(default_factory=Details)
    own: int | None = None
    paid: int = 0
    handed: bool = False
    uid: str = ""
    newly: frozenset[int] = frozenset()
    before: tuple[tuple[Period, Taking], ...] = ()
    due: int = 0

    @property
    def people(self) -> frozenset[int]:
        return self.details.people(self.owner)


def case_of(it: Booking, actor: Actor, house: HouseMap) -> Case:
    """The case of a booking that there is."""
    return Case(actor, house, it.owner, it.details, own=it.id, paid=it.credits)


def given(case: Case, it: Booking, after: Booking) -> Case:
    """The case of a booking that becomes another, maybe somebody else's, who has paid nothing for it yet."""
    case = replace(case, owner=after.owner, details=after.details)
    return case if after.owner == it.owner else replace(case, paid=0, handed=True)


def priced(case: Case, places: Sequence[Room]) -> bool:
    """Whether the booking can cost anything."""
    rooms = any(room.policy.credits or room.policy.peak_credits for room in places)
    kinds = (case.house.accessories.get(number) for number, wanted in case.details.accessories.items() if wanted)
    return rooms or any(it is not None and bool(it.credits or it.peak_credits) for it in kinds)


def locks(case: Case, places: Sequence[Room]) -> set[Lock]:
    """What has to be locked beside the rooms: what somebody else may take at the same time in another room."""
    house, owner = case.house, case.owner
    found: set[Lock] = set()
    if owner is not None and (house.quotas or case.paid or priced(case, places)):
        found.add(("person", owner))
    if any(room.policy.person_once for room in places):
        found |= {("person", person) for person in case.people}
    found |= {("accessory", number) for number in _short(case)}
    return found | {("timetable", number) for number in _bounded(case, places)}


def _short(case: Case) -> list[int]:
    """Accessories of the booking of which there are only so many."""
    kinds = case.house.accessories
    wanted = [it for it, many in case.details.accessories.items() if many and it in kinds]
    return [it for it in wanted if kinds[it].stock is not None]


def _bounded(case: Case, places: Sequence[Room]) -> list[int]:
    """Timetables of the rooms of which only so many may be in use."""
    tables = {room.policy.timetable for room in places if room.policy.timetable is not None}
    known = case.house.timetables
    return sorted(it for it in tables if it in known and known[it].most_at_once is not None)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What rules look at beside single rooms: who asks, and what the booking as a whole counts over."""

    roles: dict[int, str]
    shared: Shared
    person: Person | None

    def asker(self, room: Room) -> Asker:
        """Who asks, as the room sees them."""
        return Asker(self.roles[room.number], self.person)


def gather(tx: Tx, case: Case, places: Sequence[Room], wish: Wish, rules: Sequence[Rule]) -> Gathered:
    """Locks and counts what the rules need. Raises Invalid for people who are not there, Refused for a taken uid."""
    rooms = tuple(asked(places))
    counting = not COUNTING.isdisjoint(rules)
    found = Counted()
    if counting or case.newly or case.uid:
        if counting:
            lock_also(tx, locks(case, rooms))
        found = _with_waiting(count(tx, _wanted(case, rooms, wish, counting=counting)), case, wish)
        _check(case, found, rooms)
    house = case.house
    numbers = {room.number for room in rooms} | {use.room for use in found.own}
    places_of = {it: house.rooms[it].within for it in numbers if it in house.rooms}
    shared = Shared(
        rooms=rooms,
        attributes=house.of("booking") if house.attributes else (),
        accessories=house.accessories,
        timetables=house.timetables,
        quotas=house.quotas,
        own=found.own,
        people=found.people,
        stock=found.stock,
        running=found.running,
        places=places_of,
        types={it: house.rooms[it].kind for it in places_of},
        paid=case.paid,
        handed=case.handed,
        roles={room.number: case.actor.role_in(room.number) for room in places},
    )
    return Gathered(dict(shared.roles), shared, found.person)


def _wanted(case: Case, rooms: Sequence[Room], wish: Wish, *, counting: bool) -> Wanted:
    if not counting:
        return Wanted(wish.period, known=case.newly, uid=case.uid)
    narrow = any(
        room.policy.roles or room.policy.departments or room.policy.groups or room.policy.capacity for room in rooms
    )
    mine = case.owner is not None and case.owner == case.actor.person
    # Quotas of groups are in it only where the owner is of the group, which is not known yet: all are asked for.
    far = reach(case.house.quotas, wish.period, rooms[0].zone) if case.owner is not None else None
    return Wanted(
        around=wish.period,
        owner=case.owner,
        person=mine or narrow or bool(case.house.quotas) or bool(case.paid) or priced(case, rooms),
        reach=far,
        people=case.people if any(room.policy.person_once for room in rooms) else (),
        accessories=_short(case),
        timetables=_bounded(case, rooms),
        known=case.newly,
        uid=case.uid,
        aside=case.own,
    )


def _check(case: Case, found: Counted, rooms: Sequence[Room]) -> None:
    if missing := sorted(case.newly - found.known):
        raise Invalid({"people": f"no such person: {', '.join(map(str, missing))}"})
    if found.uid_taken:
        raise Refused((Objection("uid_taken", rooms[0].id),))


def _with_waiting(found: Counted, case: Case, wish: Wish) -> Counted:
    """What was counted, with what the bookings take that are not written yet."""
    if not case.before and not case.due:
        return found
    kinds: dict[str, list[Use]] = {"owner": [], "person": [], "accessory": [], "timetable": []}
    for number, (period, taking) in enumerate(case.before):
        for it in taking.claims:
            if it.kind == "owner" or period.overlaps(wish.period):
                kinds[it.kind].append(Use(it.ref, it.room, period, it.quantity, -1 - number))
    person = found.person and replace(found.person, credits=found.person.credits - case.due)
    people = [it for it in kinds["person"] if it.ref in case.people]
    return replace(
        found, person=person, own=(*found.own, *kinds["owner"]), people=(*found.people, *people),
        stock=(*found.stock, *kinds["accessory"]), running=(*found.running, *kinds["timetable"]),
    )  # fmt: skip
