"""What a booking costs, in hundredths of a credit.

Decision: by the slot or once for the booking, as each room's policy (and each accessory) says. A slot is a bookable one
of the room's timetable that the booking shares time with, and where there is no timetable each hour begun, counted from
its start. A slot, or the booking, costs the peak price where its start lies in the room's peak hours. Accessories cost
by the slots and peak hours of the first room.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from server.core.model import Room
from server.core.period import Period
from server.core.places import Accessory, Timetable
from server.core.timetables import slots_during
from server.core.zone import wall

HOUR = timedelta(hours=1)


def price(
    rooms: Sequence[Room], accessories: Iterable[tuple[Accessory, int]], period: Period,
    timetables: Mapping[int, Timetable],
) -> int:  # fmt: skip
    """What the rooms and so many of each accessory cost over the time; `rooms` as asked for, the first one first."""
    total = 0
    for room in rooms:
        policy = room.policy
        if policy.credits or policy.peak_credits:
            peaks = _peaks(room, policy.credit_per, period, timetables)
            total += sum(policy.peak_credits if peak else policy.credits for peak in peaks)
    first: dict[str, list[bool]] = {}
    for it, count in accessories:
        if it.credits or it.peak_credits:
            if it.credit_per not in first:
                first[it.credit_per] = _peaks(rooms[0], it.credit_per, period, timetables)
            total += count * sum(it.peak_credits if peak else it.credits for peak in first[it.credit_per])
    return total


def _peaks(room: Room, per: str, period: Period, timetables: Mapping[int, Timetable]) -> list[bool]:
    """Of each slot that is to be paid for, or of the booking, whether it begins in the room's peak hours."""
    starts = [period.start] if per == "booking" else _starts(room, period, timetables)
    return [_in_peak(room, start) for start in starts]


def _starts(room: Room, period: Period, timetables: Mapping[int, Timetable]) -> list[datetime]:
    """The begins of the slots that are to be paid for."""
    table = timetables.get(room.policy.timetable or 0)
    if table is not None:
        return [it.period.start for it in slots_during(table, period, room.zone) if it.slot.bookable]
    return [period.start + hour * HOUR for hour in range(-(-period.length // HOUR))]


def _in_peak(room: Room, start: datetime) -> bool:
    local = wall(start, room.zone)
    minute = local.hour * 60 + local.minute
    return any(local.weekday() in it.weekdays and it.opens <= minute < it.closes for it in room.policy.peak)
