"""What is wrong with a house that is not wrong with its settings: for `lintel doctor` and whoever else asks.

A finding has an id that stays the same, says what it is about, and what to do. Nothing is changed by looking.
"""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from server.core.audit import link
from server.core.clock import Clock, whole
from server.core.places import HOUSE
from server.core.tickets import nearest
from server.engine.alarms import reachable
from server.engine.alive import plausible
from server.engine.house import House
from server.engine.vitals import FULL, QUIET, Vitals, free
from server.store import audit, grants, holds, rooms, tellings, tickets, vitals, work
from server.store.database import Store, Tx

LAST = 1_000
"""Changes at the end of the audit trail that are proven; `lintel audit verify` proves all."""
BEHIND = 10_000
HEARD_NO_MORE = ("good", "silent", "never_heard")
"""Of these the panels that are dark are told already, or there is nothing to tell."""
OLDEST_POSTGRES = 140_000
MIB = 1024 * 1024
LOW = 512 * MIB


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: its id, what it is about, and what to do."""

    id: str
    about: str
    hint: str


def examine(
    store: Store,
    clock: Clock,
    folder: Path,
    look: Callable[[], Vitals],
    progress: Callable[[str], None] = lambda _: None,
) -> Iterator[Finding]:
    """All that is wrong, what endangers bookings first; `progress` is told what is looked at.

    Raises Later where the database does not answer.
    """
    progress("the data folder")
    yield from rights(folder, store)
    progress("the database")
    yield from durable(store)
    progress("the clock and the rounds")
    yield from rounds(store, clock)
    progress("what waits")
    yield from queues(look())
    yield from hearing(store)
    progress("who has which room")
    yield from law(store)
    progress("the audit trail")
    yield from trail(store)


def rights(folder: Path, store: Store) -> Iterator[Finding]:
    """Who can read the data folder, and whether there is room for more."""
    try:
        mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError:
        if not store.postgres:
            yield Finding("data.away", str(folder), "there is no such folder; lintel init makes one")
        return
    if mode & 0o077:
        yield Finding("data.rights", str(folder), f"others can look into it (mode {mode:o}): chmod 700 {folder}")
    if not os.access(folder, os.W_OK):
        yield Finding("data.readonly", str(folder), "cannot be written to by who runs this command")
    left = free(folder)
    if left is not None and left < FULL:
        yield Finding("disk.full", str(folder), f"{left // MIB} MiB are left; bookings are refused until there is more")
    elif left is not None and left < LOW:
        yield Finding("disk.low", str(folder), f"only {left // MIB} MiB are left on its disk")


def durable(store: Store) -> Iterator[Finding]:
    """Whether the database keeps what it says it has kept."""
    with store.reading() as tx:
        found = vitals.durability(store, tx)
        version = int(tx.rows("SHOW server_version_num")[0][0]) if store.postgres else OLDEST_POSTGRES
    for name, (is_, wanted) in found.items():
        if is_ != wanted:
            hint = f"is {is_}, must be {wanted}: what was booked can be lost when the power goes"
            yield Finding("database.unsafe", name, hint)
    if version < OLDEST_POSTGRES:
        yield Finding("database.old", store.version(), "PostgreSQL 14 or newer is needed")


def rounds(store: Store, clock: Clock) -> Iterator[Finding]:
    """Whether the clock can be believed, and somebody makes the rounds. A house that never ran has neither."""
    now = whole(clock.now())
    with store.reading() as tx:
        last = work.last_alive(tx)
    if last is None:
        return
    if not plausible(now, last[1].end):
        yield Finding("clock.wrong", f"{now:%Y-%m-%d %H:%M:%S} UTC", f"the server was last at work at "
                      f"{last[1].end:%Y-%m-%d %H:%M:%S} UTC; set the clock, or: lintel clock accept")  # fmt: skip
    elif now - last[1].end > QUIET:
        since = f"{last[1].end:%Y-%m-%d %H:%M:%S} UTC"
        hint = f"nobody has made them since {since}; nothing is released, mailed or delivered: start the server"
        yield Finding("work.away", "rounds", hint)


def queues(it: Vitals) -> Iterator[Finding]:
    """What waits for somebody."""
    for name, count in it.stuck.items():
        yield Finding(
            "outbox.stuck", name, f"{count} changes could not be told on; see the log, then: lintel work retry"
        )
    for name, count in it.behind.items():
        if count > BEHIND:
            yield Finding("outbox.behind", name, f"{count:,} changes wait to be told on")
    if count := it.deliveries.get("parked", 0):
        yield Finding("hooks.parked", f"{count} deliveries", "their receivers took none of the tries; lintel hook list")
    if count := sum(it.letters.get(state, 0) for state in ("refused", "parked", "bounced")):
        yield Finding("mail.refused", f"{count} letters", "the mail server or the address would not have them")
    if it.dark:
        yield Finding("panels.dark", f"{it.dark} of {it.paired}", "not heard of for five minutes; lintel device list")
    if ill := {word: count for word, count in it.verdicts.items() if word not in HEARD_NO_MORE}:
        told = ", ".join(f"{count} {word}" for word, count in sorted(ill.items()))
        yield Finding("devices.unwell", f"{sum(ill.values())} of {it.paired}", f"{told}; lintel device status")


def hearing(store: Store) -> Iterator[Finding]:
    """Whether somebody hears of what is open, and whether they can be reached."""
    house = House(store)
    with store.reading() as tx:
        there, receivers, reached = house.at(tx), tickets.receivers(tx), reachable(tx)
        open_now = tellings.open_tickets(tx)
    untold = [it for it in open_now if not nearest(receivers, it.category, there.path(it.place) or (HOUSE,))]
    if untold:
        yield Finding("tickets.untold", f"{len(untold)} open", "nobody is told of them: lintel receiver add EMAIL")
    for it in receivers:
        if it not in reached:
            why = "there is no mail server (mail.host)" if it.kind == "mail" else "there is no such webhook any more"
            yield Finding("receivers.unreached", f"receiver {it.number}", why)


def law(store: Store) -> Iterator[Finding]:
    """Whether nobody has a room at once with somebody else, and doors hold what they own."""
    with store.reading() as tx:
        twice = holds.overlapping(tx)
        unlaid, shared = grants.amiss(tx)
        slugs = {it.number: it.id for it in rooms.every(tx)} if unlaid or shared else {}
    if twice:
        yield Finding(
            "holds.overlap", "bookings", "two have one room at once; put back a backup, or cancel one of them"
        )
    for number in sorted(unlaid):
        yield Finding("doors.unlaid", slugs.get(number, str(number)), "its door does not hold what it owns; any change "
                      "of a booking there sets it right")  # fmt: skip
    for number in sorted(shared):
        hint = "two doors were told the same time of it: lintel device force-release one of them"
        yield Finding("doors.twice", slugs.get(number, str(number)), hint)


def trail(store: Store) -> Iterator[Finding]:
    """Whether the last changes of the audit trail follow from each other, and end where the end is said to be."""
    with store.reading() as tx:
        broken = _break(tx)
    if broken is not None:
        yield Finding("audit.broken", f"change {broken}", "does not follow from those before it; lintel audit verify")


def _break(tx: Tx) -> int | None:
    seq, chain = audit.end(tx)
    rows = audit.page(tx, max(audit.FIRST, seq - LAST - 1), LAST + 1)
    for before, row in pairwise(rows):
        if link(before[0], row[1:-2]) != row[0]:
            return int(row[1])
    last = (rows[-1][1], rows[-1][0]) if rows else (0, "")
    return seq if last != (seq, chain) else None
