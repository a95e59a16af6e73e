"""Instants as they travel: UTC with whole seconds and a Z.

`time` has milliseconds, for the panel sets its clock by it.
"""

from datetime import UTC, datetime
from typing import Any

from server.core.clock import from_epoch, whole

LAST = from_epoch(253_370_764_800)  # the year 9999: later instants cannot be written in every zone


def instant(moment: datetime) -> str:
    return whole(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_instant(text: Any) -> datetime:
    """An ISO 8601 instant with an offset or Z, as UTC. ValueError for anything else."""
    if not isinstance(text, str) or len(text) > 40:
        raise ValueError("must be an instant such as 2026-11-20T09:41:00Z")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be an instant such as 2026-11-20T09:41:00Z") from None
    if moment.tzinfo is None:
        raise ValueError("must have an offset or Z")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None
    if not from_epoch(0) <= moment < LAST:
        raise ValueError("is out of range")
    return moment
