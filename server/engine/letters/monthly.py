"""How the rooms were used last month, by letter: for those who asked for it and manage rooms, each about theirs."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from server.core.access import Actor
from server.core.clock import epoch, whole
from server.core.errors import Barred
from server.core.letters import Letter
from server.core.people import Person
from server.core.zone import wall
from server.engine import post
from server.engine.figures import Figures
from server.engine.letters.readers import reader_of
from server.engine.reports_facts import fates
from server.engine.reports_scope import Choice
from server.engine.rights import Rights
from server.store import letters, people
from server.store.database import Tx

LISTED = 5
"""Rooms that are named, of those used most and of those used least."""


def monthly(figures: Figures, rights: Rights, zone: str) -> Mapping[str, int]:
    """Queues the letter on the month before this one, in the zone's calendar; again there is nothing to do."""
    now = whole(figures.clock.now())
    with figures.store.reading() as tx:
        if not post.terms(tx).sends("report"):
            return {"letters": 0}
        known = people.by_numbers(tx, letters.wanting(tx, "report"))
        asked = [(it, rights.actor(tx, it, source="mail")) for it in known.values()]
    last = wall(now, zone).date().replace(day=1) - timedelta(days=1)
    found = [_letter(figures, person, actor, last, epoch(now)) for person, actor in asked if actor is not None]

    def work(tx: Tx) -> int:
        return sum(post.queue(tx, it, now) for it in found if it is not None)

    return {"letters": figures.store.writing(work) if any(found) else 0}


def _letter(figures: Figures, person: Person, actor: Actor, last: date, now: int) -> Letter | None:
    reader = reader_of(person)
    try:
        told = _told(figures, actor, last) if reader is not None else None
    except Barred:
        return None  # who manages no room has no such report
    if reader is None or told is None:
        return None
    key = f"report:{last:%Y-%m}:{person.number}"
    return Letter("report", reader.address, reader.language, reader.zone or told["zone"],
                  told | {"name": reader.name, "now": now}, key, person.number)  # fmt: skip


def _told(figures: Figures, actor: Actor, last: date) -> dict[str, Any] | None:
    chosen = figures.choose(actor, Choice(last.replace(day=1), last))
    if not chosen.rooms:
        return None
    used, (_, total) = figures.time(chosen), fates(figures.store, chosen)
    counted = chosen.plain()
    plain = [use for use in used.uses if use.room.number in counted and use.available]
    ranked = sorted(plain, key=lambda use: (-(use.share or 0), use.room.name))
    named = [[use.room.name, use.share or 0] for use in ranked]
    there = sum(use.available for use in plain)
    return {
        "month": last.isoformat(), "zone": chosen.zone, "bookings": used.bookings,
        "hours": sum(use.booked for use in plain) / 3600,
        "share": sum((use.share or 0) * use.available for use in plain) / there if there else None,
        "absent": total.absent, "minutes": total.minutes, "most": named[:LISTED],
        "least": list(reversed(named[LISTED:][-LISTED:])),
    }  # fmt: skip
