"""What RoomLoop's answers are made of: ids, instants, and the short shapes that several resources show.

Decisions: a facility's id is its room's slug, an account's "u" and its person's number ("7" is taken, too), a
reservation's `res_…` (engine/naming.py). Instants are UTC with Z and whole seconds.
"""

import re
from datetime import UTC, date, datetime

from pydantic import BaseModel

from server.core.model import Room
from server.core.people import Person
from server.dialects.roomloop.errors import wrong

_ACCOUNT = re.compile(r"u?([1-9][0-9]{0,9})")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class FacilityRef(BaseModel):
    """A facility in a few words."""

    id: str
    name: str


class AccountRef(BaseModel):
    """An account in a few words."""

    id: str
    name: str


def stamp(moment: datetime) -> str:
    """2026-06-08T09:14:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def facility_ref(room: Room) -> FacilityRef:
    return FacilityRef(id=room.id, name=room.name)


def account_id(number: int) -> str:
    """The id of the account of a person."""
    return f"u{number}"


def account_number(text: str) -> int | None:
    """The number of the person that an account's id means; None where it can be nobody's."""
    found = _ACCOUNT.fullmatch(text)
    return int(found[1]) if found and int(found[1]) < 1 << 31 else None


def account_ref(person: Person) -> AccountRef:
    return AccountRef(id=account_id(person.number), name=person.name)


def day(name: str, text: str) -> date:
    """The date that a parameter says, of the years 1971 to 9998; a 400 that names it otherwise."""
    try:
        found = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None or not 1971 <= found.year <= 9998:
        raise wrong(**{name: "must be a date: YYYY-MM-DD"})
    return found
