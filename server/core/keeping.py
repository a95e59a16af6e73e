"""Which backups are kept: the newest of so many hours, days, weeks and months.

Decision: periods are those of UTC in which there is a backup at all. A house that was off for a week keeps what it had
before, for the week counts as nothing. One backup may stand for an hour, a day and a month at once.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

MOST = 1_000
_PART = re.compile(r"([0-9]{1,4})([hdwm])", re.ASCII)
_PERIODS: tuple[tuple[str, Callable[[datetime], tuple[int, ...]]], ...] = (
    ("h", lambda at: (*at.timetuple()[:4],)),
    ("d", lambda at: (*at.timetuple()[:3],)),
    ("w", lambda at: (*at.isocalendar()[:2],)),
    ("m", lambda at: (at.year, at.month)),
)


@dataclass(frozen=True, slots=True)
class Keep:
    """Of how many hours (h), days (d), weeks (w) and months (m) the newest backup is kept."""

    h: int = 48
    d: int = 14
    w: int = 8
    m: int = 12


def keep_of(text: str) -> Keep:
    """Reads "48h 14d 8w 12m"; what is not named is 0. ValueError where it is none, or would keep nothing."""
    found: dict[str, int] = {}
    for part in text.split():
        match = _PART.fullmatch(part)
        if match is None or match[2] in found or int(match[1]) > MOST:
            raise ValueError(f"must be like 48h 14d 8w 12m, each at most {MOST}")
        found[match[2]] = int(match[1])
    if not any(found.values()):
        raise ValueError("must keep something, as in: 48h 14d 8w 12m")
    return Keep(**{unit: found.get(unit, 0) for unit, _ in _PERIODS})


def kept(instants: Iterable[datetime], keep: Keep) -> frozenset[datetime]:
    """Those of the instants (aware) that are kept; the newest always is."""
    newest_first = sorted(instants, reverse=True)
    stay = set(newest_first[:1])
    for unit, period in _PERIODS:
        stand: dict[tuple[int, ...], datetime] = {}
        for at in newest_first:
            stand.setdefault(period(at.astimezone(UTC)), at)
        stay.update(list(stand.values())[: getattr(keep, unit)])
    return frozenset(stay)
