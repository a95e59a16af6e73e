"""The server knows its own word again, whatever came back with it."""

from dataclasses import fields, replace

import pytest

from server.core.attest import Told, behind, proof, proved, uid_of

KEY = b"k" * 32
TOLD = Told("b1", (1,), 1_000, 2_800, "M. K.", "Planning\n", "accepted", 3)


def test_a_word_is_known_again_by_who_said_it() -> None:
    said = proof(KEY, TOLD)
    assert len(said) == 32
    assert proved(KEY, TOLD, said, 1) == TOLD
    assert proved(b"another", TOLD, said, 1) is None
    assert proved(KEY, TOLD, said, 2) is None


@pytest.mark.parametrize("name", [it.name for it in fields(Told) if it.name != "rooms"])
def test_nothing_of_it_can_be_changed(name: str) -> None:
    value = getattr(TOLD, name)
    other = replace(TOLD, **{name: value + 1 if isinstance(value, int) else value + "x"})
    assert proved(KEY, other, proof(KEY, TOLD), 1) is None


def test_one_text_is_not_taken_for_the_end_of_another() -> None:
    one, two = replace(TOLD, host="ab", title="c"), replace(TOLD, host="a", title="bc")
    assert proof(KEY, one) != proof(KEY, two)


@pytest.mark.parametrize("said", ["", "ab", "é" * 32, "0" * 32, "g" * 32, "0" * 64])
def test_what_is_no_proof_proves_nothing(said: str) -> None:
    assert proved(KEY, TOLD, said, 1) is None


def test_texts_that_no_encoding_takes_are_proved_as_others_are() -> None:
    odd = replace(TOLD, title="\ud800 \U0001f600 \0")
    assert proved(KEY, odd, proof(KEY, odd), 1) == odd


@pytest.mark.parametrize("rooms", [(4, 5, 9), (4,), (5,), (4, 5)])
def test_of_a_combined_room_the_rooms_are_found_that_the_booking_had(rooms: tuple[int, ...]) -> None:
    told = replace(TOLD, rooms=rooms)
    found = proved(KEY, replace(TOLD, rooms=()), proof(KEY, told), 9, (5, 4))
    assert found == told


def test_a_room_of_many_parts_is_not_tried_for_ever() -> None:
    assert len(list(behind(99, tuple(range(30))))) == 31


def test_a_tap_makes_one_booking_by_whatever_way_it_comes() -> None:
    assert uid_of("one") == uid_of("one") != uid_of("two")
