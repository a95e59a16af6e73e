"""Whatever becomes of a series, another program reads from calendar.ics just what is booked."""

from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dialects.roomvox.calendar_story import HORIZON, KINDS, Life, Story, repeats, stories, wild
from tests.dialects.roomvox.door import Door
from tests.dialects.roomvox.test_calendar_series import booked, feed, read

EVERY = sorted([*KINDS, "book", "taken"])


def lives(door: Door, examples: int, rule: st.SearchStrategy[str]) -> Counter[str]:
    """Holds the calendar of each story's room against its bookings; what was done in all, by kind."""
    done: Counter[str] = Counter()
    numbers = count()

    @settings(max_examples=examples, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(stories(rule))
    def tell(story: Story) -> None:
        slug = f"room-{next(numbers)}"
        life = Life(door, slug, story, done)
        window = (life.begins - timedelta(days=300), life.begins + HORIZON - timedelta(days=5))
        expected = booked(door, *window, slug)
        assert read(feed(door, room=slug), *window) == expected
        assert read(feed(door, "?expand=yes", room=slug), *window) == expected

    tell()
    return done


def test_other_programs_read_what_is_booked(door: Door) -> None:
    done = lives(door, 100, repeats())
    assert [kind for kind in EVERY if not done[kind]] == []


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_other_programs_read_what_is_booked_by_any_rule(door: Door) -> None:
    assert lives(door, 160, repeats() | wild())["book"] > 100
