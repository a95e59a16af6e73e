"""Recurrence rules drawn from a seed: every part of RFC 5545 section 3.3.10 in every company its table allows.

Written without a look at how anybody expands rules: it only knows the table, and picks numbers that are likely to
meet (leap days, ends of months, week 53, n-th weekdays, the hours around a change of the clock).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import prod
from random import Random

from server.core.recurrence.rule import MOST_COMBINATIONS

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FINE = ("SECONDLY", "MINUTELY", "HOURLY")
TIMES = ("BYHOUR", "BYMINUTE", "BYSECOND")

# Which parts may stand beside which FREQ; BYSETPOS goes with each that has another part.
LEGAL: dict[str, tuple[str, ...]] = {
    "SECONDLY": ("BYMONTH", "BYYEARDAY", "BYMONTHDAY", "BYDAY", *TIMES),
    "MINUTELY": ("BYMONTH", "BYYEARDAY", "BYMONTHDAY", "BYDAY", *TIMES),
    "HOURLY": ("BYMONTH", "BYYEARDAY", "BYMONTHDAY", "BYDAY", *TIMES),
    "DAILY": ("BYMONTH", "BYMONTHDAY", "BYDAY", *TIMES),
    "WEEKLY": ("BYMONTH", "BYDAY", *TIMES),
    "MONTHLY": ("BYMONTH", "BYMONTHDAY", "BYDAY", *TIMES),
    "YEARLY": ("BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", *TIMES),
}
_SHARES = {"SECONDLY": 2, "MINUTELY": 3, "HOURLY": 4, "DAILY": 17, "WEEKLY": 24, "MONTHLY": 25, "YEARLY": 25}
_INTERVALS = {
    "SECONDLY": (1, 1, 7, 90), "MINUTELY": (1, 1, 15, 50), "HOURLY": (1, 1, 2, 5, 36), "DAILY": (1, 1, 2, 3, 10, 45),
    "WEEKLY": (1, 1, 2, 2, 3, 5), "MONTHLY": (1, 1, 2, 3, 5, 7, 12, 18), "YEARLY": (1, 1, 1, 2, 3, 4),
}  # fmt: skip
# How far we look: enough for a leap day, little enough that a rule that never matches is soon known to.
_HORIZONS = {
    "SECONDLY": 0.1, "MINUTELY": 4, "HOURLY": 120, "DAILY": 5 * 366, "WEEKLY": 10 * 366, "MONTHLY": 20 * 366,
    "YEARLY": 40 * 366,
}  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """One rule, taken apart.

    `parts` are the lists of numbers by name; `days` are BYDAY's (n or 0, Monday=0). `reach` is how long after its
    start the rule ends by UNTIL, or None. `week_start` Monday is 0.
    """

    freq: str
    interval: int = 1
    count: int | None = None
    reach: timedelta | None = None
    parts: dict[str, tuple[int, ...]] = field(default_factory=dict)
    days: tuple[tuple[int, int], ...] = ()
    week_start: int = 0

    def has(self, *names: str) -> bool:
        """True where the rule has one of the BY parts."""
        return any((name == "BYDAY" and self.days) or name in self.parts for name in names)

    def names(self) -> set[str]:
        """The BY parts that the rule has."""
        return set(self.parts) | ({"BYDAY"} if self.days else set())

    def text(self, until: str | None = None) -> str:
        """The RRULE's text; `until` is how UNTIL is written, where there is one."""
        out = [f"FREQ={self.freq}"]
        out += [f"INTERVAL={self.interval}"] * (self.interval != 1)
        out += [f"COUNT={self.count}"] * (self.count is not None)
        out += [f"UNTIL={until}"] * (until is not None)
        out += [f"{name}=" + ",".join(map(str, numbers)) for name, numbers in self.parts.items()]
        if self.days:
            out.append("BYDAY=" + ",".join(f"{n or ''}{DAYS[day]}" for n, day in self.days))
        out += [f"WKST={DAYS[self.week_start]}"] * (self.week_start != 0)
        return ";".join(out)

    @property
    def tidy(self) -> "Draft":
        """The same rule with each list in order, for judges that rely on it."""
        parts = {name: tuple(sorted(numbers)) for name, numbers in self.parts.items()}
        return replace(self, parts=parts, days=tuple(sorted(self.days)))

    @property
    def fewest(self) -> int:
        """How many dates each of its periods surely has that has any, before BYSETPOS."""
        own = {"HOURLY": TIMES[1:], "MINUTELY": TIMES[2:], "SECONDLY": ()}.get(self.freq, TIMES)
        times = prod(len(self.parts.get(name, (0,))) for name in own)
        plain = sum(n == 0 for n, _ in self.days)
        if self.freq == "WEEKLY" and not self.has("BYMONTH"):
            return times * max(1, plain)
        if self.freq == "MONTHLY" and not self.has("BYMONTHDAY"):
            return times * max(1, 4 * plain)
        if self.freq == "MONTHLY" and not self.days:
            every_month = [day for day in self.parts["BYMONTHDAY"] if abs(day) <= 28]
            return times * max(1, sum(day > 0 for day in every_month), sum(day < 0 for day in every_month))
        if self.freq == "YEARLY" and not self.has("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"):
            return times * max(1, plain * 4 * len(self.parts.get("BYMONTH", range(12))))
        return times

    def horizon(self, start: datetime) -> datetime:
        """Up to where judges are asked, exclusive."""
        return start + timedelta(days=_HORIZONS[self.freq])


