"""Lengths of time as LibreBooking's clients write them; how they are written out is said in shape.py.

Facts: a number is seconds ("3600"); "1d0h30m"; hours and minutes "12:30"; days, hours and minutes "1:12:30". Beside
them the words in which the documented shape answers ("1 hours 30 minutes") are read, because clients post back what
they have got. Nothing, "" and nought are no length.
"""

import re
from datetime import timedelta

from server.core.errors import Invalid

_SECONDS = re.compile(r"[0-9]{1,10}")
_LETTERS = re.compile(r"(?:([0-9]{1,5})d)?\s*(?:([0-9]{1,6})h)?\s*(?:([0-9]{1,8})m)?", re.IGNORECASE)
_COLONS = re.compile(r"(?:([0-9]{1,5}):)?([0-9]{1,6}):([0-9]{1,8})")
_WORDS = re.compile(
    r"(?:([0-9]{1,5}) days?)?\s*(?:([0-9]{1,6}) hours?)?\s*(?:([0-9]{1,8}) minutes?)?\s*", re.IGNORECASE
)
WRITTEN = "must be a length of time such as 1d2h30m, 02:30 or 9000 (seconds)"


def length(text: str | None) -> timedelta | None:
    """The length that is meant, None for none; ValueError for what is no length."""
    told = (text or "").strip()
    if not told:
        return None
    if _SECONDS.fullmatch(told):
        return timedelta(seconds=int(told)) or None
    for form in (_LETTERS, _COLONS, _WORDS):
        if (found := form.fullmatch(told)) is not None and any(found.groups()):
            days, hours, minutes = (int(part or 0) for part in found.groups())
            return timedelta(days=days, hours=hours, minutes=minutes) or None
    raise ValueError(told)


def minutes(name: str, text: str | None) -> int | None:
    """The length in minutes, a part of one counted as one; Invalid names the field."""
    try:
        found = length(text)
    except (ValueError, OverflowError):
        raise Invalid({name: WRITTEN}) from None
    return None if found is None else -(-found // timedelta(minutes=1))
