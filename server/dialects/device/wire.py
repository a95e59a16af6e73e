"""What travels between panel and server, and how it comes from and goes to the engine's values."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from server.core.access import Actor
from server.core.model import Closure, Room
from server.core.privacy import at_door
from server.dialects.device.bookings import BookingOut, Prove, booking_out
from server.dialects.device.instants import instant, precise, read_instant
from server.engine.awaiting import NOTHING
from server.engine.conflicts import Standoff
from server.engine.devices import News, Snapshot
from server.engine.tapping import Act

PROTOCOL = 1
LIMIT = 64 * 1024
ERRORS = (400, 401, 403, 404, 503)
Instant = Annotated[datetime, BeforeValidator(read_instant)]
Count = Annotated[int, Field(strict=True, ge=0, le=2**53)]
Seconds = Annotated[int, Field(strict=True, ge=0, le=10**9)]
Word = Annotated[str, Field(max_length=255)]


class Where(BaseModel):
    """The room, where the key opens more than one."""

    room: Word = ""


class Cursor(Where):
    """How far the panel has read, in which life of the database."""

    after: Annotated[int, Field(ge=0, le=2**53)]
    incarnation: Word


class Doing(Where):
    """What a person did at the glass."""

    op: Annotated[str, Field(pattern=r"^[!-~]{8,64}$")]
    act: Literal["book", "check_in", "here", "ask_here", "extend", "end", "undo"]
    expires: Instant
    booking: Word = ""
    version: Annotated[int, Field(strict=True, ge=1, le=2**31)] | None = None
    minutes: Annotated[int, Field(strict=True, ge=1, le=44_640)] | None = None
    start: Instant | None = None
    end: Instant | None = None
    start_now: Annotated[bool, Field(strict=True)] = False
    of: Word = ""


class SpanOut(BaseModel):
    """A time the room is open."""

    model_config = ConfigDict(populate_by_name=True)
    since: str = Field(alias="from")
    to: str


class ClosureOut(SpanOut):
    """A time the room is not to be had, and why."""

    reason: str


class OffsetOut(BaseModel):
    """The zone's offset in seconds, valid from its instant on."""

    model_config = ConfigDict(populate_by_name=True)
    since: str = Field(alias="from")
    seconds: int


class RoomOut(BaseModel):
    """The room as a panel shows it."""

    id: str
    number: int
    name: str
    zone: str
    capacity: int
    site: str
    building: str
    floor: str
    facilities: list[str]
    active: bool


class PolicyOut(BaseModel):
    """What the panel may offer."""

    walk_in: bool
    durations: list[int]
    check_in: bool
    extend: bool
    extend_minutes: int
    early_minutes: int
    gap_minutes: int
    max_minutes: int | None
    min_minutes: int | None
    act: bool
    release: str
    nobody_here: bool
    door_minutes: int
    walk_ins_per_hour: int
    walk_ins_in_row: int
    walk_in_pause_minutes: int


class ConflictOut(SpanOut):
    """Two that were promised one time: the booking that gave way, and the `other`, which it met."""

    id: int
    kind: str
    booking: str | None
    host: str
    other: str | None
    other_host: str


class SnapshotOut(BaseModel):
    """Everything a panel needs for the next 14 days."""

    model_config = ConfigDict(populate_by_name=True)
    protocol: int
    incarnation: str
    seq: int
    time: str
    since: str = Field(alias="from")
    to: str
    room: RoomOut
    offsets: list[OffsetOut]
    policy: PolicyOut
    open: list[SpanOut] | None
    closures: list[ClosureOut]
    clock: str
    bookings: list[BookingOut]
    conflicts: list[ConflictOut]


class NewsOut(BaseModel):
    """What changed since the cursor."""

    incarnation: str
    seq: int
    time: str
    bookings: list[BookingOut]
    gone: list[str]
    reload: bool
    conflicts: list[ConflictOut]


class DoneOut(BaseModel):
    """What came of an act."""

    booking: BookingOut
    gone: bool
    time: str
    clock: str
    incarnation: str
    seq: int


