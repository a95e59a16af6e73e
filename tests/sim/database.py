"""What the simulated server stores: the rows of docs/device-protocol.md in memory, copied whole for a backup.

Instants are whole seconds. Rows are immutable, the tables are dicts; `Database.copy` is a backup.
"""

from dataclasses import dataclass, field, replace

from server.core.escrow import Grant
from server.core.model import Standing
from server.core.stretches import NONE, Times

ACCEPTED, AT_RISK, CONFLICT, CANCELLED = Standing.ACCEPTED, Standing.AT_RISK, Standing.CONFLICT, Standing.CANCELLED


@dataclass(frozen=True, slots=True)
class Booking:
    """`device` made it at its glass (None: by phone), by `op`; `attested`: made anew after a restore; `ended`: by its
    people, before its time; `checked`: since when they are there."""

    uid: int
    room: int
    start: int
    end: int
    standing: Standing
    device: int | None = None
    op: str = ""
    version: int = 1
    attested: bool = False
    ended: bool = False
    checked: int | None = None

    def overlaps(self, start: int, end: int) -> bool:
        return self.start < end and start < self.end


@dataclass(frozen=True, slots=True)
class Conflict:
    """`booking` gave way to `other` (None: no booking) about [start, end). `kind` as in store/conflicts.py."""

    id: int
    room: int
    kind: str
    booking: int | None
    other: int | None
    start: int
    end: int
    open: bool = True


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an entry of a journal, or of an act: the booking before it and after it, None for none."""

    outcome: str
    before: Booking | None = None
    after: Booking | None = None
    conflict: int | None = None
    seq: int = 0

    @property
    def uid(self) -> int:
        """Of the booking; 0 where there is none."""
        return self.after.uid if self.after is not None else 0


@dataclass(slots=True)
class Room:
    """`live` are its bookings that are not cancelled and not long past; `holds` what is held for each door (laid).

    `policy` is another number at each change of it.
    """

    window: int = 7_200
    walk_ins: bool = True
    gap: int = 0
    policy: int = 0
    seq: int = 0
    live: dict[int, Booking] = field(default_factory=dict)
    closures: dict[int, tuple[int, int]] = field(default_factory=dict)
    grants: dict[int, Grant] = field(default_factory=dict)
    holds: dict[int, Times] = field(default_factory=dict)
    busy: Times = NONE

    def copy(self) -> "Room":
        return Room(
            self.window, self.walk_ins, self.gap, self.policy, self.seq, dict(self.live), dict(self.closures),
            dict(self.grants), dict(self.holds), self.busy,
        )  # fmt: skip


@dataclass(slots=True)
class Journal:
    """How far a device's journal of one epoch was taken, and the hashes by number."""

    applied: int = 0
    last: str = ""
    known: dict[int, frozenset[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Device:
    """`state`: good, quarantined or revoked; `rooms` by number."""

    state: str = "good"
    rooms: frozenset[int] = frozenset()


@dataclass(slots=True)
class Database:
    """Everything. `bookings` has also the cancelled and the past ones."""

    incarnation: str
    rooms: list[Room]
    bookings: dict[int, Booking] = field(default_factory=dict)
    devices: dict[int, Device] = field(default_factory=dict)
    journals: dict[tuple[int, str], Journal] = field(default_factory=dict)
    ops: dict[str, Done] = field(default_factory=dict)
    conflicts: dict[int, Conflict] = field(default_factory=dict)
    gave_way: dict[int, frozenset[int]] = field(default_factory=dict)
    recovered: dict[int, str] = field(default_factory=dict)
    torn: dict[int, frozenset[bytes]] = field(default_factory=dict)
    """Journals that could not be read whole, as devices found them."""
    changed: frozenset[int] = frozenset()
    """Bookings to which anything was done in this life, but for what panels brought back."""

    def copy(self) -> "Database":
        """A backup."""
        return Database(
            self.incarnation,
            [room.copy() for room in self.rooms],
            dict(self.bookings),
            {key: replace(it) for key, it in self.devices.items()},
            {key: Journal(it.applied, it.last, dict(it.known)) for key, it in self.journals.items()},
            dict(self.ops),
            dict(self.conflicts),
            dict(self.gave_way),
            dict(self.recovered),
            dict(self.torn),
        )
