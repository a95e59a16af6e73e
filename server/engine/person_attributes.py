"""The house's own fields of people: who may fill in which, and who sees them."""

from collections.abc import Mapping
from dataclasses import replace

from server.core.attributes import check_values
from server.core.errors import Invalid
from server.core.people import Person
from server.core.places import Attribute
from server.store import catalogue
from server.store.database import Tx


def filled_in(tx: Tx, before: Mapping[int, str], wanted: Mapping[int, str], *, manages: bool) -> dict[int, str]:
    """The values that somebody has after `wanted` was said for them; Invalid names each that cannot be.

    Who does not manage people says nothing of what is for those who do: it stays as it was.
    """
    fields = _fields(tx)
    told = {number: value for number, value in wanted.items() if value != ""}
    kept = {} if manages else {it.number: before[it.number] for it in fields if it.admin_only and it.number in before}
    if bad := check_values(fields, told, manages=manages):
        raise Invalid(bad)
    return told | kept


def shown(tx: Tx, it: Person) -> Person:
    """The person without what only those see who manage people."""
    if not it.attributes:
        return it
    hidden = {field.number for field in _fields(tx) if field.admin_only}
    return replace(it, attributes={number: value for number, value in it.attributes.items() if number not in hidden})


def _fields(tx: Tx) -> list[Attribute]:
    return [it for it in catalogue.attributes(tx) if it.category == "person"]
