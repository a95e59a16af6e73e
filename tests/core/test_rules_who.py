"""Rules about people and words: who may book, how many fit, nobody in two places, and what must be said."""

from dataclasses import replace
from typing import Any

import pytest

from server.core import rules
from server.core.attributes import check_values
from server.core.model import Attendee, Details
from server.core.people import Person, Role
from server.core.places import Attribute
from server.core.policy import Policy
from server.core.rules.kinds import Shared
from server.core.rules.people import (
    not_your_department,
    not_your_group,
    not_your_role,
    person_elsewhere,
    too_many_people,
)
from server.core.rules.words import (
    attribute_bad,
    attribute_missing,
    description_missing,
    terms_missing,
    title_missing,
)
from tests.core.asked import ANNA, SECOND, codes, elm, oak, objections, use
from tests.make import at, span

NOON = span("11:00", "12:00")


# role, department, group


@pytest.mark.parametrize(
    ("roles", "role", "person", "refused"),
    [
        ((), "member", ANNA, False), ((), "", None, False), (("staff",), "staff", ANNA, False),
        (("staff",), "member", ANNA, True), (("staff",), "admin", ANNA, True), (("member",), "manager", ANNA, False),
        (("manager",), "member", ANNA, True), (("device",), "device", None, False), (("member",), "device", None, True),
        (("key",), "", None, False), (("member",), "", None, True), (("member",), "", ANNA, False),
        (("staff",), "", replace(ANNA, role=Role.STAFF), False), (("staff",), "", ANNA, True),
    ],
)  # fmt: skip
def test_a_room_can_be_for_some_roles(roles: tuple[str, ...], role: str, person: Person | None, refused: bool) -> None:
    place = oak(Policy(roles=roles))
    assert codes(not_your_role, NOON, place, role=role, person=person) == ["not_your_role"] * refused


@pytest.mark.parametrize(
    ("departments", "person", "refused"),
    [
        ((), None, False), (("Physics",), ANNA, False), ((" PHYSICS ",), ANNA, False), (("Chemistry",), ANNA, True),
        (("Chemistry", "Physics"), ANNA, False), (("Physics",), None, True),
        (("Physics",), replace(ANNA, department=""), True),
    ],
)  # fmt: skip
def test_a_room_can_be_for_some_departments(departments: tuple[str, ...], person: Person | None, refused: bool) -> None:
    place = oak(Policy(departments=departments))
    assert codes(not_your_department, NOON, place, person=person) == ["not_your_department"] * refused


def test_a_room_can_be_for_some_groups() -> None:
    for groups, person, refused in [((), None, False), ((3,), ANNA, False), ((4, 5), ANNA, True), ((3,), None, True)]:
        place = oak(Policy(groups=groups))
        assert codes(not_your_group, NOON, place, person=person) == ["not_your_group"] * refused


def test_who_may_book_is_asked_of_each_room() -> None:
    both = (oak(), elm(Policy(groups=(4,))))
    assert codes(rules.BOOK, NOON, both[0], rooms=both) == []
    assert codes(rules.BOOK, NOON, both[1], rooms=both, first=False) == ["not_your_group"]


# how many


def guests(*emails: str, answer: str = "") -> tuple[Attendee, ...]:
    return tuple(Attendee("guest", email=email, answer=answer) for email in emails)


@pytest.mark.parametrize(
    ("attendees", "people"),
    [
        ((), 1),
        ((Attendee("participant", 8), Attendee("invitee", 9), *guests("x@example.org")), 4),
        ((Attendee("invitee", 9, answer="declined"), Attendee("invitee", 10, answer="accepted")), 2),
        (guests("x@example.org", answer="declined"), 1),
        ((Attendee("participant", 8), Attendee("invitee", 8), *guests("x@example.org", "X@Example.org")), 3),
        ((Attendee("participant", ANNA.number), *guests("Anna@example.org")), 1),  # the host counts once
        ((Attendee("guest", name="Somebody"), Attendee("guest", name="Somebody")), 3),
    ],
)
def test_the_host_and_everybody_who_did_not_decline_count_once(attendees: tuple[Attendee, ...], people: int) -> None:
    told = {"details": Details(attendees=attendees)}
    enough, short = oak(Policy(capacity=True), capacity=people), oak(Policy(capacity=True), capacity=people - 1 or 99)
    assert codes(too_many_people, NOON, enough, wish=told) == []
    if people > 1:
        (said,) = objections(too_many_people, NOON, short, wish=told)
        assert said.numbers == {"people": people, "seats": people - 1}


