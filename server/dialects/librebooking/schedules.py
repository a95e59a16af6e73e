"""Schedules: the timetables of the house, and the one of the rooms that have none (periods.py).

Decisions:
- Which schedule a resource is of is told by the resource; there is no schedule without resources that is not a
  timetable, and the default one is always there.
- `periods` are of the coming seven days from today on the asker's clock, the weekday of each its place (0 Sunday). A
  period belongs to the day on which it begins there.
- 0 resources at once, or per reservation, is no bound. Both names of the begin of the availability are told, and the
  end is the end.
"""

from datetime import date, datetime, timedelta

from server.core.catalogue import TODAY
from server.core.errors import Unknown
from server.core.house import HouseMap
from server.core.period import Period
from server.core.places import HOUSE, Timetable
from server.core.zone import midnight, wall
from server.dialects.kit.app import Call
from server.dialects.kit.route import Routes
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.links import links
from server.dialects.librebooking.periods import DEFAULT, Piece, pieces_within, schedule_id, timetable_of
from server.dialects.librebooking.shape import Id, Model, Part, Stamp

routes = Routes("Schedules")
WEEK = 7


class ScheduleItem(Model):
    """A schedule."""

    daysVisible: int
    id: Id
    isDefault: bool
    name: str
    timezone: str
    weekdayStart: int
    availabilityBegin: Stamp
    availabilityStart: Stamp
    availabilityEnd: Stamp
    maxResourcesPerReservation: int
    totalConcurrentReservationsAllowed: int


class ScheduleList(Model):
    """All schedules, the default one first."""

    schedules: list[ScheduleItem]


class PeriodBody(Part):
    """A period of the layout; `startTime` and `endTime` are 24-hour clock times."""

    start: Stamp
    end: Stamp
    label: str
    startTime: str
    endTime: str
    isReservable: bool


class ScheduleBody(ScheduleItem):
    """A schedule with its layout."""

    icsUrl: str | None
    periods: list[list[PeriodBody]]


@routes("GET", "/Schedules", scope="read", summary="All schedules", answers={200: ScheduleList})
def get_all_schedules(desk: Desk, call: Call) -> ScheduleList:
    house = desk.engine.house.now()
    tables = sorted(house.timetables.values(), key=lambda it: it.number)
    return ScheduleList(schedules=[_item(desk, call, it, house) for it in (None, *tables)])


@routes(
    "GET", "/Schedules/<schedule>", scope="read", summary="One schedule", answers={200: ScheduleBody}, errors=(404,)
)
def get_schedule(desk: Desk, call: Call, schedule: int) -> ScheduleBody:
    house = desk.engine.house.now()
    table = table_at(house, schedule)
    item, zone = _item(desk, call, table, house), desk.zone_of(call.actor)
    first = wall(desk.now(), zone).date()
    arrays: list[list[PeriodBody]] = [[] for _ in range(WEEK)]
    for day in (first + timedelta(days=count) for count in range(WEEK)):
        found = pieces_within(table, day_at(day, zone), zone_of(table, house, desk))
        arrays[day.isoweekday() % WEEK] = [_period(it, zone) for it in found]
    return ScheduleBody(**dict(item), icsUrl=None, periods=arrays)


def table_at(house: HouseMap, schedule: int) -> Timetable | None:
    """The timetable of a schedule, None for the default one; Unknown where there is no such schedule."""
    number = timetable_of(schedule)
    if number is not None and number not in house.timetables:
        raise Unknown("schedule", str(schedule))
    return house.timetables[number] if number is not None else None


def zone_of(table: Timetable | None, house: HouseMap, desk: Desk) -> str:
    """The zone of a schedule; of one that has none of its own, and of the default one, the house's."""
    return (table.zone if table is not None else "") or house.places[HOUSE].zone or desk.zone


def day_at(day: date, zone: str) -> Period:
    """The local day."""
    return Period(midnight(day, zone), midnight(day + timedelta(days=1), zone))


def first_day(table: Timetable | None, today: date) -> date:
    """Where the days of a schedule begin that are shown where nobody says which: in this week, or the next where all
    of this one's are past.
    """
    start = table.week_start if table is not None else 0
    if start == TODAY:
        return today
    first = today - timedelta(days=(today.weekday() - start) % WEEK)
    return first if today < first + timedelta(days=days_visible(table)) else first + timedelta(days=WEEK)


def days_visible(table: Timetable | None) -> int:
    return table.days_visible if table is not None else WEEK


def _item(desk: Desk, call: Call, table: Timetable | None, house: HouseMap) -> ScheduleItem:
    number = schedule_id(table.number if table is not None else None)
    week_start = table.week_start if table is not None else 0
    weekday = TODAY if week_start == TODAY else (week_start + 1) % WEEK
    begin = _at(desk, call, table.since) if table is not None else None
    end = _at(desk, call, table.until, after=1) if table is not None else None
    return ScheduleItem(
        links=links(call, "get_schedule", number), daysVisible=days_visible(table), id=number,
        isDefault=number == DEFAULT, name=table.name if table is not None else "Default",
        timezone=zone_of(table, house, desk), weekdayStart=weekday,
        availabilityBegin=begin, availabilityStart=begin, availabilityEnd=end,
        maxResourcesPerReservation=(table.most_rooms if table is not None else None) or 0,
        totalConcurrentReservationsAllowed=(table.most_at_once if table is not None else None) or 0,
    )  # fmt: skip


def _at(desk: Desk, call: Call, day: date | None, *, after: int = 0) -> datetime | None:
    """The begin of a day, or of one after it, on the asker's clock."""
    zone = desk.zone_of(call.actor)
    return None if day is None else wall(midnight(day + timedelta(days=after), zone), zone)


def _period(it: Piece, zone: str) -> PeriodBody:
    start, end = wall(it.period.start, zone), wall(it.period.end, zone)
    return PeriodBody(
        start=start, end=end, label=it.label, startTime=f"{start:%H:%M:%S}", endTime=f"{end:%H:%M:%S}",
        isReservable=it.reservable,
    )  # fmt: skip
