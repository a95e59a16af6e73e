"""Who may read what of a booking: the door, the lobby and the phone by the room's policy, people and keys by name.

Decisions:
- An audience that nobody knows sees nothing, and a policy of a later version hides rather than shows.
- A private or confidential booking shows nothing but its time to any audience, whatever the policy says.
- The lobby never shows a title that was not written for it: `public_title` where its owner filled it, else the host.
- Whoever has nothing to do with a booking reads of it what the phone would show.
- A secret address of a calendar may be in anybody's hands: what is private or confidential is only a time there.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from server.core.access import Actor, Level, may
from server.core.model import Booking, Details, Room, Series
from server.core.places import Attribute

AUDIENCES = ("door", "lobby", "phone")
OPEN = "public"
Thing = TypeVar("Thing", Booking, Series)
FEED = "feed"
"""The source of an actor that is a secret address."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What an audience reads: "" where hidden. `masked`: it is private, so that nothing else is told."""

    host: str = ""
    title: str = ""
    masked: bool = False


def seen_by(audience: str, booking: Booking, room: Room) -> Seen:
    """What the audience (door, lobby, phone; any other: nobody) may see of a booking in that room."""
    if audience not in AUDIENCES:
        return Seen()
    if booking.details.privacy != OPEN:
        return Seen(masked=True)
    policy = room.policy
    how, titled = {
        "door": (policy.door_host, policy.door_title),
        "lobby": (policy.lobby_host, policy.lobby_title),
        "phone": (policy.phone_host, policy.phone_title),
    }[audience]
    if audience == "lobby":
        title = booking.details.public_title if titled else ""
        return Seen(title=title) if title else Seen(_host(booking, how))
    return Seen(_host(booking, how), booking.title if titled else "")


def at_door(booking: Booking, room: Room) -> tuple[str, str]:
    """(host, title) as the people in front of the room may see them; "" where hidden. Default: initials, no title."""
    seen = seen_by("door", booking, room)
    return seen.host, seen.title


def for_actor(actor: Actor, booking: Booking, room: Room, attributes: Iterable[Attribute] = ()) -> Booking:
    """The booking without what the actor may not read of it; times, rooms, standing and uid are everybody's.

    Its people, those who manage its rooms, and keys that may read see all of it, but for attributes: private ones are
    for its hosts and for those who manage, `admin_only` ones for the latter alone. `attributes` are those of bookings;
    a value whose attribute is not among them is told to those who manage.
    """
    if not _told(actor, booking, room):
        elsewhere = room.parts and room.number not in booking.rooms  # a part's own policy is not known here
        seen = Seen() if elsewhere else seen_by("phone", booking, room)
        return replace(
            booking, title=seen.title, organizer=seen.host, organizer_email="", description="", source="", made_by="",
            owner=None, credits=0, details=Details(privacy=booking.details.privacy),
        )  # fmt: skip
    if not booking.details.attributes:
        return booking
    manages = min((actor.level(number) for number in _asked(booking, room).rooms), default=Level.NONE) >= Level.MANAGE
    own = actor.person is not None and actor.person in (booking.owner, booking.details.booked_for)
    readable = {it.number for it in attributes if not it.admin_only and (own or not it.private)}
    kept = {it: value for it, value in booking.details.attributes.items() if manages or it in readable}
    if kept == booking.details.attributes:
        return booking
    return replace(booking, details=replace(booking.details, attributes=kept))


def series_for_actor(actor: Actor, series: Series, room: Room) -> Series:
    """The series without what the actor may not read of it: its texts, and what its dates carry."""
    if _told(actor, series, room):
        return series
    return replace(
        series, title="", organizer="", organizer_email="", description="", source="", made_by="", owner=None,
        details=Details(privacy=series.details.privacy),
    )  # fmt: skip


def _told(actor: Actor, it: Thing, room: Room) -> bool:
    """Whether more than its time is told; to a key of the house where it reads one of its rooms."""
    if actor.person is None and actor.source != FEED:
        return any(may(actor, "read", number) for number in it.rooms)
    return may(actor, "look", _asked(it, room)) and (actor.source != FEED or it.details.privacy == OPEN)


def _asked(it: Thing, room: Room) -> Thing:
    """The booking without the parts of the room it is seen in: who may in the whole need not be let into its parts."""
    if not room.parts or room.number not in it.rooms:
        return it
    return replace(it, rooms=tuple(number for number in it.rooms if number not in room.parts))


def initials(name: str) -> str:
    """The first letters: "Maria Klein" becomes "M. K."; at most three letters, so that nothing of an odd name leaks."""
    words = [word for word in re.split(r"[\s._@,+-]+", name) if word[:1].isalnum()]
    return " ".join(f"{word[0].upper()}." for word in words[:3])


def _host(booking: Booking, how: str) -> str:
    host = booking.organizer or booking.organizer_email.partition("@")[0]
    return {"full": host, "initials": initials(host)}.get(how, "")
