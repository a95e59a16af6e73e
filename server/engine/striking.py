"""Striking a booking out: its rooms are given back, all that it says is taken away for good, and lists leave it out.

Decisions:
- The row stays with its times and rooms, marked by its source STRUCK, and so do the entries of the audit, which hold
  ids and codes: what happened to a room can still be told. Title, people, texts and what it carried are gone, also from
  what the feed of changes remembers of it. Answers that are kept for requests with a key go when these are due
  (retention), and backups when they are.
- Whoever manages all its rooms may strike it, past ones too, whatever the rules have against cancelling; what was over
  keeps its standing, so that reports on the use of rooms stay right.
- Of a series one date is struck at a time, or all of its dates at once; then no more of them follow.
"""

from dataclasses import dataclass, replace

from server.core.access import Actor
from server.core.clock import whole
from server.core.errors import Unknown
from server.core.model import STRUCK, Booking, Standing
from server.engine.booking import kept_credits
from server.engine.desk import Desk
from server.engine.retention import silent
from server.engine.scene import pay
from server.engine.series import Recurring
from server.store import bookings, leaving, series
from server.store.database import Note, Tx


@dataclass(frozen=True, slots=True)
class Striking:
    """The use case. Raises Unknown, Barred, Refused, Later or Full."""

    desk: Desk
    series: Recurring

    def strike(self, uid: str, actor: Actor) -> None:
        """Strikes one booking, or one date of a series; Unknown where it was struck already."""
        seen = self.desk.find(uid, actor, act="approve")

        def work(tx: Tx) -> None:
            it = bookings.by_uid(tx, uid)
            if it is None or it.source == STRUCK:
                raise Unknown("booking", uid)
            self._strike(tx, it, actor)

        self.desk.written(work, seen.rooms)

    def strike_series(self, uid: str, actor: Actor) -> int:
        """Strikes all dates of a series, the series itself with them; returns how many."""
        it = self.series.find(uid, actor, act="approve")

        def work(tx: Tx) -> int:
            current = series.by_uid(tx, it.uid)
            rows = [row for row in series.occurrences(tx, it.id) if row.source != STRUCK]
            if current is None or not rows:
                raise Unknown("booking", uid)
            for row in rows:
                self._strike(tx, row, actor)
            ended = replace(silent(current), open=False, owner=None, version=current.version + 1)
            series.update(tx, replace(ended, changed_at=whole(self.desk.clock.now())))
            return len(rows)

        return self.desk.written(work, it.rooms)

    def _strike(self, tx: Tx, it: Booking, actor: Actor) -> None:
        scene = self.desk.scene(tx, it.rooms, actor)
        now, rooms = scene.now, scene.house.touched(it.rooms)
        stood = it.standing.live and it.ends > now
        after = replace(
            silent(it), standing=Standing.CANCELLED if stood else it.standing, credits=kept_credits(it, now),
            owner=None, source=STRUCK, made_by="", version=it.version + 1, changed_at=now,
        )  # fmt: skip
        bookings.update(tx, after)
        pay(tx, it, replace(after, owner=it.owner))
        leaving.forget_texts_in(tx, rooms, it.id)
        for room in rooms:
            if stood:
                tx.note(Note(now, "cancelled", room, it.id, actor))
            tx.note(Note(now, "struck", room, it.id, actor))