class ErrorBody(BaseModel):
    """What is wrong, as a code, a sentence and its parts."""

    code: str
    message: str
    fields: dict[str, str] = Field(default_factory=dict)
    objections: list[dict[str, Any]] = Field(default_factory=list)
    conflicts: list[dict[str, str]] = Field(default_factory=list)


class Failure(BaseModel):
    """Every error of this protocol."""

    error: ErrorBody


def snapshot_out(it: Snapshot, actor: Actor, time: datetime, clock: str, prove: Prove) -> SnapshotOut:
    """The plan of a room for a panel."""
    room, policy = it.room, it.room.policy
    return SnapshotOut(
        protocol=PROTOCOL,
        incarnation=it.incarnation,
        seq=it.seq,
        time=precise(time),
        since=instant(it.window.start),
        to=instant(it.window.end),
        room=RoomOut(
            id=room.id, number=room.number, name=room.name, zone=room.zone, capacity=room.capacity, site=room.site,
            building=room.building, floor=room.floor, facilities=list(room.facilities),
            active=room.active and room.status != "unavailable",
        ),
        offsets=[OffsetOut(since=instant(at), seconds=seconds) for at, seconds in it.offsets],
        policy=PolicyOut(
            walk_in=it.walk_in, durations=list(policy.walk_in_minutes),
            check_in=policy.check_in, extend=True, extend_minutes=policy.extend_minutes,
            early_minutes=policy.early_minutes, gap_minutes=policy.gap_minutes, max_minutes=policy.max_minutes,
            min_minutes=policy.min_minutes, act=actor.scope != "read", release=policy.release,
            nobody_here=policy.check_in and policy.nobody_here,
            door_minutes=policy.door_minutes if it.walk_in and policy.lanes == 1 and not room.parts else 0,
            walk_ins_per_hour=policy.walk_ins_per_hour, walk_ins_in_row=policy.walk_ins_in_row,
            walk_in_pause_minutes=policy.walk_in_pause_minutes,
        ),
        open=None if it.open is None else [SpanOut(since=instant(s.start), to=instant(s.end)) for s in it.open],
        closures=[_closure(closure) for closure in it.closures],
        clock=clock,
        bookings=[
            booking_out(booking, room, actor, prove, it.awaiting.get(booking.id, NOTHING), it.doors)
            for booking in it.bookings
        ],
        conflicts=[_conflict(each, room) for each in it.conflicts],
    )  # fmt: skip


def _closure(it: Closure) -> ClosureOut:
    return ClosureOut(since=instant(it.starts), to=instant(it.ends), reason=it.reason)


def news_out(it: News, actor: Actor, time: datetime, prove: Prove) -> NewsOut:
    """What changed; a booking that holds nothing any more is only named."""
    return NewsOut(
        incarnation=it.incarnation,
        seq=it.seq,
        time=precise(time),
        bookings=[
            booking_out(b, it.room, actor, prove, it.awaiting.get(b.id, NOTHING), it.doors)
            for b in it.bookings
            if b.standing.planned
        ],
        gone=[b.uid for b in it.bookings if not b.standing.planned],
        reload=it.reload,
        conflicts=[_conflict(each, it.room) for each in it.conflicts],
    )


def _conflict(it: Standoff, room: Room) -> ConflictOut:
    """Both sides as the people at the door may see them."""
    gave, met = (at_door(side, room)[0] if side is not None else "" for side in (it.gave, it.met))
    return ConflictOut(
        id=it.conflict.id, kind=it.conflict.kind, since=instant(it.conflict.wanted.start),
        to=instant(it.conflict.wanted.end), booking=it.gave.uid if it.gave is not None else None, host=gave,
        other=it.met.uid if it.met is not None else None, other_host=met,
    )  # fmt: skip


def act_of(body: Doing, room: str) -> Act:
    """The engine's act of what was sent."""
    return Act(
        op=body.op, what=body.act, room=room, expires=body.expires, booking=body.booking, version=body.version,
        minutes=body.minutes, start=body.start, end=body.end, start_now=body.start_now, of=body.of,
    )  # fmt: skip
