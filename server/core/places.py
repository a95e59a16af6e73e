"""The house as a tree, and what rooms and bookings may have: types, attributes, accessories, timetables, quotas."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

KINDS = ("house", "site", "building", "floor", "group")
HOUSE = 1
"""The number of the place that everything is in."""


@dataclass(frozen=True, slots=True)
class Place:
    """A site, building or floor, or a group of rooms; groups may lie in groups, in a place, or in the house.

    `policy` is what this level sets, plain values by name of the field. `walk`: its place in the walking order.
    """

    number: int
    parent: int | None
    kind: str
    name: str
    zone: str = ""
    contact: str = ""
    color: str = ""
    walk: int = 0
    policy: Mapping[str, Any] = field(default_factory=dict, hash=False)
    version: int = 1


@dataclass(frozen=True, slots=True)
class RoomType:
    """A kind of room: `id` is the slug rooms name in `room_type`. Its policy counts above the floor's."""

    id: str
    label: str
    description: str = ""
    policy: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Attribute:
    """A field of the house's own for rooms, people or bookings.

    `kind`: line, lines, select, checkbox or moment (ISO with offset). `pattern`: what a line must match as a whole.
    `choices`: of a select. `rooms`: numbers of the rooms whose bookings have it; empty: all. `private`: only for those
    who manage and whose it is; `admin_only`: only those who manage may see or set it.
    """

    number: int
    category: str
    label: str
    kind: str = "line"
    required: bool = False
    pattern: str = ""
    choices: tuple[str, ...] = ()
    private: bool = False
    admin_only: bool = False
    sort: int = 0
    rooms: frozenset[int] = frozenset()
    version: int = 1


@dataclass(frozen=True, slots=True)
class Accessory:
    """A thing that is booked with a room. `stock` None: as many as anybody wants. Credits are hundredths a piece.

    `rooms`: with which rooms, by number, and (least, most) of them there, None: no bound; empty: with any.
    `credit_per`: slot or booking.
    """

    number: int
    name: str
    stock: int | None = None
    credits: int = 0
    peak_credits: int = 0
    credit_per: str = "slot"
    rooms: Mapping[int, tuple[int | None, int | None]] = field(default_factory=dict, hash=False)
    version: int = 1


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of a timetable's day, in minutes of the local day. `bookable`: else a break."""

    opens: int
    closes: int
    bookable: bool = True
    label: str = ""


@dataclass(frozen=True, slots=True)
class Timetable:
    """Slots that bookings must keep: a start where one begins, an end where one ends, all between bookable or breaks.

    `days`: the slots of each weekday (Monday = 0) and of single dates; a day without an entry has none. `zone` empty:
    the room's. `most_rooms` in one booking, `most_at_once` rooms of this timetable in use at one time. `since` and
    `until`: the dates it is booked on, both included.
    """

    number: int
    name: str
    zone: str = ""
    days: Mapping[int | date, tuple[Slot, ...]] = field(default_factory=dict, hash=False)
    days_visible: int = 7
    week_start: int = 0
    most_rooms: int | None = None
    most_at_once: int | None = None
    since: date | None = None
    until: date | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Quota:
    """How much one person may have booked: `most` minutes or bookings (`unit`) per day, week, month or year.

    It counts only what lies in the place, room or type that is named, and on these weekdays between these minutes of
    the local day (`opens` 0 and `closes` 1440: all of it). `group`: only of its people. `counts_over`: also what is
    over by now. Weeks begin on Monday.
    """

    number: int
    name: str
    unit: str
    per: str
    most: int
    group: int | None = None
    place: int | None = None
    room: int | None = None
    room_type: str = ""
    weekdays: frozenset[int] = frozenset(range(7))
    opens: int = 0
    closes: int = 1440
    counts_over: bool = True
    version: int = 1


@dataclass(frozen=True, slots=True)
class Equipment:
    """A thing that stands in rooms and is named in Room.facilities by its `id`, a slug; `icon` names its picture."""

    id: str
    label: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class StatusReason:
    """Why a room is out of service, for people to choose from; `status`: unavailable or hidden."""

    number: int
    status: str
    reason: str
