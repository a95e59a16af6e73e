"""Which process does what by itself: leases that no wrong clock gives away.

Decisions:
- The time of day says nothing here. Whoever holds a lease counts its `beat` up; whoever wants it takes it over when the
  beat has stood still for `LEASE` by a clock of its own that never steps. The holder trusts in its lease for `LEASE`
  from before its last renewal began, by its own such clock, so it stops before anybody else starts, whatever the
  clocks on the walls do.
- A process can stand still (SIGSTOP, a paused machine) between looking at its lease and acting. So all that is written
  under a lease is fenced (store/fencing.py): in the same transaction its fence is looked at and kept from changing.
- One that stands still in the middle of a transaction keeps the lease's row locked; the database ends that after a
  minute, or whoever wants the lease has it ended (`end_silent`).
- A process that ends gives its leases up; one that dies is waited for. Where there can be one process only (SQLite),
  the one that starts takes over at once.
"""

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from server.core import clock as clocks
from server.core.clock import Clock, whole
from server.core.errors import Later
from server.store import work
from server.store.database import Store, Tx
from server.store.fencing import guarded
from server.store.work import Lease

LEASE = 30.0
"""Seconds for which a lease is good after it was last renewed."""
BEAT = 10.0
"""Seconds after which it is renewed."""


class Lost(Later):
    """Another process has the lease now; what was to be written is not."""

    def __init__(self, name: str) -> None:
        super().__init__(1)
        self.name = name


@dataclass(slots=True)
class _Seen:
    """A lease as it was first seen so, and when by the clock that never steps."""

    fence: int
    beat: int
    at: float


@dataclass(slots=True)
class Leases:
    """The leases of one process. `beat` is for one thread, the rest for any.

    `alone`: no other process can be at it, so what somebody left is taken over at the first beat.
    """

    store: Store
    clock: Clock
    holder: str
    alone: bool = False
    monotonic: Callable[[], float] = clocks.monotonic
    _seen: dict[str, _Seen] = field(default_factory=dict)
    _mine: dict[str, tuple[int, float]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _renewed: float = float("-inf")
    _fresh: bool = True

    def beat(self, names: Iterable[str]) -> int:
        """Renews what is ours of these and takes what nobody holds; how many are ours. Raises Later or Full.

        What is ours and not named is let run out.
        """
        begun, wanted = self.monotonic(), set(names)
        with self.store.reading() as tx:
            found = {it.name: it for it in work.leases(tx)}
        ours = {name for name, it in found.items() if name in wanted and it.holder == self.holder}
        free = [name for name in sorted(wanted - ours) if self._free(found.get(name), begun)]
        with self._guard:
            self._mine = {name: mine for name, mine in self._mine.items() if name in ours}
        if free or (ours and begun >= self._renewed + BEAT):
            held = self._held(ours, free, found)
            self._renewed = begun
            with self._guard:
                self._mine = {name: (fence, begun + LEASE) for name, fence in held.items()}
        self._fresh = False
        return sum(self.fence(name) is not None for name in wanted)

    def fence(self, name: str) -> int | None:
        """The fence of a lease that is ours; None where it is not, or not for sure."""
        with self._guard:
            fence, until = self._mine.get(name, (0, float("-inf")))
        return fence if self.monotonic() < until else None

    @contextmanager
    def under(self, name: str) -> Iterator[int]:
        """Whatever this thread writes inside is fenced by the lease; gives its fence. Raises Lost."""
        fence = self.fence(name)
        if fence is None:
            raise Lost(name)
        with guarded(lambda tx: check(tx, name, fence)):
            yield fence

    def give_up(self) -> None:
        """Lets go of all that is ours, for whoever wants it."""
        with self._guard:
            held, self._mine = bool(self._mine), {}
        if held:
            self.store.writing(lambda tx: work.give_up(tx, self.holder))

    def all(self) -> list[Lease]:
        """Who holds what, by name."""
        with self.store.reading() as tx:
            return work.leases(tx)

    def _free(self, it: Lease | None, now: float) -> bool:
        if it is None or not it.holder or (self.alone and self._fresh):
            return True
        seen = self._seen.get(it.name)
        if seen is None or (seen.fence, seen.beat) != (it.fence, it.beat):
            self._seen[it.name] = _Seen(it.fence, it.beat, now)
            return False
        return now >= seen.at + LEASE

    def _held(self, ours: set[str], free: list[str], found: dict[str, Lease]) -> dict[str, int]:
        try:
            return self.store.writing(lambda tx: self._write(tx, ours, free, found))
        except Later:
            if free:  # whoever had them may have stopped in the middle of writing
                self.store.writing(work.end_silent)
            raise

    def _write(self, tx: Tx, ours: set[str], free: list[str], found: dict[str, Lease]) -> dict[str, int]:
        now = whole(self.clock.now())
        held = work.renew(tx, self.holder, sorted(ours), now)
        for name in free:
            fence = work.take(tx, name, self.holder, found.get(name), now)
            if fence is not None:
                held[name] = fence
        return held


def check(tx: Tx, name: str, fence: int) -> None:
    """Raises Lost unless the lease still has this fence; until the transaction ends nobody can take it."""
    if not work.holds(tx, name, fence):
        raise Lost(name)


def holder(process: int) -> str:
    """A name for this life of a process: no other has it, here or on another machine."""
    return f"{process}-{secrets.token_hex(6)}"