def drafts(seed: int, count: int) -> list[Draft]:
    """That many rules, the same for the same seed."""
    rng = Random(seed)
    freqs = [freq for freq, share in _SHARES.items() for _ in range(share)]
    drawn: list[Draft] = []
    while len(drawn) < count:
        draft = _draft(rng, freqs[len(drawn) % len(freqs)])
        if prod(map(len, [*draft.parts.values(), draft.days or "1"])) <= MOST_COMBINATIONS:
            drawn.append(draft)
    return drawn


def _draft(rng: Random, freq: str) -> Draft:
    legal = LEGAL[freq]
    wanted = {name for name in legal if rng.random() < _chance(freq, name)}
    if not wanted and rng.random() < 0.7:
        wanted = {rng.choice(legal)}
    # Several parts that each name a few days of the year would seldom meet.
    crowd = len(wanted & {"BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY"})
    parts = {name: _some(rng, _NUMBERS[name], 2 * crowd if crowd > 1 and name not in TIMES else 0)
             for name in legal if name in wanted and name != "BYDAY"}  # fmt: skip
    ends = rng.random()
    draft = Draft(
        freq,
        rng.choice(_INTERVALS[freq]),
        rng.choice((1, 2, 3, 7, 10, 40)) if ends < 0.3 else None,
        timedelta(seconds=int(_HORIZONS[freq] * 86400 * rng.choice((0.02, 0.1, 0.3)))) if 0.3 <= ends < 0.5 else None,
        parts,
        _weekdays(rng, freq, numbered="BYWEEKNO" not in wanted) if "BYDAY" in wanted else (),
        rng.choice((0, 0, 0, 6, 6, 2, 5)),
    )
    return _positioned(rng, draft) if draft.names() else draft


def _positioned(rng: Random, draft: Draft) -> Draft:
    """Perhaps with BYSETPOS, mostly of dates that are there."""
    large = draft.freq in ("MONTHLY", "YEARLY")
    if rng.random() > (0.2 if large else 0.1):
        return draft
    size = draft.fewest
    likely = (1, -1, size, -size, rng.randint(1, size), 2 if large else 1, -2 if large else -1)
    return replace(draft, parts={**draft.parts, "BYSETPOS": _some(rng, lambda rng: rng.choice(likely))})


def _chance(freq: str, name: str) -> float:
    if name in TIMES:
        return 0.3 if freq in FINE else 0.12
    if freq in FINE:
        return 0.1
    return {"BYWEEKNO": 0.2, "BYYEARDAY": 0.12, "BYMONTH": 0.3}.get(name, 0.4)


def _some(rng: Random, draw: Callable[[Random], int], many: int = 0) -> tuple[int, ...]:
    """A few different numbers, in no order; about `many` where that is said."""
    return tuple(dict.fromkeys(draw(rng) for _ in range(many or rng.choice((1, 1, 2, 4)))))


def _weekdays(rng: Random, freq: str, *, numbered: bool) -> tuple[tuple[int, int], ...]:
    if freq not in ("MONTHLY", "YEARLY") or not numbered or rng.random() < 0.45:
        few = rng.choice((1, 2, 2, 3, 5))
        return tuple((0, day) for day in rng.sample(range(7), few))
    last = 5 if freq == "MONTHLY" or rng.random() < 0.5 else 53
    drawn = ((rng.choice((1, 2, 3, 4, 5, last, -1, -1, -2, -5, -last)), rng.randrange(7)) for _ in range(2))
    return tuple(dict.fromkeys(drawn))


def _signed(last: int, *liked: int) -> Callable[[Random], int]:
    def draw(rng: Random) -> int:
        if rng.random() < 0.5:
            return rng.choice(liked)
        return rng.randint(1, last) * rng.choice((1, 1, 1, -1))

    return draw


_NUMBERS: dict[str, Callable[[Random], int]] = {
    "BYMONTH": lambda rng: rng.choice((2, 3, 4, 10, 11, rng.randint(1, 12))),
    "BYWEEKNO": _signed(53, 1, 2, 9, 20, 51, 53, -1, -2, -10, -51),
    "BYYEARDAY": _signed(366, 1, 59, 60, 61, 365, 366, -1, -306, -307, -365, -366),
    "BYMONTHDAY": _signed(31, 1, 13, 28, 29, 30, 31, -1, -1, -2, -29, -30, -31),
    "BYHOUR": lambda rng: rng.choice((0, 1, 2, 3, 9, 23, rng.randrange(24))),
    "BYMINUTE": lambda rng: rng.choice((0, 15, 30, 59, rng.randrange(60))),
    "BYSECOND": lambda rng: rng.choice((0, 30, 59, rng.randrange(60))),
}
