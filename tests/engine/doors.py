"""A panel that keeps what it owns as the protocol says, and answers while somebody waits for it."""

from types import TracebackType

from server.engine.granting import Holding, Owned, Says
from tests.make import House


class Door:
    """A panel of a room. It speaks only when told to (`say`), or whenever somebody waits, once it is `live`."""

    def __init__(self, house: House, room: str = "oak", *, live: bool = False) -> None:
        self.house, self.room = house, room
        self.device, _, self.actor = house.panel(room)
        self.life, self.owned = "", Owned(0, ())
        self.asked = 0
        self.say()
        self.say()
        if live:
            escrow = house.engine.escrow
            others = escrow.answered.doors if isinstance(escrow.answered, _Waiting) else ()
            object.__setattr__(escrow, "answered", _Waiting((*others, self)))

    def say(self) -> None:
        """Says what it holds, and takes what it is told."""
        held = Holding(self.room, self.life, self.owned.version)
        told = self.house.engine.escrow.ask(Says((held,)), self.actor)
        owned = told.grants[self.room]
        if told.incarnation != self.life or owned.version >= self.owned.version:
            self.life, self.owned = told.incarnation, owned

    def silent(self, seconds: float = 60) -> None:
        """Nobody hears of it for so long."""
        self.house.clock.forward(seconds=seconds)


class _Waiting:
    """What who waits for doors waits on: meanwhile they are told, and say that they have it."""

    def __init__(self, doors: tuple[Door, ...]) -> None:
        self.doors = doors

    def wait(self, timeout: float) -> bool:
        for door in self.doors:
            door.asked += 1
            door.say()
            door.say()
        return True

    def notify_all(self) -> None:
        """Nobody else waits."""

    def __enter__(self) -> "_Waiting":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing is held."""
