"""Numbers exchanged for names, and names for numbers."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.naming import MOST, Names, number_of, row_of

HERE, THERE = Names(b"k" * 32), Names(b"l" * 32)
FIXED = ["2c90cb267fb3", "99d96b1026fe", "bdfee829ab61"]
NUMBERS = st.integers(min_value=0, max_value=MOST)


@given(NUMBERS)
def test_a_name_gives_its_number_back(number: int) -> None:
    name = HERE.name(number)
    assert HERE.number(name) == number
    assert len(name) == 12
    assert set(name) <= set("0123456789abcdef")


@given(NUMBERS)
def test_any_twelve_digits_stand_for_one_number(number: int) -> None:
    text = f"{number:012x}"
    found = HERE.number(text)
    assert found is not None
    assert HERE.name(found) == text


def test_no_two_numbers_have_one_name() -> None:
    assert len({HERE.name(number) for number in range(20_000)}) == 20_000


def test_nobody_counts_on_from_a_name_to_the_next() -> None:
    """Of neighbours about half of the 48 bits differ, over a thousand of them."""
    names = [int(HERE.name(number), 16) for number in range(1, 1_002)]
    apart = [(one ^ other).bit_count() for one, other in pairwise(names)]
    assert 22 < sum(apart) / len(apart) < 26
    assert min(apart) > 5


def test_another_key_has_other_names() -> None:
    assert HERE.name(7) != THERE.name(7)
    assert HERE.name(7) == Names(b"k" * 32).name(7)


def test_the_names_of_a_key_never_change() -> None:
    """They are in people's calendars and in other programs' tables: a new release must give the same."""
    assert [HERE.name(number) for number in (0, 1, MOST)] == FIXED


@pytest.mark.parametrize("text", ["", "12", "0" * 11, "0" * 13, "0" * 11 + "g", "A" * 12, " " * 12, "٣" * 12, "-" * 12])
def test_what_is_no_name_stands_for_nothing(text: str) -> None:
    assert HERE.number(text) is None


@pytest.mark.parametrize("number", [-1, MOST + 1])
def test_a_number_out_of_range_has_no_name(number: int) -> None:
    with pytest.raises(ValueError, match="range"):
        HERE.name(number)


@given(st.sampled_from(["single", "series"]), st.integers(min_value=1))
def test_a_number_says_whether_it_is_a_series(kind: str, row: int) -> None:
    assert row_of(number_of(kind, row)) == (kind, row)
