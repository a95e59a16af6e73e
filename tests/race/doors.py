"""How one hour of a room is asked for at each vendor's door, and how each says yes or that it is taken."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from server.core.access import CLI
from server.core.people import Person
from server.dialects.librebooking.auth import PERSON, SOURCE, TOKEN
from server.engine import Engine

HOUR, LESSON = timedelta(hours=1), timedelta(minutes=50)
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Asked:
    """One request, ready to be sent, and what its answer must be: `won` and `taken` are told status and body."""

    path: str
    body: str
    headers: Mapping[str, str]
    won: Callable[[int, str], bool]
    taken: Callable[[int, str], bool]


@dataclass
class Caller:
    """Somebody with a key to every door."""

    name: str
    number: int
    token: str
    ak: str
    session: Mapping[str, str]
    live: str
    rooms: Mapping[str, int] = field(default_factory=dict)

    def ask(self, door: str, room: str, start: datetime) -> Asked:
        """Asks for an hour from an instant on (a lesson of fifty minutes where those are all there is)."""
        made: Asked = getattr(self, door)(room, start)
        return made

    def roomvox(self, room: str, start: datetime) -> Asked:
        body = {"title": "Race", "start": start.isoformat(), "end": (start + HOUR).isoformat()}
        return Asked(
            f"/api/v1/rooms/{room}/bookings", json.dumps(body),
            {"Authorization": f"Bearer {self.token}", "Content-Type": JSON},
            lambda status, _: status == 201, lambda status, text: status == 409 and "clash" in text,
        )  # fmt: skip

    def librebooking(self, room: str, start: datetime) -> Asked:
        times = {
            "startDateTime": f"{start:%Y-%m-%dT%H:%M:%S%z}",
            "endDateTime": f"{start + HOUR:%Y-%m-%dT%H:%M:%S%z}",
        }
        body = {"resourceId": self.rooms[room], "title": "Race", **times}
        return Asked(
            "/Web/Services/index.php/Reservations/", json.dumps(body), {**self.session, "Content-Type": JSON},
            lambda status, _: status == 201, lambda status, text: status == 400 and "conflicting" in text,
        )  # fmt: skip

    def indico(self, room: str, start: datetime) -> Asked:
        form = {
            "ak": self.ak, "roomid": str(self.rooms[room]), "from": f"{start:%Y-%m-%dT%H:%M}",
            "to": f"{start + HOUR:%Y-%m-%dT%H:%M}", "reason": "Race", "username": self.name,
        }  # fmt: skip
        return Asked(
            "/api/roomBooking/bookRoom.json", urlencode(form), {"Content-Type": FORM},
            lambda status, text: status == 200 and "reservationID" in text,
            lambda status, text: status == 200 and "no valid occurrences" in text,
        )  # fmt: skip

    def roomloop(self, room: str, start: datetime) -> Asked:
        slot = start.hour - 8
        body = {
            "facility_id": room,
            "date": f"{start:%Y-%m-%d}",
            "start_slot": slot,
            "end_slot": slot,
            "purpose": "Race",
        }
        return Asked(
            "/v1/reservations", json.dumps(body), {"Authorization": f"Bearer {self.live}", "Content-Type": JSON},
            lambda status, _: status == 201, lambda status, text: status == 409 and "slot_conflict" in text,
        )  # fmt: skip


DOORS = ("roomvox", "librebooking", "indico", "roomloop")


def callers(engine: Engine, count: int) -> list[Caller]:
    """So many people with a key to every door."""
    rooms = {room.id: room.number for room in engine.rooms.all(CLI)}
    found = []
    for which in range(count):
        name = f"caller-{which}"
        number = engine.people.add(Person(0, f"{name}@example.org", name, "Caller", str(which)), CLI).number
        token = engine.tokens.create(name, "book", CLI, person=number)[1]
        ak = engine.api_keys.create(number, "indico", CLI).ak
        live = engine.api_keys.create(number, "roomloop", CLI).secret
        secret = engine.sign_in.open(number, source=SOURCE, make=lambda: secrets.token_hex(25))[1]
        found.append(Caller(name, number, token, ak, {TOKEN: secret, PERSON: str(number)}, live, rooms))
    return found
