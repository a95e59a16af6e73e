"""What the door shows of a booking: initials and no title, unless the room's policy says otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.policy import Policy
from server.core.privacy import at_door, initials
from tests.make import booking, room


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Maria Klein", "M. K."),
        ("jan de vries", "J. D. V."),
        ("Anna-Lena von der Heide", "A. L. V."),
        ("maria.klein@example.org", "M. K. E."),
        ("  Maria   Klein ", "M. K."),
        ("田中 愛子", "田. 愛."),
        ("Österling", "Ö."),
        ("(Maria) Klein", "K."),
        ("", ""),
        ("...", ""),
    ],
)
def test_initials_are_the_first_letters_of_the_words(name: str, shown: str) -> None:
    assert initials(name) == shown


def test_the_door_shows_initials_and_no_title() -> None:
    assert at_door(booking(), room()) == ("A. A.", "")


@pytest.mark.parametrize(("how", "host"), [("full", "Alice Adams"), ("initials", "A. A."), ("hidden", "")])
def test_the_policy_chooses_how_much_of_the_host_is_shown(how: str, host: str) -> None:
    assert at_door(booking(), room(policy=Policy(door_host=how)))[0] == host


def test_a_policy_of_a_later_version_hides_rather_than_shows() -> None:
    assert at_door(booking(), room(policy=Policy(door_host="sponsor")))[0] == ""


def test_a_host_known_by_address_alone_is_shown_without_the_domain() -> None:
    nameless = booking(organizer="", organizer_email="bob.brown@example.org")
    assert at_door(nameless, room(policy=Policy(door_host="full")))[0] == "bob.brown"
    assert at_door(nameless, room())[0] == "B. B."


def test_a_title_is_shown_where_the_policy_shows_titles() -> None:
    assert at_door(booking(), room(policy=Policy(door_title=True)))[1] == "Planning"


@given(st.text(max_size=60))
def test_initials_never_tell_more_than_three_words(name: str) -> None:
    assert len(initials(name).split()) <= 3
