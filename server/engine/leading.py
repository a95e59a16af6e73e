"""Who is who to whom: oneself, whom one leads, and under what name somebody's wrong tries are counted."""

from server.core.access import Actor
from server.core.people import Group, Person, Role, effective_role
from server.store import groups, people
from server.store.database import Tx


def is_self(actor: Actor, number: int) -> bool:
    """Whether it is the person themselves, signed in or by a key of full scope: a lesser one changes nobody."""
    return actor.person == number and actor.scope == "admin" and actor.rooms is None


def in_person(actor: Actor, number: int) -> bool:
    """Whether the person themselves has signed in: no key makes what would open the house after it was ended."""
    return is_self(actor, number) and actor.name == account_of(number)


def leads(tx: Tx, actor: Actor, it: Person) -> bool:
    """Whether the actor leads a group that the person is in, and the person does not run the house themselves."""
    if actor.person is None or not it.groups or it.number == actor.person or effective_role(it) is not Role.MEMBER:
        return False
    return any(leads_group(tx, actor, group) for group in groups.of(tx, it.number))


def leads_group(tx: Tx, actor: Actor, group: Group) -> bool:
    """Whether the actor is in the group that leads this one, and that one's people are group admins."""
    if actor.person is None or actor.scope != "admin" or actor.rooms is not None or group.led_by is None:
        return False
    me, leading = people.by_number(tx, actor.person), groups.by_number(tx, group.led_by)
    return bool(me and leading and leading.number in me.groups and "group_admin" in leading.roles)


def account_of(number: int) -> str:
    """What a person's failures are counted under."""
    return f"person:{number}"
