"""`python -m tests.sim.cost`: what doors' windows cost and bring, over the production functions (docs/offline.md).

20 rooms, 20 days, three times. Each door is cut off every two days for two hours in the mean; in each room there are
four walk-ins of 5 to 20 minutes a day, and eight people elsewhere ask for 30 to 60 minutes, a third of them for within
the hour, from 8 to 18 o'clock. What differs is the window; `optimistic` promises whatever is free by the door's plan.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from kiosk import escrow as door
from server.core import escrow, intake
from server.core.escrow import Grant
from server.core.model import Standing
from server.core.stretches import NONE, Times, joined, minus, touches

ROOMS, DAYS, RUNS = 20, 20, 3
DAY, HOUR, MINUTE, STEP = 86_400, 3_600, 60, 900
WINDOWS: tuple[int | None, ...] = (None, 30, 60, 120, 240, 600)
MODES = {None: "optimistic"}


@dataclass(slots=True)
class Place:
    """A room with its door: `booked` by the server's word, `plan` what the door last knew of that, `owed` its walk-ins
    that the server does not have."""

    grant: Grant = field(default_factory=Grant)
    owned: door.Owned = field(default_factory=door.Owned)
    booked: list[tuple[int, int]] = field(default_factory=list)
    plan: Times = NONE
    owed: list[tuple[int, int, bool]] = field(default_factory=list)
    away: bool = False


def happenings(rng: Random) -> list[tuple[int, int, str, int, int]]:
    """All that happens to one room: (when, order, what, from when on, for how long)."""
    out: list[tuple[int, int, str, int, int]] = []
    at = 0.0
    while (at := at + rng.expovariate(1 / (2 * DAY))) < DAYS * DAY:
        until = at + rng.expovariate(1 / (2 * HOUR))
        out += [(int(at), len(out), "cut", 0, 0), (int(until), len(out) + 1, "back", 0, 0)]
        at = until
    for day in range(DAYS):
        opens = day * DAY + 8 * HOUR
        for _ in range(4):
            when = opens + rng.randrange(10 * HOUR)
            out.append((when, len(out), "walk_in", when, rng.randrange(5, 21) * MINUTE))
        for _ in range(8):
            when = opens + rng.randrange(10 * HOUR)
            soon = rng.random() < 0.35
            start = when + rng.randrange(HOUR) if soon else opens + rng.randrange(10 * HOUR) + DAY * rng.randrange(1, 5)
            out.append((when, len(out), "book", start, rng.randrange(30, 61) * MINUTE))
        out += [(opens + minute * MINUTE, len(out) + minute, "round", 0, 0) for minute in range(-30, 600, 15)]
    return sorted(out)


def told(it: Place, now: int, window: int | None) -> None:
    """The door and the server speak: the journal, an acknowledgement, growth, and an acknowledgement of that."""
    it.plan = joined(it.booked)
    if window is None:
        return
    horizon = (now + window * MINUTE + STEP) // STEP * STEP
    free = minus(((now - STEP, horizon),), it.plan)
    for _ in range(2):
        said = escrow.Said("life", it.owned.version, True, 0)
        it.grant = escrow.answered(
            it.grant, said, incarnation="life", applied=0, owns=free, now=now, horizon=horizon
        )  # fmt: skip
        it.owned = door.adopted(it.owned, "life", it.grant.version, it.grant.newest)


def walk_in(it: Place, start: int, length: int, window: int | None, counts: Counter[str]) -> None:
    mine = [(low, high) for low, high, _ in it.owed]
    busy = joined((*it.plan, *mine)) if it.away else joined(it.booked)
    if touches(busy, start, start + length):
        return
    if not it.away:
        it.booked.append((start, start + length))
        return
    sure = window is None or door.grade(it.owned, start, start + length, busy, verified=True) == door.CONFIRMED
    it.owed.append((start, start + length, sure))
    counts["offline"] += 1
    counts["confirmed"] += sure


def book(it: Place, now: int, start: int, length: int, counts: Counter[str]) -> None:
    """Somebody elsewhere: time that the door owns is had at once where it answers, and not where it is cut off."""
    if touches(joined(it.booked), start, start + length):
        return
    counts["asked"] += 1
    if touches(it.grant.reserved, start, start + length):
        it.grant = escrow.recalled(it.grant, start, start + length, now)
        if it.away:
            counts["unreachable"] += 1
            return
        it.owned = door.adopted(it.owned, "life", it.grant.version, it.grant.newest)
        it.grant = escrow.acknowledged(it.grant, it.owned.version, head=0, applied=0)
    it.booked.append((start, start + length))


def back(it: Place, counts: Counter[str]) -> None:
    """The journal is taken in."""
    it.away = False
    for start, end, sure in it.owed:
        lies = intake.lay(start, end, [(low, high, 0) for low, high in it.booked], NONE)
        whole = lies.standing is Standing.ACCEPTED and lies.kept[1] == end
        counts[("" if sure else "un") + "confirmed that collided"] += not whole
        if lies.standing is Standing.ACCEPTED:
            it.booked.append(lies.kept)
    it.owed = []


def measured(window: int | None) -> Counter[str]:
    """All runs of one mode."""
    counts: Counter[str] = Counter()
    for run in range(RUNS):
        for room in range(ROOMS):
            it = Place()
            for now, _, what, start, length in happenings(Random(run * 1_000 + room)):
                if what == "cut":
                    it.away = True
                elif what == "back":
                    back(it, counts)
                elif what == "walk_in":
                    walk_in(it, start, length, window, counts)
                elif what == "book":
                    book(it, now, start, length, counts)
                it.booked = [span for span in it.booked if span[1] > now - DAY]
                if not it.away:
                    told(it, now, window)
    return counts


def rows() -> Iterator[str]:
    """The table, as Markdown."""
    yield "| mode | offline walk-ins | confirmed | of them collided | not confirmed that collided | unreachable |"
    yield "|---|---|---|---|---|---|"
    for window in WINDOWS:
        it = measured(window)
        mode = MODES.get(window, f"window {window} min")
        share = f"{it['confirmed']} ({it['confirmed'] * 100 // max(it['offline'], 1)} %)"
        away = f"{it['unreachable']} of {it['asked']} ({it['unreachable'] * 100 / max(it['asked'], 1):.1f} %)"
        yield f"| {mode} | {it['offline']} | {share} | {it['confirmed that collided']} | " + (
            f"{it['unconfirmed that collided']} | {away} |"
        )


if __name__ == "__main__":
    for line in rows():
        print(line, flush=True)
