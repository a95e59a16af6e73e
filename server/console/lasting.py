"""How instants and lengths of time are said on the pages: short, and alike in every language."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from server.core.zone import wall

Words = Mapping[str, str]
STEPS = (("s", 1, 90), ("min", 60, 90 * 60), ("h", 3600, 36 * 3600))
"""A unit, its seconds, and below how many seconds it is used; from there on days."""


def span(length: timedelta | float, w: Words) -> str:
    """A length of time in the largest unit that still says something: "40 s", "12 min", "3 h", "2 d"."""
    seconds = max(0, round(length.total_seconds() if isinstance(length, timedelta) else length))
    for unit, size, below in STEPS:
        if seconds < below:
            return w[f"span_{unit}"].format(n=seconds // size)
    return w["span_d"].format(n=seconds // 86_400)


def when(at: datetime | None, zone: str, now: datetime) -> str:
    """An instant in a zone: the time of today, else with its date; "" where there is none."""
    if at is None:
        return ""
    local = wall(at, zone)
    return f"{local:%H:%M}" if local.date() == wall(now, zone).date() else f"{local:%Y-%m-%d %H:%M}"


def since(at: datetime, zone: str, now: datetime, w: Words) -> str:
    """Since when something is so, and for how long: "since 14:05, 12 min"."""
    return w["since_long"].format(at=when(at, zone, now), span=span(now - at, w))
