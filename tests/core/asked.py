"""One question to the rules, with everything that is not asked about left plain."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from server.core import rules
from server.core.errors import Objection
from server.core.model import Details, Room
from server.core.people import Person
from server.core.period import Period
from server.core.policy import Policy
from server.core.rules.kinds import NOTHING, Asker, Facts, Shared, Use, Wish
from tests.make import NOW, room

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

ANNA = Person(7, "anna@example.org", "anna", department="Physics", groups=frozenset({3}), credits=1_000)


def oak(policy: Policy | None = None, **fields: Any) -> Room:
    """Room number 1."""
    return room("oak", policy, **({"number": 1} | fields))


def elm(policy: Policy | None = None, **fields: Any) -> Room:
    """Room number 2."""
    return room("elm", policy, **({"number": 2} | fields))


def use(start: datetime, end: datetime, ref: int = 1, **fields: Any) -> Use:
    """Something that another booking takes in Oak."""
    return Use(ref, **({"room": 1, "period": Period(start, end)} | fields))


def objections(
    which: tuple[rules.Rule, ...] | rules.Rule, period: Period, place: Room | None = None, *, now: datetime = NOW,
    former: Period | None = None, role: str = "member", person: Person | None = ANNA, shared: Shared = NOTHING,
    rooms: tuple[Room, ...] = (), first: bool = True, wish: Mapping[str, Any] | None = None,
) -> tuple[Objection, ...]:  # fmt: skip
    """What the rules (or one rule) say; `rooms` are all of the booking, `wish` more fields of the wish."""
    place = place or (rooms[0] if rooms else oak())
    facts = Facts(now, place, asker=Asker(role, person), shared=replace(shared, rooms=rooms or shared.rooms))
    asked = which if isinstance(which, tuple) else (which,)
    return rules.objections(asked, Wish(period, former, **(wish or {"details": Details()})), facts, first=first)


def codes(*args: Any, **more: Any) -> list[str]:
    """The codes alone."""
    return [objection.code for objection in objections(*args, **more)]
