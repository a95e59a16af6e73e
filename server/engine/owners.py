"""Whose a booking is, and whom people may name beside themselves: nobody books or speaks for others.

Decision: a key of the house may name anybody, as the system that holds it vouches for its people. A person books for
himself; for others only where he manages all the rooms.
"""

from server.core.access import Actor, Level
from server.core.errors import Barred
from server.core.model import Ask, Booking
from server.core.people import Person, folded
from server.engine.scene import Scene


def new_owner(ask: Ask, actor: Actor, by_email: int | None) -> int | None:
    """The person whose booking it will be: who is named, who asks, or whose e-mail the organizer's is."""
    if ask.owner is not None:
        return ask.owner
    return actor.person if actor.person is not None else by_email


def named_people(it: Ask | Booking) -> frozenset[int]:
    """The persons that are named: the owner, who it is for, and those who are to come."""
    found = {it.owner, it.details.booked_for, *(each.person for each in it.details.attendees)}
    return frozenset(number for number in found if number is not None)


def may_be_owner(it: Ask | Booking, scene: Scene, *, before: Booking | None = None) -> None:
    """Raises Barred where a person books for somebody else without managing all the rooms; what was so may stay."""
    actor = scene.actor
    if actor.person is None or all(actor.level(room.number) >= Level.MANAGE for room in scene.rooms):
        return
    kept = {None, actor.person}
    owners = kept | ({before.owner} if before is not None else set())  # it is the owner who pays
    guests = kept | ({before.owner, before.details.booked_for} if before is not None else set())
    if it.owner not in owners or it.details.booked_for not in guests:
        raise Barred("room", need="others")


def may_approve(it: Booking, actor: Actor) -> None:
    """Raises Barred where somebody but an administrator would grant a request of their own."""
    mine = actor.person is not None and actor.person in (it.owner, it.details.booked_for)
    if mine and actor.role != "admin":
        raise Barred("identity")


def host_of(ask: Ask, actor: Actor, person: Person | None) -> tuple[str, str]:
    """(name, e-mail) of the host as the booking shows them; who books for himself and says nothing is named."""
    if person is None or actor.person != person.number:
        return ask.organizer, ask.organizer_email
    return ask.organizer or person.name, ask.organizer_email or person.email


def speaks_for_self(email: str, scene: Scene, person: Person | None) -> None:
    """Raises Barred where a person gives another e-mail than `person`'s for the host's without managing all the rooms.

    A key of the house may give any.
    """
    actor = scene.actor
    if not email or actor.person is None or (person is not None and folded(email) == folded(person.email)):
        return
    if not all(actor.level(room.number) >= Level.MANAGE for room in scene.rooms):
        raise Barred("room", need="others")
