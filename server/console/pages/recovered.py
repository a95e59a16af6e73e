"""What panels brought back after a backup was put in place: a part of the page of conflicts until staff have looked."""

from typing import Any

from werkzeug.wrappers import Response

from server.console.desk import Desk
from server.console.lasting import when
from server.console.page import Pages, Visit
from server.console.pages.you import actor
from server.console.words import words
from server.core.clock import whole
from server.core.errors import Unknown
from server.core.zone import wall

pages = Pages()
MOST = 100


@pages("POST", "/recovered/<number>/seen", who="staff")
def seen(desk: Desk, visit: Visit) -> Response:
    """Somebody has looked at one."""
    desk.engine.recoveries.seen(_number(visit.given["number"]), actor(desk, visit))
    return desk.on("/conflicts#recovered")


@pages("POST", "/recovered/seen", who="staff", takes=("upto",))
def seen_all(desk: Desk, visit: Visit) -> Response:
    """Somebody has looked at all that the page showed: those up to a number."""
    desk.engine.recoveries.seen_upto(_number(visit.form["upto"]), actor(desk, visit))
    return desk.on("/conflicts#recovered")


def section(desk: Desk, visit: Visit) -> list[dict[str, Any]]:
    """Those at which nobody has looked, newest first."""
    w, now = words(visit.language), whole(desk.engine.clock.now())
    rows = []
    for each in desk.engine.recoveries.page(actor(desk, visit), unseen=True, limit=MOST):
        it, zone, booking = each.it, each.room.zone, each.booking
        rows.append(
            {
                "number": it.id, "room": each.room.name, "outcome": w[f"recovered_{it.outcome}"],
                "good": it.outcome in ("made", "changed", "joined"), "who": booking.organizer if booking else "",
                "span": f"{wall(it.starts, zone):%Y-%m-%d %H:%M}–{wall(it.ends, zone):%H:%M}",
                "panel": each.device, "at": when(it.at, zone, now),
            }
        )  # fmt: skip
    return rows


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Unknown("recovered", text[:20])
    return int(text)
