"""Drawn sequences of requests about reservations: none breaks the plan, and what was read can always be sent back."""

import random
from typing import Any

import pytest

from server.core.access import CLI
from server.store.database import Tx
from tests import make
from tests.dialects.librebooking.door import Door
from tests.race.clients import overlaps

DAYS = [f"2026-06-{day}" for day in range(15, 27)]
SCOPES = ("", "?updateScope=this", "?updateScope=future", "?updateScope=full")
ALL = "/Reservations/?startDateTime=2026-06-01&endDateTime=2026-12-01"
STEPS = 30
OUT_OF_LINE = (
    "SELECT o.id FROM occurrence o LEFT JOIN hold h ON h.occurrence_id = o.id WHERE h.id IS NULL OR "
    "h.held_from <> o.starts OR h.held_to <> o.ends OR "
    "h.active <> (CASE WHEN o.standing IN ('accepted', 'pending') THEN 1 ELSE 0 END)",
    "SELECT c.id FROM claim c JOIN occurrence o ON o.id = c.occurrence_id WHERE c.held_from <> o.starts OR "
    "c.held_to <> o.ends OR c.active <> (CASE WHEN o.standing IN ('accepted', 'pending') THEN 1 ELSE 0 END)",
    "SELECT id FROM occurrence WHERE (series_id IS NULL) <> (original_start IS NULL) AND standing <> 'cancelled'",
)
"""Holds and claims that are not as their booking, and dates of a series without an address."""


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(8))
def test_no_sequence_of_requests_breaks_the_plan(door: Door, seed: int) -> None:
    draw = random.Random(seed)
    door.house.engine.rooms.add(make.room("yew"), CLI)
    door.house.policy("yew", lanes=2)
    door.house.policy("oak", credits=100)
    door.house.engine.rooms.change("elm", CLI, auto_accept=seed % 2 == 0)
    for _ in range(STEPS):
        step(door, draw)
        with door.house.store.reading() as tx:
            sound(tx)


def step(door: Door, draw: random.Random) -> None:
    """One request of somebody's, or some hours that pass."""
    references = sorted({row["referenceNumber"] for row in door.get(ALL, "stan")["reservations"]})
    who, scope = draw.choice(["alice", "alice", "bob", "stan"]), draw.choice(SCOPES)
    act = draw.choice(["new", "new", "change", "change", "change", "back", "delete", "approve", "wait"])
    if act == "wait":
        door.house.clock.forward(hours=draw.choice([1, 5, 20]))
        for name, person in door.people.items():
            door.sessions[name] = door.signed_in(person)
    elif act == "new" or not references:
        fine(door.ask("POST", "/Reservations/", who, json=drawn(draw)))
    elif act == "back":
        sent_back(door, draw.choice(references), who, scope)
    else:
        path = f"/Reservations/{draw.choice(references)}"
        asks = {
            "change": ("POST", path + scope),
            "delete": ("DELETE", path + scope),
            "approve": ("POST", f"{path}/Approval"),
        }
        fine(door.ask(*asks[act], who, json=drawn(draw) if act == "change" else None))


def sent_back(door: Door, reference: str, who: str, scope: str) -> None:
    """What was read is sent back as it is: no time, and no resource, is another after that."""
    read = door.ask("GET", f"/Reservations/{reference}", who)
    if not scope or not read.json or read.status_code != 200:
        return
    before = plan(door)
    answer = door.ask("POST", f"/Reservations/{reference}{scope}", who, json=read.json)
    fine(answer)
    assert plan(door) == before, answer.text


def plan(door: Door) -> list[tuple[str, str, int]]:
    rows = door.get(ALL, "stan")["reservations"]
    return sorted((it["startDate"], it["endDate"], it["resourceId"]) for it in rows)


def fine(answer: Any) -> None:
    assert answer.status_code in (200, 201, 400, 401), answer.text


def drawn(draw: random.Random) -> dict[str, Any]:
    """A request that is well formed; whether it can be had is another matter."""
    day, hour = draw.choice(DAYS), draw.randint(6, 12)
    rule = {
        "type": draw.choice(["daily", "daily", "weekly", "none", "custom"]), "interval": draw.choice([1, 1, 2]),
        "weekdays": draw.sample(range(7), 2), "repeatTerminationDate": draw.choice(DAYS),
    }  # fmt: skip
    return {
        "resourceId": draw.randint(1, 3), "resources": [draw.randint(1, 3)] if draw.random() < 0.3 else [],
        "startDateTime": f"{day}T{hour:02}:00:00Z", "endDateTime": f"{day}T{hour + draw.randint(1, 2):02}:30:00Z",
        "title": draw.choice("AB"), "participants": [draw.randint(1, 4)] if draw.random() < 0.3 else [],
        "recurrenceRule": rule if draw.random() < 0.6 else None,
        "retryParameters": [{"name": "skipconflicts", "value": "true"}] if draw.random() < 0.3 else [],
    }  # fmt: skip


def sound(tx: Tx) -> None:
    """Nothing overlaps, and what bookings hold and claim is what they say."""
    assert overlaps(tx) == []
    assert [tx.rows(statement) for statement in OUT_OF_LINE] == [[], [], []]
    held: dict[int, set[int]] = {}
    for number, room in tx.rows("SELECT occurrence_id, room_id FROM hold WHERE occurrence_id IS NOT NULL"):
        held.setdefault(number, set()).add(room)
    said = {
        number: {int(room) for room in rooms.split(",")}
        for number, rooms in tx.rows("SELECT id, rooms FROM occurrence")
    }
    assert held == said
