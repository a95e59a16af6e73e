"""All that happens by itself around people who come, do not come, or leave, in one round."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from server.core.access import Actor, require_everywhere
from server.core.model import Booking
from server.core.release import Course
from server.engine.booking import Bookings
from server.engine.desk import Desk
from server.engine.endings import Endings
from server.engine.release import Release
from server.engine.rights import Rights
from server.engine.strikes import Strikes
from server.engine.vacating import Vacating
from server.store import bookings, releases

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Attendance:
    """What is done in a round: who asked gets the room, who did not come loses it, series are warned, ends are told."""

    vacating: Vacating
    release: Release
    strikes: Strikes
    endings: Endings

    def run(self) -> Mapping[str, int]:
        """A round; how much of what. Raises Later or Full."""
        done: dict[str, int] = {}
        for each in (self.vacating.run, self.release.run, self.strikes.run, self.endings.run):
            for name, count in each().items():
                done[name] = done.get(name, 0) + count
        return done

    def lately(self, actor: Actor, since: datetime, limit: int) -> tuple[tuple[Booking, Course], ...]:
        """What has become of bookings that nobody came to since then, newest first. Scope admin, all rooms."""
        require_everywhere(actor, "admin")
        with self.release.store.reading() as tx:
            found = releases.lately(tx, since, limit)
            ids = [it.booking for it in found]
            rows = {
                it.id: it for start in range(0, len(ids), PAGE) for it in bookings.by_ids(tx, ids[start : start + PAGE])
            }
        return tuple((rows[it.booking], it) for it in found)


def attendance_of(desk: Desk, booking: Bookings, rights: Rights) -> Attendance:
    """The round over the use cases that it needs."""
    store, clock, house = desk.store, desk.clock, desk.house
    return Attendance(
        Vacating(desk, booking, rights), Release(store, clock, house), Strikes(desk), Endings(store, clock, house)
    )
