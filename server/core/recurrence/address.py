"""How an occurrence of a series is named: by the instant at which it was to start."""

import re
from datetime import UTC, datetime

from server.core import zone as zones
from server.core.recurrence.rule import stamp

DATE = r"[0-9]{4}(?:[0-9]{4}|-[0-9]{2}-[0-9]{2})"
CLOCK = r"(?:[0-9]{4}(?:[0-9]{2})?|[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.0{1,9})?)?)"
OFFSET = r"(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
FORM = re.compile(f"{DATE}[Tt ]{CLOCK}{OFFSET}")


def address_text(instant: datetime) -> str:
    """The address as text: 20261005T070000Z."""
    return stamp(instant.astimezone(UTC)) + "Z"


def read_address(text: str, zone: str) -> datetime:
    """The UTC instant that an address means; one without an offset is wall time of the zone.

    Takes 20261005T070000Z, 20220215T180000+0100, 20261005T090000 and the same with ISO 8601's dashes and colons.
    Raises ValueError.
    """
    if not FORM.fullmatch(text):
        raise ValueError(f"{text[:40]!r} names no occurrence")
    moment = datetime.fromisoformat(re.sub(r"\.0+", "", text.upper()))
    try:
        return zones.instant(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text[:40]!r} names no occurrence") from error
