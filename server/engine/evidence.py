"""What has to be known before a room is given back: that people could have said they were here, and did not.

Decisions (reliability F19):
- Every panel of the booking's rooms must have painted through the whole window in which people may check in, its touch
  must be sound, and all that was done at it up to the deadline must have reached us. A panel that is only late is
  waited for; a silent one speaks against nobody.
- A panel that was revoked in the window, or given to other rooms, is a silent one: what it owed never comes.
- Where the clock was set or a backup put back in the window, who came before it is not known any more.
- A room without a panel counts only where its people can check in otherwise: they were sent a link, or they book by an
  API; and where the server did its rounds through the window.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.fleet import told_of
from server.core.model import Room
from server.core.period import Period
from server.store import releases, watching, work
from server.store.database import Tx
from server.store.releases import Awaited, Panel

PAUSE = timedelta(seconds=60)
"""The server may have been away so long."""
FORGOTTEN = timedelta(days=14)
"""A panel that runs with a token, and so is no device that could be revoked, is gone when it was not heard for so long;
it goes on for that long without the network."""
BEHIND = timedelta(minutes=2)
"""A panel that is heard but shows an older plan does not show what people could check in to."""
NO_APIS = frozenset({"", "panel", "cli", "console", "import", "offer", "waiting", "carry", "demo", "feed"})
"""Doors through which nobody checks in by himself."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of panels and of the server. `written`: bookings whose people were sent a link.

    `anew`: when the clock was set or a backup put back; nothing from before is known.
    """

    panels: Mapping[int, Sequence[Panel]]
    up: Sequence[Period]
    written: frozenset[int]
    anew: datetime | None = None

    def against(self, it: Awaited, rooms: Iterable[Room], opens: datetime, at: datetime) -> str:
        """Why it is not known whether people came from `opens` to `at`; "" where it is: nobody did.

        `rooms` are those that were asked for. touch_suspect, not_painted, panel_silent, no_way or server_down.
        """
        if self.anew is not None and opens < self.anew <= at:
            return "server_down"
        seen: set[int] = set()
        for number in it.rooms:
            for panel in self.panels.get(number, ()):
                if panel.touch == "none" or (panel.gone_at is not None and panel.gone_at <= opens):
                    continue  # it only shows, its people come by phone; or it was gone before
                if why := _lacks(panel, number, opens, at):
                    return why
                seen.add(number)
        # The panel of a room with several lanes shows a booking only while all of them are taken.
        if all(room.policy.lanes == 1 and not seen.isdisjoint((room.number, *room.parts)) for room in rooms):
            return ""
        if it.booking not in self.written and it.source in NO_APIS:
            return "no_way"
        return "" if was_up(self.up, Period(opens, at)) else "server_down"


def _lacks(panel: Panel, room: int, opens: datetime, at: datetime) -> str:
    if panel.touch != "good":
        return "touch_suspect"
    if panel.painted_since is None or panel.painted_since > opens:
        return "not_painted"
    if panel.settled_at is None or panel.settled_at < at:
        return "panel_silent"
    behind = panel.seen_at is not None and watching.behind(
        told_of(panel.said), room, panel.seen_at, BEHIND.total_seconds()
    )
    return "not_painted" if behind else ""


def was_up(spans: Iterable[Period], window: Period) -> bool:
    """Whether the spans, in order, cover the window but for short gaps."""
    reached = window.start
    for span in spans:
        if span.start > reached + PAUSE:
            break
        reached = max(reached, span.end)
    return reached + PAUSE >= window.end


def evidence(tx: Tx, those: Sequence[tuple[Awaited, datetime]]) -> Evidence:
    """What is known for these bookings, each with the begin of its window."""
    since = min(opens for _, opens in those) - PAUSE
    written = releases.written_to(tx, [it.booking for it, _ in those])
    return Evidence(
        releases.panels(tx, since, since - FORGOTTEN), releases.up(tx, since), frozenset(written), work.began_anew(tx)
    )
