"""The kinds of refusal every door knows, without a word of HTTP.

Each dialect's errors.py is one total table from these to its own words; tests raise each kind in each dialect.
Codes and numbers, never prose: the edge that shows them writes the sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from server.core.period import Period


@dataclass(frozen=True, slots=True)
class Objection:
    """One rule's no: its code, the room it is about, the numbers a sentence needs, and the date of a series it hit."""

    code: str
    subject: str
    numbers: Mapping[str, int | str] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A hold that stands in the way: its room's slug, its instants, the booking's uid (None for a closure or door).

    `at` is the date of the series that it stands in the way of, `series_uid` the series that it is of itself. `device`
    is the number of the door that owns the time, None where none does.
    """

    room: str
    starts: datetime
    ends: datetime
    uid: str | None
    organizer: str
    at: datetime | None = None
    series_uid: str | None = None
    device: int | None = None


class LintelError(Exception):
    """The root of all that the engine refuses on purpose."""


class Invalid(LintelError):
    """The request cannot be understood; `fields` maps each bad field to a short reason code or sentence."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{name}: {why}" for name, why in fields.items()))
        self.fields = dict(fields)


class Unknown(LintelError):
    """There is no such thing: `what` is a kind ("room", "booking", "token", "op"), `key` what was asked for."""

    def __init__(self, what: str, key: str) -> None:
        super().__init__(f"no {what} {key!r}")
        self.what = what
        self.key = key


class Unnamed(LintelError):
    """Nobody knows who is asking: `missing` is True where no credential came at all."""

    def __init__(self, *, missing: bool) -> None:
        super().__init__("no credential" if missing else "credential unknown, revoked or expired")
        self.missing = missing


class Barred(LintelError):
    """Known, but not allowed: `why` is "scope", "room", "identity" or "quarantined" (a device whose key
    another one has, too); `need` the scope that would do.

    `need` is "others" where a person would act for somebody else without managing the rooms.
    """

    def __init__(self, why: str, *, need: str = "") -> None:
        super().__init__(f"{why} {need}".strip())
        self.why = why
        self.need = need


class Refused(LintelError):
    """Understood and allowed, but rules or other bookings stand in the way; all of them are listed.

    `wants`: where nothing but time that doors own is in the way, what is wanted of them, by the room's number.
    """

    def __init__(
        self, objections: tuple[Objection, ...] = (), conflicts: tuple[Conflict, ...] = (),
        wants: Mapping[int, tuple[Period, ...]] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(", ".join([o.code for o in objections] + ["clash" for _ in conflicts]))
        self.objections = objections
        self.conflicts = conflicts
        self.wants = dict(wants or {})


class Stale(LintelError):
    """The thing has changed since the asker saw it: its version is `current` now."""

    def __init__(self, current: int) -> None:
        super().__init__(f"version is {current}")
        self.current = current


class Later(LintelError):
    """Worth trying again after `retry_after` seconds: we are busy, or (`too_many`) the asker has asked too often."""

    def __init__(self, retry_after: int, *, too_many: bool = False) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after
        self.too_many = too_many


class Full(LintelError):
    """The disk is full or fails: nothing was written, reading goes on."""
