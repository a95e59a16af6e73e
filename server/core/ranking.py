"""Which of the free rooms is the one: it seats the people without wasting a hall, has what they need, and is near.

Decisions:
- What is wished for and missing counts first, then how well the seats fit, then the way, then the smaller room.
- Seats fit by steps, so that a room two floors up is not chosen for one empty chair less. Where nobody says how many
  people come, all rooms fit alike; a room whose seats nobody knows comes last.
- The way is a number without a unit: a plan is 1,000 wide, and every floor, building and site between is further than
  the longest way across a plan.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from server.core.house import above
from server.core.places import Place

ACROSS = 1_500
"""Longer than the diagonal of a plan; what a floor between counts."""
BUILDING, SITE = 20_000, 1_000_000
STEP = 40
"""What one place in the walking order counts where there is no plan."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a room is: numbers of its site, building and floor (0: not known), how high the floor is in the order of
    walking, and its place on the plan and in the walking order.
    """

    site: int = 0
    building: int = 0
    floor: int = 0
    height: int = 0
    plan: tuple[int, int] | None = None
    walk: int = 0


def spot_of(
    places: Mapping[int, Place], place: int, *, plan: tuple[int, int] | None = None, walk: int = 0
) -> Spot:  # fmt: skip
    """Where something in a place is."""
    at: dict[str, Place] = {}
    for number in above(places, place):
        at.setdefault(places[number].kind, places[number])
    site, building, floor = (at[kind].number if kind in at else 0 for kind in ("site", "building", "floor"))
    return Spot(site, building, floor, at["floor"].walk if "floor" in at else 0, plan, walk)


def distance(here: Spot, there: Spot) -> int:
    """How far it is; 0 to itself."""
    if here.site != there.site:
        return SITE
    if here.building != there.building:
        return BUILDING
    on_plan = 0
    if here.floor == there.floor and here.plan is not None and there.plan is not None:
        on_plan = round(math.dist(here.plan, there.plan))
    elif here.walk != there.walk:
        on_plan = min(ACROSS - 1, STEP * abs(here.walk - there.walk))
    between = max(1, abs(here.height - there.height)) if here.floor != there.floor else 0
    return ACROSS * between + on_plan


def fit(capacity: int, people: int) -> int:
    """How well the seats fit, 0 best: up to a half more than needed, up to three times, more; 9 where not known."""
    if not people:
        return 0
    if not capacity:
        return 9
    return 0 if 2 * capacity <= 3 * people + 2 else 1 if capacity <= 3 * people else 2


def order(capacity: int, people: int, missing: int, way: int, number: int) -> tuple[int, int, int, int, int]:
    """By this a room is ranked, the smallest first."""
    return missing, fit(capacity, people), way, capacity if people else 0, number
