"""The slots of a timetable as people write them; `read` and `said` are each other's inverse.

    mon-fri 08:00-08:50, 09:00-09:50 Second lesson, 12:00-13:00 break Lunch
    sat 09:00-13:00 every 60 for 50
    2026-12-24 none

Each text says the days, then their slots: "break" makes one that is not booked, what follows is its label. "every 60
for 50" fills a stretch with slots of 50 minutes that begin each 60. A weekday or date may be said once.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date

from server.core.places import Slot
from server.core.policy_words import WEEKDAYS, hours

LONGEST = 20_000
"""Characters of one text."""

LIKE = '"mon-fri 08:00-08:50, 09:00-09:50, 12:00-13:00 break", "sat 09:00-13:00 every 60 for 50" or "2026-12-24 none"'

_SLOT = re.compile(r"(?P<span>\d\d?:\d\d-\d\d?:\d\d)(?: (?P<rest>.+))?", re.ASCII)
_EVERY = re.compile(r"every (\d{1,4}) for (\d{1,4})", re.ASCII)


def read(texts: Iterable[str]) -> dict[int | date, tuple[Slot, ...]]:
    """The slots by weekday and date; raises ValueError that says how they are written."""
    found: dict[int | date, tuple[Slot, ...]] = {}
    for text in texts:
        try:
            if len(text) > LONGEST:
                raise ValueError(text)
            days, _, rest = " ".join(text.split()).partition(" ")
            slots = () if rest == "none" else tuple(slot for part in rest.split(",") for slot in _slots(part.strip()))
            for day in _days(days):
                if day in found:
                    raise ValueError(text)
                found[day] = slots
        except ValueError:
            raise ValueError(f"such as {LIKE}, each day once; not {text[:80]!r}") from None
    return found


def said(days: Mapping[int | date, tuple[Slot, ...]]) -> list[str]:
    """The texts: weekdays that are alike in one, then the dates."""
    found: dict[str, list[int]] = {}
    for day in sorted(day for day in days if not isinstance(day, date)):
        found.setdefault(_slots_said(days[day]), []).append(day)
    dates = [f"{day} {_slots_said(days[day])}" for day in sorted(day for day in days if isinstance(day, date))]
    return [f"{','.join(WEEKDAYS[day] for day in alike)} {slots}" for slots, alike in found.items()] + dates


def _days(text: str) -> list[int | date]:
    if text[:1].isdigit():
        return [date.fromisoformat(text)]
    (opening,) = hours(f"{text} 00:00-24:00")
    return list(opening.weekdays)


def _slots(text: str) -> list[Slot]:
    found = _SLOT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    (opening,) = hours(f"mon {found['span']}")
    rest = found["rest"] or ""
    if (every := _EVERY.fullmatch(rest)) is not None:
        step, length = int(every[1]), int(every[2])
        if not 0 < length <= step:
            raise ValueError(text)
        starts = range(opening.opens, opening.closes - length + 1, step)
        return [Slot(start, start + length) for start in starts]
    is_break = rest == "break" or rest.startswith("break ")
    label = rest.removeprefix("break").strip() if is_break else rest
    return [Slot(opening.opens, opening.closes, not is_break, label)]


def _slots_said(held: tuple[Slot, ...]) -> str:
    return ", ".join(_slot_said(it) for it in sorted(held, key=lambda it: it.opens)) or "none"


def _slot_said(it: Slot) -> str:
    span = f"{it.opens // 60:02}:{it.opens % 60:02}-{it.closes // 60:02}:{it.closes % 60:02}"
    return " ".join(part for part in (span, "" if it.bookable else "break", it.label) if part)
