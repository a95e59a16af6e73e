"""What each audience and each actor may read of a booking; at random, that nothing else ever comes out."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.access import CLI, Actor, Level
from server.core.model import Attendee, Booking, Details
from server.core.places import Attribute
from server.core.policy import Policy
from server.core.privacy import AUDIENCES, Seen, for_actor, seen_by
from tests.make import booking, room

SHOWN = ("full", "initials", "hidden", "of a later version")
SECRETS = {
    "title": "Takeover", "description": "of Zeppelin", "organizer": "Xaver Quandt",
    "organizer_email": "xq@zeppelin.test", "link": "https://meet.test/zzz", "guest": "guest@rival.test",
    "guest name": "Gwendolyn Guest",
    "answer": "Peanuts", "public_title": "Garden club",
}  # fmt: skip
PLAIN = Attribute(1, "booking", "Food")
PRIVATE = Attribute(2, "booking", "Allergies", private=True)
ADMIN = Attribute(3, "booking", "Cost centre", admin_only=True)
ALL = (PLAIN, PRIVATE, ADMIN)


def secret(**more: Any) -> Booking:
    details: dict[str, Any] = {
        "public_title": SECRETS["public_title"], "link": SECRETS["link"],
        "attendees": (Attendee("guest", None, SECRETS["guest"], SECRETS["guest name"]), Attendee("participant", 5)),
        "attributes": {1: SECRETS["answer"], 2: SECRETS["answer"], 3: SECRETS["answer"]}, "booked_for": 4,
    }  # fmt: skip
    details |= more
    texts = {name: SECRETS[name] for name in ("title", "description", "organizer", "organizer_email")}
    return booking(owner=3, made_by="person:3", details=Details(**details), **texts)


def person(number: int, level: Level = Level.BOOK) -> Actor:
    return Actor(f"person:{number}", "admin", person=number, role="member", levels={1: level})


def leaked(shown: object) -> set[str]:
    """Which of the secrets can be read in what is shown."""
    return {name for name, text in SECRETS.items() if text in repr(shown)}


def test_the_lobby_shows_what_was_written_for_it_else_the_host() -> None:
    assert seen_by("lobby", secret(), room()) == Seen(title="Garden club")
    assert seen_by("lobby", secret(public_title=""), room()) == Seen("X. Q.")
    assert seen_by("lobby", secret(), room(policy=Policy(lobby_title=False))) == Seen("X. Q.")


def test_the_phone_shows_times_only_unless_the_room_says_more() -> None:
    assert seen_by("phone", secret(), room()) == Seen()
    more = room(policy=Policy(phone_host="full", phone_title=True))
    assert seen_by("phone", secret(), more) == Seen("Xaver Quandt", "Takeover")


@pytest.mark.parametrize("audience", ["", "street", "DOOR"])
def test_an_unknown_audience_sees_nothing(audience: str) -> None:
    everything = Policy(door_host="full", door_title=True, lobby_host="full", phone_host="full", phone_title=True)
    assert seen_by(audience, secret(), room(policy=everything)) == Seen()


classes = st.sampled_from(["public", "private", "confidential"])
policies = st.builds(
    Policy, door_host=st.sampled_from(SHOWN), lobby_host=st.sampled_from(SHOWN), phone_host=st.sampled_from(SHOWN),
    door_title=st.booleans(), lobby_title=st.booleans(), phone_title=st.booleans(),
)  # fmt: skip


@given(policy=policies, audience=st.sampled_from(AUDIENCES), privacy=classes)
def test_no_audience_ever_reads_what_its_policy_hides(policy: Policy, audience: str, privacy: str) -> None:
    found = leaked(seen_by(audience, secret(privacy=privacy), room(policy=policy)))
    allowed = set()
    if privacy == "public":
        allowed |= {"organizer"} if getattr(policy, f"{audience}_host") == "full" else set()
        titled = getattr(policy, f"{audience}_title")
        allowed |= {"public_title" if audience == "lobby" else "title"} if titled else set()
    assert found <= allowed


@given(policy=policies, privacy=classes)
def test_strangers_read_what_the_phone_shows_and_no_more(policy: Policy, privacy: str) -> None:
    it, place = secret(privacy=privacy), room(policy=policy)
    shown = for_actor(person(9), it, place, ALL)
    seen = seen_by("phone", it, place)
    assert (shown.organizer, shown.title) == (seen.host, seen.title)
    assert leaked(shown) == leaked(seen)
    assert (shown.owner, shown.made_by, shown.details.booked_for) == (None, "", None)
    assert (shown.starts, shown.ends, shown.rooms, shown.standing) == (it.starts, it.ends, it.rooms, it.standing)


@pytest.mark.parametrize(
    ("who", "numbers"),
    [
        (person(3), {1, 2}),
        (person(4), {1, 2}),
        (person(5), {1}),
        (person(9, Level.MANAGE), {1, 2, 3}),
        (CLI, {1, 2, 3}),
        (Actor("token:1", "admin"), {1, 2, 3}),
        (Actor("token:2", "read"), {1}),
    ],
)
def test_private_attributes_are_for_hosts_and_managers(who: Actor, numbers: set[int]) -> None:
    it = secret(privacy="confidential")
    shown = for_actor(who, it, room(), ALL)
    assert set(shown.details.attributes) == numbers
    whole = replace(shown, details=replace(shown.details, attributes=it.details.attributes))
    assert whole == it


def test_a_key_without_the_room_reads_no_more_than_anybody() -> None:
    assert leaked(for_actor(Actor("token:1", "admin", frozenset({7})), secret(), room(), ALL)) == set()


def test_a_value_whose_attribute_is_gone_is_for_those_who_manage() -> None:
    assert set(for_actor(person(3), secret(), room(), ()).details.attributes) == set()
    assert set(for_actor(CLI, secret(), room(), ()).details.attributes) == {1, 2, 3}
