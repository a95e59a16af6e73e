"""Which free room is the best: what it lacks, how its seats fit, how far it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.places import Place
from server.core.ranking import ACROSS, BUILDING, SITE, Spot, distance, fit, order, spot_of

PLACES = {
    1: Place(1, None, "house", "House"),
    2: Place(2, 1, "site", "Berlin"),
    3: Place(3, 2, "building", "Timber House"),
    4: Place(4, 3, "floor", "2", walk=2),
    5: Place(5, 3, "floor", "4", walk=4),
    6: Place(6, 2, "floor", "Yard"),
    7: Place(7, 1, "site", "Bonn"),
}


def test_a_spot_is_found_from_the_place_up() -> None:
    assert spot_of(PLACES, 4, plan=(1, 2), walk=3) == Spot(2, 3, 4, 2, (1, 2), 3)
    assert spot_of(PLACES, 6) == Spot(2, 0, 6)
    assert spot_of(PLACES, 99) == Spot()


@pytest.mark.parametrize(
    ("a", "b", "far"),
    [
        (Spot(2, 3, 4, 2, (0, 0)), Spot(2, 3, 4, 2, (300, 400)), 500),
        (Spot(2, 3, 4, 2, walk=1), Spot(2, 3, 4, 2, walk=3), 80),
        (Spot(2, 3, 4, 2, (0, 0)), Spot(2, 3, 5, 4, (0, 0)), 2 * ACROSS),
        (Spot(2, 3, 4, 0), Spot(2, 3, 5, 0), ACROSS),
        (Spot(2, 3, 4), Spot(2, 9, 8), BUILDING),
        (Spot(2, 3, 4), Spot(7, 3, 4), SITE),
        (Spot(2, 3, 4), Spot(2, 3, 4), 0),
    ],
)
def test_floors_buildings_and_sites_are_further_than_any_way_across_a_plan(a: Spot, b: Spot, far: int) -> None:
    assert distance(a, b) == distance(b, a) == far


spots = st.builds(
    Spot, st.integers(0, 2), st.integers(0, 2), st.integers(0, 3), st.integers(0, 9),
    st.none() | st.tuples(st.integers(0, 1_000), st.integers(0, 1_000)), st.integers(0, 500),
)  # fmt: skip


@given(spots, spots)
def test_the_way_is_as_long_back_and_never_shorter_than_nothing(a: Spot, b: Spot) -> None:
    assert distance(a, b) == distance(b, a) >= 0
    assert distance(a, a) == 0


@pytest.mark.parametrize(
    ("capacity", "people", "said"),
    [(4, 4, 0), (7, 4, 0), (8, 4, 1), (12, 4, 1), (13, 4, 2), (0, 4, 9), (500, 0, 0), (0, 0, 0), (2, 1, 0), (3, 1, 1)],
)
def test_seats_fit_by_steps(capacity: int, people: int, said: int) -> None:
    assert fit(capacity, people) == said


def test_the_order_is_what_is_missing_then_seats_then_way_then_size() -> None:
    best = order(6, 5, 0, 100, 9)
    assert best < order(7, 5, 0, 100, 1)  # larger
    assert best < order(6, 5, 0, 101, 1)  # further
    assert best < order(20, 5, 0, 0, 1)  # a hall next door
    assert best < order(6, 5, 1, 0, 1)  # without what was wished for
    assert order(20, 5, 0, 0, 1) < order(0, 5, 0, 0, 1)  # whoever knows how many it seats
