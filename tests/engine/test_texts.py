"""What people type: as long as it may be, without control characters, and otherwise exactly as they typed it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.core.access import CLI
from server.core.errors import Invalid
from server.core.model import Edit
from tests.make import House

LIMITS = {"title": 255, "organizer": 255, "organizer_email": 255, "description": 10_000}
printable = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60)


def book_and_clear(house: House, **texts: str) -> Any:
    made = house.book("11:00", "12:00", **texts)
    found = house.engine.bookings.get(made.uid, CLI)
    house.engine.bookings.cancel(made.uid, CLI)
    return found


@pytest.mark.parametrize("field", [*LIMITS, "uid"])
def test_a_text_as_long_as_it_may_be_is_kept_whole(house: House, field: str) -> None:
    text = "Ω" * LIMITS.get(field, 255)
    assert getattr(book_and_clear(house, **{field: text}), field) == text


@pytest.mark.parametrize("field", [*LIMITS, "uid"])
def test_one_character_more_is_refused_and_the_field_named(house: House, field: str) -> None:
    text = "x" * (LIMITS.get(field, 255) + 1)
    with pytest.raises(Invalid) as told:
        house.book("11:00", "12:00", **{field: text})
    assert list(told.value.fields) == [field]
    assert house.changes() == []


@pytest.mark.parametrize("field", [*LIMITS, "uid"])
@pytest.mark.parametrize("char", ["\0", "\x07", "\x1b", "\x7f", "\x85", "\u2028", "\ud800"])
def test_what_breaks_calendars_and_databases_is_refused(house: House, field: str, char: str) -> None:
    with pytest.raises(Invalid) as told:
        house.book("11:00", "12:00", **{field: f"a{char}b"})
    assert list(told.value.fields) == [field]


@pytest.mark.parametrize("field", ["title", "organizer", "organizer_email", "uid"])
def test_only_a_description_has_lines(house: House, field: str) -> None:
    with pytest.raises(Invalid):
        house.book("11:00", "12:00", **{field: "a\nb"})
    assert book_and_clear(house, description="a\r\n\tb\n").description == "a\r\n\tb\n"


def test_every_bad_field_is_named_at_once(house: House) -> None:
    with pytest.raises(Invalid) as told:
        house.book("11:00", "12:00", title="\0", organizer="x" * 256)
    assert set(told.value.fields) == {"title", "organizer"}


@pytest.mark.parametrize("field", list(LIMITS))
def test_a_change_is_held_to_the_same(house: House, field: str) -> None:
    made = house.book("11:00", "12:00")
    for text in ("\0", "x" * (LIMITS[field] + 1), "\ud800"):
        with pytest.raises(Invalid) as told:
            house.engine.bookings.change(made.uid, Edit(**{field: text}), house.alice)
        assert list(told.value.fields) == [field]
    assert house.engine.bookings.get(made.uid, house.alice) == made


def test_an_empty_text_is_a_text(house: House) -> None:
    made = house.book("11:00", "12:00")
    assert house.engine.bookings.change(made.uid, Edit(title="", description=""), house.alice).title == ""


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=printable, organizer=printable, description=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@example(title="%s %d {} ? :a $1", organizer="'; DROP TABLE room; --", description="\\ \" ' `")
@example(title="\u202eabc", organizer="a\u0301", description="🪑👩‍👩‍👧")
def test_any_text_comes_back_as_it_was_typed(house: House, title: str, organizer: str, description: str) -> None:
    plain = "".join(char for char in description if char in "\n\t\r" or char.isprintable())
    found = book_and_clear(house, title=title, organizer=organizer, description=plain)
    assert (found.title, found.organizer, found.description) == (title, organizer, plain)
