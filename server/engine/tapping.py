"""What people may do at the glass, and by when.

The rights (product, "Who may, at the glass"): anyone checks in or says that they are here, books from now, extends if
nothing follows, and asks "Nobody here?"; a walk-in made at this panel is ended by anyone; everything else needs a known
person. That people are here does not go stale: it may come late, from a panel that was cut off, and means the meeting
by its start, whatever else was changed in it meanwhile.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.access import Actor
from server.core.errors import Barred, Invalid, Objection, Refused
from server.core.model import Booking, Room

EXPIRES = timedelta(minutes=10)
KEPT = timedelta(days=14)
"""So long a panel may keep what does not go stale: as long as the plan that it was tapped in."""
START_SLACK = timedelta(minutes=5)
STAYING = ("check_in", "here")


@dataclass(frozen=True, slots=True)
class Act:
    """What a person did at the glass; see docs/device-protocol.md. Instants UTC."""

    op: str
    what: str
    room: str
    expires: datetime
    booking: str = ""
    version: int | None = None
    minutes: int | None = None
    start: datetime | None = None
    end: datetime | None = None
    start_now: bool = False
    of: str = ""

    @property
    def stays(self) -> bool:
        """Whether it is as true later as now."""
        return self.what in STAYING and not self.start_now


def check(act: Act, room: Room, now: datetime) -> None:
    """What can be said of an act by itself. Raises Invalid, Refused("expired") or Barred("identity")."""
    if act.expires > now + (KEPT if act.stays else EXPIRES):
        raise Invalid({"expires": "at most 14 days ahead" if act.stays else "at most 10 minutes ahead"})
    if act.expires <= now:
        raise Refused((Objection("expired", act.room),))
    most = room.policy.extend_minutes if act.what == "extend" else 1_440
    if act.minutes is not None and not 1 <= act.minutes <= most:
        raise Invalid({"minutes": f"1 to {most}"})
    if act.what == "extend" and act.minutes is None:
        raise Invalid({"minutes": "is required"})
    if act.what == "book":
        if (act.minutes is None) == (act.end is None):
            raise Invalid({"minutes": "give either minutes or an end"})
        if act.start is not None and abs(act.start - now) > START_SLACK:
            raise Barred("identity")


def same_to_people(act: Act, it: Booking) -> bool:
    """Whether who said that they are here means the booking as it stands, whatever its version."""
    return act.what == "here" or it.checked_in_at is not None or act.start == it.starts


def made_here(booking: Booking, actor: Actor) -> bool:
    """True for a walk-in made at this very panel."""
    return booking.made_by == actor.name and booking.source == "panel"
