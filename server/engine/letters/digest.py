"""Somebody's day, by letter: the rooms of those who asked for it, each morning."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from server.core.clock import Clock, epoch, whole
from server.core.letters import Letter
from server.core.model import Booking, Room
from server.core.people import Person
from server.core.zone import day_of
from server.engine import post
from server.engine.letters.readers import reader_of
from server.store import agenda, letters, people, rooms
from server.store.database import Store, Tx

MOST = 30
"""Bookings that one letter lists."""


def digests(store: Store, clock: Clock, zone: str) -> Mapping[str, int]:
    """Queues today's letter for each who asked and has something today; again on the same day there is nothing to do.

    `zone`: whose day it is for people without one of their own.
    """
    now = whole(clock.now())
    with store.reading() as tx:
        if not post.terms(tx).sends("digest"):
            return {"letters": 0}
        known = people.by_numbers(tx, letters.wanting(tx, "digest"))
        found = [it for person in known.values() if (it := _letter(tx, person, now, person.zone or zone)) is not None]
    done = store.writing(lambda tx: sum(post.queue(tx, it, now) for it in found)) if found else 0
    return {"letters": done}


def _letter(tx: Tx, person: Person, now: datetime, zone: str) -> Letter | None:
    reader, day = reader_of(person), day_of(now, zone)
    listed = [it for it in agenda.of_person(tx, person.number, day, limit=MOST) if it.ends > now]
    if reader is None or not listed:
        return None
    places = {number: rooms.by_number(tx, number) for number in {room for it in listed for room in it.rooms}}
    told = {"day": epoch(now), "zone": zone, "name": reader.name, "bookings": [_told(it, places) for it in listed]}
    key = f"digest:{person.number}:{epoch(day.start)}"
    return Letter("digest", reader.address, reader.language, zone, told, key, person.number)


def _told(it: Booking, places: Mapping[int, Room]) -> dict[str, Any]:
    there = [places[number] for number in it.rooms]
    return {
        "starts": epoch(it.starts), "ends": epoch(it.ends), "rooms": [room.name for room in there],
        "zone": there[0].zone, "title": it.title,
    }  # fmt: skip
