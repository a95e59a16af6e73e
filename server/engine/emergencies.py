"""Emergencies: staff take a place over, for an hour at most; a drill is one that says so.

Decision: in the change feed an emergency has no room: it concerns all below its place, and every panel hears of it.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from server.core.access import Actor, require
from server.core.clock import Clock, whole
from server.core.emergencies import KINDS, LONGEST, Emergency
from server.core.errors import Invalid, Objection, Refused, Unknown
from server.engine.house import House
from server.store import emergencies
from server.store.database import Note, Store, Tx

MOST_MINUTES = int(LONGEST.total_seconds() // 60)
PAGE = 200


@dataclass(frozen=True, slots=True)
class Emergencies:
    """The use cases of emergencies, for those who run the places. All raise Invalid, Unknown, Barred, Refused, Later
    or Full."""

    store: Store
    clock: Clock
    house: House

    def start(
        self, place: int, actor: Actor, *, kind: str = "other", drill: bool = False, minutes: int = MOST_MINUTES
    ) -> Emergency:  # fmt: skip
        """Takes a place over until somebody ends it, at most for so many minutes. Refused where it is already."""
        require(actor, "places")
        bad = {} if kind in KINDS else {"kind": f"{', '.join(KINDS[:-1])} or {KINDS[-1]}"}
        if not 1 <= minutes <= MOST_MINUTES:
            bad["minutes"] = f"1 to {MOST_MINUTES}"
        if bad:
            raise Invalid(bad)
        now = whole(self.clock.now())
        it = Emergency(0, place, kind, drill, now, now + timedelta(minutes=minutes), actor.name)

        def work(tx: Tx) -> Emergency:
            if place not in self.house.at(tx).places:
                raise Unknown("place", str(place))
            if any(each.place == place and each.over_at > now for each in emergencies.since(tx, now)):
                raise Refused((Objection("emergency", str(place)),))
            made = replace(it, number=emergencies.insert(tx, it))
            codes = (kind, "drill" if drill else "real", str(place))
            tx.note(Note(now, "emergency_began", None, made.number, actor, codes=codes))
            return made

        return self.store.writing(work)

    def end(self, number: int, actor: Actor) -> Emergency:
        """It is over. Refused where it is already."""
        require(actor, "places")
        now = whole(self.clock.now())

        def work(tx: Tx) -> Emergency:
            it = emergencies.find(tx, number)
            if it is None:
                raise Unknown("emergency", str(number))
            if not emergencies.end(tx, number, now, actor.name):
                raise Refused((Objection("over", ""),))
            tx.note(Note(now, "emergency_ended", None, number, actor, codes=(it.kind, str(it.place))))
            return replace(it, ended_at=now, ended_by=actor.name)

        return self.store.writing(work)

    def latest(self, actor: Actor) -> tuple[Emergency, ...]:
        """The newest two hundred, newest first."""
        require(actor, "places")
        with self.store.reading() as tx:
            return tuple(emergencies.latest(tx, PAGE))

    def on(self) -> tuple[Emergency, ...]:
        """Those that are on now."""
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            return tuple(it for it in emergencies.since(tx, now) if it.over_at > now)
