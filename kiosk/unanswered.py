"""What acts may have taken that the server was asked for and never answered. Pure.

Decision: such an act may have been carried out, and the server may never say so while the door is cut off. So its time
is not promised once more. Where nobody can tell how much time that is, nothing is promised until the answer is there.
"""

from collections.abc import Iterable

from kiosk.escrow import Times, joined
from kiosk.instants import parse
from kiosk.ledger import Entry
from kiosk.offers import stays
from kiosk.plan import Snapshot

MINUTE = 60


def taken(acts: Iterable[Entry], plan: Snapshot, owned: Times) -> Times:
    """Of the unsettled acts of the plan's room. `owned`: all that the door could promise."""
    ours = (one for one in acts if one.body.get("room", plan.room.id) == plan.room.id)
    return joined(span for one in ours for span in _of(one, plan, owned))


def _of(one: Entry, plan: Snapshot, owned: Times) -> Times:
    if one.act == "end" or stays(one.act, one.body.get("start_now", False)):
        return ()
    if one.act == "book" and {"start", "end"} <= set(one.body):
        return ((parse(one.body["start"]), parse(one.body["end"])),)
    meant = next((it for it in plan.bookings if it.id == one.body.get("booking")), None)
    if one.act == "extend" and meant is not None:
        return ((meant.end, meant.end + int(one.body["minutes"]) * MINUTE),)
    return owned
