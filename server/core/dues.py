"""When jobs are due that have a time of their own: each hour, each day, each month.

Decision: only the newest due time that has passed is ever asked for. What was missed while nothing ran is done once,
not once for each time. Wall times are read as everywhere (core/zone.py): one that the spring leaves out comes an hour
later, of one that the autumn has twice the first is meant; so each day has each time once.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from server.core.zone import at_minute, wall


class When(Protocol):
    """A rule of due times."""

    def newest(self, now: datetime) -> datetime:
        """The last due time up to and with now, an instant in UTC with whole seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Hourly:
    """At a minute of each hour of UTC."""

    minute: int

    def newest(self, now: datetime) -> datetime:
        at = now.astimezone(UTC).replace(minute=self.minute, second=0, microsecond=0)
        return at if at <= now else at - timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Daily:
    """At a minute (0 to 1439) of each local day."""

    minute: int
    zone: str

    def newest(self, now: datetime) -> datetime:
        today = wall(now, self.zone).date()
        return next(it for back in range(3) if (it := self._on(today - timedelta(days=back))) <= now)

    def _on(self, day: date) -> datetime:
        return at_minute(day, self.minute, self.zone)


@dataclass(frozen=True, slots=True)
class Monthly:
    """At a minute of a day (1 to 28) of each local month."""

    day: int
    minute: int
    zone: str

    def newest(self, now: datetime) -> datetime:
        day = wall(now, self.zone).date().replace(day=self.day)
        while (at := at_minute(day, self.minute, self.zone)) > now:
            day = (day.replace(day=1) - timedelta(days=1)).replace(day=self.day)
        return at
