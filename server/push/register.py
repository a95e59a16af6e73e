"""Who is on the line: by name, by room, by the moment of their beat; and who is not let in yet or on the way out."""

from collections.abc import Iterable, Mapping
from random import Random

from server.engine.pushing import Hearer
from server.push.line import Line, State


class Register:
    """All connections. For the hub's thread."""

    def __init__(self, slots: int, random: Random) -> None:
        self.passing: dict[Line, None] = {}
        """Those that are not held, the one that has been so for longest first (`since`)."""
        self.slots: tuple[set[Line], ...] = tuple(set() for _ in range(slots))
        self.count = 0
        self._random = random
        self._by_name: dict[str, list[Line]] = {}
        self._by_room: dict[int, set[Line]] = {}

    def passes(self, line: Line, now: float) -> None:
        """It is not held (any more)."""
        self.passing.pop(line, None)
        line.since = now
        self.passing[line] = None

    def forget(self, line: Line) -> None:
        self.passing.pop(line, None)

    def silent(self) -> Line:
        """Who has come and not said for longest what is wanted."""
        return next(line for line in self.passing if line.state is State.READING)

    def add(self, line: Line, hearer: Hearer) -> None:
        """It is held from now on."""
        self.passing.pop(line, None)
        line.hearer = hearer
        line.slot = self._random.randrange(len(self.slots))
        self.slots[line.slot].add(line)
        self._by_name.setdefault(hearer.actor.name, []).append(line)
        self._into(line, hearer.rooms)
        self.count += 1

    def remove(self, line: Line) -> None:
        """It is held no more; a line that is not held is no matter."""
        if line.hearer is None or line not in self.slots[line.slot]:
            return
        self.slots[line.slot].discard(line)
        name = line.hearer.actor.name
        mine = self._by_name[name]
        mine.remove(line)
        if not mine:
            del self._by_name[name]
        self._out_of(line, line.hearer.rooms)
        self.count -= 1

    def moved(self, line: Line, hearer: Hearer) -> None:
        """It hears of other rooms now."""
        if line.hearer is not None:
            self._out_of(line, line.hearer.rooms)
        self._into(line, hearer.rooms)
        line.hearer = hearer

    def named(self, name: str) -> tuple[Line, ...]:
        """The connections of a device or a token."""
        return tuple(self._by_name.get(name, ()))

    def of_room(self, number: int) -> Iterable[Line]:
        return self._by_room.get(number, ())

    def every(self) -> tuple[Line, ...]:
        """All that are held."""
        return tuple(line for slot in self.slots for line in slot)

    def _into(self, line: Line, rooms: Mapping[int, str]) -> None:
        for number in rooms:
            self._by_room.setdefault(number, set()).add(line)

    def _out_of(self, line: Line, rooms: Mapping[int, str]) -> None:
        for number in rooms:
            there = self._by_room.get(number, set())
            there.discard(line)
            if not there:
                self._by_room.pop(number, None)
