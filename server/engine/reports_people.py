"""Who books: by person and by department. Off unless the setting `reports.people` allows it.

Decision (privacy by default): departments in which fewer than `LEAST` people booked are told of together, and only
where that makes `LEAST` people; else the next larger department goes with them, for what is missing from a sum would
tell of them after all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from server.core.access import Actor, require
from server.core.errors import Barred
from server.engine.reports_scope import Chosen
from server.store import reports
from server.store.database import Tx

LEAST = 5
TERMS = ("off", "departments", "people")
TOGETHER = "(departments of fewer than 5)"
NOBODY = "(nobody we know)"


@dataclass(slots=True)
class Shares:
    """Bookings of somebody: all, accepted, their seconds, cancelled, came, nobody came. `people`: who booked."""

    name: str
    email: str = ""
    department: str = ""
    figures: list[int] = field(default_factory=lambda: [0] * 6)
    people: int = 0

    def take(self, more: Iterable[int]) -> None:
        self.figures = [had + it for had, it in zip(self.figures, more, strict=True)]

    @property
    def bookings(self) -> int:
        return self.figures[0]


def check(terms: str, kind: str) -> None:
    """Raises Barred where the house does not report on that."""
    if TERMS.index(terms) < TERMS.index(kind):
        raise Barred("reports", need=f"reports.people = {kind}")


def require_all(actor: Actor) -> None:
    """Raises Barred for all but administrators of the whole house."""
    require(actor, "people")


def sources(tx: Tx, chosen: Chosen) -> list[Shares]:
    """By the door that bookings came through, most first."""
    found: dict[str, Shares] = {}
    for scope in chosen.scopes:
        for source, *figures in reports.by(tx, scope, "source"):
            found.setdefault(source, Shares(source)).take(figures)
    return _sorted(found.values())


def persons(tx: Tx, chosen: Chosen) -> list[Shares]:
    """By owner, most bookings first; what is nobody's last."""
    owners = _owners(tx, chosen)
    known = {it[0]: it for it in reports.people(tx) if it[0] in owners}
    out = []
    for number, it in owners.items():
        if number in known:
            _, it.name, it.email, it.department = known[number]
            out.append(it)
    return [*_sorted(out), *([owners[0]] if 0 in owners else [])]


def departments(tx: Tx, chosen: Chosen) -> list[Shares]:
    """By department of the owner; small ones together, or not at all."""
    owners = _owners(tx, chosen)
    found: dict[str, Shares] = {}
    for number, _, _, department in reports.people(tx):
        if number in owners:
            it = found.setdefault(department, Shares(department or "(none)", department=department))
            it.take(owners[number].figures)
            it.people += 1
    return _sorted(suppressed(found.values()))


def suppressed(found: Iterable[Shares]) -> list[Shares]:
    """The groups that may be told of: each of at least LEAST people, the others as one of at least so many."""
    large = sorted((it for it in found), key=lambda it: (it.people, it.name))
    small = [it for it in large if it.people < LEAST]
    large = large[len(small) :]
    while small and sum(it.people for it in small) < LEAST and large:
        small.append(large.pop(0))
    if not small:
        return large
    if sum(it.people for it in small) < LEAST:
        return large  # nobody else is there to hide them
    together = Shares(TOGETHER if all(it.people < LEAST for it in small) else "(several departments)")
    for it in small:
        together.take(it.figures)
        together.people += it.people
    return [*large, together]


def _owners(tx: Tx, chosen: Chosen) -> dict[int, Shares]:
    found: dict[int, Shares] = {}
    for scope in chosen.scopes:
        for owner, *figures in reports.by(tx, scope, "owner"):
            found.setdefault(owner or 0, Shares(NOBODY)).take(figures)
    return found


def _sorted(found: Iterable[Shares]) -> list[Shares]:
    return sorted(found, key=lambda it: (-it.bookings, it.name, it.email))
