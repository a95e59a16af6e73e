"""What breaks in the simulated house: networks, power, cards, clocks, devices, and the server's memory."""

from tests.sim.door import Unit
from tests.sim.world import World


class Faults:
    """Each of them happens to a unit, or to the server, at any moment."""

    def __init__(self, world: World) -> None:
        self.world, self.rng, self.counts = world, world.rng, world.counts

    def _unit(self) -> Unit:
        return self.rng.choice(self.world.units)

    # Network

    def part(self) -> None:
        """One door is cut off for a while."""
        unit, world = self._unit(), self.world
        self.counts["partitions"] += 1
        world.net.cut.add(unit.number)
        wait = self.rng.choice((10, 60, 600, 3_600, 7_200, 20_000))
        world.at(world.now + self.rng.randrange(1, wait), lambda: world.net.cut.discard(unit.number))

    def swizzle(self) -> None:
        """All are cut off one after the other, and come back in another order."""
        world, rng = self.world, self.rng
        self.counts["swizzles"] += 1
        for unit in rng.sample(world.units, len(world.units)):
            begun = world.now + rng.randrange(600)
            world.at(begun, lambda it=unit.number: world.net.cut.add(it))
            world.at(begun + rng.randrange(1, 5_000), lambda it=unit.number: world.net.cut.discard(it))

    def jam(self) -> None:
        """Something between a door and the server lets all through but one kind of message."""
        world = self.world
        jammed = self._unit().number, self.rng.choice(("journal", "journal", "grants", "plan", "act", "attest"))
        world.net.jammed.add(jammed)
        world.at(world.now + self.rng.randrange(1, 4_000), lambda: world.net.jammed.discard(jammed))

    # Power and cards

    def cut(self) -> None:
        """The power of a unit goes between two writes."""
        unit = self._unit()
        if unit.on:
            self.counts["power cuts"] += 1
            unit.crashed()

    def power(self) -> None:
        for unit in self.world.units:
            if not unit.on and self.rng.random() < 0.5:
                with self.world.powered(unit):
                    unit.started(self.world.now)

    def restart(self) -> None:
        """The agent alone: the same boot, and what was written without a sync is still there."""
        unit = self._unit()
        if unit.on:
            self.counts["agents restarted"] += 1
            with self.world.powered(unit):
                unit.loaded()

    def shaky(self) -> None:
        """From now on, and for a while, the power of a unit may go in the middle of a write."""
        unit = self._unit()
        unit.card.cut_chance = self.rng.choice((0.05, 0.2))
        self.world.at(self.world.now + 3_000, lambda: setattr(unit.card, "cut_chance", 0.0))

    def full(self) -> None:
        """A card takes nothing any more, for a while."""
        unit = self._unit()
        self.counts["cards full"] += 1
        unit.card.full = True
        self.world.at(self.world.now + self.rng.randrange(1, 4_000), lambda: setattr(unit.card, "full", False))

    def clock(self) -> None:
        """What a unit takes for the time jumps, and it does not know."""
        unit = self._unit()
        self.counts["clock jumps"] += 1
        unit.offset += self.rng.choice((-5, 5, -600, 400, -7_200, 3_000, 86_400, -86_400 * 700, 86_400 * 400))

    def lost_plan(self) -> None:
        """The file with the plan, or the one with the grant, cannot be read any more."""
        unit = self._unit()
        if unit.doors and unit.on:
            room = self.rng.choice(list(unit.doors))
            unit.card.drop(f"{self.rng.choice(('plan', 'grant'))} {room}")
            with self.world.powered(unit):
                unit.loaded()

    # Devices

    def swap(self) -> None:
        """A panel is broken, and another one comes to its doors; the old one may be heard of again much later."""
        world, unit = self.world, self._unit()
        row = world.server.db.devices.get(unit.device or 0)
        if row is None or row.state != "good" or len(world.units) > 14:
            return
        self.counts["swaps"] += 1
        world.server.revoke(unit.device or 0)
        world.panel(row.rooms)

    def pair(self) -> None:
        """A unit that nobody knows any more is paired again, with its card as it is."""
        world = self.world
        for unit in world.units:
            if unit.device is None and unit.on and self.rng.random() < 0.5:
                self.counts["paired again"] += 1
                world.panel(frozenset({self.rng.randrange(len(world.server.db.rooms))}), unit)

    def clone(self) -> None:
        """Somebody copies a card into another unit: two with one identity."""
        world, unit = self.world, self._unit()
        if unit.device is None or len(world.units) > 12:
            return
        self.counts["clones"] += 1
        card = unit.card.copied()
        other = Unit(len(world.units), self.rng, world.laws, self.counts, card, unit.device, {}, time=world.now)
        other.doors = {number: type(door)() for number, door in unit.doors.items()}
        other.started(world.now)
        unit.tainted = other.tainted = True
        world.laws.copied(unit.device)
        world.units.append(other)

    def reassign(self) -> None:
        """Staff put a device at another room."""
        world, unit = self.world, self._unit()
        row = world.server.db.devices.get(unit.device or 0)
        if row is None or row.state != "good":
            return
        self.counts["reassigned"] += 1
        row.rooms = frozenset({self.rng.randrange(len(world.server.db.rooms))})

    def night(self) -> None:
        """A panel gives its time back, and takes some again later."""
        unit = self._unit()
        self.counts["given back"] += 1
        unit.give_back = unit.hurry = True
        self.world.at(self.world.now + self.rng.randrange(1, 9_000), lambda: setattr(unit, "give_back", False))

    # The server

    def back_up(self) -> None:
        self.world.backups = [*self.world.backups[-2:], self.world.server.db.copy()]

    def restore(self) -> None:
        """An older state is put back in place."""
        world = self.world
        if world.backups:
            self.counts["restores"] += 1
            world.server.restored(self.rng.choice(world.backups), world.life())
            world.waiting.clear()


def quiet(world: World) -> None:
    """Everything is mended: the network, the power, the cards, who nobody knows."""
    world.net.heal()
    world.falls = 0.0
    world.later.clear()
    for unit in world.units:
        unit.card.full, unit.card.cut_chance, unit.give_back = False, 0.0, False
        if not unit.on:
            unit.started(world.now)
