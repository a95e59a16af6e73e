"""What rules look at: the wish, and the facts gathered under the lock.

A rule about a room is asked for each room of a booking, with that room's facts. A rule in `ONCE` (rules/__init__.py) is
about the booking as a whole and asked once, with the first room's; `Facts.shared` is the same for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from server.core.model import Closure, Details, Room
from server.core.people import Person
from server.core.period import Period
from server.core.places import Accessory, Attribute, Quota, Timetable

MANAGING = ("admin", "staff", "manager")
"""The roles that manage a room."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The time asked for; `former` is the time it has now, where an existing booking is changed.

    `dates` is how many dates are asked for at once: more than one only where a series is judged as a whole. `details`
    None: what the booking says and carries is as it was and not asked about again (an extension, a date moved); `kept`
    is then what it carries on, for what others may have taken at the new time (accessories, people).
    """

    period: Period
    former: Period | None = None
    dates: int = 1
    title: str = ""
    description: str = ""
    details: Details | None = None
    kept: Details | None = None

    @property
    def carried(self) -> Details:
        """What the booking carries, newly said or not."""
        return self.details or self.kept or _NOTHING_CARRIED


_NOTHING_CARRIED = Details()


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: role admin, staff, manager (of this room), member, device, or "" for a key of the house.

    `person` is the one whose booking it is (quotas, credits, groups, department), None where nobody is known.
    """

    role: str = ""
    person: Person | None = None

    @property
    def word(self) -> str:
        """The role as policies name it: a key of the house is "key"."""
        return self.role or "key"


@dataclass(frozen=True, slots=True)
class Use:
    """A time that somebody or something is taken by another booking, and in which room (its number)."""

    ref: int
    room: int
    period: Period
    quantity: int = 1
    booking: int = 0


@dataclass(frozen=True, slots=True)
class Shared:
    """What the rules of the whole booking count over; its own uses are left out everywhere.

    `rooms`: those that were asked for, in their order; parts of a combined room are not among them. `roles`: as what
    the asker is seen in each of them by number, where that is not the same everywhere.
    `own`: what the owner has booked, a use per room, through every period that a quota counts over (`ref` the owner).
    `people`: where its people are meanwhile (`ref` the person), `stock`: which accessories are out (`ref` the
    accessory), `running`: rooms in use by their timetables (`ref` the timetable), all touching the wish.
    `places` maps the number of each room in `own` and `rooms` to its place, its groups and all above them; `types` to
    its type. `paid`: what the booking has cost its owner so far, in hundredths; `handed`: it was
    somebody else's until now.
    """

    rooms: tuple[Room, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    accessories: Mapping[int, Accessory] = field(default_factory=dict)
    timetables: Mapping[int, Timetable] = field(default_factory=dict)
    quotas: tuple[Quota, ...] = ()
    own: tuple[Use, ...] = ()
    people: tuple[Use, ...] = ()
    stock: tuple[Use, ...] = ()
    running: tuple[Use, ...] = ()
    places: Mapping[int, frozenset[int]] = field(default_factory=dict)
    types: Mapping[int, str] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    paid: int = 0
    handed: bool = False
    roles: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Walked:
    """Walk-ins in a room: how many were made within the hour, and those next before the wish, the newest first."""

    hour: int = 0
    row: tuple[Period, ...] = ()


NOTHING = Shared()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is so at `now` in one room: the ends next to the wish (its own hold left out), and closures over it.

    `walked`: where somebody walks in whom nobody knows, who did before them.
    """

    now: datetime
    room: Room
    ends_before: datetime | None = None
    starts_after: datetime | None = None
    closures: tuple[Closure, ...] = ()
    asker: Asker = Asker()
    shared: Shared = NOTHING
    walked: Walked | None = None

    @property
    def rooms(self) -> tuple[Room, ...]:
        """All rooms of the booking that were asked for."""
        return self.shared.rooms or (self.room,)

    def asked_in(self, code: str, room: Room) -> bool:
        """Whether the room's policy has the rule asked of whoever asks: not switched off, the role not exempt."""
        policy = room.policy
        if code in policy.off:
            return False
        if not policy.exempt:
            return True
        role = self.shared.roles.get(room.number, self.asker.role) or "key"
        return code not in policy.exempt.get(role, ())

    def asking(self, code: str) -> tuple[Room, ...]:
        """The rooms of the booking whose policy has the rule asked."""
        return tuple(room for room in self.rooms if self.asked_in(code, room))
