"""The listener that turns changes of bookings into letters (outbox.py).

Decisions:
- One letter for each reader of each matter: a series, or an edit of a hundred of its dates, is one.
- What a letter says is written down when it happens, with the times as they then are: two changes in a row make two
  letters of which the second is the later one, for people and for calendars.
- Who is not of the booking's people never reads its title.
- A letter that is of use only for a while says until when; after that it is dropped, not sent late.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from server.core.clock import epoch
from server.core.letters import CalendarPart, Letter, Terms
from server.core.model import Change, Standing
from server.core.people import folded
from server.engine import post
from server.engine.house import House
from server.engine.ical.invitation import one_date, place_of, single, whole_series
from server.engine.letters.clashing import other_side, sides
from server.engine.letters.matters import Matter, matters
from server.engine.letters.readers import Reader, approvers, guests, hosts
from server.store import waits
from server.store.database import Tx

MOST_DATES = 12
"""So many dates of a series are listed; the calendar part has all."""
FILED = frozenset({"confirmation", "approved", "declined", "changed", "cancelled"})
"""Letters with a calendar part."""
TO_GUESTS = {"confirmation": "invitation", "approved": "invitation", "changed": "changed", "cancelled": "cancelled",
             "declined": "cancelled"}  # fmt: skip
"""What guests read, by what hosts read."""
LARGEST_PART, LARGEST_IN_ALL = 200_000, 2_000_000
"""Characters of a calendar part, and of those of all guests' letters together; what is larger goes without, or one act
could write many times that."""
UNDO = timedelta(minutes=5)
"""A released booking can be had back for so long."""


@dataclass(frozen=True, slots=True)
class LetterListener:
    """See outbox.Listener."""

    house: House
    name: str = "letters"

    def gather(self, tx: Tx, news: Sequence[Change]) -> list[Letter]:
        """The letters to be written for these changes."""
        terms = post.terms(tx)
        if not terms.kinds:
            return []
        return [letter for matter in matters(tx, news) for letter in self._letters(tx, matter, terms)]

    def keep(self, tx: Tx, rows: Sequence[Letter], now: datetime) -> None:
        for letter in rows:
            post.queue(tx, letter, now)

    def _letters(self, tx: Tx, it: Matter, terms: Terms) -> list[Letter]:
        part = _filed(tx, it) if it.kind in FILED else None
        said = told(it)
        asked = it.it.standing is Standing.PENDING and it.kind in ("confirmation", "changed")
        out = [_letter(it, it.kind, reader, said, part) for reader in hosts(tx, it.it, terms)]
        if it.kind == "conflict":
            said |= other_side(tx, it)
            out = [_letter(it, it.kind, reader, said, part) for reader in sides(tx, it, self.house.at(tx), terms)]
        if it.kind in TO_GUESTS and part is not None:
            kind = TO_GUESTS[it.kind]
            there = guests(tx, it.it, terms)
            fits = part if len(part.events) * len(there) <= LARGEST_IN_ALL else None
            out += [_letter(it, kind, reader, said, fits) for reader in there]
        if asked and it.held:
            found = {
                folded(reader.address): reader
                for place in it.held
                for reader in approvers(tx, place, self.house.at(tx), terms)
            }
            out += [_letter(it, "request", reader, said, None) for reader in found.values()]
        offered = waits.offer_of(tx, it.it.id) if it.kind == "offer" else None
        if offered is not None and offered.offered_until is not None:
            until = epoch(offered.offered_until)
            out = [replace(each, data={**each.data, "until": until, "answer_by": until}) for each in out]
        return out


def _letter(it: Matter, kind: str, reader: Reader, said: Mapping[str, Any], part: CalendarPart | None) -> Letter:
    data = {**said, "role": reader.role, "name": reader.name}
    if reader.role == "approver":
        data |= {"title": "", "link": ""}
    if part is not None and len(part.events) <= LARGEST_PART:
        data["calendar"] = asdict(part)
    if links := _links(kind, it.it.id):
        data["links"] = links
    if (until := _until(kind, it)) is not None:
        data["until"] = epoch(until)
    whose = hashlib.sha256(f"{it.code}\n{folded(reader.address)}".encode()).hexdigest()[:32]
    key = f"change:{it.act}:{kind}:{whose}"
    return Letter(kind, reader.address, reader.language, reader.zone or it.zone, data, key, reader.person)


def told(it: Matter) -> dict[str, Any]:
    """What a letter says of a booking: plain values, instants in seconds since 1970."""
    row, before = it.it, it.first.before
    data: dict[str, Any] = {
        "uid": row.uid, "title": row.title, "host": row.organizer, "starts": epoch(row.starts), "ends": epoch(row.ends),
        "rooms": [room.name for room in it.held], "where": place_of(it.held), "zone": it.zone,
        "link": row.details.link, "standing": row.standing.value, "what": it.first.what, "codes": list(it.first.codes),
        "now": epoch(it.at),
    }  # fmt: skip
    was = {name: before[name] for name in ("starts", "ends") if name in before and before[name] != data[name]}
    if it.kind == "changed" and was:
        data["was"] = {"starts": was.get("starts", data["starts"]), "ends": was.get("ends", data["ends"])}
    if it.kind in ("released", "freed") and row.planned_end is not None:
        data["planned_end"] = epoch(row.planned_end)
    if "release_at" in it.first.after:
        data["release_at"] = it.first.after["release_at"]
    if it.whole:
        stand = [each for each in it.rows if each.standing.planned] or list(it.rows)
        data["dates"] = [[epoch(each.starts), epoch(each.ends)] for each in stand[:MOST_DATES]]
        data["count"] = len(stand)
    return data


def _links(kind: str, booking: int) -> dict[str, dict[str, Any]]:
    """The links of a letter, by the word on their button."""
    purposes = {
        "request": ("approve", "decline"), "warned": ("here",), "here_asked": ("here",), "released": ("undo_release",),
        "offer": ("accept_offer", "decline_offer"),
    }.get(kind, ())  # fmt: skip
    return {purpose: {"purpose": purpose, "booking": booking} for purpose in purposes}


def _until(kind: str, it: Matter) -> datetime | None:
    if kind in ("warned", "here_asked", "ending_soon"):
        return it.it.ends
    if kind == "reminder":
        return it.it.starts if it.first.what == "reminded_start" else it.it.ends
    return it.at + UNDO if kind == "released" else None


def _filed(tx: Tx, it: Matter) -> CalendarPart | None:
    """The calendar part; None while nothing of it stands, or where it never did."""
    where = place_of(it.held)
    if it.of is not None and it.whole:
        part = whole_series(tx, it.of, it.at, where, former=it.rows if it.was_filed else ())
        return part if part.events else None
    row = it.it
    if row.standing in (Standing.ACCEPTED, Standing.AT_RISK):
        return one_date(row, it.of, where) if it.of is not None else single(row, where)
    if it.kind in ("cancelled", "declined") and it.was_filed:
        return one_date(row, it.of, where, gone=True) if it.of is not None else single(row, where, gone=True)
    return None
