"""Watches over the panels: a sweep that opens tickets of those that need somebody's hands.

Decisions:
- A panel that was never heard of is not missed yet. One that is silent is missed only where this server made its rounds
  all the while: after our own outage every panel has five minutes to say that it is there.
- What somebody has closed by hand is not opened again for the same silence, nor for the same old plan.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.clock import Clock, whole
from server.core.period import Period
from server.engine.tickets import open_ticket, settle
from server.store import tickets, watching, work
from server.store.database import Store, Tx
from server.store.watching import Panel

SILENT = timedelta(minutes=5)
BEHIND = timedelta(minutes=10)
DISMISSED = timedelta(days=1)
"""So long a panel of which somebody has said that its touch is well is not suspected again."""
BEAT = timedelta(seconds=70)
"""What is heard of a panel is written at least so often, and so are our own rounds."""
LASTING = {
    "panel_browser": ("dark", timedelta(minutes=5)), "panel_card": ("card", timedelta(0)),
    "panel_clock": ("clock", timedelta(minutes=10)), "panel_hot": ("hot", timedelta(minutes=10)),
    "panel_power": ("power", timedelta(minutes=5)),
}  # fmt: skip
"""What is wrong by its heartbeats (core/fleet.py), and how long it has to last until somebody is wanted."""
CATEGORIES = ("panel_dark", "data_old", "touch_suspect", *LASTING)
SELF = "panels"
PART = 200


@dataclass(frozen=True, slots=True)
class _Finding:
    """Something about a panel: since when it is so (None: it is well), and what to say of it."""

    category: str
    panel: Panel
    since: datetime | None

    @property
    def subject(self) -> str:
        return f"device:{self.panel.number}"


@dataclass(frozen=True, slots=True)
class Watching:
    """The sweep. Raises Later or Full."""

    store: Store
    clock: Clock

    def run(self) -> Mapping[str, int]:
        """Opens and closes tickets by what the panels said last; how many of each."""
        now = whole(self.clock.now())
        with self.store.reading() as tx:
            here = work.alive_over(tx, Period(now - SILENT - BEAT, now - BEAT))
            known = {(it.category, it.subject): it.number for each in CATEGORIES for it in tickets.open_of(tx, each)}
            found = [it for panel in watching.panels(tx) for it in _findings(panel, now, here=here)]
            well = [it for it in found if it.since is None and (it.category, it.subject) in known]
            ill = [it for it in found if it.since is not None and (it.category, it.subject) not in known]
            ill = [it for it in ill if not watching.dismissed(tx, it.category, it.subject, it.since or now, SELF)]
        for act, those in ((_open, ill), (_settle, well)):
            for start in range(0, len(those), PART):
                part = those[start : start + PART]
                self.store.writing(lambda tx, act=act, part=part: act(tx, now, part))  # type: ignore[misc]
        return {"opened": len(ill), "closed": len(well)}


def _findings(panel: Panel, now: datetime, *, here: bool) -> Iterator[_Finding]:
    """What can be said of a panel; of one that is silent nothing but that."""
    silent = now - panel.seen_at > SILENT and not panel.revoked
    if panel.revoked or not silent:
        yield _Finding("panel_dark", panel, None)
    elif here:
        yield _Finding("panel_dark", panel, panel.seen_at)
    if silent:
        return
    behind = panel.as_of is not None and panel.told_at - panel.as_of > BEHIND and not panel.revoked
    yield _Finding("data_old", panel, panel.as_of if behind else None)
    suspect = panel.touch == "suspect" and not panel.revoked
    if suspect or panel.touch == "good" or panel.revoked:
        yield _Finding("touch_suspect", panel, now - DISMISSED if suspect else None)
    for category, (word, least) in LASTING.items():
        since = None if panel.revoked else panel.troubles.get(word)
        if since is None or panel.told_at - since >= least:
            yield _Finding(category, panel, since)


def _open(tx: Tx, now: datetime, found: list[_Finding]) -> None:
    for it in found:
        place = it.panel.place if it.panel.room is None else None
        open_ticket(tx, now, it.category, it.subject, room=it.panel.room, place=place, by=SELF)


def _settle(tx: Tx, now: datetime, found: list[_Finding]) -> None:
    for it in found:
        settle(tx, now, it.category, it.subject, SELF)
