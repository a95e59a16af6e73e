"""Which reservations are wanted: Indico's filters, bounds and order as a choice among engagements.

Decisions:
- Without a filter everything is told, cancelled and rejected reservations too, as there; their flags say what they are.
- `bookedfor` is found anywhere in the name, as today; * and ? stand for any characters and for one.
- `startupsupport` is the same as `avcsupport`: a booking says whether somebody has to help with the equipment.
- A bound that is no number, or a negative one, is a 400, while Indico's is a 500.
"""

import re

from server.core.clock import epoch
from server.core.engagements import ANY, Choice
from server.core.model import Standing
from server.core.period import Period
from server.core.wildcards import wildcards
from server.dialects.indico import window
from server.dialects.indico.desk import Desk
from server.dialects.indico.errors import Said
from server.dialects.indico.parameters import Asked, Exported, choice, yes

CAPS = {"rooms": 500, "reservations": 100}
UNKNOWN_CAP = 1_000
"""What /export/reservation tells at most where a detail is asked for that nobody knows."""
TOO_MANY = "You can only request up to {cap} records per request with the detail level '{detail}'"
CONFIRMED = {
    "yes": frozenset({Standing.ACCEPTED}),
    "pending": frozenset({Standing.PENDING}),
    "no": frozenset({Standing.DECLINED, Standing.CANCELLED}),
}
MOST_DAYS = 366
DIGITS = 18


def choice_of(query: Exported, desk: Desk, detail: str, *, each_room: bool) -> Choice:
    """What a query wants; raises Said where it cannot be understood."""
    now = desk.now()
    offset, limit = bounds(query, detail)
    zone, when = window_of(query, desk)
    on = None if query.occurs is None else window.days(query.occurs, zone)
    if on is not None and len(on) > MOST_DAYS:
        raise Said(400, f"You can only ask for up to {MOST_DAYS} days")
    av_help = choice(query.avcsupport if query.avcsupport is not None else query.startupsupport)
    host = wildcards(query.bookedfor) if query.bookedfor else None
    return Choice(
        window=when, states=_states(query), now=epoch(now),
        over=choice(query.archival), recurring=choice(query.recurring), on=on, host=host,
        uses_av=choice(query.avc), needs_help=av_help, by_end=query.order == "end", descending=yes(query.descending),
        offset=offset, limit=limit, each_room=each_room,
    )  # fmt: skip


def window_of(query: Asked, desk: Desk) -> tuple[str, Period | None]:
    """The zone that times are read in, and what they span; raises Said."""
    zone = window.zone_of(query.tz, desk.terms.zone)
    return zone, window.window(query.since, query.to, query.day, desk.now(), zone)


def bounds(query: Asked, detail: str) -> tuple[int, int]:
    """How many are left out first, and how many are told at most; raises Said."""
    cap = CAPS.get(detail, UNKNOWN_CAP)
    limit, offset = _number("limit", query.limit), _number("offset", query.offset)
    if offset < 0:
        raise Said(400, "Offset must be a positive number")
    if limit < 0:
        raise Said(400, "Limit must be a positive number")
    if limit > cap:
        raise Said(400, TOO_MANY.format(cap=cap, detail=detail))
    return offset, limit or cap


def _number(name: str, text: str | None) -> int:
    if text is None:
        return 0
    if not re.fullmatch(r"[+-]?\d+", text.strip(), re.ASCII) or len(text) > DIGITS:
        raise Said(400, f"Invalid value for {name}: '{text[:50]}' is not a whole number")
    return int(text)


def _states(query: Exported) -> frozenset[Standing]:
    found = ANY
    for wanted, state in ((query.cancelled, Standing.CANCELLED), (query.rejected, Standing.DECLINED)):
        if wanted is not None:
            found &= frozenset({state}) if yes(wanted) else ANY - {state}
    if query.confirmed is not None:
        word = "pending" if query.confirmed.lower() == "pending" else "yes" if yes(query.confirmed) else "no"
        found &= CONFIRMED[word]
    return found
