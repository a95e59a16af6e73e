"""Which backups stay: the newest of each period, and never none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.clock import from_epoch
from server.core.keeping import Keep, keep_of, kept


def test_of_each_period_the_newest_stays() -> None:
    taken = [from_epoch(3600 * hour) for hour in range(24 * 60)]
    stay = sorted(kept(taken, Keep(h=3, d=2, w=2, m=2)), reverse=True)
    # 1970 began on a Thursday: day 59 is Sunday 1 March, day 58 the last of February, week 8 ends with day 52.
    assert [divmod(int(it.timestamp()) // 3600, 24) for it in stay] == [
        (59, 23), (59, 22), (59, 21), (58, 23), (52, 23),
    ]  # fmt: skip


def test_a_while_without_backups_costs_no_old_ones() -> None:
    old, new = [from_epoch(86_400 * day) for day in range(5)], [from_epoch(86_400 * (400 + day)) for day in range(2)]
    assert kept([*old, *new], Keep(h=0, d=4, w=0, m=0)) == {*old[3:], *new}


@given(st.sets(st.integers(0, 10**9), max_size=40), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_the_newest_always_stays_and_tidying_twice_changes_nothing(taken: set[int], h: int, d: int, m: int) -> None:
    instants = {from_epoch(it) for it in taken}
    keep = Keep(h=h, d=d, w=0, m=m)
    stay = kept(instants, keep)
    assert stay <= instants
    assert kept(stay, keep) == stay
    assert not instants or max(instants) in stay
    assert len(stay) <= 1 + h + d + m


def test_what_is_to_be_kept_is_read_strictly() -> None:
    assert keep_of("48h 14d 8w 12m") == Keep()
    assert keep_of("2d") == Keep(0, 2, 0, 0)
    for bad in ("", "0h", "5x", "1d 2d", "-1d", "1001d", "5 d", "\u0661d"):
        with pytest.raises(ValueError, match="must"):
            keep_of(bad)
