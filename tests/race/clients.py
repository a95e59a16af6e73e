"""Many clients at once against real servers, each with a connection of its own, let loose together."""

import http.client
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from server.core.access import CLI
from server.core.clock import SystemClock, whole
from server.engine import engine_of, prepare
from server.store.database import Tx
from tests import make
from tests.cluster import free_port
from tests.processes import start_server, stop

HOUR = timedelta(hours=1)
TOMORROW = whole(datetime.now(UTC)).replace(minute=0, second=0) + timedelta(days=1)
PATH = "/api/v1/rooms/oak/bookings"


@dataclass(frozen=True)
class Wish:
    """One booking that a client asks for: an hour, by the number of the hour from tomorrow on."""

    slot: int
    key: str

    @property
    def body(self) -> str:
        start = TOMORROW + self.slot * HOUR
        times = {"start": start.isoformat(), "end": (start + HOUR).isoformat()}
        return json.dumps({"title": f"by {self.key}", **times})


@dataclass
class Answer:
    """What a client heard: a status and a body, or nothing (None) where the line went dead."""

    wish: Wish
    status: int | None
    body: dict[str, Any] = field(default_factory=dict)


@dataclass
class Site:
    """A database with one room, the token that books it, and the servers on it."""

    url: str
    folder: Path
    token: str
    ports: list[int]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)

    def start(self, number: int) -> None:
        """Starts (again) the server of that number, on its own port and core; notes how long it took."""
        began = time.monotonic()
        self.processes[number : number + 1] = [
            start_server(self.url, self.folder, self.ports[number], core=number, level="warning")
        ]
        self.starts.append(time.monotonic() - began)

    def ask(self, wishes: list[Wish], heard: Callable[[Answer], None] = lambda answer: None) -> list[Answer]:
        """Sends all wishes at the same moment, spread over the servers; `heard` is called as each is answered."""
        gate, answers = threading.Barrier(len(wishes), timeout=60), list[Answer]()

        def run(wish: Wish, port: int) -> None:
            answer = self.send(wish, port, gate)
            answers.append(answer)
            heard(answer)

        pairs = [(wish, self.ports[n % len(self.ports)]) for n, wish in enumerate(wishes)]
        threads = [threading.Thread(target=run, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=90)
        assert len(answers) == len(wishes), "a client was never answered"
        return answers

    def send(self, wish: Wish, port: int, gate: threading.Barrier | None = None) -> Answer:
        """Asks for one booking on a connection of its own, opened before the gate falls."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        headers["Idempotency-Key"] = wish.key
        try:
            connection.connect()
            if gate is not None:
                gate.wait()
            connection.request("POST", PATH, wish.body, headers)
            response = connection.getresponse()
            return Answer(wish, response.status, json.loads(response.read()))
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            return Answer(wish, None)
        finally:
            connection.close()

    def stored(self) -> list[tuple[Any, ...]]:
        """What the database holds: (start, end, uid) of each booking, by start."""
        with make.opened(self.url) as store, store.reading() as tx:
            return tx.rows(
                "SELECT h.held_from, h.held_to, o.uid FROM hold h JOIN occurrence o ON o.id = h.occurrence_id "
                "WHERE h.active = 1 ORDER BY h.held_from"
            )

    def sound(self) -> None:
        """Nothing overlaps, nothing is half there, nothing is broken."""
        with make.opened(self.url) as store, store.reading() as tx:
            assert overlaps(tx) == []
            assert [tx.rows(half) for half in HALF_THERE] == [[]] * len(HALF_THERE)
            assert tx.one("SELECT count(*) FROM op") == tx.one("SELECT count(*) FROM occurrence")
            if not store.postgres:
                assert tx.rows("PRAGMA integrity_check") == [("ok",)]
                assert tx.rows("PRAGMA foreign_key_check") == []


HALF_THERE = (
    "SELECT id FROM occurrence WHERE id NOT IN (SELECT occurrence_id FROM hold)",
    "SELECT id FROM occurrence WHERE id NOT IN (SELECT subject FROM change WHERE what = 'booked')",
    "SELECT subject FROM change WHERE what = 'booked' AND subject NOT IN (SELECT id FROM occurrence)",
    "SELECT id FROM hold WHERE occurrence_id NOT IN (SELECT id FROM occurrence)",
)


def overlaps(tx: Tx) -> list[tuple[Any, ...]]:
    """Active holds that begin before the one in front of them ends; in order, so that thousands are looked at fast."""
    return tx.rows(
        "SELECT * FROM (SELECT held_from, lag(held_to) OVER (PARTITION BY room_id, lane ORDER BY held_from) AS before "
        "FROM hold WHERE active = 1) AS pairs WHERE before > held_from"
    )


@contextmanager
def site(url: str, folder: Path, *, servers: int = 1) -> Iterator[Site]:
    """A site with running servers, each pinned to a core of its own."""
    clock = SystemClock()
    with make.opened(url) as store:
        prepare(store, clock)
        engine = engine_of(store, clock)
        engine.rooms.add(make.room("oak", zone="UTC"), CLI)
        _, token = engine.tokens.create("race", "book", CLI)
    it = Site(url, folder, token, [free_port() for _ in range(servers)])
    try:
        for number in range(servers):
            it.start(number)
        yield it
    finally:
        for process in it.processes:
            stop(process)
