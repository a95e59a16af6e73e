"""One simulated house: a server, its rooms and doors, its people and its weather, all out of one seed.

A step is one thing that happens: a message arrives, a panel thinks, somebody taps or books, something breaks. After
every step the laws look at what changed. The same seed makes the same steps.
"""

import heapq
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from tests.sim import syncing
from tests.sim.card import Card, PowerCut
from tests.sim.database import Database, Device, Room
from tests.sim.door import Door, Unit
from tests.sim.laws import Laws
from tests.sim.network import SERVER, Message, Network, Weather
from tests.sim.plans import snapshot
from tests.sim.server import Answer
from tests.sim.taking import Taking

BEGAN = 1_790_000_000
EVERY = 400
"""Steps after which everything is checked from nothing."""
GAPS = (0,) * 1_400 + (1, 2, 3, 5) * 10 + (10, 20, 30, 60) * 2 + (300, 900, 2_700)
"""Seconds between two steps."""


class World:
    """See the module. `step` does one thing; `settle` heals everything and looks at what came of it."""

    def __init__(self, seed: int) -> None:
        self.seed, self.rng = seed, Random(seed)
        self.counts: Counter[str] = Counter()
        self.laws = Laws(self.counts)
        rng = self.rng
        self.now, self.steps = BEGAN + rng.randrange(86_400), 0
        bad = rng.choice((0.2, 0.5, 1.0, 2.0, 5.0))
        weather = Weather(0.04 * bad, 0.03 * bad, 0.02 * bad)
        self.net = Network(rng, weather, self.counts)
        windows = (7_200, 7_200, 1_800, 3_600, 14_400, 36_000)
        rooms = [Room(window=rng.choice(windows), gap=rng.choice((0, 0, 300))) for _ in range(rng.randrange(2, 7))]
        self.server = Taking(Database(self.life(), rooms), self.laws)
        self.laws.server = self.server
        self.laws.lives.add(self.server.db.incarnation)
        self.units: list[Unit] = []
        self.laws.units = self.units
        for number in range(len(rooms)):
            self.panel(frozenset({number}))
        self.panel(frozenset({rng.randrange(len(rooms))}))
        self.panel(frozenset(rng.sample(range(len(rooms)), 2)))
        self.backups: list[Database] = []
        self.waiting: list[Any] = []
        """Bookings by phone that wait for a door (people.Wanted); gone with the server's process."""
        self.refused: set[str] = set()
        """Acts whose refusal was heard. No copy of one is carried out later: a request is sent again only where the
        connection of the one before was lost, and both are served in the same moment."""
        self.falls = 0.01
        """How often the server falls over between its commit and its answer."""
        self.later: list[tuple[int, int, Callable[[], None]]] = []
        self.order = 0

    def life(self) -> str:
        """The name of another life of the database."""
        return f"life-{self.rng.getrandbits(40):010x}"

    # The cast

    def panel(self, rooms: frozenset[int], unit: Unit | None = None) -> None:
        """A device is paired; on a unit that is there, or on a new one."""
        device = self.server.draw()
        self.server.db.devices[device] = Device("good", rooms)
        doors = {number: Door() for number in sorted(rooms)}
        if unit is None:
            card = Card(self.rng, self.counts)
            unit = Unit(len(self.units), self.rng, self.laws, self.counts, card, device, doors, time=self.now)
            unit.started(self.now)
            self.units.append(unit)
        else:
            unit.device, unit.doors, unit.barred = device, doors, False
            unit.loaded()

    # Time

    def at(self, when: int, do: Callable[[], None]) -> None:
        self.order += 1
        heapq.heappush(self.later, (when, self.order, do))

    def turn(self, seconds: int) -> None:
        """The clock goes on."""
        self.now += seconds
        self.server.now = self.now
        for unit in self.units:
            unit.time = self.now
        if seconds:
            self.net.due(self.now)
            while self.later and self.later[0][0] <= self.now:
                heapq.heappop(self.later)[2]()

    def step(self, act: Callable[[], None]) -> None:
        """One thing happens, and the laws look at it."""
        self.turn(self.rng.choice(GAPS))
        if self.server.signals:
            self.rung()
        act()
        self.steps += 1
        self.laws.after_step()
        if self.steps % EVERY == 0:
            self.laws.everything()

    # Messages

    def rung(self) -> None:
        """The push tells devices that somebody waits; a push may be lost."""
        signals, self.server.signals = self.server.signals, []
        for unit in self.units:
            if unit.on and unit.device in signals and unit.number not in self.net.cut and self.rng.random() < 0.8:
                unit.hurry = True
                self.think(unit)

    def deliver(self) -> None:
        message = self.net.take()
        if message is None:
            return
        if message[0] == SERVER:
            self.served(message)
        else:
            self.heard(message)

    def served(self, message: Message) -> None:
        """A request reaches the server, which may fall over between its commit and its answer."""
        _, number, kind, request, (device, said) = message
        if kind == "act" and said[0] in self.refused:
            return
        row = self.server.db.devices.get(device)
        if row is None or row.state == "revoked":
            answer: Answer = ("unnamed", self.now, None)
        elif row.state == "quarantined" and kind not in ("journal", "beat", "grants", "attest", "plan", "torn"):
            answer = ("quarantined", self.now, None)
        else:
            answer = ("quarantined" if row.state == "quarantined" else "ok", self.now, self.worked(device, kind, said))
        if self.rng.random() < self.falls:
            self.counts["server fell after commit"] += 1
            self.waiting.clear()
            return
        self.net.send(self.now, (number, number, kind, request, answer))

    def worked(self, device: int, kind: str, said: Any) -> Any:
        server, db = self.server, self.server.db
        if kind == "act":
            return server.act(device, *said)
        if kind == "attest":
            room, incarnation, rows = said
            return (server.attest(device, incarnation, room, rows), room, incarnation)
        if kind == "journal":
            return server.bring(device, said)
        if kind == "torn":
            server.torn(device, said[1])
            return said[0]
        if kind == "plan":
            return said, snapshot(db.incarnation, said, db.rooms[said], device, self.now)
        if kind == "grants":
            return server.ask(device, *said)
        return db.incarnation, {it: (db.rooms[it].seq, self._version(device, it)) for it in said}

    def _version(self, device: int, room: int) -> int:
        grant = self.server.db.rooms[room].grants.get(device)
        return grant.version if grant else -1

    def heard(self, message: Message) -> None:
        """An answer reaches a unit."""
        _, number, kind, request, answer = message
        unit = self.units[number]
        if not unit.on:
            return
        with self.powered(unit):
            if kind == "act":
                if answer[2] is not None and answer[2][0] == "refused":
                    self.refused.add(request[0])
                if answer[2] is not None and syncing.act_answered(unit, *request, answer[2][:-1]):
                    self.laws.acknowledged(answer[2][-1])
            else:
                syncing.answered(unit, kind, request, answer)

    def think(self, unit: Unit) -> None:
        """A panel looks at what there is to say."""
        if not unit.on or unit.device is None:
            return
        with self.powered(unit):
            if unit.tapped is not None and unit.tapped.until <= self.now:
                unit.decide()
            if unit.ledger and unit.tapped is None:
                self.ask(unit, *next(iter(unit.ledger.items())))
            asks = syncing.request(unit)
            if asks is not None:
                kind, said = asks
                self.send(unit, kind, syncing.asked(unit, kind), said)

    def ask(self, unit: Unit, op: str, body: dict[str, Any]) -> None:
        """Sends an act."""
        door = unit.doors.get(body["room"])
        self.send(unit, "act", (op, door.life if door else ""), (op, body))

    def send(self, unit: Unit, kind: Any, request: Any, said: Any) -> None:
        self.net.send(self.now, (SERVER, unit.number, kind, request, (unit.device, said)))

    def powered(self, unit: Unit) -> "Powered":
        return Powered(self, unit)


class Powered:
    """Where the power may go in the middle of what a unit does."""

    def __init__(self, world: World, unit: Unit) -> None:
        self._world, self._unit = world, unit

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, PowerCut):
            return False
        self._world.counts["power cuts in a write"] += 1
        self._unit.crashed()
        return True
