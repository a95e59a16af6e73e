"""A piece of work under the lock: the rooms as they stand, the house around them, who acts, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from server.core.access import Actor
from server.core.claims import Taking, asked
from server.core.errors import Objection, Refused, Unknown
from server.core.house import HouseMap
from server.core.model import Booking, Room, Standing
from server.core.rules import Rule
from server.core.rules.kinds import Wish
from server.engine.counting import Case, case_of
from server.engine.house import House
from server.engine.law import Verdict, judge, judge_as_is, reword
from server.store import gathering, people
from server.store.database import Tx


@dataclass(frozen=True, slots=True)
class Scene:
    """What a use case sees under the lock. `places` are all rooms of the booking, the parts of combined ones, too."""

    tx: Tx
    places: tuple[Room, ...]
    house: HouseMap
    actor: Actor
    now: datetime

    @property
    def rooms(self) -> list[Room]:
        """The rooms that were asked for."""
        return asked(self.places)

    def case(self, it: Booking) -> Case:
        """The case of a booking that there is."""
        return case_of(it, self.actor, self.house)

    def judge(self, wish: Wish, rules: tuple[Rule, ...], case: Case) -> Verdict:
        """Raises Refused where the time is not to be had."""
        return judge(self.tx, self.places, wish, rules, self.now, case)

    def reword(self, wish: Wish, rules: tuple[Rule, ...], case: Case) -> Verdict:
        """Raises Refused where the booking may not say or carry that; its time stays as it is."""
        return reword(self.tx, self.places, wish, rules, self.now, case)

    def as_is(self, it: Booking, rules: tuple[Rule, ...]) -> None:
        """Raises Refused with what the rules have against a booking as it stands."""
        judge_as_is(self.tx, self.places, it, rules, self.now, self.case(it))


@dataclass(frozen=True, slots=True)
class Placed:
    """A booking as it is to be written, and how it lies."""

    booking: Booking
    taking: Taking

    @property
    def whole(self) -> Booking:
        """The booking with what it costs, and certain or not as its time is.

        Raises Refused for one that waits for approval: nobody approves what is not certain.
        """
        return replace(self.booking, credits=self.taking.credits, standing=self._standing())

    def _standing(self) -> Standing:
        it, risk = self.booking.standing, self.taking.at_risk
        if risk and it is Standing.PENDING:
            raise Refused((Objection("door_silent", ""),))
        if risk and it is Standing.ACCEPTED:
            return Standing.AT_RISK
        if risk is False and it in (Standing.AT_RISK, Standing.CONFLICT):
            return Standing.ACCEPTED
        return it


def scene_at(tx: Tx, house: House, numbers: Sequence[int], actor: Actor, now: datetime) -> Scene:
    """The scene of rooms by their numbers; raises Unknown where one is not there any more."""
    try:
        found = gathering.standing(tx, numbers)
    except LookupError as error:
        raise Unknown("room", ",".join(map(str, numbers))) from error
    return Scene(tx, found.rooms, house.of(tx, found.version), actor, now)


def pay(tx: Tx, before: Booking | None, after: Booking, *, owed: bool = False) -> None:
    """Takes from the owner's account what the booking costs more than before, or gives back what it costs less.

    Raises Refused where that is not there any more, unless it is `owed`.
    """
    if before is not None and before.owner != after.owner and before.owner is not None and before.credits:
        people.add_credits(tx, before.owner, before.credits)
        before = None
    due = after.credits - (before.credits if before is not None and before.owner == after.owner else 0)
    if after.owner is None or not due:
        return
    left = people.add_credits(tx, after.owner, -due)
    if due > 0 and left < 0 and not owed:
        raise Refused((Objection("too_few_credits", "", {"due": due, "has": left + due}),))
