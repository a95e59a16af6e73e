"""The nouns: rooms, bookings, closures, and what a person asks for. Frozen values; nothing here does anything."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from server.core.period import Period
from server.core.policy import Policy
from server.core.recurrence import Length, Pattern


class Standing(StrEnum):
    """Where a booking stands. Only accepted and pending ones hold their rooms."""

    ACCEPTED = "accepted"
    PENDING = "pending"
    DECLINED = "declined"
    CANCELLED = "cancelled"

    @property
    def holding(self) -> bool:
        return self in (Standing.ACCEPTED, Standing.PENDING)


@dataclass(frozen=True, slots=True)
class Room:
    """A room. `number` is never reused; `id` is its slug; `zone` an IANA name. Texts are never None."""

    number: int
    id: str
    name: str
    zone: str
    email: str = ""
    capacity: int = 0
    room_number: str = ""
    room_type: str = ""
    facilities: tuple[str, ...] = ()
    description: str = ""
    contact: str = ""
    site: str = "Main"
    building: str = ""
    floor: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    active: bool = True
    auto_accept: bool = True
    policy: Policy = field(default_factory=Policy)
    version: int = 1


@dataclass(frozen=True, slots=True)
class Booking:
    """One occurrence: a single booking, or one of a series.

    `series` is the number and `series_uid` the uid of the series it belongs to; `original_start` its address there: the
    instant at which the series has it, wherever it was moved since. One that its series dropped keeps only the uid.
    Instants are UTC with whole seconds. `rooms` are room numbers. `planned_end` is the end before somebody extended or
    shortened it (None where nobody did). `made_by` names the actor ("token:3", "device:1", "cli"); `source` the door it
    came through ("roomvox", "panel", "import", …). `version` grows with every change.
    """

    id: int
    uid: str
    rooms: tuple[int, ...]
    starts: datetime
    ends: datetime
    standing: Standing
    title: str
    organizer: str
    organizer_email: str
    description: str
    source: str
    made_by: str
    made_at: datetime
    changed_at: datetime
    series: int | None = None
    original_start: datetime | None = None
    planned_end: datetime | None = None
    checked_in_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1
    series_uid: str | None = None

    @property
    def period(self) -> Period:
        return Period(self.starts, self.ends)


@dataclass(frozen=True, slots=True)
class Series:
    """Bookings that recur: `pattern` in the wall time of `zone`, each `length` long.

    Each date of the pattern before `carried_to` (UTC) is an occurrence row or left out; `open` while later dates may
    follow. The texts are what its occurrences share unless one of them was given its own.
    """

    id: int
    uid: str
    rooms: tuple[int, ...]
    zone: str
    pattern: Pattern
    length: Length
    title: str
    organizer: str
    organizer_email: str
    description: str
    source: str
    made_by: str
    made_at: datetime
    changed_at: datetime
    carried_to: datetime
    open: bool
    version: int = 1


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A date (UTC instant) of a series that holds nothing: `codes` of what stood in the way, when it was found."""

    series: int
    at: datetime
    found_at: datetime
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Closure:
    """A time in which a room is not to be had, whatever was booked."""

    id: int
    room: int
    starts: datetime
    ends: datetime
    reason: str

    @property
    def period(self) -> Period:
        return Period(self.starts, self.ends)


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody wants to book. Instants UTC, whole seconds; `uid` only where the asker brings one of its own."""

    rooms: tuple[str, ...]
    starts: datetime
    ends: datetime
    title: str
    organizer: str = ""
    organizer_email: str = ""
    description: str = ""
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """What to change of a booking; None leaves a thing as it is."""

    starts: datetime | None = None
    ends: datetime | None = None
    title: str | None = None
    organizer: str | None = None
    organizer_email: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A key to the API: `id` as shown ("tok_…"), never the secret. `rooms` empty: all. Scope: read, book, admin."""

    number: int
    id: str
    name: str
    scope: str
    prefix: str
    rooms: frozenset[int]
    made_at: datetime
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A door panel: opens its own rooms only."""

    number: int
    name: str
    prefix: str
    rooms: frozenset[int]
    made_at: datetime
    seen_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change feed. `what` is a verb of the trade ("booked", "ended", …); ids and codes only."""

    seq: int
    at: datetime
    what: str
    room: int | None
    subject: int | None
    actor: str
