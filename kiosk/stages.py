"""What this program is just now: a new panel that asks to be let in, or the panel of its doors; and how it changes.

One process and one listening port all the time: the page only finds that another one answers in its place. Order of
the start: the first stage from the card, then the port, and only then the network.
"""

import logging
import os
import secrets
import signal
from collections.abc import Callable
from random import SystemRandom
from threading import Event, Thread
from types import FrameType
from typing import Any, Protocol

from waitress.server import create_server

from kiosk.card import Cards
from kiosk.clock import Clock, LinuxMachine, Machine
from kiosk.compose import Agent, CannotStart, lock_folder
from kiosk.excerpt import Excerpt
from kiosk.given import GivenFile, look_of
from kiosk.glass import Glass
from kiosk.health import program_version
from kiosk.identity import model, serial
from kiosk.pairing import Calls, Pairing, Told
from kiosk.screen.pairing import make_pairing_app
from kiosk.settings import Settings, around
from kiosk.upkeep import Upkeep

log = logging.getLogger(__name__)

THREADS = 6  # of the page: three streams, and three for everything else
LARGEST = 2 * 1024 * 1024  # bytes of a request: the keeper brings a picture, all others are far smaller
LOOK = 0.25  # seconds between two looks at what became of the panel
PROVE = 3600.0  # seconds between two looks whether old authorities can go
AGAIN = 75  # the exit code on which systemd starts the agent again

Wsgi = Callable[[Any, Any], Any]


class Stage(Protocol):
    """`app` is its page."""

    app: Wsgi

    def run(self, stopping: Event) -> int | None:
        """Until it is over, or `stopping`. An exit code, or None for the next stage."""

    def end(self, *, for_good: bool) -> None:
        """Once, in whatever state."""


class Door:
    """The panel of its rooms."""

    def __init__(self, settings: Settings, *, excerpt: Excerpt, machine: Machine) -> None:
        self._agent = Agent(settings, machine=machine, log_text=excerpt.text)
        self._settings = settings
        self._elapsed = machine.boottime
        self.app: Wsgi = self._agent.app()
        self._thread: Thread | None = None

    def run(self, stopping: Event) -> int | None:
        agent, settings = self._agent, self._settings
        self._thread = agent.start()
        agent.upkeep.watch(around(), host=settings.host, port=settings.port, lived=lambda: agent.sync.lived)
        log.info("agent rooms=%s", " ".join(door.id for door in agent.doors.all()))
        proved = self._elapsed()
        while not stopping.wait(LOOK):
            if agent.again.is_set():
                return AGAIN
            if agent.member.revoked:
                return None
            if self._elapsed() - proved >= PROVE:
                agent.member.prove()
                proved = self._elapsed()
        return 0

    def end(self, *, for_good: bool) -> None:
        revoked = self._agent.member.revoked
        self._agent.stop(self._thread, for_good=for_good)
        if revoked:
            log.warning("agent revoked=yes")
            Cards(self._settings.data).forget(revoked=True)


class Newcomer:
    """A panel that nobody has let in yet."""

    def __init__(self, settings: Settings, *, machine: Machine) -> None:
        self._settings, self._lock = settings, lock_folder(settings.data)
        clock = Clock(machine)
        glass = Glass(clock.elapsed)
        self._upkeep = Upkeep(settings.data, clock=clock, glass=glass, plans=list)
        cards = Cards(settings.data)
        self._pairing = Pairing(
            server=settings.server,
            cards=cards,
            told=Told(settings.serial or serial(), model(), program_version()),
            calls=Calls(settings.server, ca_file=settings.ca_file),
            elapsed=clock.elapsed,
            rng=SystemRandom(),
            enrolment=None if cards.revoked else settings.enrolment,
        )
        self.app: Wsgi = make_pairing_app(
            shown=lambda: self._pairing.shown,
            size=self._pairing.glass,
            glass=glass,
            look=look_of(GivenFile(settings.data, settings).settings),
            secret=secrets.token_urlsafe(32),
            port=settings.port,
            keeper=self._upkeep.keeping,
        )

    def run(self, stopping: Event) -> int | None:
        settings, pairing = self._settings, self._pairing
        self._upkeep.watch(around(), host=settings.host, port=settings.port, lived=lambda: pairing.lived)
        log.info("agent pairs=yes")
        return None if pairing.run(stopping) else 0

    def end(self, *, for_good: bool) -> None:
        self._upkeep.stop(for_good=for_good)
        os.close(self._lock)


class Program:
    """All of it, from the first stage to the exit code."""

    def __init__(self, settings: Settings, *, excerpt: Excerpt, machine: Machine | None = None) -> None:
        """The first stage, from the card. Raises CannotStart."""
        self._settings, self._excerpt, self._machine = settings, excerpt, machine or LinuxMachine()
        self._stopping = Event()
        self._code = 0
        self._stage = self._next()

    def serve(self) -> int:
        """Run until SIGTERM or SIGINT, or until the agent is to be started again. Raises CannotStart."""
        settings = self._settings
        try:
            server = create_server(
                lambda environ, start: self._stage.app(environ, start),
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
        live = Thread(target=self._live, name="stages", daemon=True)
        live.start()
        log.info("agent listens=%s:%d", settings.host, settings.port)
        try:
            server.run()
        finally:
            self._stopping.set()
            live.join(timeout=5.0)
            server.close()
        return self._code

    def _live(self) -> None:
        """One stage after the other."""
        code: int | None = None
        try:
            while code is None:
                code = self._stage.run(self._stopping)
                self._stage.end(for_good=code is not None)
                if code is None:
                    self._stage = self._next()
        except Exception:
            log.exception("stages fault=yes")
            code = AGAIN
        self._code = code
        if not self._stopping.is_set():
            os.kill(os.getpid(), signal.SIGTERM)

    def _next(self) -> Stage:
        card = Cards(self._settings.data).load()
        if self._settings.token is not None or (card is not None and card.let_in):
            return Door(self._settings, excerpt=self._excerpt, machine=self._machine)
        return Newcomer(self._settings, machine=self._machine)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()
        raise SystemExit(0)
