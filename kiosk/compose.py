"""Puts the agent together, starts it and ends it in order: the only place that knows all the parts.

Order of the start: lock the folder, clock, ledger and plan from the card, page, and only then the network. So the
glass has a state from the first request on, whatever the server does.
"""

import fcntl
import logging
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from random import SystemRandom
from threading import Event, Thread
from typing import Any

from kiosk.acts import Acts
from kiosk.alone import Alone
from kiosk.client import Client
from kiosk.clock import Clock, LinuxMachine, Machine
from kiosk.doors import Doors
from kiosk.given import look_of, told
from kiosk.glass import Glass
from kiosk.health import Health
from kiosk.heard import Heard, HeardFile
from kiosk.journal import Journal
from kiosk.ledger import Ledger
from kiosk.me import Me
from kiosk.member import Member, NoKey
from kiosk.nudges import Nudges
from kiosk.orders import Hands, Orders
from kiosk.panel import Panel
from kiosk.push import Push, Where, where
from kiosk.screen.app import make_app
from kiosk.screen.facts import Facts
from kiosk.screen.stream import Streams
from kiosk.settings import Settings
from kiosk.storage import Folder
from kiosk.sync import Hooks, Sync
from kiosk.upkeep import Upkeep
from kiosk.wanting import dark
from kiosk.word import Word

log = logging.getLogger(__name__)

TAP_READ, TAP_WHOLE = 2.0, 3.0  # seconds a tap waits for the server
GIVE_BACK = 2.0  # seconds of an orderly end for the time that is owned


class CannotStart(Exception):
    """In one sentence, for the person who starts it."""


