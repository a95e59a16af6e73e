"""Stars and question marks: what is found in what, and how long it takes."""

import pytest

from server.core.wildcards import wildcards


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("monn", "MONNICH, Jerome", True),
        ("*monn*", "MONNICH, Jerome", True),
        ("m?nn*j?r", "MONNICH, Jerome", True),
        ("jer*monn", "MONNICH, Jerome", False),
        ("", "anybody", True),
        ("***", "", True),
        ("?", "", False),
        ("[a-z]", "abc", False),
        ("(.+)+", "abc", False),
        ("a*a", "a", False),
        ("é", "É", True),
        ("a?b", "a\nb", True),
    ],
)
def test_what_is_found_in_what(text: str, name: str, found: bool) -> None:
    assert wildcards(text).within(name) is found


def test_many_stars_end_before_the_world_does() -> None:
    assert not wildcards("a*" * 120 + "b").within("a" * 255)
