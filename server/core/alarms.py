"""Whom to tell of which tickets now: grouped, after a while, not at night, and once.

Decisions:
- What opens on one floor (or in a place that is on none) in one category while the first of it waits for its delay is
  told together. What quiet hours held back is told in one letter at their end, whatever it is of.
- A receiver hears of one subject at most once an hour that something is wrong. That all is well is told once, when
  everything that one letter told of has been closed for ten minutes; what flaps faster than that is one alarm.
- Here is only what is due. That of two processes one does it is up to store/tellings.py.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.core.house import HouseMap
from server.core.places import HOUSE
from server.core.tickets import CALM, PAUSE, URGENT, Quiet, Receiver, Ticket, nearest, quiet_of

OPENED, CLOSED = "opened", "closed"


@dataclass(frozen=True, slots=True)
class Telling:
    """When a receiver was told that a ticket was opened, in which letter, and that it was closed (None: not yet)."""

    ticket: int
    receiver: int
    opened_at: datetime
    closed_at: datetime | None
    letter: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """What a receiver is to be told at once: that these tickets were opened, or that they are closed."""

    receiver: Receiver
    what: str
    tickets: tuple[Ticket, ...]
    zone: str


@dataclass(frozen=True, slots=True)
class Scene:
    """All that this is decided by. `tickets`: those that are open, and those that `told` names, by number.

    `lately`: when a receiver was told last of a category and subject. `zones` of rooms by number, `usual` that of most.
    """

    now: datetime
    house: HouseMap
    receivers: Sequence[Receiver]
    tickets: Mapping[int, Ticket]
    told: Sequence[Telling]
    lately: Mapping[tuple[int, str, str], datetime]
    zones: Mapping[int, str]
    usual: str

    def zone(self, receiver: Receiver, ticket: Ticket) -> str:
        """By which clock a receiver's quiet hours go: that of its place, else of what it is told of."""
        for place in (*self.house.path(receiver.place), *self.house.path(ticket.place)):
            if zone := self.house.places[place].zone:
                return zone
        return self.zones.get(ticket.room or 0) or self.usual


@dataclass(frozen=True, slots=True)
class _Due:
    """A ticket that somebody is to be told of; `held`: quiet hours kept it back; `paused`: told of it lately."""

    ticket: Ticket
    ready: bool
    held: bool
    paused: bool = False


def area(house: HouseMap, place: int) -> int:
    """The floor that a place is on or is, itself where it is on none."""
    return next((it for it in house.path(place) if house.places[it].kind == "floor"), place)


def due(scene: Scene) -> list[Alarm]:
    """All alarms whose time has come."""
    return [*_opening(scene), *_closing(scene)]


def _opening(scene: Scene) -> list[Alarm]:
    told = {(it.ticket, it.receiver) for it in scene.told if it.closed_at is None}
    for_whom: dict[tuple[str, int], list[Receiver]] = {}
    found: dict[Receiver, list[Ticket]] = defaultdict(list)
    for it in scene.tickets.values():
        if not it.open:
            continue
        key = it.category, it.place
        if key not in for_whom:
            for_whom[key] = nearest(scene.receivers, it.category, scene.house.path(it.place) or (HOUSE,))
        for receiver in for_whom[key]:
            if (it.number, receiver.number) not in told:
                found[receiver].append(it)
    return [alarm for receiver, those in found.items() for alarm in _opened(scene, receiver, those)]


def _opened(scene: Scene, receiver: Receiver, those: Iterable[Ticket]) -> list[Alarm]:
    quiet = quiet_of(receiver.quiet)
    found = []
    for it in those:
        begins = it.since + receiver.delay(it.category)
        former = scene.lately.get((receiver.number, it.category, it.subject))
        at = begins if former is None else max(begins, former + PAUSE)
        ready, held = _ready(scene, quiet, receiver, it, at)
        found.append(_Due(it, ready, held, paused=former is not None and former + PAUSE > scene.now))
    return _alarms(scene, receiver, OPENED, found)


def _closing(scene: Scene) -> list[Alarm]:
    letters: dict[tuple[int, str], list[Ticket]] = defaultdict(list)
    for told in scene.told:
        if told.closed_at is None and told.ticket in scene.tickets:
            letters[told.receiver, told.letter].append(scene.tickets[told.ticket])
    receivers = {it.number: it for it in scene.receivers}
    found: dict[Receiver, list[_Due]] = defaultdict(list)
    for (number, _), those in letters.items():
        ends = [it.closed_at for it in those if it.closed_at is not None]
        if number not in receivers or len(ends) < len(those):
            continue
        quiet = quiet_of(receivers[number].quiet)
        for it in those:
            found[receivers[number]].append(_Due(it, *_ready(scene, quiet, receivers[number], it, max(ends) + CALM)))
    return [alarm for receiver, those in found.items() for alarm in _alarms(scene, receiver, CLOSED, those)]


def _ready(scene: Scene, quiet: Quiet, receiver: Receiver, it: Ticket, at: datetime) -> tuple[bool, bool]:
    """Whether it is to be told now that was to be told at an instant, and whether quiet hours have held it back."""
    if it.category in URGENT:
        return at <= scene.now, False
    zone = scene.zone(receiver, it)
    end = quiet.until(at, zone)
    return end <= scene.now and not quiet.holds(scene.now, zone), end > at


def _alarms(scene: Scene, receiver: Receiver, what: str, found: Iterable[_Due]) -> list[Alarm]:
    """One for each floor and category in which something is due, and one for all that was held back."""
    groups: dict[tuple[int, str], list[_Due]] = defaultdict(list)
    for it in found:
        groups[area(scene.house, it.ticket.place), it.ticket.category].append(it)
    together: list[Ticket] = []
    alarms = []
    for those in groups.values():
        if not any(it.ready for it in those):
            continue
        # What has just been opened there goes with it; an end is not told before its time.
        told = [it.ticket for it in those if (it.ready or what == OPENED) and not it.paused]
        if any(it.ready and it.held for it in those):
            together += told
        else:
            alarms.append(Alarm(receiver, what, tuple(told), scene.zone(receiver, told[0])))
    if together:
        alarms.append(Alarm(receiver, what, tuple(together), scene.zone(receiver, together[0])))
    return alarms
