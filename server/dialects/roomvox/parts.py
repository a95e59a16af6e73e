"""Which booking a request is about, and how much of its series.

Decisions:
- A series is known by its uid and one of its dates by `recurrenceId`, as in RoomVox; without it the date that is now
  or comes next is meant. Each occurrence has a uid of its own, too (`occurrenceUid`).
- Whoever names one date means that one, unless `scope` says otherwise. A single booking is all there is of it.
- A request that comes again under its Idempotency-Key is about the booking it was about the first time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from server.core.model import Booking, Edit, Room
from server.dialects.kit.app import Call
from server.dialects.kit.conditional import wanted_version
from server.dialects.roomvox import windows
from server.dialects.roomvox.desk import Desk

Scope = Literal["this", "following", "all"]
EMPTY = Edit()


class Which(BaseModel):
    """Which occurrence of a series."""

    recurrenceId: str | None = Field(
        default=None, description="The original start of one occurrence; without it the one that is now or next"
    )


class Preview(BaseModel):
    """Whether it is meant."""

    preview: bool = Field(default=False, description="yes: only answer what would come of it; nothing is written")


class Part(Which, Preview):
    """How much of a series."""

    scope: Scope | None = Field(
        default=None,
        description="this, following (this and those after it) or all; without it this where one occurrence is named "
        "by recurrenceId or by its own uid, else all",
    )


@dataclass(frozen=True, slots=True)
class Meant:
    """The booking that is meant, and how much of its series; of a single booking `this`.

    `named`: it was named itself, and not only its series.
    """

    booking: Booking
    scope: Scope
    named: bool = True

    @property
    def series(self) -> str | None:
        """The uid of the series, where more than the one booking is meant."""
        return self.booking.series_uid if self.scope != "this" else None

    @property
    def following(self) -> bool:
        return self.scope == "following"

    def at(self, edit: Edit = EMPTY) -> datetime | None:
        """The address that the act is about; None where it is about all of the series and no date of it."""
        told = self.named or self.following or edit.starts is not None or edit.ends is not None
        return self.booking.original_start if told else None


def meant(desk: Desk, call: Call, room: Room, uid: str, which: Which, *, usual: Scope = "this") -> Meant:
    """What the request is about; `usual` where it names a series and no date of it. Unfit, Unknown or Barred."""
    at = None
    if which.recurrenceId:
        at = windows.instant("recurrenceId", which.recurrenceId, desk.now(), room.zone)
    booking = desk.engine.series.occurrence(uid, at, call.actor, room=room.id, key=key_of(call))
    if booking.series_uid is None:
        return Meant(booking, "this")
    said = which.scope if isinstance(which, Part) else None
    named = at is not None or uid == booking.uid
    return Meant(booking, said or ("this" if named else usual), named)


def version_of(call: Call, it: Meant, said: int | None = None) -> int | None:
    """The version that the asker has seen, by If-Match or by the body."""
    wanted = wanted_version(call.request, lambda: it.booking.version)
    return said if wanted is None else wanted


def key_of(call: Call) -> str | None:
    return call.request.headers.get("Idempotency-Key")
