"""How much the rooms are used, in RoomVox's shape."""

from collections import Counter
from datetime import timedelta

from pydantic import BaseModel, Field

from server.core.model import Standing
from server.dialects.kit.app import Call
from server.dialects.kit.route import Routes
from server.dialects.roomvox import windows
from server.dialects.roomvox.desk import Desk
from server.engine.reports import RoomUsage, Usage

routes = Routes("statistics")
Number = int | float


class StatisticsQuery(BaseModel):
    """Which days (both included) and which room."""

    since: str | None = Field(default=None, alias="from", description="The first day; 30 days before the last")
    to: str | None = Field(default=None, description="The last day; today where absent")
    room: str | None = Field(default=None, description="Narrows bookings and utilization to this room")


class Span(BaseModel):
    """Local days, both included."""

    since: str = Field(serialization_alias="from")
    to: str


class RoomCounts(BaseModel):
    """All rooms that the token sees."""

    total: int
    active: int
    byType: dict[str, int]


class BookingCounts(BaseModel):
    """Bookings that touch the days. `total` is all of them; `cancelled` are those called off or declined."""

    total: int
    accepted: int
    declined: int
    pending: int
    cancelled: int


class Utilization(BaseModel):
    """One room: accepted hours against the hours it was open (always open: eight a day)."""

    roomId: str
    roomName: str
    totalHoursBooked: Number
    totalHoursAvailable: Number
    utilizationPercent: Number
    bookingCount: int


class StatisticsBody(BaseModel):
    """Usage over some days."""

    period: Span
    rooms: RoomCounts
    bookings: BookingCounts
    utilization: list[Utilization]


@routes(
    "GET", "/statistics", scope="admin", summary="How much the rooms are used", answers={200: StatisticsBody},
    errors=(404,),
)  # fmt: skip
def get_statistics(desk: Desk, call: Call, query: StatisticsQuery) -> StatisticsBody:
    rooms = desk.engine.rooms
    zone = (
        rooms.get(query.room, call.actor).zone if query.room else next((r.zone for r in rooms.all(call.actor)), "UTC")
    )
    now = desk.now()
    until = windows.day("to", query.to, now, zone)
    since = until - timedelta(days=30) if query.since is None else windows.day("from", query.since, now, zone)
    windows.whole_days(since, until)
    return _body(desk.engine.reports.usage(call.actor, since=since, until=until, room=query.room or None))


def _body(usage: Usage) -> StatisticsBody:
    accepted, declined, pending, called_off = (
        usage.count(standing)
        for standing in (Standing.ACCEPTED, Standing.DECLINED, Standing.PENDING, Standing.CANCELLED)
    )
    return StatisticsBody(
        period=Span(since=usage.since.isoformat(), to=usage.until.isoformat()),
        rooms=RoomCounts(
            total=len(usage.rooms), active=sum(room.active for room in usage.rooms),
            byType=Counter(room.room_type or "other" for room in usage.rooms),
        ),
        bookings=BookingCounts(
            total=accepted + declined + pending + called_off, accepted=accepted, declined=declined, pending=pending,
            cancelled=declined + called_off,
        ),
        utilization=[_utilization(it) for it in usage.of],
    )  # fmt: skip


def _utilization(it: RoomUsage) -> Utilization:
    share = it.booked / it.available * 100 if it.available else 0.0
    return Utilization(
        roomId=it.room.id, roomName=it.room.name, totalHoursBooked=_tenths(it.booked / timedelta(hours=1)),
        totalHoursAvailable=_tenths(it.available / timedelta(hours=1)), utilizationPercent=_tenths(share),
        bookingCount=it.counts.get(Standing.ACCEPTED, 0),
    )  # fmt: skip


def _tenths(value: float) -> Number:
    """One decimal; a whole number without one, as RoomVox prints it."""
    rounded = round(value, 1)
    return int(rounded) if rounded == int(rounded) else rounded
