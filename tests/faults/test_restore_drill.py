"""The drill: a backup, bookings at both ends after it, the network gone, the backup put back; nothing is silent.

A real server and two real panels. Oak's panel knows what was booked at a desk and at its own glass after the backup;
Elm's has promised something by its own word while the server was away.
"""

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from server import compose
from server.core.access import CLI
from server.core.clock import SystemClock, whole
from server.core.model import Ask, Booking, Room, Standing
from server.engine import Engine
from server.engine.backup import Backup
from server.engine.conflicts import Standoff
from server.engine.recoveries import Return
from server.settings import environment, load
from server.store import grants
from tests.cluster import free_port
from tests.processes import start_panel, start_server, stop

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(120)]
State = dict[str, Any]


@dataclass
class Drill:
    """The house on SQLite, its server, and the panels' ports by room."""

    data: Path
    port: int
    server: subprocess.Popen[bytes]
    panels: dict[str, tuple[int, subprocess.Popen[bytes]]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.data / 'lintel.db'}"

    def engine(self) -> Engine:
        return compose.engine(load(self.data, environment={}).settings, folder=self.data)

    def add(self, room: str) -> None:
        engine = self.engine()
        engine.rooms.add(Room(0, room, room.capitalize(), "Europe/Berlin"), CLI)
        _, key = engine.devices.add(f"Panel at {room}", CLI, rooms=(room,))
        port = free_port()
        self.panels[room] = port, start_panel(self.port, self.data.parent / f"panel-{room}", port, key, room)
        engine.store.close()

    def state(self, room: str) -> State:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.panels[room][0]}/state.json", timeout=5) as answer:
            found: State = json.load(answer)
        return found

    def until(self, room: str, wanted: Callable[[State], bool], *, within: float = 30) -> State:
        """The first state that the panel shows which is wanted."""
        end, state = time.monotonic() + within, None
        while time.monotonic() < end:
            try:
                state = self.state(room)
                if wanted(state):
                    return state
            except OSError:
                assert self.panels[room][1].poll() is None, "the agent ended"
            time.sleep(0.05)
        raise AssertionError(f"{room}: not within {within} s, last {state}")

    def on_card(self, room: str, *uids: str) -> bool:
        """Whether the panel's card has these bookings in its plan."""
        found = (self.data.parent / f"panel-{room}" / f"plan-{room}.json").read_text(encoding="utf-8")
        return all(f'"{uid}"' in found for uid in uids)

    def tap(self, room: str, minutes: int) -> dict[str, Any]:
        """Somebody books at the glass, as the page does it."""
        url = f"http://127.0.0.1:{self.panels[room][0]}"
        (offer,) = [it for it in self.state(room)["actions"] if it["act"] == "book" and it["minutes"] == minutes]
        with requests.Session() as session:
            session.trust_env = False
            secret = session.get(f"{url}/", timeout=5).text.partition('name="secret" content="')[2].partition('"')[0]
            body = {"act": "book", "minutes": minutes, "end": offer["end"]}
            headers = {"Origin": url, "X-Lintel-Secret": secret}
            answer: dict[str, Any] = session.post(f"{url}/act", json=body, headers=headers, timeout=15).json()
        return answer

    def start(self) -> None:
        self.server = start_server(self.url, self.data, self.port)

    def close(self) -> None:
        for process in (*(process for _, process in self.panels.values()), self.server):
            if process.poll() is None:
                stop(process)


@pytest.fixture
def drill(tmp_path: Path) -> Iterator[Drill]:
    data = tmp_path / "server"
    data.mkdir()
    port = free_port()
    it = Drill(data, port, start_server(f"sqlite:///{data / 'lintel.db'}", data, port))
    try:
        it.add("oak")
        it.add("elm")
        yield it
    finally:
        it.close()


def now() -> datetime:
    return whole(datetime.now(UTC))


def book(engine: Engine, room: str, start: datetime, minutes: int, who: str = "Maria Klein") -> Booking:
    """By somebody at a desk."""
    return engine.bookings.book(Ask((room,), start, start + timedelta(minutes=minutes), "Planning", who), CLI)


