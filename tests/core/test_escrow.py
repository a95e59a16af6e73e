"""The versions of a grant: what is reserved always has what the device may hold."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from server.core.escrow import (
    ASKED_FOR,
    MOST_HELD,
    Grant,
    acknowledged,
    assumed,
    forced,
    given_back,
    grown,
    laid,
    over,
    recalled,
)
from server.core.stretches import Times, covers, joined, length, minus, touches, union, within

SMALL = st.integers(0, 40)
TIMES = st.lists(st.tuples(SMALL, SMALL), max_size=6).map(joined)


def instants(times: Times) -> set[int]:
    return {second for start, end in times for second in range(start, end)}


@given(TIMES, TIMES, SMALL, SMALL)
def test_stretches_are_sets_of_instants(a: Times, b: Times, start: int, end: int) -> None:
    span = set(range(start, end))
    for made, meant in (
        (union(a, b), instants(a) | instants(b)),
        (minus(a, b), instants(a) - instants(b)),
        (within(a, start, end), instants(a) & span),
    ):
        assert (instants(made), made) == (meant, joined(made))
    assert covers(a, start, end) == (bool(span) and span <= instants(a))
    assert touches(a, start, end) == bool(span & instants(a))
    assert length(a) == len(instants(a))


def test_touching_stretches_become_one_and_empty_ones_none() -> None:
    assert joined([(5, 7), (1, 3), (3, 5), (9, 9), (12, 10)]) == ((1, 7),)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("grow"), TIMES, SMALL),
        st.tuples(st.just("recall"), SMALL, SMALL),
        st.tuples(st.just("tell"), st.integers(0, 30), st.booleans()),
        st.tuples(st.just("say"), st.integers(0, 30), st.integers(0, 2)),
        st.tuples(st.just("back"), st.none(), st.none()),
        st.tuples(st.just("force"), st.none(), st.none()),
    ),
    max_size=80,
)


@given(TIMES, STEPS)
def test_what_is_reserved_has_all_that_the_device_may_hold(first: Times, steps: list[tuple[str, Any, Any]]) -> None:
    """Versions reach the device in any order or never, it takes none that is lower, and says any that it ever held."""
    grant = assumed(first)
    issued = {0: first}
    holds, said = 0, [0]
    for now, (what, a, b) in enumerate(steps):
        match what:
            case "grow":
                grant = grown(grant, a, now, now + b)
            case "recall":
                grant = recalled(grant, min(a, b), max(a, b), now)
            case "tell":
                holds = max(holds, sorted(issued)[a % len(issued)])
                said.append(holds)
            case "say":
                grant = acknowledged(grant, said[a % len(said)], head=b, applied=1)
            case "back":
                grant = given_back(grant, now)
            case "force":
                grant = forced(grant, now)
        issued.setdefault(grant.version, grant.newest)
        assert instants(issued[holds]) <= instants(grant.reserved)
        assert len(grant.held) <= MOST_HELD
        assert grant.held[-1] == (grant.version, grant.newest)
        assert issued[grant.version] == grant.newest, "one number, one version"


def test_a_grant_grows_only_by_what_is_new() -> None:
    grant = grown(Grant(), ((100, 200),), 100, 180)
    assert (grant.version, grant.newest) == (1, ((100, 180),))
    assert grown(grant, ((100, 200),), 150, 180) is grant, "time that passes makes no version"
    more = grown(grant, ((100, 200),), 150, 190)
    assert (more.version, more.newest, more.reserved) == (2, ((120, 190),), ((100, 190),))


def test_the_minute_that_runs_is_given_whole_for_that_is_when_a_walk_in_begins() -> None:
    assert grown(Grant(), ((0, 900),), 179, 900).newest == ((120, 900),)
    assert grown(Grant(), ((150, 900),), 179, 900).newest == ((150, 900),), "but not before the room was free"


def test_what_a_booking_took_is_not_in_the_next_version_but_stays_reserved() -> None:
    grant = acknowledged(grown(Grant(), ((0, 100),), 0, 100), 1, head=0, applied=0)
    more = grown(grant, ((0, 40), (60, 100)), 0, 100)
    assert more.newest == ((0, 40), (60, 100))
    assert laid(more, ((40, 60),)) == ((0, 40), (60, 100))
    assert laid(more, ()) == ((0, 100),), "where the booking is gone the door's older version still has its time"


def test_recalled_time_is_free_only_when_the_device_says_that_it_holds_less() -> None:
    grant = acknowledged(grown(Grant(), ((0, 100),), 0, 100), 1, head=0, applied=0)
    less = recalled(grant, 40, 60, 10)
    assert (less.newest, less.reserved) == (((0, 40), (60, 100)), ((0, 100),))
    assert grown(less, ((0, 100),), 0, 100) is less, "who waits for it gets it"
    assert recalled(less, 40, 60, 12).version == less.version, "the newest lacks it already"
    assert acknowledged(less, 2, head=0, applied=0).reserved == less.newest
    assert grown(less, ((0, 100),), 10 + ASKED_FOR, 100).newest == ((0, 100),), "nobody waits for ever"


def test_no_acknowledgement_counts_before_the_journal_is_here() -> None:
    grant = recalled(grown(Grant(), ((0, 100),), 0, 100), 0, 50, 0)
    assert acknowledged(grant, 2, head=5, applied=4) is grant
    assert acknowledged(grant, 2, head=5, applied=5).held == ((2, ((50, 100),)),)


def test_a_version_that_was_never_issued_or_is_given_up_acknowledges_nothing() -> None:
    grant = recalled(grown(Grant(), ((0, 100),), 0, 100), 0, 50, 0)
    assert acknowledged(grant, 3, head=0, applied=0) is grant
    settled = acknowledged(grant, 2, head=0, applied=0)
    assert acknowledged(settled, 1, head=0, applied=0) is settled


def test_a_forced_grant_grows_again_once_its_device_holds_the_newest() -> None:
    grant = forced(acknowledged(grown(Grant(), ((0, 100),), 0, 100), 1, head=0, applied=0), 7)
    assert (grant.newest, grant.reserved, grant.forced) == ((), ((0, 100),), 7)
    assert grown(grant, ((0, 100),), 8, 100) is grant
    assert acknowledged(grant, 1, head=0, applied=0).forced == 7, "it may still hold what was recalled"
    assert grown(acknowledged(grant, 2, head=0, applied=0), ((0, 100),), 8, 100).newest == ((0, 100),)


def test_a_grant_is_over_when_all_it_reserves_is_past() -> None:
    grant = assumed(((0, 50), (60, 70)))
    assert [over(grant, now) for now in (0, 55, 69, 70)] == [False, False, False, True]
