"""Eight clients of LibreBooking want the same hour at the same moment, fifty times: one gets it, each time.

The original takes several of them in each of ten trials. Here they come over real connections to real servers: one on
SQLite, two on PostgreSQL.
"""

import http.client
import json
import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from server.core.clock import SystemClock
from server.core.people import Person, Role
from server.dialects.librebooking.auth import PERSON, SOURCE, TOKEN
from server.engine import engine_of
from server.store import people
from tests import make
from tests.race.clients import HOUR, TOMORROW, Site, overlaps, site

CLIENTS, ROUNDS = 8, 50
MOUNT = "/librebooking/Web/Services/index.php"
KINDS = [("fresh_sqlite", 1), ("fresh_postgres", 2)]


@dataclass(frozen=True)
class Client:
    """Somebody who has signed in, and where they ask."""

    name: str
    port: int
    headers: dict[str, str]


def clients(place: Site) -> Iterator[Client]:
    """People with a session each, spread over the servers."""
    clock = SystemClock()
    with make.opened(place.url) as store:
        engine = engine_of(store, clock)
        for number in range(CLIENTS):
            plain = Person(0, f"p{number}@example.org", f"p{number}", f"P{number}", "Nobody", Role.MEMBER)
            it = store.writing(lambda tx, it=plain: people.insert(tx, replace(it, made_at=clock.now())))
            _, token = engine.sign_in.open(it.number, source=SOURCE, make=lambda: secrets.token_hex(25))
            yield Client(it.login, place.ports[number % len(place.ports)], {TOKEN: token, PERSON: str(it.number)})


def ask(client: Client, start: datetime, gate: threading.Barrier) -> tuple[int, dict[str, Any]]:
    """One reservation of Oak on a connection of its own, opened before the gate falls."""
    asked = {"resourceId": 1, "startDateTime": start.isoformat(), "endDateTime": (start + HOUR).isoformat()}
    with closing(http.client.HTTPConnection("127.0.0.1", client.port, timeout=60)) as connection:
        connection.connect()
        gate.wait()
        connection.request("POST", f"{MOUNT}/Reservations/", json.dumps(asked), client.headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def round_of(those: list[Client], start: datetime) -> list[tuple[int, dict[str, Any]]]:
    """What each of them hears who asks for the hour at once."""
    gate, heard = threading.Barrier(len(those), timeout=60), list[tuple[int, dict[str, Any]]]()
    threads = [threading.Thread(target=lambda it=it: heard.append(ask(it, start, gate))) for it in those]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=90)
    return heard


@pytest.mark.race
@pytest.mark.heavy
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("url", "servers"), KINDS)
def test_one_of_eight_gets_each_hour(url: str, servers: int, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with site(request.getfixturevalue(url), tmp_path, servers=servers) as place:
        those, won = list(clients(place)), list[str]()
        for number in range(ROUNDS):
            heard = round_of(those, TOMORROW + number * HOUR)
            assert Counter(status for status, _ in heard) == {201: 1, 400: CLIENTS - 1}, heard
            won += [answer["referenceNumber"] for status, answer in heard if status == 201]
            told = {text for status, answer in heard if status == 400 for text in answer["errors"]}
            assert {text.partition(":")[0] for text in told} == {
                "There are conflicting reservations on the following dates"
            }
        with make.opened(place.url) as store, store.reading() as tx:
            begins = [row[0] for row in tx.rows("SELECT starts FROM occurrence ORDER BY starts")]
            assert begins == [int((TOMORROW + number * HOUR).timestamp()) for number in range(ROUNDS)]
            assert overlaps(tx) == []
        assert len(set(won)) == ROUNDS
