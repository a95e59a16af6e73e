"""Whatever becomes of a series, another program reads from calendar.ics just what is booked."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core.access import CLI
from server.engine.calendar_files.importing import REFUSED
from tests.dialects.roomvox.calendar_story import HORIZON, KINDS, Life, Story, repeats, stories, wild
from tests.dialects.roomvox.door import Door
from tests.dialects.roomvox.test_calendar_series import booked, feed, read

EVERY = sorted([*KINDS, "book", "taken"])


def lives(door: Door, examples: int, rule: st.SearchStrategy[str], agree: Callable[[Life], None]) -> Counter[str]:
    """Lets each story happen in a room of its own, and has it looked at; what was done in all, by kind."""
    done: Counter[str] = Counter()
    numbers = count()

    @settings(max_examples=examples, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(stories(rule))
    def tell(story: Story) -> None:
        agree(Life(door, f"room-{next(numbers)}", story, done))

    tell()
    return done


def others_read_it(life: Life) -> None:
    window = (life.begins - timedelta(days=300), life.begins + HORIZON - timedelta(days=5))
    expected = booked(life.door, *window, life.slug)
    assert read(feed(life.door, room=life.slug), *window) == expected
    assert read(feed(life.door, "?expand=yes", room=life.slug), *window) == expected


def we_read_it(life: Life) -> None:
    """Imported in another room, the calendar gives the same bookings; what is over is not looked at.

    Endless series may meet further ahead than the former ones have come: that may be skipped, within the window not.
    """
    copy = life.door.add(f"{life.slug}-copy", zone=life.story.zone).id
    file = life.door.ask("GET", f"/rooms/{life.slug}/calendar.ics").data
    done = life.engine.calendar_files.take(file, copy, CLI, skip=True)
    assert done.count(REFUSED) == 0
    window = (life.door.house.clock.now(), life.begins + HORIZON - timedelta(days=60))
    former, again = (booked(life.door, *window, room) for room in (life.slug, copy))
    assert again == [(starts, ends, title.strip()) for starts, ends, title in former]


@pytest.mark.heavy
def test_other_programs_read_what_is_booked(door: Door) -> None:
    done = lives(door, 100, repeats(), others_read_it)
    assert [kind for kind in EVERY if not done[kind]] == []


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_other_programs_read_what_is_booked_by_any_rule(door: Door) -> None:
    assert lives(door, 160, repeats() | wild(), others_read_it)["book"] > 100


@pytest.mark.heavy
def test_a_calendar_that_is_imported_gives_the_same_bookings(door: Door) -> None:
    assert lives(door, 20, repeats(), we_read_it)["book"] > 5


@pytest.mark.soak
def test_so_do_many(door: Door) -> None:
    assert lives(door, 60, repeats(), we_read_it)["book"] > 30
