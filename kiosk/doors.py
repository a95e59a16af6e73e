"""The doors of this agent: each one room's panel with its plan on the card, in the order the glass shows them.

Decisions:
- One agent serves several rooms, with one ledger, one clock, one link; what is of one room alone is its `Door`.
- Which rooms may change while it runs (`Doors.set`). A room taken away is gone from the glass at once; its plan leaves
  the card as soon as nothing that was done there is owed any more.
- A panel that was not told its room has one door without a name, until the server says whose it is.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from kiosk.bell import Bell
from kiosk.budget import Budget
from kiosk.cache import Cache, forget_plans
from kiosk.clock import Clock
from kiosk.heard import Heard, Known
from kiosk.ledger import Ledger, LedgerView
from kiosk.panel import Panel
from kiosk.view import View
from kiosk.word import OwnWord


class Door:
    """One room. `room` is "" while nobody has said which."""

    def __init__(self, room: str, *, panel: Panel, cache: Cache, owed: LedgerView) -> None:
        self.room, self.panel, self.cache = room, panel, cache
        self._owed = owed
        self.asked = False  # a snapshot was taken since the start: what is on the card may be for another key's eyes
        self.whatever = False  # the server called our cursor useless: its next snapshot counts, whatever its number

    @property
    def id(self) -> str:
        """The room's id, also where only the plan knows it."""
        return self.room or (self.panel.plan.room.id if self.panel.plan else "")

    @property
    def follows(self) -> bool:
        """Whether a word that nothing is new makes the plan the newest."""
        return self.asked and not self.whatever

    def rename(self, room: str, cache: Cache) -> None:
        """Now it is known which room this is."""
        self.room, self._owed.room, self.cache = room, room, cache

    def restore(self, heard: Heard | None) -> int | None:
        """Take the plan from the card. Returns when it was last known to be right."""
        found = self.cache.load_plan()
        if found is None:
            return None
        plan, as_of = found
        known = heard.rooms.get(plan.room.id) if heard else None
        if known and (known.incarnation, known.seq) == (plan.incarnation, plan.seq):
            as_of = known.as_of
        self.panel.restore(plan, as_of=as_of)
        return as_of

    def known(self) -> Known | None:
        """When which plan was last known to be right, for the card."""
        plan = self.panel.plan
        return Known(self.panel.as_of, plan.incarnation, plan.seq) if plan else None

    def keep(self, *, elapsed: float, now: bool) -> None:
        """Write the plan down if it changed and it is time, or `now`."""
        plan = self.panel.plan
        if plan is not None:
            self.cache.keep_plan(plan, as_of=self.panel.as_of, elapsed=elapsed, now=now)


class Doors:
    """In order. Safe to read from several threads; `set` and `tidy` are for one."""

    def __init__(
        self,
        *,
        folder: Path,
        source: str,
        clock: Clock,
        ledger: Ledger,
        language: str,
        heard: Heard | None,
        word: OwnWord | None = None,
    ) -> None:
        """`source` names the server: the plans of another one are not ours to show."""
        self.bell = Bell()
        self._folder, self._source, self._heard = folder, source, heard
        self._clock, self._ledger, self._language, self._word = clock, ledger, language, word
        self._budget = Budget()
        self._doors: tuple[Door, ...] = ()
        self._untidy = False
        self._quarantined = False
        self._nobody = self._make("", restore=False)

    def all(self) -> tuple[Door, ...]:
        return self._doors

    def one(self, room: str | None = None) -> Door | None:
        """The door of that room; without a room the first. None where there is no such door."""
        if room is None:
            return self._doors[0] if self._doors else None
        return next((door for door in self._doors if room in (door.room, door.id)), None)

    def view(self, room: str | None = None) -> View | None:
        """What the glass shows for one room, or for the first; None where that room is not ours.

        A panel that has no room yet shows that nothing is known.
        """
        door = self.one(room)
        if door is None:
            return self._nobody.panel.view() if room is None else None
        return door.panel.view()

    def views(self) -> list[View]:
        """All of them, in order."""
        return [door.panel.view() for door in self._doors]

    def live(self) -> bool:
        """Whether every door is confirmed by the server."""
        return all(door.panel.live() for door in self._doors)

    def wait(self, edition: int, *, timeout: float) -> int:
        """Return when something changed at any door since `edition`, or after `timeout` seconds; the edition now."""
        return self.bell.wait(edition, timeout=timeout)

    def set(self, rooms: Sequence[str]) -> None:
        """These rooms from now on, in this order; what is known of those that stay, stays."""
        if tuple(rooms) == tuple(door.room for door in self._doors):
            return
        doors = tuple(self._kept(room) or self._make(room) for room in rooms)
        with self.bell.changed:
            self._doors, self._untidy = doors, True
            self.bell.ring()

    def quarantine(self, on: bool) -> None:
        """Another device speaks with our key: what is shown stays, nothing can be done."""
        self._quarantined = on
        for door in (*self._doors, self._nobody):
            door.panel.quarantine(on)

    def deny(self) -> None:
        """The server refuses this panel."""
        for door in self._doors:
            door.panel.deny()

    def known(self) -> dict[str, Known]:
        """Of every room with a plan, when it was last known to be right."""
        return {door.id: known for door in self._doors if (known := door.known())}

    def keep(self, *, elapsed: float, last: bool) -> None:
        """Write down the plans that changed: when it is time, at once with the server gone or at the `last` chance."""
        for door in self._doors:
            door.keep(elapsed=elapsed, now=last or not door.panel.live())

    def tidy(self, owed: Collection[str]) -> None:
        """Delete the plans of rooms that are no longer ours, once nothing of theirs is in `owed`."""
        if self._untidy:
            rooms = {door.room for door in self._doors} | set(owed)
            self._untidy = bool(set(owed) - {door.room for door in self._doors})
            forget_plans(self._folder, rooms)

    def _kept(self, room: str) -> Door | None:
        door = self.one(room)
        if door is not None and door.room != room:
            # The one without a name: now it has one, and its plan a file of that name.
            door.rename(room, self._cache(room))
        return door

    def _make(self, room: str, *, restore: bool = True) -> Door:
        owed = LedgerView(self._ledger, room)
        panel = Panel(clock=self._clock, ledger=owed, language=self._language, bell=self.bell, word=self._word)
        panel.quarantine(self._quarantined)
        door = Door(room, panel=panel, cache=self._cache(room), owed=owed)
        as_of = door.restore(self._heard) if restore else None
        if as_of is not None:
            self._clock.not_before(as_of)
        return door

    def _cache(self, room: str) -> Cache:
        return Cache(self._folder, room=room, source=self._source, budget=self._budget)
