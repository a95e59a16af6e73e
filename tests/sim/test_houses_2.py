"""Simulated houses, the other half of CI's: whatever breaks, the invariants I1 to I7 hold (docs/offline.md)."""

import pytest

from tests.sim.run import played
from tests.sim.seeds import STEPS, lot

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("number", [2, 3])
def test_whatever_breaks_the_invariants_hold(number: int) -> None:
    assert [report.line() for report in played(lot(number), STEPS) if report.broke] == []


def test_a_seed_plays_the_same_again() -> None:
    first, second = (report for report in played((1_003, 1_003), 1_500))
    assert (first.counts, first.steps) == (second.counts, second.steps)
    assert first.counts
