"""What people type is bounded, and without anything that breaks calendars, logs or databases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.text import SLUG, problem, problems


@pytest.mark.parametrize("text", ["", "Ωmega · 会議 🪑", "a\u0301", "x" * 20, "<b>&amp;'\";--", "\u202e"])
def test_any_printable_text_passes(text: str) -> None:
    assert problem(text, 20) is None


@pytest.mark.parametrize("char", ["\0", "\x01", "\t", "\n", "\r", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"])
def test_control_characters_and_half_characters_are_refused(char: str) -> None:
    assert problem(f"a{char}b", 20) == "control characters are not allowed"


@pytest.mark.parametrize("char", ["\t", "\n", "\r"])
def test_a_text_of_several_lines_may_have_breaks_and_tabs(char: str) -> None:
    assert problem(f"a{char}b", 20, lines=True) is None


@pytest.mark.parametrize("char", ["\0", "\x0b", "\x0c", "\x1b", "\x85", "\u2028", "\ud800"])
def test_but_nothing_else(char: str) -> None:
    assert problem(f"a{char}b", 20, lines=True) is not None


def test_the_limit_is_included() -> None:
    assert problem("x" * 255, 255) is None
    assert problem("x" * 256, 255) == "too long (max 255 characters)"


def test_each_bad_field_is_named() -> None:
    found = problems({"title": ("a\nb", 9), "notes": ("a\nb", 9), "host": ("x" * 10, 9)}, lines=("notes",))
    assert set(found) == {"title", "host"}


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=50))
def test_whatever_passes_can_be_encoded(text: str) -> None:
    assert problem(text, 50) is None
    assert text.encode().decode() == text


@pytest.mark.parametrize("slug", ["a", "oak", "room-1", "4", "a" * 64, "a--b"])
def test_a_slug_is_lower_case_letters_digits_and_inner_hyphens(slug: str) -> None:
    assert SLUG.fullmatch(slug)


@pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "ä", "a_b", "a b", "a/b", "a" * 65, "oak\n", "²"])
def test_anything_else_is_none(slug: str) -> None:
    assert not SLUG.fullmatch(slug)
