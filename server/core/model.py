"""The nouns: rooms, bookings, closures, and what a person asks for. Frozen values; nothing here does anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from server.core.period import Period
from server.core.policy import Policy
from server.core.recurrence import Length, Pattern

STRUCK = "struck"
"""The source of a booking that was struck out: what it said is gone for good, and lists leave it out."""


class Standing(StrEnum):
    """Where a booking stands. Only accepted and pending ones hold their rooms.

    `at_risk`: made into time that belongs to a door which could not be asked; the door's next word makes it accepted or
    a conflict. `conflict`: it gave way to another, and people have not said yet what becomes of it (engine/conflicts).
    """

    ACCEPTED = "accepted"
    PENDING = "pending"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    AT_RISK = "at_risk"
    CONFLICT = "conflict"

    @property
    def holding(self) -> bool:
        return self in (Standing.ACCEPTED, Standing.PENDING)

    @property
    def planned(self) -> bool:
        """Whether it is in the plan of its rooms: it holds them, or will as soon as a door has been asked."""
        return self.holding or self is Standing.AT_RISK

    @property
    def live(self) -> bool:
        """Whether people still count on it: neither declined nor cancelled."""
        return self not in (Standing.DECLINED, Standing.CANCELLED)


@dataclass(frozen=True, slots=True)
class Room:
    """A room. `number` is never reused; `id` is its slug; `zone` an IANA name. Texts are never None.

    `policy` is what all levels come to, `own_policy` only what the room itself sets (plain values by name). `place` is
    the number of the floor, building, site or house it is in. `status`: available, unavailable or hidden, and why.
    `parts` are the rooms a combined room is made of. `plan` is its (x, y) on the plan of its floor, in thousandths of
    the picture; `walk` its place in the walking order. `attributes` by number.
    """

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
    place: int = 1
    own_policy: Mapping[str, Any] = field(default_factory=dict, hash=False)
    status: str = "available"
    status_reason: str = ""
    color: str = ""
    plan: tuple[int, int] | None = None
    walk: int = 0
    parts: tuple[int, ...] = ()
    attributes: Mapping[int, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who is to be there: kind participant, invitee or guest; a person's number, or an e-mail and a name.

    `answer` is "", accepted or declined.
    """

    kind: str
    person: int | None = None
    email: str = ""
    name: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """What a booking carries beside its time, rooms, title and description.

    `booked_for`: the person it is for, where that is not the owner. `public_title` is for the lobby. `privacy`: public,
    private or confidential (RFC 5545, CLASS). Reminders are minutes before the start and before the end. `attributes`
    by number, `accessories` how many of which number. `terms`: the owner agreed to them. `joinable`: people may join by
    themselves. `uses_av`, `needs_av_support`: equipment is used; somebody has to help with it.
    """

    booked_for: int | None = None
    public_title: str = ""
    link: str = ""
    privacy: str = "public"
    color: str = ""
    attendees: tuple[Attendee, ...] = ()
    remind_start: tuple[int, ...] = ()
    remind_end: tuple[int, ...] = ()
    attributes: Mapping[int, str] = field(default_factory=dict, hash=False)
    accessories: Mapping[int, int] = field(default_factory=dict, hash=False)
    terms: bool = False
    joinable: bool = False
    uses_av: bool = False
    needs_av_support: bool = False

    def people(self, owner: int | None) -> frozenset[int]:
        """The persons who are to be there: owner or booked-for, participants, and invitees who did not decline."""
        host = self.booked_for or owner
        there = {it.person for it in self.attendees if it.person is not None and it.answer != "declined"}
        return frozenset(there | ({host} if host is not None else set()))


