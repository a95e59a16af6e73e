"""What an export may be asked: Indico's parameters with their short forms, and how they are read.

Names are case-sensitive (`O` is the offset, `o` the order), unknown ones are ignored, of a repeated one the first
counts, and one with no value is as good as none. What a value means is read where it is used.
"""

from collections.abc import Iterable
from typing import Any

from flask import Request
from pydantic import BaseModel, Field

from server.core.errors import Invalid
from server.dialects.kit import reading
from server.dialects.kit.route import Route
from server.dialects.kit.text import sound

SHORT = {
    "f": "from", "t": "to", "p": "pretty", "n": "limit", "O": "offset", "d": "detail", "o": "order", "c": "descending",
    "op": "onlypublic", "oa": "onlyauthed", "nc": "nocache", "occ": "occurrences", "cxl": "cancelled",
    "rej": "rejected", "arch": "archival", "archived": "archival", "rec": "recurring", "repeating": "recurring",
    "rep": "recurring", "bf": "bookedfor", "avcs": "avcsupport", "sts": "startupsupport", "apikey": "ak",
}  # fmt: skip
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
TRUE = frozenset({"yes", "y", "1", "true"})
LONGEST = 2_000
"""Characters of one value."""


class Asked(BaseModel):
    """What every address of the export may be asked."""

    ak: str | None = Field(default=None, description="The API key; also `apikey`")
    timestamp: str | None = Field(default=None, description="Seconds since 1970 at which the request was signed")
    signature: str | None = Field(default=None, description="HMAC-SHA1 of the request with the key's secret, in hex")
    pretty: str | None = Field(default=None, description="`p`. yes: indented")
    limit: str | None = Field(default=None, description="`n`. At most so many; 0 or nothing: as many as there may be")
    offset: str | None = Field(default=None, description="`O`. So many are left out first")
    since: str | None = Field(
        default=None, alias="from", description="`f`. now, today, tomorrow, yesterday, 3d, -1d12h, 2026-06-15[T09:00]"
    )
    to: str | None = Field(default=None, description="`t`. As from, but not in the past")
    day: str | None = Field(default=None, description="from and to in one")
    tz: str | None = Field(default=None, description="The zone of from and to, an IANA name; else the house's")
    detail: str | None = Field(default=None, description="`d`. rooms or reservations")
    order: str | None = Field(default=None, description="`o`. start or end")
    descending: str | None = Field(default=None, description="`c`. yes: the last first")
    onlypublic: str | None = Field(default=None, description="`op`. yes: as if without a key")
    onlyauthed: str | None = Field(default=None, description="`oa`. yes: 403 where the key opens nothing")
    nocache: str | None = Field(default=None, description="`nc`. Nothing is kept here, so it changes nothing")
    jsonp: str | None = Field(default=None, description="The function of a .jsonp answer; read where it is left out")
    legacy: str | None = Field(
        default=None, description="Ours. yes: building a number, types and addresses as in 2011; no: as today"
    )


class Exported(Asked):
    """What rooms with their reservations, and reservations, may be asked."""

    occurrences: str | None = Field(default=None, description="`occ`. yes: with the dates of each")
    cancelled: str | None = Field(default=None, description="`cxl`. yes or no")
    rejected: str | None = Field(default=None, description="`rej`. yes or no")
    confirmed: str | None = Field(default=None, description="yes, no (rejected or cancelled) or pending")
    archival: str | None = Field(default=None, description="`arch`, `archived`. Ended in the past: yes or no")
    recurring: str | None = Field(default=None, description="`rec`, `repeating`, `rep`. yes or no")
    bookedfor: str | None = Field(default=None, description="`bf`. Whom it is for, anywhere in the name; * and ?")
    occurs: str | None = Field(default=None, description="Days, with commas, on one of which it really takes place")
    avc: str | None = Field(default=None, description="Uses equipment: yes or no")
    avcsupport: str | None = Field(default=None, description="`avcs`. Needs somebody's help with it: yes or no")
    startupsupport: str | None = Field(default=None, description="`sts`. The same, at the start: yes or no")


def source(request: Request, route: Route) -> tuple[dict[str, Any], dict[str, Any]]:
    """The query under the long names, and the form; a body of any other kind is not read. Raises Invalid, TooLarge."""
    query = _first(request.args.lists())
    if route.body is None or request.mimetype not in FORMS:
        return query, {}
    reading.payload(request, route)  # within the limit; kept by the request, which reads the form from it
    return query, _first(request.form.lists())


def _first(pairs: Iterable[tuple[str, list[str]]]) -> dict[str, str]:
    """The first value of each parameter that has one, under its long name. Raises Invalid."""
    found: dict[str, str] = {}
    for name, values in pairs:
        if value := next(filter(None, values), None):
            found.setdefault(SHORT.get(name, name), value)
    for name, value in found.items():
        if not (sound(name) and sound(value)):
            raise Invalid({name if name.isprintable() else "query": "must not contain control characters"})
        if len(value) > LONGEST:
            raise Invalid({name if len(name) < 50 else "query": f"must be at most {LONGEST} characters long"})
    return found


def yes(value: str | None) -> bool:
    """Whether a switch is on: yes, y, 1 or true in any case; nothing else is."""
    return value is not None and value.lower() in TRUE


def choice(value: str | None) -> bool | None:
    """A switch that may be left out."""
    return None if value is None else yes(value)
