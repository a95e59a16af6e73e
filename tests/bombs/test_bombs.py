"""Calendar files that mean harm are refused or booked within their limits, and nobody else notices.

The limits are those of the design: less than a second of CPU time for who imports, less than six for who reads, less
than 32 MiB more memory, and answers to others within half a second.
"""

import http.client
import itertools
import json
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from server.core.access import CLI
from server.core.clock import SystemClock
from server.core.errors import Invalid
from server.engine import engine_of, prepare
from server.engine.calendar_files import importing
from server.engine.calendar_files.importing import BOOKED, REFUSED
from server.settings import environment
from tests import make
from tests.bombs.corpus import BOMBS, SMALL
from tests.bombs.parts import series
from tests.bombs.run import WARM
from tests.cluster import free_port
from tests.engine.calendar_text import here
from tests.processes import start_server, stop
from tests.race.clients import HALF_THERE, overlaps

MOST_CPU, MOST_READER_CPU, MOST_MIB = 1.0, 6.0, 32
A_DATE = 0.001
"""Seconds more for each date that a file honestly asks for: it is judged and booked like any other."""
P99 = 0.5
PACE = 0.04
OTHER = "other"
"""The room that the visitors book."""

QUICK = (
    "nested-begins-that-just-fit", "gzip-of-zeros", "a-line-of-20-mib", "folds-without-end", "events-5-001",
    "count-of-a-billion-many-a-day", "refused-every-second", "a-zone-that-changes-each-second",
    "following-that-each-says-all-dates", "zone-names-that-are-paths",
)  # fmt: skip
COSTLY = (
    "counted-and-hardly-ever-within-the-time", "changes-that-say-as-much-as-they-may", "dates-one-by-one",
    "series-around-the-clock",
)  # fmt: skip