@dataclass(frozen=True, slots=True)
class Booking:
    """One occurrence: a single booking, or one of a series.

    `series` is the number and `series_uid` the uid of the series it belongs to; `original_start` its address there: the
    instant at which the series has it, wherever it was moved since. One that its series dropped keeps only the uid.
    Instants are UTC with whole seconds. `rooms` are room numbers. `planned_end` is the end before somebody extended or
    shortened it (None where nobody did). `made_by` names the actor ("token:3", "device:1", "cli"); `source` the door it
    came through ("roomvox", "panel", "import", …). `version` grows with every change. `owner` is the person whose it
    is (None: nobody's we know), `credits` what it cost them, in hundredths.
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
    owner: int | None = None
    details: Details = field(default_factory=Details)
    credits: int = 0

    @property
    def people(self) -> frozenset[int]:
        """The persons who are to be there."""
        return self.details.people(self.owner)

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
    owner: int | None = None
    details: Details = field(default_factory=Details)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A date (UTC instant) of a series that holds nothing: `codes` of what stood in the way, when it was found."""

    series: int
    at: datetime
    found_at: datetime
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Closure:
    """A time in which a room is not to be had, whatever was booked. `plan`: the number of the one it recurs by."""

    id: int
    room: int
    starts: datetime
    ends: datetime
    reason: str
    plan: int | None = None

    @property
    def period(self) -> Period:
        return Period(self.starts, self.ends)


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody wants to book. Instants UTC, whole seconds; `uid` only where the asker brings one of its own.

    `owner`: the person it is booked by; None: the actor's own person, else the one whose e-mail the organizer's is.
    `at_risk`: rather a booking that is not certain than none, where the time is a door's that cannot be asked.
    """

    rooms: tuple[str, ...]
    starts: datetime
    ends: datetime
    title: str
    organizer: str = ""
    organizer_email: str = ""
    description: str = ""
    uid: str = ""
    owner: int | None = None
    details: Details = field(default_factory=Details)
    at_risk: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """What to change of a booking; None leaves a thing as it is.

    `details` replaces all that it carries, `carry` only the fields it names (of attributes those it names; "" goes).
    """

    starts: datetime | None = None
    ends: datetime | None = None
    title: str | None = None
    organizer: str | None = None
    organizer_email: str | None = None
    description: str | None = None
    owner: int | None = None
    details: Details | None = None
    carry: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A key to the API: `id` as shown ("tok_…"), never the secret. `rooms` empty: all. Scope: read, book, admin.

    `person`: whose it is; then it may no more than they may. None: the house's own.
    """

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
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A panel at doors, or a board in a place: opens its own rooms only.

    `kind`: panel or board. A panel's `rooms` are in `rooms_in_order` as it shows them; a board is bound to `place` and
    shows the rooms that are below it at the time. `fingerprint`: what both screens showed when it was let in.
    `quarantined_at`: since when another one has been speaking with the same key; then it only reads.
    """

    number: int
    name: str
    prefix: str
    rooms: frozenset[int]
    made_at: datetime
    seen_at: datetime | None = None
    revoked_at: datetime | None = None
    kind: str = "panel"
    place: int | None = None
    serial: str = ""
    model: str = ""
    fingerprint: str = ""
    quarantined_at: datetime | None = None
    rooms_in_order: tuple[int, ...] = ()

    @property
    def state(self) -> str:
        """good, waiting (for a room), quarantined or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        if self.quarantined_at is not None:
            return "quarantined"
        return "good" if self.rooms or self.kind == "board" else "waiting"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change feed. `what` is a verb of the trade ("booked", "ended", …); ids and codes only.

    `act` is the seq of the first change of what was done at once (one transaction), `source` the door it came through.
    `before` and `after` are what was and what is now where that was said (server/core/audit.py).
    """

    seq: int
    at: datetime
    what: str
    room: int | None
    subject: int | None
    actor: str
    source: str = ""
    codes: tuple[str, ...] = ()
    act: int = 0
    before: Mapping[str, Any] = field(default_factory=dict, hash=False)
    after: Mapping[str, Any] = field(default_factory=dict, hash=False)
