"""Simulated houses, the first half of CI's: whatever breaks, the invariants I1 to I7 hold (docs/offline.md)."""

import pytest

from tests.sim.run import Report, played
from tests.sim.seeds import FOUND, STEPS, lot

pytestmark = pytest.mark.heavy


def test_seeds_that_once_broke_a_law_break_none() -> None:
    assert broken(played(FOUND, {seed: steps for seed, (steps, _) in FOUND.items()})) == []


@pytest.mark.parametrize("number", [0, 1])
def test_whatever_breaks_the_invariants_hold(number: int) -> None:
    assert broken(played(lot(number), STEPS)) == []


def broken(reports: list[Report]) -> list[str]:
    """One line of each that broke a law."""
    return [report.line() for report in reports if report.broke]
