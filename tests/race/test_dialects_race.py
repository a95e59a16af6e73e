"""Eight clients want one hour at once, at four doors together and at two of them alone: one of them gets it.

Indico itself gives the same hour away up to four times (measured), LibreBooking too.
"""

import http.client
import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.core.access import CLI
from server.core.clock import SystemClock
from server.engine import engine_of, prepare
from tests import make
from tests.cluster import free_port
from tests.processes import start_server, stop
from tests.race.clients import overlaps
from tests.race.doors import DOORS, Asked, Caller, callers

CLIENTS, ROUNDS = 8, 50
RACES = {
    "oak": tuple(door for door in DOORS for _ in range(2)),
    "elm": ("indico",) * CLIENTS,
    "yew": ("roomloop",) * CLIENTS,
}
"""Who asks for which room."""


def hours() -> Iterator[datetime]:
    """Hours that every door can give: of working days to come, by the bells of a school."""
    first = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for day in (first + timedelta(days=number) for number in itertools.count(7)):
        if day.weekday() < 5:
            yield from (day + timedelta(hours=hour) for hour in range(8, 16))


def send(port: int, asked: Asked, gate: threading.Barrier) -> tuple[int, str]:
    """Sends one request on a connection of its own, opened before the gate falls."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.connect()
        gate.wait()
        connection.request("POST", asked.path, asked.body, dict(asked.headers))
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def race(ports: list[int], people: list[Caller], room: str, at: datetime) -> list[str]:
    """What each heard, in order: won, or taken; else the answer itself."""
    asks = [caller.ask(door, room, at) for caller, door in zip(people, RACES[room], strict=True)]
    gate, heard = threading.Barrier(len(asks), timeout=60), ["silence"] * len(asks)

    def run(which: int) -> None:
        asked = asks[which]
        answer = send(ports[which % len(ports)], asked, gate)
        heard[which] = "won" if asked.won(*answer) else "taken" if asked.taken(*answer) else str(answer)

    threads = [threading.Thread(target=run, args=(which,)) for which in range(len(asks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=90)
    return heard


@pytest.mark.race
@pytest.mark.heavy
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("fixture", "servers"), [("fresh_sqlite", 1), ("fresh_postgres", 2)])
def test_one_of_eight_gets_the_room_whatever_the_door(
    fixture: str, servers: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = request.getfixturevalue(fixture)
    with make.opened(url) as store:
        prepare(store, SystemClock())
        engine = engine_of(store, SystemClock())
        for room in RACES:
            engine.rooms.add(make.room(room, zone="UTC"), CLI)
        people = callers(engine, CLIENTS)
    ports = [free_port() for _ in range(servers)]
    processes = [start_server(url, tmp_path, port, core=n, level="warning") for n, port in enumerate(ports)]
    try:
        for room, at in itertools.product(RACES, itertools.islice(hours(), ROUNDS)):
            heard = race(ports, people, room, at)
            assert sorted(heard) == ["taken"] * (CLIENTS - 1) + ["won"], (room, at, heard)
    finally:
        for process in processes:
            stop(process)
    with make.opened(url) as store, store.reading() as tx:
        assert overlaps(tx) == []
        assert tx.rows("SELECT count(*) FROM hold WHERE active = 1") == [(ROUNDS * len(RACES),)]
