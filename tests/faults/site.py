"""A real server, real panels, and between each of them and the server a proxy that is as bad as one says.

What a panel shows is looked at all the time, so that nothing it said for a moment is missed.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests

from server import compose
from server.core.access import CLI
from server.core.clock import whole
from server.core.model import Ask, Room
from server.core.policy import Policy
from server.engine import Engine
from server.settings import environment, load
from tests.cluster import free_port
from tests.processes import start_panel, stop, wait_for

from .proxy import NONE, Faults, Proxy

LOOK = 0.2  # seconds between two looks at a panel
State = dict[str, Any]


@dataclass
class Panel:
    """An agent at one room, and all that it showed: (monotonic, state), where None is no answer."""

    room: str
    port: int
    proxy: Proxy
    process: subprocess.Popen[bytes]
    folder: Path
    seen: list[tuple[float, State | None]] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._watch, name=f"watch-{self.room}", daemon=True)
        self._thread.start()

    def suffer(self, faults: Faults, *, push: Faults | None = None) -> None:
        """From now on the network is so; for the push alone otherwise where that is said."""
        self.proxy.faults, self.proxy.of_push = faults, faults if push is None else push

    def heal(self, *, cut: bool = False) -> None:
        """The network is well again; with `cut` the connections from before are gone."""
        self.suffer(NONE)
        if cut:
            self.proxy.cut()

    def state(self) -> State:
        with requests.Session() as session:
            session.trust_env = False
            found: State = session.get(f"http://127.0.0.1:{self.port}/state.json", timeout=5).json()
            return found

    def until(self, wanted: Callable[[State], bool], *, within: float) -> float:
        """Seconds until it shows so; AssertionError with the last state where it does not."""
        begun = time.monotonic()
        while time.monotonic() - begun < within:
            at, state = self.seen[-1] if self.seen else (0.0, None)
            if state is not None and at >= begun and wanted(state):
                return time.monotonic() - begun
            assert self.process.poll() is None, f"the agent at {self.room} ended"
            time.sleep(0.05)
        raise AssertionError(f"{self.room}: not within {within} s, last {brief(self.seen[-1][1])}")

    def since(self, at: float) -> list[tuple[float, State | None]]:
        return [one for one in self.seen if one[0] >= at]

    def _watch(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while not self._ended.wait(LOOK):
                try:
                    answer = session.get(f"http://127.0.0.1:{self.port}/state.json", timeout=5)
                    self.seen.append((time.monotonic(), answer.json()))
                except (requests.RequestException, ValueError):
                    self.seen.append((time.monotonic(), None))

    def close(self) -> None:
        self._ended.set()
        self._thread.join(10)
        if self.process.poll() is None:
            stop(self.process)
        self.proxy.close()


def brief(state: State | None) -> str:
    """A state in a line."""
    if state is None:
        return "no answer"
    return " ".join(f"{name}={state.get(name)}" for name in ("state", "sure", "online", "clock", "as_of", "reason"))


def live(word: str) -> Callable[[State], bool]:
    """It shows this state, and says that it knows."""
    return lambda it: (it["state"], it["sure"]) == (word, "live")


@dataclass
class Site:
    """The server, as it is reached without faults."""

    folder: Path
    port: int
    push_port: int
    engine: Engine
    process: subprocess.Popen[bytes]
    panels: list[Panel] = field(default_factory=list)

    def add(self, room: str, *, door_minutes: int = 0) -> Panel:
        """A panel at a new room, behind a proxy of its own; it owns so much of its time."""
        policy = Policy(door_minutes=door_minutes)
        there = Room(0, room, room.capitalize(), "Europe/Berlin", f"{room}@lintel.local", policy=policy)
        self.engine.rooms.add(there, CLI)
        _, key = self.engine.devices.add(f"Panel at {room}", CLI, rooms=(room,))
        proxy = Proxy(self.port, self.push_port)
        port, folder = free_port(), self.folder.parent / f"panel-{room}"
        process = start_panel(proxy.port, folder, port, key, room)
        self.panels.append(Panel(room, port, proxy, process, folder))
        return self.panels[-1]

    def book(self, room: str, *, minutes: int = 30) -> str:
        """From now on, by somebody at a desk; the booking's uid."""
        now = whole(self.engine.clock.now())
        ask = Ask((room,), now, now + timedelta(minutes=minutes), "Planning", "Maria Klein", "maria@example.com")
        return self.engine.bookings.book(ask, CLI).uid

    def cancel(self, uid: str) -> None:
        self.engine.bookings.cancel(uid, CLI)

    def close(self) -> None:
        with_threads = [threading.Thread(target=panel.close) for panel in self.panels]
        for each in with_threads:
            each.start()
        for each in with_threads:
            each.join(30)
        if self.process.poll() is None:
            stop(self.process)
        self.engine.store.close()


@contextmanager
def site(folder: Path, **settings: str) -> Iterator[Site]:
    """A server on SQLite. `settings` are LINTEL_ variables."""
    data = folder / "server"
    data.mkdir(parents=True)
    engine = compose.engine(load(data, environment={}).settings)
    port, push = free_port(), free_port()
    command = [sys.executable, "-m", "server", "serve", "--data", str(data), "--listen", f"127.0.0.1:{port}"]
    env = environment(
        LINTEL_PIN_CORE="-2",
        LINTEL_RATE="0",
        LINTEL_PUSH_LISTEN=f"127.0.0.1:{push}",
        LINTEL_PUSH_URL="/push",
        **settings,
    )
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    wait_for(f"http://127.0.0.1:{port}/readyz", process)
    it = Site(data, port, push, engine, process)
    try:
        yield it
    finally:
        it.close()
