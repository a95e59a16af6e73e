"""What came of an act on a series, and the same again for who asks with the same key."""

from dataclasses import dataclass
from typing import Any

from server.core.clock import epoch, from_epoch
from server.core.model import Booking, LeftOut, Series
from server.core.series import Lost
from server.store.ops import Op
from server.store.series import series_columns, series_value


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an act on a series: `first` is the first booking it touched.

    `made`, `changed` and `cancelled` count bookings; `left_out` are the dates that hold nothing because of this act;
    `lost` what had been changed for single dates and is gone. `written` is False for a preview.
    """

    series: Series
    first: Booking
    made: int = 0
    changed: int = 0
    cancelled: int = 0
    left_out: tuple[LeftOut, ...] = ()
    lost: tuple[Lost, ...] = ()
    written: bool = True


def told(it: Outcome) -> dict[str, Any]:
    """What is kept of the outcome beside its first booking."""
    return {
        "series": series_columns(it.series), "made": it.made, "changed": it.changed, "cancelled": it.cancelled,
        "left_out": [[epoch(each.at), epoch(each.found_at), list(each.codes)] for each in it.left_out],
        "lost": [[epoch(each.at), list(each.kinds)] for each in it.lost],
    }  # fmt: skip


def again(op: Op) -> Outcome:
    """The outcome as it was told the first time, whatever became of the series since."""
    kept = op.more or {}
    it = series_value(tuple(kept["series"]))
    left = tuple(LeftOut(it.id, from_epoch(at), from_epoch(found), tuple(codes))
                 for at, found, codes in kept["left_out"])  # fmt: skip
    lost = tuple(Lost(from_epoch(at), tuple(kinds)) for at, kinds in kept["lost"])
    return Outcome(it, op.after, kept["made"], kept["changed"], kept["cancelled"], left, lost)
