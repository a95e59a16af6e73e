"""Bugs that are planted in the doors' protocol are found by the seeds that CI plays, the first half of them."""

import pytest

from tests.sim.hunt import kill, seeds
from tests.sim.planted import PLANTED

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("bug", list(PLANTED)[::2])
def test_a_planted_bug_is_found(bug: str) -> None:
    found = kill(bug, seeds())
    print(found.row())
    assert found.law
