"""Backups that are taken by themselves: sealed to a key, into a folder, the old ones removed; and proven by night.

Decisions:
- The key that opens them does not belong on this machine: whoever takes the machine, or the folder, has no backup to
  read. The folder may be on another host; the unsealed copy never leaves the data folder, and is gone afterwards.
- A proof is a restore: the copy is laid beside the database, brought up to date, and looked at as one that is put back.
  What is proven is what the sealed file holds, for that is read again whenever one is written.
- One of them at a time. Nothing is removed before the new one is there, and nothing that was not made here.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from server.core.clock import epoch, from_epoch, whole
from server.core.errors import Objection, Refused
from server.core.keeping import Keep, kept
from server.engine.backup import Backup, Restored, Told, over, sayable
from server.engine.tickets import open_ticket, settle
from server.store import meta, sealed_copy, tickets
from server.store.database import Store, Tx

LATE = timedelta(hours=3)
"""Older than this the newest backup must not be; they are taken each hour."""
UNPROVEN = timedelta(hours=50)
"""So long ago the last proof may be; there is one each night."""
CATEGORY = "backup_late"
PROVEN = "backup_proven"
BEGUN = "backup_begun"
ACTOR = "backup"
_NAME = re.compile(r"lintel-(\d{8}T\d{6}Z)\.age", re.ASCII)
_FORM = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Terms:
    """Where backups go, for whom they are sealed, and how many are kept."""

    folder: Path
    key: str
    keep: Keep


@dataclass(frozen=True, slots=True)
class Taken:
    """What was done: the new file, its bytes, how many old ones went, what the proof found (None: none was asked)."""

    file: Path
    size: int
    removed: int
    proven: Restored | None


@dataclass(frozen=True, slots=True)
class Copies:
    """The use cases. `folder`: the data folder, where the unsealed copy lies while it is being sealed."""

    backup: Backup
    folder: Path
    terms: Terms

    @staticmethod
    def new_key(file: Path) -> str:
        """Writes a new private key to a file that was not there; returns the public one. Raises OSError."""
        return sealed_copy.new_key(file)

    def take(self, told: Told, *, prove: bool = False) -> Taken:
        """Takes one more. Raises Refused with what stands in the way, Later or Full."""
        now = whole(self.backup.clock.now())
        target = self.terms.folder / f"lintel-{now.astimezone(UTC).strftime(_FORM)}.age"
        with sayable(str(self.terms.folder)):
            self.terms.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone(), self._plain() as plain:
            self.backup.take(plain, told)
            proven = self.backup.proof(plain, told) if prove else None
            with sayable(str(target)):
                sealed_copy.seal(plain, target, self.terms.key)
                removed = self._tidy()
        if proven is not None:
            with over(self.backup.url) as store:
                store.writing(lambda tx: meta.put(tx, PROVEN, str(epoch(now))))
        return Taken(target, target.stat().st_size, removed, proven)

    def _tidy(self) -> int:
        there = found(self.terms.folder)
        gone = set(there) - kept(there, self.terms.keep)
        for at in gone:
            there[at].unlink(missing_ok=True)
        return len(gone)

    @contextmanager
    def _plain(self) -> Iterator[Path]:
        """Where the unsealed copy is while it is needed; one that a power cut left behind goes first."""
        plain = self.folder / ".backup.unsealed"
        try:
            plain.unlink(missing_ok=True)
            yield plain
        finally:
            plain.unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Refused where another one is being taken."""
        with sayable(str(self.folder)):
            handle = os.open(self.folder / ".backup.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            raise Refused((Objection("backup_under_way", str(self.terms.folder)),)) from error
        finally:
            os.close(handle)


def found(folder: Path) -> dict[datetime, Path]:
    """The backups of a folder by the time they were taken (UTC); none where it cannot be read."""
    there: dict[datetime, Path] = {}
    with suppress(OSError):
        for file in folder.iterdir():
            if (match := _NAME.fullmatch(file.name)) is not None:
                with suppress(ValueError):
                    there[datetime.strptime(match[1], _FORM).replace(tzinfo=UTC)] = file
    return there


def watch(store: Store, now: datetime, folder: Path) -> dict[str, int]:
    """The round: opens a ticket where backups or their proofs stay away, and closes it when they are there again."""
    now, newest = whole(now), max(found(folder), default=None)

    def work(tx: Tx) -> dict[str, int]:
        begun = _begun(tx, now)
        late = now - max(newest or begun, begun) > LATE
        proven = from_epoch(int(meta.get(tx, PROVEN) or epoch(begun)))
        unproven = now - max(proven, begun) > UNPROVEN
        for subject, wrong in (("taken", late), ("proven", unproven)):
            if wrong:
                open_ticket(tx, now, CATEGORY, subject, by=ACTOR)
            else:
                settle(tx, now, CATEGORY, subject, ACTOR)
        return {"late": int(late), "unproven": int(unproven)}

    return store.writing(work)


def _begun(tx: Tx, now: datetime) -> datetime:
    """When backups were first looked for: a house has a while to take its first one."""
    meta.put_once(tx, BEGUN, str(epoch(now)))
    return from_epoch(int(meta.get(tx, BEGUN) or epoch(now)))


def unwell(store: Store) -> list[str]:
    """Which of "taken" and "proven" a ticket is open for."""
    with store.reading() as tx:
        return [it for it in ("taken", "proven") if tickets.open_one(tx, CATEGORY, it) is not None]