def test_whom_it_is_for_is_the_host() -> None:
    attendees = (Attendee("participant", ANNA.number), Attendee("participant", 9))
    told = {"details": Details(booked_for=9, attendees=attendees)}
    assert codes(too_many_people, NOON, oak(Policy(capacity=True), capacity=2), wish=told) == []
    assert codes(too_many_people, NOON, oak(Policy(capacity=True), capacity=1), wish=told) == ["too_many_people"]


def test_people_spread_over_all_rooms_and_no_known_seats_refuse_nobody() -> None:
    told = {"details": Details(attendees=guests("a@example.org", "b@example.org", "c@example.org"))}
    counting = Policy(capacity=True)
    for rooms, said in [
        ((oak(counting, capacity=3),), ["too_many_people"]),
        ((oak(counting, capacity=0),), []),
        ((oak(capacity=3),), []),
        ((oak(counting, capacity=3), elm(capacity=1)), []),
        ((oak(counting, capacity=2), elm(capacity=1)), ["too_many_people"]),
        ((oak(counting, capacity=2), elm(capacity=0)), []),
    ]:
        assert codes(too_many_people, NOON, rooms=rooms, wish=told) == said


# in two places


@pytest.mark.parametrize(("start", "end", "said"), [
    (at("10:00"), at("11:00"), []), (at("10:00"), at("11:00") + SECOND, ["person_elsewhere"]),
    (at("12:00"), at("13:00"), []), (at("12:00") - SECOND, at("13:00"), ["person_elsewhere"]),
])  # fmt: skip
def test_nobody_is_in_two_places_at_once(start: Any, end: Any, said: list[str]) -> None:
    shared = Shared(people=(use(start, end, ANNA.number, room=9),))
    assert codes(person_elsewhere, NOON, oak(Policy(person_once=True)), shared=shared) == said
    assert codes(person_elsewhere, NOON, oak(), shared=shared) == []
    assert codes(person_elsewhere, NOON, rooms=(oak(), elm(Policy(person_once=True))), shared=shared) == said


def test_everybody_who_is_elsewhere_is_named_once_by_number() -> None:
    away = tuple(
        use(at("11:00"), at(end), person, room=9) for person, end in [(9, "11:10"), (8, "11:30"), (9, "12:00")]
    )
    said = objections(person_elsewhere, NOON, oak(Policy(person_once=True)), shared=Shared(people=away))
    assert [it.numbers for it in said] == [{"person": 8}, {"person": 9}]


# words


def test_a_title_a_description_and_a_yes_to_the_terms_can_be_asked_for() -> None:
    place = oak(Policy(title_needed=True, description_needed=True, terms="https://example.org/terms"))
    missing = ["title_missing", "description_missing", "terms_missing"]
    asked = (title_missing, description_missing, terms_missing)
    assert codes(asked, NOON, place, wish={"title": " ", "description": "", "details": Details()}) == missing
    told = {"title": "A", "description": "B", "details": Details(terms=True)}
    assert codes(asked, NOON, place, wish=told) == []
    (said,) = objections(terms_missing, NOON, place)
    assert said.numbers == {"terms": "https://example.org/terms"}


def test_words_are_not_asked_for_again_where_nothing_new_is_said() -> None:
    place = oak(Policy(title_needed=True, description_needed=True, terms="Be kind"))
    assert codes(rules.BOOK, NOON, place, wish={"details": None, "kept": Details()}) == []


def test_of_several_rooms_one_is_enough_to_ask_for_words() -> None:
    both = (oak(), elm(Policy(description_needed=True)))
    (said,) = objections(rules.BOOK, NOON, rooms=both)
    assert (said.code, said.subject) == ("description_missing", "elm")


# fields of the house's own


CENTRE = Attribute(4, "booking", "Cost centre", required=True, pattern=r"\d{4}")


