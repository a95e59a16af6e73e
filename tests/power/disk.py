"""A disk in memory under SQLite that can lose its power: what was not synced is dropped, torn and reordered.

The technique is SQLite's own (sqlite.org/testing.html, "crash testing"). A file is what was synced, and the writes
since then in their order. At a cut each file keeps what was synced and of its later writes a random choice, sector by
sector, in random order. A file is there after a cut once it has been synced; a deletion holds as soon as it was done.

`fail_at` makes the Nth operation that writes fail, with EIO or ENOSPC, once or from then on.
"""

from random import Random
from typing import Any

import apsw

SECTOR = 512
NAME = "power"
Pending = tuple[int, bytes] | int
"""A write at an offset, or a new length."""


class File:
    """The bytes of one file: `durable` is what was synced (None: not even the file was), `pending` what came after."""

    def __init__(self, durable: bytes | None = None) -> None:
        self.durable = durable
        self.now = bytearray(durable or b"")
        self.pending: list[Pending] = []

    def write(self, offset: int, data: bytes) -> None:
        if len(self.now) < offset:
            self.now.extend(bytes(offset - len(self.now)))
        self.now[offset : offset + len(data)] = data
        self.pending.append((offset, bytes(data)))

    def truncate(self, size: int) -> None:
        del self.now[size:]
        self.now.extend(bytes(size - len(self.now)))
        self.pending.append(size)

    def sync(self) -> None:
        self.durable, self.pending = bytes(self.now), []

    def left(self, rng: Random) -> bytes | None:
        """What is there after a cut."""
        if self.durable is None:
            return None
        kept = File(self.durable)
        for one in _survivors(self.pending, rng):
            kept.truncate(one) if isinstance(one, int) else kept.write(*one)
        return bytes(kept.now)


class Disk:
    """Files by name; `ops` counts what writes, `cut_at` and `fail_at` are numbers of such."""

    def __init__(self, files: dict[str, bytes], rng: Random) -> None:
        self.files = {name: File(content) for name, content in files.items()}
        self.rng = rng
        self.ops = 0
        self.cut_at: int | None = None
        self.fail_at: int | None = None
        self.for_good = False
        self.error: type[apsw.Error] = apsw.IOError
        self.dead = False
        self.failed = 0
        self.unsynced = 0

    def take(self) -> None:
        """One operation that writes. Raises where the power goes, is gone, or the disk fails."""
        self.ops += 1
        if self.cut_at is not None and self.ops >= self.cut_at:
            self.dead = True
        self.alive()
        if self.fail_at is not None and (self.ops == self.fail_at or (self.for_good and self.ops > self.fail_at)):
            self.failed += 1
            raise self.error("the disk fails here")

    def alive(self) -> None:
        if self.dead:
            raise apsw.IOError("the power is gone")

    def cut(self) -> dict[str, bytes]:
        """The power goes now, if it has not gone yet; what is left."""
        self.dead = True
        self.unsynced = sum(len(each.pending) for each in self.files.values())
        found = {name: each.left(self.rng) for name, each in sorted(self.files.items())}
        return {name: content for name, content in found.items() if content is not None}


def _survivors(pending: list[Pending], rng: Random) -> list[Pending]:
    """All, none, the first few, or any of them torn into sectors and in any order."""
    how = rng.random()
    if how < 0.15:
        return []
    if how < 0.25:
        return pending
    if how < 0.45:
        return pending[: rng.randrange(len(pending) + 1)]
    torn: list[Pending] = []
    share = rng.random()
    for one in pending:
        if isinstance(one, int):
            torn += [one] if rng.random() < share else []
            continue
        offset, data = one
        parts = range(0, len(data), SECTOR)
        torn += [(offset + at, data[at : at + SECTOR]) for at in parts if rng.random() < share]
    if how < 0.8:
        rng.shuffle(torn)
    return torn


class Power(apsw.VFS):
    """SQLite's way to the disk that is in; `with Power() as power: power.disk = Disk(…)`. The default one meanwhile."""

    def __init__(self) -> None:
        super().__init__(NAME, base="")
        self.disk = Disk({}, Random(0))

    def __enter__(self) -> "Power":
        apsw.set_default_vfs(NAME)
        return self

    def __exit__(self, *_: object) -> None:
        apsw.set_default_vfs("unix")
        self.unregister()

    def xFullPathname(self, name: str) -> str:
        return name

    def xAccess(self, pathname: str, flags: int) -> bool:
        return pathname in self.disk.files

    def xDelete(self, name: str, syncdir: bool) -> None:
        self.disk.take()
        self.disk.files.pop(name, None)

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        return Handle(self.disk, path or f"temporary-{id(flags)}", flags)

    def excepthook(self, *_: Any) -> None:  # type: ignore[override]
        """What the disk says when it fails is told to SQLite, and to nobody else."""


class Handle:
    """An open file, as apsw asks for it."""

    def __init__(self, disk: Disk, name: str, flags: list[int]) -> None:
        disk.alive()
        if name not in disk.files:
            if not flags[0] & apsw.SQLITE_OPEN_CREATE:
                raise apsw.CantOpenError(name)
            disk.files[name] = File()
        self.disk, self.name, self.flags = disk, name, flags
        self.file = disk.files[name]

    def xRead(self, amount: int, offset: int) -> bytes:
        self.disk.alive()
        return bytes(self.file.now[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.take()
        self.file.write(offset, data)

    def xTruncate(self, size: int) -> None:
        self.disk.take()
        self.file.truncate(size)

    def xSync(self, flags: int) -> None:
        self.disk.take()
        self.file.sync()

    def xFileSize(self) -> int:
        self.disk.alive()
        return len(self.file.now)

    def xSectorSize(self) -> int:
        return SECTOR

    def xDeviceCharacteristics(self) -> int:
        return int(apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE)

    def xFileControl(self, op: int, pointer: int) -> bool:
        return False

    def xLock(self, level: int) -> None:
        pass

    def xUnlock(self, level: int) -> None:
        pass

    def xCheckReservedLock(self) -> bool:
        return False

    def xClose(self) -> None:
        pass

    def excepthook(self, *_: Any) -> None:
        pass
