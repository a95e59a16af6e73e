"""Rules of the rooms themselves: out of service, hidden, several in one booking, and which take walk-ins."""

import pytest

from server.core import rules
from server.core.model import Room
from server.core.places import Attribute, Timetable
from server.core.policy import Policy
from server.core.rules.kinds import Shared
from server.core.rules.service import hidden, inactive, no_walk_in, out_of_service, too_many_rooms
from server.core.timetables import school
from tests.core.asked import codes, elm, oak, objections
from tests.make import span

NOON = span("11:00", "12:00")


# out of service, hidden


def test_a_room_out_of_service_says_why() -> None:
    place = oak(status="unavailable", status_reason="Water damage")
    (said,) = objections(rules.BOOK, NOON, place)
    assert (said.code, said.subject, dict(said.numbers)) == ("out_of_service", "oak", {"reason": "Water damage"})
    for which in (rules.WALK_IN, rules.CHANGE, rules.EXTEND, rules.APPROVE, rules.CARRY):
        assert "out_of_service" in codes(which, NOON, place)
    for which in (rules.CANCEL, rules.CHECK_IN, rules.END):
        assert codes(which, NOON, place, former=NOON) == []


@pytest.mark.parametrize(
    ("role", "said"),
    [("member", ["hidden"]), ("", ["hidden"]), ("device", ["hidden"]), ("manager", []), ("staff", []), ("admin", [])],
)
def test_a_hidden_room_is_only_for_those_who_manage_it(role: str, said: list[str]) -> None:
    assert codes(hidden, NOON, oak(status="hidden"), role=role) == said
    assert codes(hidden, NOON, oak(), role=role) == []


def test_who_manages_one_hidden_room_has_no_other() -> None:
    shared = Shared(roles={1: "manager", 2: "member"})
    both = (oak(status="hidden"), elm(status="hidden"))
    assert codes(hidden, NOON, both[0], rooms=both, shared=shared) == []
    assert codes(hidden, NOON, both[1], rooms=both, shared=shared) == ["hidden"]


# several rooms


def test_only_so_many_rooms_may_be_in_one_booking() -> None:
    three = (oak(Policy(max_rooms=2)), elm(), elm(number=3))
    (said,) = objections(too_many_rooms, NOON, rooms=three)
    assert (said.subject, said.numbers) == ("oak", {"most": 2})
    assert codes(too_many_rooms, NOON, rooms=three[:2]) == []
    assert codes(too_many_rooms, NOON, rooms=three[1:]) == []


def test_of_a_timetable_only_so_many_rooms_may_be_in_one_booking() -> None:
    place, usual = oak(Policy(timetable=5)), school()
    shared = Shared(timetables={5: Timetable(5, usual.name, days=usual.days, most_rooms=1)})
    assert codes(too_many_rooms, NOON, rooms=(place, elm()), shared=shared) == []
    both = (place, elm(Policy(timetable=5)))
    assert codes(too_many_rooms, NOON, rooms=both, shared=shared) == ["too_many_rooms"]


def test_the_narrowest_bound_is_named() -> None:
    several = tuple(elm(Policy(max_rooms=most), number=most) for most in (3, 1, 2))
    (said,) = objections(too_many_rooms, NOON, rooms=(*several, elm(number=9)))
    assert said.numbers == {"most": 1}


# walk-ins


NEEDED = Attribute(4, "booking", "Cost centre", required=True)


@pytest.mark.parametrize(
    ("place", "attributes", "said"),
    [
        (oak(), (), []),
        (oak(Policy(walk_in=False)), (), ["no_walk_in"]),
        (oak(auto_accept=False), (), ["no_walk_in"]),
        (oak(Policy(approval=True)), (), ["no_walk_in"]),
        (oak(Policy(members="ask")), (), ["no_walk_in"]),
        (oak(Policy(members="see")), (), ["no_walk_in"]),
        (oak(Policy(roles=("staff",))), (), ["no_walk_in"]),
        (oak(Policy(roles=("staff", "device"))), (), []),
        (oak(Policy(departments=("Physics",))), (), ["no_walk_in"]),
        (oak(Policy(groups=(3,))), (), ["no_walk_in"]),
        (oak(Policy(groups=(3,), exempt={"device": ("not_your_group",)})), (), []),
        (oak(Policy(credits=100)), (), ["no_walk_in"]),
        (oak(Policy(title_needed=True)), (), []),  # a walk-in has a title by itself
        (oak(Policy(description_needed=True)), (), ["no_walk_in"]),
        (oak(Policy(terms="Be kind")), (), ["no_walk_in"]),
        (oak(Policy(terms="Be kind", off=("terms_missing",))), (), []),
        (oak(), (NEEDED,), ["no_walk_in"]),
        (oak(Policy(exempt={"device": ("attribute_missing",)})), (NEEDED,), []),
        (oak(), (Attribute(4, "booking", "A", required=True, rooms=frozenset({2})),), []),
        (oak(), (Attribute(4, "booking", "A", required=True, admin_only=True),), []),
        (oak(), (Attribute(4, "person", "A", required=True),), []),
    ],
)
def test_a_room_that_needs_words_or_a_known_person_takes_no_walk_ins(
    place: Room, attributes: tuple[Attribute, ...], said: list[str]
) -> None:
    shared = Shared(attributes=attributes)
    assert codes(no_walk_in, span("10:00", "10:30"), place, role="device", person=None, shared=shared) == said


def test_whether_a_walk_in_can_be_is_not_asked_of_other_bookings() -> None:
    assert no_walk_in not in rules.BOOK
    assert inactive in rules.WALK_IN
    assert out_of_service in rules.WALK_IN
