"""What a booking may carry: every bound at its edge, and who is named stays named."""

from dataclasses import replace
from typing import Any

import pytest

from server.core.details import detail_problems
from server.core.model import Attendee, Details


def bad(**fields: Any) -> set[str]:
    return set(detail_problems(replace(Details(), **fields)))


def test_a_plain_booking_carries_nothing_wrong() -> None:
    assert detail_problems(Details()) == {}


@pytest.mark.parametrize(
    "link",
    ["https://meet.example.org/a?b=c#d", "http://h", "https://[2001:db8::1]:8443/x", "https://h:99/", "HTTPS://H/",
     "https://user@h/", "https://bücher.example/ä"],
)  # fmt: skip
def test_addresses_of_meetings(link: str) -> None:
    assert bad(link=link) == set()


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "http://", "https:///x", "https://a b", "https://h/x y", "//h", "h", "ftp://h", "https://h:port/",
     "https://h/\n", "data:text/html,x", "https://" + "h" * 2_000],
)  # fmt: skip
def test_what_is_no_address_is_refused(link: str) -> None:
    assert bad(link=link) == {"link"}


@pytest.mark.parametrize(
    ("fits", "beyond"),
    [
        ({"public_title": "x" * 255}, {"public_title": "x" * 256}),
        ({"privacy": "confidential"}, {"privacy": "secret"}),
        ({"color": "#a0B1c2"}, {"color": "#a0b1c"}),
        ({"remind_start": (0, 1, 2, 3, 43_200)}, {"remind_start": (43_201,)}),
        ({"remind_end": (5,) * 5}, {"remind_end": (5,) * 6}),
        ({"accessories": dict.fromkeys(range(1, 51), 10000)}, {"accessories": dict.fromkeys(range(1, 52), 1)}),
        ({"accessories": {1: 0}}, {"accessories": {1: -1}}),
        ({"attributes": {1: "two\nlines"}}, {"attributes": {1: "\x00"}}),
        ({"booked_for": 1}, {"booked_for": 0}),
    ],
)
def test_each_bound_at_its_edge(fits: dict[str, Any], beyond: dict[str, Any]) -> None:
    assert bad(**fits) == set()
    assert bad(**beyond) == set(beyond)


def people(*given: Attendee) -> set[str]:
    return bad(attendees=given)


def test_attendees_are_somebody_once_and_of_a_known_kind() -> None:
    assert (
        people(Attendee("participant", 1), Attendee("guest", email="a@b.org"), Attendee("guest", name="Ann")) == set()
    )
    for wrong in (
        Attendee("boss", 1),
        Attendee("guest"),
        Attendee("guest", name=" "),
        Attendee("guest", email="a.b.org"),
        Attendee("participant", 0),
        Attendee("participant", 1 << 31),
        Attendee("invitee", 1, answer="maybe"),
    ):
        assert people(wrong) == {"attendees"}, wrong
    assert people(Attendee("participant", 1), Attendee("invitee", 1)) == {"attendees"}
    assert people(Attendee("guest", email="a@b.org"), Attendee("guest", email="A@B.org")) == {"attendees"}


def test_two_hundred_people_and_no_more() -> None:
    crowd = [Attendee("participant", number) for number in range(1, 202)]
    assert people(*crowd[:200]) == set()
    assert people(*crowd) == {"attendees"}
