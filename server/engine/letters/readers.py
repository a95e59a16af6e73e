"""Who reads a letter, in which language and zone: the booking's people, its guests, those who may approve it.

Decisions:
- A host is the owner, the organizer's address, and whom it is booked for; each once, whatever case they are written in.
- A request goes to those who were given "manage" for the room; else to the room's contact; else to administrators.
- Nobody who has left, or may not sign in any more, is written to.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from server.core.house import HouseMap
from server.core.letters import Terms
from server.core.model import Booking, Room
from server.core.people import EMAIL, Account, Filters, Person, folded
from server.store import people
from server.store.database import Tx

MOST_APPROVERS = 20
"""So many people are asked at most; with more, nobody feels asked."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody with an address. `role`: host, guest or approver. `zone` "" is the room's. `person`: if we know them."""

    address: str
    name: str
    role: str
    language: str
    zone: str = ""
    person: int | None = None


def hosts(tx: Tx, it: Booking, terms: Terms) -> list[Reader]:
    """The booking's own people."""
    numbers = [number for number in (it.owner, it.details.booked_for) if number is not None]
    known = people.by_numbers(tx, numbers)
    found = [_known(known[number], "host") for number in numbers if number in known]
    return _once([*found, _at(tx, it.organizer_email, it.organizer, "host", terms)])


def guests(tx: Tx, it: Booking, terms: Terms) -> list[Reader]:
    """Those who are to be there beside the hosts, and have not said no."""
    there = [each for each in it.details.attendees if each.answer != "declined"]
    known = people.by_numbers(tx, [each.person for each in there if each.person is not None])
    found = [
        _known(known[each.person], "guest") if each.person in known else _at(tx, each.email, each.name, "guest", terms)
        for each in there
    ]
    own = {folded(reader.address) for reader in hosts(tx, it, terms)}
    return [reader for reader in _once(found) if folded(reader.address) not in own]


def approvers(tx: Tx, place: Room, now: HouseMap, terms: Terms) -> list[Reader]:
    """Those who are asked whether a booking of the room may stand."""
    numbers = _managing(tx, now, place.number)
    if numbers:
        known = people.by_numbers(tx, numbers)
        found = _once(_known(known[number], "approver") for number in numbers if number in known)
        if found:
            return found[:MOST_APPROVERS]
    if EMAIL.fullmatch(place.contact):
        return _once([_at(tx, place.contact, "", "approver", terms)])
    rule = people.page(tx, Filters(role="admin", account="active"), limit=MOST_APPROVERS)
    return _once(_known(it, "approver") for it in rule)


def reader_of(it: Person, role: str = "host") -> Reader | None:
    """Somebody with an account, None where they are not written to."""
    return _known(it, role)


def _managing(tx: Tx, now: HouseMap, room: int) -> list[int]:
    """Numbers of the people who were given the room to manage, themselves or by a group."""
    where = now.rooms.get(room)
    given = [it for it in now.rights if it.level == "manage"
             and (it.room == room or (it.place and where is not None and it.place in where.within))]  # fmt: skip
    own = [it.subject for it in given if it.kind == "person"]
    for it in given:
        if it.kind == "group":
            members = people.page(tx, Filters(group=it.subject, account="active"), limit=MOST_APPROVERS)
            own += [member.number for member in members]
    return list(dict.fromkeys(own))


def _known(it: Person, role: str) -> Reader | None:
    if it.erased_at is not None or it.account is Account.INACTIVE:
        return None
    return Reader(it.email, it.name, role, it.language, it.zone, it.number)


def _at(tx: Tx, address: str, name: str, role: str, terms: Terms) -> Reader | None:
    """Whoever has that address: a person, if we know one."""
    if not EMAIL.fullmatch(address):
        return None
    person = people.by_email(tx, address)
    return _known(person, role) if person is not None else Reader(address, name, role, terms.language)


def _once(found: Iterable[Reader | None]) -> list[Reader]:
    kept: dict[str, Reader] = {}
    for reader in found:
        if reader is not None and EMAIL.fullmatch(reader.address):
            kept.setdefault(folded(reader.address), reader)
    return list(kept.values())