@dataclass
class Place:
    """A database with a room for each file, and a data folder."""

    url: str
    data: Path
    token: str
    rooms: list[str]

    def imported(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """What `tests.bombs.run` says of the files."""
        folder = self.data / "files"
        folder.mkdir()
        (folder / WARM).write_bytes(series("RRULE:FREQ=DAILY"))
        for name in names:
            (folder / name).write_bytes(BOMBS[name].build())
        command = [sys.executable, "-m", "tests.bombs.run", str(folder), str(self.data)]
        done = subprocess.run(
            command, env=environment(LINTEL_DATABASE_URL=self.url), stdout=subprocess.PIPE, check=True, text=True,
            timeout=280,
        )  # fmt: skip
        return [json.loads(line) for line in done.stdout.splitlines()]

    def held(self) -> Counter[str]:
        """How many dates hold each room; nothing overlaps, nothing is half there."""
        with make.opened(self.url) as store, store.reading() as tx:
            assert overlaps(tx) == []
            assert [tx.rows(half) for half in HALF_THERE] == [[]] * len(HALF_THERE)
            return Counter(dict(tx.rows(
                "SELECT r.slug, count(*) FROM hold h JOIN room r ON r.id = h.room_id WHERE h.active = 1 GROUP BY r.slug"
            )))  # fmt: skip


@dataclass
class Visitors:
    """Two who ask what the rooms are now, one question after the other, as panels do; and one who books."""

    port: int
    token: str
    rooms: list[str]
    waits: dict[str, list[float]] = field(default_factory=lambda: {"GET": [], "POST": []})
    statuses: Counter[int] = field(default_factory=Counter)
    _enough: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        self._visit("GET", PACE, ((f"/api/v1/rooms/{room}/status", None) for room in itertools.cycle(self.rooms)))

    def book(self) -> None:
        first = SystemClock().now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
        times = (first + n * timedelta(minutes=15) for n in itertools.count())
        wishes = ({"title": "x", "start": it.isoformat(), "end": (it + timedelta(minutes=15)).isoformat()}
                  for it in times)  # fmt: skip
        self._visit("POST", 2 * PACE, ((f"/api/v1/rooms/{OTHER}/bookings", json.dumps(it)) for it in wishes))

    def _visit(self, method: str, pace: float, requests: Iterable[tuple[str, str | None]]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        for path, body in requests:
            if self._enough.wait(pace):
                break
            begun = time.perf_counter()
            connection.request(method, path, body, headers | {"Idempotency-Key": secrets.token_hex(8)})
            response = connection.getresponse()
            response.read()
            self.waits[method].append(time.perf_counter() - begun)
            self.statuses[response.status] += 1
        connection.close()

    @contextmanager
    def about(self) -> Iterator[None]:
        threads = [threading.Thread(target=work) for work in (self.ask, self.ask, self.book)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._enough.set()
            for thread in threads:
                thread.join(90)

    def percentile(self, method: str, share: float) -> float:
        return sorted(self.waits[method])[int(len(self.waits[method]) * share)]


def place(url: str, data: Path, names: Iterable[str]) -> Place:
    data.mkdir()
    clock = SystemClock()
    rooms = [WARM, OTHER, *names]
    with make.opened(url) as store:
        prepare(store, clock)
        engine = engine_of(store, clock)
        for name in rooms:
            engine.rooms.add(make.room(name), CLI)
        _, token = engine.tokens.create("visitors", "book", CLI)
    return Place(url, data, token, rooms)


def faults(told: list[dict[str, Any]], held: Counter[str]) -> list[str]:
    """Every file that is not what it is to be, or cost more than it may."""
    found = []
    for it in told:
        name, bomb = it["name"], BOMBS[it["name"]]
        if it["outcome"] != bomb.outcome:
            found.append(f"{name}: {it['outcome']} instead of {bomb.outcome}: {it['said']}")
        if held[name] != it["booked"]:
            found.append(f"{name}: {held[name]} dates hold the room, {it['booked']} were told")
        limits = {"parent": MOST_CPU + bomb.dates * A_DATE, "reader": MOST_READER_CPU, "grown": MOST_MIB}
        found += [f"{name}: {it[what]:.2f} {what}, at most {most}" for what, most in limits.items() if it[what] > most]
    return found


def test_the_corpus_is_large_and_of_every_kind() -> None:
    assert len(BOMBS) >= 40
    assert {bomb.outcome for bomb in BOMBS.values()} == {"file", "refused", "booked", "mixed"}
    assert set(QUICK + COSTLY) <= set(BOMBS)


def outcome(house: make.House, data: bytes) -> str:
    """What the import says, with the reader in this process."""
    try:
        done = house.engine.calendar_files.take(data, "oak", CLI, preview=True)
    except Invalid as error:
        return "+".join(error.fields)
    return "booked" if done.count(BOOKED) else "refused" if done.count(REFUSED) else "skipped"


def test_a_small_file_is_taken_as_it_should_be(fresh_sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "read", here)
    with make.opened(fresh_sqlite) as store:
        house = make.house(store)
        found = {name: outcome(house, bomb.build()) for name, bomb in SMALL.items()}
    assert found == {name: bomb.outcome for name, bomb in SMALL.items()}


@pytest.mark.heavy
def test_a_file_that_means_harm_is_refused_or_done_within_its_limits(fresh_sqlite: str, tmp_path: Path) -> None:
    it = place(fresh_sqlite, tmp_path / "data", QUICK)
    told = it.imported(QUICK)
    assert len(told) == len(QUICK)
    assert faults(told, it.held()) == []


def beside_a_server(url: str, folder: Path, names: Iterable[str]) -> None:
    names = list(names)
    it = place(url, folder / "data", names)
    port = free_port()
    server = start_server(url, it.data, port, level="warning")
    try:
        visitors = Visitors(port, it.token, it.rooms)
        with visitors.about():
            told = it.imported(names)
    finally:
        stop(server)
    print(*map(json.dumps, told), sep="\n")
    for method, waits in visitors.waits.items():
        shares = ", ".join(f"{share:.2%} {visitors.percentile(method, share):.4f} s" for share in (0.5, 0.99, 0.9999))
        print(f"{method}: {len(waits)} answers; {shares}")
    assert len(told) == len(names)
    assert faults(told, it.held()) == []
    assert set(visitors.statuses) == {200, 201}
    assert min(map(len, visitors.waits.values())) > 50
    assert visitors.percentile("GET", 0.99) < P99
    assert visitors.percentile("POST", 0.99) < P99


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_others_are_answered_while_all_the_rest_is_imported(fresh_sqlite: str, tmp_path: Path) -> None:
    beside_a_server(fresh_sqlite, tmp_path, [name for name in BOMBS if name not in {*QUICK, *SMALL}])


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_others_are_answered_while_the_costly_ones_are_imported_on_postgresql(
    fresh_postgres: str, tmp_path: Path
) -> None:
    beside_a_server(fresh_postgres, tmp_path, COSTLY)
