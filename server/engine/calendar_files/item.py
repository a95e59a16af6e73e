"""What the reading process hands over: plain values, each as one line of JSON, checked again by who receives them.

An item is one meeting of the file with all that the file changes of single dates. It is one or several parts: one, but
for a series of which the file changes "this and following". A part without lines is a single booking.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.core.clock import epoch, from_epoch
from server.core.errors import Invalid
from server.core.recurrence import Pattern, restored
from server.core.text import problem

BOOK, SKIP, REFUSE = "book", "skip", "refuse"


@dataclass(frozen=True, slots=True)
class Texts:
    """What a booking says; of a private one only that it is."""

    title: str
    organizer: str = ""
    organizer_email: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Own:
    """What one date of a series has for itself: its address, its times (UTC) and its texts."""

    at: datetime
    starts: datetime
    ends: datetime
    texts: Texts


@dataclass(frozen=True, slots=True)
class Part:
    """A booking, or a series: then `pattern` in the wall time of `zone`, and `starts`, `ends` are its first times."""

    starts: datetime
    ends: datetime
    texts: Texts
    zone: str = ""
    pattern: Pattern | None = None
    own: tuple[Own, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One meeting: what to do with it and, where it is not to be booked, why.

    `at` is its first date that is to be booked (UTC), `dates` how many there are, `over` whether earlier ones are not.
    """

    uid: str
    title: str
    verdict: str
    why: str = ""
    at: datetime | None = None
    dates: int = 0
    over: bool = False
    parts: tuple[Part, ...] = ()


def written(it: Item) -> str:
    """The item as one line."""
    parts = [
        [epoch(part.starts), epoch(part.ends), _texts(part.texts), part.zone, _pattern(part.pattern),
         [[epoch(own.at), epoch(own.starts), epoch(own.ends), _texts(own.texts)] for own in part.own]]
        for part in it.parts
    ]  # fmt: skip
    at = epoch(it.at) if it.at is not None else None
    return json.dumps([it.uid, it.title, it.verdict, it.why, at, it.dates, it.over, parts], ensure_ascii=False)


def item_of(line: str) -> Item:
    """The item of a line; raises ValueError (or TypeError) unless it is one whose texts can be shown."""
    uid, title, verdict, why, at, dates, over, parts = json.loads(line)
    if verdict not in (BOOK, SKIP, REFUSE) or (verdict == BOOK) != bool(parts):
        raise ValueError(verdict)
    try:
        return Item(
            _shown(uid), _shown(title), verdict, _shown(why), None if at is None else from_epoch(int(at)), int(dates),
            bool(over), tuple(_part(each) for each in parts),
        )  # fmt: skip
    except Invalid as error:
        raise ValueError(str(error)) from error


def _part(value: Any) -> Part:
    starts, ends, texts, zone, pattern, own = value
    return Part(
        from_epoch(int(starts)), from_epoch(int(ends)), Texts(*map(str, texts)), str(zone), _pattern_of(pattern),
        tuple(
            Own(from_epoch(int(at)), from_epoch(int(low)), from_epoch(int(high)), Texts(*map(str, said)))
            for at, low, high, said in own
        ),
    )  # fmt: skip


def _texts(it: Texts) -> list[str]:
    return [it.title, it.organizer, it.organizer_email, it.description]


def _pattern(it: Pattern | None) -> list[Any] | None:
    if it is None:
        return None
    bounds = [wall.isoformat() if wall is not None else None for wall in (it.start, it.since, it.until)]
    return [*bounds, list(it.lines)]


def _pattern_of(value: Any) -> Pattern | None:
    if value is None:
        return None
    start, since, until, lines = value
    bounds = [datetime.fromisoformat(wall) if wall is not None else None for wall in (since, until)]
    return restored(tuple(map(str, lines)), datetime.fromisoformat(start), *bounds)


def _shown(text: Any) -> str:
    if not isinstance(text, str) or problem(text, 1_000) is not None:
        raise ValueError("a text that cannot be shown")
    return text
