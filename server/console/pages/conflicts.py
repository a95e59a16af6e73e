"""Who was promised the same time while a panel was cut off: both sides next to each other, and three ways out of it.

Decision: the two times are drawn rather than told. In the picture the booking lies above and what was made at the door
below; what somebody was promised and does not have is an empty frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Response

from server.console.desk import Desk
from server.console.lasting import Words, when
from server.console.page import Pages, Visit
from server.console.pages.recovered import section
from server.console.pages.you import actor
from server.console.words import words
from server.core.clock import from_epoch, whole
from server.core.errors import Barred, Refused, Unknown
from server.core.model import Booking, Standing
from server.core.period import Period
from server.core.zone import wall
from server.engine.conflicts import Standoff
from server.engine.settling import WAYS

pages = Pages()
MOST_SETTLED = 20
STEPS = (5, 10, 15, 30, 60, 120, 240, 480, 1_440)
"""Minutes between the times below the picture."""
MOST_TIMES = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """What the picture is drawn of, in thousandths of its width: (from, width) each, and the times below it."""

    bars: dict[str, tuple[float, float]]
    frames: dict[str, tuple[float, float]]
    clash: tuple[float, float] | None
    now: float | None
    times: Sequence[tuple[float, str]]


@pages("GET", "/conflicts", who="staff")
def conflicts(desk: Desk, visit: Visit) -> Response:
    """The open ones, and what became of the last."""
    w = words(visit.language)
    return _shown(desk, visit, said=w["said_conflict"] if visit.request.args.get("said") == "conflict" else "")


@pages("POST", "/conflicts/<number>/resolve", who="staff", takes=("way",))
def resolve(desk: Desk, visit: Visit) -> Response:
    """Says who has the room."""
    number, way, w = visit.given["number"], visit.form["way"], words(visit.language)
    if not (number.isascii() and number.isdigit() and len(number) < 10) or way not in WAYS:
        raise Unknown("conflict", number[:20])
    try:
        desk.engine.conflicts.resolve(int(number), way, actor(desk, visit))
    except Refused as no:
        codes = {each.code for each in no.objections}
        word = "conflict_settled" if codes & {"conflict_settled", "conflict_gone"} else "conflict_taken"
        return _shown(desk, visit, status=409, said=w[word], tone="bad")
    except Barred:
        return _shown(desk, visit, status=403, said=w["conflict_barred"], tone="bad")
    return desk.on("/conflicts?said=conflict")


def _shown(desk: Desk, visit: Visit, **more: Any) -> Response:
    acts, w, now = actor(desk, visit), words(visit.language), whole(desk.engine.clock.now())
    there = desk.engine.conflicts.page(acts, state="open")
    settled = desk.engine.conflicts.page(acts, state="resolved", limit=MOST_SETTLED)
    return desk.draw(
        visit, "conflicts.html", open=[_card(it, now, w) for it in there], here="/conflicts",
        settled=[_row(it, now, w) for it in settled], recovered=section(desk, visit), **more,
    )  # fmt: skip


def _card(it: Standoff, now: datetime, w: Words) -> dict[str, Any]:
    zone, wanted, kind = it.room.zone, it.conflict.wanted, it.conflict.kind
    return {
        "number": it.conflict.id, "room": it.room.name, "kind": w[f"conflict_{kind}"],
        "day": f"{wall(wanted.start, zone):%Y-%m-%d}", "span": _span(wanted, zone),
        "booking": _side(it, it.phone, w), "walk_in": _side(it, it.walk_in, w), "unplaced": kind == "unplaced",
        "ends_it": bool(it.phone and it.walk_in and it.phone.starts <= it.walk_in.starts),
        "over": wanted.end <= now, "picture": picture(it, now) if kind != "unplaced" else None,
    }  # fmt: skip


def _row(it: Standoff, now: datetime, w: Words) -> dict[str, str]:
    zone, wanted = it.room.zone, it.conflict.wanted
    return {
        "room": it.room.name, "when": f"{wall(wanted.start, zone):%Y-%m-%d} {_span(wanted, zone)}",
        "way": w[f"settled_{it.conflict.resolution}"], "at": when(it.conflict.resolved_at, zone, now),
    }  # fmt: skip


def _side(it: Standoff, side: Booking | None, w: Words) -> dict[str, str] | None:
    """One side in words: whose it is, what it was promised, and what it has."""
    if side is None:
        return None
    promised, zone = _promised(it, side), it.room.zone
    state = {Standing.CONFLICT: "none", Standing.AT_RISK: "risk", Standing.ACCEPTED: "has", Standing.PENDING: "has"}
    word = state.get(side.standing, "gone")
    if word == "has" and side.ends < promised.end:
        word = "cut"
    who = side.organizer or (w["side_unknown"] if side.source == "panel" else side.title)
    title = side.title if side.organizer else ""
    return {
        "who": who, "title": title, "span": _span(promised, zone), "word": word,
        "state": w[f"side_{word}"].format(end=f"{wall(side.ends, zone):%H:%M}"),
    }  # fmt: skip


def _promised(it: Standoff, side: Booking) -> Period:
    """What a side was told: its own time, and of the one that gave way what it was to have."""
    if it.gave is None or side.id != it.gave.id:
        return side.period
    return Period(side.starts, max(side.ends, it.conflict.wanted.end))


def _span(time: Period, zone: str) -> str:
    return f"{wall(time.start, zone):%H:%M}–{wall(time.end, zone):%H:%M}"


def picture(it: Standoff, now: datetime) -> Picture:
    """The two times, each on a line of its own."""
    named = {"booking": it.phone, "walk_in": it.walk_in}
    there = {name: side for name, side in named.items() if side is not None}
    promised = {name: _promised(it, side) for name, side in there.items()}
    low = min([it.conflict.wanted.start, *(each.start for each in promised.values())])
    high = max([it.conflict.wanted.end, *(each.end for each in promised.values())])
    step = next((each for each in STEPS if (high - low) <= timedelta(minutes=each) * (MOST_TIMES - 1)), STEPS[-1])
    size = step * 60
    first = from_epoch(int(low.timestamp()) // size * size)
    last = from_epoch(-(-int(high.timestamp()) // size) * size)
    whole_time = last - first

    def at(moment: datetime) -> float:
        return round(1_000 * ((moment - first) / whole_time), 1)

    def bar(time: Period) -> tuple[float, float]:
        return at(time.start), round(at(time.end) - at(time.start), 1)

    bars = {name: bar(side.period) for name, side in there.items() if side.standing.holding}
    both = list(promised.values())
    met = len(both) == 2 and both[0].overlaps(both[1])
    clash = bar(Period(max(each.start for each in both), min(each.end for each in both))) if met else None
    count = int(whole_time / timedelta(seconds=size))
    times = [
        (at(moment), f"{wall(moment, it.room.zone):%H:%M}")
        for moment in (first + timedelta(seconds=size * number) for number in range(count + 1))
    ]
    return Picture(
        bars, {name: bar(each) for name, each in promised.items()}, clash,
        at(now) if first <= now <= last else None, times,
    )  # fmt: skip
