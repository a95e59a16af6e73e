"""Letters as values: their kinds, what one is, what a link in one is for, and how long they are tried."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

KINDS = (
    "confirmation", "invitation", "request", "approved", "declined", "changed", "cancelled", "warned", "released",
    "freed", "here_asked", "ending_soon", "reminder", "series_ending", "conflict", "offer", "strikes", "ticket",
    "digest", "report", "audit_head",
)  # fmt: skip
"""Every kind of letter, in the order in which people are shown them."""
ASKED_FOR = frozenset({"digest", "report"})
"""These go only to people who asked for them."""
USUAL = "usual"
"""All kinds but those that are to be asked for."""
OWN_CHOICE = tuple(kind for kind in KINDS if kind not in ("request", "ticket", "audit_head"))
"""Kinds that somebody may have or leave; the others go to whoever has the office."""
PURPOSES = (
    "here", "approve", "decline", "undo_release", "accept_offer", "decline_offer", "close_ticket",
)  # fmt: skip
LETTER_OF = {
    "booked": "confirmation", "walked_in": "confirmation", "offer_accepted": "confirmation", "approved": "approved",
    "declined": "declined", "changed": "changed", "moved": "changed", "undone": "changed", "cancelled": "cancelled",
    "bumped": "cancelled", "offered": "offer", "release_warned": "warned", "released": "released", "freed": "freed",
    "vacated": "freed", "here_asked": "here_asked", "ending_soon": "ending_soon", "reminded_start": "reminder",
    "reminded_end": "reminder", "series_ending": "series_ending", "strikes_warned": "strikes",
    "assured": "approved", "conflict_opened": "conflict", "conflict_resolved": "conflict",
}  # fmt: skip
"""Which letter tells of which change of a booking."""
ASKING = ("offer", "warned", "here_asked", "released", "freed", "strikes", "series_ending", "ending_soon", "reminder")
SILENT = frozenset({"erase", "carry"})
"""What these do by themselves is told to nobody: the calendars of those concerned show it already."""
LINK_LASTS = timedelta(hours=72)
STATES = ("waiting", "sent", "refused", "parked", "bounced", "dropped")
WAITS = (60, 300, 1800, 7200, 21_600, 43_200, 86_400)
"""Seconds until a letter that could not be sent is tried again; after the last it is parked."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to be written: `data` is what it says (plain values), `key` makes it go out once and only once.

    `language` is one of the six, `zone` the IANA name of the reader's. `data["ticket"]`: the number of the ticket that
    a reply closes. `data["links"]`: {name: {"purpose", "booking" or "ticket"}}; their secrets are made when it is sent.
    """

    kind: str
    address: str
    language: str
    zone: str
    data: Mapping[str, Any]
    key: str
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter as it is kept. `error` is a code or what the mail server said; `tries` are those that failed."""

    number: int
    letter: Letter
    state: str
    made_at: datetime
    next_at: datetime
    tries: int
    message_id: str
    error: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """What the secret in a letter opens: `purpose` on a booking or a ticket, for a person or an address."""

    digest: str
    purpose: str
    made_at: datetime
    ends_at: datetime
    booking: int | None = None
    ticket: int | None = None
    person: int | None = None
    address: str = ""
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """What a letter tells a calendar: iTIP's method, the VEVENTs as text, and the zones that they are in.

    Neither organizer nor attendee is in it yet.
    """

    method: str
    events: str
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the house sends: kinds, and the language and zone of whom it does not know. No kinds: no mail at all."""

    kinds: frozenset[str] = field(default_factory=frozenset)
    language: str = "en"

    def sends(self, kind: str) -> bool:
        return kind in self.kinds


def kinds_named(text: str) -> frozenset[str]:
    """The kinds of a list such as "usual, digest"."""
    named = {it.strip() for it in text.split(",")}
    return frozenset((named & set(KINDS)) | (set(KINDS) - ASKED_FOR if USUAL in named else set()))


def kind_of(whats: Collection[str], *, holds: bool) -> str:
    """The letter that tells what was done to a booking, or to dates of a series, at once; "" where none does.

    `holds`: something of it still has its room. What asks something of people goes before what they can see for
    themselves; several things at once are a change.
    """
    said = {LETTER_OF[what] for what in whats if what in LETTER_OF}
    for kind in ASKING:
        if kind in said:
            return kind
    if not said:
        return ""
    if "conflict" in said:  # what was decided is told by what became of the booking
        said = {"conflict"} if said <= {"conflict", "confirmation"} else said - {"conflict"}
    if len(said) > 1:
        return "changed" if holds else "cancelled"
    (kind,) = said
    if kind == "changed" and not holds:
        return "cancelled"
    return "changed" if whats == {"bumped"} and holds else kind


def next_try(tries: int) -> timedelta | None:
    """How long after its `tries`-th failure a letter is tried again; None: no more."""
    return timedelta(seconds=WAITS[tries - 1]) if 1 <= tries <= len(WAITS) else None
