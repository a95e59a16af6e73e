"""The house of Indico's guide of 2011: Mezzanine, number 120, at CERN, on the 24th of June; and more of our own.

- Mezzanine has the guide's series, Just testing, on that day and the next, from 8:30 to 17:30.
- Pump Room asks for approval and has bookings that were cancelled, declined, and that wait; it has a beamer and a
  camera. North is at another site. Vault is for some only.
The key is the guide's: `ak=00000000-0000-0000-0000-000000000000`, of an administrator; `MEMBER` is Marie's, who may see
and book what everybody may.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from werkzeug.test import TestResponse

from server.core.access import CLI
from server.core.model import Ask, Details, Room
from server.core.people import Person, Role
from server.core.recurrence import parse
from server.core.zone import instant
from server.dialects.indico.app import app
from server.dialects.indico.desk import Terms
from server.engine import Engine, engine_of, prepare
from server.engine.rooms import digest
from server.store import people
from server.store.database import Tx
from tests.make import Clock, begun

ZURICH = "Europe/Zurich"
KEY, MEMBER = "00000000-0000-0000-0000-000000000000", "11111111-1111-1111-1111-111111111111"
MADE = datetime(2011, 6, 1, 8, 0, tzinfo=UTC)
NOW = datetime.fromtimestamp(1308922107, UTC)
"""Friday, the 24th of June 2011, 15:28:27 in Zurich: when the guide asked."""
TERMS = Terms(zone=ZURICH, uid_domain="indico.server")
MEZZANINE, PUMP = 120, 121


class Cern:
    """The engine over the house, and its doors."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock(MADE)
        store = begun(folder)
        prepare(store, self.clock)
        self.engine: Engine = engine_of(store, self.clock)
        store.writing(lambda tx: tx.run("INSERT INTO sqlite_sequence (name, seq) VALUES ('room', ?)", (MEZZANINE - 1,)))
        _rooms(self.engine)
        _bookings(self.engine)
        for ak, login, role in ((KEY, "admin", Role.ADMIN), (MEMBER, "marie", Role.MEMBER)):
            made = Person(0, f"{login}@indico.server", login, login.capitalize(), "Curie", role, made_at=MADE)
            person = store.writing(lambda tx, made=made: people.insert(tx, made))
            key = self.engine.api_keys.create(person.number, "indico", CLI).key
            store.writing(lambda tx, ak=ak, key=key: _rename(tx, ak, key.number))
        self.clock.set(NOW)
        self._app = cache(self._made)

    def app(self) -> Flask:
        """The door of the guide's house."""
        return self._app(TERMS)

    def _made(self, terms: Terms) -> Flask:
        return app(self.engine, terms, public_url="https://indico.server")

    def ask(
        self, path: str, query: Mapping[str, str] | None = None, *, ak: str | None = KEY, headers: Any = None,
        **terms: Any,
    ) -> TestResponse:  # fmt: skip
        """One GET with the key, by the terms given, else by the guide's house."""
        told = ({"ak": ak} if ak else {}) | dict(query or {})
        where = f"{path}?{urlencode(told)}" if told else path
        return self._app(replace(TERMS, **terms)).test_client().get(where, headers=headers)

    def get(self, path: str, query: Mapping[str, str] | None = None, **more: Any) -> Any:
        """The results of a GET that must answer 200."""
        answer = self.ask(path, query, **more)
        assert answer.status_code == 200, answer.text
        return answer.json["results"]

    def refused(self, path: str, query: Mapping[str, str] | None = None, *, status: int = 400, **more: Any) -> str:
        """The message of a GET that must be refused, which is all there is."""
        answer = self.ask(path, query, **more)
        assert answer.status_code == status, answer.text
        assert list(answer.json) == ["message"]
        return str(answer.json["message"])


def at(day: int, wall: str) -> datetime:
    """The instant of a wall time in Zurich, in June 2011."""
    return instant(datetime.fromisoformat(f"2011-06-{day:02}T{wall}"), ZURICH)


def _rename(tx: Tx, ak: str, number: int) -> None:
    tx.run("UPDATE api_key SET digest = ? WHERE id = ?", (digest(ak), number))


def _rooms(engine: Engine) -> None:
    def add(slug: str, name: str, **fields: Any) -> None:
        engine.rooms.add(Room(0, slug, name, ZURICH, **({"site": "CERN"} | fields)), CLI)

    add("mezzanine", "Mezzanine", building="500", floor="1", room_number="201")
    add(
        "pump",
        "Pump Room",
        building="500",
        floor="0",
        room_number="7",
        facilities=("beamer", "video-camera", "flipchart"),
    )
    add("north", "North", site="Meyrin North", floor="2")
    add("vault", "Vault", building="B1")
    engine.rooms.change("pump", CLI, rules={"approval": True})
    engine.rooms.change("vault", CLI, rules={"members": "none"})


def _bookings(engine: Engine) -> None:
    jerome = {"organizer": "MONNICH, Jerome", "organizer_email": "jerome@indico.server"}
    testing = Ask(("mezzanine",), at(24, "08:30"), at(24, "17:30"), "Just testing", **jerome)
    twice = parse(("FREQ=DAILY;COUNT=2",), datetime(2011, 6, 24, 8, 30), ZURICH)
    engine.series.book(testing, twice, CLI, zone=ZURICH)

    def book(room: str, start: datetime, end: datetime, title: str, **more: Any) -> str:
        return engine.bookings.book(Ask((room,), start, end, title, **(jerome | more)), CLI).uid

    engine.bookings.cancel(book("pump", at(24, "08:00"), at(24, "09:00"), "Cancelled"), CLI)
    engine.bookings.decline(_pending(engine, at(24, "09:00"), at(24, "10:00"), "Rejected"), CLI)
    _pending(engine, at(24, "10:00"), at(24, "11:00"), "Waiting")
    there = Details(uses_av=True, needs_av_support=True)
    book("pump", at(24, "23:00"), at(25, "01:00"), "Over midnight", details=there, organizer="Lise Meitner")
    book("north", at(23, "09:00"), at(23, "10:00"), "Yesterday")
    book("vault", at(24, "09:00"), at(24, "10:00"), "Secret")


def _pending(engine: Engine, start: datetime, end: datetime, title: str) -> str:
    """A booking of somebody who has to ask."""
    marie = replace(CLI, name="token:9", scope="book", source="roomvox")
    return engine.bookings.book(Ask(("pump",), start, end, title, "Marie Curie"), marie).uid