class Agent:
    """One panel, that has a token or a card which was let in."""

    def __init__(
        self, settings: Settings, *, machine: Machine | None = None, log_text: Callable[[], str] = str
    ) -> None:
        """Everything up to a state from the card; nothing is sent yet. `log_text`: the last lines of the log.

        Raises CannotStart.
        """
        self._folder_lock = lock_folder(settings.data)
        machine = machine or LinuxMachine()
        file = HeardFile(settings.data, source=settings.server)
        heard = file.load()
        self.clock = Clock(machine, saved=heard.anchor if heard else None, at_least=heard.at_least if heard else 0.0)
        self.member = self._member(settings)
        self.settings = settings = self.member.settings
        self.facts = Facts(look_of(settings), self.member.who, elapsed=self.clock.elapsed)
        self.ledger = Ledger(settings.data)
        self.word = self._own_word()
        self.doors = self._open(heard)
        self.glass = Glass(self.clock.elapsed)
        self.upkeep = Upkeep(
            settings.data,
            clock=self.clock,
            glass=self.glass,
            plans=lambda: [door.panel.plan for door in self.doors.all()],
        )
        self.nudges = Nudges()
        self.again = Event()  # set where the agent is to end and to be started anew
        self.orders = Orders(settings.data, self._hands(log_text))
        self.acts = Acts(
            doors=self.doors,
            ledger=self.ledger,
            client=self._client(connect=TAP_READ, read=TAP_READ, whole=TAP_WHOLE),
            clock=self.clock,
            alone=Alone(word=self.word, clock=self.clock, wrote=self.upkeep.vitals.wrote),
            poke=self.nudges.feed,
        )
        self.push = Push(
            doors=self.doors,
            clock=self.clock,
            nudges=self.nudges,
            rng=SystemRandom(),
            session=self.member.session,
        )
        self.sync = self._in_step(file)
        self.streams = Streams(self.doors, self.facts, elapsed=self.clock.elapsed, now=self.clock.now)

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
        self.push.use(self._push(me, rooms))
        self.member.told(me)
        self.facts.become(who=self.member.who)

    def app(self, **more: Any) -> Any:
        """The local page."""
        app = make_app(
            doors=self.doors,
            perform=self.acts.perform,
            glass=self.glass,
            streams=self.streams,
            facts=self.facts,
            secret=secrets.token_urlsafe(32),
            port=self.settings.port,
            keeper=self.upkeep.keeping,
            **more,
        )
        app.add_url_rule("/settings.json", "settings", lambda: told(self.member.settings))
        return app

    def start(self) -> Thread:
        """Begin to talk to the server. Returns the thread that keeps the panel in step, for `stop`."""
        Thread(target=self.push.run, name="push", daemon=True).start()
        thread = Thread(target=self.sync.run, name="sync", daemon=True)
        thread.start()
        return thread

    def stop(self, thread: Thread | None = None, *, for_good: bool = True) -> None:
        """End in order: no more news, streams closed, the newest plan on the card. `for_good`: the program ends."""
        self.upkeep.stop(for_good=for_good)
        self.streams.stop()
        self.sync.stop()
        self.push.stop()
        if thread is not None:
            thread.join(timeout=2.0)
            if for_good and not thread.is_alive() and self.sync.heard:
                self._give_back()
        self.sync.keep(last=True)
        self.drop()
        log.info("agent ends=orderly")

    def _give_back(self) -> None:
        """Let the time that the doors own go back to the server; whoever ends does not wait long for that."""
        giving = Thread(target=self.sync.owning.give_back, name="give back", daemon=True)
        giving.start()
        giving.join(timeout=GIVE_BACK)

    def drop(self) -> None:
        """Give the folder back and write nothing more."""
        os.close(self._folder_lock)

    def _client(self, **limits: float) -> Client:
        settings = self.settings
        assert settings.token is not None
        session = self.member.session()
        return Client(settings.server, token=settings.token, elapsed=self.clock.elapsed, session=session, **limits)

    def _push(self, me: Me, rooms: Sequence[str]) -> Where | None:
        """Where the stream is; a token that is no device hears of one room."""
        assert self.settings.token is not None
        room = None if me.number else next(iter(rooms), None)
        return where(self.settings.server, me.push, token=self.settings.token, room=room)

    def _own_word(self) -> Word:
        """What the doors own and do by their own word; only panels that were let in have any."""
        settings = self.settings
        return Word(
            settings.data,
            Journal(Folder(settings.data)),
            source=settings.server,
            let_in=lambda: self.member.who.number > 0 and self.member.who.kind == "panel",
        )

    def _member(self, settings: Settings) -> Member:
        try:
            return Member(settings, clock=self.clock, changed=lambda others: self.facts.become(look=look_of(others)))
        except NoKey:
            self.drop()
            raise CannotStart("there is no token, and nobody has let this panel in") from None
        except OSError as error:
            self.drop()
            raise CannotStart(f"the certificates cannot be read: {error}") from None

    def _open(self, heard: Heard | None) -> Doors:
        """The doors with what the card knows of them."""
        settings = self.settings
        doors = Doors(
            folder=settings.data,
            source=settings.server,
            clock=self.clock,
            ledger=self.ledger,
            language=settings.language,
            heard=heard,
            word=self.word,
        )
        doors.set(self._first_rooms(tuple(heard.rooms) if heard else ()))
        return doors

    def _in_step(self, file: HeardFile) -> Sync:
        """What keeps the panel in step with the server."""
        return Sync(
            doors=self.doors,
            client=self._client(),
            file=file,
            clock=self.clock,
            acts=self.acts,
            word=self.word,
            health=Health(doors=self.doors, clock=self.clock, acts=self.acts, word=self.word, glass=self.glass),
            nudges=self.nudges,
            rng=SystemRandom(),
            hooks=Hooks(
                me=self.told,
                report=self.upkeep.report,
                orders=self.orders,
                known=self.member.known,
                pushed=self.push.heard,
                want=lambda door: not dark(door.panel.plan, self.member.settings.night, self.clock.now()),
            ),
        )

    def _first_rooms(self, heard: tuple[str, ...]) -> tuple[str, ...]:
        """Until the server says which: a device's from the card, else those that were asked for."""
        if self.member.card is not None:
            return self.member.card.rooms
        return self.settings.rooms or heard or ("",)

    def _hands(self, log_text: Callable[[], str]) -> Hands:
        """What does the orders."""
        keeping, reboots = self.upkeep.keeping, self.upkeep.reboots
        return Hands(
            identify=self.facts.identify,
            reload=self.facts.reload,
            log=log_text,
            restart=self.again.set,
            reboot=lambda: reboots.ask("order"),
            reboots=reboots.possible,
            keeper=keeping.there,
            screen=keeping.want,
            wake=self.nudges.wake,
        )


def lock_folder(folder: Path) -> int:
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