@pytest.mark.parametrize(
    ("attribute", "value", "said"),
    [
        (CENTRE, "4711", []), (CENTRE, "", ["attribute_missing"]), (CENTRE, "  ", ["attribute_missing"]),
        (CENTRE, "471", ["attribute_bad"]), (CENTRE, "47110", ["attribute_bad"]),
        (replace(CENTRE, required=False), "", []), (replace(CENTRE, pattern=""), "a\nb", ["attribute_bad"]),
        (replace(CENTRE, pattern=""), "x" * 1_000, []), (replace(CENTRE, pattern=""), "x" * 1_001, ["attribute_bad"]),
        (Attribute(4, "booking", "A", "lines"), "a\nb", []),
        (Attribute(4, "booking", "A", "lines"), "x" * 4_001, ["attribute_bad"]),
        (Attribute(4, "booking", "A", "select", choices=("S", "M")), "M", []),
        (Attribute(4, "booking", "A", "select", choices=("S", "M")), "m", ["attribute_bad"]),
        (Attribute(4, "booking", "A", "checkbox"), "0", []), (Attribute(4, "booking", "A", "checkbox"), "1", []),
        (Attribute(4, "booking", "A", "checkbox"), "yes", ["attribute_bad"]),
        (Attribute(4, "booking", "A", "checkbox", required=True), "0", ["attribute_bad"]),
        (Attribute(4, "booking", "A", "checkbox", required=True), "1", []),
        (Attribute(4, "booking", "A", "moment"), "2026-06-15T10:00+02:00", []),
        (Attribute(4, "booking", "A", "moment"), "2026-06-15T10:00", ["attribute_bad"]),
        (Attribute(4, "booking", "A", "moment"), "tomorrow", ["attribute_bad"]),
        (replace(CENTRE, rooms=frozenset({1})), "", ["attribute_missing"]),
        (replace(CENTRE, rooms=frozenset({2})), "", []),
        (replace(CENTRE, rooms=frozenset({2})), "4711", ["attribute_bad"]),
        (replace(CENTRE, admin_only=True), "", []), (replace(CENTRE, admin_only=True), "4711", ["attribute_bad"]),
        (replace(CENTRE, category="room"), "", []),
    ],
)  # fmt: skip
def test_values_are_as_their_attribute_asks(attribute: Attribute, value: str, said: list[str]) -> None:
    told = {"details": Details(attributes={4: value} if value else {})}
    shared = Shared(attributes=(attribute,))
    assert codes((attribute_missing, attribute_bad), NOON, oak(), shared=shared, wish=told) == said


def test_who_manages_all_rooms_fills_in_what_is_for_managers() -> None:
    shared = Shared(attributes=(replace(CENTRE, admin_only=True),))
    for role, missing in [("manager", ["attribute_missing"]), ("staff", ["attribute_missing"]), ("member", [])]:
        assert codes((attribute_missing, attribute_bad), NOON, oak(), role=role, shared=shared) == missing
    half = replace(shared, roles={1: "manager", 2: "member"})
    told = {"details": Details(attributes={4: "4711"})}
    assert codes(attribute_bad, NOON, rooms=(oak(), elm()), shared=half, wish=told) == ["attribute_bad"]


def test_what_is_wrong_is_named() -> None:
    (said,) = objections(attribute_missing, NOON, oak(), shared=Shared(attributes=(CENTRE,)))
    assert said.numbers == {"attribute": 4, "label": "Cost centre"}
    told = {"details": Details(attributes={99: "x"})}
    (said,) = objections(attribute_bad, NOON, oak(), wish=told)
    assert (said.numbers["attribute"], said.numbers["why"]) == (99, "there is no such attribute here")


def test_a_pattern_that_is_understood_no_more_refuses_nothing() -> None:
    assert check_values([replace(CENTRE, pattern="(?=x)")], {4: "anything"}, manages=False) == {}


def test_values_of_rooms_and_people_are_checked_alike() -> None:
    for_rooms = [replace(CENTRE, category="room"), Attribute(5, "room", "Floor plan", admin_only=True)]
    assert check_values(for_rooms, {}, manages=True) == {"attributes.4": "is required"}
    assert check_values(for_rooms, {4: "4711", 5: "x"}, manages=True) == {}
    assert check_values(for_rooms, {4: "4711", 5: "x", 6: "y"}, manages=False) == {
        "attributes.5": "only those who manage may fill it in", "attributes.6": "there is no such attribute here",
    }  # fmt: skip
