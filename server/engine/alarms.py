"""Tells receivers of tickets: a sweep that writes letters and messages to webhooks, each once (core/alarms.py).

What a letter of kind "ticket" says (`data`):
- `what`: opened or closed;
- `groups`: a list of {"category", "place" (in words), "count", "tickets"}, each ticket {"number", "subject", "codes",
  "room" and "panel" (names, or ""), "since" (whole seconds), "times", "notes" (texts)};
- `ticket`: the number of the first; a reply closes it with all the others;
- `links`: `close`, where it tells of what is open.
A webhook hears `alarm.opened` and `alarm.closed` with the same `groups`, without notes, `room` being the slug; `more`
is how many tickets are in groups beyond those.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.core.alarms import CLOSED, OPENED, Alarm, Scene, area, due
from server.core.clock import Clock, epoch, whole
from server.core.hooks import ENDED
from server.core.letters import Letter
from server.core.tickets import PAUSE, Receiver, Ticket
from server.core.tree import address
from server.engine import hooks, post
from server.engine.house import House
from server.store import hooks as hook_rows
from server.store import tellings, tickets
from server.store.database import Store, Tx

MOST_LISTED = 40
"""Tickets that one letter names; of the others it says how many."""
MOST_GROUPS = 40
"""Groups that one message names; it has to stay small."""
MOST_NOTES = 3


@dataclass(frozen=True, slots=True)
class Alarms:
    """The sweep. Raises Later or Full."""

    store: Store
    clock: Clock
    house: House

    def run(self) -> Mapping[str, int]:
        """Tells whom it is time to tell; says how many letters and messages tell of what opened and of what closed."""
        done = {OPENED: 0, CLOSED: 0}
        with self.store.reading() as tx:
            now = whole(self.clock.now())
            scene = self._scene(tx, now)
        for alarm in due(scene) if scene is not None else ():
            done[alarm.what] += self.store.writing(lambda tx, alarm=alarm: self._send(tx, alarm, now))  # type: ignore[misc]
        return done

    def _scene(self, tx: Tx, now: datetime) -> Scene | None:
        """What is decided by; None where nobody is to be told of anything."""
        receivers = reachable(tx)
        if not receivers:
            return None
        told = tellings.standing(tx)
        found = {it.number: it for it in tellings.open_tickets(tx)}
        found |= tellings.by_numbers(tx, {it.ticket for it in told} - found.keys())
        rooms = tellings.names(tx, found.values())
        zones = {it.room: rooms[it.number].zone for it in found.values() if it.room is not None}
        return Scene(now, self.house.at(tx), receivers, found, told, tellings.lately(tx, now - PAUSE), zones,
                     tellings.usual_zone(tx))  # fmt: skip

    def _send(self, tx: Tx, alarm: Alarm, now: datetime) -> int:
        """Writes down that the receiver is told, and what it is told; 0 where somebody was quicker."""
        receiver, numbers = alarm.receiver, [it.number for it in alarm.tickets]
        letter = f"{receiver.number}:{alarm.what}:{numbers[0]}:{epoch(now)}"
        if alarm.what == OPENED:
            ours = set(tellings.say_opened(tx, receiver.number, numbers, now, letter))
        else:
            ours = set(tellings.say_closed(tx, receiver.number, numbers, now))
        those = [it for it in alarm.tickets if it.number in ours]
        if not those:
            return 0
        if receiver.kind == "hook":
            self._hook(tx, alarm, those, now)
        else:
            self._mail(tx, alarm, those, letter, now)
        return 1

    def _mail(self, tx: Tx, alarm: Alarm, those: list[Ticket], letter: str, now: datetime) -> None:
        first = those[0].number
        data: dict[str, Any] = {
            "what": alarm.what,
            "ticket": first,
            "groups": self._groups(tx, those, notes=True),
        }
        if alarm.what == OPENED:
            data["links"] = {"close": {"purpose": "close_ticket", "ticket": first}}
        language = alarm.receiver.language or post.terms(tx).language
        post.queue(tx, Letter("ticket", alarm.receiver.target, language, alarm.zone, data, f"ticket:{letter}"), now)

    def _hook(self, tx: Tx, alarm: Alarm, those: list[Ticket], now: datetime) -> None:
        hook = hook_rows.by_id(tx, alarm.receiver.target)
        if hook is not None:
            groups = self._groups(tx, those, notes=False)
            more = sum(it["count"] for it in groups[MOST_GROUPS:])
            data = {"groups": groups[:MOST_GROUPS], **({"more": more} if more else {})}
            hooks.queue(tx, hook.number, f"alarm.{alarm.what}", data, now)

    def _groups(self, tx: Tx, those: list[Ticket], *, notes: bool) -> list[dict[str, Any]]:
        """The tickets by category and place, as a letter or message tells of them."""
        house = self.house.at(tx)
        rooms, listed = tellings.names(tx, those), {it.number for it in those[:MOST_LISTED]}
        panels = tellings.device_names(tx, [number for it in those if (number := _panel(it))])
        written = tickets.notes(tx, list(listed)) if notes else {}
        groups: dict[tuple[str, int], dict[str, Any]] = {}
        for it in those:
            there = area(house, it.place)
            words = address(house.places, there) if there in house.places else ""
            fresh = {"category": it.category, "place": words, "count": 0, "tickets": []}
            group = groups.setdefault((it.category, there), fresh)
            group["count"] += 1
            if it.number in listed:
                room = rooms[it.number]
                told = {
                    "number": it.number, "subject": it.subject, "codes": list(it.codes), "since": epoch(it.since),
                    "times": it.times, "room": room.name if notes else room.slug, "panel": panels.get(_panel(it), ""),
                }  # fmt: skip
                if notes:
                    told["notes"] = [each.body for each in written.get(it.number, [])[-MOST_NOTES:]]
                group["tickets"].append(told)
        return list(groups.values())


def reachable(tx: Tx) -> list[Receiver]:
    """The receivers that can be told anything: by letter where the house sends any, by a webhook that has not ended."""
    mail = post.terms(tx).sends("ticket")
    heard = {it.id for it in hook_rows.every(tx) if it.state != ENDED}
    return [it for it in tickets.receivers(tx) if (mail if it.kind == "mail" else it.target in heard)]


def _panel(it: Ticket) -> int:
    """The number of the panel that a ticket is about; 0 of none."""
    kind, _, number = it.subject.partition(":")
    return int(number) if kind == "device" and number.isdigit() else 0
