"""People join, leave and answer for themselves."""

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Refused
from server.core.model import Attendee, Booking, Details
from tests.make import House, codes
from tests.people import Someone, person, someone

OPEN = Details(joinable=True)


def opened(house: House, details: Details = OPEN) -> Booking:
    return house.book("11:00", "12:00", owner=person(house, "host").number, details=details)


def names(it: Booking) -> list[tuple[str, int | None, str]]:
    return [(each.kind, each.person, each.answer) for each in it.details.attendees]


def test_people_join_what_is_open_to_them_and_leave_again(house: House) -> None:
    it, alice = opened(house), someone(house, "alice")
    number = alice.person.number
    joined = house.engine.participation.join(it.uid, alice.actor)
    assert names(joined) == [("participant", number, "")]
    assert house.engine.participation.join(it.uid, alice.actor) == joined
    assert house.engine.participation.leave(it.uid, alice.actor).details == OPEN
    assert house.changes() == ["booked", "joined", "left"]


def test_nobody_joins_what_is_not_open(house: House) -> None:
    it, alice = opened(house, Details()), someone(house, "alice")
    for act in (house.engine.participation.join, house.engine.participation.leave):
        with pytest.raises(Refused):
            act(it.uid, alice.actor)
    with pytest.raises(Barred):
        house.engine.participation.join(it.uid, house.alice)


def test_no_more_join_than_there_are_seats(house: House) -> None:
    house.engine.rooms.change("oak", CLI, capacity=3, rules={"capacity": True})
    it = opened(house)
    crowd = [someone(house, f"p{number}") for number in range(3)]
    for each in crowd[:2]:
        house.engine.participation.join(it.uid, each.actor)
    with pytest.raises(Refused) as told:
        house.engine.participation.join(it.uid, crowd[2].actor)
    assert codes(told.value) == ["too_many_people"]
    house.engine.participation.leave(it.uid, crowd[0].actor)
    house.engine.participation.join(it.uid, crowd[2].actor)


def test_who_is_asked_says_yes_or_no(house: House) -> None:
    alice = someone(house, "alice")
    it = opened(house, Details(attendees=(Attendee("invitee", alice.person.number),)))
    assert names(answered(house, it, alice, accept=True)) == [("invitee", alice.person.number, "accepted")]
    assert alice.person.number not in answered(house, it, alice, accept=False).people


def answered(house: House, it: Booking, who: Someone, *, accept: bool) -> Booking:
    return house.engine.participation.answer(it.uid, who.actor, accept=accept)


def test_who_declines_is_free_to_be_elsewhere(house: House) -> None:
    for slug in ("oak", "elm"):
        house.engine.rooms.change(slug, CLI, rules={"person_once": True})
    alice = someone(house, "alice")
    it = opened(house, Details(attendees=(Attendee("invitee", alice.person.number),)))
    mine = {"room": "elm", "by": alice.actor, "organizer": "", "organizer_email": ""}
    with pytest.raises(Refused) as told:
        house.book("11:30", "12:30", **mine)
    assert codes(told.value) == ["person_elsewhere"]
    answered(house, it, alice, accept=False)
    house.book("11:30", "12:30", **mine)
    with pytest.raises(Refused):
        answered(house, it, alice, accept=True)


def test_a_guest_answers_by_a_code(house: House) -> None:
    it = opened(house, Details(attendees=(Attendee("guest", email="Guest@example.org", name="Guest"),)))
    door, part = Actor("guest", "read", source="mail"), house.engine.participation
    code = part.guest_code(it, "guest@EXAMPLE.org")
    after = part.answer_guest(it.uid, "guest@example.org", code, accept=True, actor=door)
    assert after.details.attendees[0].answer == "accepted"
    for email, wrong in (("guest@example.org", code[::-1]), ("other@example.org", code), ("guest@example.org", "")):
        with pytest.raises(Barred):
            part.answer_guest(it.uid, email, wrong, accept=False, actor=door)
    stranger = part.guest_code(it, "other@example.org")
    with pytest.raises(Barred):
        part.answer_guest(it.uid, "other@example.org", stranger, accept=True, actor=door)
    assert part.guest_code(house.book("13:00", "14:00"), "guest@example.org") != code
