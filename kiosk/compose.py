"""Puts the agent together, starts it and ends it in order: the only place that knows all the parts.

Order of the start: lock the folder, clock, ledger and plan from the card, page, and only then the network. So the
glass has a state from the first request on, whatever the server does.
"""

import fcntl
import logging
import os
import secrets
import signal
from pathlib import Path
from random import SystemRandom
from threading import Thread
from types import FrameType
from typing import Any

from waitress.server import create_server

from kiosk.acts import Acts
from kiosk.client import Client
from kiosk.clock import Clock, LinuxMachine, Machine
from kiosk.doors import Doors
from kiosk.glass import Glass
from kiosk.health import Health
from kiosk.heard import HeardFile
from kiosk.ledger import Ledger
from kiosk.me import Me
from kiosk.nudges import Nudges
from kiosk.panel import Panel
from kiosk.screen.app import make_app
from kiosk.screen.facts import Facts, Look
from kiosk.screen.stream import Streams
from kiosk.settings import Settings, around
from kiosk.sync import Hooks, Sync
from kiosk.upkeep import Upkeep

log = logging.getLogger(__name__)

THREADS = 6  # of the page: three streams, and three for everything else
LARGEST = 2 * 1024 * 1024  # bytes of a request: the keeper brings a picture, all others are far smaller
TAP_READ, TAP_WHOLE = 2.0, 3.0  # seconds a tap waits for the server


class CannotStart(Exception):
    """In one sentence, for the person who starts it."""


class Agent:
    """One panel: `settings.token` is set."""

    def __init__(self, settings: Settings, *, machine: Machine | None = None) -> None:
        """Everything up to a state from the card; nothing is sent yet. Raises CannotStart."""
        self.settings = settings
        self._folder_lock = _lock(settings.data)
        machine = machine or LinuxMachine()
        file = HeardFile(settings.data, source=settings.server)
        heard = file.load()
        self.clock = Clock(machine, saved=heard.anchor if heard else None, at_least=heard.at_least if heard else 0.0)
        self.ledger = Ledger(settings.data)
        self.doors = Doors(
            folder=settings.data,
            source=settings.server,
            clock=self.clock,
            ledger=self.ledger,
            language=settings.language,
            heard=heard,
        )
        self.doors.set(settings.rooms or (tuple(heard.rooms) if heard else ()) or ("",))
        self.glass = Glass(self.clock.elapsed)
        self.upkeep = Upkeep(
            settings.data,
            clock=self.clock,
            glass=self.glass,
            plans=lambda: [door.panel.plan for door in self.doors.all()],
        )
        self.nudges = Nudges()
        self.acts = Acts(
            doors=self.doors,
            ledger=self.ledger,
            client=self._client(connect=TAP_READ, read=TAP_READ, whole=TAP_WHOLE),
            clock=self.clock,
            poke=self.nudges.feed,
        )
        self.sync = Sync(
            doors=self.doors,
            client=self._client(),
            file=file,
            clock=self.clock,
            acts=self.acts,
            health=Health(doors=self.doors, clock=self.clock, acts=self.acts, glass=self.glass),
            nudges=self.nudges,
            rng=SystemRandom(),
            hooks=Hooks(me=self.told, report=self.upkeep.report),
        )
        look = Look(settings.language, settings.density, settings.theme)
        self.facts = Facts(look, elapsed=self.clock.elapsed)
        self.streams = Streams(self.doors, elapsed=self.clock.elapsed, now=self.clock.now)

    @property
    def panel(self) -> Panel:
        """The first door's, for those who know of one only."""
        door = self.doors.one()
        assert door is not None
        return door.panel

    def told(self, me: Me) -> None:
        """The server says who we are. A device has the rooms it is given, a bare token those it was started with."""
        rooms = me.rooms if me.number or not self.settings.rooms else self.settings.rooms
        if rooms or me.number:
            self.doors.set(rooms)
        self.doors.quarantine(me.state == "quarantined")

    def app(self, **more: Any) -> Any:
        """The local page."""
        settings = self.settings
        return make_app(
            doors=self.doors,
            perform=self.acts.perform,
            glass=self.glass,
            streams=self.streams,
            facts=self.facts,
            secret=secrets.token_urlsafe(32),
            port=settings.port,
            keeper=self.upkeep.keeping,
            **more,
        )

    def serve(self, **more: Any) -> None:
        """Run until SIGTERM or SIGINT, then write down what is new. Raises CannotStart."""
        settings = self.settings
        try:
            server = create_server(
                self.app(**more),
                host=settings.host,
                port=settings.port,
                threads=THREADS,
                connection_limit=50,
                asyncore_use_poll=True,
                max_request_body_size=LARGEST,
                # Read on while a stream is served, or nobody notices that the browser is gone.
                channel_request_lookahead=1,
                ident=None,
            )
        except OSError as error:
            raise CannotStart(f"{settings.host}:{settings.port} cannot be used: {error.strerror}") from None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        thread = Thread(target=self.sync.run, name="sync", daemon=True)
        thread.start()
        self.upkeep.watch(around(), host=settings.host, port=settings.port, lived=lambda: self.sync.lived)
        log.info("agent listens=%s:%d rooms=%s", settings.host, settings.port, " ".join(settings.rooms))
        try:
            server.run()
        finally:
            self.stop(thread)
            server.close()

    def _end(self, number: int, frame: FrameType | None) -> None:
        self.streams.stop()
        raise SystemExit(0)

    def stop(self, thread: Thread | None = None) -> None:
        """End in order: no more news, streams closed, the newest plan on the card."""
        self.upkeep.stop()
        self.streams.stop()
        self.sync.stop()
        if thread is not None:
            thread.join(timeout=2.0)
        self.sync.keep(last=True)
        self.drop()
        log.info("agent ends=orderly")

    def drop(self) -> None:
        """Give the folder back and write nothing more."""
        os.close(self._folder_lock)

    def _client(self, **limits: float) -> Client:
        settings = self.settings
        if settings.token is None:
            raise CannotStart("there is no token")
        return Client(
            settings.server,
            token=settings.token,
            elapsed=self.clock.elapsed,
            ca_file=settings.ca_file,
            **limits,
        )


def _lock(folder: Path) -> int:
    """Two agents in one folder would write over each other. Held until the process ends. Raises CannotStart."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(f"{folder} cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise CannotStart(f"another panel is running in {folder}") from None
    return handle