def owns(minutes: int) -> Callable[[State], bool]:
    """The door could promise that long from now on."""

    def fits(it: State) -> bool:
        until = it.get("owned_until")
        return until is not None and datetime.fromisoformat(until) >= now() + timedelta(minutes=minutes)

    return fits


def quiet(_: str, __: int, ___: int) -> None:
    """Nobody watches."""


def put_back(it: Drill, how: str, file: Path) -> None:
    """As staff should, by the command; or as somebody in a hurry does, by copying the file."""
    if how == "restored":
        Backup(it.url, SystemClock(), environment(), it.data).restore(file, quiet)
        return
    for tail in ("-wal", "-shm"):
        (it.data / f"lintel.db{tail}").unlink(missing_ok=True)
    file.replace(it.data / "lintel.db")


@pytest.mark.parametrize("how", ["restored", "copied"])
def test_after_a_backup_was_put_back_every_promise_is_kept_or_listed(drill: Drill, how: str) -> None:
    for room in ("oak", "elm"):
        drill.until(room, owns(30))
    file, later = drill.data.parent / "house.backup", now() + timedelta(hours=5)
    Backup(drill.url, SystemClock(), environment(), drill.data).take(file, quiet)

    engine = drill.engine()
    online = [book(engine, "oak", later, 30), book(engine, "oak", later + timedelta(hours=1), 30)]
    tapped = drill.tap("oak", 15)
    assert tapped["outcome"] == "done", tapped
    drill.until("oak", lambda it: it["current"] is not None)
    (walk_in,) = [it for it in engine.bookings.between("oak", CLI, None) if it.source == "panel"]
    eventually(lambda: drill.on_card("oak", *(it.uid for it in (*online, walk_in))))
    engine.lineage.keep()
    engine.store.close()
    stop(drill.server)
    promised = drill.tap("elm", 30)
    assert (promised["outcome"], promised["grade"]) == ("promised", "confirmed"), promised

    put_back(drill, how, file)
    engine = drill.engine()
    assert engine.bookings.between("oak", CLI, None) == ()
    other = book(engine, "oak", later + timedelta(minutes=15), 30, "Ben Okoro")
    drill.start()

    returned = eventually(lambda: all_back(engine.recoveries.page(CLI), 3))
    outcomes = {it.it.uid: it.it.outcome for it in returned}
    assert outcomes == {online[0].uid: "conflict", online[1].uid: "made", walk_in.uid: "made"}
    elm = eventually(lambda: engine.bookings.between("elm", CLI, None))
    assert [(it.standing, it.source, it.ends - it.starts) for it in elm] == [
        (Standing.ACCEPTED, "panel", timedelta(minutes=30)),
    ]  # fmt: skip
    (conflict,) = engine.conflicts.page(CLI)
    assert sides(conflict) == ("recovered", online[0].uid, other.uid)
    eventually(lambda: drill.on_card("oak", online[1].uid, other.uid, walk_in.uid))
    drill.until("oak", lambda it: bool(it["conflicts"]))
    drill.until("elm", lambda it: it["current"] is not None and it["current"]["synced"])
    eventually(lambda: settled(engine))
    tickets = engine.tickets.page(CLI, category="restored")
    assert [it.ticket.codes for it in tickets] == [(*(("copied_back",) if how == "copied" else ()), "recovered=3")]
    assert engine.audit.verify(CLI).found is None
    engine.store.close()


def eventually(what: Callable[[], Any], *, seconds: float = 30) -> Any:
    """What it gives, once that is something."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
    return found


def settled(engine: Engine) -> bool:
    """Both doors hold what they were given in the new life, and nothing is only assumed any more."""
    with engine.store.reading() as tx:
        return all(it.grant.version > 0 and it.grant.settled for it in grants.every(tx))


def all_back(those: tuple[Return, ...], many: int) -> tuple[Return, ...]:
    return those if len(those) >= many else ()


def sides(it: Standoff) -> tuple[str, str | None, str | None]:
    return it.conflict.kind, it.gave.uid if it.gave else None, it.met.uid if it.met else None
